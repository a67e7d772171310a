//! Pages: hostile texts in them, and what the browser is told about them.

use signet_testkit::{Reply, Shared, json, on_each_engine};

use crate::support::apps::{NewApp, Person, add_scope, server_id};
use crate::support::booth::Booth;
use crate::support::console_routes::Ids;
use crate::support::desk::Desk;
use crate::support::make::unique;
use crate::support::routes::{self, Route};

on_each_engine! {
    wb_17_markup_stays_text_everywhere,
    wb_18_reflected_parameters_are_escaped_and_bounded,
    wb_19_pages_run_nothing_inline_and_are_framed_by_nobody,
}

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7919*7919}}' onload='x";

/// Nothing in a page runs or loads but our own assets.
fn assert_inert(page: &Reply, what: &str) {
    let parsed = page.page();
    assert!(parsed.attributes("img", "src").iter().all(|src| src.starts_with("/assets/")), "{what}");
    let scripts = parsed.attributes("script", "src");
    assert!(scripts.iter().all(|src| src.starts_with("/assets/")), "{what}: {scripts:?}");
    assert_eq!(parsed.all("script").len(), scripts.len(), "{what}: an inline script");
    assert_eq!(parsed.all("style, object, embed, base").len(), 0, "{what}");
    let framed = parsed.attributes("iframe", "src");
    assert!(framed.iter().all(|src| src.starts_with("/console/branding/preview")), "{what}: {framed:?}");
    for attribute in ["onerror", "onload", "onclick", "style"] {
        assert!(parsed.attributes(&format!("[{attribute}]"), attribute).is_empty(), "{what}: {attribute}");
    }
    assert!(!parsed.text().contains("62710561"), "{what}: a template was evaluated");
    for href in parsed.attributes("a", "href") {
        assert!(!href.trim_start().to_lowercase().starts_with("javascript:"), "{what}: {href}");
    }
}

async fn wb_17_markup_stays_text_everywhere(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = HOSTILE;
    let server = server_id(&acme, "default").await;
    let scope = format!("{}:read", unique("hostile"));
    let scope_id = add_scope(&acme, &server, &scope, "REQUIRED").await;
    let body = json!({ "name": scope, "displayName": name, "description": HOSTILE, "consent": "REQUIRED" });
    let path = format!("/api/v1/authorizationServers/{server}/scopes/{scope_id}");
    acme.api("PUT", &path).json(&body).await.expect(200);
    let client = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    desk.fill(&format!("/console/apps/{}/edit", client.id), &[("label", name)]).await.expect(200);
    let person = Person::new(&acme).await;
    let fields = [("firstName", HOSTILE), ("displayName", HOSTILE), ("title", HOSTILE)];
    desk.fill(&format!("/console/users/{}/edit", person.id), &fields).await.expect(200);
    let visitor = acme.visitor();
    let request =
        acme.authorize(&client, &format!("openid {scope}")).set("state", HOSTILE).set("login_hint", HOSTILE);
    let sign_in = visitor.open(&request.url()).await;
    assert_inert(&sign_in, "sign-in");
    let consent = visitor.sign_in(&sign_in, &person.login, &person.password).await;
    assert_inert(&consent, "consent");
    assert!(consent.page().text().contains("<script>alert(1)</script>"), "shown as text");
    let reply = visitor.approve(&consent).await;
    assert!(reply.is_redirect());
    assert_inert(&visitor.get(&format!("{}/account", acme.origin())).await.expect(200), "account");
    for path in [
        format!("/console/users/{}", person.id),
        format!("/console/users/{}/edit", person.id),
        format!("/console/users/{}/deactivate", person.id),
        format!("/console/apps/{}", client.id),
        format!("/console/apps/{}/edit", client.id),
        format!("/console/apps/{}/off", client.id),
        "/console/apps".to_owned(),
        format!("/console/servers/{server}"),
        format!("/console/servers/{server}/scopes/{scope_id}"),
        "/console/log?range=1h".to_owned(),
        "/console".to_owned(),
    ] {
        assert_inert(&desk.page(&path).await, &path);
    }
}

async fn wb_18_reflected_parameters_are_escaped_and_bounded(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let long = format!("{HOSTILE}{}", "a".repeat(5000));
    for value in [HOSTILE, long.as_str()] {
        for name in ["login_hint", "ui_locales", "acr_values", "claims", "display", "state", "nonce"] {
            let reply = acme.visitor().open(&acme.authorize(&client, "openid").set(name, value).url()).await;
            if reply.is_redirect() {
                continue;
            }
            assert!(reply.status < 500, "{name}: {}", reply.describe());
            assert_inert(&reply, name);
            assert!(reply.body.len() < 60_000, "{name}: {} bytes", reply.body.len());
        }
        let encoded: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
        for path in [
            "/console/users?q=",
            "/console/log?q=",
            "/console/log?filter=",
            "/console/log?since=",
            "/console?x=",
        ] {
            let reply = desk.get(&format!("{path}{encoded}")).await;
            assert!(matches!(reply.status, 200 | 400 | 414 | 431), "{path}: {}", reply.status);
            assert_inert(&reply, path);
        }
        for done in ["/console/users?done=", "/console/apps?done=", "/console/servers?done="] {
            let reply = desk.get(&format!("{done}never-repeated{encoded}")).await;
            assert!(!reply.text().contains("never-repeated"), "{done} is not repeated");
        }
    }
}

/// Every page that a route gives, for whoever may see it, and some that no route gives.
async fn every_page(app: &Shared) -> Vec<Reply> {
    let acme = app.acme();
    let (desk, booth, ids) = (Desk::of(&acme).await, Booth::of(app).await, Ids::make(&acme).await);
    let person = Person::new(&acme).await;
    let (user, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let mut pages =
        vec![acme.get("/login").await, acme.get("/console/sign-in").await, acme.get("/nowhere").await];
    pages.push(app.http().get(&format!("{}/sign-in", booth.url)).await);
    pages.push(app.http().get(&format!("{}/nowhere", booth.url)).await);
    pages.push(desk.get("/console/users/nobody").await);
    let looked_at =
        |routes: Vec<Route>| routes.into_iter().filter(|(_, gets, _)| *gets).map(|(path, ..)| path);
    // A file is no page.
    for route in looked_at(routes::of_console()).filter(|route| !route.contains("/export.")) {
        pages.push(desk.get(&ids.fill(&route)).await);
    }
    for route in looked_at(routes::of_users()).chain(looked_at(routes::of_tenants())) {
        pages.push(user.get(&format!("{}{route}", acme.origin())).await);
    }
    for route in looked_at(routes::of_operator()) {
        pages.push(booth.visitor.get(&format!("{}{}", booth.url, route.replace("{name}", "acme"))).await);
    }
    // The rest are redirects, styles, and the parts that scripts of ours ask for.
    pages.retain(|page| page.text().starts_with("<!doctype html>"));
    pages
}

async fn wb_19_pages_run_nothing_inline_and_are_framed_by_nobody(app: Shared) {
    let pages = every_page(&app).await;
    assert!(pages.len() > 100, "{} pages", pages.len());
    for page in pages {
        let what = page.url.path().to_owned();
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{what}: no policy"));
        // What a tenant's pages will look like is shown in a frame of the page about it.
        let framed_by = if what == "/console/branding/preview" { "'self'" } else { "'none'" };
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "base-uri 'none'",
            &format!("frame-ancestors {framed_by}"),
        ] {
            assert!(policy.contains(rule), "{what}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{what}");
        if what.starts_with("/console") || what.starts_with("/account") {
            assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{what}");
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
        assert_inert(&page, &what);
    }
}
