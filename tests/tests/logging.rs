//! What log lines say by themselves.

use std::io;
use std::sync::{Arc, Mutex};

use do_runtime::prelude::*;
use futures::future::join;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

#[durable_object]
struct Chatty {
    #[stored]
    count: u32,
}

#[durable_object]
impl Chatty {
    #[init]
    fn wake(&mut self) -> Result {
        debug!("woken");
        Ok(())
    }

    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>) -> Result<Uuid> {
        self.count += 1;
        info!(count = self.count, "written");
        Ok(cx.meta().request_id())
    }

    #[rpc]
    fn read(&self) -> Result {
        warn!("read");
        Ok(())
    }

    #[rpc]
    fn stumble(&mut self) -> Result {
        panic!("a stone")
    }

    #[rpc]
    async fn wander(this: This<Self>) -> Result<Uuid> {
        info!("off");
        this.sleep(secs(1)).await?;
        error!("half way");
        this.update(|_, _| {
            info!("inside");
            Ok(())
        })
        .await?;
        this.objects().get_by_name::<Chatty>("other").read().await?;
        Ok(this.meta().request_id())
    }

    #[rpc]
    fn set_out(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().stray(7).key("path").after("1s")?;
        let other = cx.objects().get_by_name::<Chatty>("other");
        cx.send(other.stumble())
    }

    #[alarm(retries = 1)]
    fn stray(&mut self, step: u32) -> Result {
        bail!("lost at step {step}")
    }

    #[rpc]
    async fn fall(this: This<Self>) -> Result {
        this.sleep(secs(1)).await?;
        panic!("a hole")
    }
}

/// It can't be woken any more once it says so, and forgets a note after an hour.
#[durable_object(tables(Note))]
struct Stubborn {
    #[stored]
    asleep: bool,
}

#[table(ttl = "1h")]
struct Note {
    #[key]
    id: Id<Note>,
    text: String,
}

#[durable_object]
impl Stubborn {
    #[init]
    fn wake(&mut self) -> Result {
        ensure!(!self.asleep, "not now");
        Ok(())
    }

    #[rpc]
    fn lie_down(&mut self, cx: &mut Cx<Self>) -> Result {
        self.asleep = true;
        cx.schedule().rise().after("1h")
    }

    #[alarm]
    fn rise(&mut self) -> Result {
        Ok(())
    }

    #[rpc]
    fn dream_soon(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().dream().key("sheep").after("1s")
    }

    #[alarm]
    async fn dream(this: This<Self>) -> Result {
        this.update(|me, _| {
            me.asleep = true;
            Ok(())
        })
        .await?;
        this.sleep("10s").await
    }

    #[rpc]
    fn write_and_lie_down(&mut self, cx: &mut Cx<Self>) -> Result {
        self.asleep = true;
        let other = cx.objects().get_by_name::<Chatty>("other");
        cx.send(other.wander())
    }

    #[rpc]
    fn toil_soon(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().toil().key("yard").after("1s")
    }

    #[alarm(retries = 0, exhausted = worn_out)]
    fn toil(&mut self) -> Result {
        bail!("too much")
    }

    fn worn_out(&mut self, error: &Error) -> Result {
        bail!("really {error}")
    }

    /// From now on no note can be deleted.
    #[rpc]
    fn keep_notes(&mut self, cx: &mut Cx<Self>) -> Result {
        let trigger = "CREATE TRIGGER keep BEFORE DELETE ON note BEGIN SELECT raise(ABORT, 'kept'); END";
        cx.sql_unchecked::<()>(trigger, ()).run().map(drop)
    }

    #[rpc]
    fn note(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        cx.insert(Note::new(text)).map(drop)
    }
}

/// Asserts that a line names this object as the span of a handler does.
#[track_caller]
fn assert_names(line: &str, stub: &StubbornStub) {
    let name = stub.name().unwrap_or_default();
    for field in ["class=\"Stubborn\"", &format!("name=\"{name}\""), &format!(" id={}", stub.id())] {
        assert!(line.contains(field), "{field}: {line}");
    }
}

/// The lines that were logged on this thread while it lives.
struct Lines {
    text: Text,
    _listening: DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn listen(level: tracing::Level) -> Self {
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(text.clone())
            .with_ansi(false)
            .with_max_level(level)
            .with_target(false)
            .without_time()
            .finish();
        Lines { text, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines that have these words.
    fn all(&self, words: &str) -> Result<Vec<String>> {
        let text = self.text.0.lock().map(|text| String::from_utf8_lossy(&text).into_owned()).or_invalid_lock()?;
        Ok(text.lines().filter(|line| line.contains(words)).map(str::to_owned).collect())
    }

    /// The one line that has these words.
    fn with(&self, words: &str) -> Result<String> {
        let text = self.text.0.lock().map(|text| String::from_utf8_lossy(&text).into_owned()).or_invalid_lock()?;
        let mut lines = text.lines().filter(|line| line.contains(words));
        let line = lines.next().context(format!("no line says {words:?} in:\n{text}"))?;
        ensure!(lines.next().is_none(), "two lines say {words:?} in:\n{text}");
        Ok(line.to_owned())
    }
}

trait OrInvalidLock<T> {
    fn or_invalid_lock(self) -> Result<T>;
}

impl<T, E> OrInvalidLock<T> for std::result::Result<T, E> {
    fn or_invalid_lock(self) -> Result<T> {
        self.map_err(|_| Error::invalid("a test panicked while it logged"))
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Text {
    type Writer = Text;

    fn make_writer(&'a self) -> Text {
        self.clone()
    }
}

/// How a line begins that an object of this name logged in this call.
fn span(stub: &ChattyStub, method: &str, request: Uuid, caller: &str) -> String {
    let (name, id) = (stub.name().unwrap_or_default(), stub.id());
    format!(
        "handler{{class=\"Chatty\" name=\"{name}\" id={id} method=\"{method}\" request_id={request} caller={caller}}}: "
    )
}

#[do_runtime::test]
async fn a_line_of_a_handler_names_its_object_its_method_its_request_and_its_caller(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::INFO);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    let first = chatty.write().caller("ann").await?;
    assert_eq!(lines.with("count=1")?.trim(), format!("INFO {}written count=1", span(&chatty, "write", first, "ann")));
    let second = chatty.write().await?;
    assert_eq!(
        lines.with("count=2")?.trim(),
        format!("INFO {}written count=2", span(&chatty, "write", second, "anonymous"))
    );
    Ok(())
}

#[do_runtime::test]
async fn lines_name_their_object_whatever_level_is_shown(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::WARN);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    chatty.write().await?;
    chatty.read().await?;
    assert!(lines.with("written").is_err(), "nobody wants to see that");
    assert!(lines.with("read")?.contains("name=\"lobby\""));
    Ok(())
}

#[do_runtime::test]
async fn what_an_asynchronous_handler_logs_is_named_after_each_wait_and_in_its_closures(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::INFO);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    let (request, ()) = join(chatty.wander().caller("ann"), kit.advance("2s")).await;
    let request = request?;
    let span = span(&chatty, "wander", request, "ann");
    for (level, words) in [("INFO", "off"), ("ERROR", "half way"), ("INFO", "inside")] {
        assert_eq!(lines.with(words)?.trim(), format!("{level} {span}{words}"));
    }
    let other = lines.with(": read")?;
    assert!(other.contains("name=\"other\""), "{other}");
    assert!(other.contains(&format!("request_id={request} caller=Chatty \"lobby\"")), "{other}");
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_init_names_its_object(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::DEBUG);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    chatty.read().await?;
    let line = lines.with("woken")?;
    assert!(line.contains("handler{class=\"Chatty\" name=\"lobby\"") && line.contains("method=\"init\""), "{line}");
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_a_panic_names_the_call(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::ERROR);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    chatty.stumble().caller("ann").await.expect_err("a panic");
    let line = lines.with("a stone")?;
    assert!(line.contains("method=\"stumble\"") && line.contains("caller=ann"), "{line}");
    assert!(line.contains("a handler panicked"), "{line}");
    let (fallen, ()) = join(chatty.fall().caller("bob"), kit.advance("2s")).await;
    fallen.expect_err("a panic");
    let line = lines.with("a hole")?;
    assert!(line.contains("method=\"fall\"") && line.contains("caller=bob"), "{line}");
    Ok(())
}

#[do_runtime::test]
async fn the_lines_of_an_alarm_that_fails_name_its_object_its_method_and_its_key(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::WARN);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    chatty.set_out().await?;
    kit.advance("10m").await;
    let id = format!("id={}", chatty.id());
    let fields = ["class=\"Chatty\"", "name=\"lobby\"", &id, "method=\"stray\"", "key=\"path\"", "lost at step 7"];
    for words in ["an alarm failed", "an alarm is given up"] {
        for line in lines.all(words)? {
            for field in fields {
                assert!(line.contains(field), "{field}: {line}");
            }
        }
    }
    assert_eq!((lines.all("an alarm failed")?.len(), lines.all("an alarm is given up")?.len()), (2, 1));
    Ok(())
}

#[do_runtime::test]
async fn the_lines_of_a_message_that_is_refused_name_sender_receiver_and_method(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::WARN);
    let objects = kit.objects();
    let (chatty, other) = (objects.get_by_name::<Chatty>("lobby"), objects.get_by_name::<Chatty>("other"));
    chatty.set_out().await?;
    kit.advance("10m").await;
    let (from, to) = (format!(" id={} ", chatty.id()), format!("receiver={} ", other.id()));
    let fields = [
        "class=\"Chatty\" name=\"lobby\"",
        &from,
        &to,
        "to_class=\"Chatty\" to_name=\"other\" method=\"stumble\"",
        "sequence=1",
        "a stone",
    ];
    let (tried, aside) = (lines.all("a message could not be delivered")?, lines.all("a message is set aside")?);
    assert_eq!((tried.len(), aside.len()), (6, 1));
    for line in tried.iter().chain(&aside) {
        for field in fields {
            assert!(line.contains(field), "{field}: {line}");
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_an_object_that_cannot_be_woken_names_it_although_nobody_has_called_it(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.lie_down().await?;
    kit.restart().await?;
    let lines = Lines::listen(tracing::Level::WARN);
    kit.advance("61m").await;
    let all = lines.all("an object can't be woken for an alarm")?;
    assert!(!all.is_empty());
    for line in all {
        assert_names(&line, &stubborn);
        assert!(line.contains("not now"), "{line}");
    }
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_messages_that_wait_for_their_sender_names_it(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.write_and_lie_down().await?;
    // It falls asleep while the handler of its message runs.
    kit.settle().await;
    kit.evict(&stubborn).await?;
    let lines = Lines::listen(tracing::Level::WARN);
    kit.advance("1s").await;
    let line = lines.with("messages wait for their sender")?;
    assert_names(&line, &stubborn);
    assert!(line.contains("receiver=") && line.contains("not now"), "{line}");
    // It is left alone for two seconds, and no longer.
    let begins = || lines.all("messages wait for their sender").map(|lines| lines.len());
    kit.advance("1999ms").await;
    assert_eq!(begins()?, 1);
    kit.advance("1ms").await;
    assert!(begins()? > 1 || !lines.all("can't be woken")?.is_empty(), "it was not tried again");
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_an_alarm_whose_end_cannot_be_noted_names_object_method_and_key(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.dream_soon().await?;
    kit.advance("2s").await;
    kit.evict(&stubborn).await?;
    let lines = Lines::listen(tracing::Level::WARN);
    kit.advance("9s").await;
    let line = lines.with("the end of an alarm could not be noted")?;
    assert_names(&line, &stubborn);
    assert!(line.contains("method=\"dream\" key=\"sheep\"") && line.contains("not now"), "{line}");
    // It is left alone for two seconds, and no longer.
    kit.advance("1999ms").await;
    assert!(lines.all("can't be woken")?.is_empty());
    kit.advance("1ms").await;
    assert!(!lines.all("can't be woken")?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_an_exhausted_method_that_fails_names_object_method_and_key(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.toil_soon().await?;
    let lines = Lines::listen(tracing::Level::ERROR);
    kit.advance("2s").await;
    let line = lines.with("the `exhausted` method of an alarm failed")?;
    assert_names(&line, &stubborn);
    assert!(line.contains("method=\"toil\" key=\"yard\"") && line.contains("really too much"), "{line}");
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_a_cleanup_that_fails_names_its_object(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.keep_notes().await?;
    stubborn.note("hay").await?;
    let lines = Lines::listen(tracing::Level::ERROR);
    kit.advance("62m").await;
    let all = lines.all("what has expired could not be deleted")?;
    assert!(!all.is_empty());
    all.iter().for_each(|line| assert_names(line, &stubborn));
    Ok(())
}

#[do_runtime::test]
async fn the_line_of_an_object_that_cannot_be_recovered_names_it(kit: TestKit) -> Result {
    let stubborn = kit.objects().get_by_name::<Stubborn>("mule");
    stubborn.note("hay").await?;
    kit.restart().await?;
    stubborn.note("straw").await?;
    // Its head is in the partition of its id, and a copy in what was written ahead; with another name it fails its checksum.
    let path = format!("pages/{:02x}.db", stubborn.id().as_bytes()[0] >> 2);
    let mut partition = kit.disk().content(path.as_ref()).context("the partition")?;
    let head = partition.windows(4).position(|window| window == b"mule").context("the head of the object")?;
    partition[head] = b'r';
    kit.disk().put(path.as_ref(), &partition);
    kit.disk().put(format!("{path}-wal").as_ref(), b"");
    let lines = Lines::listen(tracing::Level::ERROR);
    kit.crash().await?;
    let line = lines.with("an object can't be recovered")?;
    assert_names(&line, &stubborn);
    Ok(())
}

#[do_runtime::test]
async fn a_call_that_waited_in_a_queue_is_not_logged_inside_of_whoever_ran_it(kit: TestKit) -> Result {
    let lines = Lines::listen(tracing::Level::INFO);
    let chatty = kit.objects().get_by_name::<Chatty>("lobby");
    let (first, second) = (tracing::info_span!("first"), tracing::info_span!("second"));
    // Asleep: both wait, and one thread runs both.
    let (one, other) = join(
        tracing::Instrument::instrument(chatty.write(), first),
        tracing::Instrument::instrument(chatty.write(), second),
    )
    .await;
    let mut starts = Vec::new();
    for (request, words) in [(one?, "count=1"), (other?, "count=2")] {
        let line = lines.with(words)?;
        assert!(line.contains(&format!("request_id={request}")), "{line}");
        starts.push(line.trim().trim_start_matches("INFO ").split(':').next().unwrap_or_default().to_owned());
    }
    assert_eq!(starts, ["first", "second"]);
    Ok(())
}

#[tokio::test]
async fn a_slow_call_is_one_line_with_its_times_apart() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::builder().slow_call("0s").open(folder.path()).await?;
    let chatty = objects.get_by_name::<Chatty>("lobby");
    chatty.write().await?;
    // Each call is slow where the limit is nothing.
    let lines = Lines::listen(tracing::Level::WARN);
    chatty.write().await?;
    let line = lines.with("a slow call")?;
    for field in ["class=\"Chatty\"", "name=\"lobby\"", "method=\"write\"", "queue_ms=", "run_ms=", "commit_ms="] {
        assert!(line.contains(field), "{field}: {line}");
    }
    objects.close().await
}

#[tokio::test]
async fn a_quick_call_is_no_line() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::builder().slow_call("1h").open(folder.path()).await?;
    let lines = Lines::listen(tracing::Level::WARN);
    objects.get_by_name::<Chatty>("lobby").write().await?;
    assert!(lines.with("a slow call").is_err());
    objects.close().await
}
