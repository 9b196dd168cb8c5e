//! A request, which any number of callers make.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Upstream;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(60);

/// An answer that is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    answer: String,
    until: Timestamp,
}

/// A request, after which the object is named: those of one name are identical.
#[durable_object]
pub struct Lookup {
    #[stored]
    kept: Option<Kept>,
}

#[durable_object]
impl Lookup {
    /// The answer. Upstream is asked once, however many callers there are.
    #[rpc(public)]
    async fn get(this: This<Self>) -> Result<String> {
        this.share("answer", Self::answer).await
    }

    /// Forgets the answer that is kept.
    #[rpc(public)]
    fn forget(&mut self) -> Result {
        self.kept = None;
        Ok(())
    }

    /// The answer that is kept, or else that of upstream, for all who wait. A failure is not kept.
    async fn answer(this: This<Self>) -> Result<String> {
        if let Some(answer) = this.read(Self::kept).await? {
            return Ok(answer);
        }
        let question = this.name().context("a request has a name")?;
        let answer = this.objects().get_by_name::<Upstream>("upstream").ask(question).await?;
        this.update(|me, cx| {
            me.kept = Some(Kept { answer: answer.clone(), until: cx.now() + KEPT });
            Ok(answer)
        })
        .await
    }

    fn kept(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        Ok(self.kept.as_ref().filter(|kept| kept.until > cx.now()).map(|kept| kept.answer.clone()))
    }
}
