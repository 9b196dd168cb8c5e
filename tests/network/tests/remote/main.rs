//! Objects in another process, called by the same stubs.

mod desk;
mod killed;
mod limits;
mod restarts;
mod same;
mod secure;
mod server;
