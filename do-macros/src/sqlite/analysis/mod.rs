//! What a statement's shape tells beside SQLite's metadata: what each result column is, what each parameter is
//! compared with, which literals can't be right, and how each table is looked into.

mod functions;
mod hindrance;
mod scope;
mod select;
mod value;
mod write;

pub(super) use hindrance::Hindrance;

use super::shape::{Body, Statement};
use super::worlds::Worlds;
use crate::schema::{Class, Schema};

pub(super) struct Analysis<'s> {
    schema: &'s Schema,
    worlds: &'s Worlds,
    sql: &'s str,
    /// The common table expressions in scope; the nearest is the last.
    ctes: Vec<(String, Vec<Output>)>,
    /// What each parameter was compared with or assigned to, each time.
    pub(super) told: Vec<(String, Class)>,
    /// The same, where the column's type is the user's own: its table and its place there.
    pub(super) told_own: Vec<(String, (usize, usize))>,
    /// The parameters that are a LIMIT or an OFFSET.
    pub(super) counts: Vec<String>,
    /// What can't be right, and where.
    pub(super) problems: Vec<(usize, String)>,
    pub(super) uses: Vec<Use>,
    /// Why no index serves a condition.
    pub(super) hindrances: Vec<Hindrance>,
    /// The result of the whole statement.
    pub(super) outputs: Vec<Output>,
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) value: Value,
    /// Where the item that makes it begins.
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) told: Told,
    pub(super) nullable: bool,
    /// Table and column in the schema.
    pub(super) origin: Option<(usize, usize)>,
    /// The use of a table, and its column.
    place: Option<(usize, String)>,
}

/// What is known of a value's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Known(Class),
    /// Of the class of this column, whose type is the user's own: table and column in the schema.
    Own(usize, usize),
    /// Now of the one class, now of the other.
    Mixed(Class, Class),
    /// Trial runs may tell: no parameter and no type of the user's own has a part in it.
    Ask,
    /// Nothing can tell.
    Silent,
}

/// One appearance of a table in a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    /// The name that the plan prints.
    pub(super) alias: String,
    pub(super) table: usize,
    /// The column that is the rowid, by which every row is found without an index.
    pub(super) rowid: Option<String>,
    /// A LIMIT, or the need of one row alone, stops the reading early.
    pub(super) limited: bool,
    pub(super) equal: Vec<String>,
    pub(super) range: Vec<String>,
    /// With `true` for descending.
    pub(super) order: Vec<(String, bool)>,
}

impl Told {
    fn or(self, other: Told) -> Told {
        use Class::{Integer, Real};
        match (self, other) {
            (one, other) if one == other => one,
            (Told::Known(Integer | Real), Told::Known(Integer | Real)) => Told::Known(Real),
            // Whatever else comes, these two do.
            (mixed @ Told::Mixed(..), _) | (_, mixed @ Told::Mixed(..)) => mixed,
            (Told::Known(one), Told::Known(other)) => Told::Mixed(one, other),
            _ => Told::Silent,
        }
    }
}

impl<'s> Analysis<'s> {
    pub(super) fn of(statement: &Statement, sql: &'s str, schema: &'s Schema, worlds: &'s Worlds) -> Self {
        let mut analysis = Analysis {
            schema,
            worlds,
            sql,
            ctes: Vec::new(),
            told: Vec::new(),
            told_own: Vec::new(),
            counts: Vec::new(),
            problems: Vec::new(),
            uses: Vec::new(),
            hindrances: Vec::new(),
            outputs: Vec::new(),
        };
        let limited = matches!(&statement.body, Body::Select(select) if select.limit.is_some());
        analysis.define(&statement.ctes, None, limited);
        analysis.outputs = match &statement.body {
            Body::Select(select) => analysis.select(select, None, false),
            Body::Insert(insert) => analysis.insert(insert),
            Body::Update(update) => analysis.update(update),
            Body::Delete(delete) => analysis.delete(delete),
        };
        analysis
    }

    fn table(&self, name: &str) -> Option<usize> {
        self.schema.tables.iter().position(|table| table.name.eq_ignore_ascii_case(name))
    }
}

impl Value {
    fn silent() -> Value {
        Value { told: Told::Silent, nullable: true, origin: None, place: None }
    }

    fn new(told: Told, nullable: bool) -> Value {
        Value { told, nullable, origin: None, place: None }
    }

    fn known(class: Class, nullable: bool) -> Value {
        Value::new(Told::Known(class), nullable)
    }

    fn class(&self) -> Option<Class> {
        match self.told {
            Told::Known(class) => Some(class),
            Told::Own(..) | Told::Mixed(..) | Told::Ask | Told::Silent => None,
        }
    }

    /// The same value where no row may have been.
    fn or_null(mut self, lost: bool) -> Value {
        self.nullable |= lost;
        self
    }

    /// What comes out if it is either this or that.
    fn either(self, other: &Value) -> Value {
        Value {
            told: self.told.or(other.told),
            nullable: self.nullable || other.nullable,
            origin: self.origin.filter(|origin| other.origin == Some(*origin)),
            place: None,
        }
    }
}
