//! W3C trace parents: <https://www.w3.org/TR/trace-context/#traceparent-header>.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A place in a distributed trace, as the header `traceparent` says it.
///
/// ```
/// use do_runtime::TraceParent;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let trace: TraceParent = text.parse()?;
/// assert!(trace.is_sampled());
/// assert_eq!(trace.to_string(), text);
/// # Ok::<(), do_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    pub(super) trace_id: u128,
    pub(super) parent_id: u64,
    pub(super) flags: u8,
}

impl TraceParent {
    /// The id of the whole trace; not zero.
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// The id of the span that made the call; not zero.
    pub fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Whether whoever began the trace records it.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text).ok_or_else(|| {
            Error::invalid(format!(
                "{text:?} is no trace parent: it is written like \
                 \"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\""
            ))
        })
    }
}

fn parse(text: &str) -> Option<TraceParent> {
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let (trace_id, parent_id, flags) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
    // A later version may have more at the end; 255 will never be one.
    let ends = parts.next().is_none();
    if version == 0xff || (version == 0 && !ends) || trace_id == 0 || parent_id == 0 {
        return None;
    }
    Some(TraceParent { trace_id, parent_id: u64::try_from(parent_id).ok()?, flags: u8::try_from(flags).ok()? })
}

/// A number of exactly so many hexadecimal digits; capitals are not allowed.
fn hex(digits: &str, count: usize) -> Option<u128> {
    let allowed = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    (digits.len() == count && allowed).then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn a_trace_parent_is_read_and_written_as_the_standard_says() {
        let trace: TraceParent = GOOD.parse().unwrap();
        assert_eq!(trace.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(trace.parent_id(), 0x00f0_67aa_0ba9_02b7);
        assert!(!trace.is_sampled());
        assert_eq!(trace.to_string(), GOOD);
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes";
        assert_eq!(later.parse::<TraceParent>().unwrap().to_string(), GOOD.replace("b7-00", "b7-01"));
    }

    #[test]
    fn what_is_no_trace_parent_is_refused() {
        let wrong = [
            String::new(),
            "00".to_owned(),
            GOOD.to_uppercase(),
            format!("{GOOD}-more"),
            GOOD.replace("00-4b", "ff-4b"),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "+bf9"),
            GOOD.replace("4bf9", "4bf"),
        ];
        for text in wrong {
            let error = text.parse::<TraceParent>().expect_err("no trace parent");
            assert!(error.to_string().contains("is no trace parent"), "{error}");
        }
    }
}
