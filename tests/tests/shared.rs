//! What the program gives its objects: a value of a type, for all handlers.

use std::sync::Mutex;

use do_runtime::prelude::*;

/// Somebody outside, who answers as each test says.
trait Upstream: Send + Sync {
    fn ask(&self, question: &str) -> String;
}

struct Echo(&'static str);

impl Upstream for Echo {
    fn ask(&self, question: &str) -> String {
        format!("{}: {question}", self.0)
    }
}

/// What handlers have written, in order.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[durable_object(name = "SharingDesk")]
struct Desk {
    #[stored]
    asked: u64,
}

#[durable_object]
impl Desk {
    #[rpc]
    fn ask(&mut self, cx: &mut Cx<Self>, question: &str) -> Result<String> {
        self.asked += 1;
        Ok(cx.shared::<Box<dyn Upstream>>()?.ask(question))
    }

    #[rpc]
    async fn ask_later(this: This<Self>, question: String) -> Result<String> {
        let upstream = this.shared::<Box<dyn Upstream>>()?;
        this.sleep("1s").await?;
        let from_within = this.update(move |_, cx| Ok(cx.shared::<Box<dyn Upstream>>()?.ask("within"))).await?;
        Ok(format!("{}, {from_within}", upstream.ask(&question)))
    }

    #[rpc]
    fn note_after(&mut self, cx: &mut Cx<Self>, pause: Period) -> Result {
        cx.schedule().note().after(pause)
    }

    #[alarm]
    fn note(&mut self, cx: &mut Cx<Self>) -> Result {
        let notes = cx.shared::<Notes>()?;
        notes.0.lock().expect("nobody panics").push(cx.name().unwrap_or_default().to_owned());
        Ok(())
    }

    #[rpc]
    fn asked(&self) -> Result<u64> {
        Ok(self.asked)
    }
}

fn upstream(name: &'static str) -> Box<dyn Upstream> {
    Box::new(Echo(name))
}

#[do_runtime::test]
async fn handlers_of_all_kinds_get_what_the_kit_was_given(kit: TestKit) -> Result {
    kit.with(upstream("first"));
    let desk = kit.objects().get_by_name::<Desk>("a");
    assert_eq!(desk.ask("who?").await?, "first: who?");
    let (later, ()) = tokio::join!(desk.ask_later("when?"), kit.advance("2s"));
    assert_eq!(later?, "first: when?, first: within");
    kit.with(upstream("second"));
    assert_eq!(desk.ask("who?").await?, "second: who?");
    Ok(())
}

#[do_runtime::test]
async fn it_is_there_for_alarms_that_are_overdue_after_a_crash(kit: TestKit) -> Result {
    kit.with(Notes::default());
    let desk = kit.objects().get_by_name::<Desk>("a");
    desk.note_after(hours(1).into()).await?;
    kit.crash().await?;
    kit.advance("1h").await;
    let seen = kit.inside(&desk, |_, cx| Ok(cx.shared::<Notes>()?.0.lock().expect("nobody panics").clone())).await?;
    assert_eq!(seen, ["a"]);
    Ok(())
}

#[do_runtime::test]
async fn each_kit_has_its_own() -> Result {
    let (one, two) = (TestKit::open(1).await?, TestKit::open(2).await?);
    one.with(upstream("one"));
    two.with(upstream("two"));
    for (kit, answer) in [(&one, "one: who?"), (&two, "two: who?")] {
        assert_eq!(kit.objects().get_by_name::<Desk>("a").ask("who?").await?, answer);
    }
    Ok(())
}

#[do_runtime::test]
async fn what_was_not_given_is_an_error_that_names_its_type_and_what_there_is(kit: TestKit) -> Result {
    let desk = kit.objects().get_by_name::<Desk>("a");
    let error = desk.ask("who?").await.err().context("nobody is there to ask")?;
    assert_eq!(error.kind(), ErrorKind::Internal);
    let sentence = error.to_string();
    assert!(sentence.contains("dyn shared::Upstream") && sentence.contains("(nothing was)"), "{sentence}");
    assert_eq!(desk.asked().await?, 0, "nothing of it happened");
    kit.with(Box::new(Echo("its own type")));
    let sentence = desk.ask("who?").await.err().context("a box of another type")?.to_string();
    assert!(sentence.contains("there is `alloc::boxed::Box<shared::Echo>`"), "{sentence}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gives_one_value_of_a_type_when_it_opens_a_folder() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::builder().with(upstream("real")).with(Notes::default()).open(folder.path()).await?;
    assert_eq!(objects.get_by_name::<Desk>("a").ask("who?").await?, "real: who?");
    objects.close().await?;
    let twice = Objects::builder().with(upstream("one")).with(upstream("two")).open(folder.path()).await;
    let error = twice.err().context("which one would it be?")?;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("was given already"), "{error}");
    Ok(())
}
