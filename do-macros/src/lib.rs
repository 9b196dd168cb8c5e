//! Attribute macros of do-runtime.
