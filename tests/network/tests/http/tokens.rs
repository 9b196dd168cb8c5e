//! Credentials: signed tokens, and what is sent in their place.

use std::time::{SystemTime, UNIX_EPOCH};

use do_network::{Answer, Served};
use do_runtime::http::{BearerTokens, JsonWebAlgorithm as Algorithm, JsonWebKeys, JsonWebTokens};
use do_runtime::prelude::*;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::mint::{Signer, encoded, in_pem};

const SEEN: &str = "/rpc/HttpPurse/ann/seen";

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(since.as_secs()).expect("it is not that late")
}

/// Of ann, for an hour.
fn claims() -> Value {
    json!({ "sub": "ann", "exp": now() + 3600 })
}

/// The same with other claims, or without those that are null.
fn but(changed: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().expect("an object");
    members.extend(changed.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    claims
}

async fn with(served: &Served, token: &str) -> Answer {
    served.call(SEEN, &format!("Authorization: Bearer {token}\r\n"), "").await
}

async fn caller(served: &Served, token: &str) -> String {
    let answer = with(served, token).await;
    assert_eq!(answer.status, 200, "{answer:?} {}", String::from_utf8_lossy(&answer.body));
    answer.json()["caller"].as_str().expect("a caller").to_owned()
}

/// That it is refused, with these words in the sentence.
async fn refused(served: &Served, token: &str, words: &str) {
    let answer = with(served, token).await;
    let problem = answer.problem(401, "denied");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{problem} has no {words:?}");
}

async fn serving(tokens: JsonWebTokens) -> Served {
    Served::new(|server| server.authenticate(tokens)).await
}

fn secret(signer: &Signer, algorithm: Algorithm) -> JsonWebKeys {
    let Signer::Secret(secret) = signer else { panic!("it has no secret") };
    JsonWebKeys::secret(algorithm, secret).expect("a secret")
}

fn set(keys: &[Value]) -> Result<JsonWebKeys> {
    JsonWebKeys::set(json!({ "keys": keys }).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_calls_whatever_it_is_signed_with() -> Result {
    use Algorithm::*;
    let (shared, rsa) = (Signer::secret(), Signer::rsa());
    let keys = secret(&shared, Hs256);
    let served = serving(JsonWebTokens::new(keys.clone())).await;
    for algorithm in [Hs256, Hs384, Hs512] {
        keys.replace(secret(&shared, algorithm));
        assert_eq!(caller(&served, &shared.token(algorithm.name(), claims())).await, "ann", "{algorithm}");
    }
    for algorithm in [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512] {
        keys.replace(JsonWebKeys::public_key(algorithm, rsa.pem())?);
        assert_eq!(caller(&served, &rsa.token(algorithm.name(), claims())).await, "ann", "{algorithm}");
    }
    for (algorithm, signer) in [(Es256, Signer::p256()), (Es384, Signer::p384()), (EdDsa, Signer::ed25519())] {
        keys.replace(JsonWebKeys::public_key(algorithm, signer.pem())?);
        assert_eq!(caller(&served, &signer.token(algorithm.name(), claims())).await, "ann", "{algorithm}");
    }
    served.call(SEEN, "", "").await.problem(401, "denied");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_set_is_the_one_that_the_token_names() -> Result {
    let signers = [
        ("RS256", Signer::rsa()),
        ("ES256", Signer::p256()),
        ("ES384", Signer::p384()),
        ("EdDSA", Signer::ed25519()),
        ("HS256", Signer::secret()),
    ];
    let mut keys: Vec<Value> = signers.iter().map(|(name, signer)| signer.jwk(json!({ "kid": name }))).collect();
    let stranger = Signer::strange_rsa();
    keys.extend([
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "a curve" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "a kind" }),
        stranger.jwk(json!({ "kid": "to encrypt", "use": "enc" })),
        stranger.jwk(json!({ "kid": "to encrypt", "alg": "RSA-OAEP" })),
    ]);
    let served = serving(JsonWebTokens::new(set(&keys)?)).await;
    for (name, signer) in &signers {
        let token = signer.token_of(json!({ "alg": name, "kid": name }), claims());
        assert_eq!(caller(&served, &token).await, "ann", "{name}");
        refused(&served, &signer.token_of(json!({ "alg": name, "kid": "another" }), claims()), "not known here").await;
        refused(&served, &signer.token(name, claims()), "not known here").await;
    }
    let token = stranger.token_of(json!({ "alg": "RS256", "kid": "to encrypt" }), claims());
    refused(&served, &token, "not known here").await;
    let token = stranger.token_of(json!({ "alg": "RS256", "kid": "RS256" }), claims());
    refused(&served, &token, "signature is wrong").await;
    let token = signers[1].1.token_of(json!({ "alg": "ES256", "kid": "RS256" }), claims());
    refused(&served, &token, "algorithm of its key").await;
    served.stop().await
}

/// As of RFC 7517, section 4.5.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_name_are_told_apart_by_their_algorithms() -> Result {
    let signers = [("RS256", Signer::rsa()), ("ES256", Signer::p256()), ("RS256", Signer::strange_rsa())];
    let keys: Vec<Value> = signers.iter().map(|(_, signer)| signer.jwk(json!({ "kid": "2026" }))).collect();
    let served = serving(JsonWebTokens::new(set(&keys)?)).await;
    for (name, signer) in &signers {
        let token = signer.token_of(json!({ "alg": name, "kid": "2026" }), claims());
        assert_eq!(caller(&served, &token).await, "ann", "{name}");
    }
    let confused = signers[0].1.token_of(json!({ "alg": "ES256", "kid": "2026" }), claims());
    refused(&served, &confused, "signature is wrong").await;
    let other = Signer::ed25519().token_of(json!({ "alg": "EdDSA", "kid": "2026" }), claims());
    refused(&served, &other, "algorithm of its key").await;
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_for_what_it_says() -> Result {
    let signer = Signer::secret();
    let tokens = JsonWebTokens::new(secret(&signer, Algorithm::Hs256)).issuer("https://id.example").audience("chat");
    let served = serving(tokens.leeway("10s")?).await;
    let good = json!({ "iss": "https://id.example", "aud": "chat" });
    let token = |changed: Value| {
        let mut all = good.clone();
        all.as_object_mut().expect("an object").extend(changed.as_object().expect("an object").clone());
        signer.token("HS256", but(all))
    };
    for fine in [
        json!({}),
        json!({ "exp": now() - 5 }),
        json!({ "exp": now() as f64 + 60.5, "nbf": now() + 5 }),
        json!({ "exp": 1e300, "nbf": -1e300 }),
        json!({ "aud": ["mail", "chat"] }),
    ] {
        assert_eq!(caller(&served, &token(fine.clone())).await, "ann", "{fine}");
    }
    for (wrong, words) in [
        (json!({ "exp": now() - 11 }), "has expired"),
        (json!({ "exp": -1e300 }), "has expired"),
        (json!({ "exp": null }), "no `exp`"),
        (json!({ "exp": "tomorrow" }), "`exp` is no number"),
        (json!({ "exp": [now() + 60] }), "`exp` is no number"),
        (json!({ "nbf": now() + 60 }), "not valid yet"),
        (json!({ "nbf": "now" }), "`nbf` is no number"),
        (json!({ "iss": "https://id.example.evil" }), "another issuer"),
        (json!({ "iss": ["https://id.example"] }), "another issuer"),
        (json!({ "iss": null }), "another issuer"),
        (json!({ "aud": "mail" }), "another audience"),
        (json!({ "aud": [] }), "another audience"),
        (json!({ "aud": { "chat": true } }), "another audience"),
        (json!({ "aud": null }), "another audience"),
        (json!({ "sub": null }), "says no principal"),
        (json!({ "sub": "" }), "says no principal"),
        (json!({ "sub": 7 }), "says no principal"),
    ] {
        refused(&served, &token(wrong), words).await;
    }
    served.stop().await?;
    // Who is no audience takes no token that is for one.
    let tokens = JsonWebTokens::new(secret(&signer, Algorithm::Hs256)).principal("email");
    let served = serving(tokens).await;
    let mail = |aud: Value| signer.token("HS256", but(json!({ "email": "ann@example.com", "aud": aud })));
    assert_eq!(caller(&served, &mail(Value::Null)).await, "ann@example.com");
    refused(&served, &mail(json!("chat")), "another audience").await;
    refused(&served, &signer.token("HS256", claims()), "`email` is no text").await;
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_says_how_it_is_checked() -> Result {
    let rsa = Signer::rsa();
    let keys = JsonWebKeys::public_key(Algorithm::Rs256, rsa.pem())?;
    let served = serving(JsonWebTokens::new(keys.clone())).await;
    // Everybody knows the public key: as it is written, without its last line break, and its bytes.
    let pem = rsa.pem();
    let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for known in [pem.as_bytes(), pem.trim_end().as_bytes(), inner.as_bytes()] {
        for algorithm in ["HS256", "HS384", "HS512"] {
            refused(&served, &Signer::Secret(known.to_vec()).token(algorithm, claims()), "algorithm of its key").await;
        }
    }
    for algorithm in ["none", "None", "NONE", "", "rs256", "RS512", "PS256", "ES256", "RS256 "] {
        refused(&served, &rsa.token(algorithm, claims()), "algorithm of its key").await;
    }
    let [head, payload] = [json!({ "alg": "none" }).to_string(), claims().to_string()].map(encoded);
    refused(&served, &format!("{head}.{payload}."), "algorithm of its key").await;
    let head = encoded(json!({ "alg": "RS256" }).to_string());
    refused(&served, &format!("{head}.{payload}."), "signature is wrong").await;
    // A token brings no key of its own.
    let mallory = Signer::strange_rsa();
    let header =
        json!({ "alg": "RS256", "jwk": mallory.jwk(json!({})), "jku": "http://127.0.0.1:1/keys", "kid": "../../key" });
    refused(&served, &mallory.token_of(header, claims()), "signature is wrong").await;
    let header = json!({ "alg": "RS256", "crit": ["b64"], "b64": false });
    refused(&served, &rsa.token_of(header, claims()), "crit").await;
    let good = rsa.token("RS256", claims());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (head, _) = message.split_once('.').expect("three parts");
    let other = encoded(but(json!({ "sub": "root" })).to_string());
    refused(&served, &format!("{head}.{other}.{signature}"), "signature is wrong").await;
    assert_eq!(caller(&served, &good).await, "ann");
    // The same of a set, in which the secret of one key is not that of another.
    keys.replace(set(&[rsa.jwk(json!({ "kid": "r" })), Signer::secret().jwk(json!({ "kid": "s" }))])?);
    let confused = Signer::Secret(pem.into_bytes());
    refused(&served, &confused.token_of(json!({ "alg": "HS256", "kid": "r" }), claims()), "algorithm of its key").await;
    refused(&served, &confused.token_of(json!({ "alg": "HS256", "kid": "s" }), claims()), "signature is wrong").await;
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_or_too_large_is_refused_and_the_server_goes_on() -> Result {
    let signer = Signer::secret();
    let served = serving(JsonWebTokens::new(secret(&signer, Algorithm::Hs256))).await;
    let good = signer.token("HS256", claims());
    let deep = format!("{}.{}.AAAA", encoded(r#"{"alg":"HS256"}"#), encoded("[".repeat(3000)));
    let not_text = format!("{}.{}.AAAA", encoded(b"\xff\xfe"), encoded("{}"));
    for text in [".", "..", "...", "a.b", "a.b.c", "!.!.!", &format!("{good}."), &format!("{good}="), &not_text] {
        refused(&served, text, "is no JWT").await;
    }
    refused(&served, "", "is not `Bearer` and a token").await;
    refused(&served, &deep, "signature is wrong").await;
    let signed = signer.token_of(json!({ "alg": "HS256" }), json!([1, 2]));
    refused(&served, &signed, "is no JWT").await;
    let large = signer.token("HS256", but(json!({ "picture": "x".repeat(9000) })));
    refused(&served, &large, "larger than the 8192 bytes").await;
    let fits = signer.token("HS256", but(json!({ "picture": "x".repeat(5000) })));
    assert_eq!(caller(&served, &fits).await, "ann");
    assert_eq!(caller(&served, &good).await, "ann");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_while_the_server_runs() -> Result {
    let (old, new) = (Signer::rsa(), Signer::ed25519());
    let (old_key, new_key) = (old.jwk(json!({ "kid": "old" })), new.jwk(json!({ "kid": "new" })));
    let keys = set(std::slice::from_ref(&old_key))?;
    let served = serving(JsonWebTokens::new(keys.clone())).await;
    let by_old = old.token_of(json!({ "alg": "RS256", "kid": "old" }), claims());
    let by_new = new.token_of(json!({ "alg": "EdDSA", "kid": "new" }), claims());
    assert_eq!(caller(&served, &by_old).await, "ann");
    refused(&served, &by_new, "not known here").await;
    keys.replace(set(&[old_key, new_key.clone()])?);
    assert_eq!(caller(&served, &by_old).await, "ann");
    assert_eq!(caller(&served, &by_new).await, "ann");
    keys.replace(set(&[new_key])?);
    refused(&served, &by_old, "not known here").await;
    assert_eq!(caller(&served, &by_new).await, "ann");
    served.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_offers_its_token_as_a_protocol_of_its_socket() -> Result {
    let signer = Signer::p256();
    let served = serving(JsonWebTokens::new(JsonWebKeys::public_key(Algorithm::Es256, signer.pem())?)).await;
    let open = |token: String| {
        let mut request = format!("ws://{}/rpc", served.address).into_client_request().expect("a request");
        let offer = format!("bearer, {token}").parse().expect("a header");
        request.headers_mut().insert("Sec-WebSocket-Protocol", offer);
        connect_async(request)
    };
    let (mut socket, answer) = open(signer.token("ES256", claims())).await.expect("it is let in");
    assert_eq!(answer.headers()["Sec-WebSocket-Protocol"], "bearer");
    let ask = json!({ "id": 1, "call": { "class": "HttpPurse", "name": "ann", "method": "seen" } }).to_string();
    socket.send(Message::text(ask)).await.expect("it is sent");
    let said = socket.next().await.expect("an answer").expect("an answer");
    let said: Value = serde_json::from_str(said.to_text().expect("text")).expect("JSON");
    assert_eq!(said["answer"]["caller"], json!("ann"), "{said}");
    let late = signer.token("ES256", but(json!({ "exp": now() - 100 })));
    match open(late).await {
        Err(SocketError::Http(answer)) => assert_eq!(answer.status(), 401),
        other => panic!("{other:?}"),
    }
    drop(socket);
    served.stop().await
}

#[do_runtime::test]
async fn tokens_expire_by_the_clock_of_the_objects(kit: TestKit) -> Result {
    let signer = Signer::secret();
    let tokens = JsonWebTokens::new(secret(&signer, Algorithm::Hs256)).leeway("0s")?;
    let served = Served::of(kit.objects().clone(), |server| server.authenticate(tokens)).await;
    let at = |seconds: i64| kit.now().as_millis() / 1000 + seconds;
    let token = signer.token("HS256", json!({ "sub": "ann", "nbf": at(60), "exp": at(120) }));
    refused(&served, &token, "not valid yet").await;
    kit.advance("1m").await;
    assert_eq!(caller(&served, &token).await, "ann");
    kit.advance("59s").await;
    assert_eq!(caller(&served, &token).await, "ann");
    kit.advance("1s").await;
    refused(&served, &token, "has expired").await;
    served.stop().await
}

#[test]
fn what_is_no_key_for_its_algorithm_is_told_at_once() {
    use Algorithm::*;
    let (rsa, p256, ed) = (Signer::rsa(), Signer::p256(), Signer::ed25519());
    let wrong = |keys: Result<JsonWebKeys>, words: &str| {
        let error = keys.expect_err(words);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(words), "{error} has no {words:?}");
    };
    for (algorithm, length) in [(Hs256, 31), (Hs384, 47), (Hs512, 63)] {
        wrong(JsonWebKeys::secret(algorithm, vec![7; length]), "a secret of at least");
        JsonWebKeys::secret(algorithm, vec![7; length + 1]).expect("it is long enough");
    }
    wrong(JsonWebKeys::secret(Hs256, rsa.pem()), "a key in PEM and no secret");
    wrong(JsonWebKeys::secret(Rs256, [7; 64]), "none for RS256");
    wrong(JsonWebKeys::public_key(Hs256, rsa.pem()), "none for HS256");
    for (algorithm, pem) in
        [(Rs256, p256.pem()), (Ps512, ed.pem()), (Es256, rsa.pem()), (Es384, p256.pem()), (EdDsa, p256.pem())]
    {
        wrong(JsonWebKeys::public_key(algorithm, pem), "which takes");
    }
    let short = JsonWebKeys::public_key(Rs256, SHORT_RSA);
    wrong(short, "2048");
    for text in [
        "",
        "secret",
        &in_pem("PRIVATE KEY", &[0x30, 0]),
        &in_pem("PUBLIC KEY", &[]),
        &in_pem("PUBLIC KEY", &[0x30, 0x82, 0xff, 0xff]),
    ] {
        wrong(JsonWebKeys::public_key(Rs256, text), "no public key in PEM");
    }
    for text in ["", "[]", "{}", r#"{"keys": 5}"#] {
        wrong(JsonWebKeys::set(text), "no JWK set");
    }
    wrong(set(&[]), "no key of this JWK set");
    wrong(set(&[rsa.jwk(json!({ "use": "enc" }))]), "no key of this JWK set");
    wrong(set(&[rsa.jwk(json!({ "key_ops": ["encrypt"] }))]), "no key of this JWK set");
    wrong(set(&[rsa.jwk(json!({ "kid": "a" })), ed.jwk(json!({}))]), "has no `kid`");
    wrong(set(&[rsa.jwk(json!({ "kid": "a", "alg": "HS256" }))]), "another kind than its `alg`");
    wrong(set(&[p256.jwk(json!({ "kid": "a", "alg": "ES384" }))]), "another kind than its `alg`");
    wrong(set(&[json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" })]), "none for RS256");
    wrong(set(&[json!({ "kty": "oct", "k": "c2hvcnQ" })]), "none for HS256");
    wrong(set(&[json!({ "kty": "OKP", "crv": "Ed25519", "x": "!" })]), "can't be read");
    let shown = format!("{:?}", JsonWebTokens::new(JsonWebKeys::secret(Hs256, [7; 32]).expect("a secret")));
    assert!(!shown.contains("7, 7"), "{shown}");
}

/// Of 1,024 bits.
const SHORT_RSA: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGBuyDuO8pbeQWaTvQrdWWdeDo
BU0KplyMP7KWL00utYNvPP6xhU9HD3yuVjtEhNTxztvTxng+2qEEwWNeyBwSBiTh
1BCrpNbiOzc1qSzFLgE33bryvSsCif1OSko4AWcRzzqS/6OBsepB1fxFUslYfxu0
wF8qzEDSI9IMXKgmbQIDAQAB
-----END PUBLIC KEY-----
";

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_none_are_refused_whatever_they_are() -> Result {
    let served = Served::new(|server| server.authenticate(BearerTokens::new([("a-token", "ann")]))).await;
    let good = "Authorization: Bearer a-token\r\n";
    for headers in [
        format!("{good}{good}"),
        format!("{good}Authorization: Bearer b-token\r\n"),
        "Authorization:\r\n".into(),
        "Authorization: Bearer\r\n".into(),
        "Authorization: Bearer    \r\n".into(),
        "Authorization: Bearer a-t\u{f6}ken\r\n".into(),
        "Authorization: Bearer a-token\u{a0}\r\n".into(),
        "Authorization: Bearer a-token\tb\r\n".into(),
        format!("Authorization: Bearer {}\r\n", "x".repeat(30_000)),
        "Sec-WebSocket-Protocol: bearer\r\n".into(),
        "Sec-WebSocket-Protocol: bearer,\r\n".into(),
    ] {
        let answer = served.call(SEEN, &headers, "").await;
        answer.problem(401, "denied");
    }
    for headers in ["Authorization: Bearer a-token\0\r\n", "Authorization: Bearer a\0token\r\n"] {
        assert_eq!(served.call(SEEN, headers, "").await.status, 400, "HTTP has no such header");
    }
    let huge = format!("Authorization: Bearer {}\r\n", "x".repeat(1 << 20));
    // What is still on its way when it answers may take the answer along.
    assert!(matches!(served.call(SEEN, &huge, "").await.status, 431 | 0));
    assert_eq!(served.call(SEEN, good, "").await.json()["caller"], json!("ann"));
    served.stop().await
}
