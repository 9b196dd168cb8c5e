//! The database of a tenant, as the third version of its program has it: a customer has any number of addresses, and is found by
//! name whatever the case. The first two versions of the program are in `src/bin`; what they wrote is read here.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A customer of the tenant.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its number.
    #[key]
    pub id: Id<Customer>,
    /// Its name.
    pub name: String,
    /// How many people it pays for. Since version 2.
    #[default(1)]
    pub seats: u32,
    /// The name in lower case, to be found by. Since version 3.
    #[index]
    pub folded: String,
}

/// An address of a customer: a table of its own since version 3.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Its number.
    #[key]
    pub id: Id<Address>,
    /// Whose it is.
    #[index]
    #[references(on_delete = cascade)]
    pub customer: Id<Customer>,
    /// The address.
    #[index]
    pub email: String,
}

/// The database of a tenant. What its migrations lead to is compared with the tables above while this compiles.
#[durable_object(
    tables(Customer, Address),
    migrations(
        1 = "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT",
        2 = "
            ALTER TABLE customer ADD COLUMN seats INTEGER NOT NULL DEFAULT 1;
            CREATE INDEX customer_email ON customer (email);
        ",
        3 = "
            CREATE TABLE address (
                id       INTEGER PRIMARY KEY,
                customer INTEGER NOT NULL REFERENCES customer ON DELETE CASCADE,
                email    TEXT    NOT NULL
            ) STRICT;
            CREATE INDEX address_customer ON address (customer);
            CREATE INDEX address_email ON address (email);
            INSERT INTO address (customer, email) SELECT id, email FROM customer ORDER BY id;
            DROP INDEX customer_email;
            ALTER TABLE customer DROP COLUMN email;
        ",
        4 = "
            ALTER TABLE customer ADD COLUMN folded TEXT NOT NULL DEFAULT '';
            CREATE INDEX customer_folded ON customer (folded);
        ",
        5 = backfill(Tenant::fold_names),
    )
)]
pub struct Tenant;

#[durable_object]
impl Tenant {
    /// The last step of the migration: what SQL can't do, since its `lower` knows ASCII only.
    fn fold_names(cx: &mut Cx<Self>) -> Result {
        for customer in sql!(cx, Customer, "SELECT * FROM customer", allow(scan, "all of them, once")).all()? {
            cx.update(&Customer { folded: customer.name.to_lowercase(), ..customer })?;
        }
        Ok(())
    }

    /// Adds a customer.
    #[rpc(public)]
    fn add(&mut self, cx: &mut Cx<Self>, name: String, seats: u32, emails: Vec<String>) -> Result<Customer> {
        ensure!(!name.trim().is_empty(), "a customer needs a name");
        let folded = name.to_lowercase();
        let customer = cx.insert(Customer::new(name, folded).seats(seats))?;
        cx.insert_all(emails.into_iter().map(|email| Address::new(customer.id, email)))?;
        Ok(customer)
    }

    /// The customers of a name, whatever its case.
    #[rpc(public)]
    fn by_name(&self, cx: &Cx<Self>, name: &str) -> Result<Vec<Customer>> {
        Customer::by_folded(cx, name.to_lowercase().as_str()).all()
    }

    /// The customers with an address.
    #[rpc(public)]
    fn by_email(&self, cx: &Cx<Self>, email: &str) -> Result<Vec<Customer>> {
        sql!(
            cx,
            Customer,
            "SELECT customer.* FROM address JOIN customer ON customer.id = address.customer
             WHERE address.email = :email ORDER BY customer.id"
        )
        .all()
    }

    /// The addresses of a customer.
    #[rpc(public)]
    fn emails(&self, cx: &Cx<Self>, customer: Id<Customer>) -> Result<Vec<String>> {
        Ok(Address::by_customer(cx, customer).all()?.into_iter().map(|address| address.email).collect())
    }

    /// All customers, in the order in which they came.
    #[rpc(public)]
    fn customers(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Customer>> {
        sql!(cx, Customer, "SELECT * FROM customer ORDER BY id LIMIT :limit").all()
    }
}
