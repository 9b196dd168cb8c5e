//! Calls that are sent again by themselves.

use super::*;

/// How often [`Moody`] has yet to refuse to wake.
static REFUSALS: AtomicU32 = AtomicU32::new(0);
/// The tests of [`Moody`] share that.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[durable_object]
struct Moody {
    #[stored]
    count: u32,
}

/// Attempt, request, and whether there is a key.
type Sent = (u32, Uuid, bool);

#[durable_object]
impl Moody {
    #[init]
    fn wake(&mut self) -> Result {
        let refuses = REFUSALS.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if refuses {
            bail!(Error::new(ErrorKind::Unavailable, "not now"));
        }
        Ok(())
    }

    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>) -> Result<Sent> {
        self.count += 1;
        Ok((cx.meta().attempt(), cx.meta().request_id(), cx.meta().idempotency_key().is_some()))
    }

    #[rpc(idempotent)]
    fn touch(&mut self, cx: &mut Cx<Self>) -> Result<Sent> {
        Ok((cx.meta().attempt(), cx.meta().request_id(), cx.meta().idempotency_key().is_some()))
    }

    #[rpc]
    fn count(&self) -> Result<u32> {
        Ok(self.count)
    }
}

#[do_runtime::test]
async fn a_call_is_sent_again_until_it_succeeds(kit: TestKit) -> Result {
    let _alone = ONE_AT_A_TIME.lock().await;
    let moody = kit.objects().get_by_name::<Moody>("a");
    REFUSALS.store(3, Ordering::Relaxed);
    let (sent, ()) = join(moody.add().retry(RetryPolicy::default()), kit.advance("10s")).await;
    let (attempt, request, has_key) = sent?;
    assert_eq!((attempt, has_key), (4, true), "it got a key of its own");
    assert_eq!(moody.count().await?, 1);
    let (attempt, next, _) = moody.add().retry(RetryPolicy::default()).await?;
    assert_eq!(attempt, 1);
    assert_ne!(next, request, "each call is a request of its own");
    Ok(())
}

#[do_runtime::test]
async fn a_call_whose_repetition_is_harmless_needs_no_key(kit: TestKit) -> Result {
    let _alone = ONE_AT_A_TIME.lock().await;
    let moody = kit.objects().get_by_name::<Moody>("a");
    REFUSALS.store(1, Ordering::Relaxed);
    let (sent, ()) = join(moody.touch().retry(RetryPolicy::default()), kit.advance("10s")).await;
    let (attempt, _, has_key) = sent?;
    assert_eq!((attempt, has_key), (2, false));
    let (_, _, has_key) = moody.touch().idempotency_key("1").retry(RetryPolicy::default()).await?;
    assert!(has_key, "one that it was given stays");
    Ok(())
}

#[do_runtime::test]
async fn a_call_is_sent_no_more_often_than_its_policy_says(kit: TestKit) -> Result {
    let _alone = ONE_AT_A_TIME.lock().await;
    let moody = kit.objects().get_by_name::<Moody>("a");
    REFUSALS.store(10, Ordering::Relaxed);
    let (answer, ()) = join(moody.add().retry(RetryPolicy::default().attempts(3)), kit.advance("1m")).await;
    assert_eq!(answer.expect_err("not now").kind(), ErrorKind::Unavailable);
    assert_eq!(REFUSALS.load(Ordering::Relaxed), 7);
    let error = moody.add().retry(RetryPolicy::default().jitter(7.0)).await.expect_err("nonsense");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    REFUSALS.store(0, Ordering::Relaxed);
    Ok(())
}

#[do_runtime::test]
async fn a_call_is_not_sent_again_after_its_deadline(kit: TestKit) -> Result {
    let _alone = ONE_AT_A_TIME.lock().await;
    let moody = kit.objects().get_by_name::<Moody>("a");
    REFUSALS.store(10, Ordering::Relaxed);
    let policy = RetryPolicy::default().attempts(100).first("1s").factor(1.0).jitter(0.0);
    let (answer, ()) = join(moody.add().retry(policy).deadline("2500ms"), kit.advance("1m")).await;
    assert_eq!(answer.expect_err("not now").kind(), ErrorKind::Unavailable, "the last error is the answer");
    assert_eq!(REFUSALS.load(Ordering::Relaxed), 7, "it was sent at 0, 1 and 2 seconds");
    REFUSALS.store(0, Ordering::Relaxed);
    Ok(())
}

#[do_runtime::test]
async fn a_call_that_finds_the_queue_full_comes_back_in_a_second(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("asleep");
    let begin = kit.now();
    let (first, second) = (account.pay(1, "first"), account.pay(2, "second").retry(RetryPolicy::default()));
    let ((first, second), ()) = join(join(first, second), kit.advance("1m")).await;
    assert_eq!((first?.balance, second?.balance), (1, 3));
    assert_eq!(kit.now(), begin + minutes(1));
    account.pay(1, "there is room").await?;
    Ok(())
}

#[do_runtime::test]
async fn a_call_that_a_crash_cut_off_is_sent_again_and_applied_once(kit: TestKit) -> Result {
    for (name, durable) in [("lost", false), ("kept", true)] {
        let account = kit.objects().get_by_name::<Account>(name);
        account.pay(1, "").await?;
        let mut call = account.pay(5, "rent").retry(RetryPolicy::default());
        assert!(send(&mut call).await.is_pending(), "it waits for the disk");
        if durable {
            kit.settle().await;
        }
        kit.crash().await?;
        let (receipt, ()) = join(call, kit.advance("10s")).await;
        assert_eq!(receipt?.balance, 6);
        assert_eq!(account.balance().await?, 6);
    }
    Ok(())
}

#[do_runtime::test]
async fn an_interrupted_call_is_not_sent_again_under_its_key(kit: TestKit) -> Result {
    let account = kit.objects().get_by_name::<Account>("ann");
    let call = tokio::spawn(account.pay_slowly(5).retry(RetryPolicy::default()));
    kit.settle().await;
    kit.crash().await?;
    kit.advance("3h").await;
    let error = call.await.context("the caller")?.expect_err("it may have happened in part");
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    assert_eq!(account.runs().await?, 1);
    Ok(())
}

/// Pays others from an alarm.
#[durable_object]
struct Employer {
    #[stored]
    runs: u32,
}

#[durable_object]
impl Employer {
    #[rpc]
    fn hire(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().payday().after("1h")
    }

    /// Pays two accounts, with an hour between them.
    #[alarm]
    async fn payday(this: This<Self>) -> Result {
        this.update(|me, _| {
            me.runs += 1;
            Ok(())
        })
        .await?;
        let objects = this.objects();
        objects.get_by_name::<Account>("ann").pay(5, "wages").await?;
        this.sleep(hours(1)).await?;
        objects.get_by_name::<Account>("bob").pay(7, "wages").retry(RetryPolicy::default()).await?;
        Ok(())
    }

    #[rpc]
    fn runs(&self) -> Result<u32> {
        Ok(self.runs)
    }
}

#[do_runtime::test]
async fn an_alarm_that_a_crash_cut_off_calls_again_under_the_same_keys(kit: TestKit) -> Result {
    let employer = kit.objects().get_by_name::<Employer>("acme");
    let (ann, bob) = (kit.objects().get_by_name::<Account>("ann"), kit.objects().get_by_name::<Account>("bob"));
    employer.hire().await?;
    kit.advance("1h 30m").await;
    assert_eq!((employer.runs().await?, ann.balance().await?, bob.balance().await?), (1, 5, 0));
    kit.crash().await?;
    kit.advance("2h").await;
    assert_eq!((employer.runs().await?, ann.balance().await?, bob.balance().await?), (2, 5, 7), "each is paid once");
    // The next one is another alarm.
    employer.hire().await?;
    kit.advance("3h").await;
    assert_eq!((ann.balance().await?, bob.balance().await?), (10, 14));
    Ok(())
}
