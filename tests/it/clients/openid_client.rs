//! `openid-client`, the certified relying party library for Node.

use signet_testkit::{Shared, json, on_each_engine};

use super::furnished::Furnished;
use super::program::run_node;
use crate::support::apps::Person;
use crate::support::registering::{CALLBACK, initial, server_with};

on_each_engine! { openid_client_works_at_the_first_try, openid_client_registers_itself }

async fn openid_client_works_at_the_first_try(app: Shared) {
    let made = Furnished::new(&app.acme()).await;
    let facts = run_node(&app, "openid-client.mjs", &made.settings, &made.person).await;
    made.check(&facts);
    made.check_bound(&facts);
}

async fn openid_client_registers_itself(app: Shared) {
    let acme = app.acme();
    let server = server_with(&acme, &json!({ "mode": "TOKEN" })).await;
    let token = initial(&server, &json!({})).await;
    let person = Person::new(&acme).await;
    let settings = json!({ "issuer": server.tenant.issuer(), "token": token, "callback": CALLBACK });
    let facts = run_node(&app, "openid-client-register.mjs", &settings, &person).await;
    for (name, wanted) in [
        ("name", json!("A client of its own making")),
        ("endpoint", json!(server.tenant.endpoint("clients"))),
        ("email", json!(person.login)),
        ("same", json!(true)),
        ("deleted", json!(204)),
        ("after", json!("invalid_client")),
    ] {
        assert_eq!(facts[name], wanted, "{name}");
    }
}
