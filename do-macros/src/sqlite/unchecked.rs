//! Without SQLite: only the parameters of a statement are known, and whether it writes. The rest shows when an object first
//! wakes.

use super::{Access, Checked, lexer, params};
use crate::schema::Schema;

/// What the text alone tells.
pub(crate) fn check(_: &Schema, sql: &str) -> Result<Checked, String> {
    let tokens = lexer::lex(sql);
    let writes =
        tokens.iter().any(|token| token.depth == 0 && token.is_any(&["INSERT", "UPDATE", "DELETE", "REPLACE"]));
    let access = if writes { Access::Writes } else { Access::Reads };
    Ok(Checked { access, params: params::find(sql, &tokens, |_| None, |_| false), columns: Vec::new(), scan: None })
}
