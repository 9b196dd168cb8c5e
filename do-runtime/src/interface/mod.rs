//! What can be called from outside, for programs in other languages: an OpenAPI document, and a client in TypeScript or JavaScript.
//!
//! ```no_run
//! # use do_runtime::prelude::*;
//! # fn example(objects: &Objects) -> Result {
//! let interface = objects.interface();
//! interface.write_typescript("web/src/objects.ts")?;
//! println!("{}", interface.openapi());
//! # Ok(())
//! # }
//! ```
//!
//! The classes are those that are linked into the program, with their `#[rpc(public)]` methods and what goes over their sockets. Their types are described as they look
//! in JSON, from serde's `Deserialize` alone. See `docs/network.md` for what can't be described.
//!
//! `model` is what all is made from; `trace` finds out how types look, `names` what they are called, `needed` which of them; `openapi` and `client` print.

mod client;
mod model;
mod names;
mod needed;
mod openapi;
mod trace;
mod write;

use std::path::Path;

pub(crate) use model::{Again, Class, Frames, Method, OwnError, Parameter, Shape, Text};
pub(crate) use trace::Shapes;

use crate::error::Result;
use crate::node::classes_by_name;
use crate::object::Description;

/// The public methods of the classes that are linked into a program, with the types of their arguments, results and errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    classes: Vec<Class>,
    types: Vec<model::Type>,
    title: String,
    version: String,
    access: Access,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Anybody,
    Bearer,
}

impl Interface {
    /// That of this program. [`Objects::interface`](crate::Objects::interface) is the same; this needs no open objects, as in a test that the
    /// generated files are up to date.
    pub fn linked() -> Self {
        let mut shapes = Shapes::default();
        let mut classes = Vec::new();
        for entry in classes_by_name() {
            let mut class = Class { name: entry.name(), methods: Vec::new(), sockets: None };
            entry.describe(&mut Description { class: &mut class, shapes: &mut shapes });
            if !class.methods.is_empty() || class.sockets.is_some() {
                classes.push(class);
            }
        }
        Interface {
            classes,
            types: shapes.into_types(),
            title: "Objects".to_owned(),
            version: "0".to_owned(),
            access: Access::Anybody,
        }
    }

    /// The title and the version of the OpenAPI document; without it they are `Objects` and `0`.
    pub fn titled(self, title: impl Into<String>, version: impl Into<String>) -> Self {
        Interface { title: title.into(), version: version.into(), ..self }
    }

    /// Says in the OpenAPI document that a call needs `Authorization: Bearer …`.
    pub fn bearer(self) -> Self {
        Interface { access: Access::Bearer, ..self }
    }

    /// Leaves only the classes of these stored names.
    pub fn only(mut self, classes: &[&str]) -> Self {
        self.classes.retain(|class| classes.contains(&class.name));
        self
    }

    /// An OpenAPI 3.1 document.
    pub fn openapi(&self) -> serde_json::Value {
        openapi::document(self)
    }

    /// A client as one module of TypeScript without dependencies. It runs wherever there is `fetch`: in browsers, Node, Deno, Bun and workers.
    pub fn typescript(&self) -> String {
        client::module(self, client::Language::TypeScript)
    }

    /// The same module without its types, as a page loads it.
    pub fn javascript(&self) -> String {
        client::module(self, client::Language::JavaScript)
    }

    /// Writes [`Interface::typescript`] to a file, unless it is there already.
    ///
    /// # Errors
    /// `storage` if the file can't be read or written.
    pub fn write_typescript(&self, path: impl AsRef<Path>) -> Result {
        write::keep(path.as_ref(), &self.typescript())
    }

    /// The same for [`Interface::javascript`].
    ///
    /// # Errors
    /// As [`Interface::write_typescript`].
    pub fn write_javascript(&self, path: impl AsRef<Path>) -> Result {
        write::keep(path.as_ref(), &self.javascript())
    }

    /// That a file is what [`Interface::write_typescript`] would write, for a test:
    ///
    /// ```no_run
    /// # use do_runtime::Result;
    /// # use do_runtime::interface::Interface;
    /// # fn the_client_is_up_to_date() -> Result {
    /// Interface::linked().check_typescript("web/src/objects.ts")
    /// # }
    /// ```
    ///
    /// With `UPDATE_INTERFACE=1` in the environment the file is written instead.
    ///
    /// # Errors
    /// `conflict`, with the first line that is another, or `storage` if the file can't be read.
    pub fn check_typescript(&self, path: impl AsRef<Path>) -> Result {
        write::check(path.as_ref(), &self.typescript())
    }

    /// The same for [`Interface::javascript`].
    ///
    /// # Errors
    /// As [`Interface::check_typescript`].
    pub fn check_javascript(&self, path: impl AsRef<Path>) -> Result {
        write::check(path.as_ref(), &self.javascript())
    }
}
