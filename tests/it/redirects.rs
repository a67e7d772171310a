//! Redirect URIs at the authorization endpoint: what is not exactly a registered one leads nowhere.

use signet_testkit::{App, Reply, Shared, Tenant, json, on_each_engine};

use crate::support::apps::{CALLBACK, NewApp, unique};
use crate::support::log::{assert_alive, assert_no_store, assert_refusals};
use crate::support::replies::{ask, assert_page};

on_each_engine! {
    ru_02_another_spelling_is_another_uri,
    ru_05_dot_segments_and_slashes,
    ru_06_hosts_in_disguise,
    ru_08_a_native_apps_loopback_port,
    ru_09_ipv6_loopback_is_another_address,
    ru_11_schemes_that_run_or_read,
    ru_12_hosts_that_look_alike,
    ru_13_line_breaks_and_other_controls,
    ru_14_two_redirect_uris,
    ru_15_no_fault_is_reported_to_a_stranger,
    ru_21_somebody_elses_uri,
}

/// Every one of these URIs ends on a page of ours, and the log says why.
async fn assert_unregistered(tenant: &Tenant, app: &App, uris: &[String]) {
    let mut refused = Vec::new();
    for uri in uris {
        let request = tenant.authorize(app, "openid").set("redirect_uri", uri);
        let reply = ask(tenant, &request).await;
        refused.push((assert_page(reply, uri), "illegal_redirect_uri"));
    }
    let events = assert_refusals(tenant, &refused).await;
    for (event, uri) in events.iter().zip(uris) {
        assert_eq!(event["client"]["id"], *app.client_id, "{uri}");
    }
}

/// The registered URI itself works, so whatever is refused is refused for what it is.
async fn assert_registered(tenant: &Tenant, app: &App, uri: &str) {
    let reply = ask(tenant, &tenant.authorize(app, "openid").set("redirect_uri", uri)).await;
    assert_eq!(reply.status, 303, "{uri}: {}", reply.describe());
    assert_eq!(reply.location().path(), "/login", "{uri}");
}

fn owned(uris: &[&str]) -> Vec<String> {
    uris.iter().map(|&uri| uri.to_owned()).collect()
}

async fn ru_02_another_spelling_is_another_uri(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    assert_registered(&acme, &web, CALLBACK).await;
    let uris = owned(&[
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://app.example/cb;x",
        "https://app.example/cb%20",
        "https://app.example/%63b",
        "HTTPS://APP.EXAMPLE/cb",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example./cb",
        "http://app.example/cb",
        "https://app.example/cb?",
        "https://app.example/cb?x=1",
        "https://app.example/cb#",
        "https://app.example/cb#x",
        "https://app.example/cbx",
        "https://app.example/c",
        "https://app.example",
        "https://sub.app.example/cb",
        "app.example/cb",
        "/cb",
    ]);
    assert_unregistered(&acme, &web, &uris).await;
}

async fn ru_05_dot_segments_and_slashes(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let uris = owned(&[
        "https://app.example/cb/../evil",
        "https://app.example/evil/../cb",
        "https://app.example/cb/..;/x",
        "https://app.example/cb%2f..%2fx",
        "https://app.example/x%2f..%2fcb",
        "https://app.example/%2e%2e/cb",
        "https://app.example//cb",
        "https://app.example/./cb",
        "https://app.example/cb/.",
        "https://app.example\\cb",
        "https:/app.example/cb",
        "https:///app.example/cb",
    ]);
    assert_unregistered(&acme, &web, &uris).await;
}

async fn ru_06_hosts_in_disguise(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let uris = owned(&[
        "https://app.example@evil.test/cb",
        "https://app.example:443@evil.test/cb",
        "https://evil.test\\@app.example/cb",
        "https://app.example%40evil.test/cb",
        "https://user:word@app.example/cb",
        "https://app.example%2f@evil.test/cb",
        "https://app.example.evil.test/cb",
        "https://evil.test/https://app.example/cb",
        "https://evil.test?https://app.example/cb",
        "https://evil.test#https://app.example/cb",
        "//app.example/cb",
    ]);
    assert_unregistered(&acme, &web, &uris).await;
}

async fn ru_08_a_native_apps_loopback_port(app: Shared) {
    let acme = app.acme();
    let native = NewApp::native().redirect_uris(&["http://127.0.0.1/cb"]).make(&acme).await;
    for uri in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:51000/cb"] {
        assert_registered(&acme, &native, uri).await;
    }
    let mut uris = owned(&[
        "http://127.0.0.1:51000/other",
        "http://127.0.0.1:51000/cb/",
        "http://127.0.0.1:51000/cb?x=1",
        "http://127.0.0.1:51000",
        "https://127.0.0.1:51000/cb",
        "http://localhost:51000/cb",
        "http://127.0.0.1.evil.test:51000/cb",
        "http://127.0.0.1@evil.test:51000/cb",
        "http://127.1:51000/cb",
        "http://2130706433:51000/cb",
        "http://0x7f000001:51000/cb",
        "http://127.0.0.2:51000/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:080/cb",
    ]);
    assert_unregistered(&acme, &native, &uris).await;
    // The exception is the native app's alone.
    let web = NewApp::web().redirect_uris(&["http://127.0.0.1/cb"]).make(&acme).await;
    assert_registered(&acme, &web, "http://127.0.0.1/cb").await;
    uris = owned(&["http://127.0.0.1:51000/cb"]);
    assert_unregistered(&acme, &web, &uris).await;
}

async fn ru_09_ipv6_loopback_is_another_address(app: Shared) {
    let acme = app.acme();
    let four = NewApp::native().redirect_uris(&["http://127.0.0.1/cb"]).make(&acme).await;
    let uris = owned(&["http://[::1]/cb", "http://[::1]:5000/cb", "http://[::ffff:127.0.0.1]:5000/cb"]);
    assert_unregistered(&acme, &four, &uris).await;
    let six = NewApp::native().redirect_uris(&["http://[::1]/cb"]).make(&acme).await;
    assert_registered(&acme, &six, "http://[::1]:5000/cb").await;
    let uris = owned(&["http://127.0.0.1:5000/cb", "http://[0:0:0:0:0:0:0:1]:5000/cb", "http://[::2]/cb"]);
    assert_unregistered(&acme, &six, &uris).await;
}

/// No app can be made with one of these.
async fn assert_unregistrable(tenant: &Tenant, uris: &[String]) {
    for uri in uris {
        for member in ["redirect_uris", "post_logout_redirect_uris"] {
            let app = NewApp::native().oauth(member, json!([uri]));
            let reply = tenant.api("POST", "/api/v1/apps").json(app.body()).await;
            assert_eq!(reply.status, 400, "{member} {uri}: {}", reply.describe());
            assert_eq!(reply.json()["errorCode"], "E0000001", "{member} {uri}");
            assert_no_store(&reply);
        }
    }
    assert_alive(tenant).await;
}

async fn ru_11_schemes_that_run_or_read(app: Shared) {
    let acme = app.acme();
    let native = NewApp::native().redirect_uris(&["com.example.app:/cb"]).make(&acme).await;
    assert_registered(&acme, &native, "com.example.app:/cb").await;
    let uris = owned(&[
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:msgbox(1)",
        "blob:https://app.example/1",
        "file:///etc/passwd",
        "view-source:https://app.example/cb",
        "ftp://app.example/cb",
        "http://app.example/cb",
        "http://127.0.0.1.evil.test/cb",
        "intent:cb",
    ]);
    assert_unregistrable(&acme, &uris).await;
    assert_unregistered(&acme, &native, &uris).await;
}

async fn ru_12_hosts_that_look_alike(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let uris = owned(&[
        "https://\u{430}pp.example/cb",
        "https://app\u{ff0e}example/cb",
        "https://app\u{3002}example/cb",
        "https://\u{1d41a}pp.example/cb",
        "https://app.ex\u{e4}mple/cb",
        "https://app.example\u{200b}/cb",
        "https://app.example/\u{441}b",
    ]);
    assert_unregistrable(&acme, &uris).await;
    let mut sent = uris;
    sent.extend(owned(&["https://xn--pp-6kc.example/cb", "https://app.xn--example-9cd/cb"]));
    assert_unregistered(&acme, &web, &sent).await;
}

async fn ru_13_line_breaks_and_other_controls(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let mut refused = Vec::new();
    for (uri, reason) in [
        ("https://app.example/cb\r\nSet-Cookie: planted=1", "invalid_request"),
        ("https://app.example/cb\nSet-Cookie: planted=1", "invalid_request"),
        ("\r\nhttps://app.example/cb", "invalid_request"),
        ("https://app.example/cb\0", "invalid_request"),
        ("https://app.example/\tcb", "invalid_request"),
        ("https://app.example/cb\u{7f}", "invalid_request"),
        (" https://app.example/cb", "illegal_redirect_uri"),
        ("https://app.example/cb ", "illegal_redirect_uri"),
        ("https://app.example/cb%0d%0aSet-Cookie:%20planted=1", "illegal_redirect_uri"),
        ("https://app.example/cb\u{2028}", "illegal_redirect_uri"),
    ] {
        let reply = ask(&acme, &acme.authorize(&web, "openid").set("redirect_uri", uri)).await;
        let reply = assert_page(reply, &format!("{uri:?}"));
        assert!(reply.cookies().iter().all(|cookie| cookie.name != "planted"), "{}", reply.describe());
        refused.push((reply, reason));
    }
    assert_refusals(&acme, &refused).await;
}

async fn ru_14_two_redirect_uris(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let mut refused: Vec<(Reply, &str)> = Vec::new();
    for (first, second) in [
        (CALLBACK, "https://evil.test/cb"),
        ("https://evil.test/cb", CALLBACK),
        (CALLBACK, CALLBACK),
        (CALLBACK, ""),
        ("", CALLBACK),
    ] {
        let request = acme.authorize(&web, "openid").set("redirect_uri", first).add("redirect_uri", second);
        let what = format!("{first} and {second}");
        refused.push((assert_page(ask(&acme, &request).await, &what), "illegal_duplicated_parameters"));
        let posted = acme.http().call("POST", &request.endpoint).form(request.params.clone()).await;
        refused.push((assert_page(posted, &what), "illegal_duplicated_parameters"));
    }
    assert_refusals(&acme, &refused).await;
}

async fn ru_15_no_fault_is_reported_to_a_stranger(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let mut refused = Vec::new();
    for (name, value) in [
        ("response_type", "token"),
        ("response_type", ""),
        ("scope", "openid  openid"),
        ("scope", "no:such:scope"),
        ("request", "e30.e30.e30"),
        ("request_uri", "https://evil.test/r"),
        ("prompt", "none"),
        ("prompt", "none login"),
        ("max_age", "-1"),
        ("code_challenge", "short"),
        ("code_challenge_method", "plain"),
        ("response_mode", "form_post"),
        ("response_mode", "odd"),
        ("resource", "https://evil.test/"),
    ] {
        let request =
            acme.authorize(&web, "openid").set("redirect_uri", "https://evil.test/cb").set(name, value);
        let page = assert_page(ask(&acme, &request).await, &format!("{name}={value}"));
        refused.push((page, "illegal_redirect_uri"));
    }
    let nowhere = acme.authorize(&web, "openid").without("redirect_uri").set("response_type", "token");
    let page = assert_page(ask(&acme, &nowhere).await, "no redirect URI");
    refused.push((page, "missing_token_request_parameter"));
    let nobody = acme.authorize(&web, "openid").set("client_id", "0oanobody").set("response_type", "token");
    refused.push((assert_page(ask(&acme, &nobody).await, "no such app"), "unknown_client"));
    assert_refusals(&acme, &refused).await;
}

async fn ru_21_somebody_elses_uri(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let name = unique("same-name-app");
    let web = NewApp::web().client_id(&name).make(&acme).await;
    let theirs = ["https://neighbour.example/cb"];
    NewApp::web().redirect_uris(&theirs).make(&acme).await;
    let elsewhere = ["https://globex.example/cb"];
    let twin = NewApp::web().client_id(&name).redirect_uris(&elsewhere).make(&globex).await;
    assert_registered(&globex, &twin, elsewhere[0]).await;
    assert_unregistered(&acme, &web, &owned(&[theirs[0], elsewhere[0]])).await;
    assert_unregistered(&globex, &twin, &owned(&[CALLBACK])).await;
}
