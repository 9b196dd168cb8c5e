//! Where the programs are. They are built by whoever builds the workspace's tests; what is missing or older than its sources is built here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The folder of the programs, which is that of this one.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs of these packages. They are there when this returns.
    ///
    /// # Errors
    /// A sentence, if one of them can't be built.
    pub fn of(packages: &[&str]) -> Result<Self, String> {
        let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
        let beside = this.parent().ok_or("this program is in no folder")?;
        // A test lies in `deps`, below the programs.
        let folder = if beside.ends_with("deps") { beside.parent().unwrap_or(beside) } else { beside };
        let programs = Programs { folder: folder.to_owned() };
        if !packages.iter().all(|name| programs.is_current(name)) {
            programs.build(packages)?; // all of them, as which features they share depends on who is built together
        }
        Ok(programs)
    }

    /// The path of a program.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Whether a program is there, and younger than every file that cargo has noted beside it.
    fn is_current(&self, name: &str) -> bool {
        let Some(built) = modified(&self.path(name)) else { return false };
        let Ok(noted) = std::fs::read_to_string(self.folder.join(format!("{name}.d"))) else { return false };
        let Some((_, sources)) = noted.split_once(": ") else { return false };
        let sources = sources.trim_end().replace("\\ ", "\0");
        sources.split(' ').all(|source| modified(Path::new(&source.replace('\0', " "))).is_some_and(|at| at <= built))
    }

    fn build(&self, packages: &[&str]) -> Result<(), String> {
        eprintln!("building the programs: some are missing, or older than their sources");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("build").current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CARGO_TARGET_DIR");
        match self.folder.file_name().and_then(|name| name.to_str()) {
            None | Some("debug") => {}
            Some(profile) => {
                cargo.args(["--profile", profile]);
            }
        }
        if let Some(target) = self.folder.parent() {
            cargo.arg("--target-dir").arg(target);
        }
        for package in packages {
            cargo.args(["-p", package]);
        }
        let status = cargo.status().map_err(|error| format!("cargo can't be started: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`cargo build` ended with {status}")) }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
