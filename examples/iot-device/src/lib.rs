//! The twin of a device: what it measured, what it should be and what it says it is, what it is to do, and what is wrong with it.
//! The device is connected by a WebSocket, or is not: its twin is there in any case.

mod tables;
mod twin;

pub use tables::{Alert, Command, Property, Reading, Summary, Threshold};
pub use twin::{Device, DeviceStub, FromDevice, Sample, ToDevice, Twin};
