//! Why objects and arguments may move between threads.
//!
//! The traits that the macros implement do not ask for `Send` themselves: a type that is not `Send` would then be an
//! error at each place that it passes. Instead it is proved once, at the user's token, and these wrappers carry
//! the proof.

use std::marker::PhantomData;

/// The proof that `T` is `Send`: there is no other way to make one.
pub struct Sendable<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: Send + ?Sized> Sendable<T> {
    /// `T` is `Send`, or this does not compile.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Sendable(PhantomData)
    }
}

/// A value that was proved to be `Send`.
pub(crate) struct Owned<T>(pub(crate) T);

// SAFETY: the only way to make an `Owned<T>` asks for the proof that `T` is `Send`.
unsafe impl<T> Send for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(value: T, _: Sendable<T>) -> Self {
        Owned(value)
    }
}

/// An argument on its way to its object: `Send` whatever `T` is, because one can be made only of a `T` that is.
pub struct Carried<T> {
    argument: T,
    bytes: fn(&T) -> u64,
}

// SAFETY: the only way to make a `Carried<T>` asks for the proof that `T` is `Send`.
unsafe impl<T> Send for Carried<T> {}

impl<T> Carried<T> {
    /// Takes an argument, and what tells its bytes.
    pub(crate) fn new(argument: T, _: &Sendable<T>, bytes: fn(&T) -> u64) -> Self {
        Carried { argument, bytes }
    }

    /// The argument, to be written down.
    pub fn argument(&self) -> &T {
        &self.argument
    }

    /// Gives it to the handler.
    pub fn take(self) -> T {
        self.argument
    }
}

/// How many bytes an argument takes, for the limits on arguments and queues.
pub trait ArgumentBytes {
    /// The bytes.
    fn argument_bytes(&self) -> u64;
}

impl ArgumentBytes for String {
    fn argument_bytes(&self) -> u64 {
        self.len() as u64
    }
}

impl ArgumentBytes for Vec<u8> {
    fn argument_bytes(&self) -> u64 {
        self.len() as u64
    }
}

impl<T: ArgumentBytes> ArgumentBytes for Option<T> {
    fn argument_bytes(&self) -> u64 {
        self.as_ref().map_or(0, T::argument_bytes)
    }
}

impl<T> ArgumentBytes for Carried<T> {
    fn argument_bytes(&self) -> u64 {
        (self.bytes)(&self.argument)
    }
}

/// The length of a value in MessagePack, without keeping it. What can't be encoded counts nothing: it travels in
/// memory, and whoever has to write it down says so.
pub(crate) fn encoded_bytes<T: serde::Serialize>(value: &T) -> u64 {
    struct Count(u64);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    match rmp_serde::encode::write(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => 0,
    }
}
