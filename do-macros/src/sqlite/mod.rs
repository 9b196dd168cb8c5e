//! One statement, checked by SQLite itself while the program compiles.
//!
//! SQLite prepares the text against the schema and has the last word on it. What its metadata is silent about is
//! answered from the shape of the statement, and whatever neither tells is left open: a right query is never refused.
//!
//! | module | what is in it |
//! |---|---|
//! | `memory`, `worlds` | databases in memory, and those that are kept for each schema |
//! | `lexer`, `shape` | the text as tokens, and as a tree |
//! | `analysis` | what the tree tells of results, parameters, literals, and of how tables are looked into |
//! | `columns`, `params` | what goes out and what comes in |
//! | `plan` | reads of whole tables |
//! | `expiry` | what tables whose rows expire do not allow |
//! | `refuse`, `explain`, `dialects`, `keywords`, `excerpt` | messages |
//! | `unchecked` | what stands for all of it without the feature `checked-sql` |

#[cfg(feature = "checked-sql")]
mod analysis;
#[cfg(feature = "checked-sql")]
mod columns;
#[cfg(feature = "checked-sql")]
mod dialects;
pub(crate) mod excerpt;
#[cfg(feature = "checked-sql")]
mod expiry;
#[cfg(feature = "checked-sql")]
mod explain;
#[cfg(feature = "checked-sql")]
mod keywords;
pub(crate) mod lexer;
#[cfg(feature = "checked-sql")]
pub(crate) mod memory;
mod params;
#[cfg(feature = "checked-sql")]
mod plan;
#[cfg(feature = "checked-sql")]
mod refuse;
#[cfg(feature = "checked-sql")]
mod shape;
#[cfg(all(test, feature = "checked-sql"))]
mod tests;
#[cfg(not(feature = "checked-sql"))]
mod unchecked;
#[cfg(feature = "checked-sql")]
mod worlds;

use crate::schema::Class;
#[cfg(feature = "checked-sql")]
use crate::schema::Schema;
#[cfg(feature = "checked-sql")]
use analysis::Analysis;
#[cfg(not(feature = "checked-sql"))]
pub(crate) use unchecked::check;
#[cfg(feature = "checked-sql")]
use worlds::Worlds;

/// A statement that was found to be right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    pub access: Access,
    pub params: Vec<Param>,
    pub columns: Vec<ResultColumn>,
    /// The warning for a read of a whole table.
    pub scan: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Reads,
    Writes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    /// Without its colon.
    pub name: String,
    /// Where each `:name` begins in the SQL, in bytes.
    pub places: Vec<usize>,
    pub form: Form,
    /// Of the column that it is compared with or assigned to; `None` if that can't be told.
    pub class: Option<Class>,
    /// The column that it is compared with or assigned to, whose type is the user's own: table and column in the schema.
    pub own: Option<(usize, usize)>,
    /// It is a LIMIT or an OFFSET.
    pub count: bool,
    /// The line of its first place, with a caret.
    pub excerpt: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    /// `IN (:names)`
    List,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    pub name: String,
    /// `None` if it can't be told.
    pub class: Option<Class>,
    /// Of the class of this column, whose type is the user's own: table and column in the schema.
    pub own: Option<(usize, usize)>,
    /// Now of the one class, now of the other: nothing reads both.
    pub mixed: Option<(Class, Class)>,
    pub nullable: bool,
    /// Table and column in the schema, for a column that comes as it is stored.
    pub origin: Option<(usize, usize)>,
    /// The line of the item that makes it, with a caret; may be empty.
    pub excerpt: String,
}

/// Checks one statement against the schema of an object.
///
/// An `Err` is the whole message for the user, in several lines.
#[cfg(feature = "checked-sql")]
pub(crate) fn check(schema: &Schema, sql: &str) -> Result<Checked, String> {
    worlds::with(schema, |worlds| in_worlds(schema, sql, worlds))
        .map_err(|error| format!("SQLite refuses the schema of `{}`: {error}", schema.object))?
}

/// The names of the parameters of a statement that is not checked.
pub(crate) fn parameters(sql: &str) -> Vec<String> {
    params::find(sql, &lexer::lex(sql), |_| params::Known::default()).into_iter().map(|param| param.name).collect()
}

#[cfg(feature = "checked-sql")]
fn in_worlds(schema: &Schema, sql: &str, worlds: &Worlds) -> Result<Checked, String> {
    let tokens = lexer::lex(sql);
    if let Some(refusal) = refuse::by_tokens(sql, &tokens) {
        return Err(refusal);
    }
    let shape = shape::parse(&tokens);
    if let Some(refusal) = shape.as_ref().and_then(|shape| refuse::by_target(sql, shape, worlds)) {
        return Err(refusal);
    }
    // Constants are folded while a statement is prepared.
    memory::renew_budget();
    let statement =
        worlds.empty.prepare(sql).map_err(|error| explain::refusal(sql, &error, &tokens, schema, worlds))?;
    let refusal = explain::unknown_collation(sql, &tokens, worlds);
    if let Some(refusal) = refusal.or_else(|| expiry::refusal(sql, &tokens, schema, worlds)) {
        return Err(refusal);
    }
    let analysis = shape.map(|shape| Analysis::of(&shape, sql, schema, worlds));
    if let Some((at, message)) = analysis.as_ref().and_then(|analysis| analysis.problems.first()) {
        return Err(format!("{message}\n{}", excerpt::excerpt(sql, *at, "")));
    }
    let access = if statement.readonly() { Access::Reads } else { Access::Writes };
    let columns = columns::describe(sql, &statement, analysis.as_ref(), schema, worlds);
    drop(statement);
    let scan = analysis.as_ref().and_then(|analysis| plan::full_scan(sql, worlds, analysis, schema, access));
    let known = |name: &str| analysis.as_ref().map(|analysis| params::known(name, analysis)).unwrap_or_default();
    let params = params::find(sql, &tokens, known);
    Ok(Checked { access, params, columns, scan })
}
