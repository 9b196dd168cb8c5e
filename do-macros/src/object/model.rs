//! What a durable object is: first as it is written, then as it is meant.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, ItemStruct, LitStr, Path, Type};

use crate::migrations::Step;

/// An object as it is written.
pub(crate) struct Written {
    /// The struct, without our attributes.
    pub(crate) item: ItemStruct,
    /// `tables(…)`.
    pub(crate) tables: Vec<Path>,
    /// `name = "…"`.
    pub(crate) name: Option<LitStr>,
    /// `jurisdiction = "…"`.
    pub(crate) jurisdiction: Option<LitStr>,
    /// `limits(…)`, as calls of setters.
    pub(crate) limits: Vec<TokenStream>,
    /// `scans = "deny"`.
    pub(crate) deny_scans: bool,
    /// `migrations(…)`.
    pub(crate) migrations: Option<Migrations>,
    /// The fields in order.
    pub(crate) fields: Vec<WrittenField>,
}

/// `migrations(1 = "…", …)`.
pub(crate) struct Migrations {
    /// The word, for what is wrong with all steps.
    pub(crate) word: Ident,
    /// The steps as they are written.
    pub(crate) tokens: TokenStream,
    /// The steps in order.
    pub(crate) steps: Vec<Step>,
}

/// A field and what its attributes say.
pub(crate) struct WrittenField {
    /// The field.
    pub(crate) ident: Ident,
    /// Its type.
    pub(crate) ty: Type,
    /// `#[stored]`.
    pub(crate) stored: Option<Keeping>,
    /// `#[ephemeral]`.
    pub(crate) ephemeral: Option<Keeping>,
}

/// `#[stored(default = …)]`, `#[ephemeral(default = …)]`.
pub(crate) struct Keeping {
    /// The attribute's name.
    pub(crate) span: Span,
    /// The first value.
    pub(crate) default: Option<Expr>,
}

/// An object as it is meant.
pub(crate) struct Object {
    /// The name of the class as it is stored.
    pub(crate) class: String,
    /// The fields in order.
    pub(crate) fields: Vec<Field>,
}

/// A field.
pub(crate) struct Field {
    /// The field.
    pub(crate) ident: Ident,
    /// The name under which it is stored.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: Type,
    /// Whether it survives hibernation.
    pub(crate) keep: Keep,
    /// The first value, unless it is `Default`.
    pub(crate) default: Option<Expr>,
}

/// What becomes of a field when its object goes to sleep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is stored.
    Stored,
    /// It starts afresh at each wake.
    Ephemeral,
}
