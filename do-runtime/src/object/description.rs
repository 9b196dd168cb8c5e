//! What a class says of its public methods. Generated code says it always, since it can't know the features that a program asks
//! for; without the feature `interface` nobody listens, and nothing is made of it.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Answer, Failure, Method};
#[cfg(feature = "interface")]
use crate::interface::{Again, Class, Parameter, Shape, Shapes};
use crate::proof::ArgumentType;

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
                parameters: Vec::new(),
                result: Shape::Open,
                streams: false,
                error: None,
            },
        }
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
    error: fn(&mut Shapes) -> Option<Shape>,
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
