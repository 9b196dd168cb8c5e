//! Writes the folders of the present formats: `cargo run -p do-formats -- tests/formats/1`.

use std::path::PathBuf;

use do_formats::{archive, library};
use do_runtime::prelude::*;

#[tokio::main]
async fn main() -> Result {
    let place: PathBuf = std::env::args_os().nth(1).context("say where: tests/formats/1")?.into();
    ensure!(!place.exists(), "{} is there already, and is never written again", place.display());
    std::fs::create_dir_all(&place).context(place.display())?;

    // One that was closed in order.
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = library::open(folder.path()).await?;
    library::write(&objects).await?;
    library::write_letters(&objects).await?;
    objects.close().await?;
    drop(objects);
    let packed = archive::pack(folder.path()).context("the closed folder")?;
    std::fs::write(place.join("closed.gz"), packed).context(place.display())?;

    // One whose process ended: what came after the close is in its journal alone.
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = library::open(folder.path()).await?;
    objects.close().await?;
    drop(objects);
    let objects = library::open(folder.path()).await?;
    library::write(&objects).await?;
    library::write_letters(&objects).await?;
    drop(objects);
    let packed = archive::pack(folder.path()).context("the dropped folder")?;
    std::fs::write(place.join("dropped.gz"), packed).context(place.display())
}
