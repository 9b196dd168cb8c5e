//! Deliberate defects: each must be found by a campaign, or the campaign proves nothing. `tests/planted` sees to that.
//!
//! They are compiled with `--cfg do_planted` alone, and then the variable `DO_PLANTED` says which one is there: none without
//! it. In every other build [`planted`] is a constant, and the compiler leaves nothing of the places that ask.

/// Lists them: the defect, the name that the variable takes, and what goes wrong.
macro_rules! defects {
    ($($defect:ident = $name:literal: $sentence:literal;)*) => {
        /// What can be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Defect {
            $(#[doc = $sentence] $defect,)*
        }

        #[cfg(do_planted)]
        const ALL: &[(Defect, &str, &str)] = &[$((Defect::$defect, $name, $sentence),)*];
    };
}

defects! {
    // The journal.
    AcknowledgedBeforeSync = "acknowledged-before-sync": "A batch counts as durable as soon as it is on its way to the disk.";
    SecondFileNotSynced = "second-file-not-synced": "Of a batch that reaches into a second segment only the first file is synced.";
    FolderNotSynced = "folder-not-synced": "The folder is not synced after a segment file was made.";
    FailedSyncTriedAgain = "failed-sync-tried-again": "A sync that failed is tried again, and the second one is believed.";
    ReleasedOutOfOrder = "released-out-of-order": "Of two syncs in flight the one that ends first is released first.";
    DurableTooFar = "durable-too-far": "What was appended while a batch was written counts as durable with it.";
    RecycledTooEarly = "recycled-too-early": "The segment that holds the position of the checkpoint is used anew.";
}

/// Whether this defect is there.
#[cfg(not(do_planted))]
#[inline(always)]
pub(crate) const fn planted(_: Defect) -> bool {
    false
}

/// Whether this defect is there.
#[cfg(do_planted)]
pub(crate) fn planted(defect: Defect) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<Defect>> = std::sync::OnceLock::new();
    *CHOSEN.get_or_init(chosen) == Some(defect)
}

/// The defect that the variable names. Under a name that is not known the program ends, and tells those that are.
#[cfg(do_planted)]
fn chosen() -> Option<Defect> {
    let name = std::env::var("DO_PLANTED").ok().filter(|name| !name.is_empty())?;
    let known = ALL.iter().find(|(_, known, _)| *known == name);
    if known.is_none() {
        eprintln!("DO_PLANTED={name}: there is no such defect; there are");
        ALL.iter().for_each(|(_, name, sentence)| eprintln!("{name}: {sentence}"));
        std::process::exit(2);
    }
    known.map(|(defect, ..)| *defect)
}
