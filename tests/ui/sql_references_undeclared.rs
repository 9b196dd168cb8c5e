use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references]
    pub author: Id<Author>,
    pub body: Option<String>,
    pub at: i64,
}

#[table]
pub struct Author {
    #[key]
    pub id: Id<Author>,
    #[unique]
    pub name: String,
    pub score: f64,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn ask_1(&self, cx: &Cx<Self>) -> Result<Vec<Option<String>>> {
        sql!(cx, Option<String>, "SELECT body FROM message LIMIT 1").all()
    }

    pub fn ask_2(&self, cx: &Cx<Self>) -> Result<Vec<Option<String>>> {
        sql!(cx, Option<String>, "SELECT body FROM message LIMIT 2").all()
    }

    pub fn ask_3(&self, cx: &Cx<Self>) -> Result<Vec<Option<String>>> {
        sql!(cx, Option<String>, "SELECT body FROM message LIMIT 3").all()
    }
}

fn main() {}
