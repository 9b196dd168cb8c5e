//! What belongs to the program and not to an object: a client, a pool, settings. It is given once, and handlers look it up by its type.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Home;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::RwLock;

/// One value of a type, with its name for people.
#[derive(Clone)]
struct Value {
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

/// Values, one of each type.
#[derive(Clone, Default)]
pub(crate) struct Values(HashMap<TypeId, Value>);

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl Values {
    /// Adds a value; the one of its type that was there before goes.
    pub(super) fn put<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Value { name: type_name::<T>(), value: Arc::new(value) });
    }

    /// The same, unless there is one of its type.
    ///
    /// # Errors
    /// `invalid` then.
    pub(super) fn add<T: Send + Sync + 'static>(&mut self, value: T) -> Result {
        if self.0.contains_key(&TypeId::of::<T>()) {
            let name = type_name::<T>();
            return Err(Error::invalid(format!("a `{name}` was given already: give the second one a type of its own")));
        }
        self.put(value);
        Ok(())
    }

    fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.get(&TypeId::of::<T>())?.value.clone().downcast().ok()
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.0.values().map(|value| value.name).collect();
        names.sort_unstable();
        names
    }
}

/// The values of a home: they outlive its nodes.
#[derive(Default)]
pub(crate) struct Shared(RwLock<Values>);

impl Home {
    /// Gives the handlers these values as well.
    pub(super) fn give(&self, values: Values) {
        self.shared.0.write().0.extend(values.0);
    }

    /// Gives them this one, from now on.
    #[cfg(feature = "testing")]
    pub(crate) fn give_one<T: Send + Sync + 'static>(&self, value: T) {
        self.shared.0.write().put(value);
    }

    /// The value of a type.
    ///
    /// # Errors
    /// `internal` if there is none, with what there is.
    pub(crate) fn shared<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        let values = self.shared.0.read();
        values.get().ok_or_else(|| missing(type_name::<T>(), &values.names()))
    }
}

#[cold]
fn missing(name: &str, there: &[&str]) -> Error {
    let there = match there {
        [] => "nothing was".to_owned(),
        names => format!("there is `{}`", names.join("`, `")),
    };
    let sentence = format!(
        "the program gave its objects no `{name}` ({there}): add `.with(…)` to `Objects::builder()` or to the kit"
    );
    Error::new(ErrorKind::Internal, sentence)
}
