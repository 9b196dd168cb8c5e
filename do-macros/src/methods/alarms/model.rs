//! What an alarm is: first as it is written, then as it is meant.

use proc_macro2::Span;
use syn::{Attribute, Ident, LitStr, Type};

use crate::methods::model::{Argument, Context, Kind};

/// The options of `#[alarm]`.
pub(crate) struct AlarmOptions {
    /// The attribute's name.
    pub(crate) span: Span,
    /// `every` or `cron`.
    pub(crate) repeat: Repeat,
    /// `retries`, or the default.
    pub(crate) retries: u32,
    /// `exhausted = method`.
    pub(crate) exhausted: Option<Ident>,
    /// `rename = "…"`.
    pub(crate) rename: Option<LitStr>,
}

/// When the runtime sets an alarm by itself.
#[derive(Clone)]
pub(crate) enum Repeat {
    /// Never.
    No,
    /// Each time so many milliseconds have passed.
    Every(u64),
    /// At the times of a cron expression.
    Cron {
        /// The expression.
        expression: LitStr,
        /// The time zone.
        zone: Option<LitStr>,
    },
    /// It is written so that it can't be told when.
    Refused(&'static str),
}

impl Repeat {
    /// The option that says so.
    pub(super) fn option(&self) -> Option<&'static str> {
        match self {
            Repeat::No => None,
            Repeat::Every(_) => Some("every"),
            Repeat::Cron { .. } => Some("cron"),
            Repeat::Refused(option) => Some(option),
        }
    }
}

/// An alarm as it is meant.
pub(crate) struct Alarm {
    /// The method.
    pub(crate) ident: Ident,
    /// Its name in the schedule.
    pub(crate) schedule_ident: Ident,
    /// The name that is stored.
    pub(crate) name: String,
    /// `#[cfg(…)]`.
    pub(crate) cfgs: Vec<Attribute>,
    /// What the schedule's method takes over.
    pub(crate) carried: Vec<Attribute>,
    /// How it runs: never shared.
    pub(crate) kind: Kind,
    /// Whether it takes `cx` or `this`.
    pub(crate) context: Context,
    /// Its payload.
    pub(crate) arguments: Vec<Argument>,
    /// Where its result is written.
    pub(crate) result: Span,
    /// When the runtime sets it by itself.
    pub(crate) repeat: Repeat,
    /// How often a run that failed is tried again.
    pub(crate) retries: u32,
    /// What it is handed to after that.
    pub(crate) exhausted: Option<Exhausted>,
}

/// The method of an alarm that was given up.
pub(crate) struct Exhausted {
    /// Its name, as the option says it.
    pub(crate) ident: Ident,
    /// Whether it takes `cx`.
    pub(crate) context: Context,
    /// How it takes each part of the payload.
    pub(crate) taken: Vec<Taken>,
}

/// How a part of a payload is taken.
pub(crate) enum Taken {
    /// By value, as this type.
    As(Box<Type>),
    /// By value, as whatever it is.
    Owned,
    /// By reference.
    Borrowed,
}
