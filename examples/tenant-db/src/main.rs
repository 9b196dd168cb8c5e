//! Today's program: a tour over what its older versions wrote, or a server.

#![allow(clippy::print_stdout)]

use std::process::Command;

use do_runtime::prelude::*;
use tenant_db::Tenant;

const FOLDER: &str = "tenant-db-data";

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour().await,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("tenants are at http://{address}/rpc/Tenant/{{tenant}}/{{method}}");
            Objects::open(FOLDER).await?.serve(address).await
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
}

/// Version 1 writes, version 3 reads, and version 1 is refused.
async fn tour() -> Result {
    // Each run begins with a tenant that version 1 makes.
    let tenant = format!("tenant of {}", Timestamp::from(std::time::SystemTime::now()));
    run_old("tenant-db-v1", &[&tenant, "add", "Ärzte ohne Namen", "info@example.org"])?;
    run_old("tenant-db-v2", &[&tenant, "add", "Bäcker Berg", "berg@example.org", "5"])?;
    let objects = Objects::open(FOLDER).await?;
    let stub = objects.get_by_name::<Tenant>(tenant.as_str());
    println!("Version 3 reads what versions 1 and 2 wrote; this tenant was migrated when it was first asked:");
    for customer in stub.customers(10).await? {
        println!("  {} with {} seats: {:?}", customer.name, customer.seats, stub.emails(customer.id).await?);
    }
    println!("Found whatever the case: {} for \"ÄRZTE OHNE NAMEN\".", stub.by_name("ÄRZTE OHNE NAMEN").await?.len());
    objects.close().await?;
    drop(objects);
    run_old("tenant-db-v1", &[&tenant, "list"])
}

/// Runs an older version of the program, which is built beside this one.
fn run_old(version: &str, arguments: &[&str]) -> Result {
    let program = std::env::current_exe().context("where this program is")?.with_file_name(version);
    if !program.exists() {
        println!("{version} is not there: build it first, by `cargo build -p tenant-db`.");
        return Ok(());
    }
    println!("$ {version} {FOLDER} {arguments:?}");
    let ran = Command::new(program).arg(FOLDER).args(arguments).output().context("it can't be started")?;
    print!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    Ok(())
}
