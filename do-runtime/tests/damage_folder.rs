//! Files of a folder that are cut, flipped, doubled, swapped and lost by hand. Whatever is done to one of them, everything that
//! was acknowledged is there, or a sentence says which file is damaged and nothing is changed, or only the objects of
//! the damaged partition answer `storage`, and all of them are back once the file is.
//!
//! `DO_DAMAGE=5000 cargo test -p do-runtime --all-features --test damage_folder` tries all of them, and so many more at random;
//! `DO_SEED` repeats them. With `--nocapture` the outcomes are printed.

mod damage;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use damage::files::{Damage, Files};
use damage::folders::{self, Folder};
use do_runtime::prelude::*;
use do_runtime::testing::number;

/// How many folders are tried at once: they wait for the disk more than they compute.
const AT_ONCE: usize = 6;

/// One damage of one file.
#[derive(Debug, Clone)]
struct Case {
    file: String,
    damage: Damage,
}

/// How a folder behaved.
enum Outcome {
    Whole,
    Listing,
    Refused(Error),
    Partly(Vec<(ObjectId, Error)>),
}

/// Sentences by file and damage, with how often each outcome came.
type Table = BTreeMap<(String, String), BTreeMap<String, usize>>;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_folder_that_was_not_closed_survives_or_tells_every_damage() {
    sweep("not closed", async || folders::dropped().await.expect("the folder is made"));
}

#[test]
fn a_folder_that_was_never_closed_survives_or_tells_every_damage() {
    sweep("never closed", async || folders::young().await.expect("the folder is made"));
}

#[cfg(feature = "testing")]
#[test]
fn a_folder_cut_off_in_a_checkpoint_survives_or_tells_every_damage() {
    let folder = folders::cut_off();
    sweep("cut off", async || folder);
}

#[test]
fn a_registry_is_made_anew_although_the_journal_was_recycled() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let place = tempfile::tempdir().expect("a temporary folder");
        let mut model = damage::accounts::Model::default();
        // Several segments are filled and used anew.
        let objects = Objects::builder().checkpoint_every("2MiB").open(place.path()).await.expect("it opens");
        for operation in 0..60 {
            model.add(&objects, "ann", operation, 1_000_000).await.expect("it is added");
        }
        objects.close().await.expect("it closes");
        let objects = folders::open(place.path()).await.expect("it opens");
        folders::work(&objects, &mut model, 0..3, 100).await.expect("it works");
        drop(objects);

        for name in ["registry.db", "registry.db-wal"] {
            let _ = std::fs::remove_file(place.path().join(name));
        }
        let folder = Folder { files: Files::default(), model, last: None };
        assert_eq!(look(&folder, place.path()).await, Vec::<String>::new());
        assert_eq!(look(&folder, place.path()).await, Vec::<String>::new());
    });
}

/// Else a process that opens and closes folders holds on to the space of files that are gone.
#[cfg(target_os = "linux")]
#[test]
fn closed_folders_leave_no_open_files() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let place = tempfile::tempdir().expect("a temporary folder");
        for round in 0..4 {
            let objects = folders::open(place.path()).await.expect("it opens");
            let mut model = damage::accounts::Model::default();
            model.add(&objects, "ann", round, 50).await.expect("it is added");
            if round % 2 == 0 {
                objects.close().await.expect("it closes");
            }
            drop(objects);
        }
        // What prepares files in the background ends by itself, a little later.
        let begun = std::time::Instant::now();
        while open_files_in(place.path()) > 0 {
            assert!(begun.elapsed().as_secs() < 30, "{} files are still open", open_files_in(place.path()));
            tokio::task::yield_now().await;
        }
    });
}

#[cfg(target_os = "linux")]
fn open_files_in(folder: &std::path::Path) -> usize {
    let files = std::fs::read_dir("/proc/self/fd").expect("the open files are listed");
    let links = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
    links.filter(|link| link.starts_with(folder)).count()
}

fn sweep(what: &str, make: impl AsyncFnOnce() -> Folder) {
    count_panics();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = Arc::new(make().await);
        // Undamaged first: else nothing that follows says anything.
        let (outcome, problems) = try_case(&folder, &Case { file: "none".to_owned(), damage: Damage::Removed }).await;
        assert!(matches!(outcome, Outcome::Whole) && problems.is_empty(), "without a damage: {problems:?}");

        let cases = Arc::new(Mutex::new(all_cases(&folder)));
        let table: Arc<Mutex<Table>> = Arc::default();
        let problems: Arc<Mutex<Vec<String>>> = Arc::default();
        let tried = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (folder, cases, table, problems, tried) =
                    (folder.clone(), cases.clone(), table.clone(), problems.clone(), tried.clone());
                tokio::spawn(async move {
                    loop {
                        let Some(case) = cases.lock().expect("no panic").pop() else { return };
                        let (outcome, found) = try_case(&folder, &case).await;
                        tried.fetch_add(1, Relaxed);
                        note(&table, &case, &outcome);
                        let found =
                            found.into_iter().map(|problem| format!("{} {}: {problem}", case.file, case.damage));
                        problems.lock().expect("no panic").extend(found);
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("no panic");
        }
        print(what, tried.load(Relaxed), &table.lock().expect("no panic"));
        let problems = problems.lock().expect("no panic");
        let shown: Vec<_> = problems.iter().take(30).map(String::as_str).collect();
        assert!(problems.is_empty(), "{} violations:\n{}", problems.len(), shown.join("\n"));
        assert_eq!(PANICS.load(Relaxed), 0, "something panicked");
    });
}

/// Panics of any thread count: one on the blocking pool would else be an error among others.
fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // A test that fails panics on its own thread: that is no panic of what is tested.
            let thread = std::thread::current();
            let of_test = thread.name().is_some_and(|name| name.starts_with("a_") || name.starts_with("closed_"));
            PANICS.fetch_add(usize::from(!of_test), Relaxed);
            before(panic);
        }));
    });
}

/// Every damage of every file, and some more at random if asked for.
fn all_cases(folder: &Folder) -> Vec<Case> {
    let mut cases = Vec::new();
    let names: Vec<&String> = folder.files.0.keys().collect();
    let mut alike = BTreeMap::<_, u32>::new();
    for (file, content) in &folder.files.0 {
        // Of files of one kind, which differ in nothing, some will do; the random form takes all of them.
        let (used, _) = content.sizes();
        let kind = (file.starts_with("pages/"), file.ends_with(".segment"), file.ends_with("-wal"), used == 0);
        let most = if used == 0 { 1 } else { 3 };
        let seen = alike.entry(kind).or_default();
        *seen += 1;
        if *seen > most && (kind.0 || kind.1) {
            continue;
        }
        let mut add = |damage| cases.push(Case { file: file.clone(), damage });
        let (used, length) = content.sizes();
        [0, used / 2, used.saturating_sub(1), length / 2, length.saturating_sub(1)]
            .into_iter()
            .filter(|to| *to < length)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .for_each(|to| add(Damage::Cut(to)));
        places(used, length)
            .into_iter()
            .enumerate()
            .for_each(|(number, at)| add(Damage::Flip { at, bit: (number % 8) as u8 }));
        for page in pages(used) {
            add(Damage::Zeros { at: page, length: 4096 });
            add(Damage::Garbage { at: page, length: 4096 });
        }
        add(Damage::Removed);
        add(Damage::Folder);
        if let Some(other) = copy_name(file, &names) {
            add(Damage::Doubled(other));
        }
        let folder_of = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let siblings = names.iter().filter(|other| ***other > *file && folder_of(other) == folder_of(file));
        siblings.take(3).for_each(|other| add(Damage::Swapped((*other).clone())));
    }
    if number("DO_DAMAGE").is_none() {
        // Bits and pages are most of it: a third of them is enough for every day.
        let mut number = 0;
        cases.retain(|case| {
            let many = matches!(case.damage, Damage::Flip { .. } | Damage::Zeros { .. } | Damage::Garbage { .. });
            number += usize::from(many);
            !many || number % 3 == 0
        });
    }
    cases.extend(random_cases(folder));
    cases
}

/// Where bits are flipped: at the beginning, where headers are, at the end, and evenly between.
fn places(used: u64, length: u64) -> Vec<u64> {
    let mut places: Vec<u64> = [0, 5, 9, 17, 19, 24, 28, 33, 41, 56, 60, 68, 72, 96, 100, 103, 108, 2048 + 40]
        .into_iter()
        .chain((1..=14).map(|part| used * part / 15))
        .chain([1, 2, 4, 9, 20].map(|back| used.saturating_sub(back)))
        .chain([used + 100, length.saturating_sub(1)])
        .filter(|at| *at < length)
        .collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn pages(used: u64) -> Vec<u64> {
    let last = used.saturating_sub(1) / 4096 * 4096;
    let mut pages = vec![0, 4096, 16_384, last / 2 / 4096 * 4096, last];
    pages.retain(|at| *at < used);
    pages.sort_unstable();
    pages.dedup();
    pages
}

/// The name that a copy of a file gets: one of the same kind where there is one.
fn copy_name(file: &str, names: &[&String]) -> Option<String> {
    let free = |name: &String| !names.contains(&name);
    if file.ends_with(".segment") {
        return Some("journal/00000099.segment".to_owned()).filter(free);
    }
    if file.starts_with("pages/") {
        let end = if file.ends_with("-wal") { ".db-wal" } else { ".db" };
        return (0..64).map(|number| format!("pages/{number:02x}{end}")).find(free);
    }
    Some(format!("{file}.copy"))
}

fn random_cases(folder: &Folder) -> Vec<Case> {
    let rounds = number("DO_DAMAGE").unwrap_or(0);
    let mut random = number("DO_SEED").unwrap_or(0x9e37_79b9) | 1;
    let mut next = |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random.checked_rem(bound).unwrap_or(0)
    };
    let names: Vec<_> = folder.files.0.keys().collect();
    let mut cases = Vec::new();
    for _ in 0..rounds {
        let file = names[next(names.len() as u64) as usize];
        let (used, length) = folder.files.0[file].sizes();
        let at = next(used + used / 16).min(length.saturating_sub(1));
        let size = 1 << next(13);
        let damage = match next(8) {
            0 => Damage::Cut(at),
            1 => Damage::Zeros { at, length: size },
            2 | 3 => Damage::Garbage { at, length: size },
            _ => Damage::Flip { at, bit: next(8) as u8 },
        };
        cases.push(Case { file: file.clone(), damage });
    }
    cases
}

/// Does the damage, opens the folder, and says what is not as it should be.
async fn try_case(folder: &Folder, case: &Case) -> (Outcome, Vec<String>) {
    let mut problems = Vec::new();
    let mut files = folder.files.clone();
    case.damage.apply(&mut files, &case.file);
    let reach = case.damage.reach(&case.file);
    // A second look at each is worth its time where something was damaged that counts.
    let twice = !matches!(case.damage, Damage::Flip { at, .. } if at % 4 != 0);
    let place = tempfile::tempdir().expect("a temporary folder");
    files.write(place.path());

    let objects = match folders::open(place.path()).await {
        Ok(objects) => objects,
        Err(error) => {
            refused(&error, &reach, &files, &Files::read(place.path()), &mut problems);
            if reach.iter().all(|file| file.starts_with("registry.db")) {
                problems.extend(without_registry(folder, place.path()).await);
            }
            return (Outcome::Refused(error), problems);
        }
    };
    let compared = folder.model.compare(&objects).await;
    // What a process that was killed wrote last can't be told from a torn end.
    let torn = compared.wrong.len() == 1 && folder.last_may_be_torn(&compared.wrong[0], &reach);
    if !torn {
        problems.extend(compared.wrong);
    }
    let registry = reach.iter().any(|file| file.starts_with("registry.db"));
    let told = compared.failed.iter().all(|(_, error)| error.to_string().contains("registry.db"));
    let listing_told = compared.listing.iter().all(|said| said.contains("registry.db"));
    if registry && told && listing_told && !(compared.listing.is_empty() && compared.failed.is_empty()) {
        // A damaged page of the registry shows when it is read, until the registry is made anew: by a listing, or by what is not
        // in the store yet and needs it.
        let _ = objects.close().await;
        drop(objects);
        problems.extend(without_registry(folder, place.path()).await);
        return (Outcome::Listing, problems);
    }
    problems.extend(compared.listing.into_iter().filter(|_| !torn));
    for (id, error) in &compared.failed {
        let mine = reach.iter().any(|file| partition(file) == Some(id.as_bytes()[0] >> 2));
        let named = error.to_string().contains(&id.to_string())
            || reach.iter().any(|file| error.to_string().contains(base(file)));
        if error.kind() != ErrorKind::Storage || !mine || !named {
            problems.push(format!("object {id} answers {}: {error}", error.kind()));
        }
    }
    if compared.failed.is_empty() {
        // What was whole stays whole.
        if let Err(error) = objects.close().await {
            problems.push(format!("it can't be closed: {error}"));
        }
        drop(objects);
        if !torn && twice {
            problems.extend(
                look(folder, place.path()).await.into_iter().map(|problem| format!("the second time: {problem}")),
            );
        }
        return (Outcome::Whole, problems);
    }
    // The file comes back, and with it the objects; unless something was written to it meanwhile, which a backup lacks.
    let _ = objects.close().await;
    drop(objects);
    let now = Files::read(place.path());
    if files
        .changed(&now)
        .iter()
        .any(|file| file.starts_with("pages/") && reach.iter().any(|own| partition(own) == partition(file)))
    {
        return (Outcome::Partly(compared.failed), problems);
    }
    for file in reach.iter().flat_map(|file| [file.clone(), format!("{}-wal", file.trim_end_matches("-wal"))]) {
        folder.files.write_one(place.path(), &file);
        folder.files.write_one(place.path(), file.trim_end_matches("-wal"));
    }
    problems
        .extend(look(folder, place.path()).await.into_iter().map(|problem| format!("once it was put back: {problem}")));
    (Outcome::Partly(compared.failed), problems)
}

/// Opens a folder and compares it: everything must be there.
async fn look(folder: &Folder, place: &std::path::Path) -> Vec<String> {
    match folders::open(place).await {
        Err(error) => vec![error.to_string()],
        Ok(objects) => {
            let compared = folder.model.compare(&objects).await;
            let failed = compared.failed.into_iter().map(|(_, error)| error.to_string());
            compared.wrong.into_iter().chain(compared.listing).chain(failed).collect()
        }
    }
}

/// An open that was refused: the sentence names the file, and nothing was changed.
fn refused(error: &Error, reach: &[String], before: &Files, after: &Files, problems: &mut Vec<String>) {
    let text = error.to_string();
    if error.kind() != ErrorKind::Storage {
        problems.push(format!("refused as {}: {text}", error.kind()));
    }
    // A segment that is gone has no name any more: then it is the folder.
    let gone = |file: &String| file.ends_with(".segment") && text.contains("/journal");
    if !reach.iter().any(|file| text.contains(base(file).trim_end_matches("-wal")) || gone(file)) {
        problems.push(format!("the refusal does not name the file: {text}"));
    }
    let mut changed = before.changed(after);
    if reach.iter().any(|file| file.starts_with("registry.db")) {
        // It follows from the others, which is tried below; and recovery may have got as far as writing to these.
        changed.retain(|file| file.starts_with("journal/"));
    }
    if !changed.is_empty() {
        problems.push(format!("refused, and {changed:?} changed: {text}"));
    }
}

/// A damaged registry follows from the partitions, once it is moved away.
async fn without_registry(folder: &Folder, place: &std::path::Path) -> Vec<String> {
    for name in ["registry.db", "registry.db-wal"] {
        let path = place.join(name);
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_dir_all(&path);
    }
    let problems = look(folder, place).await;
    problems.into_iter().map(|problem| format!("without the registry: {problem}")).collect()
}

impl Folder {
    /// Whether a difference is the loss of the very last commit, in a journal that was not ended.
    fn last_may_be_torn(&self, difference: &str, reach: &[String]) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| difference.starts_with(last) && reach.iter().any(|file| file.ends_with(".segment")))
    }
}

fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The partition that a file belongs to.
fn partition(file: &str) -> Option<u8> {
    let name = file.strip_prefix("pages/")?;
    u8::from_str_radix(name.get(..2)?, 16).ok()
}

fn note(table: &Mutex<Table>, case: &Case, outcome: &Outcome) {
    let kind = match case.file.as_str() {
        file if file.ends_with(".segment") => "journal/*.segment".to_owned(),
        file if file.starts_with("pages/") && file.ends_with("-wal") => "pages/*.db-wal".to_owned(),
        file if file.starts_with("pages/") => "pages/*.db".to_owned(),
        file => file.to_owned(),
    };
    let words = match outcome {
        Outcome::Whole => "everything is there".to_owned(),
        Outcome::Listing => {
            "everything is there, and a listing says that the registry is damaged until it is moved away".to_owned()
        }
        Outcome::Refused(error) => format!("refused: {}", plain(error)),
        Outcome::Partly(failed) => format!("its objects answer: {}", plain(&failed[0].1)),
    };
    let mut table = table.lock().expect("no panic");
    *table.entry((kind, case.damage.kind().to_owned())).or_default().entry(words).or_default() += 1;
}

/// A sentence without what differs from case to case.
fn plain(error: &Error) -> String {
    let mut plain = String::new();
    for word in error.to_string().split(' ') {
        let word = match word.find("/.tmp") {
            Some(at) => {
                let path = &word[at + 1..];
                format!(
                    "{}…{}",
                    if word.starts_with('`') { "`" } else { "" },
                    path.find('/').map_or("", |at| &path[at..])
                )
            }
            None => word.to_owned(),
        };
        let digits = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let number = !digits.is_empty() && (digits.len() == 64 || digits.bytes().all(|byte| byte.is_ascii_digit()));
        plain.push_str(&if number { word.replace(digits, "N") } else { word });
        plain.push(' ');
    }
    plain
}

fn print(what: &str, tried: usize, table: &Table) {
    eprintln!("{what}: {tried} damages");
    for ((file, damage), outcomes) in table {
        for (words, count) in outcomes {
            eprintln!("| {file} | {damage} | {count} | {words} |");
        }
    }
}
