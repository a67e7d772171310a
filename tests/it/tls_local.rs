//! `signet dev --tls`: https issuers for libraries that insist, by an authority of this machine's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;

use signet_testkit::reqwest::{Certificate, Client};
use signet_testkit::{Engine, TestApp, on_each_engine};

on_each_engine! {
    a_demo_over_tls_has_https_issuers_and_protected_cookies,
    the_local_authority_stays_and_is_good_for_this_machine_only,
}

async fn a_demo_over_tls_has_https_issuers_and_protected_cookies(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--tls"]).await;
    for tenant in [app.acme(), app.globex()] {
        let document = tenant.discovery().await;
        for member in ["issuer", "jwks_uri", "token_endpoint", "authorization_endpoint"] {
            let url = document[member].as_str().expect(member);
            assert!(url.starts_with("https://"), "{member}: {url}");
        }
    }
    let acme = app.acme();
    let flow = acme.code_flow(&acme.web(), "openid offline_access").await;
    let cookies: Vec<_> = flow.visitor.jar().cookies("localhost").cloned().collect();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(cookie.name.starts_with("__Host-") && cookie.has("secure"), "{cookie:?}");
    }
    let tokens = flow.redeem(&acme, &acme.web()).await;
    assert_eq!(tokens.id().claims["iss"], acme.issuer());
    let reply = acme.get("/login").await;
    assert!(reply.header("strict-transport-security").is_none(), "other ports of localhost are plain http");

    let card = app.command(&["card"]).await.ok();
    let file = app.data_dir().join("tls/ca.pem");
    let file = file.to_str().expect("a path in UTF-8");
    for words in [
        format!("NODE_EXTRA_CA_CERTS={file}"),
        format!("SSL_CERT_FILE={file}"),
        format!("curl --cacert {file} -u "),
    ] {
        assert!(card.contains(&words), "no {words} in\n{card}");
    }
}

/// Whether a name of this port has a certificate that the authority vouches for.
async fn is_trusted(ca_pem: &str, port: u16, name: &str) -> bool {
    let client = Client::builder()
        .no_proxy()
        .resolve(name, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .tls_certs_only([Certificate::from_pem(ca_pem.as_bytes()).expect("an authority")])
        .build();
    client.expect("a client").get(format!("https://{name}:{port}/health/live")).send().await.is_ok()
}

async fn the_local_authority_stays_and_is_good_for_this_machine_only(engine: Engine) {
    let app = TestApp::start_with(engine, false, &["--tls"]).await;
    let dir = app.data_dir().join("tls");
    let ca = std::fs::read_to_string(dir.join("ca.pem")).expect("the authority");
    for name in ["localhost", "127.0.0.1", "globex.localhost", "a-tenant-of-tomorrow.localhost"] {
        assert!(is_trusted(&ca, app.port(), name).await, "{name}");
    }
    for name in ["example.com", "localhost.example.com"] {
        assert!(!is_trusted(&ca, app.port(), name).await, "{name}");
    }
    let mode = std::fs::metadata(dir.join("ca-key.pem")).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    app.stop().await;
    app.start_again().await;
    assert_eq!(std::fs::read_to_string(dir.join("ca.pem")).expect("the authority"), ca);
    assert!(is_trusted(&ca, app.port(), "localhost").await, "the second run is the same authority's");
    app.acme().discovery().await;

    app.stop().await;
    std::fs::write(dir.join("ca-key.pem"), "nonsense").expect("a broken key");
    let port = app.port().to_string();
    let args = ["dev", "--tls", "--listen", &format!("127.0.0.1:{port}")];
    app.command(&args).await.refused("for a new one");
}
