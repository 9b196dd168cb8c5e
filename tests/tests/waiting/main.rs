//! What asynchronous handlers of one object wait for together: a change, their place in a line, an operation that they share.

mod changes;
mod fenced;
mod lines;
mod shared;
mod wakeups;

use std::future::Future;

use do_runtime::prelude::*;

/// Starts calls one after the other: each has come as far as it can before the next one is made.
async fn in_order<F, I>(kit: &TestKit, calls: I) -> Vec<impl Future<Output = F::Output> + use<F, I>>
where
    I: IntoIterator<Item = F>,
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut started = Vec::new();
    for call in calls {
        started.push(kit.spawn(call));
        kit.settle().await;
    }
    started
}

/// The kind of the error that a call ended with.
fn kind<T>(outcome: Result<T>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}
