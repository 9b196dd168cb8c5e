//! Who an object is.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use crate::ObjectId;

/// Class, id and name of an object. Equal if class and id are.
#[derive(Debug)]
pub struct Identity {
    class: &'static str,
    id: ObjectId,
    /// Known from the beginning when a stub was made by name, else from the first wake on.
    name: OnceLock<Arc<str>>,
}

impl Identity {
    pub(crate) fn new(class: &'static str, id: ObjectId, name: Option<Arc<str>>) -> Self {
        let identity = Identity { class, id, name: OnceLock::new() };
        if let Some(name) = name {
            identity.learn_name(name);
        }
        identity
    }

    /// The name of the class.
    pub fn class(&self) -> &'static str {
        self.class
    }

    /// The id.
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The name, unless the object was made by `new_unique_id`, or called by an id whose name is not known here yet.
    pub fn name(&self) -> Option<&str> {
        self.name.get().map(|name| &**name)
    }

    pub(crate) fn shared_name(&self) -> Option<Arc<str>> {
        self.name.get().cloned()
    }

    /// Takes over what the store knows. The name of an id never changes.
    pub(crate) fn learn_name(&self, name: Arc<str>) {
        let _ = self.name.set(name);
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.class) == (other.id, other.class)
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name:?}", self.class),
            None => write!(f, "{} {}", self.class, self.id),
        }
    }
}
