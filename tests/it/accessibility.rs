//! Every page and every form in a real browser, in light and dark, wide and narrow, with scripts and without:
//! no violation that axe-core knows, a silent console, no request to another origin, nothing sideways.
//!
//! The pages come from the console's route table and from the sample pages, so a new one joins by itself.

use signet_testkit::{Engine, Shared, Tenant, on_each_engine};

use crate::support::apps::{NewApp, Person, add_scope, server_id};
use crate::support::console_routes::Ids;
use crate::support::desk::Desk;
use crate::support::make::unique;
use crate::support::routes;
use crate::support::walk::Walk;

on_each_engine! {
    every_page_about_people_and_apps_for_everybody,
    every_page_about_the_log_for_everybody,
    every_page_about_the_tenant_for_everybody,
    every_other_page_of_the_console_for_everybody,
    every_page_for_users_for_everybody,
}

/// Pages differ by what they show and not by the engine: one engine's run has scripts, the other's has none.
fn scripts(app: &Shared) -> bool {
    app.engine() == Engine::Sqlite
}

fn shots(app: &Shared) -> &'static str {
    if scripts(app) { "walk" } else { "walk-plain" }
}

async fn sign_in(walk: &Walk, url: &str, login: &str, password: &str) {
    walk.browser.goto(url).await;
    walk.browser.fill("#login", login).await;
    walk.browser.fill("#password", password).await;
    walk.browser.click("form [type=submit]").await;
}

/// Sends the form of the page with nothing in it, and waits for what comes. False if it has nothing to fill in.
async fn send_empty(walk: &Walk) -> bool {
    let script = "const form = document.querySelector('form.edit');
        const fields = form?.querySelectorAll('input:is([type=text], [type=number], [type=email], [type=password]), textarea');
        if (!fields?.length) return false;
        for (const field of fields) field.value = '';
        form.noValidate = true;
        document.documentElement.dataset.sent = '';
        form.requestSubmit(form.querySelector('.edit-foot button'));
        return true";
    if walk.ask(script).await != true {
        return false;
    }
    walk.browser.wait_for("html:not([data-sent]) main").await;
    true
}

/// A page's address for each GET route of the console.
async fn addresses(tenant: &Tenant, desk: &Desk) -> Vec<(String, String)> {
    let ids = Ids::make(tenant).await;
    let first = |page: signet_testkit::Reply, css: &str, within: &str| {
        let links = page.page().attributes(css, "href");
        links.into_iter().find(|link| link.starts_with(within)).unwrap_or_else(|| panic!("no {within}"))
    };
    let event = first(desk.page("/console/log?range=1h").await, ".event a", "/console/log?");
    let event = event.split("event=").nth(1).expect("an event").to_owned();
    let made = desk.fill("/console/credentials/tokens/new", &[("name", "walked")]).await;
    let token = first(made, "a.button.primary", "/console/credentials/tokens/");
    let token = token.rsplit('/').next().expect("a token").to_owned();
    let app = ids.fill("/console/apps/{id}");
    let retire = first(desk.page(&app).await, "a", &format!("{app}/secrets/"));
    let secret = retire.split('/').rev().nth(1).expect("a secret").to_owned();
    let of_token = r#"eventType eq "app.oauth2.as.token.grant.access_token""#;
    tenant.client_credentials(&tenant.service(), "orders:read").await.expect(200);
    let issued = tenant.wait_for_logs(of_token, 1).await[0]["uuid"].as_str().expect("an id").to_owned();
    let address = |route: &str| {
        let own = match route.split('/').nth(2) {
            Some("log") => route.replace("{id}", &event),
            Some("inspect") => route.replace("{id}", &issued),
            Some("credentials") => route.replace("{id}", &token),
            _ => route.replace("{secret}", &secret),
        };
        ids.fill(&own)
    };
    let pages = routes::of_console().into_iter().filter(|(route, gets, _)| *gets && !is_no_page(route));
    pages.map(|(route, ..)| (name_of(&route), address(&route))).collect()
}

/// Whether a route gives a file, a part that a script asks for, or the inert inside of a frame.
fn is_no_page(route: &str) -> bool {
    const INSIDE: [&str; 5] = [
        "/console/find/list",
        "/console/log/newer",
        "/console/log/exports/newer",
        "/console/apps/{id}/start/newer",
        "/console/branding/preview",
    ];
    route.contains("/export.") || route.ends_with(".css") || INSIDE.contains(&route)
}

/// A route as a picture's name.
fn name_of(route: &str) -> String {
    let plain = route.trim_start_matches('/').replace('/', "-");
    plain.chars().filter(|c| !matches!(c, '{' | '}')).collect()
}

/// Whether a page is about people or apps: one half of the console.
fn is_directory(address: &str) -> bool {
    matches!(address.split('/').nth(2), Some("users" | "apps"))
}

/// Whether a page is about the log and what watches it.
fn is_log(address: &str) -> bool {
    matches!(address.split('/').nth(2), Some("alerts" | "webhooks")) || address.starts_with("/console/log")
}

/// Whether a page is about the tenant itself and who administers it.
fn is_tenant(address: &str) -> bool {
    matches!(address.split('/').nth(2), Some("credentials" | "branding" | "security" | "settings"))
}

/// Walks a part of the console: every GET route of it with its form sent empty, and some pages more.
async fn walk_console(app: &Shared, part: fn(&str) -> bool, more: &[(&str, &str)]) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let origin = acme.origin().to_owned();
    let mut walk = Walk::start(shots(app), scripts(app)).await;
    let admin = &acme.credentials.admin;
    sign_in(&walk, &format!("{origin}/console/sign-in"), &admin.login, &admin.password).await;
    walk.browser.wait_for(".console main").await;
    let mut addresses = addresses(&acme, &desk).await;
    addresses.retain(|(name, address)| part(address) && name != "console-sign-in");
    for (name, address) in &addresses {
        walk.open(name, &format!("{origin}{address}")).await;
        let shown = walk.browser.url().await;
        assert!(shown.starts_with(&format!("{origin}{address}")), "{address} leads to {shown}");
        if send_empty(&walk).await {
            walk.look(&format!("{name}-sent")).await;
        }
    }
    for (name, address) in more {
        walk.open(name, &format!("{origin}{address}")).await;
    }
    walk.end(addresses.len() + more.len());
}

async fn every_page_about_people_and_apps_for_everybody(app: Shared) {
    let more = [
        ("console-users-nobody", "/console/users?q=nobody-at-all"),
        ("console-missing", "/console/users/nobody"),
        ("console-app-new-web", "/console/apps/new?kind=web"),
    ];
    walk_console(&app, is_directory, &more).await;
}

async fn every_page_about_the_log_for_everybody(app: Shared) {
    let more = [
        ("console-log-nothing", "/console/log?q=no-such-word-anywhere&outcome=refused"),
        ("console-log-wrong-filter", "/console/log?filter=eventType+eq+"),
        ("console-log-refused", "/console/log?range=90d&outcome=notable&machines=show"),
        ("console-log-by-address", "/console/log?range=90d&group=ip"),
        ("console-log-by-who", "/console/log?range=90d&group=actor"),
    ];
    walk_console(&app, is_log, &more).await;
}

async fn every_page_about_the_tenant_for_everybody(app: Shared) {
    walk_console(&app, is_tenant, &[]).await;
}

async fn every_other_page_of_the_console_for_everybody(app: Shared) {
    let more = [("console-sign-in", "/console/sign-in")];
    let rest = |address: &str| !is_directory(address) && !is_log(address) && !is_tenant(address);
    walk_console(&app, rest, &more).await;
}

async fn every_page_for_users_for_everybody(app: Shared) {
    let acme = app.acme();
    let origin = acme.origin().to_owned();
    let mut walk = Walk::start(shots(&app), scripts(&app)).await;
    for (name, path) in [
        ("home", "/"),
        ("login", "/login"),
        ("missing", "/nowhere"),
        ("docs", "/docs/api"),
        ("error", "/oauth2/default/v1/authorize?client_id=nobody&response_type=code"),
    ] {
        walk.open(name, &format!("{origin}{path}")).await;
    }
    let person = Person::new(&acme).await;
    sign_in(&walk, &format!("{origin}/login"), &person.login, "wrong").await;
    walk.browser.wait_for("#form-error").await;
    walk.look("login-wrong").await;

    let server = server_id(&acme, "default").await;
    let scope = unique("photos") + ":read";
    add_scope(&acme, &server, &scope, "REQUIRED").await;
    let client =
        NewApp::web().label("Photo book").oauth("consent_method", "REQUIRED".into()).make(&acme).await;
    let url = acme.authorize(&client, &format!("openid offline_access {scope}")).url();
    walk.open("sign-in", &url).await;
    sign_in(&walk, &url, &person.login, &person.password).await;
    walk.browser.wait_for(".consent, [name=scope], form[action*=consent]").await;
    walk.look("consent").await;
    walk.open("choose-account", &format!("{url}&prompt=select_account")).await;
    for (name, path) in
        [("account", "/account"), ("account-password", "/account/password"), ("logout", "/oauth2/v1/logout")]
    {
        walk.open(name, &format!("{origin}{path}")).await;
    }
    walk.browser.click("form [type=submit]").await;
    walk.browser.wait_for("main").await;
    walk.look("signed-out").await;
    person.lifecycle(&acme, "expire_password").await;
    sign_in(&walk, &format!("{origin}/login"), &person.login, &person.password).await;
    walk.browser.wait_for("#new").await;
    walk.look("new-password").await;
    walk.browser.fill("#new", "a-phrase-of-ones-own").await;
    walk.browser.click("form [type=submit]").await;
    walk.browser.wait_for("#activity").await;

    let operator = app.operator_url().to_owned();
    walk.open("operator-sign-in", &format!("{operator}/sign-in")).await;
    let who = &app.credentials().operator;
    sign_in(&walk, &format!("{operator}/sign-in"), &who.login, &who.password).await;
    walk.browser.wait_for(".console main").await;
    walk.open("operator", &format!("{operator}/")).await;
    for page in [
        "tenants",
        "tenants?q=ACME",
        "tenants?q=nobody",
        "tenants/new",
        "tenants/acme",
        "tenants/acme/suspend",
        "tenants/acme/delete",
        "tenants/deleted",
        "tenants/nobody",
    ] {
        walk.open(&format!("operator-{}", page.replace(['/', '?', '='], "-")), &format!("{operator}/{page}"))
            .await;
    }
    walk.end(20);
}

/// Every page in several states, with hostile, long and right-to-left text among them.
#[tokio::test]
async fn every_sample_page_for_everybody() {
    let (origin, names) = crate::support::samples::serve().await;
    let mut walk = Walk::start("sample", true).await;
    // They go to an app's address as soon as they are there.
    let stays = |name: &&String| !name.starts_with("form_post") && *name != "signing_out-going";
    for name in names.iter().filter(stays) {
        walk.open(name, &format!("{origin}/{name}")).await;
    }
    walk.end(names.iter().filter(stays).count());
}

/// A page that no sample shows would be looked at by nobody.
#[test]
fn every_page_has_a_sample() {
    let folder = |name: &str| {
        let folder = format!("{}/../web/src/{name}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).expect("a folder");
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect::<String>()
    };
    let (pages, samples) = (folder("pages"), folder("samples"));
    let structs: Vec<&str> = pages
        .split("#[template(path = \"")
        .skip(1)
        // What a script asks for is part of a page that has one.
        .filter(|rest| !rest.starts_with("parts/"))
        .filter_map(|rest| rest.split("pub struct ").nth(1)?.split([' ', '<']).next())
        .collect();
    assert!(structs.len() > 20, "{structs:?}");
    for name in structs {
        assert!(
            samples.contains(&format!("{name} {{")) || samples.contains(&format!("{name}::new(")),
            "{name}"
        );
    }
}
