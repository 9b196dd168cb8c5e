//! The first version of the program, as it was: `tenant-db-v1 FOLDER TENANT add NAME EMAIL`, `tenant-db-v1 FOLDER TENANT list`.

#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Customer {
    #[key]
    id: Id<Customer>,
    name: String,
    email: String,
}

#[durable_object(
    tables(Customer),
    migrations(1 = "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT")
)]
struct Tenant;

#[durable_object]
impl Tenant {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, name: String, email: String) -> Result {
        cx.insert(Customer::new(name, email)).map(drop)
    }

    #[rpc]
    fn list(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let customers = sql!(cx, Customer, "SELECT * FROM customer ORDER BY id", allow(scan, "all of them")).all()?;
        Ok(customers.into_iter().map(|customer| format!("{}, {}", customer.name, customer.email)).collect())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [folder, tenant, command @ ..] = arguments.as_slice() else {
        bail!("tenant-db-v1 FOLDER TENANT add NAME EMAIL | list")
    };
    let objects = Objects::open(folder).await?;
    let tenant = objects.get_by_name::<Tenant>(*tenant);
    match command {
        ["add", name, email] => tenant.add(*name, *email).await?,
        ["list"] => tenant.list().await?.iter().for_each(|line| println!("{line}")),
        _ => bail!("there is no such command: {command:?}"),
    }
    objects.close().await
}
