//! The routes of the operator's pages against whoever isn't the operator, and the operator's cookie where it is nothing.
//! They come from the table of routes, so a new one joins by itself.

use signet_testkit::{Shared, on_each_engine};

use crate::support::booth::Booth;
use crate::support::desk::Desk;
use crate::support::openapi::operations;
use crate::support::routes::{self, Route, host};

on_each_engine! {
    ad_01_every_route_of_the_operator_is_the_operators,
    ad_01_every_form_of_the_operator_needs_its_token,
    tx_01_the_operators_cookie_is_nothing_at_a_tenant,
}

/// The routes, but for the door.
fn inside() -> Vec<Route> {
    let mut found = routes::of_operator();
    found.retain(|(path, ..)| path != "/sign-in");
    assert!(found.len() > 8, "{} routes", found.len());
    found
}

/// A route about a tenant that is there.
fn about_acme(route: &str) -> String {
    let path = route.replace("{name}", "acme");
    assert!(!path.contains('{'), "{route}: say what takes its places");
    path
}

/// The operator's session cookie: its name and its value.
fn session(booth: &Booth) -> (String, String) {
    let jar = booth.visitor.jar();
    let mut cookies = jar.cookies(host(&booth.url));
    let cookie = cookies.find(|cookie| cookie.name.contains("operator") && !cookie.name.contains("browser"));
    let cookie = cookie.expect("a session");
    (cookie.name.clone(), cookie.value.clone())
}

async fn ad_01_every_route_of_the_operator_is_the_operators(app: Shared) {
    let (acme, booth) = (app.acme(), Booth::of(&app).await);
    let desk = Desk::of(&acme).await;
    let (name, _) = session(&booth);
    let mut cookies =
        vec![String::new(), desk.visitor.jar().header(host(acme.origin()), "/").expect("cookies")];
    for cookie in desk.visitor.jar().cookies(host(acme.origin())) {
        cookies.push(format!("{name}={}", cookie.value));
    }
    for (route, gets, posts) in inside() {
        let url = format!("{}{}", booth.url, about_acme(&route));
        for cookie in &cookies {
            if gets {
                let reply = app.http().get(&url).header("cookie", cookie).await;
                assert_eq!(reply.status, 303, "GET {route} with {cookie:?}: {}", reply.describe());
                assert_eq!(reply.location().path(), "/sign-in", "GET {route} with {cookie:?}");
            }
            if posts {
                let call = app.http().call("POST", &url).header("cookie", cookie);
                let reply = call.form([("csrf", "none"), ("typed", "acme")]).await;
                let led = reply.status == 303 && reply.location().path() == "/sign-in";
                // Nobody's sign-out ends nothing.
                let refused = route == "/sign-out" && reply.status == 403;
                assert!(led || refused, "POST {route} with {cookie:?}: {}", reply.describe());
            }
        }
    }
    // The operator's own API knows no cookie, not even the operator's.
    let (name, value) = session(&booth);
    cookies.push(format!("{name}={value}"));
    for operation in operations().into_iter().filter(|operation| operation.operator) {
        let url = format!("{}{}", booth.url, operation.path.replace("{tenantName}", "acme"));
        for cookie in &cookies {
            let reply = app.http().call(&operation.method, &url).header("cookie", cookie).await;
            let what = format!("{} {}", operation.method, operation.path);
            assert_eq!(reply.status, 401, "{what} with {cookie:?}: {}", reply.describe());
        }
    }
    assert_eq!(acme.get("/login").await.status, 200, "acme is still there");
}

async fn ad_01_every_form_of_the_operator_needs_its_token(app: Shared) {
    let (booth, other) = (Booth::of(&app).await, Booth::of(&app).await);
    let page = other.page("/tenants/new").await;
    let foreign = page.page().forms()[0].get("csrf").expect("a token").to_owned();
    for (route, ..) in routes::of_operator().iter().filter(|(_, _, posts)| *posts) {
        let url = format!("{}{}", booth.url, about_acme(route));
        for token in ["", "none", &foreign] {
            // Whole forms: each is refused for its token and not for what it lacks.
            let fields =
                ["typed", "your_password", "days", "name", "url", "default_domain", "login", "password"];
            let fields = fields.iter().map(|field| (*field, "acme")).chain([("csrf", token)]);
            let reply = booth.visitor.send(booth.visitor.call("POST", &url).form(fields)).await;
            assert_eq!(reply.status, 403, "POST {route} with {token:?}: {}", reply.describe());
        }
    }
    let nobody = booth.visitor.get(&format!("{}/tenants/nobody", booth.url)).await;
    assert_eq!(nobody.status, 404, "{}", nobody.describe());
    assert_eq!(app.acme().get("/login").await.status, 200, "acme is still there");
}

async fn tx_01_the_operators_cookie_is_nothing_at_a_tenant(app: Shared) {
    let (acme, booth) = (app.acme(), Booth::of(&app).await);
    let (name, value) = session(&booth);
    let desk = Desk::of(&acme).await;
    let mut cookies = vec![format!("{name}={value}")];
    for cookie in desk.visitor.jar().cookies(host(acme.origin())) {
        cookies.push(format!("{}={value}", cookie.name));
    }
    assert!(cookies.len() > 2, "{cookies:?}");
    for cookie in &cookies {
        // At a tenant's host there are no such pages; what is at `/` there is the tenant's.
        for (route, gets, posts) in routes::of_operator().into_iter().filter(|(route, ..)| route != "/") {
            for method in [("GET", gets), ("POST", posts)].into_iter().filter_map(|(m, has)| has.then_some(m))
            {
                let reply = acme.call(method, &about_acme(&route)).header("cookie", cookie).await;
                assert_eq!(reply.status, 404, "{method} {route} with {cookie:?}: {}", reply.describe());
            }
        }
        for (path, door) in [("/console", "/console/sign-in"), ("/account", "/login")] {
            let reply = acme.get(path).header("cookie", cookie).await;
            assert_eq!(reply.status, 303, "{path} with {cookie:?}: {}", reply.describe());
            assert_eq!(reply.location().path(), door, "{path} with {cookie:?}");
        }
    }
}
