//! Statements over the schema of a chat.

mod right;
mod scans;
mod schema;
mod wrong;
