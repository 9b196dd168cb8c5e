//! The rules of a database that follows its program. The older versions are programs of their own, since a program has one version of a class.

use std::path::Path;
use std::process::Command;

use do_runtime::prelude::*;
use tenant_db::{Customer, Tenant, TenantStub};

const V1: &str = env!("CARGO_BIN_EXE_tenant-db-v1");
const V2: &str = env!("CARGO_BIN_EXE_tenant-db-v2");

/// What an older version prints; as an error, what it says when it refuses.
fn old(version: &str, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let ran = Command::new(version).arg(folder).args(arguments).output().expect("it can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text").trim_end().to_owned();
    if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
}

#[track_caller]
fn done(version: &str, folder: &Path, arguments: &[&str]) -> String {
    old(version, folder, arguments).unwrap_or_else(|error| panic!("{error}"))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Name, seats and addresses of all customers.
async fn all(tenant: &TenantStub) -> Result<Vec<(String, u32, Vec<String>)>> {
    let mut all = Vec::new();
    for Customer { id, name, seats, .. } in tenant.customers(1_000).await? {
        all.push((name, seats, tenant.emails(id).await?));
    }
    Ok(all)
}

fn customer(name: &str, seats: u32, email: &str) -> (String, u32, Vec<String>) {
    (name.into(), seats, vec![email.into()])
}

#[tokio::test]
async fn what_version_1_wrote_is_read_by_version_3() -> Result {
    let folder = folder();
    done(V1, folder.path(), &["acme", "add", "Ann", "ann@acme.example"]);
    done(V1, folder.path(), &["acme", "add", "ÉMILE", "emile@acme.example"]);

    let objects = Objects::open(folder.path()).await?;
    let acme = objects.get_by_name::<Tenant>("acme");
    assert_eq!(all(&acme).await?, [customer("Ann", 1, "ann@acme.example"), customer("ÉMILE", 1, "emile@acme.example")]);
    assert_eq!(acme.by_email("ann@acme.example").await?[0].name, "Ann");
    assert_eq!(acme.by_name("émile").await?[0].name, "ÉMILE", "what SQL can't do was done by the backfill");
    acme.add("Zoë", 3, vec!["zoe@acme.example".into(), "z@acme.example".into()]).await?;
    objects.close().await?;
    drop(objects);

    let objects = Objects::open(folder.path()).await?;
    let acme = objects.get_by_name::<Tenant>("acme");
    assert_eq!(acme.by_name("ZOË").await?.len(), 1);
    assert_eq!(acme.customers(10).await?.len(), 3, "it is migrated once");
    objects.close().await
}

#[tokio::test]
async fn what_went_through_version_2_is_read_by_version_3() -> Result {
    let folder = folder();
    done(V1, folder.path(), &["acme", "add", "Ann", "ann@acme.example"]);
    done(V2, folder.path(), &["acme", "add", "Ben", "ben@acme.example", "5"]);
    let listed = done(V2, folder.path(), &["acme", "list"]);
    assert_eq!(listed, "Ann, ann@acme.example, 1 seats\nBen, ben@acme.example, 5 seats");

    let objects = Objects::open(folder.path()).await?;
    let acme = objects.get_by_name::<Tenant>("acme");
    assert_eq!(all(&acme).await?, [customer("Ann", 1, "ann@acme.example"), customer("Ben", 5, "ben@acme.example")]);
    objects.close().await
}

#[tokio::test]
async fn a_tenant_is_migrated_when_it_is_first_asked_and_no_other() -> Result {
    let folder = folder();
    for tenant in ["acme", "bits", "corp"] {
        done(V1, folder.path(), &[tenant, "add", "Ann", "ann@example.org"]);
    }
    let objects = Objects::open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Tenant>("bits").customers(10).await?.len(), 1);
    objects.close().await?;
    drop(objects);

    for tenant in ["acme", "corp"] {
        assert_eq!(done(V1, folder.path(), &[tenant, "list"]), "Ann, ann@example.org", "nobody has asked {tenant}");
    }
    assert!(old(V1, folder.path(), &["bits", "list"]).is_err());
    Ok(())
}

#[tokio::test]
async fn a_newer_database_refuses_an_older_program_in_plain_words() -> Result {
    let folder = folder();
    done(V1, folder.path(), &["acme", "add", "Ann", "ann@acme.example"]);
    let objects = Objects::open(folder.path()).await?;
    objects.get_by_name::<Tenant>("acme").customers(10).await?;
    objects.close().await?;
    drop(objects);

    for (version, knows, arguments) in
        [(V1, 1, ["Ben", "b@x.example"].as_slice()), (V2, 2, &["Ben", "b@x.example", "2"])]
    {
        let refused = old(version, folder.path(), &[&["acme", "add"], arguments].concat()).expect_err("it is refused");
        let words = format!(
            "Tenant \"acme\": it was written by a newer program: it has 5 steps of its migrations behind it, and this program knows {knows}; \
             run the newer program"
        );
        assert_eq!(refused, words);
    }
    let objects = Objects::open(folder.path()).await?;
    let there = all(&objects.get_by_name::<Tenant>("acme")).await?;
    assert_eq!(there, [customer("Ann", 1, "ann@acme.example")], "and nothing was touched");
    objects.close().await
}

#[tokio::test]
async fn many_first_calls_at_once_migrate_it_once() -> Result {
    let folder = folder();
    done(V1, folder.path(), &["acme", "add", "Ann", "ann@acme.example"]);
    let objects = Objects::open(folder.path()).await?;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let acme = objects.get_by_name::<Tenant>("acme");
            tokio::spawn(async move { acme.by_email("ann@acme.example").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.context("a task ended")??.len(), 1);
    }
    objects.close().await
}

#[do_runtime::test]
async fn a_new_tenant_begins_at_version_3(kit: TestKit) -> Result {
    let acme = kit.objects().get_by_name::<Tenant>("acme");
    let ann = acme.add("Ann", 2, vec!["ann@acme.example".into()]).await?;
    kit.crash().await?;
    assert_eq!(acme.by_name("ANN").await?, [ann]);
    assert_eq!(kit.objects().get_by_name::<Tenant>("bits").customers(10).await?, [], "each tenant has its own");
    Ok(())
}
