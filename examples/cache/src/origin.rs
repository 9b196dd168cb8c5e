//! What is cached. Here it is an object that counts; put a database or an HTTP client in its place.

use do_runtime::prelude::*;

/// The value of a key, after which the object is named. To read it takes 300 ms, to write it 400.
#[durable_object]
pub struct Origin {
    #[stored]
    value: String,
    #[stored]
    loads: u64,
    #[stored]
    broken: bool,
}

#[durable_object]
impl Origin {
    /// The value as it was when it was asked for.
    #[rpc]
    async fn load(this: This<Self>) -> Result<String> {
        let value = this
            .update(|me, _| {
                me.loads += 1;
                me.value()
            })
            .await?;
        this.sleep("300ms").await?;
        Ok(value)
    }

    /// Stores a value, and says so a little later.
    #[rpc]
    async fn store(this: This<Self>, value: String) -> Result {
        this.sleep("350ms").await?;
        this.update(|me, _| {
            me.value()?;
            me.value = value;
            Ok(())
        })
        .await?;
        this.sleep("50ms").await
    }

    /// Lets it fail, or work again.
    #[rpc]
    fn set_broken(&mut self, broken: bool) -> Result {
        self.broken = broken;
        Ok(())
    }

    /// How often it was asked for its value.
    #[rpc]
    fn loads(&self) -> Result<u64> {
        Ok(self.loads)
    }

    fn value(&self) -> Result<String> {
        ensure!(!self.broken, Error::new(ErrorKind::Internal, "the origin is broken"));
        Ok(self.value.clone())
    }
}
