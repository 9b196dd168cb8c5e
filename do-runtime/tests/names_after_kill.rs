//! A process that is killed leaves names that are not durable; the next one sees them, and does not build on them before they are.

use std::path::Path;

use do_runtime::env::{Disk, Keep, SeededRandom, Step};
use do_runtime::prelude::*;
use do_runtime::testing::{SimDisk, TestKit};

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

#[test]
fn no_data_is_there_before_the_key_whose_name_a_killed_process_left_unsynced() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let disk = SimDisk::new();
        disk.record();
        drop(TestKit::open_on(disk.clone(), NOW, 1).await.expect("a folder in memory"));
        let first = disk.take_tape();
        let named = first.events().iter().position(|event| matches!(event.step, Step::Rename(..)));
        let mut player = first.player();
        player.advance_to(named.expect("the key is renamed into place") as u64 + 1);
        let killed = player.killed();
        assert!(killed.exists(Path::new("id.key")).expect("the disk works"));

        killed.record();
        drop(TestKit::open_on(killed.clone(), NOW, 2).await.expect("the folder that was left"));
        let (second, random) = (killed.take_tape(), SeededRandom::new(1));
        let mut player = second.player();
        for point in 0..=second.len().min(60) {
            player.advance_to(point);
            for keep in [Keep::Newest, Keep::Nothing, Keep::Everything] {
                let opened = TestKit::open_on(player.left(keep, &random), NOW, 3).await;
                assert!(opened.is_ok(), "after event {point} of the second process, {keep:?}: {opened:?}");
            }
        }
    });
}
