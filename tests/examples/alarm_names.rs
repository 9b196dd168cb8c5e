//! Alarms may be called like the methods that what is generated has, apart from `cancel`.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

pub mod rooms {
    use do_runtime::prelude::*;

    #[durable_object]
    pub struct Room;
}

// The impl block may be in another module than the object.
#[durable_object]
impl rooms::Room {
    #[alarm]
    fn alarm(&mut self, cx: &mut Cx<Self>, schedule: String) -> Result {
        cx.schedule().from(1).key(schedule).every("1h")?;
        cx.schedule().into(2).after(secs(1))?;
        cx.schedule().deref(3).at(cx_time())?;
        cx.schedule().r#type("text", &[1]).cron("@daily")?;
        cx.schedule().cancel("schedule").map(drop)
    }

    #[alarm]
    fn from(&mut self, from: u8) -> Result {
        ensure!(from > 0, "nothing");
        Ok(())
    }

    #[alarm]
    async fn into(this: This<Self>, to: u8) -> Result {
        this.update(|me, _| me.from(to)).await
    }

    #[alarm]
    fn deref(&mut self, _error: u8) -> Result {
        Ok(())
    }

    #[alarm]
    fn r#type(&mut self, r#type: &str, run: &[u8]) -> Result {
        ensure!(r#type.len() > run.len(), "nothing");
        Ok(())
    }
}

fn cx_time() -> Timestamp {
    Timestamp::from_millis(1)
}

// Everything that can be called or scheduled may be left out.
#[durable_object]
pub struct Hidden;

#[durable_object]
impl Hidden {
    #[rpc]
    #[cfg(any())]
    fn post(&mut self, text: Unknown) -> Result {
        Ok(())
    }

    #[rpc]
    #[cfg(any())]
    fn read(&self, text: String) -> Result {
        Ok(())
    }

    #[alarm(exhausted = give_up)]
    #[cfg(any())]
    fn remind(&mut self) -> Result {
        Ok(())
    }

    #[cfg(any())]
    fn give_up(&mut self, error: &Error) -> Result {
        Ok(())
    }
}

fn main() {}
