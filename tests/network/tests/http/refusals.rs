//! A handler's own error, with the status and the wait that it says.

use std::fmt;
use std::time::Duration;

use do_network::Served;
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
#[rpc_error(status = 409)]
enum Shut {
    Taken,
    #[rpc_error(status = 429, retry_after = wait)]
    TooOften {
        wait: Option<Period>,
    },
    #[rpc_error(status = 503, retry_after = 0)]
    Until(Timestamp),
    #[rpc_error(status = 507)]
    Full,
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is shut")
    }
}

/// One status for all of it.
#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
#[rpc_error(status = 423, retry_after = wait)]
struct Locked {
    wait: Duration,
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is locked")
    }
}

#[durable_object(name = "HttpDoor")]
struct Door;

#[durable_object]
impl Door {
    #[rpc(public)]
    fn open(&self, shut: Shut) -> Result<(), CallError<Shut>> {
        Err(shut.into())
    }

    #[rpc(public)]
    fn unlock(&self) -> Result<(), CallError<Locked>> {
        bail!(Locked { wait: millis(1001) })
    }

    #[rpc(public)]
    fn wait(&self, longest: Period) -> Result<Period> {
        Ok(longest)
    }

    #[fetch(get, "/")]
    fn page(&self) -> Result<Response, CallError<Locked>> {
        bail!(Locked { wait: millis(1) })
    }
}

#[do_runtime::test]
async fn a_handlers_own_error_has_the_status_that_it_says_and_tells_how_long_to_wait(kit: TestKit) -> Result {
    let served = Served::of(kit.objects().clone(), |server| server).await;
    for (shut, status, wait) in [
        (Shut::Taken, 409, None),
        (Shut::TooOften { wait: Some(millis(2400).into()) }, 429, Some(3)),
        (Shut::TooOften { wait: Some(Period::default()) }, 429, Some(1)),
        (Shut::TooOften { wait: None }, 429, Some(1)),
        (Shut::Until(kit.now() + minutes(2)), 503, Some(120)),
        (Shut::Until(kit.now() - minutes(2)), 503, Some(1)),
        (Shut::Full, 507, None),
    ] {
        let body = json!({ "shut": shut }).to_string();
        let answer = served.call("/rpc/HttpDoor/front/open", "", &body).await;
        let problem = answer.problem(status, "handler");
        let header = wait.map(|seconds: u64| seconds.to_string());
        assert_eq!(answer.header("retry-after"), header.as_deref(), "{problem}");
        assert_eq!((&problem["detail"], &problem["error"]), (&json!("it is shut"), &json!(shut)));
        assert_eq!((&problem["retry_after"], &problem["retryable"]), (&json!(wait), &json!(wait.is_some())));
    }
    served.stop().await
}

#[do_runtime::test]
async fn a_status_for_all_of_an_error_holds_for_plain_requests_too(kit: TestKit) -> Result {
    let response = kit.fetch("POST", "/rpc/HttpDoor/front/unlock", "").await?;
    assert_eq!((response.code(), response.header("retry-after")), (423, Some("2")));
    let response = kit.fetch("GET", "/objects/HttpDoor/front/", "").await?;
    assert_eq!((response.code(), response.header("retry-after")), (423, Some("1")));
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    Ok(())
}

#[do_runtime::test]
async fn a_period_is_read_as_a_person_writes_it_or_as_iso_8601_has_it(kit: TestKit) -> Result {
    let path = "/rpc/HttpDoor/front/wait";
    for (written, read) in
        [("1m 30s", "PT1M30S"), ("PT90S", "PT1M30S"), ("1d", "PT24H"), ("250ms", "PT0.25S"), ("0s", "PT0S")]
    {
        let response = kit.fetch("POST", path, format!(r#"{{"longest": "{written}"}}"#)).await?;
        assert_eq!((response.code(), &*response.body_json::<String>()?), (200, read), "{written}");
    }
    for wrong in ["\"-1s\"", "\"1 month\"", "\"soon\"", "30", "null"] {
        let response = kit.fetch("POST", path, format!(r#"{{"longest": {wrong}}}"#)).await?;
        let problem = response.body_json::<serde_json::Value>()?;
        assert_eq!((response.code(), &problem["field"]), (422, &json!("longest")), "{wrong}: {problem}");
    }
    Ok(())
}
