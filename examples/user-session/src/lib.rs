//! Sessions of a user, each with a shopping cart, and each with an end of its own: a day after its last use.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// How many hours a session lives after its last use.
const LIFETIME: u64 = 24;

/// The most pieces of one thing in a cart.
const MOST: u32 = 999;

/// A session: one browser, one phone. From its end on it is gone, and its cart with it.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its number at the user.
    #[key]
    pub id: Id<Session>,
    /// The secret that whoever uses it has to know.
    #[unique]
    pub token: Uuid,
    /// Where it was begun.
    pub device: String,
    /// When it was begun.
    #[default(now)]
    pub begun: Timestamp,
    /// When it ends. To use it moves this.
    #[expires_at]
    pub ends: Timestamp,
}

/// What lies in the cart of a session. It goes with its session.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    /// Whose cart.
    #[key]
    #[references(on_delete = cascade)]
    pub session: Id<Session>,
    /// What.
    #[key]
    pub sku: String,
    /// How many pieces.
    pub quantity: u32,
}

/// A session as the list of devices shows it: without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct Device {
    /// The number of the session.
    pub id: Id<Session>,
    /// Where it was begun.
    pub device: String,
    /// When it ends, unless it is used before.
    pub ends: Timestamp,
}

/// A user: the name of the object is the name of the user.
#[durable_object(tables(Session, CartItem))]
pub struct User;

#[durable_object]
impl User {
    /// Begins a session. It is not public: call it when the password, or whatever else it takes, is checked.
    #[rpc]
    fn sign_in(&mut self, cx: &mut Cx<Self>, device: String) -> Result<Session> {
        let (token, ends) = (cx.uuid(), cx.now() + hours(LIFETIME));
        cx.insert(Session::new(token, device, ends))
    }

    /// Puts something into the cart, or more of it; how many pieces there are now.
    #[rpc(public)]
    fn add(&mut self, cx: &mut Cx<Self>, token: Uuid, sku: String, quantity: u32) -> Result<u32> {
        let session = self.used(cx, token)?.id;
        ensure!((1..=100).contains(&sku.chars().count()), "a sku has 1 to 100 characters");
        let there = cx.get::<CartItem>((session, sku.as_str()))?.map_or(0, |item| item.quantity);
        let quantity = there.saturating_add(quantity);
        ensure!((1..=MOST).contains(&quantity), "a cart has 1 to {MOST} pieces of one thing");
        Ok(cx.upsert(CartItem { session, sku, quantity })?.quantity)
    }

    /// Takes something out of the cart; whether it was there.
    #[rpc(public)]
    fn remove(&mut self, cx: &mut Cx<Self>, token: Uuid, sku: &str) -> Result<bool> {
        let session = self.used(cx, token)?.id;
        cx.delete::<CartItem>((session, sku))
    }

    /// What lies in the cart. To look is a use as well.
    #[rpc(public)]
    fn cart(&mut self, cx: &mut Cx<Self>, token: Uuid) -> Result<Vec<CartItem>> {
        let session = self.used(cx, token)?.id;
        CartItem::by_session(cx, session).all()
    }

    /// Ends a session now, and its cart.
    #[rpc(public)]
    fn sign_out(&mut self, cx: &mut Cx<Self>, token: Uuid) -> Result {
        let session = self.used(cx, token)?.id;
        cx.delete::<Session>(session).map(drop)
    }

    /// The sessions of this user, for one of them; the one that ends last comes first.
    #[rpc(public)]
    fn devices(&mut self, cx: &mut Cx<Self>, token: Uuid) -> Result<Vec<Device>> {
        self.used(cx, token)?;
        sql!(cx, Device, "SELECT id, device, ends FROM session ORDER BY ends DESC, id", allow(scan, "a few for a user"))
            .all()
    }

    /// The session with this secret, which is used now and lives on from here. One that has ended and one that never was are
    /// the same.
    fn used(&mut self, cx: &mut Cx<Self>, token: Uuid) -> Result<Session> {
        let Some(mut session) = Session::by_token(cx, token)? else {
            bail!(Error::denied("there is no such session, or it has ended: sign in"));
        };
        session.ends = cx.now() + hours(LIFETIME);
        cx.update(&session)?;
        Ok(session)
    }
}
