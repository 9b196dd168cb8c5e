//! Inputs that fuzzing begins with: what real values are written as.
//!
//! `UPDATE_CORPUS=1 cargo test -p do-runtime --lib fuzzing::seeds` writes them anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::replay::corpus;
use crate::engine::{Engine, Params};
use crate::env::{Disk, Random, SeededRandom, Sim};
use crate::image::Image;
use crate::journal::{ClassTag, Commit, CommitKind, Journal, JournalOptions, Log, LogPosition, Prepare, TemplateId};
use crate::object::{ArgumentsWriter, payload};
use crate::sqlite::{Database, DatabaseOptions, build_template};
use crate::{Limits, ObjectId, Timestamp};

/// Where things are in a segment of the journal: its header takes the first block, and a batch's head 44 bytes.
const PAYLOAD: usize = 4096;
const BATCH_HEAD: usize = 44;

const TEXTS: &[(&str, &[&str])] = &[
    (
        "alarm_rule",
        &["every 3600000", "cron Europe/Paris 0 3 * * MON", "cron UTC */20 9-10 L * 5#2", "cron UTC 0 0 29 2 *"],
    ),
    (
        "trace_parent",
        &[
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-00000000000000000000000000000000-0000000000000000-00",
        ],
    ),
    ("duration", &["24h 1s", "1m 30s", "250ms", "30d", "1.5h", "-1s", "1y 2mo", "P1DT2H"]),
    (
        "ids_and_json",
        &[
            "7",
            "-9223372036854775808",
            "8fc96dba117e1beb2bfe9b2bde1f1dba2e2cd4c8a2b7a3c5e6a9e1e0b4bb3f10",
            "{\"a\": [1, -2], \"b\": null, \"c\": []}",
            "[[[[{}]]]]",
        ],
    ),
    (
        "network_paths",
        &[
            "/rpc/Room/a%2Fb/post",
            "/rpc/Room/by-id/8fc96dba117e1beb2bfe9b2bde1f1dba2e2cd4c8a2b7a3c5e6a9e1e0b4bb3f10/post",
            "/objects/Room/%2e%2e/a/x%20y//z/",
            "/objects/a/b/..%2f/%00/%ff",
        ],
    ),
    (
        "network_messages",
        &[
            r#"{"id": 1, "call": {"class": "Room", "name": "lobby", "method": "post", "arguments": {"body": "hi", "to": null}, "key": "k"}}"#,
            r#"{"id": 18446744073709551615, "watch": {"class": "Room", "object": "8f", "method": "count"}}"#,
            r#"{"id": 2, "unwatch": true}"#,
            r#"{"id": 0, "call": {"class": "\u0000\ud83d\ude00", "name": "", "method": "x", "arguments": [[[{"a": 1e400}]]]}}"#,
        ],
    ),
    (
        "sql_tokens",
        &[
            "SELECT a -- message\n FROM \"mes\"\"sage\", [b c] /* x */, `d` WHERE e = x'00' AND f > 1.5e-3 AND g = :name",
            "INSERT INTO message VALUES (?1, 'it''s', 0x1F, 1_000) RETURNING *; SELECT $a::b(c), @d, #1 || '",
        ],
    ),
    (
        "sql_expiring",
        &[
            "SELECT * FROM message",
            "SELECT m.id, n.id FROM message AS m LEFT JOIN note n ON n.message = m.id ORDER BY 1, 2",
            "WITH x (i) AS NOT MATERIALIZED (SELECT id FROM message) SELECT count(*) FROM x, note",
            "WITH RECURSIVE n (i) AS (SELECT min(id) FROM [note] UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i, (SELECT body FROM \"message\" WHERE id = i) FROM n",
            "SELECT body FROM 'message' WHERE rowid IN (SELECT message FROM note) GROUP BY body HAVING count(*) > 0",
            "VALUES ((SELECT group_concat(body) FROM message)), ((SELECT max(oid) FROM message /* note */))",
            "SELECT * FROM (message NATURAL JOIN note) EXCEPT SELECT * FROM note, message -- message",
            "SELECT sum(id) OVER (PARTITION BY until) FROM message WINDOW w AS (ORDER BY id) LIMIT 2 OFFSET 1",
        ],
    ),
    (
        "sql_declaration",
        &[
            "CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY, -- x\n \"order\" TEXT NOT NULL DEFAULT 'x, (y)' CHECK (length(\"order\") IN (1, 2)), \
             /* ( */ c BLOB, PRIMARY KEY (id, c), FOREIGN KEY (c) REFERENCES d(e)) STRICT, WITHOUT ROWID",
            "CREATE TABLE t (a ANY, b AS (a || 'x') STORED, [c d] DATE, UNIQUE (a, b) ON CONFLICT REPLACE)",
        ],
    ),
];

/// Targets whose input is a list of choices: any bytes are one.
const CHOICES: [&str; 5] = ["journal_recovery", "page_image", "page_code", "head_row", "template_code"];

/// A page that is handed over, cut off, and comes back as zeros: each step is its kind, a page, and what is written.
const CUT_AND_BACK: [u8; 26] = [0, 0, 2, 5, 0, 0, 10, 7, 9, 0, 12, 0, 0, 0, 7, 5, 9, 0, 0, 0, 7, 6, 9, 0, 12, 0];

#[test]
fn seeds_are_what_real_values_are_written_as() {
    for (target, name, bytes) in seeds() {
        let path = corpus(target).join(format!("seed-{name}"));
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            std::fs::create_dir_all(corpus(target)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == bytes, "{target} begins with something else than {name}; UPDATE_CORPUS=1 writes it anew");
    }
}

/// The target, a name, and the bytes.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (target, texts) in TEXTS {
        for (number, text) in texts.iter().enumerate() {
            // A rule is preceded by two times, of two bytes each.
            let times: &[u8] = if *target == "alarm_rule" { &[0, 1, 0, 2] } else { &[] };
            seeds.push((*target, format!("{number:02}"), [times, text.as_bytes()].concat()));
        }
    }
    for target in CHOICES {
        for number in 0..4 {
            let mut bytes = vec![0; 100 << number];
            SeededRandom::new(number).fill(&mut bytes);
            seeds.push((target, format!("{number:02}"), bytes));
        }
    }
    let delta = delta();
    let segment = segment(&delta);
    seeds.push(("journal_header", "segment".into(), segment[..PAYLOAD].to_vec()));
    seeds.push(("journal_batch", "segment".into(), segment[PAYLOAD..PAYLOAD + 512].to_vec()));
    let length =
        8 + usize::from(u16::from_le_bytes([segment[PAYLOAD + BATCH_HEAD], segment[PAYLOAD + BATCH_HEAD + 1]]));
    seeds.push(("journal_record", "create".into(), segment[PAYLOAD + BATCH_HEAD..][..length].to_vec()));
    let mut newer = segment[PAYLOAD + BATCH_HEAD..][..length].to_vec();
    newer[8] |= 0x10;
    seeds.push(("journal_record", "newer".into(), newer));
    seeds.push(("page_delta", "insert".into(), [&[0, 20], &delta[..]].concat()));
    seeds.push(("page_delta", "cut".into(), [&[0, 20], &delta[..delta.len() - 2]].concat()));
    seeds.push(("page_image", "cut-and-back".into(), CUT_AND_BACK.to_vec()));
    let map = BTreeMap::from([("a", vec![1_i64, -1]), ("b", Vec::new())]);
    let written = ArgumentsWriter::written(|writer| {
        writer.put("a", &7_u32)?;
        writer.put("b", &Some("text"))?;
        writer.put("text", &map)
    });
    seeds.push(("arguments", "three".into(), written.unwrap()));
    let shape = BTreeMap::from([("Group", vec![BTreeMap::from([("Circle", (3, Some("round")))])])]);
    seeds.push(("payload", "shape".into(), payload::encode(&shape).unwrap()));
    seeds
}

/// What a small transaction of an object changes.
fn delta() -> Vec<u8> {
    let options = DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(SeededRandom::new(1)) };
    let pages = build_template(&["CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);".to_owned()], &[]).unwrap();
    let database = Database::open(Image::from_template(&pages, Limits::DEFAULT), &options).unwrap();
    let mut delta = Vec::new();
    database.begin_exclusive().unwrap();
    database.execute("INSERT INTO t (v) VALUES ('one'), ('another')", Params::Positional(&[])).unwrap();
    database.commit(&mut delta).unwrap();
    delta
}

/// A segment of a journal with two commits.
fn segment(delta: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sim = Sim::new(1, Timestamp::from_millis(1), runtime.handle().clone());
    let options = JournalOptions {
        segment: 8192,
        largest: 8192,
        unsynced: 8192,
        spare: 8192,
        prepare: Prepare::Reserve,
        ..JournalOptions::new([7; 16])
    };
    let recovered = Journal::recover(&sim.env(), options).unwrap();
    let journal =
        Journal::start(recovered.replay(LogPosition(0), &mut |_, _| Ok(())).unwrap(), LogPosition(0)).unwrap();
    let made = CommitKind::Create { name: Some("lobby"), template: TemplateId([3; 16]) };
    for (sequence, kind) in [(1, made), (2, CommitKind::Change)] {
        let (class, object) = (ClassTag(5), ObjectId([1; 32]));
        let next_alarm = Some(Timestamp::from_millis(1_800_000_000_000));
        journal.append(&Commit { class, object, sequence, pages: 3, next_alarm, kind, delta }).unwrap();
    }
    journal.close().unwrap();
    let folder = std::path::Path::new("journal");
    let files = sim.disk.list(folder).unwrap().into_iter().map(|name| sim.disk.content(&folder.join(name)).unwrap());
    files.into_iter().find(|content| content.get(PAYLOAD).is_some_and(|byte| *byte != 0)).unwrap()
}
