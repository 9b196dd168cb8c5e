//! The schema of an object, as the checks of its SQL and of its migrations see it.

/// What SQLite stores in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Integer,
    Real,
    Text,
    Blob,
}

/// All tables of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub object: String,
    pub tables: Vec<Table>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The struct, as `tables(…)` names it.
    pub rust: String,
    pub name: String,
    pub columns: Vec<Column>,
    /// All its statements: the table, its indexes, its full-text table with the triggers. A column of a type of the
    /// user's own has the SQL type ANY.
    pub ddl: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    /// `None` for a type of the user's own.
    pub class: Option<Class>,
    pub nullable: bool,
}

impl Class {
    /// The type's name in SQL.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Class::Integer => "INTEGER",
            Class::Real => "REAL",
            Class::Text => "TEXT",
            Class::Blob => "BLOB",
        }
    }

    /// The class of a type that a STRICT table may have; `ANY` has none.
    pub(crate) fn from_sql(name: &str) -> Option<Class> {
        match name.to_ascii_uppercase().as_str() {
            "INTEGER" | "INT" => Some(Class::Integer),
            "REAL" => Some(Class::Real),
            "TEXT" => Some(Class::Text),
            "BLOB" => Some(Class::Blob),
            _ => None,
        }
    }

    /// The plainest Rust type that holds it.
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Class::Integer => "i64",
            Class::Real => "f64",
            Class::Text => "String",
            Class::Blob => "Vec<u8>",
        }
    }
}

impl Schema {
    /// All statements, in order.
    pub(crate) fn ddl(&self) -> String {
        self.tables.iter().map(|table| table.ddl.as_str()).collect()
    }
}
