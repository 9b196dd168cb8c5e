//! Without SQLite: only the parameters of a statement are known, and whether it writes. The rest shows when an object first
//! wakes.

use super::lexer::Token;
use super::{Access, Checked, lexer, params};
use crate::schema::Schema;

/// What the text alone tells.
pub(crate) fn check(_: &Schema, sql: &str) -> Result<Checked, String> {
    let tokens = lexer::lex(sql);
    Ok(Checked {
        access: access(&tokens),
        params: params::find(sql, &tokens, |_| params::Known::default()),
        columns: Vec::new(),
        scan: None,
    })
}

/// By the first word that is not of a WITH.
fn access(tokens: &[Token<'_>]) -> Access {
    const READS: [&str; 2] = ["SELECT", "VALUES"];
    const WRITES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "REPLACE"];
    let outer = tokens.iter().filter(|token| token.depth == 0);
    let first = outer.into_iter().find(|token| token.is_any(&READS) || token.is_any(&WRITES));
    if first.is_some_and(|token| token.is_any(&WRITES)) { Access::Writes } else { Access::Reads }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_that_is_not_of_a_with_tells_whether_a_statement_writes() {
        for (sql, expected) in [
            ("SELECT replace(name, 'a', 'b') FROM t", Access::Reads),
            ("WITH x AS (SELECT 1) SELECT replace FROM x", Access::Reads),
            ("VALUES (1)", Access::Reads),
            ("-- DELETE\nSELECT 'DELETE'", Access::Reads),
            ("WITH old AS (SELECT 1) DELETE FROM t WHERE id IN old", Access::Writes),
            ("REPLACE INTO t VALUES (1)", Access::Writes),
            ("insert into t select 1", Access::Writes),
            ("UPDATE t SET a = 1", Access::Writes),
        ] {
            assert_eq!(access(&lexer::lex(sql)), expected, "{sql}");
        }
    }
}
