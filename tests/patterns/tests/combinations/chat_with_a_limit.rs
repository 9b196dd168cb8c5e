//! A chat in which nobody posts more than so often, and which shows who is there.

use std::collections::BTreeSet;
use std::time::Duration;

use chat_room::{ChatRoom, ChatRoomStub, Message};
use do_runtime::prelude::*;
use rate_limiter::{Limit, RateLimiter, RateLimiterStub, TooMany};

/// What an author hits, whatever the room.
const POSTS: &str = "posts";

/// The limit of these tests.
const LIMIT: Limit = Limit { most: 3, window: Period::new(secs(10)) };

/// The way into the room with its name.
#[durable_object]
struct Door;

#[durable_object]
impl Door {
    /// Asks the limiter of the author; only what it allows comes to the room.
    #[rpc]
    async fn post(this: This<Self>, author: String, body: String) -> Result<Message, CallError<TooMany>> {
        let room = this.name().context("a door has the name of its room")?;
        this.objects().get_by_name::<RateLimiter>(&author).hit(POSTS).await?;
        let message = this.objects().get_by_name::<ChatRoom>(room).post(author, body).await;
        Ok(message.map_err(Error::from)?)
    }
}

fn door(kit: &TestKit, room: &str) -> DoorStub {
    kit.objects().get_by_name::<Door>(room)
}

fn room(kit: &TestKit, name: &str) -> ChatRoomStub {
    kit.objects().get_by_name::<ChatRoom>(name)
}

fn limiter(kit: &TestKit, author: &str) -> RateLimiterStub {
    kit.objects().get_by_name::<RateLimiter>(author)
}

/// Posts in the lobby; how long to wait, if it was refused.
async fn wait(kit: &TestKit, author: &str, body: &str) -> Result<Option<Duration>> {
    match door(kit, "lobby").post(author, body).await {
        Ok(message) => {
            assert_eq!((message.author.as_str(), message.body.as_str()), (author, body));
            Ok(None)
        }
        Err(CallError::User(TooMany { limit, retry_after })) => {
            assert_eq!(limit, LIMIT);
            Ok(Some(*retry_after))
        }
        Err(CallError::Runtime(error)) => Err(error),
    }
}

/// Posts until the limit is reached.
async fn post_all(kit: &TestKit, author: &str) -> Result {
    for number in 0..LIMIT.most {
        assert_eq!(wait(kit, author, &number.to_string()).await?, None, "post {number}");
    }
    Ok(())
}

/// What is in the lobby, the oldest first.
async fn stored(kit: &TestKit) -> Result<Vec<Message>> {
    let mut messages = room(kit, "lobby").history(1_000).await?;
    messages.reverse();
    Ok(messages)
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[do_runtime::test]
async fn one_post_too_many_is_refused_and_neither_stored_nor_heard(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let mut ann = kit.connect(&room(&kit, "lobby"), "/?user=ann").await?;
    let mut ben = kit.connect(&room(&kit, "lobby"), "/?user=ben").await?;
    post_all(&kit, "ann").await?;
    assert_eq!(wait(&kit, "ann", "too many").await?, Some(*LIMIT.window));
    kit.settle().await;
    for socket in [&mut ann, &mut ben] {
        for body in ["0", "1", "2"] {
            assert_eq!(socket.receive::<Message>().await?.body, body);
        }
        assert!(socket.is_quiet(), "what was refused was heard");
    }
    assert_eq!(bodies(&stored(&kit).await?), ["0", "1", "2"]);
    assert_eq!(room(&kit, "lobby").present().await?, names(&["ann", "ben"]), "a refusal shows nobody the door");
    Ok(())
}

#[do_runtime::test]
async fn who_waits_as_long_as_told_may_post_again(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    assert_eq!(wait(&kit, "ann", "early").await?, None);
    kit.advance("4s").await;
    assert_eq!(wait(&kit, "ann", "later").await?, None);
    assert_eq!(wait(&kit, "ann", "last").await?, None);
    assert_eq!(wait(&kit, "ann", "refused").await?, Some(secs(6)));
    kit.advance(secs(6) - millis(1)).await;
    assert_eq!(wait(&kit, "ann", "refused").await?, Some(millis(1)));
    kit.advance(millis(1)).await;
    assert_eq!(wait(&kit, "ann", "again").await?, None);
    assert_eq!(wait(&kit, "ann", "refused").await?, Some(secs(4)), "one had gone, not all of them");
    assert_eq!(bodies(&stored(&kit).await?), ["early", "later", "last", "again"]);
    Ok(())
}

#[do_runtime::test]
async fn an_author_has_one_limit_in_all_rooms_and_no_other_author_has_it(kit: TestKit) -> Result {
    for author in ["ann", "ben"] {
        limiter(&kit, author).set_limit(POSTS, LIMIT).await?;
    }
    post_all(&kit, "ann").await?;
    let refused = door(&kit, "attic").post("ann", "and here?").await;
    assert!(matches!(refused, Err(CallError::User(TooMany { .. }))), "{refused:?}");
    assert!(room(&kit, "attic").history(10).await?.is_empty());
    post_all(&kit, "ben").await?;
    Ok(())
}

/// A name that is too long for an object is one for which there is no limiter.
#[do_runtime::test]
async fn who_has_no_limiter_does_not_post(kit: TestKit) -> Result {
    let error = wait(&kit, &"x".repeat(2_049), "hello").await.err().context("it was posted")?;
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(stored(&kit).await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_the_room_refuses_is_an_error_and_counts_as_a_hit(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let mut ben = kit.connect(&room(&kit, "lobby"), "/?user=ben").await?;
    for number in 0..LIMIT.most {
        let error = wait(&kit, "ann", "").await.err().context("it was posted")?;
        assert_eq!(error.to_string(), "a message needs a body", "post {number}");
    }
    assert_eq!(wait(&kit, "ann", "hello").await?, Some(*LIMIT.window), "who floods with nothing floods");
    assert!(stored(&kit).await?.is_empty() && ben.is_quiet());
    kit.advance(LIMIT.window).await;
    assert_eq!(wait(&kit, "ann", "hello").await?, None);
    assert_eq!(ben.receive::<Message>().await?.body, "hello");
    Ok(())
}

/// Posts at times that a generator draws, over crashes and sleep: no window has more than the limit, and no post is refused in vain.
#[do_runtime::test]
async fn no_window_has_more_posts_than_the_limit(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let mut ben = kit.connect(&room(&kit, "lobby"), "/?user=ben").await?;
    let mut posted: Vec<Timestamp> = Vec::new();
    let mut refused = 0;
    let mut drawn: u64 = kit.seed() | 1;
    for round in 0..300 {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        kit.advance(millis((drawn >> 33) % 5_000)).await;
        match round % 50 {
            20 => kit.evict_all().await?,
            40 => {
                kit.crash().await?;
                ben = kit.connect(&room(&kit, "lobby"), "/?user=ben").await?;
            }
            _ => {}
        }
        let now = kit.now();
        match wait(&kit, "ann", &round.to_string()).await? {
            None => {
                posted.push(now);
                assert_eq!(ben.receive::<Message>().await?.body, round.to_string());
            }
            Some(_) => {
                refused += 1;
                let in_window = posted.iter().filter(|at| now - **at < *LIMIT.window).count();
                assert_eq!(in_window, LIMIT.most as usize, "refused in vain at {now}");
            }
        }
        assert!(ben.is_quiet(), "a post that was refused was heard at {now}");
    }
    let stored: Vec<Timestamp> = stored(&kit).await?.iter().map(|message| message.at).collect();
    assert_eq!(stored, posted);
    for posts in stored.windows(LIMIT.most as usize + 1) {
        let (first, last) = (posts[0], posts[LIMIT.most as usize]);
        assert!(last - first >= *LIMIT.window, "more than {} from {first} on", LIMIT.most);
    }
    assert!(refused > 0 && posted.len() > LIMIT.most as usize, "both happen");
    Ok(())
}

#[do_runtime::test]
async fn a_hundred_posts_at_once_are_no_more_than_the_limit(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let posts: Vec<_> = (0..100)
        .map(|number: u32| {
            let door = door(&kit, "lobby");
            kit.spawn(async move { door.post("ann", number.to_string()).await })
        })
        .collect();
    let mut posted = Vec::new();
    for post in posts {
        match post.await {
            Ok(message) => posted.push(message),
            Err(CallError::User(TooMany { retry_after, .. })) => assert_eq!(retry_after, LIMIT.window),
            Err(CallError::Runtime(error)) => return Err(error),
        }
    }
    posted.sort_by_key(|message| message.id);
    assert_eq!(posted.len(), LIMIT.most as usize);
    assert_eq!(stored(&kit).await?, posted);
    Ok(())
}

#[do_runtime::test]
async fn the_limit_is_held_across_a_crash(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    post_all(&kit, "ann").await?;
    kit.advance("3s").await;
    kit.crash().await?;
    assert_eq!(wait(&kit, "ann", "too many").await?, Some(secs(7)));
    kit.advance("7s").await;
    assert_eq!(wait(&kit, "ann", "again").await?, None);
    assert_eq!(bodies(&stored(&kit).await?), ["0", "1", "2", "again"]);
    Ok(())
}

/// A crash between the two objects may cost a post, and never gives one.
#[do_runtime::test]
async fn the_limit_is_held_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    for cut in 0_u32.. {
        kit.disk().cut_power_after(u64::from(cut));
        let mut told = Vec::new();
        for number in 0..LIMIT.most {
            let body = format!("{cut}/{number}");
            if door(&kit, "lobby").post("ann", &body).await.is_ok() {
                told.push(body);
            }
        }
        // The first start is cut short, too, and may fail for it.
        let _ = kit.crash_and_cut(None, u64::from(cut % 7)).await;
        kit.crash().await?;
        let left = LIMIT.most + 1;
        for number in 0..left {
            wait(&kit, "ann", &format!("{cut}/after {number}")).await?;
        }
        let all = stored(&kit).await?;
        let now: Vec<&str> =
            all.iter().filter(|message| message.at == kit.now()).map(|message| &*message.body).collect();
        assert!(now.len() <= LIMIT.most as usize, "power cut after {cut} steps: {now:?}");
        assert!(told.iter().all(|body| now.contains(&body.as_str())), "a post was lost after {cut} steps: {now:?}");
        if told.len() == LIMIT.most as usize {
            assert!(cut > 5, "only {cut} points were tried");
            return Ok(());
        }
        kit.advance(LIMIT.window).await;
    }
    Ok(())
}

#[do_runtime::test]
async fn who_is_here_is_here_once_until_the_last_device_has_gone(kit: TestKit) -> Result {
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let lobby = room(&kit, "lobby");
    let mut present = lobby.present().live()?;
    assert_eq!(present.next().await?, names(&[]));
    let phone = kit.connect(&lobby, "/?user=ann").await?;
    assert_eq!(present.next().await?, names(&["ann"]));
    let laptop = kit.connect(&lobby, "/?user=ann").await?;
    let ben = kit.connect(&lobby, "/?user=ben").await?;
    assert_eq!(present.next().await?, names(&["ann", "ben"]), "the second device is nobody new");
    phone.close(1000, "").await;
    post_all(&kit, "ann").await?;
    assert!(wait(&kit, "ann", "too many").await?.is_some());
    assert_eq!(lobby.present().await?, names(&["ann", "ben"]), "one of two devices is left");
    drop(laptop);
    assert_eq!(present.next().await?, names(&["ben"]), "the limit of ann keeps nobody here");
    ben.close(1000, "").await;
    assert_eq!(present.next().await?, names(&[]));
    Ok(())
}

#[do_runtime::test]
async fn a_room_that_slept_knows_who_is_here_and_who_has_gone(kit: TestKit) -> Result {
    let lobby = room(&kit, "lobby");
    limiter(&kit, "ann").set_limit(POSTS, LIMIT).await?;
    let phone = kit.connect(&lobby, "/?user=ann").await?;
    let laptop = kit.connect(&lobby, "/?user=ann").await?;
    let mut ben = kit.connect(&lobby, "/?user=ben").await?;
    post_all(&kit, "ann").await?;
    kit.evict_all().await?;
    assert_eq!(kit.awake(), []);
    assert_eq!(lobby.present().await?, names(&["ann", "ben"]));
    kit.evict_all().await?;
    assert!(wait(&kit, "ann", "too many").await?.is_some(), "the limiter slept, too");
    kit.evict_all().await?;
    phone.close(1000, "").await;
    drop(laptop); // both while the room sleeps
    kit.settle().await;
    kit.evict_all().await?;
    assert_eq!(lobby.present().await?, names(&["ben"]));
    for body in ["0", "1", "2"] {
        assert_eq!(ben.receive::<Message>().await?.body, body);
    }
    assert!(ben.is_quiet());
    kit.crash().await?;
    assert_eq!(lobby.present().await?, names(&[]), "a crash closes all sockets");
    Ok(())
}
