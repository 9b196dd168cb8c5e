//! Tasks and threads of a test's own, beside those of the node.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::TestKit;
use crate::env::Spawn;
use crate::env::shuffle::is_thread;
use crate::sync::poll_blocking;

/// What has come of a task or a thread.
type Ended<T> = Result<T, Box<dyn Any + Send>>;

impl TestKit {
    /// Runs a future as a task of the simulation, among those of the node. It is the test's: [`TestKit::crash`] leaves it alone.
    /// What comes back resolves to its result; dropped, the task goes on.
    ///
    /// # Panics
    /// Whoever awaits it panics as the task did, or if the kit has gone before the task ended.
    pub fn spawn<T, F>(&self, future: F) -> impl Future<Output = T> + Send + use<T, F>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.sim_spawn().spawn(Box::pin(async move {
            let mut future = pin!(future);
            let ended = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            });
            // Perhaps nobody wants to know.
            let _ = answer.send(ended.await);
        }));
        joined(answered)
    }

    /// Runs a job on a thread of the simulation, as a user's own thread would run beside the node's. It calls objects by
    /// [`TestKit::block_on`]. With [`TestKit::shuffled`] the seed draws which thread goes on; else each runs until it waits. It is
    /// the test's: [`TestKit::crash`] leaves it alone. Time is moved by the test's own future, or by a task.
    ///
    /// # Panics
    /// Whoever awaits it panics as the job did, or if the kit has gone before the job ended.
    pub fn thread<T, J>(&self, job: J) -> impl Future<Output = T> + Send + use<T, J>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.world().spawn_blocking(Box::new(move || {
            let ended = catch_unwind(AssertUnwindSafe(job));
            // Perhaps nobody wants to know.
            let _ = answer.send(ended);
        }));
        joined(answered)
    }

    /// Blocks the running thread until a future has its result.
    ///
    /// # Panics
    /// Outside of [`TestKit::thread`]: a task that blocks would keep everything from going on.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert!(is_thread(), "`kit.block_on` is for what runs in `kit.thread`: in a task, await the future");
        let mut future = pin!(future);
        poll_blocking(|waker| future.as_mut().poll(&mut Context::from_waker(waker)))
    }
}

async fn joined<T>(answered: oneshot::Receiver<Ended<T>>) -> T {
    match answered.await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => panic!("the kit has gone before this ended"),
    }
}
