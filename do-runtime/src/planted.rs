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
    LastOfBatchNotWoken = "last-of-batch-not-woken": "Who waits for the last record of a batch is woken with the next batch.";
    StatedTooFar = "stated-too-far": "A segment's header states that the batch is durable which it is written with.";
    RecycledTooEarly = "recycled-too-early": "The segment that holds the position of the checkpoint is used anew.";
    ReaderIgnored = "reader-ignored": "Segments are used anew while somebody reads them.";
    RecordSkippedAtReplay = "record-skipped-at-replay": "Replay begins behind the first record after the checkpoint.";
    OldLifeReplayed = "old-life-replayed": "What a later life of the journal gave up is read.";
    RecoveredNotSynced = "recovered-not-synced": "What a killed process wrote is relied on without being synced.";
    BadChecksumAccepted = "bad-checksum-accepted": "The checksum of a record is not compared.";
    PredecessorIgnored = "predecessor-ignored": "The checksum of a record does not cover that of the record before.";
    TornTailKept = "torn-tail-kept": "The last record of a batch is taken although its checksum is wrong.";

    // Replies.
    ReplyOneTooEarly = "reply-one-too-early": "A reply waits for the commit before the one of its own handler.";
    ReadNotGated = "read-not-gated": "The reply of a reading handler does not wait for what it has seen.";

    // The store.
    PageBeforeRecord = "page-before-record": "Pages are written to the store before their record is durable.";
    AppliedNotWritten = "applied-not-written": "The position that the pages of an object contain is not moved on.";
    ReplayedTwice = "replayed-twice": "The last commit that the pages contain is replayed again.";
    HeadRegresses = "head-regresses": "An older state of an object that comes late replaces the newer one.";
    OlderHeadBelieved = "older-head-believed": "An older head in the registry counts as what the log said last of an alarm.";
    OldLookBelieved = "old-look-believed": "An object that had nothing to do when it was looked at is left alone, whatever it committed since.";
    OldIndexBelieved = "old-index-believed": "What was read of the index before it changed counts as what it says.";
    CutOffPageReadAgain = "cut-off-page-read-again": "A page that was cut off is read from the store when the object grows again.";
    PagesOfAnother = "pages-of-another": "An object without pending pages is read from those of the next object.";
    NameNotListed = "name-not-listed": "The registry's row of an object is without its name.";
    DeletedComesBack = "deleted-comes-back": "A deletion does not reach the store.";
    DeletedPagesComeBack = "deleted-pages-come-back": "An object that begins again lies over the pages of its earlier life.";
    NewerFateForgotten = "newer-fate-forgotten": "What became of an object during a checkpoint is not listed after it.";
    CheckpointTooFar = "checkpoint-too-far": "A checkpoint frees the log of what the store has not got.";
    UnfoldedFreed = "unfolded-freed": "The log is freed of what a partition could not fold into its file.";
    SleeperPassedOver = "sleeper-passed-over": "A checkpoint passes over an object that is just handing its pages over.";
    RebuildForgotten = "rebuild-forgotten": "An object whose handler was given up is not rebuilt from the log.";
    PageOfZerosForgotten = "page-of-zeros-forgotten": "A new page of zeros is not handed over.";
    ShedTooEarly = "shed-too-early": "Pages are let go of before the store has them.";

    // Alarms.
    NextAlarmNotLogged = "next-alarm-not-logged": "A commit that moves the next alarm says the former one in its record.";
    AlarmsForgottenAtWake = "alarms-forgotten-at-wake": "The first commit after a wake forgets that alarms are set.";
    AlarmRemovedBefore = "alarm-removed-before": "An alarm is removed by a transaction before the one of its handler.";
    RemovedAtItsBegin = "removed-at-its-begin": "An asynchronous alarm is removed when its handler begins.";
    RepeatedUnderAnother = "repeated-under-another": "An alarm that repeats goes on under another identity, and is set a second time.";
    PeriodDrifts = "period-drifts": "The next period is counted from the end of a late run.";
    RetryNotCounted = "retry-not-counted": "A run that failed is not counted.";
    RevisionIgnored = "revision-ignored": "An alarm that was set anew while it ran is removed with its run.";
    FailedAlarmNotCancelled = "failed-alarm-not-cancelled": "An alarm that has failed once can't be cancelled any more.";
    AlarmEarly = "alarm-early": "An alarm is due at the beginning of the second for which it is set.";
    LatestFirst = "latest-first": "Of alarms that are late the latest runs first.";

    // Messages.
    SequenceReused = "sequence-reused": "Messages are numbered from 1 again once all have arrived.";
    DeletedBeforeArrival = "deleted-before-arrival": "The sender deletes messages before their receiver has committed.";
    InboxNotNoted = "inbox-not-noted": "The receiver does not note what it has applied.";
    NotedBeforeItRan = "noted-before-it-ran": "A message is noted as applied before its asynchronous handler has returned.";
    IncarnationIgnored = "incarnation-ignored": "A receiver does not tell one life of a sender from another.";
    NextOvertakes = "next-overtakes": "The messages behind one that was refused go on.";
    SetAsideCounts = "set-aside-counts": "The tries of a message that was set aside count for the next one.";
    SetAsideLost = "set-aside-lost": "A message that is given up is deleted.";
    ErasedTooEarly = "erased-too-early": "An object that was erased goes although its messages are on their way.";

    // Rows that expire.
    ExpiredAtTheInstant = "expired-at-the-instant": "A reading handler sees a row at the very instant of its expiry.";
    ExpiredByKeptStatement = "expired-by-kept-statement": "A statement that was prepared before a row expired goes on seeing it.";
    ExpiredByCascade = "expired-by-cascade": "A reading handler sees rows whose parent has expired.";
    ExpiredBehindWith = "expired-behind-with": "A statement that begins with a WITH sees what has expired.";
    ExpiredHoldsKey = "expired-holds-key": "A writing handler does not delete what has expired.";
    SweptTooEarly = "swept-too-early": "A row is deleted a millisecond before it expires, with one that has.";
    EarliestNotFollowed = "earliest-not-followed": "What is known of the earliest expiry does not follow commits.";
    CleanupNotScheduled = "cleanup-not-scheduled": "A commit does not set the cleanup.";

    // Calls under idempotency keys.
    ReplyKeptAfter = "reply-kept-after": "A reply is kept by a transaction after the one of its effects.";
    ConflictNotNoticed = "conflict-not-noticed": "A key that was used with other arguments answers what it did then.";
    ReplySweptEarly = "reply-swept-early": "A reply is removed an hour before it expires.";
    KeyOfAnybody = "key-of-anybody": "A key of one caller counts for another.";
    SecondCallLetIn = "second-call-let-in": "A call under a key begins while the first one under it runs.";
    InterruptedRunsAgain = "interrupted-runs-again": "An asynchronous call that was cut off runs again under its key.";

    // Objects.
    FieldsNotUndone = "fields-not-undone": "Stored fields stay as a handler left them that failed.";
    KeptAfterPanic = "kept-after-panic": "The instance of a handler that panicked goes on.";
    SizeNotUndone = "size-not-undone": "A roll back leaves the database as large as the transaction made it.";
    SavepointNotUndone = "savepoint-not-undone": "What a savepoint wrote stays although it failed.";
    SavepointKeepsFields = "savepoint-keeps-fields": "Stored fields stay as a savepoint left them that failed.";
    NameLostAsleep = "name-lost-asleep": "An object that is woken by its id does not learn its name.";
    NameNotLogged = "name-not-logged": "The first record of an object is without its name.";
    InitNotLogged = "init-not-logged": "The first record of an object is without what its first wake wrote.";
    NameTrimmed = "name-trimmed": "Names that differ in the space around them give one id.";
    LateCommitAccepted = "late-commit-accepted": "A handler that was given up commits when it returns after all.";
    LastComeFirstServed = "last-come-first-served": "Who came last of those that wait is served first.";

    // Sockets and live queries.
    SocketNotGated = "socket-not-gated": "A message leaves before the transaction that sent it is durable.";
    SocketNotUndone = "socket-not-undone": "What a failed handler did with sockets stays, and its messages go with the next transaction.";
    SocketsForgotten = "sockets-forgotten": "An object that was asleep has none of its sockets.";
    ChangeNotTold = "change-not-told": "Who watches an object is not told of a commit.";
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
    use std::io::Write;

    let name = std::env::var("DO_PLANTED").ok().filter(|name| !name.is_empty())?;
    let known = ALL.iter().find(|(_, known, _)| *known == name);
    if known.is_none() {
        // Not by the macros: tests would keep it to themselves.
        let list: String = ALL.iter().map(|(_, name, sentence)| format!("{name}: {sentence}\n")).collect();
        let _ = write!(std::io::stderr(), "DO_PLANTED={name}: there is no such defect; there are\n{list}");
        std::process::exit(2);
    }
    known.map(|(defect, ..)| *defect)
}
