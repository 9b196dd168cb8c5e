//! Sizes in attributes: a number and a unit, `"64KiB"`, `"2MiB"`, `"500kB"`, `"123B"`.

use syn::LitStr;

use crate::problems::Problems;

const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// The bytes of a size, of which there is at least one.
pub(crate) fn bytes(text: &LitStr, problems: &mut Problems) -> Option<u64> {
    let value = text.value();
    match parse(&value) {
        Some(0) => problems.at(text, "this is no room at all: write at least \"1B\""),
        Some(bytes) => return Some(bytes),
        None => {
            let message =
                format!("{value:?} is not a size: write a number and a unit, as in \"64KiB\", \"2MiB\" or \"1GiB\"");
            problems.at(text, message);
        }
    }
    None
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, factor) = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number = number.trim_end();
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|bytes| i64::try_from(*bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        assert_eq!(parse("123B"), Some(123));
        assert_eq!(parse("64KiB"), Some(65_536));
        assert_eq!(parse("2 MiB"), Some(2_097_152));
        assert_eq!(parse("500kB"), Some(500_000));
        assert_eq!(parse("10GiB"), Some(10_737_418_240));
    }

    #[test]
    fn nonsense_is_no_size() {
        for text in ["", "MiB", "2", "2MiBs", "2 mib", "-1B", "1.5MiB", "99999999999TiB"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
