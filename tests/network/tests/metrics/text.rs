//! The text of a server's metrics, as Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;

use do_runtime::prelude::*;

/// A server of its own, for the whole process, with a folder in which nothing happens: the metrics are those of the process.
static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let objects = Objects::open(folder.path()).await.expect("it opens");
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let server = objects.server().metrics("/metrics");
            told.send(listener.local_addr().expect("it has an address")).expect("somebody waits");
            server.serve_on(listener).await.expect("it serves");
        });
    });
    address.recv().expect("it starts")
});

/// From now on everything is recorded.
pub(crate) fn begin() {
    LazyLock::force(&SERVER);
}

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// The metrics of the process.
pub(crate) struct Text {
    pub(crate) samples: Vec<Sample>,
    /// The type of each metric, as its `# TYPE` line says.
    pub(crate) types: BTreeMap<String, String>,
    /// Those with a `# HELP` line.
    pub(crate) helped: Vec<String>,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut others = self.samples.iter().filter(|sample| !sample.name.ends_with("_bucket"));
        others.try_for_each(|sample| write!(f, "\n{} {:?} {}", sample.name, sample.labels, sample.value))
    }
}

impl Text {
    /// As they are now.
    pub(crate) fn now() -> Self {
        let mut stream = TcpStream::connect(*SERVER).expect("it listens");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", *SERVER);
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in UTF-8");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(head.to_lowercase().contains("\ncontent-type: text/plain; version=0.0.4"), "{head}");
        Text::read(body)
    }

    /// Each line is a comment of a known kind, or a name, labels and a number.
    pub(crate) fn read(body: &str) -> Self {
        let mut text = Text { samples: Vec::new(), types: BTreeMap::new(), helped: Vec::new() };
        for line in body.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').expect(line);
                assert!(!words.is_empty(), "{line}");
                text.helped.push(name.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect(line);
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(text.types.insert(name.to_owned(), kind.to_owned()), None, "{line}");
            } else {
                text.samples.push(sample(line));
            }
        }
        text
    }

    /// The value of the line with these labels and no others; 0 without one.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let matches = |sample: &&Sample| {
            let labels = labels.iter().map(|&(label, value)| (label.to_owned(), value.to_owned()));
            sample.name == name && sample.labels == labels.collect()
        };
        self.samples.iter().find(matches).map_or(0.0, |sample| sample.value)
    }
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}').expect(line)),
        None => (series, ""),
    };
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    assert!(is_name(name) && !name.is_empty(), "{line}");
    // The labels of the runtime hold no commas or quotes.
    let labels = labels.split(',').filter(|label| !label.is_empty()).map(|label| {
        let (label, value) = label.split_once('=').expect(line);
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect(line);
        assert!(is_name(label), "{line}");
        (label.to_owned(), value.to_owned())
    });
    Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().expect(line) }
}
