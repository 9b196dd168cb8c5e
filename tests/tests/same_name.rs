//! Two classes of one stored name: a program of its own, because classes register themselves in the whole program.

use do_runtime::prelude::*;

mod first {
    use super::*;

    #[durable_object]
    struct Room;

    #[durable_object]
    impl Room {}
}

mod second {
    use super::*;

    #[durable_object(name = "Room")]
    struct Lobby;

    #[durable_object]
    impl Lobby {}
}

#[tokio::test]
async fn two_classes_of_one_name_are_refused_at_open() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let error = Objects::open(folder.path()).await.expect_err("two classes have one name");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let sentence = error.to_string();
    for part in ["first::Room", "second::Lobby", "\"Room\"", "name ="] {
        assert!(sentence.contains(part), "{part} is missing in: {sentence}");
    }
    Ok(())
}
