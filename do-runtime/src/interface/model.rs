//! What can be called, as data: classes, their methods, and the types that these take and give as they look in JSON.

/// A class of objects. What else can be done with an object than calling it is a list of its own here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Class {
    /// The stored name.
    pub(crate) name: &'static str,
    /// What can be called from outside, in order of its declaration.
    pub(crate) methods: Vec<Method>,
    /// What goes over its sockets, if it takes any.
    pub(crate) sockets: Option<Sockets>,
}

/// The sockets of a class.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sockets {
    /// What a client may send, if anybody listens.
    pub(crate) takes: Option<Frames>,
    /// What the object sends, if it is said.
    pub(crate) sends: Option<Frames>,
    /// A text, and what answers it without the object.
    pub(crate) auto_response: Option<(&'static str, &'static str)>,
}

/// What messages of sockets are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frames {
    /// A `String`: text as it is.
    Text,
    /// `Bytes`: whatever it is, as bytes.
    Bytes,
    /// `TextOrBinary`: as it is.
    Any,
    /// Any other type: text with JSON of it.
    Json(Shape),
}

/// A method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Method {
    /// The name that is called.
    pub(crate) name: &'static str,
    /// Its documentation.
    pub(crate) doc: String,
    /// Whether it is `#[deprecated]`.
    pub(crate) deprecated: bool,
    /// What it means to call it again.
    pub(crate) again: Again,
    /// Whether its answers can be watched.
    pub(crate) live: bool,
    /// In order.
    pub(crate) parameters: Vec<Parameter>,
    /// Its result.
    pub(crate) result: Shape,
    /// Whether there are many results, one after the other.
    pub(crate) streams: bool,
    /// Its own error, if it has one.
    pub(crate) error: Option<OwnError>,
}

/// An error of a method's own.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnError {
    pub(crate) shape: Shape,
    /// The statuses that it has over HTTP.
    pub(crate) statuses: &'static [u16],
}

/// What it means to call a method again of which no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It reads, or is declared idempotent.
    Harmless,
    /// It may be done twice, unless there is a key.
    NeedsKey,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
}

/// How a value looks.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Not looked at yet; none is left when a trace has ended.
    Open,
    /// It can't be described: why.
    Unknown(&'static str),
    Null,
    Bool,
    /// A whole number: how many bits, and whether it has a sign.
    Integer {
        bits: u8,
        signed: bool,
    },
    Float,
    Text(Text),
    /// The id of a row of the table of this name.
    Id(String),
    /// Milliseconds since 1970.
    Timestamp,
    Option(Box<Shape>),
    List(Box<Shape>),
    /// A list of a fixed length.
    Array(Box<Shape>, usize),
    Tuple(Vec<Shape>),
    Map {
        key: Box<Shape>,
        value: Box<Shape>,
    },
    /// The name of a variant, where it is written beside the variant's content.
    Tag(&'static [&'static str]),
    Named(TypeIndex),
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Any,
    Character,
    Uuid,
    /// The id of an object: 64 hexadecimal digits.
    ObjectId,
    /// A `Period`.
    Period,
}

/// The place of a type in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeIndex(pub(crate) usize);

/// A type with a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Type {
    /// What tells it from others of the same name: its path with its parameters, as the compiler writes it.
    pub(crate) path: &'static str,
    /// As serde names it.
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    /// `struct T(U)`, which is written as a `U`.
    Alias(Shape),
    /// `struct T`.
    Unit,
    Tuple(Vec<Shape>),
    Struct(Vec<Field>),
    /// A variant is its name, or an object with a member of that name.
    Enum(Vec<Variant>),
    /// `#[serde(tag, content)]`.
    Adjacent {
        tag: &'static str,
        content: &'static str,
        variants: Vec<Variant>,
    },
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// Whether the name is known to be the one that is written, and not another that is read too.
    pub(crate) name_is_checked: bool,
    pub(crate) presence: Presence,
    pub(crate) shape: Shape,
}

/// Whether a field may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Not looked at yet.
    Open,
    Required,
    Optional,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) content: Content,
}

/// What a variant holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Not looked at yet.
    Open,
    Unit,
    One(Shape),
    Tuple(Vec<Shape>),
    Struct(Vec<Field>),
}

impl Field {
    pub(crate) fn open(name: &'static str) -> Self {
        Field { name, name_is_checked: false, presence: Presence::Open, shape: Shape::Open }
    }
}

impl Variant {
    pub(crate) fn all_open(names: &[&'static str]) -> Vec<Self> {
        names.iter().map(|&name| Variant { name, content: Content::Open }).collect()
    }
}

impl Class {
    /// Whether anything of it can be watched.
    pub(crate) fn is_live(&self) -> bool {
        self.methods.iter().any(|method| method.live)
    }

    /// Whether anything of it answers with a stream.
    pub(crate) fn has_streams(&self) -> bool {
        self.methods.iter().any(|method| method.streams)
    }

    /// Whether it takes sockets.
    pub(crate) fn has_sockets(&self) -> bool {
        self.sockets.is_some()
    }

    /// The shapes that it names itself.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = &Shape> {
        let of_methods = self.methods.iter().flat_map(|method| {
            let parameters = method.parameters.iter().map(|parameter| &parameter.shape);
            let error = method.error.as_ref().map(|error| &error.shape);
            parameters.chain(error).chain([&method.result])
        });
        let frames = self.sockets.iter().flat_map(|sockets| sockets.takes.iter().chain(&sockets.sends));
        of_methods.chain(frames.filter_map(|frames| match frames {
            Frames::Json(shape) => Some(shape),
            Frames::Text | Frames::Bytes | Frames::Any => None,
        }))
    }
}

impl Shape {
    /// Whether a parameter of it may be left out: it is read from nothing then.
    pub(crate) fn may_be_left_out(&self) -> bool {
        matches!(self, Shape::Option(_) | Shape::Null)
    }
}
