use do_runtime::prelude::*;
use std::collections::HashMap;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub tags: HashMap<String, String>,
}

fn main() {}
