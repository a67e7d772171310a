//! Pages for users in the reader's language: what the app asks for comes before what the browser wants.

use signet_testkit::{Reply, Shared, json, on_each_engine};

use crate::support::apps::{NewApp, Person, add_scope, server_id};
use crate::support::desk::{Desk, the_form};
use crate::support::make::unique;

on_each_engine! {
    a_sign_in_speaks_what_the_app_asks_for,
    pages_speak_what_the_browser_wants,
    an_administrators_own_words_are_not_translated,
    errors_speak_the_readers_language,
    a_discovery_document_names_the_languages,
}

fn assert_in(language: &str, page: &Reply) {
    assert_eq!(page.page().attributes("html", "lang"), [language], "{}", page.describe());
    assert_eq!(page.header("content-language"), Some(language), "{}", page.describe());
}

fn heading(page: &Reply) -> String {
    page.page().all("h1").concat()
}

async fn a_sign_in_speaks_what_the_app_asks_for(app: Shared) {
    let acme = app.acme();
    let client = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let english = acme.visitor().with_languages("en");
    let ask = |locales: &str| {
        acme.authorize(&client, "openid email").set("prompt", "consent").set("ui_locales", locales).url()
    };
    assert_in("en", &english.open(&ask("fr-CA fr")).await);
    let sign_in = english.open(&ask("fr-CA de-CH en")).await.expect(200);
    assert_in("de", &sign_in);
    assert_eq!(heading(&sign_in), "Anmelden");
    let again = english.sign_in(&sign_in, &person.login, "not the password").await;
    assert_in("de", &again);
    assert!(again.page().all("#form-error")[0].starts_with("Name und Passwort passen nicht"));
    let consent = english.sign_in(&again, &person.login, &person.password).await.expect(200);
    assert_in("de", &consent);
    let scopes = consent.page().all(".scopes li > span:first-child");
    assert_eq!(scopes, ["Ihre E-Mail-Adresse sehen"]);
    let back = english.refuse(&consent).await;
    assert!(back.is_redirect(), "{}", back.describe());
    // So does a sign-out (RP-Initiated Logout §2).
    let logout = format!("{}/v1/logout?ui_locales=de", acme.issuer());
    let confirm = english.get(&logout).await.expect(200);
    assert_in("de", &confirm);
    assert_eq!(heading(&confirm), "Abmelden?");
}

async fn pages_speak_what_the_browser_wants(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let at = |path: &str| format!("{}{path}", acme.origin());
    for (wanted, language) in [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr, en;q=0.3, de;q=0.2", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        (";;;,,q=2,de", "de"),
    ] {
        assert_in(language, &acme.visitor().with_languages(wanted).get(&at("/login")).await);
    }
    assert_in("en", &acme.visitor().get(&at("/login")).await);
    let reader = acme.visitor().with_languages("de");
    assert!(heading(&reader.get(&at("/")).await).starts_with("Hier meldet man sich"));
    let door = reader.open(&at("/login")).await;
    let account = reader.sign_in(&door, &person.login, &person.password).await.expect(200);
    assert_in("de", &account);
    assert_eq!(heading(&account), "Ihr Konto");
    assert!(account.text().contains("heute, "), "times too");
    let form = reader.get(&at("/account/password")).await.expect(200);
    let mut filled = the_form(&form);
    filled.set("old", &person.password).set("new", "short");
    let refused = reader.submit(&form, &filled).await.expect(422);
    assert_eq!(refused.page().all("#new-error"), ["Ein Passwort braucht mindestens 8 Zeichen."]);
}

async fn an_administrators_own_words_are_not_translated(app: Shared) {
    let acme = app.acme();
    let server = server_id(&acme, "default").await;
    let scope = unique("words:read");
    let id = add_scope(&acme, &server, &scope, "REQUIRED").await;
    let body = json!({ "name": scope, "description": "See what you wrote", "consent": "REQUIRED" });
    acme.api("PUT", &format!("/api/v1/authorizationServers/{server}/scopes/{id}"))
        .json(&body)
        .await
        .expect(200);
    let client = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let reader = acme.visitor().with_languages("de");
    let door = reader
        .open(&acme.authorize(&client, &format!("openid {scope}")).set("prompt", "consent").url())
        .await;
    let consent = reader.sign_in(&door, &person.login, &person.password).await.expect(200);
    let scopes = consent.page().all(".scopes li > span:first-child");
    assert_eq!(scopes, ["See what you wrote"]);
}

async fn errors_speak_the_readers_language(app: Shared) {
    let acme = app.acme();
    let reader = acme.visitor().with_languages("de");
    let client = NewApp::web().make(&acme).await;
    let url = acme.authorize(&client, "openid").set("client_id", "0oanobody").url();
    let wrong = reader.get(&url).await.expect(400);
    assert_in("de", &wrong);
    assert!(heading(&wrong).starts_with("Die App hat eine Anfrage gesandt"));
    let nowhere = reader.get(&format!("{}/no/such/page", acme.origin())).await.expect(404);
    assert_eq!(heading(&nowhere), "Seite nicht gefunden");
    // The console and what programs read stay English.
    let desk = Desk::of(&acme).await;
    assert_in("en", &desk.page("/console").await);
    let error = acme.call("GET", "/api/v1/users").header("accept-language", "de").await.expect(401);
    assert!(error.text().contains("Invalid token"), "{}", error.describe());
}

async fn a_discovery_document_names_the_languages(app: Shared) {
    let acme = app.acme();
    let document = acme.discovery().await;
    assert_eq!(document["ui_locales_supported"], json!(["en", "de"]));
}
