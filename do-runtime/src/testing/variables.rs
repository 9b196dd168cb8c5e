//! The numbers that a campaign takes from the environment: how long it goes on, and where its choices begin.

/// The environment variable that replays a seed.
pub(super) const SEED: &str = "DO_SEED";

/// The number in an environment variable, such as how many rounds a campaign runs; nothing where it is not set.
///
/// # Panics
/// If it holds anything but a whole number: a campaign that ran with another number would prove something else.
pub fn number(variable: &str) -> Option<u64> {
    let text = std::env::var_os(variable)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{variable} is {text:?}, and should be a whole number")))
}

/// The seed in `DO_SEED`, or one that is drawn at random. Print it when a test fails: it repeats the choices.
///
/// # Panics
/// If `DO_SEED` is no whole number.
pub fn seed() -> u64 {
    number(SEED).unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the operating system has random bytes");
        u64::from_le_bytes(bytes)
    })
}
