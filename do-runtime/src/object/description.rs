//! What a class says of its public methods and its sockets. Generated code says it always, since it can't know the features that a program asks
//! for; without the feature `interface` nobody listens, and nothing is made of it.

#[cfg(feature = "interface")]
use std::any::TypeId;
use std::marker::PhantomData;

#[cfg(feature = "interface")]
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{Answer, Failure, Method};
#[cfg(feature = "interface")]
use crate::interface::{Again, Class, Frames, OwnError, Parameter, Shape, Shapes, Text};
use crate::proof::ArgumentType;
#[cfg(feature = "interface")]
use crate::sockets::TextOrBinary;
use crate::sockets::{SocketMessage, SocketMethods, SocketSent};

/// Takes down what a class says.
#[derive(Debug)]
pub struct Description<'a> {
    #[cfg(feature = "interface")]
    pub(crate) class: &'a mut Class,
    #[cfg(feature = "interface")]
    pub(crate) shapes: &'a mut Shapes,
    #[cfg(not(feature = "interface"))]
    nothing: PhantomData<&'a ()>,
}

/// Takes down what it says of one method.
#[derive(Debug)]
#[must_use = "a method is there once it is said what it returns"]
pub struct MethodDescription<'a> {
    #[cfg(feature = "interface")]
    class: &'a mut Class,
    #[cfg(feature = "interface")]
    shapes: &'a mut Shapes,
    #[cfg(feature = "interface")]
    method: crate::interface::Method,
    #[cfg(not(feature = "interface"))]
    nothing: PhantomData<&'a ()>,
}

#[cfg(feature = "interface")]
impl Description<'_> {
    /// A public method, with its documentation.
    pub fn method(&mut self, method: &Method, doc: &str) -> MethodDescription<'_> {
        let again = if method.idempotent { Again::Harmless } else { Again::NeedsKey };
        MethodDescription {
            class: self.class,
            shapes: self.shapes,
            method: crate::interface::Method {
                name: method.name,
                doc: doc.to_owned(),
                deprecated: false,
                again,
                live: method.live,
                parameters: Vec::new(),
                result: Shape::Open,
                streams: false,
                error: None,
            },
        }
    }

    /// It takes sockets.
    pub fn sockets(&mut self, methods: &SocketMethods) {
        self.class.sockets.get_or_insert_default().auto_response = methods.auto_response;
    }

    /// What a message of its clients is.
    pub fn socket_takes(&mut self, message: MessageShape) {
        self.class.sockets.get_or_insert_default().takes = Some((message.frames)(self.shapes));
    }

    /// What its messages to them are.
    pub fn socket_sends<T: SocketSent>(&mut self) {
        let sends = match frames::<T>(self.shapes) {
            // `send(&value)` writes JSON of it too.
            Frames::Text => Frames::Json(Shape::Text(Text::Any)),
            other => other,
        };
        self.class.sockets.get_or_insert_default().sends = Some(sends);
    }
}

/// As messages of sockets are read: a `String`, `Bytes` and `TextOrBinary` as they are, all else from JSON.
#[cfg(feature = "interface")]
fn frames<T: DeserializeOwned + 'static>(shapes: &mut Shapes) -> Frames {
    let ty = TypeId::of::<T>();
    match () {
        () if ty == TypeId::of::<String>() => Frames::Text,
        () if ty == TypeId::of::<Bytes>() => Frames::Bytes,
        () if ty == TypeId::of::<TextOrBinary>() => Frames::Any,
        () => Frames::Json(shapes.of::<T>()),
    }
}

#[cfg(feature = "interface")]
impl MethodDescription<'_> {
    /// It only reads.
    pub fn reads(mut self) -> Self {
        self.method.again = Again::Harmless;
        self
    }

    /// It is `#[deprecated]`.
    pub fn deprecated(mut self) -> Self {
        self.method.deprecated = true;
        self
    }

    /// A parameter.
    pub fn argument<T: DeserializeOwned>(self, name: &'static str) -> Self {
        self.parameter(name, Shapes::of::<T>)
    }

    /// A parameter of a type that is known to travel.
    pub fn argument_of<T>(self, ty: &ArgumentType<T>) -> Self {
        self.parameter(ty.name(), ty.shape())
    }

    fn parameter(mut self, name: &'static str, shape: fn(&mut Shapes) -> Shape) -> Self {
        let shape = shape(self.shapes);
        self.method.parameters.push(Parameter { name, shape });
        self
    }

    /// What it gives.
    pub fn returns(mut self, outcome: OutcomeShape) {
        self.method.result = (outcome.value)(self.shapes);
        self.method.streams = outcome.streams;
        self.method.error = (outcome.error)(self.shapes);
        self.class.methods.push(self.method);
    }
}

#[cfg(not(feature = "interface"))]
impl Description<'_> {
    /// Nothing is made of it.
    pub fn method(&mut self, _: &Method, _: &str) -> MethodDescription<'_> {
        MethodDescription { nothing: self.nothing }
    }

    /// Nothing is made of it.
    pub fn sockets(&mut self, _: &SocketMethods) {}

    /// Nothing is made of it.
    pub fn socket_takes(&mut self, _: MessageShape) {}

    /// Nothing is made of it.
    pub fn socket_sends<T: SocketSent>(&mut self) {}
}

#[cfg(not(feature = "interface"))]
impl MethodDescription<'_> {
    /// Nothing is made of it.
    pub fn reads(self) -> Self {
        self
    }

    /// Nothing is made of it.
    pub fn deprecated(self) -> Self {
        self
    }

    /// Nothing is made of it.
    #[expect(clippy::extra_unused_type_parameters, reason = "what listens needs it")]
    pub fn argument<T: DeserializeOwned>(self, _: &'static str) -> Self {
        self
    }

    /// Nothing is made of it.
    pub fn argument_of<T>(self, _: &ArgumentType<T>) -> Self {
        self
    }

    /// Nothing is made of it.
    pub fn returns(self, _: OutcomeShape) {}
}

/// What a method returns, `Result<T, E>`: `Returns::<T, E>::SHAPE`.
#[derive(Debug)]
pub struct Returns<T, E>(PhantomData<(T, E)>);

/// How a method's result and its own error look.
#[derive(Debug, Clone, Copy)]
pub struct OutcomeShape {
    #[cfg(feature = "interface")]
    value: fn(&mut Shapes) -> Shape,
    #[cfg(feature = "interface")]
    streams: bool,
    #[cfg(feature = "interface")]
    error: fn(&mut Shapes) -> Option<OwnError>,
}

impl<T: Answer, E: Failure> Returns<T, E> {
    /// How they look.
    pub const SHAPE: OutcomeShape = OutcomeShape {
        #[cfg(feature = "interface")]
        value: T::shape,
        #[cfg(feature = "interface")]
        streams: T::STREAMS,
        #[cfg(feature = "interface")]
        error: E::own_shape,
    };
}

/// Stands in where `T` or `E` can't be returned: that is said where the method is run, and once is enough.
pub trait NotReturned {
    /// Nothing is known.
    const SHAPE: OutcomeShape = OutcomeShape {
        #[cfg(feature = "interface")]
        value: |_| Shape::Unknown("it can't be returned"),
        #[cfg(feature = "interface")]
        streams: false,
        #[cfg(feature = "interface")]
        error: |_| None,
    };
}

impl<T, E> NotReturned for Returns<T, E> {}

/// What a message of a socket is taken as: `Takes::<T>::SHAPE`.
#[derive(Debug)]
pub struct Takes<T>(PhantomData<T>);

/// How a message of a socket looks.
#[derive(Debug, Clone, Copy)]
pub struct MessageShape {
    #[cfg(feature = "interface")]
    frames: fn(&mut Shapes) -> Frames,
}

impl<T: SocketMessage> Takes<T> {
    /// How it looks.
    pub const SHAPE: MessageShape = MessageShape {
        #[cfg(feature = "interface")]
        frames: frames::<T>,
    };
}

/// Stands in where `T` can't be a message: that is said where it is read, and once is enough.
pub trait NotTaken {
    /// Nothing is known.
    const SHAPE: MessageShape = MessageShape {
        #[cfg(feature = "interface")]
        frames: |_| Frames::Json(Shape::Unknown("it can't be a message")),
    };
}

impl<T> NotTaken for Takes<T> {}
