//! Customers with addresses, at tenants of today and at one that two older programs wrote: each is there with all of its addresses or not at
//! all, is found by each of them and by its name, and the older program is refused afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::process;
use crate::programs::Programs;
use crate::user::{Stop, User};

/// How many customers a tenant gets, about.
const CUSTOMERS: u64 = 1_000;

/// The tenant that was there before.
const OLD: &str = "acme";

#[derive(Default)]
struct Tenant {
    customers: Ledger,
    emails: BTreeMap<String, Vec<String>>,
}

#[derive(Default)]
pub(super) struct TenantDb {
    tenants: Mutex<BTreeMap<String, Tenant>>,
}

impl TenantDb {
    /// Notes a customer; its addresses.
    fn tries(&self, tenant: &str, name: &str, emails: &[String]) {
        let mut tenants = self.tenants.lock();
        let tenant = tenants.entry(tenant.to_owned()).or_default();
        tenant.customers.note(name, Fate::Unknown);
        tenant.emails.insert(name.to_owned(), emails.to_vec());
    }

    fn added(&self, tenant: &str, name: &str) {
        self.tenants.lock().entry(tenant.to_owned()).or_default().customers.note(name, Fate::There);
    }
}

impl Traffic for TenantDb {
    const NAME: &'static str = "tenant-db";
    type Memory = ();

    fn before(&self, programs: &Programs, folder: &Path) -> Result<(), String> {
        let customers: [(&str, &[&str]); 2] = [
            ("tenant-db-v1", &["Old Ärzte", "old@example.org"]),
            ("tenant-db-v2", &["Old Berg", "berg@example.org", "5"]),
        ];
        for (version, words) in customers {
            let ran = run(programs, folder, version, "add", words)?;
            if !ran.status.success() {
                return Err(format!("{version} could not add a customer: {}", String::from_utf8_lossy(&ran.stderr)));
            }
            self.tries(OLD, words[0], &[words[1].to_owned()]);
            self.added(OLD, words[0]);
        }
        Ok(())
    }

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let part = user.step / CUSTOMERS;
        let tenant = if part == 0 { OLD.to_owned() } else { format!("tenant {part}") };
        let name = format!("Ämilie {}", user.step);
        let emails: Vec<_> =
            (0..user.random.u8(1..=3)).map(|one| format!("e{one}-{}@example.org", user.step)).collect();
        self.tries(&tenant, &name, &emails);
        let seats = user.step % 90 + 1;
        user.ask("Tenant", &tenant, "add", json!({"name": name, "seats": seats, "emails": emails})).await?;
        self.added(&tenant, &name);
        if user.random.bool() {
            let found = user.ask("Tenant", &tenant, "by_name", json!({"name": name.to_uppercase()})).await?;
            let is_it = lines(&found).map(|found| (text(found, "name"), number(found, "seats"))).eq([(name, seats)]);
            user.ensure(is_it, || format!("what was just added is found as {found}"));
        }
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let tenants = std::mem::take(&mut *self.tenants.lock());
        for (name, Tenant { customers, emails }) in tenants {
            let all = user.ask("Tenant", &name, "customers", json!({"limit": 100_000})).await?;
            user.compare_all("customers", &customers, lines(&all).map(|customer| text(customer, "name")));
            for customer in lines(&all) {
                let there = user.ask("Tenant", &name, "emails", json!({"customer": customer["id"]})).await?;
                let expected = emails.get(&text(customer, "name")).cloned().unwrap_or_default();
                user.ensure(there == json!(expected), || format!("{customer} has {there}, and not {expected:?}"));
                if let Some(email) = expected.last() {
                    let found = user.ask("Tenant", &name, "by_email", json!({"email": email})).await?;
                    user.ensure(lines(&found).eq([customer]), || format!("{email} finds {found}, and not {customer}"));
                }
            }
        }
        Ok(())
    }

    fn after(&self, programs: &Programs, folder: &Path) -> Result<(), String> {
        let ran = run(programs, folder, "tenant-db-v1", "list", &[])?;
        let said = String::from_utf8_lossy(&ran.stderr);
        let is_refused = !ran.status.success() && said.contains("newer program");
        if is_refused { Ok(()) } else { Err(format!("version 1 was not refused: {} {said}", ran.status)) }
    }
}

/// Runs an older program over the old tenant.
fn run(programs: &Programs, folder: &Path, version: &str, command: &str, words: &[&str]) -> Result<Output, String> {
    let mut program = Command::new(programs.path(version));
    program.arg(folder.join("tenant-db-data")).args([OLD, command]).args(words);
    process::run(&mut program).map_err(|error| format!("{version} can't be started: {error}"))
}
