//! The token inspector: which token was this, is it still good, and away with it.

use signet_testkit::{Browser, Jwt, Page, Reply, Shared, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::desk::{Desk, sign_in, the_form};
use crate::support::make::unique;
use crate::support::proof::{ProofKey, token_by};

on_each_engine! {
    an_access_token_is_found_by_itself_and_by_its_jti,
    a_token_is_revoked_alone_and_with_its_grant,
    a_refresh_token_tells_its_family,
    every_kind_of_secret_is_found,
    what_is_not_the_tenant_s_own_is_unknown,
    a_forged_token_is_told_as_such,
    an_expired_token_is_told_as_such,
    an_inspection_is_logged_without_what_was_inspected,
    which_token_was_this_takes_two_clicks,
}

const PATH: &str = "/console/inspect";

/// The name of the field that takes it.
fn field(page: &Reply) -> String {
    page.page().attributes("main textarea", "name").remove(0)
}

async fn inspect(desk: &Desk, text: &str) -> Page {
    let page = desk.page(PATH).await;
    let reply = desk.send(&page, &[(&field(&page), text)]).await.expect(200);
    assert!(text.len() < 12 || text.starts_with("AT.") || !reply.text().contains(text), "it comes back");
    assert_eq!(reply.url.query(), None, "nor is it in the address");
    reply.page()
}

/// The state, the sentence and the rest of an answer.
fn answer(page: &Page) -> String {
    let answer = page.all("#answer").join(" ");
    answer.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(page: &Page, wanted: &[&str]) {
    let answer = answer(page);
    for one in wanted {
        assert!(answer.contains(one), "{one}: {answer}");
    }
}

async fn revoke(desk: &Desk, page: &Page, reach: &str) -> Reply {
    let links = page.attributes("#answer a.danger", "href");
    desk.fill(&links[0], &[("reach", reach)]).await.expect(200)
}

async fn an_access_token_is_found_by_itself_and_by_its_jti(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let label = unique("Found app");
    let (web, person) = (NewApp::web().label(&label).make(&acme).await, Person::new(&acme).await);
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let tokens = acme.redeem(&web, &flow).await.tokens();
    let sentence = format!("This is an access token that {label} got for {}.", person.login);
    let page = inspect(&desk, &tokens.access_token).await;
    says(&page, &["Still good", &sentence, "not revoked", "Authorization code"]);
    assert!(page.all("#answer pre")[0].contains(&person.login), "what it says");
    let event = page.attributes("#answer .link-line a", "href").remove(0);
    let event = desk.page(&event).await;
    assert!(event.text().contains(&label), "{}", event.page().text());
    let jti = tokens.access().claims["jti"].as_str().unwrap().to_owned();
    let page = inspect(&desk, &jti).await;
    says(&page, &[&sentence, "It isn’t revoked.", &jti]);
    let bearer = inspect(&desk, &format!("  Bearer {}\n", tokens.access_token)).await;
    says(&bearer, &["Still good", &sentence]);
    let id = inspect(&desk, tokens.id_token.as_deref().unwrap()).await;
    says(
        &id,
        &[&format!("This is an ID token that {label} got for {}.", person.login), "opens nothing by itself"],
    );
    let event = id.attributes("#answer .link-line a", "href").remove(0);
    assert!(desk.page(&event).await.text().contains("got an ID token"));
    // One that is bound says to which key.
    let (service, key) = (NewApp::service().make(&acme).await, ProofKey::new());
    let scope = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let bound = token_by(&acme, &service, &key, &scope).await.tokens().access_token;
    let page = inspect(&desk, &format!("DPoP {bound}")).await;
    says(&page, &["Still good", "Bound to the key", &key.thumbprint()]);
}

async fn a_token_is_revoked_alone_and_with_its_grant(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let first = acme.redeem(&web, &flow).await.tokens();
    let second = acme.refresh(&web, first.refresh()).await.tokens();
    let page = inspect(&desk, &first.access_token).await;
    let gone = revoke(&desk, &page, "token").await;
    assert!(gone.text().contains("The access token is revoked."), "{}", gone.page().text());
    assert!(!acme.is_active(&web, &first.access_token).await);
    assert!(acme.is_active(&web, &second.access_token).await, "the other one lives");
    says(&inspect(&desk, &first.access_token).await, &["Ended", "It was revoked."]);
    let page = inspect(&desk, second.refresh()).await;
    let gone = revoke(&desk, &page, "grant").await;
    assert!(gone.text().contains("The grant is revoked"), "{}", gone.page().text());
    assert!(!acme.is_active(&web, &second.access_token).await);
    acme.refresh(&web, second.refresh()).await.expect_oauth_error(400, "invalid_grant");
    says(&inspect(&desk, second.refresh()).await, &["Ended", "Its grant was revoked."]);
    says(&inspect(&desk, &second.access_token).await, &["Ended"]);
    let mine = r#"eventType eq "app.oauth2.as.token.revoke" and debugContext.debugData.door eq "console""#;
    let mine = format!("{mine} and debugContext.debugData.issuedBy pr");
    let told = acme.wait_for_logs(&mine, 2).await;
    assert!(told.len() >= 2, "{told:#?}");
    // An app's own token has no grant that outlives it.
    let service = NewApp::service().make(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    server.scope("read", "IMPLICIT").await;
    let own = server.tenant.client_credentials(&service, "read").await.tokens();
    let page = inspect(&desk, &own.access_token).await;
    says(&page, &["Still good"]);
    revoke(&desk, &page, "grant").await;
    says(&inspect(&desk, &own.access_token).await, &["Ended", "It was revoked."]);
    // Nothing is chosen for anybody.
    let ask = page.attributes("#answer a.danger", "href").remove(0);
    let form = desk.page(&ask).await;
    desk.send(&form, &[]).await.expect(422);
    for path in ["none", "00u4uLGkTOG5sEoBT5PbHG"] {
        assert_eq!(desk.get(&format!("{PATH}/{path}/revoke")).await.status, 404);
    }
}

async fn a_refresh_token_tells_its_family(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, person) = (NewApp::web().rotation("ROTATE", 0).make(&acme).await, Person::new(&acme).await);
    let flow = person.code(&acme, &web, "openid offline_access").await;
    says(&inspect(&desk, &flow.code).await, &["Still good", "This is an authorization code"]);
    let first = acme.redeem(&web, &flow).await.tokens();
    says(&inspect(&desk, &flow.code).await, &["Ended", "It was redeemed"]);
    says(&inspect(&desk, first.refresh()).await, &["Still good", "This is a refresh token", &person.login]);
    let second = acme.refresh(&web, first.refresh()).await.tokens();
    says(&inspect(&desk, first.refresh()).await, &["Ended", "another one of its family followed it"]);
    let page = inspect(&desk, second.refresh()).await;
    says(&page, &["Still good", "not revoked"]);
    assert!(answer(&page).contains("got a refresh token"), "the event that issued it: {}", answer(&page));
    acme.refresh(&web, second.refresh()).await.expect(200);
    person.lifecycle(&acme, "suspend").await;
    says(&inspect(&desk, second.refresh()).await, &["Ended"]);
}

async fn every_kind_of_secret_is_found(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let label = unique("Secret app");
    let service = NewApp::service().label(&label).make(&acme).await;
    let secret = service.client_secret.clone().unwrap();
    says(&inspect(&desk, &secret).await, &["Still good", &format!("This is a client secret of {label}.")]);
    service.lifecycle(&acme, "deactivate").await;
    says(&inspect(&desk, &secret).await, &["Ended", "Its app is switched off."]);
    let body = json!({ "name": unique("inspected") });
    let made = acme.api("POST", "/api/v1/api-tokens").json(&body).await.expect(201).json();
    let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    app.canaries().add(token);
    let page = inspect(&desk, token).await;
    says(&page, &["Still good", "This is an API token of", body["name"].as_str().unwrap()]);
    let links = page.attributes("#answer .link-line a", "href");
    assert!(links.contains(&format!("/console/credentials/tokens/{id}")), "{links:?}");
    acme.api("DELETE", &format!("/api/v1/api-tokens/{id}")).await.expect(204);
    says(&inspect(&desk, token).await, &["Ended", "It was revoked."]);
    let body = json!({ "name": unique("inspected"), "scope": "READ_USERS" });
    let made = acme.api("POST", "/api/v1/api-credentials").json(&body).await.expect(201).json();
    let secret = made["client_secret"].as_str().unwrap();
    app.canaries().add(secret);
    says(&inspect(&desk, secret).await, &["Still good", "This is a secret of an API credential."]);
}

async fn what_is_not_the_tenant_s_own_is_unknown(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let (desk, theirs) = (Desk::of(&acme).await, Desk::of(&globex).await);
    let (web, person) = (NewApp::web().make(&globex).await, Person::new(&globex).await);
    let flow = person.code(&globex, &web, "openid offline_access").await;
    let tokens = globex.redeem(&web, &flow).await.tokens();
    let jti = tokens.access().claims["jti"].as_str().unwrap().to_owned();
    says(&inspect(&theirs, &tokens.access_token).await, &["Still good"]);
    let secret = web.client_secret.clone().unwrap();
    let unknown = answer(&inspect(&desk, "sgr0000000000000000000000000000000000000000000").await);
    for text in [tokens.access_token.as_str(), tokens.refresh(), &jti, &secret, "x", "a.b.c", "é"] {
        assert_eq!(answer(&inspect(&desk, text).await), unknown, "as what never was");
    }
    let page = inspect(&theirs, tokens.refresh()).await;
    let ask = page.attributes("#answer a.danger", "href").remove(0);
    assert_eq!(desk.get(&ask).await.status, 404, "nor is its event");
    let empty = desk.page(PATH).await;
    let reply = desk.send(&empty, &[(&field(&empty), "  ")]).await.expect(422);
    assert_eq!(reply.page().all(".field-error"), ["Paste a token, a jti or a secret."]);
}

async fn a_forged_token_is_told_as_such(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let real = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    let mut claims = real.access().claims;
    claims["scp"] = json!(["everything"]);
    let forged = Jwt::forge(&real.access().header, &claims, &[7; 256]);
    let page = inspect(&desk, &forged).await;
    says(&page, &["Ended", "none of its keys signed it"]);
    assert!(!answer(&page).contains("everything"), "what it claims isn't told as if it were so");
}

async fn an_expired_token_is_told_as_such(app: TestApp) {
    let acme = app.acme();
    let (web, person) = (acme.web(), acme.user());
    let tokens = acme.password(&web, person.0, person.1, "openid offline_access").await.tokens();
    app.clock().advance(std::time::Duration::from_secs(2 * 3600)).await;
    let desk = Desk::of(&acme).await;
    says(&inspect(&desk, &tokens.access_token).await, &["Ended", "It has expired."]);
    let jti = tokens.access().claims["jti"].as_str().unwrap().to_owned();
    says(&inspect(&desk, &jti).await, &["Unclear", "none lives longer than 25 hours"]);
    app.clock().advance(std::time::Duration::from_secs(24 * 3600)).await;
    let desk = Desk::of(&acme).await;
    says(&inspect(&desk, &jti).await, &["Ended", "It has expired."]);
    says(&inspect(&desk, tokens.refresh()).await, &["Still good"]);
}

async fn an_inspection_is_logged_without_what_was_inspected(app: Shared) {
    let acme = app.acme();
    let (desk, admin) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let tokens = acme.password(&web, &person.login, &person.password, "openid offline_access").await.tokens();
    for text in [tokens.access_token.as_str(), tokens.refresh(), "nothing-like-a-token"] {
        inspect(&desk, text).await;
    }
    let mine = format!(r#"eventType eq "app.oauth2.token.inspect" and actor.id eq "{}""#, admin.id);
    // The log is searched for every secret when it is read.
    let told = acme.wait_for_logs(&mine, 3).await;
    let found: Vec<_> =
        told.iter().filter_map(|event| event["debugContext"]["debugData"]["found"].as_str()).collect();
    assert_eq!(found, ["access token", "refresh token", "nothing"]);
    // Who only reads finds no way to revoke.
    let page = inspect(&desk, &tokens.access_token).await;
    assert!(page.attributes("#answer a.danger", "href").is_empty());
    let (help, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    assert_eq!(help.get(PATH).await.status, 403);
    assert!(!help.page("/console").await.text().contains("Token inspector"));
    let mut form = the_form(&desk.page(PATH).await);
    form.set("csrf", "wrong");
    desk.visitor.submit(&desk.page(PATH).await, &form).await.expect(403);
}

async fn which_token_was_this_takes_two_clicks(app: Shared) {
    let acme = app.acme();
    let label = unique("Lost and found");
    let (web, person) = (NewApp::web().label(&label).make(&acme).await, Person::new(&acme).await);
    let tokens = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    let browser = Browser::start().await;
    sign_in(&browser, &acme).await;
    browser.click("nav a[href='/console/inspect']").await;
    browser.wait_for("main textarea").await;
    browser.fill("main textarea", &tokens.access_token).await;
    browser.click(".edit-foot button").await;
    browser.wait_for("#answer").await;
    let answer = browser.text("#answer").await;
    assert!(answer.contains(&format!("{label} got for {}", person.login)), "{answer}");
    assert_eq!(browser.url().await, format!("{}/console/inspect#answer", acme.origin()), "no token in it");
    assert_eq!(browser.text("main textarea").await, "", "nor on the page");
    browser.picture("console-inspected").await;
    browser.assert_quiet().await;
}
