//! Names of the standard library that mean something else in the user's module.
#![allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub, unused_qualifications)]

mod table {
    use do_runtime::prelude::{Id, Timestamp};

    struct Result;
    struct Option;
    struct Vec;
    struct Box;
    struct Some;
    struct Ok;
    trait Into {}
    trait From {}
    trait Default {}
    type str = ();
    type i64 = ();
    type usize = ();

    #[do_runtime::table(index = (text, at))]
    pub(crate) struct Message {
        #[key]
        pub(crate) id: Id<Message>,
        pub(crate) text: std::string::String,
        #[default(now)]
        pub(crate) at: Timestamp,
    }
}

mod object {
    struct Result;
    struct Option;
    struct Vec;
    struct String;
    struct Some;
    struct Ok;
    struct Err;
    trait Into {}
    trait Default {}
    trait Clone {}
    trait Debug {}
    trait Send {}
    type str = ();

    #[do_runtime::durable_object(tables(super::table::Message), jurisdiction = "eu")]
    pub(crate) struct Room {
        #[stored]
        topic: std::string::String,
        #[ephemeral]
        seen: u64,
    }

    #[do_runtime::durable_object]
    impl Room {
        #[init]
        fn wake(&mut self) -> do_runtime::Result {
            self.seen += 1;
            do_runtime::Result::Ok(())
        }

        #[rpc]
        fn set(&mut self, topic: std::string::String, note: &std::primitive::str) -> do_runtime::Result<u64> {
            self.topic = topic + note;
            do_runtime::Result::Ok(self.seen)
        }
    }
}

mod own_result {
    use do_runtime::prelude::{CallError, RpcError, durable_object};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize, RpcError)]
    pub struct Refused;

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no")
        }
    }

    pub type Answer<T> = Result<T, CallError<Refused>>;

    #[durable_object]
    pub struct Room;

    #[durable_object]
    impl Room {
        #[rpc]
        fn ask(&self, what: String) -> Answer<String> {
            if what.is_empty() { Err(Refused.into()) } else { Ok(what) }
        }

        #[rpc]
        async fn ask_later(what: String) -> Answer<String> {
            if what.is_empty() { Err(Refused.into()) } else { Ok(what) }
        }
    }

    pub async fn ask(room: &RoomStub) -> Result<String, CallError<Refused>> {
        room.ask("what").await?;
        room.ask_later("what").await
    }
}

fn main() {}
