//! The path through structs and enums, whose parts have names.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::super::model::{Content, Field, Form, Presence, Shape, Variant};
use super::Shapes;
use super::path::{self, Path};
use super::stop::Stop;

/// Whether a field may be left out of which nothing but its shape is known.
pub(super) fn presence_of(shape: &Shape) -> Presence {
    match shape {
        Shape::Option(_) => Presence::Optional,
        _ => Presence::Required,
    }
}

/// Finds something out about the fields of a struct: first what they are, then what they are called, then whether they may be
/// left out.
pub(super) fn fields<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    fields: &mut Vec<Field>,
    visitor: V,
) -> Result<V::Value, Stop> {
    if let Some(at) = fields.iter().position(|field| !shapes.is_done(&field.shape, &mut shapes.passed.clone())) {
        let Field { name, shape, .. } = &mut fields[at];
        let result = visitor.visit_map(Members { shapes, given: &[], then: Some((*name, shape)), left: 0 });
        if shapes.gives_up() && !shapes.found {
            shapes.close(shape);
        }
        return result;
    }
    if let Some(at) = fields.iter().position(|field| !field.name_is_checked) {
        return check_name(shapes, fields, at, visitor);
    }
    match fields.iter().position(|field| field.presence == Presence::Open) {
        Some(at) => check_presence(shapes, fields, at, visitor),
        None => Err(Stop::Enough),
    }
}

/// A field that comes twice is an error that has the name by which it is written. Another name is an alias.
fn check_name<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    fields: &mut Vec<Field>,
    at: usize,
    visitor: V,
) -> Result<V::Value, Stop> {
    let name = fields[at].name;
    let result = visitor.visit_map(Members { shapes, given: &[name, name], then: None, left: 2 });
    match &result {
        Err(Stop::Twice(written)) if *written != name && fields.iter().any(|field| field.name == *written) => {
            fields.remove(at);
            shapes.found = true;
        }
        Err(Stop::Twice(_)) | Ok(_) => {
            fields[at].name_is_checked = true;
            shapes.found = true;
        }
        Err(_) if shapes.gives_up() => {
            fields[at].name_is_checked = true;
            shapes.found = true;
        }
        Err(_) => {}
    }
    result
}

/// A field that may be left out is not missed when all others are there.
fn check_presence<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    fields: &mut [Field],
    at: usize,
    visitor: V,
) -> Result<V::Value, Stop> {
    let name = fields[at].name;
    let others: Vec<&'static str> = fields.iter().map(|field| field.name).filter(|other| *other != name).collect();
    let left = others.len();
    let result = visitor.visit_map(Members { shapes, given: &others, then: None, left });
    let presence = match &result {
        Ok(_) => Presence::Optional,
        Err(Stop::Missing(missing)) if *missing == name => Presence::Required,
        Err(_) if shapes.gives_up() => presence_of(&fields[at].shape),
        Err(_) => return result,
    };
    fields[at].presence = presence;
    shapes.found = true;
    result
}

/// Two fields that turned out to be the tag and the content of an adjacently tagged enum.
pub(super) fn adjacent(fields: &[Field]) -> Option<Form> {
    let [tag, content] = fields else { return None };
    let Shape::Tag(variants) = tag.shape else { return None };
    Some(Form::Adjacent { tag: tag.name, content: content.name, variants: Variant::all_open(variants) })
}

/// Finds something out about the variants of an enum.
pub(super) fn variants<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    variants: &mut [Variant],
    visitor: V,
) -> Result<V::Value, Stop> {
    let Some(variant) = next(shapes, variants) else { return Err(Stop::Enough) };
    let result = visitor.visit_enum(OfVariant { shapes, variant });
    if shapes.gives_up() && !shapes.found {
        shapes.close_content(&mut variant.content);
    }
    result
}

/// The same where the name of the variant and its content are fields.
pub(super) fn adjacent_variants<'de, V: Visitor<'de>>(
    shapes: &mut Shapes,
    [tag, content]: [&'static str; 2],
    variants: &mut [Variant],
    visitor: V,
) -> Result<V::Value, Stop> {
    let Some(variant) = next(shapes, variants) else { return Err(Stop::Enough) };
    if variant.content == Content::Open {
        variant.content = Content::One(Shape::Open);
    }
    let result = visitor.visit_map(Tagged { shapes, variant: &mut *variant, names: [content, tag] });
    if shapes.gives_up() && !shapes.found {
        shapes.close_content(&mut variant.content);
    }
    if variant.content == Content::One(Shape::Null) {
        variant.content = Content::Unit;
    }
    result
}

fn next<'v>(shapes: &Shapes, variants: &'v mut [Variant]) -> Option<&'v mut Variant> {
    variants.iter_mut().find(|variant| !shapes.is_variant_done(variant, &mut shapes.passed.clone()))
}

/// Members that are given some value, then one that is on the path.
struct Members<'a> {
    shapes: &'a mut Shapes,
    given: &'a [&'static str],
    then: Option<(&'static str, &'a mut Shape)>,
    /// How many of those that are given are left.
    left: usize,
}

impl<'de> de::MapAccess<'de> for Members<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let name = match self.left {
            0 => self.then.as_ref().map(|(name, _)| *name),
            left => Some(self.given[self.given.len() - left]),
        };
        name.map(|name| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        match (self.left.checked_sub(1), self.then.take()) {
            (Some(left), then) => {
                (self.left, self.then) = (left, then);
                seed.deserialize(self.shapes.sample(&mut Vec::new()))
            }
            (None, Some((_, slot))) => seed.deserialize(Path { shapes: self.shapes, slot }),
            (None, None) => Err(Stop::Refused),
        }
    }
}

/// A variant that is on the path.
struct OfVariant<'a> {
    shapes: &'a mut Shapes,
    variant: &'a mut Variant,
}

impl OfVariant<'_> {
    fn begin(&mut self, content: Content) {
        if self.variant.content == Content::Open {
            self.variant.content = content;
        }
    }
}

impl<'de> de::EnumAccess<'de> for OfVariant<'_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.variant.name))?, self))
    }
}

impl<'de> de::VariantAccess<'de> for OfVariant<'_> {
    type Error = Stop;

    fn unit_variant(mut self) -> Result<(), Stop> {
        self.begin(Content::Unit);
        self.shapes.found = true;
        Err(Stop::Enough)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Stop> {
        self.begin(Content::One(Shape::Open));
        path::one(self.shapes, &mut self.variant.content, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.begin(Content::Tuple(vec![Shape::Open; len]));
        match &mut self.variant.content {
            Content::Tuple(parts) => path::tuple(self.shapes, parts, visitor),
            _ => Err(Stop::Refused),
        }
    }

    fn struct_variant<V: Visitor<'de>>(mut self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Stop> {
        self.begin(Content::Struct(names.iter().map(|name| Field::open(name)).collect()));
        match &mut self.variant.content {
            Content::Struct(all) => fields(self.shapes, all, visitor),
            _ => Err(Stop::Refused),
        }
    }
}

/// The tag of a variant, then its content, which is on the path.
struct Tagged<'a> {
    shapes: &'a mut Shapes,
    variant: &'a mut Variant,
    /// In the reverse order, those that are left.
    names: [&'static str; 2],
}

impl<'de> de::MapAccess<'de> for Tagged<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let [content, tag] = self.names;
        let name = if tag.is_empty() { content } else { tag };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        match std::mem::take(&mut self.names[1]) {
            "" => path::one(self.shapes, &mut self.variant.content, seed),
            _ => seed.deserialize(Name(self.variant.name)),
        }
    }
}

/// The name of a variant, as an enum without content.
struct Name(&'static str);

impl<'de> de::Deserializer<'de> for Name {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_enum(BorrowedStrDeserializer::<Stop>::new(self.0))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
