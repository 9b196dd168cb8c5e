//! The schema of an object, as the checks of its SQL see it.

/// The class of a column of a STRICT table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// INTEGER.
    Integer,
    /// REAL.
    Real,
    /// TEXT.
    Text,
    /// BLOB.
    Blob,
}

impl Class {
    /// As SQL says it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Class::Integer => "INTEGER",
            Class::Real => "REAL",
            Class::Text => "TEXT",
            Class::Blob => "BLOB",
        }
    }

    /// The class that SQL calls so.
    pub(crate) fn from_sql(name: &str) -> Option<Class> {
        let is = |class: &Class| class.sql().eq_ignore_ascii_case(name);
        let known = [Class::Integer, Class::Real, Class::Text, Class::Blob].into_iter().find(is);
        known.or_else(|| name.eq_ignore_ascii_case("INT").then_some(Class::Integer))
    }
}

/// The tables of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    /// The object's struct.
    pub(crate) object: String,
    /// In the order of `tables(…)`.
    pub(crate) tables: Vec<Table>,
}

impl Schema {
    /// The statements that make all of it.
    pub(crate) fn ddl(&self) -> String {
        self.tables.iter().map(|table| table.ddl.as_str()).collect()
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The struct, as `tables(…)` has it.
    pub(crate) rust: String,
    /// The name in the database.
    pub(crate) name: String,
    /// The columns in order.
    pub(crate) columns: Vec<Column>,
    /// The statements that make it. A column of a user's own type is `ANY`.
    pub(crate) ddl: String,
    /// Whether its rows expire by themselves.
    pub(crate) expires: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name in the database.
    pub(crate) name: String,
    /// Its class, unless its type is a user's own.
    pub(crate) class: Option<Class>,
    /// Whether it may be NULL.
    pub(crate) nullable: bool,
    /// The field, as `index = (…)` takes it; `None` if it can't be indexed.
    pub(crate) field: Option<String>,
}
