//! Nothing: what is left of [`super`] without the feature `metrics`.

use std::sync::Arc;

use super::Came;
use crate::Timestamp;
use crate::call::AnswerSlot;
use crate::error::ErrorKind;
use crate::node::Node;
use crate::object::{AlarmDef, Method};
use crate::sqlite::Message;

/// No moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment;

impl Moment {
    pub(crate) const NONE: Moment = Moment;

    #[inline(always)]
    pub(crate) fn now(_: &Node) -> Self {
        Moment
    }

    #[inline(always)]
    pub(crate) fn end(self, _: &Node) -> Self {
        Moment
    }
}

#[inline(always)]
pub(crate) fn ran(_: &'static str, _: &'static Method, _: [Moment; 3], _: &mut dyn AnswerSlot) {}

#[inline(always)]
pub(crate) fn ended(_: &'static str, _: &'static Method, _: Moment, _: &Node, _: impl FnOnce() -> Came) {}

#[inline(always)]
pub(crate) fn answered(_: &'static str, _: &'static Method, _: Moment, _: &Node) {}

#[inline(always)]
pub(crate) fn refused(_: &'static str, _: &'static Method, _: ErrorKind) {}

#[inline(always)]
pub(crate) fn woke(_: &'static str, _: Moment, _: &Node, _: impl FnOnce() -> Came) {}

#[inline(always)]
pub(crate) fn hibernated(_: &'static str) {}

#[inline(always)]
pub(crate) fn evicted(_: &'static str) {}

#[inline(always)]
pub(crate) fn fenced(_: &'static str) {}

#[inline(always)]
pub(crate) fn alarm_began(_: &'static str, _: &[AlarmDef], _: &str, _: Timestamp, _: Timestamp) {}

#[inline(always)]
pub(crate) fn alarm_ended(_: &'static str, _: &[AlarmDef], _: &str, _: impl FnOnce() -> Came) {}

#[inline(always)]
pub(crate) fn alarm_given_up(_: &'static str, _: &[AlarmDef], _: &str) {}

#[inline(always)]
pub(crate) fn posted(_: &'static str, _: &Message, _: Timestamp, _: impl FnOnce() -> Came) {}

#[cfg(any(feature = "http", feature = "testing"))]
#[inline(always)]
pub(crate) fn socket_received(_: &'static str, _: impl FnOnce() -> Came) {}

#[cfg(any(feature = "http", feature = "testing"))]
#[inline(always)]
pub(crate) fn socket_sent(_: &'static str) {}

#[inline(always)]
pub(crate) fn watch(_: &Arc<Node>) {}

#[inline(always)]
pub(crate) fn now_and_then() {}
