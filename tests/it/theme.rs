//! Light or dark by choice: kept for the browser, followed by every page, and readable either way.

use signet_testkit::{Engine, Reply, Shared, Tenant, Visitor, on_each_engine};

use crate::support::apps::Person;
use crate::support::booth::Booth;
use crate::support::desk::{Desk, sign_in};
use crate::support::walk::Walk;

on_each_engine! {
    the_console_keeps_a_choice_and_all_pages_follow,
    the_account_page_keeps_a_choice,
    the_operators_pages_keep_a_choice,
    a_choice_needs_the_pages_own_token,
    chosen_colours_can_be_read,
}

fn shown(page: &Reply) -> Vec<String> {
    page.page().attributes("html", "data-theme")
}

/// Presses one of the buttons; what comes back is not followed.
async fn choose(visitor: &Visitor, page: &Reply, theme: &str) -> Reply {
    let button = format!("button[name=theme][value={theme}]");
    let to = page.page().attributes(&button, "formaction").pop().expect("a button");
    let forms = page.page().forms();
    let form = forms.iter().find(|form| form.get("csrf").is_some()).expect("a form with a token");
    let next = page.page().attributes("form:has(button[name=theme]) input[name=next]", "value").pop();
    let next = next.unwrap_or_default();
    let fields = [("csrf", form.get("csrf").unwrap_or_default()), ("theme", theme), ("next", next.as_str())];
    let url = page.url.join(&to).expect("an address");
    visitor.send(visitor.call("POST", url.as_str()).form(fields)).await
}

fn pressed(page: &Reply) -> Vec<String> {
    page.page().attributes("button[name=theme][aria-pressed=true]", "value")
}

async fn see(visitor: &Visitor, tenant: &Tenant, path: &str) -> Reply {
    visitor.get(&format!("{}{path}", tenant.origin())).await
}

async fn the_console_keeps_a_choice_and_all_pages_follow(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let page = desk.page("/console/apps").await;
    assert_eq!((shown(&page), pressed(&page)), (vec![], vec!["system".to_owned()]));
    for theme in ["dark", "light"] {
        let reply = choose(&desk.visitor, &page, theme).await.expect(303);
        assert_eq!(reply.location().path(), "/console/apps", "back to where it was chosen");
        for path in ["/console/apps", "/console/users/nobody", "/login", "/", "/nowhere"] {
            assert_eq!(shown(&see(&desk.visitor, &acme, path).await), [theme], "{path}");
        }
        assert_eq!(pressed(&desk.page("/console").await), [theme]);
    }
    assert!(shown(&acme.get("/login").await).is_empty(), "another browser chose nothing");
    choose(&desk.visitor, &page, "system").await.expect(303);
    assert!(shown(&desk.page("/console").await).is_empty());
}

async fn the_account_page_keeps_a_choice(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, page) = acme.sign_in("/login", &person.login, &person.password).await;
    let reply = choose(&visitor, &page, "dark").await.expect(303);
    assert_eq!(reply.location().path(), "/account");
    let cookie = reply.cookies().into_iter().find(|cookie| cookie.value == "dark").expect("a cookie");
    assert!(cookie.name.ends_with("theme"), "{}", cookie.name);
    assert_eq!(shown(&see(&visitor, &acme, "/console/sign-in").await), ["dark"]);
    let page = visitor.follow(reply).await.expect(200);
    assert_eq!((shown(&page), pressed(&page)), (vec!["dark".to_owned()], vec!["dark".to_owned()]));
}

async fn the_operators_pages_keep_a_choice(app: Shared) {
    let booth = Booth::of(&app).await;
    let see = async |path: &str| booth.visitor.get(&format!("{}{path}", booth.url)).await;
    let page = see("/tenants?q=acme").await.expect(200);
    assert_eq!((shown(&page), pressed(&page)), (vec![], vec!["system".to_owned()]));
    for theme in ["dark", "light"] {
        let reply = choose(&booth.visitor, &page, theme).await.expect(303);
        assert_eq!(reply.location().path(), "/tenants", "back to where it was chosen");
        for path in ["/", "/tenants/new", "/tenants/nobody", "/nowhere"] {
            assert_eq!(shown(&see(path).await), [theme], "{path}");
        }
        assert_eq!(pressed(&see("/tenants/acme").await), [theme]);
    }
    // What a form led to has no address; a choice there leads to the beginning.
    let refused = booth.fill("/tenants/new", &[("name", "Not A Name")]).await.expect(422);
    assert_eq!(shown(&refused), ["light"]);
    let reply = choose(&booth.visitor, &refused, "dark").await.expect(303);
    assert_eq!(reply.location().path(), "/");
    let url = format!("{}/theme", booth.url);
    for elsewhere in ["https://evil.example/", "//evil.example", "/tenants//evil.example", "/sign-in"] {
        let token = page.page().forms()[0].get("csrf").expect("a token").to_owned();
        let fields = [("csrf", token.as_str()), ("theme", "dark"), ("next", elsewhere)];
        let reply = booth.visitor.send(booth.visitor.call("POST", &url).form(fields)).await.expect(303);
        assert_eq!(reply.header("location"), Some("/"), "{elsewhere}");
    }
    // The door follows the choice, which outlives the sign-in.
    let form = page.page().forms().into_iter().find(|form| form.action == "/sign-out").expect("a way out");
    booth.visitor.submit(&page, &form).await.expect(303);
    assert_eq!(shown(&see("/sign-in").await.expect(200)), ["dark"]);
    assert!(shown(&app.http().get(&format!("{}/sign-in", booth.url)).await).is_empty(), "another browser");
    assert!(shown(&app.acme().get("/login").await).is_empty(), "a tenant’s pages have a choice of their own");
}

async fn a_choice_needs_the_pages_own_token(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let (user, _) = acme.sign_in("/login", &person.login, &person.password).await;
    for (visitor, path) in [(&desk.visitor, "/console/theme"), (&user, "/account/theme")] {
        let url = format!("{}{path}", acme.origin());
        let call = visitor.call("POST", &url).form([("csrf", "another"), ("theme", "dark")]);
        let reply = visitor.send(call).await.expect(403);
        assert!(reply.cookies().iter().all(|cookie| cookie.value != "dark"), "{path}");
    }
    let page = desk.page("/console").await;
    let token = page.page().forms()[0].get("csrf").expect("a token").to_owned();
    for elsewhere in ["https://evil.example/", "//evil.example", "/login"] {
        let url = format!("{}/console/theme", acme.origin());
        let fields = [("csrf", token.as_str()), ("theme", "nonsense"), ("next", elsewhere)];
        let reply = desk.visitor.send(desk.visitor.call("POST", &url).form(fields)).await.expect(303);
        assert_eq!(reply.header("location"), Some("/console"), "{elsewhere}");
    }
}

/// The look that is emulated has the other colours every second time, and mustn't matter.
async fn chosen_colours_can_be_read(app: Shared) {
    let acme = app.acme();
    let origin = acme.origin().to_owned();
    let theme = if app.engine() == Engine::Sqlite { "dark" } else { "light" };
    let mut walk = Walk::start(&format!("theme-{theme}"), true).await;
    sign_in(&walk.browser, &acme).await;
    walk.browser.viewport(1440, 900).await;
    walk.browser.click(&format!("button[name=theme][value={theme}]")).await;
    walk.browser.wait_for(&format!("html[data-theme={theme}] .console main")).await;
    for (name, path) in [("console", "/console"), ("apps", "/console/apps"), ("login", "/login")] {
        walk.open(name, &format!("{origin}{path}")).await;
        assert_eq!(walk.browser.attribute("html", "data-theme").await.as_deref(), Some(theme), "{name}");
    }
    let person = Person::new(&acme).await;
    walk.browser.fill("#login", &person.login).await;
    walk.browser.fill("#password", &person.password).await;
    walk.browser.click("form [type=submit]").await;
    walk.browser.wait_for("#activity").await;
    walk.look("account").await;
    walk.end(4);
}
