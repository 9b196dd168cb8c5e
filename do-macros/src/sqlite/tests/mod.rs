//! Statements over the schema of a chat.

mod classes;
mod right;
mod scans;
mod schema;
mod wrong;
