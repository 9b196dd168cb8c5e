//! A recorder that the program brings itself: what is recorded reaches it, from when it is installed.

use do_runtime::prelude::*;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

#[durable_object(name = "MetricsRecorded")]
struct Recorded {
    #[stored]
    count: i64,
}

#[durable_object]
impl Recorded {
    #[rpc]
    fn add(&mut self) -> Result<i64> {
        self.count += 1;
        Ok(self.count)
    }
}

/// The counter of calls that went well.
fn calls(snapshotter: &Snapshotter) -> Option<u64> {
    snapshotter.snapshot().into_vec().into_iter().find_map(|(key, _, meaning, value)| {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|label| (label.key(), label.value())).collect();
        let wanted = [("class", "MetricsRecorded"), ("method", "add"), ("outcome", "ok")];
        match value {
            DebugValue::Counter(count) if key.name() == "do_calls_total" && labels == wanted => {
                assert!(meaning.is_some(), "it is described");
                Some(count)
            }
            _ => None,
        }
    })
}

#[do_runtime::test]
async fn what_happens_after_a_recorder_was_installed_reaches_it(kit: TestKit) -> Result {
    let object = kit.objects().get_by_name::<Recorded>("a");
    object.add().await?;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().expect("it is the first one");
    object.add().await?;
    object.add().await?;
    assert_eq!(calls(&snapshotter), Some(2));
    // And a server can't have another one.
    let error = kit.objects().server().metrics("/metrics").router().expect_err("there is a recorder");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    Ok(())
}
