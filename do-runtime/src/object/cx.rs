//! Placeholder of the context.
use std::marker::PhantomData;

use crate::Timestamp;
use crate::engine::Engine;
use crate::object::Object;

/// What a handler sees of its object.
pub struct Cx<O> {
    engine: Box<dyn Engine>,
    now: Timestamp,
    object: PhantomData<fn() -> O>,
}

impl<O: Object> Cx<O> {
    #[cfg(test)]
    pub(crate) fn new(engine: Box<dyn Engine>, now: Timestamp) -> Self {
        Cx { engine, now, object: PhantomData }
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The time of the handler.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
