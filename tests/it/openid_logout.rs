//! OpenID Connect RP-Initiated Logout as a certified client meets it.

use signet_testkit::{Callback, Jwt, Reply, Shared, Tenant, Visitor, json, on_each_engine};

use crate::support::apps::{CALLBACK, Made, NewApp, Person};

on_each_engine! {
    an_app_signs_its_user_out,
    a_sign_out_that_proves_nothing_asks_and_stays,
    a_sign_out_goes_only_where_it_was_registered,
}

const BYE: &str = "https://app.example/bye";

struct SignedIn {
    app: Made,
    visitor: Visitor,
    hint: String,
}

async fn sign_in(tenant: &Tenant) -> SignedIn {
    let app = NewApp::web().oauth("post_logout_redirect_uris", json!([BYE])).make(tenant).await;
    let person = Person::new(tenant).await;
    let flow = person.code(tenant, &app, "openid").await;
    let hint = flow.redeem(tenant, &app).await.id_token.clone().expect("an ID token");
    SignedIn { app, visitor: flow.visitor, hint }
}

impl SignedIn {
    async fn sign_out(&self, tenant: &Tenant, params: &[(&str, &str)]) -> Reply {
        let call = self.visitor.call("GET", &tenant.endpoint("logout"));
        self.visitor.send(call.query(params.iter().copied())).await
    }

    /// Whether the browser is still signed in, as `prompt=none` tells the app.
    async fn is_signed_in(&self, tenant: &Tenant) -> bool {
        let silent = tenant.authorize(&self.app, "openid").set("prompt", "none");
        let callback = Callback::read(&self.visitor.get(&silent.url()).await, CALLBACK);
        match callback.get("error") {
            "" => true,
            "login_required" => false,
            other => panic!("{other}"),
        }
    }
}

async fn an_app_signs_its_user_out(app: Shared) {
    let acme = app.acme();
    assert_eq!(acme.discovery().await["end_session_endpoint"], acme.endpoint("logout"));
    for state in [Some("a state"), None] {
        let own = sign_in(&acme).await;
        let mut params = vec![("id_token_hint", own.hint.as_str()), ("post_logout_redirect_uri", BYE)];
        params.extend(state.map(|state| ("state", state)));
        let reply = own.sign_out(&acme, &params).await.expect(303);
        let to = reply.location();
        assert!(to.as_str().starts_with(BYE), "{to}");
        let told = to.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        assert_eq!(told.as_deref(), state);
        assert!(!own.is_signed_in(&acme).await);
    }
    // Nowhere to go: it ends here.
    let own = sign_in(&acme).await;
    let reply = own.sign_out(&acme, &[("id_token_hint", &own.hint)]).await.expect(200);
    assert!(reply.header("location").is_none());
    assert!(!own.is_signed_in(&acme).await);
}

async fn a_sign_out_that_proves_nothing_asks_and_stays(app: Shared) {
    let acme = app.acme();
    let own = sign_in(&acme).await;
    let (message, signature) = own.hint.rsplit_once('.').expect("a token");
    let (header, _) = message.split_once('.').expect("a token");
    let mut claims = Jwt::decode(&own.hint).claims;
    claims["sub"] = "somebody".into();
    let changed = format!("{header}.{}.{signature}", crate::support::forge::b64(claims.to_string()));
    let cut = own.hint[..own.hint.len() - 8].to_owned();
    for (what, params) in [
        ("no parameters", vec![]),
        ("only a state", vec![("state", "a state")]),
        ("no hint", vec![("post_logout_redirect_uri", BYE), ("state", "a state")]),
        ("a changed hint", vec![("id_token_hint", changed.as_str()), ("post_logout_redirect_uri", BYE)]),
        ("a cut hint", vec![("id_token_hint", cut.as_str()), ("post_logout_redirect_uri", BYE)]),
        ("no token", vec![("id_token_hint", "a hint"), ("post_logout_redirect_uri", BYE)]),
    ] {
        let reply = own.sign_out(&acme, &params).await.expect(200);
        assert!(reply.header("location").is_none(), "{what}: {}", reply.describe());
        assert!(own.is_signed_in(&acme).await, "{what} signed somebody out");
        let form = reply.page().forms().into_iter().find(|form| form.method == "POST");
        assert!(form.is_some(), "{what} isn't asked about: {}", reply.text());
    }
    let asking = own.sign_out(&acme, &[]).await;
    let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
    let done = own.visitor.submit(&asking, &form).await.expect(200);
    assert!(done.header("location").is_none());
    assert!(!own.is_signed_in(&acme).await);
}

async fn a_sign_out_goes_only_where_it_was_registered(app: Shared) {
    let acme = app.acme();
    for uri in ["https://app.example/other", "https://app.example/bye?foo=bar"] {
        let own = sign_in(&acme).await;
        let params = [("id_token_hint", own.hint.as_str()), ("post_logout_redirect_uri", uri)];
        let reply = own.sign_out(&acme, &params).await.expect(200);
        assert!(reply.header("location").is_none(), "{uri}: {}", reply.describe());
    }
}
