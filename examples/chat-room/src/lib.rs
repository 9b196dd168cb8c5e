//! Chat rooms as durable objects: every room has a name, a topic and its own history of thirty days; a moderator hears
//! what is reported.

mod moderator;
mod room;

pub use moderator::{HOUSE, Moderator, ModeratorStub, Report, Verdict};
pub use room::{ChatRoom, ChatRoomStub, Digest, LogLine, Message, Refused, Stats};
