//! The traffic of each example. A module's head says what is checked; a name such as `shop-3` has so many steps of all users in a row, so
//! that an object does not grow without end, however long the traffic goes on.

mod analytics;
mod cache;
mod chat_room;
mod collab_editor;
mod dedup;
mod fleet;
mod game_server;
mod iot_device;
mod leader_election;
mod leaderboard;
mod lock;
mod quota;
mod rate_limiter;
mod scheduler;
mod search;
mod sharded_counter;
mod tenant_db;
mod terms;
mod user_hub;
mod user_session;
mod workflow;

use serde_json::Value;

use crate::drive::{Outcome, Plan, Traffic, drive};
use crate::programs::Programs;

macro_rules! examples {
    ($($traffic:path),* $(,)?) => {
        /// The packages.
        pub const NAMES: &[&str] = &[$(<$traffic>::NAME),*];

        /// Drives the traffic of an example.
        ///
        /// # Errors
        /// A sentence, if there is no such example, or its program can't be started.
        pub async fn drive_one(name: &str, programs: &Programs, plan: Plan) -> Result<Outcome, String> {
            match name {
                $(<$traffic>::NAME => drive::<$traffic>(programs, plan).await,)*
                _ => Err(format!("there is no example `{name}`; there are {}", NAMES.join(", "))),
            }
        }
    };
}

examples! {
    analytics::Analytics,
    cache::Cache,
    chat_room::ChatRoom,
    collab_editor::CollabEditor,
    dedup::Dedup,
    fleet::Fleet,
    game_server::GameServer,
    iot_device::IotDevice,
    leader_election::LeaderElection,
    leaderboard::Leaderboard,
    lock::Lock,
    quota::Quota,
    rate_limiter::RateLimiter,
    scheduler::Scheduler,
    search::Search,
    sharded_counter::ShardedCounter,
    tenant_db::TenantDb,
    user_hub::UserHub,
    user_session::UserSession,
    workflow::Workflow,
}

/// A member that is a number; 0 without one, which no check takes for right.
fn number(value: &Value, member: &str) -> u64 {
    value[member].as_u64().unwrap_or(0)
}

/// A member that is a text.
fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// The lines of a list.
fn lines(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
