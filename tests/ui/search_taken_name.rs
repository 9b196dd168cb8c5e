use do_runtime::prelude::*;

#[table(search = rank)]
pub struct Soldier {
    #[key]
    pub id: Id<Soldier>,
    pub rank: String,
}

fn main() {}
