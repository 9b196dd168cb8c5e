//! The server as its users see it: whether it is there, which of its lives it is, and how many requests it got.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use crate::findings::Findings;
use crate::process::Said;
use crate::user::Stop;

/// Whether the server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It listens.
    Up,
    /// It is being killed at this moment. Users go on sending.
    Dying,
    /// It has been killed, and does not listen yet.
    Down,
    /// It does not come back.
    Gone,
}

/// What is known of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) life: u64,
    pub(crate) state: State,
}

/// What all users share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) said: Said,
    pub(crate) findings: Mutex<Findings>,
    pub(crate) figures: Mutex<Figures>,
    phase: watch::Sender<Phase>,
    starts: AtomicU64,
    sent: AtomicU64,
    /// After how many requests the server is killed.
    kills: Vec<u64>,
    killer: mpsc::UnboundedSender<()>,
}

/// What became of the requests.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// How long each took that was answered, in microseconds.
    pub(crate) took: Vec<u32>,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
}

impl World {
    pub(crate) fn new(address: SocketAddr, said: Said, kills: Vec<u64>, killer: mpsc::UnboundedSender<()>) -> Self {
        let (phase, _) = watch::channel(Phase { life: 0, state: State::Down });
        World {
            address,
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            said,
            findings: Mutex::default(),
            figures: Mutex::default(),
            phase,
            starts: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            kills,
            killer,
        }
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// How many times the program was started, also if it was killed before it listened.
    pub(crate) fn lives(&self) -> u64 {
        self.starts.load(Relaxed)
    }

    pub(crate) fn starts(&self) {
        self.starts.fetch_add(1, Relaxed);
    }

    pub(crate) fn enter(&self, state: State) {
        self.phase.send_modify(|phase| {
            phase.state = state;
            phase.life += u64::from(state == State::Up);
        });
    }

    /// Waits until the server is there, and counts a request. Which life of the server it goes to.
    pub(crate) async fn begin_request(&self) -> Result<u64, Stop> {
        let life = self.wait(|phase| phase.state != State::Down).await?;
        let number = self.sent.fetch_add(1, Relaxed) + 1;
        if self.kills.contains(&number) {
            let _ = self.killer.send(()); // nobody is there after the traffic
        }
        Ok(life)
    }

    /// A connection has ended. If the server is killed that was to be expected, and the next life is waited for.
    pub(crate) async fn broke_off(&self, life: u64, what: impl FnOnce() -> String) -> Stop {
        let now = *self.phase.borrow();
        if now.life == life && now.state == State::Up {
            return Stop::Broken(format!("{}, although nobody had killed the server", what()));
        }
        self.figures.lock().unanswered += 1;
        match self.wait(|phase| phase.life > life).await {
            Ok(_) => Stop::Unanswered,
            Err(stop) => stop,
        }
    }

    pub(crate) fn answered(&self, took: Duration, status: u16) {
        let mut figures = self.figures.lock();
        figures.took.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        let count = if status < 400 { &mut figures.acknowledged } else { &mut figures.refused };
        *count += 1;
    }

    async fn wait(&self, until: impl Fn(&Phase) -> bool) -> Result<u64, Stop> {
        let mut phases = self.phase.subscribe();
        let phase = phases.wait_for(|phase| phase.state == State::Gone || until(phase)).await;
        match phase.as_deref() {
            Ok(&Phase { life, state }) if state != State::Gone => Ok(life),
            _ => Err(Stop::Over),
        }
    }
}
