//! The client against the real things: the compiler of TypeScript, Node, a validator of OpenAPI, and a server.
//!
//! `client/tools` installs them from npm, beneath `target`. Without Node nothing of this is tried, which is told.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use do_network::Served;
use do_runtime::http::BearerTokens;
use do_runtime::interface::Interface;
use do_runtime::prelude::*;

pub(crate) const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/client");

/// The folder in which the tools are, or nothing if there is no Node.
pub(crate) fn tools() -> Option<&'static Path> {
    static TOOLS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let tools = TOOLS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("client");
        let installed = Command::new("bash").arg(format!("{SOURCES}/tools")).arg(&folder).output();
        match installed {
            Ok(output) if output.status.success() => Some(folder),
            Ok(output) => skipped(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => skipped(&format!("there is no bash: {error}")),
        }
    });
    tools.as_deref()
}

/// Says so, also where the output of tests that pass is not shown.
fn skipped(why: &str) -> Option<PathBuf> {
    let _ = writeln!(std::io::stderr(), "SKIPPED: the generated client is not tried: {why}");
    None
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder beside the tools with the generated files and those of `client`.
fn project(name: &str) -> Option<PathBuf> {
    let folder = tools()?.join(name);
    std::fs::create_dir_all(&folder).expect("it can be made");
    let interface = Interface::linked().only(&["Described", "Talk", "Echo", "Parrot", "Radio", "Feed"]);
    interface.write_typescript(folder.join("objects.ts")).expect("it is written");
    interface.write_javascript(folder.join("objects.mjs")).expect("it is written");
    std::fs::write(folder.join("openapi.json"), interface.bearer().openapi().to_string()).expect("it is written");
    for file in ["types.ts", "run.mjs", "validate.mjs"] {
        std::fs::copy(Path::new(SOURCES).join(file), folder.join(file)).expect("it is copied");
    }
    Some(folder)
}

#[test]
fn the_compiler_takes_the_client_and_refuses_what_is_wrong() {
    let Some(folder) = project("types") else { return };
    let output = Command::new("node")
        .current_dir(&folder)
        .arg("../node_modules/typescript/bin/tsc")
        .args(["--noEmit", "--strict", "--noUnusedLocals", "--noImplicitReturns", "--exactOptionalPropertyTypes"])
        .args(["--noUncheckedIndexedAccess", "--noPropertyAccessFromIndexSignature", "--isolatedModules"])
        .args(["--erasableSyntaxOnly", "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler"])
        .args(["--lib", "es2022,dom", "objects.ts", "types.ts"])
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_validator_takes_the_openapi_document() {
    let Some(folder) = project("validate") else { return };
    let output = Command::new("node").current_dir(&folder).arg("validate.mjs").output().expect("node runs");
    assert!(output.status.success(), "{}", told(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_calls_a_server() -> Result {
    let Some(folder) = project("run") else { return Ok(()) };
    let served = Served::new(|server| server.authenticate(BearerTokens::new([("s3cret", "ann")]))).await;
    let url = format!("http://{}", served.address);
    let run = move || Command::new("node").current_dir(&folder).args(["run.mjs", &url, "s3cret"]).output();
    let output = tokio::task::spawn_blocking(run).await.expect("no panic").expect("node runs");
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(served.objects.get_by_name::<crate::Book>("shaky").hidden().await?, 1, "written once");
    served.stop().await
}
