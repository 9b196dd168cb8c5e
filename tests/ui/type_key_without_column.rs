use do_runtime::prelude::*;

pub struct Email(pub String);

#[table]
pub struct User {
    #[key]
    pub email: Email,
}

fn main() {}
