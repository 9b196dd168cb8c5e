//! What the tests of damages share: objects whose content can be checked against a model.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod accounts;
pub mod files;
pub mod folders;
