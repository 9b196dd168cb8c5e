//! The objects of one class: ids, stubs, what exists.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Home, durable};
use crate::ObjectId;
use crate::call::{Stub, TurnFor, TurnOf, give_back};
use crate::error::{Error, Result};
use crate::journal::ClassTag;
use crate::object::{Dispatch, Identity};
use crate::store::{Cursor, Listed};

/// The longest name of an object, in bytes.
const LONGEST_NAME: usize = 2048;

/// The objects of one class. Cheap to clone.
///
/// ```no_run
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// # #[durable_object]
/// # impl Counter {
/// #     #[rpc]
/// #     fn add(&mut self) -> Result<u64> { self.count += 1; Ok(self.count) }
/// # }
/// # async fn example(objects: Objects) -> Result {
/// let counters = objects.namespace::<Counter>();
/// let id = counters.new_unique_id();
/// counters.get(id).add().await?;
/// assert_eq!(counters.id_from_string(id.to_string())?, id);
/// assert!(counters.delete(id).await?);
/// # Ok(())
/// # }
/// ```
pub struct Namespace<O> {
    home: Arc<Home>,
    class: PhantomData<fn() -> O>,
}

impl<O> Clone for Namespace<O> {
    fn clone(&self) -> Self {
        Namespace { home: self.home.clone(), class: PhantomData }
    }
}

impl<O: Dispatch> fmt::Debug for Namespace<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({})", O::CLASS)
    }
}

impl<O: Dispatch> Namespace<O> {
    pub(crate) fn new(home: Arc<Home>) -> Self {
        Namespace { home, class: PhantomData }
    }

    /// The id of the object with a name. It is the same one as long as the folder (or its backup) lives. Of objects in another process it
    /// is one that is known in this process alone: [`Namespace::get`] takes it, and nobody else.
    pub fn id_from_name(&self, name: impl AsRef<str>) -> ObjectId {
        let id = self.home.ids().of_name(O::CLASS, name.as_ref());
        self.home.names().remember(id, name.as_ref());
        id
    }

    /// A new id, drawn at random, of an object without a name. For objects in another process a method there has to make one: what this
    /// gives is an `invalid` error when it is called.
    pub fn new_unique_id(&self) -> ObjectId {
        let mut body = [0; 24];
        self.home.random().fill(&mut body);
        self.home.ids().of_random(O::CLASS, body)
    }

    /// Reads an id back from its 64 hexadecimal digits.
    ///
    /// # Errors
    /// `invalid` if it is no id, was made up, or belongs to another class or folder.
    pub fn id_from_string(&self, text: impl AsRef<str>) -> Result<ObjectId> {
        let id = text.as_ref().parse()?;
        self.accept(id)?;
        Ok(id)
    }

    fn accept(&self, id: ObjectId) -> Result<()> {
        // That of another process is looked at there.
        #[cfg(feature = "connect")]
        if self.home.remote().is_some() {
            return Ok(());
        }
        if self.home.ids().accepts(O::CLASS, id) {
            Ok(())
        } else {
            Err(Error::invalid(format!("{id} is no id of class {:?} in this folder", O::CLASS)))
        }
    }

    /// The stub of the object with an id. Wakes nothing, creates nothing. An id that this class did not make is an
    /// `invalid` error when the stub is called.
    pub fn get(&self, id: ObjectId) -> O::Stub {
        let identity = Identity::new(O::CLASS, id, self.home.names().recall(id));
        let slot = self.accept(id).and_then(|()| self.home.node()?.host::<O>(&self.home).slot(&identity));
        Stub::new(self.home.clone(), identity, slot).into()
    }

    /// The stub of the object with a name. Wakes nothing, creates nothing. A name of more than 2,048 bytes is an
    /// `invalid` error when the stub is called.
    pub fn get_by_name(&self, name: impl AsRef<str>) -> O::Stub {
        let name = name.as_ref();
        let identity = Identity::new(O::CLASS, self.home.ids().of_name(O::CLASS, name), Some(name.into()));
        let slot = check_name(name).and_then(|()| self.home.node()?.host::<O>(&self.home).slot(&identity));
        Stub::new(self.home.clone(), identity, slot).into()
    }

    /// The objects of the class that exist, in the order of their names; those without one last, by id. Wakes nothing.
    pub fn list(&self) -> List<O> {
        List { namespace: self.clone(), prefix: None, after: None, limit: None }
    }

    /// Whether an object exists: it does from its first committed write until it is deleted. Wakes nothing.
    ///
    /// # Errors
    /// `storage` if its part of the store can't be read, `unavailable` once the objects were closed.
    pub async fn exists(&self, id: ObjectId) -> Result<bool> {
        self.exists_now(id)
    }

    /// The same, by a look into memory, or into the registry.
    pub(crate) fn exists_now(&self, id: ObjectId) -> Result<bool> {
        let node = self.home.node()?;
        node.available()?;
        if let Some(slot) = node.host::<O>(&self.home).known_slot(id)
            && slot.shared.exists.load(std::sync::atomic::Ordering::Acquire)
        {
            return Ok(true);
        }
        self.accept(id)?;
        node.rest()?.registry().exists(id)
    }

    /// Deletes an object with all that it stores; whether there was one. It is durable when this returns. Its name
    /// may be used again, for an object that begins anew.
    ///
    /// # Errors
    /// `invalid` if the id is not of this class, or an error of the storage.
    pub async fn delete(&self, id: ObjectId) -> Result<bool> {
        let node = self.home.node()?;
        self.accept(id)?;
        let slot = node.host::<O>(&self.home).slot(&Identity::new(O::CLASS, id, None))?;
        super::wake::rebuild_asleep(slot.clone()).await?;
        let mut turn = TurnFor::new(slot, TurnOf::Slot).await?;
        let deleted = super::sleep::delete(&mut turn);
        let position = turn.shared().position();
        give_back(turn);
        let deleted = deleted?;
        durable(node.log(), position).await?;
        Ok(deleted)
    }
}

pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.len() > LONGEST_NAME {
        return Err(Error::invalid(format!(
            "the name of an object has at most {LONGEST_NAME} bytes, and this one has {}",
            name.len()
        )));
    }
    Ok(())
}

/// The objects of a class: a listing that is read page by page, or by iterating.
///
/// ```
/// # use do_runtime::{Namespace, Result};
/// # fn names<O: do_runtime::Dispatch>(rooms: Namespace<O>) -> Result {
/// for room in rooms.list().prefix("team-") {
///     println!("{:?}", room?.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a listing reads nothing until it is iterated or `all` is called"]
pub struct List<O: Dispatch> {
    namespace: Namespace<O>,
    prefix: Option<String>,
    after: Option<Cursor>,
    limit: Option<usize>,
}

/// How many objects one read of the registry gives.
const PAGE: usize = 1000;

impl<O: Dispatch> List<O> {
    /// Only objects whose name begins so.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only what follows an object of an earlier listing: [`Listed::cursor`].
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// At most so many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// All of them at once.
    ///
    /// # Errors
    /// `storage` if the registry can't be read, `unavailable` once the objects were closed.
    pub fn all(self) -> Result<Vec<Listed>> {
        self.into_iter().collect()
    }
}

impl<O: Dispatch> IntoIterator for List<O> {
    type Item = Result<Listed>;
    type IntoIter = ListIter<O>;

    fn into_iter(self) -> ListIter<O> {
        let left = self.limit.unwrap_or(usize::MAX);
        ListIter { list: self, page: Vec::new().into_iter(), left, ended: false }
    }
}

/// Iterates a [`List`], reading a page at a time.
#[derive(Debug)]
pub struct ListIter<O: Dispatch> {
    list: List<O>,
    page: std::vec::IntoIter<Listed>,
    left: usize,
    ended: bool,
}

impl<O: Dispatch> ListIter<O> {
    fn read(&mut self) -> Result<()> {
        let node = self.list.namespace.home.node()?;
        let limit = self.left.min(PAGE);
        let page = node.rest()?.registry().list(
            ClassTag::of(O::CLASS),
            self.list.prefix.as_deref(),
            self.list.after.as_ref(),
            limit,
        )?;
        self.ended = page.len() < limit;
        self.list.after = page.last().map(Listed::cursor).or(self.list.after.take());
        self.page = page.into_iter();
        Ok(())
    }
}

impl<O: Dispatch> Iterator for ListIter<O> {
    type Item = Result<Listed>;

    fn next(&mut self) -> Option<Result<Listed>> {
        if self.page.len() == 0
            && self.left > 0
            && !self.ended
            && let Err(error) = self.read()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let listed = self.page.next()?;
        self.left -= 1;
        Some(Ok(listed))
    }
}
