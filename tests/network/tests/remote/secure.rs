//! A server behind something that ends TLS, as it is on the internet.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use do_runtime::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::desk::Desk;
use crate::server::Life;

const URL: &str = "DO_REMOTE_URL";

/// Ends TLS in front of a server; its certificate is for `localhost`.
async fn ending_tls(server: SocketAddr, pair: &rcgen::CertifiedKey<rcgen::KeyPair>) -> SocketAddr {
    let key = PrivateKeyDer::try_from(pair.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are versions");
    let mut config = config
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut near) = acceptor.accept(near).await else { return };
                let Ok(mut far) = TcpStream::connect(server).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

#[test]
#[ignore = "it is the process that the other test starts"]
fn the_caller_that_trusts_the_certificate() {
    let Ok(url) = std::env::var(URL) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let called: Result<i64> = runtime.block_on(async {
        let afar = Objects::connect(url).await?;
        afar.get_by_name::<Desk>("ann").put(5, None).await
    });
    assert_eq!(called.expect("it is called"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secure_url_reaches_whoever_has_a_certificate_that_is_trusted() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let port = ending_tls(life.address, &pair).await.port();
    let error = Objects::connect(format!("https://localhost:{port}")).await.map(drop).expect_err("nobody trusts it");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("certificate"), "{error}");
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, pair.cert.pem()).expect("it is written");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "secure::the_caller_that_trusts_the_certificate"])
        .env(URL, format!("https://localhost:{port}"))
        .env("SSL_CERT_FILE", trusted)
        .stdout(Stdio::null())
        .spawn()
        .expect("it can be started");
    let ended = tokio::task::spawn_blocking(move || child.wait()).await.expect("no panic").expect("it has ended");
    assert!(ended.success(), "{ended}");
    assert_eq!(life.objects.get_by_name::<Desk>("ann").look().await?, 5);
    life.stop().await
}
