//! What was created and deleted since the last checkpoint, laid over the registry's tables.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::journal::ClassTag;
use crate::{ObjectId, Timestamp};

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The object.
    pub id: ObjectId,
    /// The name it was made by.
    pub name: Option<Arc<str>>,
    /// When it was created, as far as is known: after a crash, when its creation was recovered.
    pub created: Timestamp,
    /// When it was last used, as of the last checkpoint.
    pub last_used: Timestamp,
    /// The size of its database in bytes, as of the last checkpoint; 0 before the first.
    pub bytes: u64,
    /// When it wants to be woken next, as of the last checkpoint.
    pub next_alarm: Option<Timestamp>,
}

impl Listed {
    /// Where the next page of the listing begins if this is the last of one.
    pub fn cursor(&self) -> Cursor {
        Cursor { name: self.name.clone(), id: self.id }
    }
}

/// A place in a listing: after the object of this name and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The object's name.
    pub name: Option<Arc<str>>,
    /// The object's id.
    pub id: ObjectId,
}

impl Listed {
    pub(super) fn place(&self) -> Place {
        Place::of(self.name.clone(), self.id)
    }
}

impl Cursor {
    pub(super) fn place(&self) -> Place {
        Place::of(self.name.clone(), self.id)
    }
}

/// The order of a listing: by name, in the order of its bytes; those without one last, by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Named(Arc<str>, ObjectId),
    Unnamed(ObjectId),
}

impl Place {
    pub(super) fn of(name: Option<Arc<str>>, id: ObjectId) -> Self {
        match name {
            Some(name) => Place::Named(name, id),
            None => Place::Unnamed(id),
        }
    }
}

/// What is newer than the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Created { class: ClassTag, name: Option<Arc<str>>, at: Timestamp, again: Again },
    Deleted { class: ClassTag },
}

/// Whether an object of this id was deleted since the last checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    No,
    Yes,
}

/// The objects whose fate the tables do not know yet.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    fates: BTreeMap<ObjectId, Fate>,
    /// The created ones, in the order of a listing.
    places: BTreeMap<(ClassTag, Place), (ObjectId, Timestamp)>,
}

impl Overlay {
    pub(super) fn fate(&self, id: ObjectId) -> Option<&Fate> {
        self.fates.get(&id)
    }

    pub(super) fn create(&mut self, id: ObjectId, class: ClassTag, name: Option<Arc<str>>, at: Timestamp) {
        let again = match self.fates.get(&id) {
            Some(Fate::Deleted { .. } | Fate::Created { again: Again::Yes, .. }) => Again::Yes,
            Some(Fate::Created { again: Again::No, .. }) | None => Again::No,
        };
        self.forget(id);
        self.places.insert((class, Place::of(name.clone(), id)), (id, at));
        self.fates.insert(id, Fate::Created { class, name, at, again });
    }

    pub(super) fn delete(&mut self, id: ObjectId, class: ClassTag) {
        self.forget(id);
        self.fates.insert(id, Fate::Deleted { class });
    }

    pub(super) fn forget(&mut self, id: ObjectId) {
        if let Some(Fate::Created { class, name, .. }) = self.fates.remove(&id) {
            self.places.remove(&(class, Place::of(name, id)));
        }
    }

    /// The created objects of a class after a place, in order.
    pub(super) fn created(
        &self,
        class: ClassTag,
        after: Option<&Place>,
        prefix: Option<&str>,
    ) -> impl Iterator<Item = (Place, Listed)> {
        let first = Place::Named(prefix.unwrap_or_default().into(), ObjectId([0; 32]));
        let from = match after {
            Some(place) if *place >= first => Bound::Excluded((class, place.clone())),
            _ => Bound::Included((class, first)),
        };
        self.places
            .range((from, Bound::Unbounded))
            .take_while(move |((of, _), _)| *of == class)
            .take_while(move |((_, place), _)| match (prefix, place) {
                (None, _) => true,
                (Some(prefix), Place::Named(name, _)) => name.starts_with(prefix),
                (Some(_), Place::Unnamed(_)) => false,
            })
            .map(|((_, place), (id, at))| {
                let name = match place {
                    Place::Named(name, _) => Some(name.clone()),
                    Place::Unnamed(_) => None,
                };
                let listed = Listed { id: *id, name, created: *at, last_used: *at, bytes: 0, next_alarm: None };
                (place.clone(), listed)
            })
    }

    /// What is newer than the tables of the objects of a class.
    pub(super) fn fates_of(&self, class: ClassTag) -> Vec<(ObjectId, Fate)> {
        let of = |fate: &Fate| match fate {
            Fate::Created { class, .. } | Fate::Deleted { class } => *class,
        };
        self.fates.iter().filter(|(_, fate)| of(fate) == class).map(|(id, fate)| (*id, fate.clone())).collect()
    }
}
