//! Did-you-mean.

/// The candidate closest to `wrong`, if it is close enough to be a slip of the fingers.
pub(crate) fn closest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&wrong, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(wrong.len().max(candidate.len())))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many slips a word of this length may have: short words are easily taken for one another.
fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

/// `: did you mean `index`?`, or `; there is `a`, `b` and `c``.
pub(crate) fn instead_of(wrong: &str, known: &[&str]) -> String {
    match closest(wrong, known.iter().copied()) {
        Some(meant) => format!(": did you mean `{meant}`?"),
        None => format!("; there is {}", listed(known)),
    }
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => format!("`{}` and `{last}`", first.join("`, `")),
    }
}

/// Edit distance in which swapping two neighbours counts once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(table[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_finds_its_word() {
        let names = ["author", "body", "at"];
        assert_eq!(closest("auhtor", names), Some("author"));
        assert_eq!(closest("Body", names), Some("body"));
        assert_eq!(closest("desk", ["desc", "asc"]), Some("desc"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(closest("zebra", ["author", "body", "at"]), None);
        assert_eq!(closest("by", ["at"]), None);
    }

    #[test]
    fn without_a_near_word_all_are_listed() {
        assert_eq!(instead_of("zebra", &["name", "index", "unique"]), "; there is `name`, `index` and `unique`");
        assert_eq!(instead_of("idnex", &["name", "index", "unique"]), ": did you mean `index`?");
    }
}
