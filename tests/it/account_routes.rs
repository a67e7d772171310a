//! The routes of the account pages against whoever they aren't for. They come from the table of routes, so a new one joins
//! by itself.

use signet_testkit::{Shared, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::the_form;
use crate::support::routes::{self, host};

on_each_engine! {
    ad_01_every_route_of_the_account_is_its_owners,
    tx_01_every_route_of_the_account_with_ids_of_others,
}

/// The methods of a route.
fn methods(gets: bool, posts: bool) -> impl Iterator<Item = &'static str> {
    [("GET", gets), ("POST", posts)].into_iter().filter_map(|(method, has)| has.then_some(method))
}

async fn ad_01_every_route_of_the_account_is_its_owners(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let routes = routes::of_account();
    assert!(routes.len() > 4, "{} routes", routes.len());
    let (here, there) = (Person::new(&acme).await, Person::new(&globex).await);
    let (theirs, page) = globex.sign_in("/login", &there.login, &there.password).await;
    let token = the_form(&page).get("csrf").expect("a token").to_owned();
    let foreign = theirs.jar().header(host(globex.origin()), "/account").expect("cookies");
    let renamed = foreign.replace("signet-globex", "signet-acme");
    assert_ne!(renamed, foreign, "cookies on loopback are named by their tenant");
    let admin = &acme.credentials.admin;
    let (desk, _) = acme.sign_in("/console", &admin.login, &admin.password).await;
    let console = desk.jar().header(host(acme.origin()), "/account").expect("cookies");
    let (own, _) = acme.sign_in("/login", &here.login, &here.password).await;
    for (route, gets, posts) in &routes {
        let url = format!("{}{}", acme.origin(), route.replace(['{', '}'], ""));
        for method in methods(*gets, *posts) {
            for cookie in ["", &foreign, &renamed, &console] {
                let call = acme.http().call(method, &url).header("cookie", cookie);
                let call = if method == "POST" { call.form([("csrf", token.as_str())]) } else { call };
                let reply = call.await;
                assert_eq!(reply.status, 303, "{method} {route} with {cookie:?}: {}", reply.describe());
                assert_eq!(reply.location().path(), "/login", "{method} {route} with {cookie:?}");
            }
        }
        for token in ["", &token].iter().filter(|_| *posts) {
            let reply = own.send(own.call("POST", &url).form([("csrf", token)])).await;
            assert_eq!(reply.status, 403, "POST {route} without a token of one's own: {}", reply.describe());
        }
    }
    assert_eq!(own.get(&format!("{}/account", acme.origin())).await.status, 200, "nothing has ended");
}

async fn tx_01_every_route_of_the_account_with_ids_of_others(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let person = Person::new(&acme).await;
    let (own, page) = acme.sign_in("/login", &person.login, &person.password).await;
    let token = the_form(&page).get("csrf").expect("a token").to_owned();
    for tenant in [&acme, &globex] {
        let other = Person::new(tenant).await;
        let client = NewApp::web().make(tenant).await;
        let flow = other.code(tenant, &client, "openid offline_access").await;
        let tokens = flow.redeem(tenant, &client).await;
        let theirs = flow.visitor.get(&format!("{}/account", tenant.origin())).await.expect(200);
        // What the other one's page offers has the ids of what is theirs.
        let offered: Vec<String> = theirs.page().forms().into_iter().map(|form| form.action).collect();
        for (route, ..) in routes::of_account().iter().filter(|(route, ..)| route.contains('{')) {
            let path = offered.iter().find(|path| fits(route, path));
            let path = path.unwrap_or_else(|| panic!("nothing of {route} among {offered:?}"));
            let url = format!("{}{path}", acme.origin());
            let reply = own.send(own.call("POST", &url).form([("csrf", token.as_str())])).await;
            // An app is the tenant's: what ends is one's own access, if one has any.
            let about_oneself = route.contains("{app}") && tenant.name == acme.name;
            let status = if about_oneself { 303 } else { 404 };
            assert_eq!(reply.status, status, "{route} of {}: {}", tenant.name, reply.describe());
        }
        let still = flow.visitor.get(&format!("{}/account", tenant.origin())).await;
        assert_eq!(still.status, 200, "the other one is signed in: {}", still.describe());
        assert!(tenant.is_active(&client, &tokens.access_token).await, "and the app has its access");
    }
}

/// Whether a path is one of a route's.
fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(&path).all(|(part, real)| part.starts_with('{') || part == real)
}
