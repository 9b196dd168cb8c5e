//! The importer, killed at random moments and started again, loads each message once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chat_room::{ChatRoom, LogLine};
use do_runtime::prelude::*;

const MESSAGES: usize = 20_000;
const KILLS: u32 = 4;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_chat-room"))
}

#[test]
fn an_import_that_was_killed_again_and_again_has_each_message_once() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let log = folder.path().join("log.jsonl");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("make-log.sh");
    let made = Command::new("sh").arg(script).arg(MESSAGES.to_string()).arg("60").output().context("the script")?;
    ensure!(made.status.success(), "the script failed");
    std::fs::write(&log, &made.stdout).context("the log")?;
    let data = folder.path().join("data");

    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).or_invalid()?;
    for kill in 0..KILLS {
        let mut import = program()
            .arg("--data")
            .arg(&data)
            .arg("import")
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the import")?;
        std::thread::sleep(Duration::from_millis(u64::from(bytes[kill as usize]) * 2));
        import.kill().context("the kill")?;
        import.wait().context("the end")?;
    }
    let output = program().arg("--data").arg(&data).arg("import").arg(&log).output().context("the import")?;
    ensure!(output.status.success(), "the import failed: {}", String::from_utf8_lossy(&output.stderr));

    let mut expected: BTreeMap<String, BTreeMap<i64, LogLine>> = BTreeMap::new();
    for line in BufReader::new(&made.stdout[..]).lines() {
        let line: LogLine = serde_json::from_str(&line.context("a line")?).or_invalid()?;
        expected.entry(line.room.clone()).or_default().insert(line.id, line);
    }
    let runtime = tokio::runtime::Runtime::new().context("a runtime")?;
    runtime.block_on(compare(&data, &expected))
}

async fn compare(data: &Path, expected: &BTreeMap<String, BTreeMap<i64, LogLine>>) -> Result {
    let objects = Objects::open(data).await?;
    let listed = objects.namespace::<ChatRoom>().list().all()?;
    assert_eq!(listed.len(), expected.len());
    for (room, lines) in expected {
        let messages = objects.get_by_name::<ChatRoom>(room).history(u32::MAX).await?;
        let there: BTreeMap<i64, LogLine> = messages
            .into_iter()
            .map(|message| {
                let id = message.imported.context("an imported message has its number")?;
                let time = message.at.as_millis();
                Ok((id, LogLine { id, room: room.clone(), author: message.author, body: message.body, time }))
            })
            .collect::<Result<_>>()?;
        assert_eq!(&there, lines, "{room}");
        assert_eq!(objects.get_by_name::<ChatRoom>(room).stats().await?.messages, lines.len() as u64, "{room}");
    }
    objects.close().await
}
