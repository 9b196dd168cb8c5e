//! The programs of the campaigns: built once, with the defects in the runtime, in a folder of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::campaign::Campaign;

/// Where they are built, so that no other build is thrown away for them.
const FOLDER: &str = "target/planted";

/// A package with campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Package {
    Runtime,
    Tests,
    Crash,
    Simulation,
}

/// The tests of a package: those in its sources, or one of its files of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    Sources(Package),
    Tests(Package, &'static str),
}

/// A program that is built.
pub(crate) struct Built {
    pub(crate) executable: PathBuf,
    /// The folder of its package, where tests expect to be run.
    pub(crate) folder: PathBuf,
}

/// All that are built.
pub(crate) struct Programs(BTreeMap<Program, Built>);

impl Package {
    fn name(self) -> &'static str {
        match self {
            Package::Runtime => "do-runtime",
            Package::Tests => "do-tests",
            Package::Crash => "do-crash",
            Package::Simulation => "do-simulation",
        }
    }

    /// Its folder in the workspace.
    fn folder(self) -> &'static str {
        match self {
            Package::Runtime => "do-runtime",
            Package::Tests => "tests",
            Package::Crash => "tests/crash",
            Package::Simulation => "tests/simulation",
        }
    }
}

impl Program {
    fn package(self) -> Package {
        match self {
            Program::Sources(package) | Program::Tests(package, _) => package,
        }
    }

    /// What cargo calls its target: kind and name.
    fn target(self) -> (&'static str, String) {
        match self {
            Program::Sources(package) => ("lib", package.name().replace('-', "_")),
            Program::Tests(_, name) => ("test", name.to_owned()),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Program::Sources(package) => write!(f, "{} --lib", package.name()),
            Program::Tests(package, name) => write!(f, "{} --test {name}", package.name()),
        }
    }
}

impl Programs {
    /// Builds the programs of these campaigns.
    pub(crate) fn build(campaigns: &[&Campaign]) -> Result<Self, String> {
        let wanted: BTreeSet<Program> = campaigns.iter().map(|campaign| campaign.program).collect();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = workspace.canonicalize().map_err(|error| format!("the workspace is not there: {error}"))?;
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(&workspace)
            .args(["test", "--no-run", "--all-features", "--message-format=json-render-diagnostics"])
            .args(["--target-dir", FOLDER])
            .args(arguments(&wanted))
            .env("RUSTFLAGS", flags())
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            // Nobody debugs these or builds them twice.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cargo can't be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("the campaigns can't be built: {}", output.status));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let artifacts: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let find = |program: Program| {
            let folder = workspace.join(program.package().folder());
            let found = artifacts.iter().find_map(|artifact| executable(artifact, program, &folder));
            let executable = found.ok_or_else(|| format!("cargo has not built {program}"))?;
            Ok((program, Built { executable, folder }))
        };
        wanted.into_iter().map(find).collect::<Result<_, _>>().map(Programs)
    }

    /// One of them.
    pub(crate) fn of(&self, program: &Program) -> &Built {
        self.0.get(program).expect("the programs of all campaigns were built")
    }
}

/// The packages and targets, as cargo takes them.
fn arguments(wanted: &BTreeSet<Program>) -> Vec<String> {
    let packages: BTreeSet<Package> = wanted.iter().map(|program| program.package()).collect();
    let mut arguments = Vec::new();
    arguments.extend(packages.into_iter().flat_map(|package| ["-p".to_owned(), package.name().to_owned()]));
    if wanted.iter().any(|program| matches!(program, Program::Sources(_))) {
        arguments.push("--lib".to_owned());
    }
    let tests: BTreeSet<&str> = wanted
        .iter()
        .filter_map(|program| match program {
            Program::Sources(_) => None,
            Program::Tests(_, name) => Some(*name),
        })
        .collect();
    arguments.extend(tests.into_iter().flat_map(|name| ["--test".to_owned(), name.to_owned()]));
    arguments
}

/// The flags of the compiler, with the defects.
fn flags() -> String {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    format!("{flags} --cfg do_planted").trim_start().to_owned()
}

/// The executable of a program, if this message of cargo's is about it.
fn executable(artifact: &Value, program: Program, folder: &Path) -> Option<PathBuf> {
    let (kind, name) = program.target();
    let manifest = Path::new(artifact["manifest_path"].as_str()?);
    let target = &artifact["target"];
    let is_it = manifest.parent() == Some(folder)
        && artifact["profile"]["test"] == true
        && target["name"] == name.as_str()
        && target["kind"].as_array()?.iter().any(|of| of == kind);
    artifact["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}
