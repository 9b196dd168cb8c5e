//! Replays the steps over rows, and compares what they leave with the declared tables.

use proc_macro2::Span;
use rusqlite::{Connection, Result};

use super::difference::{self, Difference};
use super::propose;
use super::replay::{self, Mistake};
use super::structure::Structure;
use super::{Step, StepKind, full_text, seed, statements};
use crate::schema::Schema;
use crate::sqlite::excerpt::excerpt;
use crate::sqlite::memory;
use crate::{raw, sql::quote};

/// The mistakes of the steps, each with the place where it is to be shown; without steps that is the call site.
///
/// A schema that SQLite refuses has been reported already, and has no mistakes here.
pub(crate) fn check(schema: &Schema, steps: &[Step]) -> Vec<(Span, String)> {
    let Some((declared, have)) = databases(schema) else { return Vec::new() };
    let Some(last) = steps.last() else { return vec![(Span::call_site(), first_step(schema))] };
    // Since which step, and how, rows refer to others that are not there.
    let mut dangling: Option<(Span, String)> = None;
    for step in steps {
        let Some((text, span)) = sql_of(step) else { continue };
        if let Err(error) = seed::seed(&have) {
            return vec![(span, format!("migration {} can't be tried out: {error}", step.version))];
        }
        if let Err(mistake) = replay::step(&have, text) {
            return vec![(span, step_message(step, text, &mistake))];
        }
        dangling = match replay::dangling(&have) {
            Ok(Some(mistake)) => dangling.or_else(|| Some((span, step_message(step, text, &mistake)))),
            _ => None,
        };
    }
    if let Some(mistake) = dangling {
        return vec![mistake];
    }
    let span = sql_of(last).map_or(last.at, |(_, span)| span);
    match missing(&have, &declared, schema, steps, last.version + 1) {
        Ok(None) => Vec::new(),
        Ok(Some(message)) => vec![(span, message)],
        Err(error) => vec![(span, format!("the migrations can't be compared with the tables: {error}"))],
    }
}

/// What is declared, and an empty database for the steps.
fn databases(schema: &Schema) -> Option<(Structure, Connection)> {
    let declared = memory::open().ok()?;
    declared.execute_batch(&schema.ddl()).ok()?;
    Some((Structure::read(&declared).ok()?, memory::open().ok()?))
}

/// What steps without mistakes leave, with rows in each table and without full text, as the next step finds it.
fn replayed(steps: &[Step]) -> Result<Connection> {
    let db = memory::open()?;
    for (text, _) in steps.iter().filter_map(sql_of) {
        seed::seed(&db)?;
        // It ran before, over the same rows.
        let _ran = replay::step(&db, text);
    }
    seed::seed(&db)?;
    full_text::take_away(&db, &Structure::read(&db)?.full_text)?;
    Ok(db)
}

fn sql_of(step: &Step) -> Option<(&str, Span)> {
    match &step.kind {
        StepKind::Sql { text, span } | StepKind::File { text, span, .. } => Some((text, *span)),
        StepKind::Backfill(_) => None,
    }
}

fn step_message(step: &Step, text: &str, mistake: &Mistake) -> String {
    let Mistake { sentence, at, hint } = mistake;
    let of_file = match &step.kind {
        StepKind::File { path, .. } => {
            let line = text[..text.floor_char_boundary(*at)].matches('\n').count() + 1;
            format!(" ({path}, line {line})")
        }
        _ => String::new(),
    };
    // A statement that fails as a whole begins after the blank beginning of a literal in several lines.
    let at = text.floor_char_boundary(*at);
    let at = at + (text[at..].len() - text[at..].trim_start().len());
    format!("migration {}{of_file} fails: {sentence}\n{}", step.version, excerpt(text, at, hint))
}

/// The message of steps that do not lead to the declared tables.
fn missing(have: &Connection, want: &Structure, schema: &Schema, steps: &[Step], next: u32) -> Result<Option<String>> {
    let differences = difference::between(&Structure::read(have)?, want);
    if differences.is_empty() {
        return Ok(None);
    }
    let lines: String = differences.iter().map(|Difference { line, .. }| format!("  {line}\n")).collect();
    let object = &schema.object;
    let proposed = match propose::propose(&|| replayed(steps), want)? {
        Some(sql) => format!("add the step\n{}", in_attribute(next, &sql)),
        None => "rows that are there already can't be kept by a step that says nothing of them: write one that does"
            .to_owned(),
    };
    Ok(Some(format!("the migrations do not lead to the declared tables of `{object}`:\n{lines}{proposed}")))
}

fn first_step(schema: &Schema) -> String {
    let object = &schema.object;
    if schema.tables.is_empty() {
        return format!("`{object}` declares no tables: remove `migrations()`");
    }
    let own: Vec<String> = schema
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().filter(|c| c.class.is_none()).map(move |c| (table, c)))
        .map(|(table, column)| format!("{}.{}", quote::name(&table.name), quote::name(&column.name)))
        .collect();
    let note = if own.is_empty() { String::new() } else { propose::of_own_types(&own) + "\n" };
    let ddl = schema.ddl();
    // Full text follows the tables by itself.
    let of_tables = statements::split(&ddl).into_iter().filter(|statement| !statement.is_of_full_text());
    let sql: Vec<String> = of_tables.map(|statement| format!("{};", statement.text)).collect();
    let statements = format!("{note}{}", sql.join("\n"));
    format!("`migrations()` is empty: write its first step\n{}", in_attribute(1, &statements))
}

/// A step as it is written in the attribute.
fn in_attribute(version: u32, sql: &str) -> String {
    if !sql.contains(['\n', '"', '\\']) {
        return format!("  {version} = \"{sql}\",");
    }
    let indented: String = sql.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect();
    let literal = raw::literal(&format!("\n{indented}  "));
    format!("  {version} = {literal},")
}
