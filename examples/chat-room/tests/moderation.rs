//! Reports on their way to the moderator, and verdicts on their way back.

use chat_room::{ChatRoom, ChatRoomStub, HOUSE, Message, Moderator, ModeratorStub, Report, Verdict};
use do_runtime::prelude::*;

fn lobby(kit: &TestKit) -> ChatRoomStub {
    kit.objects().get_by_name::<ChatRoom>("lobby")
}

fn house(kit: &TestKit) -> ModeratorStub {
    kit.objects().get_by_name::<Moderator>(HOUSE)
}

/// Posts a message and reports it.
async fn reported(kit: &TestKit, body: &str) -> Result<(Message, Report)> {
    let message = lobby(kit).post("eve", body).await?;
    lobby(kit).report(message.id, "an advertisement").await?;
    kit.settle().await;
    let open = house(kit).open().await?;
    let report = open.into_iter().find(|report| report.message == message).context("it did not arrive")?;
    Ok((message, report))
}

#[do_runtime::test]
async fn a_report_names_its_room_and_its_message(kit: TestKit) -> Result {
    let (message, report) = reported(&kit, "buy my coins").await?;
    assert_eq!((report.room.as_str(), report.reason.as_str()), ("lobby", "an advertisement"));
    assert_eq!(report.message, message);
    assert_eq!(report.verdict, None);
    Ok(())
}

#[do_runtime::test]
async fn a_report_arrives_once_over_crashes(kit: TestKit) -> Result {
    let mut reported = Vec::new();
    for number in 0_u32..40 {
        let message = lobby(&kit).post("eve", format!("offer {number}")).await?;
        lobby(&kit).report(message.id, "an advertisement").await?;
        reported.push(message);
        // Somewhere on the way of the report.
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        kit.crash().await?;
    }
    kit.settle().await;
    let arrived: Vec<Message> = house(&kit).open().await?.into_iter().map(|report| report.message).collect();
    assert_eq!(arrived, reported);
    Ok(())
}

#[do_runtime::test]
async fn what_does_not_exist_is_not_reported(kit: TestKit) -> Result {
    let error = lobby(&kit).report(Id::from_raw(7), "rude").await.err().context("it was taken")?;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    kit.settle().await;
    assert!(house(&kit).open().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn an_upheld_report_deletes_the_message(kit: TestKit) -> Result {
    let (message, report) = reported(&kit, "buy my coins").await?;
    let friendly = lobby(&kit).post("ann", "hello").await?;
    kit.hold_deliveries(true);
    house(&kit).close(report.id, Verdict::Upheld).await?;
    assert!(house(&kit).open().await?.is_empty());
    kit.crash().await?;
    assert_eq!(lobby(&kit).history(10).await?, [friendly.clone(), message], "the verdict is on its way");
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(lobby(&kit).history(10).await?, [friendly]);
    Ok(())
}

#[do_runtime::test]
async fn a_dismissed_report_leaves_the_message(kit: TestKit) -> Result {
    let (message, report) = reported(&kit, "I have coins").await?;
    house(&kit).close(report.id, Verdict::Dismissed).await?;
    kit.settle().await;
    assert_eq!(lobby(&kit).history(10).await?, [message]);
    Ok(())
}

#[do_runtime::test]
async fn a_report_is_closed_once(kit: TestKit) -> Result {
    let (_, report) = reported(&kit, "buy my coins").await?;
    house(&kit).close(report.id, Verdict::Dismissed).await?;
    let error = house(&kit).close(report.id, Verdict::Upheld).await.err().context("it was closed again")?;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    kit.settle().await;
    assert_eq!(lobby(&kit).history(10).await?.len(), 1);
    assert_eq!(house(&kit).report(report.id).await?.and_then(|report| report.verdict), Some(Verdict::Dismissed));
    Ok(())
}

#[do_runtime::test]
async fn a_verdict_spares_another_message_that_got_the_number(kit: TestKit) -> Result {
    let (message, first) = reported(&kit, "buy my coins").await?;
    lobby(&kit).report(message.id, "and a lie").await?;
    kit.settle().await;
    house(&kit).close(first.id, Verdict::Upheld).await?;
    kit.settle().await;
    let other = lobby(&kit).post("ann", "hello").await?;
    assert_eq!(other.id, message.id, "the number is used again");
    let second = house(&kit).open().await?.into_iter().next().context("there is a second report")?;
    house(&kit).close(second.id, Verdict::Upheld).await?;
    kit.settle().await;
    assert_eq!(lobby(&kit).history(10).await?, [other]);
    Ok(())
}

#[do_runtime::test]
async fn a_report_outlives_its_message_and_vanishes_after_ninety_days(kit: TestKit) -> Result {
    let (message, report) = reported(&kit, "buy my coins").await?;
    kit.advance("89d").await;
    assert!(lobby(&kit).history(10).await?.is_empty());
    assert_eq!(house(&kit).report(report.id).await?.map(|report| report.message), Some(message));
    kit.advance("1d").await;
    assert_eq!(house(&kit).report(report.id).await?, None);
    Ok(())
}
