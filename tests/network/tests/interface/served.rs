//! The documents of a server.

use do_network::Served;
use do_runtime::http::{BearerTokens, Server};
use do_runtime::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_and_the_client_are_served_where_the_server_is_told_to() -> Result {
    let served = Served::new(|server| server.openapi("/openapi.json").javascript("/objects.js")).await;
    let answer = served.get("/openapi.json", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    assert_eq!(answer.json(), served.objects.interface().openapi());
    let answer = served.get("/objects.js", "").await;
    assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"), "{answer:?}");
    assert_eq!(String::from_utf8_lossy(&answer.body), served.objects.interface().javascript());
    let answer = served.call("/rpc/Described/a/count", "", "{}").await;
    assert_eq!(answer.json(), 0, "calls are where they were");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_served_beside_the_objects() -> Result {
    let served = Served::new(|server| server.page("/", "<h1>Blätter</h1>").javascript("/objects.js")).await;
    let answer = served.get("/?room=a", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{answer:?}");
    assert_eq!(String::from_utf8_lossy(&answer.body), "<h1>Blätter</h1>");
    assert_eq!(served.get("/objects.js", "").await.status, 200);
    assert_eq!(served.get("/other", "").await.status, 404);
    assert_eq!(served.call("/rpc/Described/a/count", "", "{}").await.json(), 0, "calls are where they were");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_needs_is_served_beside_it_and_kept_by_who_has_it() -> Result {
    let dot: &[u8; 3] = &[0x89, 0, 255];
    let served = Served::new(|server| {
        server.page("/", "<h1>a</h1>").asset("/a.css", "text/css", "h1 { color: red }").asset(
            "/dot.png",
            "image/png",
            dot,
        )
    })
    .await;
    let answer = served.get("/a.css", "").await;
    assert_eq!((answer.header("content-type"), &*answer.body), (Some("text/css"), &b"h1 { color: red }"[..]));
    let picture = served.get("/dot.png", "").await;
    assert_eq!((picture.header("content-type"), &*picture.body), (Some("image/png"), &dot[..]));
    for (path, answer) in [("/a.css", answer), ("/", served.get("/", "").await)] {
        let tag = answer.header("etag").expect("it has one").to_owned();
        for tags in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let same = served.get(path, &format!("If-None-Match: {tags}\r\n")).await;
            assert_eq!((same.status, same.header("etag"), same.body.len()), (304, Some(&*tag), 0), "{tags}");
        }
        assert_eq!(served.get(path, "If-None-Match: \"other\"\r\n").await.status, 200);
    }
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_told_to_serves_neither() -> Result {
    let served = Served::new(|server| server).await;
    assert_eq!(served.get("/openapi.json", "").await.status, 404);
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_that_a_server_with_an_authenticator_wants_a_token() -> Result {
    let with_token = |server: Server| server.authenticate(BearerTokens::new([("t", "ann")])).openapi("/api");
    let served = Served::new(with_token).await;
    let answer = served.get("/api", "").await;
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
    let error = objects.server().asset("/a", "css", "").router().expect_err("it is no media type");
    assert!(error.to_string().contains("text/css"), "{error}");
    let error = objects.server().openapi("/a").javascript("/a").router().expect_err("it is taken");
    assert!(error.to_string().contains("taken"), "{error}");
    objects.close().await
}
