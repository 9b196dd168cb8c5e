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

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn an_identity_is_its_class_and_id_whatever_is_known_of_its_name() {
        let ann = ObjectId([1; 32]);
        let identity = Identity::new("Room", ann, None);
        let named = Identity::new("Room", ann, Some("lobby".into()));
        assert_eq!(identity, named);
        assert_ne!(identity, Identity::new("User", ann, None));
        assert_ne!(identity, Identity::new("Room", ObjectId([2; 32]), None));
        let hasher = RandomState::new();
        let hash = |identity: Identity| hasher.hash_one(identity);
        assert_eq!(hash(named), hash(Identity::new("Room", ann, None)));
        assert_ne!(hash(Identity::new("Room", ann, None)), hash(Identity::new("Room", ObjectId([2; 32]), None)));
    }

    #[test]
    fn a_name_is_learnt_once_and_never_changes() {
        let identity = Identity::new("Room", ObjectId([1; 32]), None);
        assert_eq!((identity.name(), identity.shared_name()), (None, None));
        identity.learn_name("lobby".into());
        identity.learn_name("cellar".into());
        assert_eq!((identity.name(), identity.shared_name().as_deref()), (Some("lobby"), Some("lobby")));
        assert_eq!(identity.to_string(), "Room \"lobby\"");
    }
}
