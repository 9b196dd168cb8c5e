//! Types as JSON schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::model::{Content, Field, Form, Presence, Shape, Text, Type, TypeIndex, Variant};
use super::super::names::{self, Names};

/// The types of an interface with the names that they have in a document.
pub(super) struct Schemas<'a> {
    types: &'a [Type],
    names: Vec<String>,
}

/// Whether an object may have members that are not named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Taken,
    Refused,
}

/// An object with these members.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a str, Value)>, required: &[&str], others: Others) -> Value {
    let properties: Map<String, Value> = members.map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if others == Others::Refused {
        schema["additionalProperties"] = false.into();
    }
    schema
}

impl<'a> Schemas<'a> {
    pub(super) fn new(types: &'a [Type], needed: &BTreeSet<TypeIndex>) -> Self {
        Schemas { types, names: names::of_types(types, needed, &mut Names::without(&["Problem"])) }
    }

    /// The schema of each type, by its name.
    pub(super) fn all(&self) -> Map<String, Value> {
        let named = self.types.iter().zip(&self.names).filter(|(_, name)| !name.is_empty());
        named.map(|(ty, name)| (name.clone(), self.form(&ty.form))).collect()
    }

    /// The schema of a value.
    pub(super) fn of(&self, shape: &Shape) -> Value {
        match shape {
            Shape::Open | Shape::Tag(_) => json!({}),
            Shape::Unknown(why) => json!({ "description": format!("Any value: {why}.") }),
            Shape::Null => json!({ "type": "null" }),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Integer { bits, signed } => integer(*bits, *signed),
            Shape::Float => json!({ "type": "number", "format": "double" }),
            Shape::Text(text) => match text {
                Text::Any => json!({ "type": "string" }),
                Text::Character => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
                Text::Uuid => json!({ "type": "string", "format": "uuid" }),
                Text::Period => json!({
                    "type": "string", "format": "duration", "description": "ISO 8601, such as `PT1M30S`; `1m 30s` is taken too."
                }),
                Text::ObjectId => {
                    json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$", "description": "The id of an object." })
                }
            },
            Shape::Id(table) => {
                json!({ "type": "integer", "format": "int64", "description": format!("The key of a row of `{table}`.") })
            }
            Shape::Timestamp => {
                json!({ "type": "integer", "format": "int64", "description": "Milliseconds since 1970-01-01T00:00:00Z." })
            }
            Shape::Option(inner) => json!({ "anyOf": [self.of(inner), { "type": "null" }] }),
            Shape::List(inner) => json!({ "type": "array", "items": self.of(inner) }),
            Shape::Array(inner, length) => {
                json!({ "type": "array", "items": self.of(inner), "minItems": length, "maxItems": length })
            }
            Shape::Tuple(parts) => self.tuple(parts),
            Shape::Map { value, .. } => json!({ "type": "object", "additionalProperties": self.of(value) }),
            Shape::Named(index) => json!({ "$ref": format!("#/components/schemas/{}", self.names[index.0]) }),
        }
    }

    fn tuple(&self, parts: &[Shape]) -> Value {
        let schemas: Vec<Value> = parts.iter().map(|part| self.of(part)).collect();
        match parts.len() {
            0 => json!({ "type": "array", "maxItems": 0 }),
            length => json!({ "type": "array", "prefixItems": schemas, "minItems": length, "maxItems": length }),
        }
    }

    fn form(&self, form: &Form) -> Value {
        match form {
            Form::Alias(shape) => self.of(shape),
            Form::Unit => self.of(&Shape::Null),
            Form::Tuple(parts) => self.tuple(parts),
            Form::Struct(fields) => self.fields(fields),
            Form::Enum(variants) => self.variants(variants),
            Form::Adjacent { tag, content, variants } => {
                let of = |variant: &Variant| self.adjacent(tag, content, variant);
                json!({ "oneOf": variants.iter().map(of).collect::<Vec<_>>() })
            }
        }
    }

    fn fields(&self, fields: &[Field]) -> Value {
        let required: Vec<&str> =
            fields.iter().filter(|field| field.presence != Presence::Optional).map(|field| field.name).collect();
        object(fields.iter().map(|field| (field.name, self.of(&field.shape))), &required, Others::Taken)
    }

    fn variants(&self, variants: &[Variant]) -> Value {
        let (units, others): (Vec<_>, Vec<_>) =
            variants.iter().partition(|variant| matches!(variant.content, Content::Unit));
        let names: Vec<&str> = units.iter().map(|variant| variant.name).collect();
        let units = (!names.is_empty()).then(|| json!({ "type": "string", "enum": names }));
        if others.is_empty() {
            return units.unwrap_or_else(|| json!({ "not": {} }));
        }
        let others = others.iter().map(|variant| {
            let content = self.content(&variant.content).unwrap_or_else(|| json!({}));
            object([(variant.name, content)].into_iter(), &[variant.name], Others::Refused)
        });
        json!({ "oneOf": units.into_iter().chain(others).collect::<Vec<_>>() })
    }

    fn adjacent(&self, tag: &str, content: &str, variant: &Variant) -> Value {
        let name = (tag, json!({ "const": variant.name }));
        match self.content(&variant.content) {
            None => object([name].into_iter(), &[tag], Others::Taken),
            Some(schema) => object([name, (content, schema)].into_iter(), &[tag, content], Others::Taken),
        }
    }

    fn content(&self, content: &Content) -> Option<Value> {
        match content {
            Content::Unit => None,
            Content::Open => Some(json!({})),
            Content::One(shape) => Some(self.of(shape)),
            Content::Tuple(parts) => Some(self.tuple(parts)),
            Content::Struct(fields) => Some(self.fields(fields)),
        }
    }
}

/// With its bounds where a number of JSON holds them exactly.
fn integer(bits: u8, signed: bool) -> Value {
    let mut schema = json!({ "type": "integer" });
    match (bits, signed) {
        (8 | 16 | 32, true) => {
            schema["minimum"] = json!(-(1_i64 << (bits - 1)));
            schema["maximum"] = json!((1_i64 << (bits - 1)) - 1);
        }
        (8 | 16 | 32, false) => {
            schema["minimum"] = json!(0);
            schema["maximum"] = json!((1_i64 << bits) - 1);
        }
        (64, true) => schema["format"] = json!("int64"),
        (_, true) => {}
        (_, false) => schema["minimum"] = json!(0),
    }
    schema
}
