//! Signing keys: published, active, retiring, removed; by themselves, by hand, and all at once in an emergency.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use signet_domain::key_life::PUBLISHED_SECONDS;
use signet_testkit::{Clock, Engine, Jwt, Node, Tenant, TestApp, Value, json, on_each_engine};

use crate::nodes::{BOUND, heeded};
use crate::support::apps::{Made, NewApp, Person, Server};
use crate::support::desk::Desk;
use crate::support::until::until;

on_each_engine! {
    a_key_set_that_is_kept_for_a_day_has_every_key_that_signs,
    a_roll_by_hand_waits_until_apps_know_the_next_key,
    another_algorithm_signs_a_day_after_it_was_chosen,
    every_algorithm_signs_and_is_advertised,
    jw_21_removed_keys_end_their_tokens_within_a_second,
    jw_21_a_not_before_ends_tokens_within_a_second,
    rt_19b_a_not_before_for_all_outranks_an_apps_own,
    the_console_shows_each_keys_state_and_replaces_them,
}

const HOUR: Duration = Duration::from_secs(3600);

/// A server with an app that gets tokens at it.
struct Shop {
    server: Server,
    service: Made,
}

impl Shop {
    async fn new(tenant: &Tenant, settings: Value) -> Self {
        let server = Server::new(tenant, settings).await;
        server.scope("orders:read", "IMPLICIT").await;
        Self { server, service: NewApp::service().make(tenant).await }
    }

    async fn token(&self) -> String {
        let reply = self.server.tenant.client_credentials(&self.service, "orders:read").await;
        reply.tokens().access_token
    }

    /// What the management API says of the keys.
    async fn keys(&self) -> Vec<Value> {
        let reply = self.server.tenant.api("GET", &self.path("credentials/keys")).await.expect(200);
        reply.json().as_array().expect("keys").clone()
    }

    async fn key(&self, status: &str) -> Value {
        let keys = self.keys().await;
        keys.iter()
            .find(|key| key["status"] == status)
            .unwrap_or_else(|| panic!("no {status} in {keys:?}"))
            .clone()
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/authorizationServers/{}/{rest}", self.server.id)
    }

    /// What people call the server.
    async fn name(&self) -> String {
        let path = self.path("");
        let read = self.server.tenant.api("GET", path.trim_end_matches('/')).await.expect(200).json();
        read["name"].as_str().expect("a name").to_owned()
    }

    async fn post(&self, rest: &str, body: &Value) -> signet_testkit::Reply {
        self.server.tenant.api("POST", &self.path(rest)).json(body).await
    }

    async fn roll(&self) -> signet_testkit::Reply {
        self.post("credentials/lifecycle/keyRotate", &json!({ "use": "sig" })).await
    }

    async fn published(&self) -> BTreeSet<String> {
        kids(&self.server.tenant).await
    }

    /// Waits until nothing is due any more at this time.
    async fn settled(&self, clock: &Clock) {
        let now = clock.advance(Duration::ZERO).await;
        let now = signet_domain::Time(now).rfc3339();
        until("nothing is due", async || {
            self.keys().await.iter().all(|key| key["until"].as_str().is_none_or(|until| *until > *now))
        })
        .await;
    }
}

/// Key ids in the public key set.
async fn kids(tenant: &Tenant) -> BTreeSet<String> {
    let set = tenant.keys().await;
    let keys = set["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

fn kid(token: &str) -> String {
    Jwt::decode(token).header["kid"].as_str().expect("a kid").to_owned()
}

async fn a_key_set_that_is_kept_for_a_day_has_every_key_that_signs(app: TestApp) {
    let clock = app.clock();
    clock.freeze().await;
    let settings = json!({ "keyRotationDays": 2, "accessTokenLifetimeMinutes": 1440 });
    let shop = Shop::new(&app.acme(), settings).await;
    let at = &shop.server.tenant;
    let mut token = shop.token().await;
    let first = kid(&token);
    let mut signed_by = BTreeSet::from([first.clone()]);
    let set = at.http().get(&at.endpoint("keys")).await;
    let caching = set.header("cache-control").and_then(|c| c.strip_prefix("public, max-age="));
    let max_age: u64 = caching.expect("how long it may be kept").parse().expect("seconds");
    for _ in 0..9 {
        let kept = shop.published().await;
        clock.advance(23 * HOUR).await;
        shop.settled(&clock).await;
        assert!(at.is_active(&shop.service, &token).await, "a token of 23 hours ago lives 24");
        assert!(shop.published().await.contains(&kid(&token)), "its key is still published");
        // An app may keep the set for a day, and may have it from a cache that kept it for its max-age.
        clock.advance(HOUR + Duration::from_secs(max_age)).await;
        shop.settled(&clock).await;
        token = shop.token().await;
        assert!(kept.contains(&kid(&token)), "{} is not in the set of a day ago: {kept:?}", kid(&token));
        signed_by.insert(kid(&token));
    }
    assert!(signed_by.len() >= 4, "in more than nine days: {signed_by:?}");
    let published = shop.published().await;
    assert!(!published.contains(&first) && published.len() <= 3, "{published:?}");
    let log = |what: &str| {
        format!(r#"eventType eq "app.oauth2.as.key.{what}" and target.id eq "{}""#, shop.server.id)
    };
    let rolled = at.wait_for_logs(&log("rollover"), 3).await;
    assert_eq!(rolled[0]["actor"]["type"], "SystemPrincipal");
    let removed = at.wait_for_logs(&log("remove"), 1).await;
    let said: Vec<_> = removed.iter().map(|event| &event["debugContext"]["debugData"]["removed"]).collect();
    assert!(said.contains(&&json!(first)), "{said:?}");
    assert!(signed_by.iter().any(|kid| rolled[0].to_string().contains(kid.as_str())), "{rolled:?}");
}

async fn a_roll_by_hand_waits_until_apps_know_the_next_key(app: TestApp) {
    let clock = app.clock();
    clock.freeze().await;
    let shop = Shop::new(&app.acme(), json!({ "keyRotationDays": 0 })).await;
    let (active, next) = (shop.key("ACTIVE").await, shop.key("NEXT").await);
    assert_eq!((&active["until"], &next["until"]), (&Value::Null, &Value::Null), "nothing happens by itself");
    let shown =
        shop.server.tenant.api("GET", &shop.path("")[..shop.path("").len() - 1]).await.expect(200).json();
    assert_eq!(shown["credentials"]["signing"]["rotationMode"], "MANUAL");

    clock.advance(HOUR).await;
    shop.roll().await.expect(200);
    assert_eq!(shop.key("ACTIVE").await["kid"], next["kid"], "it was published as early as the first");
    let refused = shop.roll().await.expect(400);
    assert!(refused.text().contains("less than a day and six minutes ago"), "{}", refused.describe());
    clock.advance(Duration::from_secs(PUBLISHED_SECONDS.unsigned_abs())).await;
    let next = shop.key("NEXT").await;
    shop.roll().await.expect(200);
    assert_eq!(shop.key("ACTIVE").await["kid"], next["kid"]);

    for (body, status) in [(json!({ "use": "enc" }), 400), (json!({}), 400)] {
        shop.post("credentials/lifecycle/keyRotate", &body).await.expect(status);
        shop.post("credentials/lifecycle/keyReplace", &body).await.expect(status);
    }
    let one = format!("credentials/keys/{}", next["kid"].as_str().expect("a kid"));
    let read = shop.server.tenant.api("GET", &shop.path(&one)).await.expect(200).json();
    assert_eq!((&read["kid"], &read["status"]), (&next["kid"], &json!("ACTIVE")));
    shop.server.tenant.api("GET", &shop.path("credentials/keys/nobody")).await.expect(404);
    for days in [1, 731, -1] {
        let name = crate::support::make::unique("server");
        let body = json!({ "name": name, "audiences": ["api://x"], "keyRotationDays": days });
        app.acme().api("POST", "/api/v1/authorizationServers").json(&body).await.expect(400);
    }
}

async fn another_algorithm_signs_a_day_after_it_was_chosen(app: TestApp) {
    let clock = app.clock();
    clock.freeze().await;
    let shop = Shop::new(&app.acme(), json!({})).await;
    let at = &shop.server.tenant;
    let token = shop.token().await;
    assert_eq!(Jwt::decode(&token).header["alg"], "RS256");
    let path = shop.path("");
    let path = path.trim_end_matches('/');
    let mut body = at.api("GET", path).await.expect(200).json();
    body["signingAlgorithm"] = json!("ES384");
    at.api("PUT", path).json(&body).await.expect(200);
    until("the next key is of it", async || shop.key("NEXT").await["alg"] == "ES384").await;
    let algs = at.discovery().await["id_token_signing_alg_values_supported"].clone();
    assert_eq!(algs, json!(["RS256", "ES384"]), "apps may see either from now on");
    assert_eq!(Jwt::decode(&shop.token().await).header["alg"], "RS256", "nobody knows the new key yet");
    let kept = shop.published().await;
    clock.advance(Duration::from_secs(PUBLISHED_SECONDS.unsigned_abs())).await;
    until("it signs", async || shop.key("ACTIVE").await["alg"] == "ES384").await;
    let token = shop.token().await;
    assert!(kept.contains(&kid(&token)) && Jwt::decode(&token).header["alg"] == "ES384");
    assert_eq!(at.discovery().await["id_token_signing_alg_values_supported"], json!(["ES384"]));
}

async fn every_algorithm_signs_and_is_advertised(app: TestApp) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let shop = Shop::new(&acme, json!({ "signingAlgorithm": alg })).await;
        let at = &shop.server.tenant;
        assert_eq!(at.discovery().await["id_token_signing_alg_values_supported"], json!([alg]));
        let tokens = person.code(at, &web, "openid").await.redeem(at, &web).await;
        for token in [&tokens.access().header, &tokens.id().header] {
            assert_eq!(token["alg"], alg);
        }
        assert!(at.is_active(&web, &tokens.access_token).await, "{alg}");
        at.userinfo(&tokens.access_token).await.expect(200);
        let keys = at.keys().await;
        assert!(keys["keys"].as_array().expect("keys").iter().all(|key| key["alg"] == alg), "{keys}");
    }
}

/// A deployment of three nodes where the engine has that, of one where it doesn't.
struct House {
    app: TestApp,
    others: Vec<Node>,
}

impl House {
    async fn new(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let others = if engine == Engine::Postgres { app.nodes(2).await } else { Vec::new() };
        Self { app, others }
    }

    /// Callers at the same server, one for each node; the first is the server's own.
    fn callers(&self, shop: &Shop) -> Vec<Tenant> {
        let issuer = shop.server.tenant.issuer();
        let slug = issuer.rsplit('/').next().expect("a path");
        let others = self.others.iter().map(|node| node.acme().at_server(slug));
        std::iter::once(shop.server.tenant.clone()).chain(others).collect()
    }
}

async fn is_inactive_within_a_second(since: Instant, at: &Tenant, app: &Made, token: &str) {
    let ask = async || at.post_as(app, "introspect", &[("token", token)]).await;
    heeded(since, ask, |reply| reply.json()["active"] == false).await;
}

async fn jw_21_removed_keys_end_their_tokens_within_a_second(engine: Engine) {
    let house = House::new(engine).await;
    let acme = house.app.acme();
    let shop = Shop::new(&acme, json!({})).await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let at = &shop.server.tenant;
    let session = person.code(at, &web, "openid offline_access").await.redeem(at, &web).await;
    for next_too in [false, true] {
        let token = shop.token().await;
        let (old, next) = (kid(&token), shop.key("NEXT").await["kid"].as_str().expect("a kid").to_owned());
        let callers = house.callers(&shop);
        for there in &callers {
            assert!(there.is_active(&shop.service, &token).await && kids(there).await.contains(&old));
        }
        let body = json!({ "use": "sig", "replaceNext": next_too });
        shop.post("credentials/lifecycle/keyReplace", &body).await.expect(200);
        let since = Instant::now();
        assert!(!at.is_active(&shop.service, &token).await, "the node that was told knows at once");
        for there in &callers {
            is_inactive_within_a_second(since, there, &shop.service, &token).await;
            let asked = since.elapsed();
            let published = kids(there).await;
            assert!(!published.contains(&old) || asked < BOUND, "{old} is published after {asked:?}");
        }
        assert_eq!(
            shop.published().await.contains(&next),
            !next_too,
            "the next key took over unless it had to go"
        );
        let again = shop.token().await;
        assert_eq!(kid(&again) == next, !next_too);
        for there in &callers {
            until("every node believes the new key", async || there.is_active(&shop.service, &again).await)
                .await;
        }
    }
    let refreshed = at.refresh(&web, session.refresh()).await.expect(200).tokens();
    assert!(at.is_active(&web, &refreshed.access_token).await, "refresh tokens are not signed, and stay");
    let filter = format!(r#"eventType eq "app.oauth2.as.key.revoke" and target.id eq "{}""#, shop.server.id);
    let told = at.wait_for_logs(&filter, 2).await;
    assert_eq!(told[0]["severity"], "WARN");
}

async fn jw_21_a_not_before_ends_tokens_within_a_second(engine: Engine) {
    let house = House::new(engine).await;
    let acme = house.app.acme();
    let (shop, other) = (Shop::new(&acme, json!({})).await, Shop::new(&acme, json!({})).await);
    let (token, untouched) = (shop.token().await, other.token().await);
    let callers = house.callers(&shop);
    for there in &callers {
        assert!(there.is_active(&shop.service, &token).await);
    }
    let path = shop.path("lifecycle/revokeTokens");
    shop.server.tenant.api("POST", &path).await.expect(204);
    let since = Instant::now();
    for there in &callers {
        is_inactive_within_a_second(since, there, &shop.service, &token).await;
    }
    assert!(other.server.tenant.is_active(&other.service, &untouched).await, "another server's tokens stay");
    acme.api("POST", "/api/v1/authorizationServers/lifecycle/revokeTokens").await.expect(204);
    let since = Instant::now();
    for there in &house.callers(&other) {
        is_inactive_within_a_second(since, there, &other.service, &untouched).await;
    }
}

async fn rt_19b_a_not_before_for_all_outranks_an_apps_own(app: TestApp) {
    let (acme, globex, clock) = (app.acme(), app.globex(), app.clock());
    clock.freeze().await;
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let moment = Duration::from_secs(2);
    let theirs = globex.client_credentials(&globex.service(), "orders:read").await.tokens();
    let tokens = async || {
        clock.advance(moment).await;
        person.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await
    };
    // The app's own not-before is that of its last switching off.
    web.lifecycle(&acme, "deactivate").await;
    web.lifecycle(&acme, "activate").await;
    let older = tokens().await;
    assert!(acme.is_active(&web, &older.access_token).await, "issued after the app's own");
    clock.advance(moment).await;
    acme.api("POST", "/api/v1/authorizationServers/lifecycle/revokeTokens").await.expect(204);
    assert!(!acme.is_active(&web, &older.access_token).await, "issued before that for all");
    acme.refresh(&web, older.refresh()).await.expect_oauth_error(400, "invalid_grant");
    acme.userinfo(&older.access_token).await.expect(401);

    let newer = tokens().await;
    assert!(acme.is_active(&web, &newer.access_token).await, "issued after both");
    clock.advance(moment).await;
    web.lifecycle(&acme, "deactivate").await;
    web.lifecycle(&acme, "activate").await;
    assert!(!acme.is_active(&web, &newer.access_token).await, "a later one of the app's own counts, too");
    assert!(globex.is_active(&globex.web(), &theirs.access_token).await, "another tenant's tokens stay");
}

async fn the_console_shows_each_keys_state_and_replaces_them(app: TestApp) {
    let clock = app.clock();
    clock.freeze().await;
    let acme = app.acme();
    let shop = Shop::new(&acme, json!({})).await;
    let old = kid(&shop.token().await);
    let desk = Desk::of(&acme).await;
    let path = format!("/console/servers/{}", shop.server.id);
    let text = desk.page(&path).await.page().text();
    for words in [old.as_str(), "Signs", "Stops signing", "Published, signs next", "Begins to sign"] {
        assert!(text.contains(words), "no “{words}” in {text}");
    }
    desk.fill(&format!("{path}/roll"), &[]).await.expect(200);
    let text = desk.page(&path).await.page().text();
    assert!(text.contains("Only verifies") && text.contains("Is removed"), "{text}");

    // Ten minutes after the sign-in the password is asked for again.
    clock.advance(Duration::from_secs(660)).await;
    let replace = format!("{path}/replace-keys");
    let name = shop.name().await;
    desk.fill(&replace, &[("typed", &name), ("your_password", "not-my-password")]).await;
    assert!(shop.published().await.contains(&old), "nothing happens without the password");
    let own = ("your_password", desk.password.as_str());
    let reply = desk.fill(&replace, &[("typed", &name), own]).await.expect(200);
    assert!(reply.page().text().contains("The keys are replaced"), "{}", reply.describe());
    let text = desk.page(&path).await.page().text();
    assert!(!text.contains(&old) && !shop.published().await.contains(&old), "{text}");
    let token = shop.token().await;
    clock.advance(Duration::from_secs(2)).await;
    desk.fill(&format!("{path}/revoke-tokens"), &[("typed", &name), own]).await.expect(200);
    assert!(!shop.server.tenant.is_active(&shop.service, &token).await);
}
