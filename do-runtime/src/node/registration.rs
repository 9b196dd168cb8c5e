//! Classes that are linked into the program register themselves, so that the node knows them before anybody calls.

use std::any::TypeId;
#[cfg(feature = "http")]
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "http")]
use super::Namespace;
use super::{AnyHost, Home, Node};
#[cfg(feature = "http")]
use crate::call::{Answers, Asked, AskedBy, Call, Refusal, Reply, Stub, Unfetched, call, fetch, watch};
use crate::error::{Error, Result};
#[cfg(feature = "http")]
use crate::fetch::Request;
use crate::journal::ClassTag;
#[cfg(feature = "interface")]
use crate::object::Description;
use crate::object::{Dispatch, outlines};
#[cfg(feature = "http")]
use crate::object::{Method, TypedStub};
use crate::placement::Placement;
#[cfg(feature = "http")]
use crate::sockets::{Connecting, Terms, Upgrade, connect};
use crate::sqlite::check_versions;

/// A class that is linked into the program.
#[derive(Debug)]
pub struct ClassEntry {
    name: &'static str,
    type_id: fn() -> TypeId,
    rust_name: fn() -> &'static str,
    jurisdiction: Option<&'static str>,
    migrations: fn() -> Result<()>,
    host: fn(&Arc<Node>, &Arc<Home>) -> Arc<dyn AnyHost>,
    #[cfg(feature = "interface")]
    describe: fn(&mut Description<'_>),
    #[cfg(feature = "http")]
    call: fn(&Arc<Home>, &Addressee<'_>, Asked<'_>) -> Result<Prepared>,
    #[cfg(feature = "http")]
    watch: fn(&Arc<Home>, &Addressee<'_>, Asked<'_>) -> Result<Watched>,
    #[cfg(feature = "http")]
    fetch: fn(&Arc<Home>, &Addressee<'_>, Request, AskedBy) -> Result<Fetching, Unfetched>,
    #[cfg(feature = "http")]
    exists: fn(&Arc<Home>, &Addressee<'_>) -> Result<bool>,
    #[cfg(feature = "http")]
    connect: fn(&Arc<Home>, &Addressee<'_>, Upgrade, Terms) -> Result<Connecting>,
}

/// The answers of a call from outside that is watched.
#[cfg(feature = "http")]
pub(crate) type Watched = Box<dyn Answers>;

/// The answer of a call from outside, on its way.
#[cfg(feature = "http")]
pub(crate) type Answering = std::pin::Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

/// A call from outside that is in order, and was not sent yet.
#[cfg(feature = "http")]
pub(crate) struct Prepared {
    /// Whether its method only reads.
    pub(crate) reads: bool,
    /// What sends it, and becomes its answer.
    pub(crate) answering: Answering,
}

#[cfg(feature = "http")]
impl<O: Dispatch> From<Call<O, Reply, Refusal>> for Prepared {
    fn from(call: Call<O, Reply, Refusal>) -> Self {
        Prepared { reads: call.reads(), answering: Box::pin(call) }
    }
}

/// The method that answers a request, and its call.
#[cfg(feature = "http")]
pub(crate) type Fetching = (&'static Method, Prepared);

/// The object that somebody outside calls.
#[cfg(feature = "http")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Addressee<'a> {
    /// The one of that name.
    Named(Cow<'a, str>),
    /// The one with that id, in hexadecimal digits.
    WithId(Cow<'a, str>),
}

#[cfg(feature = "http")]
impl Addressee<'_> {
    pub(crate) fn into_owned(self) -> Addressee<'static> {
        match self {
            Addressee::Named(name) => Addressee::Named(name.into_owned().into()),
            Addressee::WithId(id) => Addressee::WithId(id.into_owned().into()),
        }
    }
}

inventory::collect!(ClassEntry);

impl ClassEntry {
    /// The entry of a class.
    pub const fn of<O: Dispatch>() -> Self {
        ClassEntry {
            name: O::CLASS,
            type_id: TypeId::of::<O>,
            rust_name: std::any::type_name::<O>,
            jurisdiction: O::JURISDICTION,
            migrations: || check_versions(O::CLASS, &outlines(O::MIGRATIONS)),
            host: |node, home| node.host::<O>(home),
            #[cfg(feature = "interface")]
            describe: O::describe,
            #[cfg(feature = "http")]
            call: |home, addressee, asked| Ok(call(stub::<O>(home, addressee)?, asked)?.into()),
            #[cfg(feature = "http")]
            watch: |home, addressee, asked| watch(stub::<O>(home, addressee)?, asked),
            #[cfg(feature = "http")]
            fetch: |home, addressee, request, by| {
                let stub = stub::<O>(home, addressee).map_err(Unfetched::Refused)?;
                let (method, call) = fetch(stub, request, by)?;
                Ok((method, call.into()))
            },
            #[cfg(feature = "http")]
            exists: |home, addressee| {
                let namespace = Namespace::<O>::new(home.clone());
                namespace.exists_now(match addressee {
                    Addressee::Named(name) => home.ids().of_name(O::CLASS, name),
                    Addressee::WithId(id) => namespace.id_from_string(id)?,
                })
            },
            #[cfg(feature = "http")]
            connect: |home, addressee, request, terms| Ok(connect(stub::<O>(home, addressee)?, request, terms)),
        }
    }

    /// Prepares a call from outside of an object of the class.
    ///
    /// # Errors
    /// `not_found` if the method is not public, or `invalid` if the id or the arguments are not what they should be.
    #[cfg(feature = "http")]
    pub(crate) fn call(&self, home: &Arc<Home>, addressee: &Addressee<'_>, asked: Asked<'_>) -> Result<Prepared> {
        (self.call)(home, addressee, asked)
    }

    /// Watches the answers of a call from outside of an object of the class.
    ///
    /// # Errors
    /// As [`ClassEntry::call`]; `invalid` if the method can't be watched.
    #[cfg(feature = "http")]
    pub(crate) fn watch(
        &self,
        home: &Arc<Home>,
        addressee: &Addressee<'_>,
        asked: Asked<'_>,
    ) -> Result<Box<dyn Answers>> {
        (self.watch)(home, addressee, asked)
    }

    /// Hands a request to an object of the class, and says to which method of it.
    ///
    /// # Errors
    /// If no `#[fetch]` method is for it, the id is none of the class, or its path or query has not what the method takes.
    #[cfg(feature = "http")]
    pub(crate) fn fetch(
        &self,
        home: &Arc<Home>,
        addressee: &Addressee<'_>,
        request: Request,
        by: AskedBy,
    ) -> Result<Fetching, Unfetched> {
        (self.fetch)(home, addressee, request, by)
    }

    /// Whether an object of the class exists: see [`Namespace::exists`].
    #[cfg(feature = "http")]
    pub(crate) fn exists(&self, home: &Arc<Home>, addressee: &Addressee<'_>) -> Result<bool> {
        (self.exists)(home, addressee)
    }

    /// Opens a socket at an object of the class.
    ///
    /// # Errors
    /// `invalid` if the id is none of the class.
    #[cfg(feature = "http")]
    pub(crate) fn connect(
        &self,
        home: &Arc<Home>,
        addressee: &Addressee<'_>,
        request: Upgrade,
        terms: Terms,
    ) -> Result<Connecting> {
        (self.connect)(home, addressee, request, terms)
    }

    /// Says what can be called on objects of the class from outside.
    #[cfg(feature = "interface")]
    pub(crate) fn describe(&self, to: &mut Description<'_>) {
        (self.describe)(to);
    }

    /// The class's stored name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The host of the class in a node, made if there is none yet.
    pub(super) fn host(&self, node: &Arc<Node>, home: &Arc<Home>) -> Arc<dyn AnyHost> {
        (self.host)(node, home)
    }
}

/// The stub of the object that somebody outside asks for.
#[cfg(feature = "http")]
fn stub<O: Dispatch>(home: &Arc<Home>, addressee: &Addressee<'_>) -> Result<Stub<O>> {
    let namespace = Namespace::<O>::new(home.clone());
    let stub = match addressee {
        Addressee::Named(name) => namespace.get_by_name(name),
        Addressee::WithId(id) => namespace.get(namespace.id_from_string(id)?),
    };
    Ok(stub.stub().clone())
}

/// The class of a name, if it is linked into the program.
#[cfg(feature = "http")]
pub(crate) fn class_named(name: &str) -> Option<&'static ClassEntry> {
    linked().get(&ClassTag::of(name)).copied().filter(|entry| entry.name == name)
}

/// The classes that are linked into the program, by their names.
#[cfg(feature = "interface")]
pub(crate) fn classes_by_name() -> Vec<&'static ClassEntry> {
    let by_name: BTreeMap<&str, _> =
        inventory::iter::<ClassEntry>.into_iter().map(|entry| (entry.name, entry)).collect();
    by_name.into_values().collect()
}

/// The classes that are linked into the program, by their tags.
pub(super) fn linked() -> &'static BTreeMap<ClassTag, &'static ClassEntry> {
    static LINKED: OnceLock<BTreeMap<ClassTag, &'static ClassEntry>> = OnceLock::new();
    LINKED.get_or_init(|| {
        inventory::iter::<ClassEntry>.into_iter().map(|entry| (ClassTag::of(entry.name()), entry)).collect()
    })
}

/// The stored names of all classes, in order.
///
/// # Errors
/// `invalid` if two have one name, one asks for a jurisdiction that the node is not in, or its migrations are not numbered
/// 1, 2, 3, ….
pub(super) fn check(placement: &dyn Placement) -> Result<Vec<&'static str>> {
    let mut classes: BTreeMap<&str, &ClassEntry> = BTreeMap::new();
    for entry in inventory::iter::<ClassEntry> {
        if let Some(other) = classes.insert(entry.name, entry)
            && (other.type_id)() != (entry.type_id)()
        {
            return Err(Error::invalid(format!(
                "`{}` and `{}` are both stored as class {:?}: give one of them another name with `#[durable_object(name = \"…\")]`",
                (other.rust_name)(),
                (entry.rust_name)(),
                entry.name
            )));
        }
        (entry.migrations)()?;
        if let Some(wanted) = entry.jurisdiction
            && !placement.honours(wanted)
        {
            return Err(Error::invalid(format!(
                "class {:?} must stay in jurisdiction {wanted:?}, which this node is not said to be in: if it is, say so \
                 with `Objects::builder().jurisdiction({wanted:?})`",
                entry.name
            )));
        }
    }
    Ok(classes.into_keys().collect())
}
