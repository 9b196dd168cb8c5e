//! What has come of it, for people.

use std::fmt;

use crate::campaign::{Campaign, Outcome};

/// What became of one defect.
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    pub(crate) sentence: &'static str,
    /// What found it, and how.
    pub(crate) by: Option<(Campaign, Outcome)>,
    /// How long that took, the campaigns that did not find it included.
    pub(crate) seconds: f64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Some((campaign, outcome)) => {
                write!(f, "{}: found by {campaign}: {outcome}, {:.1} s", self.name, self.seconds)
            }
            None => write!(f, "{}: NOT FOUND, {:.1} s", self.name, self.seconds),
        }
    }
}

/// A table in Markdown: the defects, what found them, and how long that took.
pub(crate) fn table(findings: &[Finding]) -> String {
    let mut table = String::from("| defect | what goes wrong | found by | seconds |\n|---|---|---|---|\n");
    for Finding { name, sentence, by, seconds } in findings {
        let by = match by {
            Some((campaign, Outcome::Failed(test))) => format!("`{}`: `{test}`", campaign.program),
            Some((campaign, outcome)) => format!("`{campaign}`, which {outcome}"),
            None => "nothing".to_owned(),
        };
        table.push_str(&format!("| `{name}` | {sentence} | {by} | {seconds:.1} |\n"));
    }
    table
}
