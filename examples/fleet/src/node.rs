//! A node of the tree: a manager of its children, or an agent.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::path;

const NOBODY: &str = "there is nobody at this path";

/// A child, as its manager knows it.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its name below the manager.
    #[key]
    pub name: String,
    /// Which of those that ever had this name it is.
    pub life: Uuid,
    /// What it reported last.
    #[default("new")]
    pub status: String,
    /// It was deleted, and what is below it is still being deleted.
    #[default(false)]
    pub ending: bool,
}

/// What there is to know of a node. It wakes none of its children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Where it is.
    pub path: String,
    /// What it reported last.
    pub status: String,
    /// Whom it manages, in the order of their names.
    pub children: Vec<Child>,
}

/// A manager or an agent, whose name is its path.
#[durable_object(tables(Child))]
pub struct Node {
    /// Which of those that ever had this path it is; nothing if there is none now. The root has none.
    #[stored]
    life: Option<Uuid>,
    /// It was deleted, and goes when its last child has gone.
    #[stored]
    ending: bool,
    /// Those who had this path within the last hour. What was asked for them meanwhile comes too late.
    #[stored]
    ended: Vec<Uuid>,
    #[stored(default = "new".to_owned())]
    status: String,
}

#[durable_object]
impl Node {
    /// Makes a child, and gives its path. The row and a message to the child are one transaction: so there is no row without a child. The call
    /// after it is for the caller alone, who may want to go on with the child at once.
    #[rpc(public)]
    async fn create(this: This<Self>, name: String) -> Result<String> {
        let (path, life) = this.update(|me, cx| me.adopt(cx, &name)).await?;
        this.objects().get_by_name::<Node>(&path).begin(life).await?;
        Ok(path)
    }

    /// The node and its children.
    #[rpc(public, live)]
    fn info(&self, cx: &Cx<Self>) -> Result<Info> {
        let path = self.path(cx)?.to_owned();
        let children =
            sql!(cx, Child, "SELECT * FROM child ORDER BY name", allow(scan, "all of them are asked for")).all()?;
        Ok(Info { path, status: self.status.clone(), children })
    }

    /// Says what it is doing. Its manager hears of it.
    #[rpc(public)]
    fn report(&mut self, cx: &mut Cx<Self>, status: String) -> Result {
        let path = self.path(cx)?.to_owned();
        ensure!(status.len() <= 200, "a status has at most 200 characters");
        self.status = status.clone();
        if let (Some((manager, name)), Some(life)) = (path::split(&path), self.life) {
            let manager = cx.objects().get_by_name::<Node>(manager);
            cx.send(manager.heard(name, life, status))?;
        }
        Ok(())
    }

    /// Deletes a child with everything below it. That is done when the child is not listed any more; it goes on after a crash.
    #[rpc(public)]
    fn delete(&mut self, cx: &mut Cx<Self>, name: String) -> Result {
        self.path(cx)?;
        let child = cx.get::<Child>(&name)?.context(NOBODY)?;
        self.dismiss(cx, child)
    }

    /// The manager has a row for this node.
    #[rpc]
    fn begin(&mut self, cx: &mut Cx<Self>, life: Uuid) -> Result {
        called_by_manager(cx)?;
        ensure!(!self.ended.contains(&life), Error::not_found("it was deleted meanwhile"));
        self.life = Some(life);
        Ok(())
    }

    /// The manager deletes this node.
    #[rpc]
    fn end(&mut self, cx: &mut Cx<Self>, life: Uuid) -> Result {
        called_by_manager(cx)?;
        if self.life != Some(life) {
            return self.depart(cx, life); // a message that a crash has sent twice
        }
        self.ending = true;
        let children = sql!(cx, Child, "SELECT * FROM child", allow(scan, "all of them go")).all()?;
        for child in children {
            self.dismiss(cx, child)?;
        }
        self.depart_if_alone(cx)
    }

    /// A child has gone, with all that was below it.
    #[rpc]
    fn gone(&mut self, cx: &mut Cx<Self>, name: String, life: Uuid) -> Result {
        if cx.get::<Child>(&name)?.is_some_and(|child| child.life == life) {
            cx.delete::<Child>(&name)?;
        }
        self.depart_if_alone(cx)
    }

    /// A child has said what it is doing.
    #[rpc]
    fn heard(&mut self, cx: &mut Cx<Self>, name: String, life: Uuid, status: String) -> Result {
        if let Some(child) = cx.get::<Child>(&name)?.filter(|child| child.life == life) {
            cx.update(&Child { status, ..child })?;
        }
        Ok(())
    }

    /// An hour after somebody has gone from this path: if nobody else has come, nothing is left of it.
    #[alarm]
    fn forget(&mut self, cx: &mut Cx<Self>) -> Result {
        self.ended.clear();
        if self.life.is_none() {
            cx.delete_all()?;
        }
        Ok(())
    }
}

#[durable_object(helpers)]
impl Node {
    /// Where this node is, if there is one.
    fn path<'cx>(&self, cx: &'cx Cx<Self>) -> Result<&'cx str> {
        cx.name().filter(|&path| path == path::ROOT || self.life.is_some()).context(NOBODY)
    }

    fn adopt(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<(String, Uuid)> {
        let path = path::child(self.path(cx)?, name)?;
        ensure!(!self.ending, Error::conflict("this node is being deleted"));
        if let Some(child) = cx.get::<Child>(name)? {
            let sentence =
                if child.ending { "the last one of this name is being deleted" } else { "this name is taken" };
            bail!(Error::conflict(sentence));
        }
        let life = cx.uuid();
        cx.insert(Child::new(name, life))?;
        let child = cx.objects().get_by_name::<Node>(&path);
        cx.send(child.begin(life))?;
        Ok((path, life))
    }

    fn dismiss(&mut self, cx: &mut Cx<Self>, child: Child) -> Result {
        if child.ending {
            return Ok(());
        }
        let node = cx.objects().get_by_name::<Node>(path::child(self.path(cx)?, &child.name)?);
        cx.send(node.end(child.life))?;
        cx.update(&Child { ending: true, ..child })
    }

    fn depart_if_alone(&mut self, cx: &mut Cx<Self>) -> Result {
        match self.life {
            Some(life) if self.ending && cx.count::<Child>()? == 0 => {
                (self.life, self.ending, self.status) = (None, false, "new".to_owned());
                self.depart(cx, life)
            }
            _ => Ok(()),
        }
    }

    fn depart(&mut self, cx: &mut Cx<Self>, life: Uuid) -> Result {
        self.ended.push(life);
        cx.schedule().forget().after("1h")?;
        let (manager, name) = cx.name().and_then(path::split).context(NOBODY)?;
        let manager = cx.objects().get_by_name::<Node>(manager);
        cx.send(manager.gone(name, life))
    }
}

/// What only the manager says to a node.
fn called_by_manager(cx: &Cx<Node>) -> Result {
    let caller = cx.meta().caller()?;
    let manager = cx.name().and_then(path::split).map(|(manager, _)| manager);
    let is_manager = manager.is_some() && caller.object().and_then(|object| object.name()) == manager;
    ensure!(is_manager, Error::denied("only its manager begins and ends a node"));
    Ok(())
}
