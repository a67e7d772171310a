//! The settings of an app that few need, in the console's form.

use signet_oauth::jwt::Alg;
use signet_testkit::{Reply, Shared, Tenant, Value, json, on_each_engine};

use crate::support::apps::NewApp;
use crate::support::client_key::ClientKey;
use crate::support::desk::{Desk, the_form};

on_each_engine! {
    what_few_need_is_set_and_taken_away,
    mistakes_are_told_beside_their_fields,
    an_address_takes_the_place_of_keys_that_were_there,
}

async fn oauth(tenant: &Tenant, id: &str) -> Value {
    let read = tenant.api("GET", &format!("/api/v1/apps/{id}")).await.expect(200).json();
    read["settings"]["oauthClient"].clone()
}

fn folded(page: &Reply) -> bool {
    page.page().all("details.more:has(#jwks)").len() == 1
        && page.page().all("details[open]:has(#jwks)").is_empty()
}

async fn what_few_need_is_set_and_taken_away(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let path = format!("/console/apps/{}/edit", client.id);
    let key = ClientKey::new(Alg::ES256).jwk;
    let set = json!({ "keys": [key] }).to_string();
    let page = desk.page(&path).await;
    assert!(folded(&page), "{}", page.describe());
    let fields = [
        ("jwks", set.as_str()),
        ("require_pushed_authorization_requests", "true"),
        ("request_uris", "https://a.example/one\r\nhttps://a.example/two"),
        ("initiate_login_uri", "https://a.example/begin"),
        ("subject_type", "pairwise"),
        ("policy_uri", "https://a.example/privacy"),
        ("tos_uri", "https://a.example/terms"),
    ];
    desk.send(&page, &fields).await.expect(303);
    let set = oauth(&acme, &client.id).await;
    assert_eq!(set["jwks"]["keys"][0]["kid"], key["kid"]);
    assert_eq!(set["require_pushed_authorization_requests"], true);
    assert_eq!(set["request_uris"], json!(["https://a.example/one", "https://a.example/two"]));
    assert_eq!(set["initiate_login_uri"], "https://a.example/begin");
    assert_eq!(set["subject_type"], "pairwise");
    assert_eq!(
        (&set["policy_uri"], &set["tos_uri"]),
        (&json!("https://a.example/privacy"), &json!("https://a.example/terms"))
    );
    // What isn't touched stays.
    desk.fill(&path, &[("label", "Renamed")]).await.expect(200);
    assert_eq!(oauth(&acme, &client.id).await, set);
    let page = desk.page(&path).await;
    let empty =
        ["jwks", "request_uris", "initiate_login_uri", "policy_uri", "tos_uri"].map(|name| (name, ""));
    let mut form = the_form(&page);
    form.remove("require_pushed_authorization_requests");
    for (name, value) in empty {
        form.set(name, value);
    }
    form.set("subject_type", "public");
    desk.visitor.submit(&page, &form).await.expect(303);
    let none = oauth(&acme, &client.id).await;
    assert_eq!(none["require_pushed_authorization_requests"], false);
    assert_eq!(none["subject_type"], "public");
    for name in ["jwks", "request_uris", "initiate_login_uri", "policy_uri", "tos_uri"] {
        assert!(none.get(name).is_none_or(Value::is_null), "{name}: {none}");
    }
}

async fn mistakes_are_told_beside_their_fields(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let page = desk.page(&format!("/console/apps/{}/edit", client.id)).await;
    let private =
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "canary-of-a-key" }] });
    let private = private.to_string();
    let wrong = [
        ("jwks", private.as_str()),
        ("request_uris", "http://a.example/plain"),
        ("initiate_login_uri", "http://a.example/begin"),
        ("policy_uri", "nowhere"),
        ("tos_uri", "javascript:alert(1)"),
        ("sector_identifier_uri", "https://a.example/sector"),
    ];
    let reply = desk.send(&page, &wrong).await.expect(422);
    for (name, value) in wrong {
        let said = reply.page().all(&format!("#{name}-error"));
        assert_eq!(said.len(), 1, "{name}: {}", reply.text());
        let shown = the_form(&reply).get(name).map(str::to_owned);
        assert_eq!(shown.as_deref(), Some(if name == "jwks" { "" } else { value }), "{name}");
    }
    assert!(!reply.text().contains("canary-of-a-key"), "a private key isn't shown again");
    assert!(!folded(&reply), "what is wrong is seen");
    assert!(
        desk.send(&page, &[("jwks", "no JSON")]).await.expect(422).page().all("#jwks-error")[0]
            .contains("public JWK")
    );
    let service = NewApp::service().make(&acme).await;
    let form = the_form(&desk.page(&format!("/console/apps/{}/edit", service.id)).await);
    for name in ["request_uris", "subject_type", "initiate_login_uri"] {
        assert!(form.fields.iter().all(|(field, _)| field != name), "{name} is nothing for a service");
    }
}

async fn an_address_takes_the_place_of_keys_that_were_there(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let key = ClientKey::new(Alg::ES256).jwk;
    for made in [NewApp::web(), NewApp::browser()] {
        let client = made.oauth("jwks", json!({ "keys": [key] })).make(&acme).await;
        let path = format!("/console/apps/{}/edit", client.id);
        desk.fill(&path, &[("jwks_uri", "https://a.example/keys")]).await.expect(200);
        let now = oauth(&acme, &client.id).await;
        assert_eq!(now["jwks_uri"], "https://a.example/keys");
        assert!(now.get("jwks").is_none_or(Value::is_null), "{now}");
        let set = json!([key]).to_string();
        let both = desk.page(&path).await;
        let both = desk.send(&both, &[("jwks", &set)]).await.expect(422);
        assert!(both.page().all("#jwks_uri-error")[0].contains("not both"), "{}", both.text());
    }
}
