//! Where a value of MessagePack ends, without looking into it.

/// The number of entries of a map at the beginning, and what follows its header.
pub(super) fn map(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (marker, rest) = bytes.split_first()?;
    match marker {
        0x80..=0x8f => Some((u64::from(marker & 0x0f), rest)),
        0xde => number(rest, 2),
        0xdf => number(rest, 4),
        _ => None,
    }
}

/// The first value and what follows it. Nothing, if the bytes end before it does.
pub(super) fn split_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    // Each byte adds at most 2^33, so that this can't overflow.
    let mut values_left = 1_u64;
    while values_left > 0 {
        let (marker, after) = rest.split_first()?;
        let (inside, body) = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (0, (0, after)),
            0x80..=0x8f => (2 * u64::from(marker & 0x0f), (0, after)),
            0x90..=0x9f => (u64::from(marker & 0x0f), (0, after)),
            0xa0..=0xbf => (0, (u64::from(marker & 0x1f), after)),
            // What is never used.
            0xc1 => return None,
            0xc4 | 0xd9 => (0, number(after, 1)?),
            0xc5 | 0xda => (0, number(after, 2)?),
            0xc6 | 0xdb => (0, number(after, 4)?),
            0xc7 => (0, with_type(number(after, 1)?)),
            0xc8 => (0, with_type(number(after, 2)?)),
            0xc9 => (0, with_type(number(after, 4)?)),
            0xcc | 0xd0 => (0, (1, after)),
            0xcd | 0xd1 => (0, (2, after)),
            0xca | 0xce | 0xd2 => (0, (4, after)),
            0xcb | 0xcf | 0xd3 => (0, (8, after)),
            0xd4..=0xd8 => (0, with_type((1_u64 << (marker - 0xd4), after))),
            0xdc => items(number(after, 2)?, 1),
            0xdd => items(number(after, 4)?, 1),
            0xde => items(number(after, 2)?, 2),
            0xdf => items(number(after, 4)?, 2),
        };
        let (length, after) = body;
        rest = after.get(usize::try_from(length).ok()?..)?;
        values_left = values_left - 1 + inside;
    }
    Some(bytes.split_at(bytes.len() - rest.len()))
}

/// An integer of so many bytes, and what follows it.
fn number(bytes: &[u8], width: usize) -> Option<(u64, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(width)?;
    let number = digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit));
    Some((number, rest))
}

/// An extension has its type before its bytes.
fn with_type((length, rest): (u64, &[u8])) -> (u64, &[u8]) {
    (length + 1, rest)
}

fn items((count, rest): (u64, &[u8]), each: u64) -> (u64, (u64, &[u8])) {
    (count * each, (0, rest))
}
