//! Answers that the tests demand again and again.

use signet_testkit::{App, AuthRequest, Call, Callback, Reply, Tenant, json};

use super::log::assert_no_store;

/// Asks the authorization endpoint, in no browser.
pub(crate) async fn ask(tenant: &Tenant, request: &AuthRequest) -> Reply {
    tenant.http().get(&request.url()).await
}

/// A page of our own, with no redirect and no way on to what was sent.
#[track_caller]
pub(crate) fn assert_page(reply: Reply, what: &str) -> Reply {
    assert_eq!(reply.status, 400, "{what}: wanted a page of ours: {}", reply.describe());
    let reply = reply.expect_page_error();
    assert_no_store(&reply);
    for href in reply.page().attributes("a, form, link, script, img", "href") {
        assert!(href.starts_with(['/', '#']), "{what}: the page leads to {href}");
    }
    reply
}

/// Back at the app with an error, and with state and issuer.
#[track_caller]
pub(crate) fn assert_sent_back(tenant: &Tenant, request: &AuthRequest, reply: &Reply, error: &str) {
    let callback = Callback::read(reply, request.get("redirect_uri"));
    let what = format!("{:?}", request.params);
    assert_eq!(callback.get("error"), error, "{what}\n{}", callback.url);
    assert_eq!(callback.get("state"), request.get("state"), "{what}");
    assert_eq!(callback.get("iss"), tenant.issuer(), "{what}");
    assert_eq!(callback.get("code"), "", "an error and a code: {what}");
    assert_no_store(reply);
}

/// A token is good for nothing: introspection calls it inactive and nothing else, userinfo refuses it.
pub(crate) async fn assert_dead(tenant: &Tenant, asker: &App, token: &str, what: &str) {
    let introspect = own(tenant.http().call("POST", &tenant.endpoint("introspect")), token);
    let secret = asker.client_secret.as_deref().expect("a confidential app");
    let said = introspect.basic(&asker.client_id, secret).form([("token", token)]).await.expect(200);
    assert_eq!(said.json(), json!({ "active": false }), "{what}");
    assert_no_store(&said);
    // In the body, because a header has less room than some of these tokens need.
    let userinfo = own(tenant.http().call("POST", &tenant.endpoint("userinfo")), token);
    let reply = userinfo.form([("access_token", token)]).await;
    assert_eq!(reply.status, 401, "{what}: {}", reply.describe());
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains(r#"error="invalid_token""#), "{what}: {challenge}");
    assert_no_store(&reply);
}

/// Made-up texts of many kilobytes are not searched for in all that the server writes: that takes minutes.
fn own(call: Call, token: &str) -> Call {
    if token.len() > 10_000 { call.not_secret() } else { call }
}
