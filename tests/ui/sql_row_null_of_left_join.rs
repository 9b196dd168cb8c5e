use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
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

#[durable_object(tables(Message, Author))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn ask(&self, cx: &Cx<Self>) -> Result<Vec<(String, f64)>> {
        sql!(
            cx,
            (String, f64),
            "SELECT message.author, author.score FROM message LEFT JOIN author ON author.name = message.author LIMIT 5",
        )
        .all()
    }
}

fn main() {}
