//! What a user's SQL may not do: leave the object's database or its transaction, or touch what the runtime keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::failure;
use crate::error::Result;

/// Tables of the runtime begin so.
const RESERVED: &str = "__do_";

/// Pragmas that only tell something, whatever their argument is. The last two are asked by SQLite's own FTS and R-tree.
const TELLING: [&str; 14] = [
    "collation_list",
    "compile_options",
    "foreign_key_check",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "data_version",
];

/// Pragmas that only tell something without an argument.
const TELLING_WITHOUT_ARGUMENT: [&str; 6] =
    ["encoding", "freelist_count", "page_count", "page_size", "schema_version", "user_version"];

/// The guard of one connection.
pub(super) struct Guard {
    /// True while the runtime's own SQL is prepared or runs, which is not guarded.
    pub(super) runtime: Arc<AtomicBool>,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Guard {
    /// Guards a connection from now on.
    pub(super) fn new(connection: &mut Connection) -> Result<Self> {
        let guard = Guard { runtime: Arc::default(), refusal: Arc::default() };
        let (runtime, refusal) = (guard.runtime.clone(), guard.refusal.clone());
        let authorize = move |context: AuthContext<'_>| {
            if runtime.load(Ordering::Relaxed) {
                return Authorization::Allow;
            }
            match refused(&context.action) {
                None => Authorization::Allow,
                Some(sentence) => {
                    *refusal.lock() = Some(sentence);
                    Authorization::Deny
                }
            }
        };
        connection.authorizer(Some(authorize)).map_err(|error| failure::plain(error.into()))?;
        Ok(guard)
    }

    /// Why the last statement was refused. It is forgotten then.
    pub(super) fn take_refusal(&self) -> Option<String> {
        self.refusal.lock().take()
    }
}

/// Why an action is refused, if it is.
fn refused(action: &AuthAction<'_>) -> Option<String> {
    match *action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Some("an object has one database: ATTACH, DETACH and VACUUM are not for handlers".into())
        }
        AuthAction::Transaction { .. } => {
            Some("the runtime begins and ends transactions: a handler's error is its ROLLBACK, `Ok` its COMMIT".into())
        }
        AuthAction::Savepoint { .. } => {
            Some("SAVEPOINT, RELEASE and ROLLBACK TO are not for SQL: use `cx.savepoint`".into())
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let is = |name: &&str| name.eq_ignore_ascii_case(pragma_name);
            let tells = TELLING.iter().any(is) || pragma_value.is_none() && TELLING_WITHOUT_ARGUMENT.iter().any(is);
            (!tells).then(|| format!("PRAGMA {pragma_name} is not for handlers: the runtime sets up the database"))
        }
        AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => {
            Some("what is temporary would be lost when the object hibernates: use an ordinary table".into())
        }
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::CreateTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. } => is_reserved(table_name)
            .then(|| format!("the table `{table_name}` is the runtime's own: SQL can't write it")),
        _ => None,
    }
}

fn is_reserved(table: &str) -> bool {
    table.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}
