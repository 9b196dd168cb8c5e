//! How an operation is measured: calls of one object for a second, by one caller and by 64, and what its database grows by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use do_runtime::Dispatch;
use do_runtime::prelude::*;
use tempfile::TempDir;
use tokio::task::{JoinSet, consume_budget};

/// How long one figure is measured.
const LASTS: Duration = Duration::from_secs(1);

/// Those who call at once, where many do.
pub(crate) const CALLERS: usize = 64;

/// An example in a folder of its own.
pub(crate) struct Bench<O> {
    example: &'static str,
    name: &'static str,
    folder: TempDir,
    /// The size of all objects of a class.
    sizes: Vec<fn(&Objects) -> Result<u64>>,
    /// The number of the next call, which no other call of this folder has.
    next: Arc<AtomicU64>,
    class: std::marker::PhantomData<O>,
}

pub(crate) fn heading() {
    println!(
        "{:<16}  {:<44}  {:>10}  {:>13}  {:>8}",
        "example",
        "operation",
        "1 caller/s",
        format!("{CALLERS} callers/s"),
        "bytes"
    );
}

async fn open(folder: &TempDir) -> Result<Objects> {
    Objects::builder().idle("1h").open(folder.path()).await
}

fn size<O: Dispatch>(objects: &Objects) -> Result<u64> {
    Ok(objects.namespace::<O>().list().all()?.iter().map(|object| object.bytes).sum())
}

impl<O: Dispatch> Bench<O> {
    /// A folder with one object of that name, as `prepare` leaves it.
    pub(crate) async fn new<T>(
        example: &'static str,
        name: &'static str,
        prepare: impl AsyncFnOnce(Objects, O::Stub) -> Result<T>,
    ) -> Result<(Self, T)> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let objects = open(&folder).await?;
        let prepared = prepare(objects.clone(), objects.get_by_name::<O>(name)).await?;
        objects.close().await?;
        let (next, class) = (Arc::default(), std::marker::PhantomData);
        Ok((Bench { example, name, folder, sizes: vec![size::<O>], next, class }, prepared))
    }

    /// The databases of another class count, too.
    pub(crate) fn with<P: Dispatch>(mut self) -> Self {
        self.sizes.push(size::<P>);
        self
    }

    /// A row of the table, for an operation of the one object that writes.
    pub(crate) async fn writes<C, F>(&self, operation: impl std::fmt::Display, call: C) -> Result
    where
        C: Fn(O::Stub, u64) -> F + Clone + Send + 'static,
        F: Future<Output = Result> + Send + 'static,
    {
        self.row(operation, true, |objects| of_one(objects.get_by_name::<O>(self.name), call)).await
    }

    /// A row of the table, for an operation of the one object that writes nothing.
    pub(crate) async fn reads<C, F>(&self, operation: impl std::fmt::Display, call: C) -> Result
    where
        C: Fn(O::Stub, u64) -> F + Clone + Send + 'static,
        F: Future<Output = Result> + Send + 'static,
    {
        self.row(operation, false, |objects| of_one(objects.get_by_name::<O>(self.name), call)).await
    }

    /// A row of the table, for an operation that is made of the objects; `grows` if the bytes are wanted.
    pub(crate) async fn row<C, F>(
        &self,
        operation: impl std::fmt::Display,
        grows: bool,
        make: impl FnOnce(&Objects) -> C,
    ) -> Result
    where
        C: Fn(u64) -> F + Clone + Send + 'static,
        F: Future<Output = Result> + Send + 'static,
    {
        let objects = open(&self.folder).await?;
        let before = self.size(&objects)?;
        let call = make(&objects);
        let first = self.next.load(Ordering::Relaxed);
        call(self.next.fetch_add(1, Ordering::Relaxed)).await?; // it wakes the object
        let one = self.rate(&call, 1).await?;
        let many = self.rate(&call, CALLERS).await?;
        drop(call);
        objects.close().await?;
        drop(objects);
        let calls = self.next.load(Ordering::Relaxed) - first;
        let bytes = if grows {
            // The listing has the sizes of the last checkpoint, which closing makes.
            let objects = open(&self.folder).await?;
            let grown = self.size(&objects)?.saturating_sub(before);
            objects.close().await?;
            format!("{:.0}", grown as f64 / calls as f64)
        } else {
            "-".to_owned()
        };
        println!("{:<16}  {:<44}  {one:>10.0}  {many:>13.0}  {bytes:>8}", self.example, operation.to_string());
        Ok(())
    }

    fn size(&self, objects: &Objects) -> Result<u64> {
        self.sizes.iter().map(|size| size(objects)).sum()
    }

    /// Calls a second.
    async fn rate<C, F>(&self, call: &C, callers: usize) -> Result<f64>
    where
        C: Fn(u64) -> F + Clone + Send + 'static,
        F: Future<Output = Result> + Send + 'static,
    {
        let begin = Instant::now();
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let (call, next) = (call.clone(), self.next.clone());
            running.spawn(async move {
                let mut calls = 0_u64;
                while begin.elapsed() < LASTS {
                    call(next.fetch_add(1, Ordering::Relaxed)).await?;
                    calls += 1;
                    consume_budget().await; // calls that never wait would keep the other callers from theirs
                }
                Ok(calls)
            });
        }
        let calls = running.join_all().await.into_iter().sum::<Result<u64>>()?;
        Ok(calls as f64 / begin.elapsed().as_secs_f64())
    }
}

/// Calls of one object, by their number.
fn of_one<S: Clone, F>(stub: S, call: impl Fn(S, u64) -> F + Clone) -> impl Fn(u64) -> F + Clone {
    move |number| call(stub.clone(), number)
}
