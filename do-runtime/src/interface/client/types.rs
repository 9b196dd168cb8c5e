//! Types as TypeScript has them.

use std::collections::BTreeSet;

use super::super::model::{Content, Field, Form, Presence, Shape, Text, Type, TypeIndex, Variant};
use super::super::names::{self, Names};
use super::marks::{Marked, only_types, plain};

/// So many elements of a list of a fixed length are written out.
const WRITTEN_OUT: usize = 8;

/// The types of an interface with the names that they have in the module.
pub(super) struct Types<'a> {
    types: &'a [Type],
    names: Vec<String>,
}

impl<'a> Types<'a> {
    pub(super) fn new(types: &'a [Type], needed: &BTreeSet<TypeIndex>, taken: &mut Names) -> Self {
        Types { types, names: names::of_types(types, needed, taken) }
    }

    /// The declarations of all of them.
    pub(super) fn all(&self, text: &mut Marked) {
        for (ty, name) in self.types.iter().zip(&self.names).filter(|(_, name)| !name.is_empty()) {
            let declaration = match &ty.form {
                Form::Struct(fields) if !fields.is_empty() => {
                    let fields = fields.iter().map(|field| format!("  {};\n", self.field(field))).collect::<String>();
                    format!("export interface {name} {{\n{fields}}}")
                }
                form => format!("export type {name} = {};", self.form(form)),
            };
            text.line(&only_types(&format!("{declaration}\n\n")));
        }
    }

    /// The type of a value.
    pub(super) fn of(&self, shape: &Shape) -> String {
        match shape {
            Shape::Open | Shape::Tag(_) => "unknown".to_owned(),
            Shape::Unknown(why) => format!("unknown /* {why} */"),
            Shape::Null => "null".to_owned(),
            Shape::Bool => "boolean".to_owned(),
            Shape::Integer { .. } | Shape::Float => "number".to_owned(),
            Shape::Text(Text::Any | Text::Character) => "string".to_owned(),
            Shape::Text(Text::Uuid) => "Uuid".to_owned(),
            Shape::Text(Text::Period) => "Period".to_owned(),
            Shape::Text(Text::ObjectId) => "ObjectId".to_owned(),
            Shape::Id(table) => format!("Id<{}>", quoted(table)),
            Shape::Timestamp => "Timestamp".to_owned(),
            Shape::Option(inner) => format!("{} | null", self.of(inner)),
            Shape::List(inner) => format!("Array<{}>", self.of(inner)),
            Shape::Array(inner, length) if *length <= WRITTEN_OUT => {
                format!("[{}]", vec![self.of(inner); *length].join(", "))
            }
            Shape::Array(inner, _) => format!("Array<{}>", self.of(inner)),
            Shape::Tuple(parts) => self.tuple(parts),
            Shape::Map { value, .. } => format!("Record<string, {}>", self.of(value)),
            Shape::Named(index) => self.names[index.0].clone(),
        }
    }

    fn tuple(&self, parts: &[Shape]) -> String {
        format!("[{}]", parts.iter().map(|part| self.of(part)).collect::<Vec<_>>().join(", "))
    }

    /// A member of an object.
    pub(super) fn member(&self, name: &str, presence: Presence, shape: &Shape) -> String {
        let optional = if presence == Presence::Optional { "?" } else { "" };
        format!("{}{optional}: {}", member_name(name), self.of(shape))
    }

    fn field(&self, field: &Field) -> String {
        self.member(field.name, field.presence, &field.shape)
    }

    fn fields(&self, fields: &[Field]) -> String {
        let fields: Vec<String> = fields.iter().map(|field| self.field(field)).collect();
        if fields.is_empty() { "Record<string, never>".to_owned() } else { format!("{{ {} }}", fields.join("; ")) }
    }

    fn form(&self, form: &Form) -> String {
        let variants = |variants: &[Variant], one: &dyn Fn(&Variant) -> String| match variants {
            [] => "never".to_owned(),
            [only] => one(only),
            all => all.iter().map(|variant| format!("\n  | {}", one(variant))).collect(),
        };
        match form {
            Form::Alias(shape) => self.of(shape),
            Form::Unit => "null".to_owned(),
            Form::Tuple(parts) => self.tuple(parts),
            Form::Struct(fields) => self.fields(fields),
            Form::Enum(all) => variants(all, &|variant| match self.content(&variant.content) {
                None => quoted(variant.name),
                Some(content) => format!("{{ {}: {content} }}", member_name(variant.name)),
            }),
            Form::Adjacent { tag, content, variants: all } => {
                let (tag, member) = (member_name(tag), member_name(content));
                variants(all, &|variant| match self.content(&variant.content) {
                    None => format!("{{ {tag}: {} }}", quoted(variant.name)),
                    Some(content) => format!("{{ {tag}: {}; {member}: {content} }}", quoted(variant.name)),
                })
            }
        }
    }

    fn content(&self, content: &Content) -> Option<String> {
        match content {
            Content::Unit => None,
            Content::Open => Some("unknown".to_owned()),
            Content::One(shape) => Some(self.of(shape)),
            Content::Tuple(parts) => Some(self.tuple(parts)),
            Content::Struct(fields) => Some(self.fields(fields)),
        }
    }
}

/// A text as a literal.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(plain(text)).to_string()
}

fn member_name(name: &str) -> String {
    if names::identifier(name) == name { name.to_owned() } else { quoted(name) }
}
