//! Errors: from a handler to its caller, and the words to make them with.

use std::error::Error as _;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// An error type of a handler's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
enum Refused {
    #[error("only {have} of {want} are there")]
    TooFew { have: u32, want: u32 },
    #[error("closed")]
    Closed,
}

/// Another one, without variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("{reason}")]
struct Failed {
    reason: String,
}

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    #[key]
    name: String,
}

#[durable_object(tables(Item))]
struct Shop {
    #[stored]
    stock: u32,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn take(&mut self, want: u32) -> Result<u32, CallError<Refused>> {
        ensure!(want > 0, "nothing is not worth a call, and {want} is nothing");
        ensure!(self.stock >= want, Refused::TooFew { have: self.stock, want });
        self.stock -= want;
        Ok(self.stock)
    }

    #[rpc]
    fn fill(&mut self, by: u32) -> Result<u32> {
        self.stock += by;
        Ok(self.stock)
    }

    /// `?` on each kind of error, in one handler.
    #[rpc]
    fn question_marks(&mut self, cx: &mut Cx<Self>, which: &str) -> Result<u32, CallError<Refused>> {
        let own: Result<u32, Refused> = Err(Refused::Closed);
        let runtime: Result<u32> = Err(Error::new(ErrorKind::Denied, "not for you"));
        Ok(match which {
            "own" => own?,
            "runtime" => runtime?,
            "call" => self.take(100)?,
            "storage" => {
                cx.insert(Item::new("a"))?;
                cx.insert(Item::new("a"))?;
                0
            }
            "foreign" => which.parse::<u32>().or_invalid()?,
            "context" => which.parse::<u32>().context("the number")?,
            "none" => None.context("the answer is not there")?,
            "bail" => bail!(Refused::Closed),
            "text" => bail!("no {which} at all"),
            _ => 1,
        })
    }

    #[rpc]
    async fn pass_on(this: This<Self>, name: String, want: u32) -> Result<u32, CallError<Refused>> {
        let taken = this.objects().get_by_name::<Shop>(name).take(want).await?;
        Ok(taken)
    }

    #[rpc]
    async fn pass_on_as_runtime(this: This<Self>, name: String, want: u32) -> Result<u32> {
        let taken = this.objects().get_by_name::<Shop>(name).take(want).await?;
        Ok(taken)
    }

    #[rpc]
    async fn try_update(this: This<Self>, want: u32) -> Result<u32, CallError<Refused>> {
        this.try_update(|me, _| me.take(want)).await
    }

    #[rpc]
    fn other_error(&self) -> Result<(), CallError<Failed>> {
        bail!(Failed { reason: "for a reason".into() })
    }
}

fn own<T: std::fmt::Debug, E>(result: Result<T, CallError<E>>) -> E {
    match result.expect_err("an error") {
        CallError::User(error) => error,
        CallError::Runtime(error) => panic!("an error of the runtime: {error}"),
    }
}

fn runtime<T: std::fmt::Debug, E>(result: Result<T, CallError<E>>) -> Error {
    match result.expect_err("an error") {
        CallError::User(_) => panic!("an error of the handler's own"),
        CallError::Runtime(error) => error,
    }
}

#[do_runtime::test]
async fn a_typed_error_comes_back_typed_and_undoes_the_call(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(5).await?;
    assert_eq!(own(shop.take(7).await), Refused::TooFew { have: 5, want: 7 });
    assert_eq!(own(shop.try_update(7).await), Refused::TooFew { have: 5, want: 7 });
    assert_eq!(shop.take(2).await?, 3);
    assert_eq!(own(shop.other_error().await).reason, "for a reason");
    Ok(())
}

#[do_runtime::test]
async fn a_typed_error_passes_through_other_objects(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    assert_eq!(own(shop.pass_on("b", 7).await), Refused::TooFew { have: 0, want: 7 });
    let error = shop.pass_on_as_runtime("b", 7).await.expect_err("too few");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Handler, "only 0 of 7 are there"));
    assert_eq!(runtime(shop.pass_on("b", 0).await).kind(), ErrorKind::Invalid);
    Ok(())
}

#[do_runtime::test]
async fn question_marks_take_errors_of_every_sort(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let ask = async |which: &str| shop.question_marks(which).await;
    assert_eq!(own(ask("own").await), Refused::Closed);
    assert_eq!(own(ask("bail").await), Refused::Closed);
    assert_eq!(own(ask("call").await), Refused::TooFew { have: 0, want: 100 });
    assert_eq!(runtime(ask("runtime").await), Error::new(ErrorKind::Denied, "not for you"));
    assert_eq!(runtime(ask("storage").await).kind(), ErrorKind::Conflict);
    assert_eq!(runtime(ask("foreign").await).kind(), ErrorKind::Invalid);
    let context = runtime(ask("context").await);
    assert!(context.to_string().starts_with("the number: invalid digit"), "{context}");
    assert!(context.source().is_some(), "the foreign error is behind it");
    assert_eq!(runtime(ask("none").await), Error::new(ErrorKind::NotFound, "the answer is not there"));
    assert_eq!(runtime(ask("text").await), Error::invalid("no text at all"));
    assert_eq!(ask("fine").await?, 1);
    Ok(())
}

#[test]
fn both_sorts_of_errors_become_an_error() {
    fn typed() -> Result {
        let refused: Result<(), Refused> = Err(Refused::Closed);
        Ok(refused?)
    }
    fn call() -> Result {
        let refused: Result<(), CallError<Refused>> = Err(CallError::User(Refused::Closed));
        Ok(refused?)
    }
    fn passed() -> Result {
        let refused: Result<(), CallError<Refused>> = Err(CallError::Runtime(Error::new(ErrorKind::Denied, "no")));
        Ok(refused?)
    }
    assert_eq!(typed(), Err(Error::new(ErrorKind::Handler, "closed")));
    assert_eq!(call(), Err(Error::new(ErrorKind::Handler, "closed")));
    assert_eq!(passed(), Err(Error::new(ErrorKind::Denied, "no")));
}

#[test]
fn a_context_keeps_the_kind_and_goes_in_front() {
    let error = Error::new(ErrorKind::Conflict, "taken").context("the seat");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Conflict, "the seat: taken"));
    let again: Result = Err::<(), _>(error).context("booking");
    let again = again.expect_err("an error");
    assert_eq!((again.kind(), again.to_string().as_str()), (ErrorKind::Conflict, "booking: the seat: taken"));
    assert_eq!(again.source().map(ToString::to_string).as_deref(), Some("the seat: taken"));
}

#[test]
fn what_may_succeed_later_is_retryable() {
    let retryable = |kind| Error::new(kind, "x").is_retryable();
    for kind in [ErrorKind::Unavailable, ErrorKind::Deadline, ErrorKind::Interrupted] {
        assert!(retryable(kind), "{kind}");
    }
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Overloaded,
        ErrorKind::Denied,
        ErrorKind::Invalid,
        ErrorKind::Storage,
        ErrorKind::Handler,
        ErrorKind::Internal,
    ] {
        assert!(!retryable(kind), "{kind}");
    }
}

#[test]
fn only_after_an_overload_it_is_known_how_long_to_wait() {
    assert_eq!(Error::new(ErrorKind::Overloaded, "x").retry_after(), Some(std::time::Duration::from_secs(1)));
    assert_eq!(
        Error::new(ErrorKind::Overloaded, "x").context("y").retry_after(),
        Some(std::time::Duration::from_secs(1))
    );
    assert_eq!(Error::new(ErrorKind::Unavailable, "x").retry_after(), None);
}

#[test]
fn an_error_goes_where_errors_go() {
    fn boxed() -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(Error::invalid("boxed"))?;
        Ok(())
    }
    assert_eq!(boxed().expect_err("an error").to_string(), "boxed");
    let formatted = 7;
    fn formats(n: i32) -> Result {
        ensure!(n > 7, "{n} is not more than {}, {0:?}", "seven");
        Ok(())
    }
    assert_eq!(formats(formatted), Err(Error::invalid("7 is not more than seven, \"seven\"")));
}

#[do_runtime::test]
async fn the_sentence_of_a_conflict_names_table_and_column(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let error = runtime(shop.question_marks("storage").await).to_string();
    assert!(error.contains("item") && error.contains("name"), "{error}");
    Ok(())
}
