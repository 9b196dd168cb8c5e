//! The rules of dsl.md that make handlers safe: what a failure undoes, what cannot be awaited, limits.

mod atomic;
mod limits;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    #[key]
    id: Id<Line>,
    text: String,
}

/// What an object holds, of each kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Seen {
    rows: Vec<String>,
    keys: Vec<String>,
    stored: String,
    ephemeral: u32,
}

/// How a handler ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum End {
    Well,
    InError,
    InPanic,
}

#[durable_object(tables(Line))]
struct Book {
    #[stored]
    stored: String,
    #[ephemeral]
    ephemeral: u32,
    #[stored(default = vec![1, 2, 3])]
    numbers: Vec<u32>,
    #[ephemeral(default = 40 + 2)]
    answer: u32,
}

#[durable_object]
impl Book {
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, what: &str, end: End) -> Result {
        self.put(cx, what)?;
        match end {
            End::Well => Ok(()),
            End::InError => bail!("the writer of {what} gave up"),
            End::InPanic => panic!("the writer of {what} stumbled"),
        }
    }

    fn put(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.insert(Line::new(what))?;
        cx.kv_mut().put(what, &1)?;
        self.stored = what.to_owned();
        self.ephemeral += 1;
        Ok(())
    }

    #[rpc]
    fn seen(&self, cx: &Cx<Self>) -> Result<Seen> {
        Ok(Seen {
            rows: cx.sql_unchecked("SELECT text FROM line ORDER BY id", ()).all()?,
            keys: cx.kv().list().keys()?,
            stored: self.stored.clone(),
            ephemeral: self.ephemeral,
        })
    }

    /// A part that fails is undone alone.
    #[rpc]
    fn part(&mut self, cx: &mut Cx<Self>, outer: &str, inner: &str, end: End) -> Result<bool> {
        self.put(cx, outer)?;
        let part = cx.savepoint(self, |me, cx| me.write(cx, inner, end));
        Ok(part.is_ok())
    }

    /// Savepoints within savepoints: `a` is kept, `b` and what is in it is not.
    #[rpc]
    fn nested(&mut self, cx: &mut Cx<Self>) -> Result<Vec<String>> {
        self.put(cx, "a")?;
        let mut on_the_way = Vec::new();
        let undone: Result = cx.savepoint(self, |me, cx| {
            me.put(cx, "b")?;
            cx.savepoint(me, |me, cx| me.put(cx, "c"))?;
            let innermost: Result = cx.savepoint(me, |me, cx| {
                me.put(cx, "d")?;
                bail!("d is not wanted")
            });
            assert!(innermost.is_err());
            on_the_way.push(me.stored.clone());
            bail!("b is not wanted")
        });
        assert!(undone.is_err());
        on_the_way.push(self.stored.clone());
        Ok(on_the_way)
    }

    /// A handler called by a handler is a plain call in the same transaction.
    #[rpc]
    fn twice(&mut self, cx: &mut Cx<Self>, first: &str, second: &str, end: End) -> Result {
        self.write(cx, first, End::Well)?;
        self.write(cx, second, end)
    }

    #[rpc]
    fn defaults(&self) -> Result<(Vec<u32>, u32)> {
        Ok((self.numbers.clone(), self.answer))
    }

    #[rpc]
    fn change_defaults(&mut self) -> Result {
        self.numbers.clear();
        self.answer = 0;
        Ok(())
    }

    #[rpc]
    fn erase(&mut self, cx: &mut Cx<Self>, end: End) -> Result {
        cx.delete_all()?;
        match end {
            End::Well => Ok(()),
            _ => bail!("keep it after all"),
        }
    }

    /// As at first: an object that holds nothing does not exist.
    #[rpc]
    fn end(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.delete_all()?;
        self.stored.clear();
        self.numbers = vec![1, 2, 3];
        Ok(())
    }

    #[rpc]
    fn erase_and_write(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.delete_all()?;
        self.put(cx, what)
    }

    /// Polls a stub inside a synchronous handler, which is wrong.
    #[rpc]
    fn poll_a_stub(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<KindName> {
        let other = cx.objects().get_by_name::<Book>(name);
        match poll_once(other.seen()) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the call went through"),
            Poll::Pending => bail!("the call hangs"),
        }
    }

    #[rpc]
    fn poll_a_stub_reading(&self, cx: &Cx<Self>, name: &str) -> Result<KindName> {
        let other = cx.objects().get_by_name::<Book>(name);
        match poll_once(other.seen()) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the call went through"),
            Poll::Pending => bail!("the call hangs"),
        }
    }

    /// An update inside an update, which is wrong.
    #[rpc]
    async fn nest_updates(this: This<Self>) -> Result<KindName> {
        let inner = this.clone();
        this.update(|me, cx| {
            me.put(cx, "outer")?;
            match poll_once(inner.update(|me, cx| me.put(cx, "inner"))) {
                Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
                Poll::Ready(Ok(())) => bail!("the update went through"),
                Poll::Pending => bail!("the update hangs"),
            }
        })
        .await
    }

    #[rpc]
    async fn nest_reads(this: This<Self>) -> Result<KindName> {
        let inner = this.clone();
        this.read(|_, _| match poll_once(inner.read(|me, _| Ok(me.ephemeral))) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the read went through"),
            Poll::Pending => bail!("the read hangs"),
        })
        .await
    }

    /// Writes in two transactions, the second of which fails.
    #[rpc]
    async fn two_updates(this: This<Self>, end: End) -> Result {
        this.update(|me, cx| me.put(cx, "first")).await?;
        let borrowed = String::from("second");
        this.update(|me, cx| me.write(cx, &borrowed, end)).await
    }

    /// Panics outside its closures.
    #[rpc]
    async fn stumble(this: This<Self>) -> Result {
        this.update(|me, cx| me.put(cx, "before")).await?;
        panic!("stumbled")
    }

    #[rpc]
    fn store(&mut self, bytes: usize) -> Result {
        self.stored = "x".repeat(bytes);
        Ok(())
    }

    /// An SQL text that writes, in a reading handler.
    #[rpc]
    fn write_while_reading(&self, cx: &Cx<Self>) -> Result<u64> {
        cx.sql_unchecked("DELETE FROM line", ()).run()
    }
}

/// A kind as text: kinds are not serialized.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct KindName(String);

fn invalid() -> KindName {
    KindName("invalid".into())
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

fn seen(rows: &[&str], stored: &str, ephemeral: u32) -> Seen {
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    let mut keys = rows.clone();
    keys.sort();
    Seen { rows, keys, stored: stored.into(), ephemeral }
}
