//! The parameters of a statement.

use std::borrow::Cow;

use crate::engine::Params;
use crate::error::Result;
use crate::value::{ToValue, Value};

/// The parameters of a statement, ready to be bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Positional(Vec<Value<'static>>),
    Named(Vec<(Cow<'static, str>, Value<'static>)>),
}

impl Parameters {
    fn positional<'v>(values: impl IntoIterator<Item = &'v dyn ToValue>) -> Result<Self> {
        let values = values.into_iter().map(|value| value.to_value().map(Value::into_owned));
        Ok(Parameters(Kind::Positional(values.collect::<Result<_>>()?)))
    }

    fn named<'v>(values: impl IntoIterator<Item = (&'v str, &'v dyn ToValue)>) -> Result<Self> {
        let values = values.into_iter().map(|(name, value)| {
            // The engine wants the name alone, and a raw identifier's `r#` is no part of it.
            let name = name.strip_prefix(':').unwrap_or(name);
            let name = name.strip_prefix("r#").unwrap_or(name);
            Ok((name.to_owned().into(), value.to_value()?.into_owned()))
        });
        Ok(Parameters(Kind::Named(values.collect::<Result<_>>()?)))
    }

    /// Named ones, of which the names are known to be right.
    pub(super) fn checked(named: Vec<(Cow<'static, str>, Value<'static>)>) -> Self {
        Parameters(Kind::Named(named))
    }

    /// Lends them to a statement.
    pub(super) fn with<T>(&self, run: impl FnOnce(Params<'_>) -> T) -> T {
        match &self.0 {
            Kind::Positional(values) => run(Params::Positional(values)),
            Kind::Named(values) => {
                let values: Vec<(&str, Value<'_>)> =
                    values.iter().map(|(name, value)| (name.as_ref(), value.borrowed())).collect();
                run(Params::Named(&values))
            }
        }
    }
}

/// What can be the parameters of a statement: `()` for none; a tuple, an array or a slice for `?1`, `?2`, …; and an
/// array or slice of `(":name", value)` for named ones, which [`named!`](crate::named) makes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the parameters of a statement",
    label = "not parameters",
    note = "pass `()`, a tuple such as `(id,)`, an array of values, or `named![name = value]`"
)]
pub trait IntoParams {
    /// The parameters. A value that SQLite can't hold is `invalid`.
    fn into_params(self) -> Result<Parameters>;
}

impl IntoParams for Parameters {
    fn into_params(self) -> Result<Parameters> {
        Ok(self)
    }
}

impl IntoParams for () {
    fn into_params(self) -> Result<Parameters> {
        Parameters::positional([])
    }
}

impl<T: ToValue> IntoParams for &[T] {
    fn into_params(self) -> Result<Parameters> {
        Parameters::positional(self.iter().map(|value| value as &dyn ToValue))
    }
}

impl<T: ToValue, const N: usize> IntoParams for &[T; N] {
    fn into_params(self) -> Result<Parameters> {
        self.as_slice().into_params()
    }
}

impl<T: ToValue, const N: usize> IntoParams for [T; N] {
    fn into_params(self) -> Result<Parameters> {
        self.as_slice().into_params()
    }
}

impl<T: ToValue> IntoParams for &[(&str, T)] {
    fn into_params(self) -> Result<Parameters> {
        Parameters::named(self.iter().map(|(name, value)| (*name, value as &dyn ToValue)))
    }
}

impl<T: ToValue, const N: usize> IntoParams for &[(&str, T); N] {
    fn into_params(self) -> Result<Parameters> {
        self.as_slice().into_params()
    }
}

impl<T: ToValue, const N: usize> IntoParams for [(&str, T); N] {
    fn into_params(self) -> Result<Parameters> {
        self.as_slice().into_params()
    }
}

macro_rules! tuple {
    ($($type:ident $index:tt),+) => {
        impl<$($type: ToValue),+> IntoParams for ($($type,)+) {
            fn into_params(self) -> Result<Parameters> {
                Parameters::positional([$(&self.$index as &dyn ToValue),+])
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

/// Named parameters of a statement, of any column types: `named![id = 7, name = "ann"]` for `:id` and `:name`.
#[macro_export]
macro_rules! named {
    ($($name:ident = $value:expr),+ $(,)?) => {
        [$((::core::concat!(":", ::core::stringify!($name)), &$value as &dyn $crate::ToValue)),+]
    };
}
