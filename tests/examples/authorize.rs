//! What can be called from outside, and who is asked, in all its forms.
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Open {
    #[stored]
    count: u64,
}

#[durable_object]
impl Open {
    #[rpc(public)]
    fn count(&self) -> Result<u64> {
        Ok(self.count)
    }

    #[cfg(any())]
    #[rpc(public)]
    fn left_out(&self) -> Result<u64> {
        Ok(self.count)
    }

    #[rpc(public, slow, idempotent, deadline = "2s", rename = "total")]
    fn sum(&self) -> Result<u64> {
        Ok(self.count)
    }

    #[authorize]
    fn anybody(&self) -> Result {
        Ok(())
    }
}

/// Methods of these names are nobody's but the user's.
#[durable_object]
pub struct Named {
    #[stored]
    owner: Option<String>,
}

#[durable_object]
impl Named {
    #[authorize]
    fn authorize(&self, cx: &Cx<Self>) -> Result {
        match (cx.meta().caller()?.principal(), &self.owner) {
            (Some(caller), Some(owner)) if caller == owner => Ok(()),
            _ => Err(Error::new(ErrorKind::Denied, "only its owner may")),
        }
    }

    #[rpc(public)]
    fn public(&self) -> Result {
        Ok(())
    }

    #[rpc]
    async fn private(this: This<Self>) -> Result {
        this.read(|_, _| Ok(())).await
    }
}

fn main() {}
