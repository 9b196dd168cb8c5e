//! Opening a folder: taking it, checking it, and bringing in what a crash left in its journal.

use std::path::Path;
use std::sync::Arc;

use super::core::Rest;
use super::{Home, Node, Objects, background, registration};
use crate::env::{Disk, Env, LockError, Open};
use crate::error::{Error, ErrorKind, Result};
use crate::id::IdKey;
use crate::journal::{ClassTag, Journal, JournalOptions};
use crate::placement::OneProcess;
use crate::sqlite::DiskVfs;
use crate::store::{Location, PAGES, Replay, SqlitePageStore, WriteBehind};

use super::builder::Options;

/// The file that holds the key of the ids.
pub(crate) const ID_KEY: &str = "id.key";
/// While it is being written.
const ID_KEY_NEW: &str = "id.key.new";

/// Opens the folder of `env`'s disk.
pub(super) async fn open(env: Env, options: Options) -> Result<Objects> {
    let random = env.random.clone();
    let shared = options.shared.clone();
    let (ids, node) = bring_up_apart(env, options).await?;
    let home = Home::new(ids, random);
    home.give(shared);
    move_in(&home, node);
    Ok(Objects::owning(home))
}

/// Opens the folder again in the home of a node that was closed: its stubs stay valid.
#[cfg(feature = "testing")]
pub(crate) async fn reopen(builder: super::Builder, home: &Arc<Home>) -> Result<()> {
    let (env, options) = builder.into_parts()?;
    home.give(options.shared.clone());
    let (_, node) = bring_up_apart(env, options).await?;
    move_in(home, node);
    Ok(())
}

fn move_in(home: &Arc<Home>, node: Arc<Node>) {
    home.enter(node.clone());
    background::start(&node, home);
}

/// Brings a node up on the blocking pool.
async fn bring_up_apart(env: Env, options: Options) -> Result<(IdKey, Arc<Node>)> {
    let classes = registration::check(&OneProcess { jurisdiction: options.jurisdiction.clone() })?;
    let (answer, answered) = tokio::sync::oneshot::channel();
    let spawn = env.spawn.clone();
    spawn.spawn_blocking(Box::new(move || {
        // Nobody listens any more if whoever opened was dropped: then the node goes too.
        let _ = answer.send(bring_up(env, options, &classes));
    }));
    let stopped = |_| Error::new(ErrorKind::Unavailable, "the runtime stopped while the folder was being opened");
    answered.await.map_err(stopped)?
}

fn bring_up(env: Env, options: Options, classes: &[&'static str]) -> Result<(IdKey, Arc<Node>)> {
    let disk = env.disk.clone();
    let shown = disk.describe(Path::new("")).display().to_string();
    disk.create_folder(Path::new("")).map_err(|error| {
        Error::with_source(ErrorKind::Storage, format!("the folder `{shown}` can't be made: {error}"), error)
    })?;
    let lock = disk.lock().map_err(|error| taken(&shown, error))?;
    settle_names(&*disk, &shown)?;
    let ids = id_key(&env, &shown)?;

    let vfs = DiskVfs::register(disk.clone())?;
    let pages = Arc::new(SqlitePageStore::open(Location::on_vfs(disk, vfs.name()), &*env.random)?);
    let registry = pages.registry();
    for class in classes {
        registry.register_class(ClassTag::of(class), class)?;
    }
    let checkpoint = registry.checkpoint();
    let behind = Arc::new(WriteBehind::new(pages.clone(), checkpoint));

    let settings = JournalOptions {
        segment: options.segment_bytes,
        largest: options.largest,
        // Half of it, and as much of it, are the usual proportions.
        unsynced: options.largest / 2,
        spare: options.largest,
        rhythm: options.rhythm,
        ..JournalOptions::new(ids.folder_mark())
    };
    let mut replay = Replay::new(&behind, &pages, env.clock.now());
    let recovered = Journal::recover(&env, settings)?;
    // A registry that was made anew does not know the last checkpoint: all that is there is read, and skipped if it is kept.
    let from = if registry.is_rebuilt()? { checkpoint.max(recovered.first()) } else { checkpoint };
    let replayed = recovered.replay(from, &mut |commit, position| replay.apply(commit, position))?;
    replayed.expect(registry.journal()?)?;
    let kept = replay.finish()?;
    let journal = Arc::new(Journal::start(replayed, kept.position)?);
    registry.set_journal(journal.reached())?;

    let rest = Rest { behind, pages, vfs, lock };
    Ok((ids, Arc::new(Node::new(env, options, journal, rest))))
}

/// Makes durable which files there are. Some may have been made by a process that was killed before that was durable, and what is done
/// now relies on them: no data may be there without the key of its ids, no database without what it has written ahead of itself. The
/// journal sees to its own files.
fn settle_names(disk: &dyn Disk, folder: &str) -> Result<()> {
    let settle = |path: &Path| match disk.sync_folder(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    };
    settle(Path::new("")).and_then(|()| settle(Path::new(PAGES))).map_err(|error| {
        Error::with_source(ErrorKind::Storage, format!("the folder `{folder}` can't be made durable: {error}"), error)
    })
}

pub(crate) fn taken(folder: &str, error: LockError) -> Error {
    match error {
        LockError::Held(Some(process)) => Error::new(
            ErrorKind::Unavailable,
            format!("the folder `{folder}` is open in process {process}: one process at a time can have it"),
        ),
        LockError::Held(None) => Error::new(
            ErrorKind::Unavailable,
            format!("the folder `{folder}` is open in another process: one process at a time can have it"),
        ),
        LockError::Io(error) => Error::with_source(
            ErrorKind::Storage,
            format!("the folder `{folder}` can't be taken by its file `LOCK`: {error}"),
            error,
        ),
    }
}

/// The key of the ids: read, or drawn and made durable before the first id. Data without its key is refused.
fn id_key(env: &Env, folder: &str) -> Result<IdKey> {
    let disk = &*env.disk;
    let refused = |error: std::io::Error| {
        Error::with_source(ErrorKind::Storage, format!("`{folder}/{ID_KEY}` can't be used: {error}"), error)
    };
    if !disk.exists(Path::new(ID_KEY)).map_err(refused)? {
        for data in ["registry.db", "journal", "pages"] {
            if disk.exists(Path::new(data)).map_err(refused)? {
                return Err(Error::new(
                    ErrorKind::Storage,
                    format!(
                        "the folder `{folder}` holds data but not `{ID_KEY}`, the key of its object ids: put the file back \
                         from a backup; nothing was changed"
                    ),
                ));
            }
        }
        return draw_key(env).map_err(refused);
    }
    let file = disk.open(Path::new(ID_KEY), Open::Read).map_err(refused)?;
    let mut key = [0; 33];
    if file.read_at(&mut key, 0).map_err(refused)? != 32 {
        return Err(Error::new(
            ErrorKind::Storage,
            format!("`{folder}/{ID_KEY}` does not have 32 bytes: put the file back from a backup; nothing was changed"),
        ));
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&key[..32]);
    Ok(IdKey::new(bytes))
}

fn draw_key(env: &Env) -> std::io::Result<IdKey> {
    let mut key = [0; 32];
    env.random.fill(&mut key);
    let disk: &dyn Disk = &*env.disk;
    let file = disk.open(Path::new(ID_KEY_NEW), Open::Create)?;
    file.set_len(0)?;
    file.write_at(&key, 0)?;
    file.sync()?;
    disk.rename(Path::new(ID_KEY_NEW), Path::new(ID_KEY))?;
    disk.sync_folder(Path::new(""))?;
    Ok(IdKey::new(key))
}
