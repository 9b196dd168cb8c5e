//! What people have: sessions, hubs, documents, rooms.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat_room::ChatRoom;
use collab_editor::{Document, TEXT};
use do_bench::BODY;
use do_runtime::prelude::*;
use user_hub::UserHub;
use user_session::User;
use yrs::{Doc, Text, Transact};

use crate::bench::Bench;

/// After so long a document that nobody edits has been summed up.
const SUMMED_UP: Duration = Duration::from_secs(3);

pub(crate) async fn user_session() -> Result {
    let (bench, (busy, quiet)) = Bench::<User>::new("user-session", "ann", async |_, user| {
        let (busy, quiet) = (user.sign_in("phone").await?.token, user.sign_in("laptop").await?.token);
        for number in 0..20 {
            user.add(quiet, format!("sku {number}"), 1).await?;
        }
        Ok((busy, quiet))
    })
    .await?;
    let add = bench.writes("add, one of 1,000 things", move |user, call| async move {
        user.add(busy, format!("sku {}", call % 1_000), 1).await.map(drop)
    });
    add.await?;
    let cart = bench.writes("cart of 20 things (lengthens the session)", move |user, _| async move {
        user.cart(quiet).await.map(drop)
    });
    cart.await?;
    bench.writes("sign_in", |user, _| async move { user.sign_in("phone").await.map(drop) }).await
}

pub(crate) async fn user_hub() -> Result {
    let (bench, ()) =
        Bench::<UserHub>::new("user-hub", "ann", async |_, hub| hub.set("theme", Some("dark".into())).await).await?;
    let deliver = bench.writes("deliver a letter, then read it", |hub, _| async move {
        let letter = hub.deliver(BODY).caller("ben").await?;
        hub.read(vec![letter]).await
    });
    deliver.await?;
    let set = bench.writes("set one of 100 settings", |hub, call| async move {
        hub.set(format!("setting {}", call % 100), Some(format!("value {call}"))).await
    });
    set.await?;
    bench.reads("inbox, a page of 20", |hub, _| async move { hub.inbox(None, 20).await.map(drop) }).await?;
    let (bench, ()) = Bench::<UserHub>::new("user-hub", "ann", async |_, hub| {
        for _ in 0..10_000 {
            hub.deliver(BODY).caller("ben").await?;
        }
        Ok(())
    })
    .await?;
    let deliver = bench.writes("deliver a letter, 10,000 and more unread", |hub, _| async move {
        hub.deliver(BODY).caller("ben").await.map(drop)
    });
    deliver.await
}

pub(crate) async fn collab_editor() -> Result {
    let (bench, ()) = Bench::<Document>::new("collab-editor", "notes", async |_, notes| {
        notes.history().await?;
        Ok(())
    })
    .await?;
    let doc = Arc::new(Mutex::new(Doc::new()));
    let edit = bench.writes("edit, a letter at the end (by RPC)", move |notes, _| {
        let update = typed(&doc);
        async move { notes.edit("ann", update).await }
    });
    edit.await?;
    let (bench, ()) = Bench::<Document>::new("collab-editor", "notes", async |_, notes| {
        let doc = Mutex::new(Doc::new());
        for _ in 0..1_000 {
            notes.edit("ann", typed(&doc)).await?;
        }
        tokio::time::sleep(SUMMED_UP).await;
        Ok(())
    })
    .await?;
    bench.reads("text of 1,000 letters", |notes, _| async move { notes.text().await.map(drop) }).await
}

/// The edit that a letter at the end of a document is.
fn typed(doc: &Mutex<Doc>) -> Bytes {
    let doc = doc.lock().unwrap_or_else(PoisonError::into_inner);
    let text = doc.get_or_insert_text(TEXT);
    let mut transaction = doc.transact_mut();
    text.push(&mut transaction, "x");
    transaction.encode_update_v1().into()
}

pub(crate) async fn chat_room() -> Result {
    let (bench, ()) = Bench::<ChatRoom>::new("chat-room", "lobby", async |_, room| {
        for _ in 0..50 {
            room.post("ann", BODY).await?;
        }
        Ok(())
    })
    .await?;
    let post = bench.writes("post", |room, call| async move {
        room.post(format!("author {}", call % 20), BODY).await?;
        Ok(())
    });
    post.await?;
    bench.reads("history of 50", |room, _| async move { room.history(50).await.map(drop) }).await
}
