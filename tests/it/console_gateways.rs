//! Gateway profiles in the console.

use std::time::Duration;

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::apps::Server;
use crate::support::desk::{Desk, shown, the_form};
use crate::support::gateway::{Gate, assert_refused, store_app};
use crate::support::make::unique;

on_each_engine! {
    a_gateway_profile_is_made_changed_and_deleted,
    what_is_wrong_with_a_gateway_profile_stands_beside_its_field,
    a_provision_key_is_rolled_in_the_console,
    ad_03_two_administrators_at_one_gateway_profile,
    changes_of_a_gateway_profile_ask_for_the_password_late,
    who_may_only_look_is_offered_no_change_of_a_gateway_profile,
    the_console_finds_gateways,
}

const PATH: &str = "/console/gateways";

async fn a_gateway_profile_is_made_changed_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("Behind <b>nginx</b>");
    let server = Server::new(&acme, json!({ "name": name })).await;
    let of_server = desk.page(&format!("/console/servers/{}", server.id)).await.page();
    let add = format!("{PATH}/new?server={}", server.id);
    assert!(of_server.attributes("main a", "href").contains(&add), "its server leads there");
    let page = desk.page(&add).await;
    assert_eq!(the_form(&page).get("server"), Some(server.id.as_str()));
    let made = desk.send(&page, &[("grants", "enable_client_credentials"), ("call_flags", "api_keys")]).await;
    let key = shown(&made.expect(200), "Provision key");
    assert!(key.starts_with("sgp") && key.len() == 46);
    acme.http().canaries().add(&key);

    let path = format!("{PATH}/{}", server.id);
    let api = format!("/api/v1/authorizationServers/{}/gateway", server.id);
    let profile = acme.api("GET", &api).await.expect(200).json();
    for (member, value) in [
        ("enable_client_credentials", json!(true)),
        ("enable_password_grant", json!(false)),
        ("api_keys", json!(true)),
        ("scopes", json!([])),
        ("token_expiration", json!(7200)),
        ("refresh_token_ttl", json!(1_209_600)),
        ("pkce", json!("lax")),
        ("auth_header_name", json!("authorization")),
    ] {
        assert_eq!(profile[member], value, "{member}");
    }
    let listed = desk.page(PATH).await.page();
    let row = listed.all("table.list td").join("|");
    assert!(row.contains(&format!("{name}|client credentials||tokens and API keys")), "{row}");
    let told = desk.page(&path).await.page();
    let codes = told.all("dl.facts dd code");
    assert!(
        codes.iter().any(|code| code.ends_with("/verify") && code.starts_with(acme.origin())),
        "{codes:?}"
    );

    // Nothing but what is typed changes, and what has no field stays.
    let mut kept = profile.clone();
    kept["persistent_refresh_token"] = json!(true);
    acme.api("PUT", &api).json(&kept).await.expect(200);
    let fields = [("realm", "steps"), ("pkce", "strict"), ("token_expiration", "600")];
    let form = desk.page(&format!("{path}/edit")).await;
    let seen = desk.send(&form, &[&fields[..], &[("review", "1")]].concat()).await.expect(200);
    assert_eq!(seen.page().all("#changes tbody tr").len(), 3);
    let edited = desk.fill(&format!("{path}/edit"), &fields).await.expect(200);
    assert!(edited.text().contains("The settings are saved."));
    let profile = acme.api("GET", &api).await.expect(200).json();
    assert_eq!((&profile["realm"], &profile["pkce"]), (&json!("steps"), &json!("strict")));
    assert_eq!((&profile["token_expiration"], &profile["api_keys"]), (&json!(600), &json!(true)));
    assert_eq!(profile["persistent_refresh_token"], json!(true));

    let filter =
        |kind: &str| format!(r#"eventType eq "oauth2.as.gateway.{kind}" and target.id eq "{}""#, server.id);
    let events = acme.wait_for_logs(&filter("updated"), 2).await;
    let changed = events[1]["debugContext"]["debugData"]["changed"].as_str().unwrap_or_default().to_owned();
    assert_eq!(changed, "token_expiration,pkce,realm");
    let history = desk.page(&path).await.page().all(".history").join(" ");
    assert!(history.contains("strict") && history.contains("gave the authorization server"), "{history}");

    let ask = desk.page(&format!("{path}/delete")).await;
    desk.send(&ask, &[("typed", "another")]).await.expect(422);
    let gone = desk.send(&ask, &[("typed", &name)]).await;
    let gone = desk.visitor.follow(gone).await.expect(200);
    assert!(gone.text().contains("The gateway profile is deleted."));
    assert!(!gone.page().all("table.list td").contains(&name));
    acme.wait_for_logs(&filter("deleted"), 1).await;
    for path in [path.clone(), format!("{path}/edit"), format!("{path}/roll"), format!("{path}/delete")] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
    // The server is as it was.
    desk.page(&format!("/console/servers/{}", server.id)).await;
}

async fn what_is_wrong_with_a_gateway_profile_stands_beside_its_field(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let taken = Gate::new(&acme, json!({})).await.server;
    for (field, value, at, says) in [
        ("grants", "", "grants", "Choose one at least."),
        ("scopes", "nobody", "scopes", "'nobody' is not a scope"),
        ("token_flags", "mandatory_scope", "scopes", "Name one at least"),
        ("token_expiration", "0", "token_expiration", "Must be from 1 to 86400."),
        ("token_expiration", "soon", "token_expiration", "Must be from 1 to 86400."),
        ("refresh_token_ttl", "-1", "refresh_token_ttl", "Must be from 0 to 100000000."),
        ("pkce", "plain", "pkce", "Choose one."),
        ("anonymous", "nobody", "anonymous", "Must be the client ID of an app."),
        ("auth_header_name", "cookie", "auth_header_name", "Must be the name of a header"),
        ("realm", "a\"b", "realm", "Must have 1 to 128"),
        ("call_flags", "api_key_in_query", "call_flags", "API keys in the query are taken only"),
        ("server", "", "server", "Choose an authorization server."),
        ("server", "aus0000000000000000000001", "server", "There is no such authorization server here."),
        ("server", &taken, "server", "Has a gateway profile already."),
    ] {
        let page = desk.page(&format!("{PATH}/new?server={}", server.id)).await;
        let fields = [("grants", "enable_client_credentials"), (field, value)];
        let reply = desk.send(&page, &fields).await.expect(422);
        let said = reply.page().all(&format!("#{at}-error"));
        assert!(said.iter().any(|s| s.contains(says)), "{field}={value}: {said:?} {}", reply.page().text());
    }
    acme.api("GET", &format!("/api/v1/authorizationServers/{}/gateway", server.id)).await.expect(404);
}

async fn a_provision_key_is_rolled_in_the_console(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (gate, store) = (Gate::new(&acme, json!({})).await, store_app(&acme).await);
    let path = format!("{PATH}/{}", gate.server);
    let ask = desk.page(&format!("{path}/roll")).await;
    let rolled = desk.send(&ask, &[]).await.expect(200);
    let key = shown(&rolled, "Provision key");
    acme.http().canaries().add(&key);
    assert_refused(&gate.authorize(&store, &[]).await, 400, "invalid_provision_key", "Invalid provision_key");
    gate.authorize(&store, &[("provision_key", &key)]).await.expect(200);
    // The same form does it once.
    desk.send(&ask, &[]).await.expect(409);
    gate.authorize(&store, &[("provision_key", &key)]).await.expect(200);
    let page = desk.page(&path).await;
    acme.http().canaries().assert_none_in(&path, &page.body);
    let filter = format!(
        r#"eventType eq "oauth2.as.gateway.provision_key.rolled" and target.id eq "{}""#,
        gate.server
    );
    acme.wait_for_logs(&filter, 1).await;
}

async fn ad_03_two_administrators_at_one_gateway_profile(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let gate = Gate::new(&acme, json!({})).await;
    let path = format!("{PATH}/{}/edit", gate.server);
    let (theirs, mine) = (desk.page(&path).await, desk.page(&path).await);
    assert_eq!(desk.send(&theirs, &[("realm", "theirs")]).await.status, 303);
    let clash = desk.send(&mine, &[("realm", "mine")]).await.expect(412);
    let rows = clash.page().all("table.plain td");
    assert!(rows.contains(&"theirs".to_owned()) && rows.contains(&"mine".to_owned()), "{rows:?}");
    let saved = desk.send(&clash, &[]).await;
    assert!(desk.visitor.follow(saved).await.expect(200).text().contains("mine"), "saved on insisting");
    let mut unversioned = the_form(&mine);
    unversioned.remove("version");
    desk.visitor.submit(&mine, &unversioned).await.expect(412);
}

async fn changes_of_a_gateway_profile_ask_for_the_password_late(app: TestApp) {
    let acme = app.acme();
    app.clock().freeze().await;
    let desk = Desk::of(&acme).await;
    let gate = Gate::new(&acme, json!({})).await;
    let (bare, name) = (Server::new(&acme, json!({})).await, unique("Late"));
    let named = Server::new(&acme, json!({ "name": name })).await;
    crate::support::gateway::put(&acme, &named.id, json!({ "scopes": [] })).await.expect(201);
    app.clock().advance(Duration::from_secs(11 * 60)).await;
    let own = desk.password.clone();
    for (path, fields, status) in [
        (format!("{PATH}/new?server={}", bare.id), vec![("grants", "enable_client_credentials")], 200),
        (format!("{PATH}/{}/edit", gate.server), vec![("realm", "late")], 303),
        (format!("{PATH}/{}/roll", gate.server), vec![], 200),
        (format!("{PATH}/{}/delete", named.id), vec![("typed", name.as_str())], 303),
    ] {
        let page = desk.page(&path).await;
        for wrong in ["", "not-my-password"] {
            let refused = desk.send(&page, &[fields.clone(), vec![("your_password", wrong)]].concat()).await;
            assert_eq!(refused.expect(422).page().all("#your_password-error").len(), 1, "{path}");
        }
        let done = desk.send(&page, &[fields, vec![("your_password", own.as_str())]].concat()).await;
        assert_eq!(done.status, status, "{path}: {}", done.describe());
        app.clock().advance(Duration::from_secs(11 * 60)).await;
    }
}

async fn who_may_only_look_is_offered_no_change_of_a_gateway_profile(app: Shared) {
    let acme = app.acme();
    let gate = Gate::new(&acme, json!({})).await;
    let (desk, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let path = format!("{PATH}/{}", gate.server);
    for page in [PATH.to_owned(), path.clone()] {
        let links = desk.page(&page).await.page().attributes("main a", "href");
        let changes =
            |link: &&String| ["/new", "/edit", "/roll", "/delete"].iter().any(|end| link.ends_with(end));
        assert_eq!(links.iter().find(changes), None, "{page}");
    }
    let server = Server::new(&acme, json!({})).await;
    let links =
        desk.page(&format!("/console/servers/{}", server.id)).await.page().attributes("main a", "href");
    assert!(!links.iter().any(|link| link.starts_with(PATH)), "{links:?}");
    for page in ["edit", "roll", "delete"] {
        assert_eq!(desk.get(&format!("{path}/{page}")).await.status, 403, "{page}");
    }
}

async fn the_console_finds_gateways(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    for (q, url) in [("gateways", PATH), ("nginx", PATH), ("new gateway", "/console/gateways/new")] {
        let found = desk.page(&format!("/console/find?q={}", q.replace(' ', "+"))).await;
        let links = found.page().attributes("main a", "href");
        assert!(links.contains(&url.to_owned()), "{q}: {links:?}");
    }
    assert!(desk.page("/console").await.page().attributes("nav a", "href").contains(&PATH.to_owned()));
}
