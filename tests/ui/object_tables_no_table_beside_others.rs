use do_runtime::prelude::*;

pub struct Message {
    pub id: Id<Message>,
    pub body: String,
}

#[table]
pub struct Topic {
    #[key]
    pub name: String,
}

#[durable_object(tables(Message, Topic))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn last(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        sql!(cx, String, "SELECT body FROM message ORDER BY id DESC LIMIT 1").optional()
    }

    #[rpc]
    fn rename(&mut self, cx: &mut Cx<Self>, name: String) -> Result {
        cx.insert(Topic::new(name))?;
        Ok(())
    }
}

pub async fn use_it(room: &RoomStub, objects: &Objects) -> Result<Option<String>> {
    objects.get_by_name::<Room>("lobby").rename("news").await?;
    room.last().await
}

fn main() {}
