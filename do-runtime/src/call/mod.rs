//! Placeholder of the calls.
use std::marker::PhantomData;
/// Placeholder.
pub struct Stub<O>(PhantomData<O>);
/// Placeholder.
pub struct Run<'r, O>(PhantomData<&'r O>);
/// Placeholder.
pub struct Ran;
