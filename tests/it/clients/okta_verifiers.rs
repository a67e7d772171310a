//! Okta's own verifiers for Node and Python, which know no other vendor and insist on https.

use signet_testkit::{Jwt, TlsApp, json, on_each_engine};

use super::program::{run_node, run_python};
use crate::support::apps::{NewApp, Person};

on_each_engine! { oktas_own_verifiers_accept_our_tokens }

async fn oktas_own_verifiers_accept_our_tokens(app: TlsApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&web, "openid email");
    let nonce = request.get("nonce").to_owned();
    let callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
    let params = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", &web.redirect_uri),
        ("code_verifier", &request.verifier),
    ];
    let tokens = acme.token_as(&web, &params).await.tokens();
    let id_token = tokens.id_token.clone().expect("an ID token");
    let settings = json!({
        "issuer": acme.issuer(), "client_id": web.client_id, "nonce": nonce,
        "tokens": { "access_token": tokens.access_token, "id_token": id_token },
    });
    let node = run_node(&app, "okta-verifier.mjs", &settings, &person).await;
    let sub = &Jwt::decode(&tokens.access_token).claims["sub"];
    assert_eq!((&node["sub"], &node["idSub"]), (sub, &Jwt::decode(&id_token).claims["sub"]));
    let python = run_python(&app, "okta_verifier.py", &settings, &person).await;
    for facts in [&node, &python] {
        for refused in ["wrongAudience", "changed"] {
            let name = facts[refused].as_str().expect("an error's name");
            assert_ne!(name, "accepted", "{refused}: {facts}");
        }
    }
    assert_eq!(python["wrongAudience"], "JWTValidationException");
}
