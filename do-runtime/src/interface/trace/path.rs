//! The deserializer that follows a path to what is not known yet.

use std::any::type_name;

use serde::de::{self, DeserializeSeed, Visitor};

use super::super::model::{Content, Field, Form, Shape, Text, TypeIndex, Variant};
use super::stop::Stop;
use super::{Shapes, parts};
use crate::{Id, ObjectId, Period, Timestamp, Uuid};

/// A place on the path: what is written down goes into its slot.
pub(super) struct Path<'a> {
    pub(super) shapes: &'a mut Shapes,
    pub(super) slot: &'a mut Shape,
}

/// Why a type can't be described that is untagged or internally tagged, or takes anything.
const ANYTHING: &str = "it is read in more than one form";
/// Why a flattened one can't be.
const FLATTENED: &str = "it has flattened fields";

impl Path<'_> {
    /// The end of the path.
    fn leaf<T>(self, shape: Shape) -> Result<T, Stop> {
        self.fill(shape);
        Err(Stop::Enough)
    }

    fn fill(self, shape: Shape) {
        if *self.slot == Shape::Open {
            *self.slot = shape;
            self.shapes.found = true;
        }
    }

    /// Goes on within; what can't be found out there is unknown in the end.
    fn within<T>(self, shape: Shape, go: impl FnOnce(&mut Shapes, &mut Shape) -> Result<T, Stop>) -> Result<T, Stop> {
        let Path { shapes, slot } = self;
        if *slot == Shape::Open {
            *slot = shape;
        }
        let result = go(shapes, slot);
        if shapes.gives_up() && !shapes.found {
            shapes.close(slot);
        }
        result
    }

    /// Goes on in a type with a name, unless there is nothing more to find out about it but what the path has passed.
    fn named<V>(
        self,
        name: &'static str,
        form: impl FnOnce() -> Form,
        go: impl FnOnce(&mut Shapes, TypeIndex) -> Result<V, Stop>,
    ) -> Result<V, Stop> {
        let Path { shapes, slot } = self;
        let index = shapes.index(type_name::<V>(), name, form);
        if *slot == Shape::Open {
            *slot = Shape::Named(index);
            shapes.found = true;
        }
        if shapes.passed.contains(&index) || shapes.is_done(&Shape::Named(index), &mut shapes.passed.clone()) {
            return Err(Stop::Enough);
        }
        shapes.passed.push(index);
        let result = go(shapes, index);
        if shapes.gives_up() && !shapes.found {
            let mut form = shapes.types[index.0].form.clone();
            shapes.close_form(&mut form);
            shapes.types[index.0].form = form;
        }
        result
    }
}

macro_rules! leaves {
    ($($asked:ident $shape:expr),* $(,)?) => {$(
        fn $asked<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
            self.leaf($shape)
        }
    )*};
}

fn integer(bits: u8, signed: bool) -> Shape {
    Shape::Integer { bits, signed }
}

/// What an `i64` is, of which the type is read.
fn whole<T>() -> Shape {
    let name = type_name::<T>();
    if name == type_name::<Timestamp>() {
        return Shape::Timestamp;
    }
    // `…::Id<()>` without its parameter.
    let id = type_name::<Id<()>>().trim_end_matches("()>");
    match name.strip_prefix(id).and_then(|rest| rest.strip_suffix('>')) {
        Some(table) => Shape::Id(super::super::names::of_path(table)),
        None => integer(64, true),
    }
}

/// What a text is, of which the type is read.
fn text<T>() -> Shape {
    let name = type_name::<T>();
    Shape::Text(match name {
        _ if name == type_name::<Uuid>() => Text::Uuid,
        _ if name == type_name::<ObjectId>() => Text::ObjectId,
        _ if name == type_name::<Period>() => Text::Period,
        _ => Text::Any,
    })
}

impl<'de> de::Deserializer<'de> for Path<'_> {
    type Error = Stop;

    leaves! {
        deserialize_ignored_any Shape::Unknown("it is read and left out"),
        // The key of a map that is a struct with flattened fields, which come as they may.
        deserialize_identifier Shape::Unknown(FLATTENED),
        deserialize_bool Shape::Bool,
        deserialize_i8 integer(8, true),
        deserialize_i16 integer(16, true),
        deserialize_i32 integer(32, true),
        deserialize_i64 whole::<V::Value>(),
        deserialize_i128 integer(128, true),
        deserialize_u8 integer(8, false),
        deserialize_u16 integer(16, false),
        deserialize_u32 integer(32, false),
        deserialize_u64 integer(64, false),
        deserialize_u128 integer(128, false),
        deserialize_f32 Shape::Float,
        deserialize_f64 Shape::Float,
        deserialize_char Shape::Text(Text::Character),
        deserialize_str text::<V::Value>(),
        deserialize_string text::<V::Value>(),
        // JSON has no bytes: they are a list of numbers.
        deserialize_bytes Shape::List(Box::new(integer(8, false))),
        deserialize_byte_buf Shape::List(Box::new(integer(8, false))),
        deserialize_unit Shape::Null,
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        // What is nothing, whatever is there: the content of a variant without content of an adjacently tagged enum.
        let is_unit = type_name::<V::Value>() == type_name::<()>();
        self.leaf(if is_unit { Shape::Null } else { Shape::Unknown(ANYTHING) })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.within(Shape::Option(Box::new(Shape::Open)), |shapes, slot| match slot {
            Shape::Option(slot) => visitor.visit_some(Path { shapes, slot }),
            _ => Err(Stop::Refused),
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.within(Shape::List(Box::new(Shape::Open)), |shapes, slot| match slot {
            Shape::List(slot) => visitor.visit_seq(Elements { shapes, before: 0, slot: Some(slot) }),
            _ => Err(Stop::Refused),
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        // The elements of an array are of one type, and may be many.
        let is_array = type_name::<V::Value>().starts_with('[') && len > 0;
        let shape = match is_array {
            true => Shape::Array(Box::new(Shape::Open), len),
            false => Shape::Tuple(vec![Shape::Open; len]),
        };
        self.within(shape, |shapes, slot| match slot {
            Shape::Array(slot, _) => visitor.visit_seq(Elements { shapes, before: 0, slot: Some(slot) }),
            Shape::Tuple(parts) => tuple(shapes, parts, visitor),
            _ => Err(Stop::Refused),
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        let open = || Box::new(Shape::Open);
        self.within(Shape::Map { key: open(), value: open() }, |shapes, slot| {
            let result = match slot {
                Shape::Map { key, value } => visitor.visit_map(Entry { shapes, key, value, given: false }),
                _ => Err(Stop::Refused),
            };
            if let Shape::Map { key, .. } = slot
                && let Shape::Unknown(why) = **key
            {
                *slot = Shape::Unknown(why);
            }
            result
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, _: V) -> Result<V::Value, Stop> {
        self.named(name, || Form::Unit, |_, _| Err(Stop::Enough))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Stop> {
        self.named(
            name,
            || Form::Alias(Shape::Open),
            |shapes, index| {
                let Form::Alias(mut shape) = shapes.types[index.0].form.clone() else { return Err(Stop::Refused) };
                let result = visitor.visit_newtype_struct(Path { shapes, slot: &mut shape });
                shapes.types[index.0].form = Form::Alias(shape);
                result
            },
        )
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.named(
            name,
            || Form::Tuple(vec![Shape::Open; len]),
            |shapes, index| {
                let Form::Tuple(mut parts) = shapes.types[index.0].form.clone() else { return Err(Stop::Refused) };
                let result = tuple(shapes, &mut parts, visitor);
                shapes.types[index.0].form = Form::Tuple(parts);
                result
            },
        )
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let open = || Form::Struct(fields.iter().map(|name| Field::open(name)).collect());
        self.named(name, open, |shapes, index| {
            let mut form = shapes.types[index.0].form.clone();
            let result = match &mut form {
                Form::Struct(fields) => {
                    let result = parts::fields(shapes, fields, visitor);
                    if let Some(adjacent) = parts::adjacent(fields) {
                        form = adjacent;
                    }
                    result
                }
                Form::Adjacent { tag, content, variants } => {
                    parts::adjacent_variants(shapes, [tag, content], variants, visitor)
                }
                _ => Err(Stop::Refused),
            };
            shapes.types[index.0].form = form;
            result
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        // The names are serde's own, and either is enough: derived code reads the tag of an enum as which field follows.
        if type_name::<V>().contains("AdjacentlyTagged") || type_name::<V::Value>().ends_with("__Field") {
            return self.leaf(Shape::Tag(variants));
        }
        let open = || Form::Enum(Variant::all_open(variants));
        self.named(name, open, |shapes, index| {
            let Form::Enum(mut variants) = shapes.types[index.0].form.clone() else { return Err(Stop::Refused) };
            let result = parts::variants(shapes, &mut variants, visitor);
            shapes.types[index.0].form = Form::Enum(variants);
            result
        })
    }
}

/// Follows the path into the first element of a tuple of which not everything is known.
pub(super) fn tuple<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    parts: &mut [Shape],
    visitor: V,
) -> Result<V::Value, Stop> {
    let next = parts.iter().position(|part| !shapes.is_done(part, &mut shapes.passed.clone()));
    let Some(before) = next else { return Err(Stop::Enough) };
    let result = visitor.visit_seq(Elements { shapes, before, slot: parts.get_mut(before) });
    if shapes.gives_up() && !shapes.found {
        shapes.close(&mut parts[before]);
    }
    result
}

/// The path into a content that one value makes up.
pub(super) fn one<'de, S: DeserializeSeed<'de>>(
    shapes: &mut Shapes,
    content: &mut Content,
    seed: S,
) -> Result<S::Value, Stop> {
    match content {
        Content::One(slot) => seed.deserialize(Path { shapes, slot }),
        _ => Err(Stop::Refused),
    }
}

/// Elements before the path, and the one that it leads into.
struct Elements<'a> {
    shapes: &'a mut Shapes,
    before: usize,
    slot: Option<&'a mut Shape>,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        if let Some(before) = self.before.checked_sub(1) {
            self.before = before;
            return seed.deserialize(self.shapes.sample(&mut Vec::new())).map(Some);
        }
        match self.slot.take() {
            Some(slot) => seed.deserialize(Path { shapes: self.shapes, slot }).map(Some),
            None => Ok(None),
        }
    }
}

/// The entry of a map, whose key or value is on the path.
struct Entry<'a> {
    shapes: &'a mut Shapes,
    key: &'a mut Shape,
    value: &'a mut Shape,
    given: bool,
}

impl<'de> de::MapAccess<'de> for Entry<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        if self.shapes.is_done(self.key, &mut self.shapes.passed.clone()) {
            return seed.deserialize(self.shapes.sample(&mut Vec::new())).map(Some);
        }
        seed.deserialize(Path { shapes: self.shapes, slot: self.key }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        seed.deserialize(Path { shapes: self.shapes, slot: self.value })
    }
}
