//! The defects that the runtime knows, read from the list in its source: a program that is built without them has no other
//! trace of them.

const SOURCE: &str = include_str!("../../../do-runtime/src/planted.rs");

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Defect {
    /// The value of the variable `DO_PLANTED`.
    pub(crate) name: &'static str,
    /// What goes wrong.
    pub(crate) sentence: &'static str,
}

/// All of them, in the order of the list.
pub(crate) fn all() -> Vec<Defect> {
    SOURCE.lines().filter_map(read).collect()
}

/// `Variant = "name": "sentence";`
fn read(line: &'static str) -> Option<Defect> {
    let (_, rest) = line.strip_prefix("    ")?.split_once(" = \"")?;
    let (name, sentence) = rest.strip_suffix("\";")?.split_once("\": \"")?;
    Some(Defect { name, sentence })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::table;

    #[test]
    fn each_defect_has_a_name_of_its_own_and_a_campaign_that_is_to_find_it() {
        let all = all();
        let names: BTreeSet<&str> = all.iter().map(|defect| defect.name).collect();
        assert!(all.len() >= 36, "{} defects were read", all.len());
        assert_eq!(names.len(), all.len());
        assert_eq!(names, table::TABLE.iter().map(|(name, _)| *name).collect());
        assert_eq!(table::TABLE.len(), all.len(), "one row for each");
    }
}
