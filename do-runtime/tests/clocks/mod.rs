//! Classes whose alarms note that they ran.
#![allow(dead_code, reason = "not every test uses all of it")]

use do_runtime::__private::{
    AlarmDef, AlarmRan, AlarmRun, ArgumentsWriter, Dispatch, ExhaustedRun, Method, Object, Ran, Repeat, Run, Sendable,
    StoredReader, StoredWriter, TableDef, TypedStub,
};
use do_runtime::testing::TestKit;
use do_runtime::{Call, Cx, Error, Limits, Result, Schedule, Setting, Stub, This, Timestamp, bail, ensure};

/// What it says when it was asked to.
pub(crate) type Ring = (Timestamp, String);

/// Rings by alarms, and remembers when.
#[derive(Default)]
pub(crate) struct Clock {
    pub(crate) rung: Vec<Ring>,
    /// Before this its flaky alarm fails.
    pub(crate) ready: Timestamp,
    /// Runs, failed ones too, since the last wake.
    pub(crate) runs: u32,
}

impl Object for Clock {
    const CLASS: &'static str = "Clock";
    const TABLES: &'static [&'static TableDef] = &[];
    const LIMITS: Limits = Limits::DEFAULT;
    const JURISDICTION: Option<&'static str> = None;

    fn sendable() -> Sendable<Self> {
        Sendable::new()
    }

    fn wake(stored: &mut StoredReader<'_>) -> Result<Self> {
        Ok(Clock {
            rung: stored.take("rung")?.unwrap_or_default(),
            ready: stored.take("ready")?.unwrap_or_default(),
            runs: 0,
        })
    }

    fn store(&self, to: &mut StoredWriter<'_>) -> Result {
        to.put("rung", &self.rung)?;
        to.put("ready", &self.ready)
    }

    fn restore(&mut self, stored: &mut StoredReader<'_>) -> Result {
        self.rung = stored.take("rung")?.unwrap_or_default();
        self.ready = stored.take("ready")?.unwrap_or_default();
        Ok(())
    }
}

impl Clock {
    fn note(&mut self, cx: &Cx<Self>, what: impl Into<String>) {
        self.rung.push((cx.now(), what.into()));
    }

    fn ring(&mut self, cx: &mut Cx<Self>, what: String) -> Result {
        self.runs += 1;
        self.note(cx, what.clone());
        match what.as_str() {
            "fail" => bail!("asked to fail"),
            "panic" => panic!("asked to panic"),
            "forget" => {
                self.rung.clear();
                cx.delete_all()
            }
            "again" => cx.schedule().ring("again").after("10s"),
            "at once" if self.rung.len() < 5 => cx.schedule().ring("at once").after("0s"),
            "cancel" => cx.schedule().cancel("other").map(drop),
            _ => Ok(()),
        }
    }

    async fn dawdle(this: This<Self>, what: String) -> Result {
        this.update(|me, cx| {
            me.runs += 1;
            me.note(cx, format!("{what} begins"));
            Ok(())
        })
        .await?;
        this.sleep(do_runtime::secs(5)).await?;
        if what == "fail" {
            bail!("asked to fail");
        }
        this.update(|me, cx| {
            me.note(cx, format!("{what} ends"));
            Ok(())
        })
        .await
    }

    fn gave_up(&mut self, cx: &mut Cx<Self>, what: String, error: &Error) -> Result {
        self.note(cx, format!("gave up: {error}"));
        match what.as_str() {
            "panic" => panic!("asked to panic again"),
            _ => Ok(()),
        }
    }
}

/// What `cx.schedule()` gives.
pub(crate) struct ClockSchedule<'a>(Schedule<'a>);

impl<'a> From<Schedule<'a>> for ClockSchedule<'a> {
    fn from(schedule: Schedule<'a>) -> Self {
        ClockSchedule(schedule)
    }
}

impl<'a> std::ops::Deref for ClockSchedule<'a> {
    type Target = Schedule<'a>;

    fn deref(&self) -> &Schedule<'a> {
        &self.0
    }
}

impl<'a> ClockSchedule<'a> {
    pub(crate) fn of(self, method: &'static str, what: &str) -> Setting<'a> {
        let mut payload = ArgumentsWriter::new();
        let put = payload.put("what", what);
        self.0.alarm(method, put.map(|()| payload.finish()))
    }

    pub(crate) fn ring(self, what: &str) -> Setting<'a> {
        self.of("ring", what)
    }

    /// Fails before a time.
    pub(crate) fn picky(self, what: &str, ready: Timestamp) -> Setting<'a> {
        let mut payload = ArgumentsWriter::new();
        let put = payload.put("what", what).and_then(|()| payload.put("ready", &ready));
        self.0.alarm("picky", put.map(|()| payload.finish()))
    }

    /// With a payload that `ring` can't read.
    pub(crate) fn garbled(self) -> Setting<'a> {
        let mut payload = ArgumentsWriter::new();
        let put = payload.put("what", &7);
        self.0.alarm("ring", put.map(|()| payload.finish()))
    }
}

/// What a test does in a transaction.
pub(crate) type Do<O> = Box<dyn FnOnce(&mut O, &mut Cx<O>) -> Result + Send>;

pub(crate) static DAILY: Method = Method::new("daily");

pub(crate) enum Request {
    Do(Do<Clock>),
    Rung,
}

static DO: Method = Method::new("do");
static RUNG: Method = Method::new("rung");

impl Dispatch for Clock {
    type Request = Request;
    type Stub = ClockStub;
    type Schedule<'a> = ClockSchedule<'a>;

    const ALARMS: &'static [AlarmDef] = &[
        AlarmDef { name: "ring", repeat: Repeat::No, retries: 6, exhausted: false },
        AlarmDef { name: "flaky", repeat: Repeat::No, retries: 6, exhausted: false },
        AlarmDef { name: "picky", repeat: Repeat::No, retries: 6, exhausted: false },
        AlarmDef { name: "careful", repeat: Repeat::No, retries: 1, exhausted: true },
        AlarmDef { name: "dawdle", repeat: Repeat::No, retries: 1, exhausted: false },
    ];

    fn dispatch(request: Request, run: Run<'_, Self>) -> Ran {
        match request {
            Request::Do(body) => run.exclusive(|me, cx| body(me, cx)),
            Request::Rung => run.shared(|me, _| Ok::<_, Error>(me.rung.clone())),
        }
    }

    fn alarm(run: AlarmRun<'_, Self>) -> AlarmRan {
        match run.method() {
            "flaky" => run.exclusive(
                |from| from.take("what"),
                |me, cx, what: String| {
                    ensure!(cx.now() >= me.ready, "not ready");
                    me.ring(cx, what)
                },
            ),
            "picky" => run.exclusive(
                |from| Ok((from.take("what")?, from.take("ready")?)),
                |me, cx, (what, ready): (String, Timestamp)| {
                    me.note(cx, what);
                    ensure!(cx.now() >= ready, "not ready");
                    Ok(())
                },
            ),
            "ring" | "careful" => run.exclusive(|from| from.take("what"), |me, cx, what: String| me.ring(cx, what)),
            "dawdle" => run.orchestrate(|from| from.take("what"), Self::dawdle),
            _ => run.unknown(),
        }
    }

    fn exhausted(run: ExhaustedRun<'_, Self>) -> AlarmRan {
        match run.method() {
            "careful" => run.exclusive(|from| from.take("what"), |me, cx, what, error| me.gave_up(cx, what, error)),
            _ => run.unhandled(),
        }
    }
}

do_runtime::__private::register!(Clock);

#[derive(Clone, Debug)]
pub(crate) struct ClockStub(pub(crate) Stub<Clock>);

impl From<Stub<Clock>> for ClockStub {
    fn from(stub: Stub<Clock>) -> Self {
        ClockStub(stub)
    }
}

impl TypedStub for ClockStub {
    type Object = Clock;

    fn stub(&self) -> &Stub<Clock> {
        &self.0
    }
}

impl ClockStub {
    /// Does something in a transaction.
    pub(crate) fn set(
        &self,
        body: impl FnOnce(&mut Clock, &mut Cx<Clock>) -> Result + Send + 'static,
    ) -> Call<Clock, ()> {
        self.0.call(&DO, Request::Do(Box::new(body)))
    }

    pub(crate) fn ring_after(&self, what: &'static str, after: std::time::Duration) -> Call<Clock, ()> {
        self.set(move |_, cx| cx.schedule().ring(what).after(after))
    }

    pub(crate) fn rung(&self) -> Call<Clock, Vec<Ring>> {
        self.0.call(&RUNG, Request::Rung)
    }

    /// What it has rung, without the times.
    pub(crate) async fn words(&self) -> Result<Vec<String>> {
        Ok(self.rung().await?.into_iter().map(|(_, what)| what).collect())
    }
}

pub(crate) fn clock(kit: &TestKit, name: &str) -> ClockStub {
    kit.objects().get_by_name::<Clock>(name)
}
