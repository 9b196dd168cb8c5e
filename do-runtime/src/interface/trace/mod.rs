//! What types look like, from their `Deserialize` alone: users' types have serde's derives and nothing else.
//!
//! A type is asked to deserialize itself again and again. Each time it says what it wants to read; this is written down along one
//! path, from the type to the first thing in it that is not known yet, and then the deserialization ends with an error
//! ([`stop`]). No value is made, so that it does not matter whether a type would take one, but for what is before the path in
//! a tuple, and besides it in a struct: there [`sample`] makes one. `path` follows the path, `parts` through structs and enums.
//!
//! (The crate serde-reflection does a similar thing. Its types have names alone, so that two of one name are taken for one; aliases of
//! fields move the types of those that follow; fields that may be left out, and adjacently tagged enums, are not known to it.)

mod parts;
mod path;
mod sample;
mod stop;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use path::Path;
use sample::Sample;
use serde::de::DeserializeOwned;

use super::model::{Content, Field, Form, Presence, Shape, Type, TypeIndex, Variant};

/// How many things are found out about one type at most, those within it among them.
const MOST: usize = 100_000;

/// Why something can't be described that no other reason is known for.
const REFUSED: &str = "it does not say what it reads";

/// The types that were met so far.
#[derive(Debug, Default)]
pub struct Shapes {
    types: Vec<Type>,
    /// The types that the path of this run leads through.
    passed: Vec<TypeIndex>,
    /// Whether this run has found something out.
    found: bool,
    /// The way of [`Sample`].
    way: usize,
}

impl Shapes {
    /// How a type looks. What can't be described is unknown, with the reason.
    pub(crate) fn of<T: DeserializeOwned>(&mut self) -> Shape {
        let mut shape = Shape::Open;
        for _ in 0..MOST {
            if self.is_done(&shape, &mut Vec::new()) {
                return shape;
            }
            if !self.find::<T>(&mut shape) {
                break;
            }
        }
        self.close(&mut shape);
        for index in 0..self.types.len() {
            let mut form = self.types[index].form.clone();
            self.close_form(&mut form);
            self.types[index].form = form;
        }
        shape
    }

    /// The types with names.
    pub(crate) fn into_types(self) -> Vec<Type> {
        self.types
    }

    /// Finds one thing out. Whether there was one.
    fn find<T: DeserializeOwned>(&mut self, shape: &mut Shape) -> bool {
        for way in 0..sample::WAYS {
            (self.way, self.found) = (way, false);
            self.passed.clear();
            // It ends with an error always, and a type that panics at what it is given is described no further.
            let run = catch_unwind(AssertUnwindSafe(|| T::deserialize(Path { shapes: self, slot: shape }).is_ok()));
            self.passed.clear();
            if self.found {
                return true;
            }
            if run.is_err() {
                return false;
            }
        }
        false
    }

    /// Whether this is the last run for what was looked for.
    fn gives_up(&self) -> bool {
        self.way + 1 == sample::WAYS
    }

    /// Some value.
    fn sample<'a>(&self, within: &'a mut Vec<&'static str>) -> Sample<'a> {
        Sample { within, way: self.way }
    }

    /// The place of a type, which is made if there is none yet.
    fn index(&mut self, path: &'static str, name: &'static str, form: impl FnOnce() -> Form) -> TypeIndex {
        match self.types.iter().position(|ty| ty.path == path && ty.name == name) {
            Some(index) => TypeIndex(index),
            None => {
                self.found = true;
                self.types.push(Type { path, name, form: form() });
                TypeIndex(self.types.len() - 1)
            }
        }
    }

    /// Whether everything is known of a shape, leaving out those types that were seen already.
    fn is_done(&self, shape: &Shape, seen: &mut Vec<TypeIndex>) -> bool {
        match shape {
            Shape::Open => false,
            Shape::Option(inner) | Shape::List(inner) | Shape::Array(inner, _) => self.is_done(inner, seen),
            Shape::Tuple(parts) => parts.iter().all(|part| self.is_done(part, seen)),
            Shape::Map { key, value } => self.is_done(key, seen) && self.is_done(value, seen),
            Shape::Named(index) if seen.contains(index) => true,
            Shape::Named(index) => {
                seen.push(*index);
                match &self.types[index.0].form {
                    Form::Alias(shape) => self.is_done(shape, seen),
                    Form::Unit => true,
                    Form::Tuple(parts) => parts.iter().all(|part| self.is_done(part, seen)),
                    Form::Struct(fields) => fields.iter().all(|field| self.is_field_done(field, seen)),
                    Form::Enum(variants) | Form::Adjacent { variants, .. } => {
                        variants.iter().all(|variant| self.is_variant_done(variant, seen))
                    }
                }
            }
            _ => true,
        }
    }

    fn is_field_done(&self, field: &Field, seen: &mut Vec<TypeIndex>) -> bool {
        field.name_is_checked && field.presence != Presence::Open && self.is_done(&field.shape, seen)
    }

    fn is_variant_done(&self, variant: &Variant, seen: &mut Vec<TypeIndex>) -> bool {
        match &variant.content {
            Content::Open => false,
            Content::Unit => true,
            Content::One(shape) => self.is_done(shape, seen),
            Content::Tuple(parts) => parts.iter().all(|part| self.is_done(part, seen)),
            Content::Struct(fields) => fields.iter().all(|field| self.is_field_done(field, seen)),
        }
    }

    /// Leaves unknown what could not be found out about a shape itself.
    fn close(&mut self, shape: &mut Shape) {
        match shape {
            Shape::Open => {
                self.found = true;
                *shape = Shape::Unknown(REFUSED);
            }
            Shape::Option(inner) | Shape::List(inner) | Shape::Array(inner, _) => self.close(inner),
            Shape::Tuple(parts) => parts.iter_mut().for_each(|part| self.close(part)),
            Shape::Map { key, value } => {
                self.close(key);
                self.close(value);
            }
            _ => {}
        }
    }

    fn close_fields(&mut self, fields: &mut [Field]) {
        for field in fields {
            self.close(&mut field.shape);
            field.name_is_checked = true;
            if field.presence == Presence::Open {
                field.presence = parts::presence_of(&field.shape);
            }
        }
    }

    fn close_content(&mut self, content: &mut Content) {
        match content {
            Content::Open => {
                self.found = true;
                *content = Content::One(Shape::Unknown(REFUSED));
            }
            Content::Unit => {}
            Content::One(shape) => self.close(shape),
            Content::Tuple(parts) => parts.iter_mut().for_each(|part| self.close(part)),
            Content::Struct(fields) => self.close_fields(fields),
        }
    }

    fn close_form(&mut self, form: &mut Form) {
        match form {
            Form::Alias(shape) => self.close(shape),
            Form::Unit => {}
            Form::Tuple(parts) => parts.iter_mut().for_each(|part| self.close(part)),
            Form::Struct(fields) => self.close_fields(fields),
            Form::Enum(variants) | Form::Adjacent { variants, .. } => {
                variants.iter_mut().for_each(|variant| self.close_content(&mut variant.content));
            }
        }
    }
}
