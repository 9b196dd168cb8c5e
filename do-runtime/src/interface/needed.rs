//! Which types the classes of an interface need.

use std::collections::BTreeSet;

use super::model::{Class, Content, Field, Form, Shape, Type, TypeIndex};

/// The types that are met on the way from the classes.
pub(super) fn needed(classes: &[Class], types: &[Type]) -> BTreeSet<TypeIndex> {
    let mut needed = Needed { types, met: BTreeSet::new() };
    needed.shapes(classes.iter().flat_map(Class::shapes));
    needed.met
}

struct Needed<'a> {
    types: &'a [Type],
    met: BTreeSet<TypeIndex>,
}

impl<'a> Needed<'a> {
    fn shapes(&mut self, shapes: impl IntoIterator<Item = &'a Shape>) {
        shapes.into_iter().for_each(|shape| self.shape(shape));
    }

    fn shape(&mut self, shape: &'a Shape) {
        match shape {
            Shape::Option(inner) | Shape::List(inner) | Shape::Array(inner, _) => self.shape(inner),
            Shape::Tuple(parts) => self.shapes(parts),
            Shape::Map { key, value } => self.shapes([&**key, &**value]),
            Shape::Named(index) if self.met.insert(*index) => self.form(&self.types[index.0].form),
            _ => {}
        }
    }

    fn form(&mut self, form: &'a Form) {
        match form {
            Form::Unit => {}
            Form::Alias(shape) => self.shape(shape),
            Form::Tuple(parts) => self.shapes(parts),
            Form::Struct(fields) => self.fields(fields),
            Form::Enum(variants) | Form::Adjacent { variants, .. } => {
                for variant in variants {
                    match &variant.content {
                        Content::Open | Content::Unit => {}
                        Content::One(shape) => self.shape(shape),
                        Content::Tuple(parts) => self.shapes(parts),
                        Content::Struct(fields) => self.fields(fields),
                    }
                }
            }
        }
    }

    fn fields(&mut self, fields: &'a [Field]) {
        self.shapes(fields.iter().map(|field| &field.shape));
    }
}
