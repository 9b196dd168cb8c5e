//! The documents of a server.

use do_runtime::http::{BearerTokens, Server};
use do_runtime::prelude::*;

use crate::peer::{Answer, Served};

async fn get(served: &Served, path: &str) -> Answer {
    served.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.address)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_and_the_client_are_served_where_the_server_is_told_to() -> Result {
    let served = Served::new(|server| server.openapi("/openapi.json").javascript("/objects.js")).await;
    let answer = get(&served, "/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    assert_eq!(answer.json(), served.objects.interface().openapi());
    let answer = get(&served, "/objects.js").await;
    assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"), "{answer:?}");
    assert_eq!(String::from_utf8_lossy(&answer.body), served.objects.interface().javascript());
    let answer = served.call("/rpc/Described/a/count", "", "{}").await;
    assert_eq!(answer.json(), 0, "calls are where they were");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_served_beside_the_objects() -> Result {
    let served = Served::new(|server| server.page("/", "<h1>Blätter</h1>").javascript("/objects.js")).await;
    let answer = get(&served, "/?room=a").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{answer:?}");
    assert_eq!(String::from_utf8_lossy(&answer.body), "<h1>Blätter</h1>");
    assert_eq!(get(&served, "/objects.js").await.status, 200);
    assert_eq!(get(&served, "/other").await.status, 404);
    assert_eq!(served.call("/rpc/Described/a/count", "", "{}").await.json(), 0, "calls are where they were");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_told_to_serves_neither() -> Result {
    let served = Served::new(|server| server).await;
    assert_eq!(get(&served, "/openapi.json").await.status, 404);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_that_a_server_with_an_authenticator_wants_a_token() -> Result {
    let with_token = |server: Server| server.authenticate(BearerTokens::new([("t", "ann")])).openapi("/api");
    let served = Served::new(with_token).await;
    let answer = get(&served, "/api").await;
    assert_eq!(answer.json()["security"][0]["bearer"], serde_json::json!([]), "{answer:?}");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_none_is_told() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    for path in ["openapi.json", "/{name}", "/rpc", "/rpc/openapi", "/objects/a", "/a b", "/:a", "/*a", ""] {
        let error = objects.server().openapi(path).router().expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let error = objects.server().openapi("/a").javascript("/a").router().expect_err("it is taken");
    assert!(error.to_string().contains("taken"), "{error}");
    objects.close().await
}
