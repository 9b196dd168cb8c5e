//! What is found out about types.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::super::model::{Content, Field, Form, Presence, Shape, Text, Type};
use super::Shapes;
use crate::{Bytes, Id, Json, ObjectId, Period, Timestamp, Uuid};

/// The shape of `T`, and the types that it is made of, as a person reads them.
fn described<T: serde::de::DeserializeOwned>() -> (String, Vec<String>) {
    let mut shapes = Shapes::default();
    let shape = shapes.of::<T>();
    let types = shapes.into_types();
    let lines = types.iter().map(|ty| format!("{} = {}", ty.name, form(&ty.form, &types)));
    (text(&shape, &types), lines.collect())
}

fn shape<T: serde::de::DeserializeOwned>() -> String {
    described::<T>().0
}

fn types<T: serde::de::DeserializeOwned>() -> Vec<String> {
    described::<T>().1
}

fn text(shape: &Shape, types: &[Type]) -> String {
    let all = |parts: &[Shape]| parts.iter().map(|part| text(part, types)).collect::<Vec<_>>().join(", ");
    match shape {
        Shape::Open => "OPEN".to_owned(),
        Shape::Unknown(_) => "?".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer { bits, signed } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
        Shape::Float => "float".to_owned(),
        Shape::Text(Text::Any) => "text".to_owned(),
        Shape::Text(other) => format!("{other:?}"),
        Shape::Id(table) => format!("Id {table}"),
        Shape::Timestamp => "Timestamp".to_owned(),
        Shape::Option(inner) => format!("{}?", text(inner, types)),
        Shape::List(inner) => format!("[{}]", text(inner, types)),
        Shape::Array(inner, length) => format!("[{}; {length}]", text(inner, types)),
        Shape::Tuple(parts) => format!("({})", all(parts)),
        Shape::Map { key, value } => format!("{{{}: {}}}", text(key, types), text(value, types)),
        Shape::Tag(variants) => format!("{variants:?}"),
        Shape::Named(index) => types[index.0].name.to_owned(),
    }
}

fn fields(fields: &[Field], types: &[Type]) -> String {
    let field = |field: &Field| {
        let optional = if field.presence == Presence::Optional { "?" } else { "" };
        format!("{}{optional}: {}", field.name, text(&field.shape, types))
    };
    format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
}

fn form(form: &Form, types: &[Type]) -> String {
    let variants = |variants: &[super::Variant]| {
        let variant = |variant: &super::Variant| match &variant.content {
            Content::Open => format!("{} OPEN", variant.name),
            Content::Unit => variant.name.to_owned(),
            Content::One(shape) => format!("{} {}", variant.name, text(shape, types)),
            Content::Tuple(parts) => format!("{} {}", variant.name, text(&Shape::Tuple(parts.clone()), types)),
            Content::Struct(all) => format!("{} {}", variant.name, fields(all, types)),
        };
        variants.iter().map(variant).collect::<Vec<_>>().join(" | ")
    };
    match form {
        Form::Alias(shape) => text(shape, types),
        Form::Unit => "null".to_owned(),
        Form::Tuple(parts) => text(&Shape::Tuple(parts.clone()), types),
        Form::Struct(all) => fields(all, types),
        Form::Enum(all) => variants(all),
        Form::Adjacent { tag, content, variants: all } => format!("{tag}/{content}: {}", variants(all)),
    }
}

#[test]
fn plain_types_are_what_they_are_in_json() {
    assert_eq!(shape::<(u8, i64, f32, bool, char)>(), "(u8, i64, float, bool, Character)");
    assert_eq!(shape::<Vec<Option<String>>>(), "[text?]");
    assert_eq!(shape::<HashMap<String, Vec<u8>>>(), "{text: [u8]}");
    assert_eq!(shape::<BTreeMap<u32, [i16; 4]>>(), "{u32: [i16; 4]}");
    assert_eq!(shape::<()>(), "null");
    assert_eq!(shape::<[u8; 0]>(), "()");
    assert_eq!(shape::<NonZeroU32>(), "u32");
    assert_eq!(shape::<Box<str>>(), "text");
    assert_eq!(shape::<std::net::IpAddr>(), "text");
    assert_eq!(shape::<serde_json::Value>(), "?");
    assert_eq!(types::<std::time::Duration>(), ["Duration = { secs: u64, nanos: u32 }"]);
}

#[test]
fn our_own_types_are_known() {
    struct Row;
    assert_eq!(shape::<(Id<Row>, Timestamp, ObjectId, Uuid)>(), "(Id Row, Timestamp, ObjectId, Uuid)");
    assert_eq!(shape::<(Period, Vec<Period>, bool)>(), "(Period, [Period], bool)");
    assert_eq!(shape::<(Bytes, Json<Vec<i32>>, bool)>(), "([u8], [i32], bool)");
    assert_eq!(shape::<BTreeMap<Uuid, crate::ObjectRef<Row>>>(), "{Uuid: ObjectId}");
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    line_number: Id<Line>,
    text: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default = "three")]
    with_value: u8,
    owner: Option<ObjectId>,
    #[serde(alias = "a", alias = "zz")]
    kind: Kind,
    #[serde(skip)]
    _left_out: u64,
    at: (Timestamp, Uuid, Option<Box<Line>>),
}

fn three() -> u8 {
    3
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    PlainText,
    Picture { width: u32, alt: Option<String> },
    Reply(Id<Line>),
    Pair(u8, Vec<Kind>),
}

#[test]
fn a_struct_is_its_fields_by_their_written_names_and_those_that_may_be_left_out_are_told() {
    assert_eq!(
        types::<Line>(),
        [
            "Line = { lineNumber: Id Line, text: text, tags?: [text], withValue?: u8, owner?: ObjectId?, kind: Kind, \
             at: (Timestamp, Uuid, Line?) }",
            "Kind = plain_text | picture { width: u32, alt?: text? } | reply Id Line | pair (u8, [Kind])",
        ]
    );
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Nothing,
    One(Point),
    Two(u8, String),
    Fields { x: u8 },
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    A { x: u8 },
    B,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[test]
fn a_tag_beside_its_content_is_seen() {
    assert_eq!(
        types::<Adjacent>(),
        ["Adjacent = t/c: Nothing | One Point | Two (u8, text) | Fields ?", "Point = { x: float, y: float }"]
    );
}

#[derive(Debug, Serialize, Deserialize)]
struct Mixed {
    before: u8,
    internal: Internal,
    untagged: Vec<Untagged>,
    flat: Flat,
    after: Point,
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[test]
fn what_can_t_be_described_is_unknown_and_what_is_around_it_is_not() {
    assert_eq!(
        types::<Mixed>(),
        ["Mixed = { before: u8, internal: ?, untagged: [?], flat: ?, after: Point }", "Point = { x: float, y: float }"]
    );
}

#[derive(Debug, Serialize, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<Page<T>>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Newtype(String);

#[derive(Debug, Serialize, Deserialize)]
struct Pair(u8, Newtype);

#[derive(Debug, Serialize, Deserialize)]
struct Empty;

#[test]
fn types_of_one_name_are_told_apart_and_recursive_ones_end() {
    mod other {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub(super) enum Kind {
            Other,
        }
    }
    assert_eq!(
        types::<(Page<Newtype>, Page<Pair>, Kind, other::Kind, Empty)>(),
        [
            "Page = { items: [Newtype], next?: Page? }",
            "Newtype = text",
            "Page = { items: [Pair], next?: Page? }",
            "Pair = (u8, Newtype)",
            "Kind = plain_text | picture { width: u32, alt?: text? } | reply Id Line | pair (u8, [Kind])",
            "Kind = Other",
            "Empty = null",
        ]
    );
}

#[derive(Debug, Serialize, Deserialize)]
enum Expression {
    Sum(Box<Expression>, Box<Expression>),
    Number(f64),
}

#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    expression: Expression,
    #[serde(default)]
    later: bool,
}

/// Takes even numbers only.
#[derive(Debug, Serialize)]
struct Even(u32);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            number if number % 2 == 0 => Ok(Even(number)),
            _ => Err(serde::de::Error::custom("it is odd")),
        }
    }
}

/// Takes nothing.
#[derive(Debug, Serialize)]
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("never"))
    }
}

/// Panics at an empty text.
#[derive(Debug, Serialize)]
struct First(char);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(First(String::deserialize(from)?.chars().next().expect("a text")))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Checked(String);

impl TryFrom<String> for Checked {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.len() == 3 { Ok(Checked(text)) } else { Err("three letters") }
    }
}

impl From<Checked> for String {
    fn from(checked: Checked) -> String {
        checked.0
    }
}

#[test]
fn a_type_that_refuses_or_panics_hides_nothing_else() {
    assert_eq!(
        types::<Holder>(),
        [
            "Holder = { expression: Expression, later?: bool }",
            "Expression = Sum (Expression, Expression) | Number float"
        ]
    );
    assert_eq!(shape::<(Even, bool)>(), "(u32, bool)");
    assert_eq!(shape::<(bool, Never, bool)>(), "(bool, ?, ?)");
    assert_eq!(shape::<(First, bool)>(), "(text, ?)");
    assert_eq!(shape::<Checked>(), "text");

    #[derive(Debug, Serialize, Deserialize)]
    struct Around {
        never: Never,
        checked: Checked,
        note: Option<String>,
        count: u8,
    }
    assert_eq!(types::<Around>(), ["Around = { never: ?, checked: text, note?: text?, count: u8 }"]);
}

#[test]
fn serde_s_other_options_are_seen_by_what_is_read() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(default, rename_all = "SCREAMING-KEBAB-CASE")]
    struct Defaults {
        first_one: u8,
        second: Option<bool>,
    }

    impl Default for Defaults {
        fn default() -> Self {
            Defaults { first_one: 1, second: None }
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Transparent {
        inner: Vec<Defaults>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(with = "as_text")]
        number: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        maybe: Option<Transparent>,
        #[serde(deserialize_with = "Option::deserialize")]
        needed: Option<u8>,
    }

    mod as_text {
        pub(super) fn serialize<S: serde::Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(number)
        }

        pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
            let text: String = serde::Deserialize::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "t", content = "c", deny_unknown_fields)]
    enum Tagged {
        Unit,
        Newtype(Strict),
    }

    assert_eq!(
        types::<Tagged>(),
        [
            "Tagged = t/c: Unit | Newtype Strict",
            "Strict = { number: text, maybe?: [Defaults]?, needed: u8? }",
            "Defaults = { FIRST-ONE?: u8, SECOND?: bool? }",
        ]
    );
}
