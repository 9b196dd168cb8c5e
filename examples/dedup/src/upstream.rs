//! What is slow, costs money, and is asked once. Here it is an object that counts; put an HTTP client in its place.

use do_runtime::prelude::*;

/// A service that takes 300 ms for an answer.
#[durable_object]
pub struct Upstream {
    #[stored]
    calls: u64,
    #[stored]
    broken: bool,
}

#[durable_object]
impl Upstream {
    /// Answers a question.
    #[rpc]
    async fn ask(this: This<Self>, question: String) -> Result<String> {
        let (call, broken) = this
            .update(|me, _| {
                me.calls += 1;
                Ok((me.calls, me.broken))
            })
            .await?;
        this.sleep("300ms").await?;
        ensure!(!broken, Error::new(ErrorKind::Internal, "upstream is broken"));
        Ok(format!("{question}? Answer {call}."))
    }

    /// Lets it fail, or work again.
    #[rpc]
    fn set_broken(&mut self, broken: bool) -> Result {
        self.broken = broken;
        Ok(())
    }

    /// How often it was asked.
    #[rpc]
    fn calls(&self) -> Result<u64> {
        Ok(self.calls)
    }
}
