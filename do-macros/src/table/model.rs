//! What a table is: first as it is written, then as it is meant.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, ItemStruct, LitStr, Type};

use crate::table::columns::ColumnType;

/// A table as it is written.
pub(crate) struct Written {
    /// The struct, without our attributes.
    pub(crate) item: ItemStruct,
    /// `name = "…"`.
    pub(crate) name: Option<LitStr>,
    /// The indexes of the struct's attribute.
    pub(crate) indexes: Vec<WrittenIndex>,
    /// `export`.
    pub(crate) export: Option<Span>,
    /// `search = …` or `search(…)`.
    pub(crate) search: Option<WrittenSearch>,
    /// `ttl = "…"`.
    pub(crate) ttl: Option<LitStr>,
    /// `ttl_from = …`: the option, and the field.
    pub(crate) ttl_from: Option<(Span, Ident)>,
    /// The fields in order.
    pub(crate) fields: Vec<WrittenField>,
}

/// `index = …`, `unique = …` or `index(…)`.
pub(crate) struct WrittenIndex {
    /// The option.
    pub(crate) span: Span,
    /// Whether it is `unique`.
    pub(crate) uniqueness: Uniqueness,
    /// The fields in order.
    pub(crate) columns: Vec<(Ident, Order)>,
    /// `where = "…"`.
    pub(crate) filter: Option<LitStr>,
}

/// `search = …` or `search(…)`.
pub(crate) struct WrittenSearch {
    /// The option.
    pub(crate) span: Span,
    /// The fields in order.
    pub(crate) columns: Vec<Ident>,
    /// `tokenize = "…"`.
    pub(crate) tokenize: Option<LitStr>,
}

/// A field and what its attributes say.
pub(crate) struct WrittenField {
    /// The field.
    pub(crate) ident: Ident,
    /// Its type.
    pub(crate) ty: Type,
    /// `#[key]`.
    pub(crate) key: Option<Span>,
    /// `#[default(…)]`.
    pub(crate) default: Option<WrittenDefault>,
    /// `#[references(…)]`.
    pub(crate) references: Option<WrittenReference>,
    /// `#[unique]`.
    pub(crate) unique: Option<Span>,
    /// `#[index]`.
    pub(crate) index: Option<Span>,
    /// `#[expires_at]`.
    pub(crate) expires_at: Option<Span>,
    /// `#[column(name = "…")]`.
    pub(crate) name: Option<LitStr>,
    /// `#[column(json)]`.
    pub(crate) json: Option<Span>,
    /// `#[column(check = "…")]`.
    pub(crate) check: Option<LitStr>,
}

/// `#[default(…)]`.
pub(crate) enum WrittenDefault {
    /// `now`.
    Now(Span),
    /// Any other expression.
    Expr(Box<Expr>),
}

/// `#[references]`, `#[references(on_delete = …)]`.
pub(crate) struct WrittenReference {
    /// The attribute.
    pub(crate) span: Span,
    /// What becomes of the row when the other one is deleted.
    pub(crate) on_delete: Option<OnDelete>,
}

/// What becomes of a row when the one that it references is deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The reference becomes NULL.
    SetNull,
    /// The other one can't be deleted.
    Restrict,
}

/// The order of a column in an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// From the least to the greatest.
    Ascending,
    /// From the greatest to the least.
    Descending,
}

/// Whether an index refuses a second row with the same values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uniqueness {
    /// It does.
    Unique,
    /// It does not.
    Plain,
}

/// A table as it is meant.
pub(crate) struct Table {
    /// Its name in the database.
    pub(crate) name: String,
    /// Its columns, in the order of the fields.
    pub(crate) columns: Vec<Column>,
    /// The primary key: positions in `columns`.
    pub(crate) key: Vec<usize>,
    /// The column of the primary key, if SQLite assigns it.
    pub(crate) assigned: Option<usize>,
    /// The indexes besides the primary key.
    pub(crate) indexes: Vec<Index>,
    /// Its full text.
    pub(crate) search: Option<Search>,
    /// When its rows expire.
    pub(crate) expiry: Option<Expiry>,
}

/// A column.
pub(crate) struct Column {
    /// The field.
    pub(crate) field: Ident,
    /// The field's name without `r#`, for names that are made of it.
    pub(crate) field_name: String,
    /// The name in the database.
    pub(crate) name: String,
    /// The type as it is written, with the struct's name for `Self`.
    pub(crate) ty: Type,
    /// What the type is in the database.
    pub(crate) column_type: ColumnType,
    /// What it is when it is left out.
    pub(crate) default: Option<Default>,
    /// The table that it references.
    pub(crate) references: Option<Reference>,
    /// The condition that every value satisfies, in SQL.
    pub(crate) check: Option<String>,
}

/// A default.
pub(crate) enum Default {
    /// The time of the handler.
    Now(Optional),
    /// An expression, and what it is in SQL if it is a constant.
    Value { rust: TokenStream, sql: Option<String>, made: Made },
}

/// When a default is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// Whether it is needed or not, being a number or a bool.
    Before,
    /// When it is needed.
    WhenNeeded,
}

/// Whether a column's type is an `Option`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Optional {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// A foreign key.
pub(crate) struct Reference {
    /// The attribute.
    pub(crate) span: Span,
    /// The struct of the other table.
    pub(crate) table: Type,
    /// What becomes of the row when the other one is deleted.
    pub(crate) on_delete: Option<OnDelete>,
}

/// An index.
pub(crate) struct Index {
    /// Its name in the database.
    pub(crate) name: String,
    /// Positions in the table's columns.
    pub(crate) columns: Vec<(usize, Order)>,
    /// Whether it is unique.
    pub(crate) uniqueness: Uniqueness,
    /// The condition of the rows in it, in SQL.
    pub(crate) filter: Option<String>,
}

/// When the rows of a table expire.
pub(crate) struct Expiry {
    /// The column that tells it. None: a column that is not declared has the time at which a row was written.
    pub(crate) column: Option<usize>,
    /// How long a row lives after that, in milliseconds. 0: the column is the expiry itself.
    pub(crate) ttl: i64,
    /// The name of the index over the column, unless one that is declared begins with it.
    pub(crate) index: Option<String>,
}

/// Full text of a table.
pub(crate) struct Search {
    /// The name of the full-text table.
    pub(crate) name: String,
    /// Positions in the table's columns.
    pub(crate) columns: Vec<usize>,
    /// What makes words of the text, if it is not SQLite's usual.
    pub(crate) tokenize: Option<String>,
}

impl Column {
    /// Whether `T::new(…)` leaves it out.
    pub(crate) fn is_optional_in_new(&self, position: usize, table: &Table) -> bool {
        self.default.is_some() || table.assigned == Some(position)
    }
}

impl Index {
    /// The columns without their order.
    pub(crate) fn positions(&self) -> Vec<usize> {
        self.columns.iter().map(|(column, _)| *column).collect()
    }
}

impl OnDelete {
    /// As SQL says it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::Restrict => "RESTRICT",
        }
    }
}
