//! A tour of the fleet, or a server with a page of its tree.

#![allow(clippy::print_stdout)]

use std::pin::Pin;

use do_runtime::prelude::*;
use fleet::{Node, NodeStub, path};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("fleet-data").await?;
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("serve") {
        let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        println!("the tree is at http://{address}/, and for programs: POST /rpc/Node/%2Fteam%2Fproject/create");
        let page = include_str!("../web/index.html");
        return objects.server().page("/", page).javascript("/objects.js").serve(address).await;
    }
    let root = objects.get_by_name::<Node>(path::ROOT);
    delete(&root, "team").await?; // a tour that was killed may have left one
    let team = root.create("team").await?;
    for project in ["moon", "mars"] {
        let project = objects.get_by_name::<Node>(objects.get_by_name::<Node>(&team).create(project).await?);
        for task in ["build", "launch"] {
            let task = objects.get_by_name::<Node>(project.create(task).await?);
            task.report("under way").await?;
        }
    }
    show(&objects, path::ROOT, 0).await?;
    if let Err(error) = root.create("../escape").await {
        println!("A name that leads elsewhere is refused: {error}.");
    }
    delete(&root, "team").await?;
    println!("/team was deleted, with all that was below it:");
    show(&objects, path::ROOT, 0).await?;
    objects.close().await
}

/// Deletes a child, and waits until nothing of it is left.
async fn delete(manager: &NodeStub, name: &str) -> Result {
    let mut watched = manager.info().live()?;
    while let Some(child) = watched.next().await?.children.into_iter().find(|child| child.name == name) {
        if !child.ending {
            manager.delete(name).await?;
        }
    }
    Ok(())
}

/// Prints a subtree.
fn show<'a>(objects: &'a Objects, path: &'a str, depth: usize) -> Pin<Box<dyn Future<Output = Result> + 'a>> {
    Box::pin(async move {
        let info = objects.get_by_name::<Node>(path).info().await?;
        println!("{}{path}  ({})", "  ".repeat(depth), info.status);
        for child in info.children {
            show(objects, &path::child(path, &child.name)?, depth + 1).await?;
        }
        Ok(())
    })
}
