//! The console's routes against every role, and its pages against whoever only looks.

use std::collections::BTreeSet;

use signet_testkit::{Shared, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::console_routes::Ids;
use crate::support::desk::{Desk, the_form};
use crate::support::make::unique;
use crate::support::routes;

on_each_engine! {
    ad_01_every_route_of_the_console_against_every_role,
    tx_01_every_route_of_the_console_with_foreign_ids,
    ad_02_no_page_shows_a_secret,
    ad_04_nobody_raises_their_own_rights,
    ad_05_the_last_administrator_stays,
    ad_06_dangerous_actions_ask_for_a_typed_name,
    ad_10_no_page_changes_anything_by_being_looked_at,
    ad_13_sql_in_any_parameter_is_data,
    ad_16_no_port_shows_metrics_or_debugging,
}

/// Whether a role may look at a route, and whether it may send its form; `None` where everybody may.
fn allowed(role: &str, route: &str) -> Option<(bool, bool)> {
    let form = |last: &str| {
        const FORMS: &[&str] = &[
            "new",
            "edit",
            "password",
            "role",
            "deactivate",
            "delete",
            "off",
            "on",
            "roll",
            "retire",
            "revoke",
            "replace-keys",
            "revoke-tokens",
            "end-sessions",
            "reset",
            "try",
        ];
        FORMS.contains(&last)
    };
    let last = route.rsplit('/').next().unwrap_or_default();
    let of_settings = route.starts_with("/console/settings/");
    let asks = form(last) || of_settings || ["{scope}", "{claim}", "{rule}"].contains(&last);
    let (read, write) = match (role, route.split('/').nth(2)) {
        (_, None | Some("sign-in" | "sign-out" | "limits" | "policies" | "find" | "zone" | "theme")) => {
            return None;
        }
        // Searches of one's own are kept by whoever sees the log.
        ("READ_ONLY_ADMIN", Some("log")) => (true, true),
        // They only ask.
        ("READ_ONLY_ADMIN", _) if ["preview", "why", "inspect"].contains(&last) => (true, true),
        ("READ_ONLY_ADMIN", _) => (true, false),
        // What happened to a user is shown to who looks after users; any other event is none.
        ("HELP_DESK_ADMIN", Some("log")) => (last == "{id}", false),
        // Groups open doors: who only looks after users or apps sees them.
        ("HELP_DESK_ADMIN", Some("users")) => (true, last != "role" && !route.contains("/groups/")),
        ("HELP_DESK_ADMIN" | "APP_ADMIN", Some("groups")) => (true, false),
        ("APP_ADMIN", Some("apps" | "servers" | "gateways" | "rate-policies")) => (true, true),
        _ => (false, false),
    };
    Some((if asks { write } else { read }, write))
}

async fn ad_01_every_route_of_the_console_against_every_role(app: Shared) {
    let acme = app.acme();
    let ids = Ids::make(&acme).await;
    let routes = routes::of_console();
    assert!(routes.len() > 40, "{} routes", routes.len());
    let person = Person::new(&acme).await;
    let (user, _) = acme.sign_in("/login", &person.login, &person.password).await;
    for (route, gets, posts) in routes.iter().filter(|(route, ..)| !route.starts_with("/console/sign-in")) {
        let url = format!("{}{}", acme.origin(), ids.fill(route));
        for method in ["GET", "POST"].iter().filter(|m| if **m == "GET" { *gets } else { *posts }) {
            for visitor in [acme.visitor(), user.clone()] {
                let reply = visitor.send(visitor.call(method, &url)).await;
                assert_eq!(reply.status, 303, "{method} {route}: {}", reply.describe());
                assert_eq!(reply.location().path(), "/console/sign-in", "{method} {route}");
            }
        }
    }
    for role in ["READ_ONLY_ADMIN", "HELP_DESK_ADMIN", "APP_ADMIN"] {
        let (desk, _) = Desk::with_role(&acme, role).await;
        let overview = desk.page("/console").await;
        let token = overview.page().forms()[0].get("csrf").unwrap().to_owned();
        for (route, gets, posts) in &routes {
            let Some((may_look, may_send)) = allowed(role, route) else { continue };
            let url = format!("{}{}", acme.origin(), ids.fill(route));
            if *gets {
                let reply = desk.visitor.get(&url).await;
                assert!(reply.status < 500, "{role} {route}");
                assert_eq!(reply.status != 403, may_look, "{role} GET {route}: {}", reply.status);
            }
            if *posts && !may_send {
                let call = desk.visitor.call("POST", &url).form([("csrf", token.as_str())]);
                let reply = desk.visitor.send(call).await;
                assert_eq!(reply.status, 403, "{role} POST {route}: {}", reply.describe());
            }
        }
    }
}

async fn tx_01_every_route_of_the_console_with_foreign_ids(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let desk = Desk::of(&acme).await;
    let token = desk.page("/console").await.page().forms()[0].get("csrf").unwrap().to_owned();
    let foreign = Ids::make(&globex).await;
    let mixed = Ids::make(&globex).await.at_server_of(&Ids::make(&acme).await);
    let within = |route: &str| route.starts_with("/console/servers/{id}/") && route.matches('{').count() > 1;
    for (route, gets, posts) in routes::of_console().iter().filter(|(route, ..)| route.contains('{')) {
        for ids in [Some(&foreign), Some(&mixed).filter(|_| within(route))].into_iter().flatten() {
            let url = format!("{}{}", acme.origin(), ids.fill(route));
            if *gets {
                let reply = desk.visitor.get(&url).await;
                assert_eq!(reply.status, 404, "GET {route}: {}", reply.describe());
            }
            if *posts {
                let call = desk.visitor.call("POST", &url).form([("csrf", token.as_str())]);
                let reply = desk.visitor.send(call).await;
                // Some look at the form before they look for what it is about.
                assert!((400..500).contains(&reply.status), "POST {route}: {}", reply.describe());
            }
        }
    }
}

async fn ad_04_nobody_raises_their_own_rights(app: Shared) {
    let acme = app.acme();
    let boss = Desk::of(&acme).await;
    let (help, own) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let token = the_form(&help.page("/console/users/new").await).get("csrf").unwrap().to_owned();
    let admin =
        acme.api("GET", &format!("/api/v1/users/{}", acme.credentials.admin.login)).await.expect(200).json();
    let admin = admin["id"].as_str().unwrap();
    for (id, action) in [
        (own.id.as_str(), "role"),
        (admin, "password"),
        (admin, "edit"),
        (admin, "deactivate"),
        (admin, "suspend"),
    ] {
        let url = format!("{}/console/users/{id}/{action}", acme.origin());
        let fields =
            [("csrf", token.as_str()), ("role", "SUPER_ADMIN"), ("from", "HELP_DESK_ADMIN"), ("how", "make")];
        let reply = help.visitor.send(help.visitor.call("POST", &url).form(fields)).await;
        assert_eq!(reply.status, 403, "{action}: {}", reply.describe());
    }
    let page = help.page("/console/users/new").await;
    let login = unique("climber");
    let fields =
        [("login", login.as_str()), ("email", "c@mail.test"), ("role", "SUPER_ADMIN"), ("how", "none")];
    help.send(&page, &fields).await.expect(303);
    let made = boss.page(&format!("/console/users?q={login}")).await;
    let path = made.page().attributes("a.stretch", "href").remove(0);
    assert!(
        !boss.page(&path).await.page().all("dt").contains(&"Role".to_owned()),
        "a role isn't a member of the form"
    );
    let own_role = format!("/console/users/{admin}/role");
    let reply = boss.fill(&own_role, &[("role", "")]).await;
    assert_eq!(reply.status, 403, "one's own role");
}

async fn ad_05_the_last_administrator_stays(app: signet_testkit::TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let admin = acme.api("GET", "/api/v1/users/me").await.expect(200).json();
    let path = format!("/console/users/{}", admin["id"].as_str().unwrap());
    let ask = desk.page(&format!("{path}/deactivate")).await;
    let reply = desk.send(&ask, &[]).await.expect(409);
    assert!(reply.text().contains("last active super administrator"));
    // Nobody is offered to shut themselves out; who asks for it all the same is refused.
    let page = desk.page(&path).await;
    let offered = page.page().forms().into_iter().map(|form| form.action);
    assert!(
        !offered.into_iter().any(|action| action.ends_with("/suspend") || action.ends_with("/deactivate"))
    );
    let mut form = the_form(&ask);
    form.action = form.action.replace("/deactivate", "/suspend");
    desk.visitor.submit(&ask, &form).await.expect(409);
    desk.page("/console").await;
}

async fn ad_06_dangerous_actions_ask_for_a_typed_name(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    person.lifecycle(&acme, "deactivate").await;
    let client = NewApp::service().make(&acme).await;
    client.lifecycle(&acme, "deactivate").await;
    for path in [format!("/console/users/{}", person.id), format!("/console/apps/{}", client.id)] {
        let ask = desk.page(&format!("{path}/delete")).await;
        for typed in ["", "wrong", "*", "%"] {
            let reply = desk.send(&ask, &[("typed", typed)]).await.expect(422);
            assert_eq!(reply.page().all("#typed-error").len(), 1, "{path}");
        }
        desk.page(&path).await;
    }
}

async fn ad_10_no_page_changes_anything_by_being_looked_at(app: signet_testkit::TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let ids = Ids::make(&acme).await;
    desk.page("/console/log").await;
    let last = acme.logs(&[]).await.len();
    let mut seen = BTreeSet::new();
    let mut left: Vec<String> =
        routes::of_console().iter().filter(|(_, gets, _)| *gets).map(|(r, ..)| ids.fill(r)).collect();
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) || seen.len() > 150 || path.contains("/export.") {
            continue;
        }
        let reply = desk.get(&path).await;
        assert!(reply.status < 500, "{path}");
        let links = reply.page().attributes("a", "href");
        left.extend(links.into_iter().filter(|href| href.starts_with("/console") && !href.contains("/log?")));
    }
    assert!(seen.len() > 40, "{} pages", seen.len());
    let events = acme.logs(&[]).await;
    let new: Vec<&str> = events.iter().skip(last).filter_map(|e| e["eventType"].as_str()).collect();
    let harmless = ["system.log.read", "user.session.access_admin_app"];
    assert!(new.iter().all(|kind| harmless.contains(kind)), "{new:?}");
}

async fn ad_13_sql_in_any_parameter_is_data(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let before = acme.api("GET", "/api/v1/users?limit=200").await.expect(200).body.len();
    for sql in [
        "' OR 1=1 --",
        "'; DROP TABLE users; --",
        "1) UNION SELECT * FROM users --",
        "\" OR \"\"=\"",
        "%' AND 1=0",
    ] {
        let encoded: String = sql.bytes().map(|b| format!("%{b:02X}")).collect();
        for path in [
            "/console/users?q=",
            "/console/users?after=",
            "/console/apps?after=",
            "/console/log?q=",
            "/console/log?before=",
            "/console/log?app=",
            "/console/log?ip=",
        ] {
            assert_eq!(desk.get(&format!("{path}{encoded}")).await.status, 200, "{path}{sql}");
        }
        assert_eq!(desk.get(&format!("/console/log?filter={encoded}")).await.status, 200);
        for path in ["users", "apps", "servers", "log"] {
            let reply = desk.get(&format!("/console/{path}/{encoded}")).await;
            assert!(matches!(reply.status, 400 | 404), "{path}/{sql}: {}", reply.status);
        }
        for query in ["filter", "search", "sortBy", "after", "q"] {
            let reply = acme.api("GET", &format!("/api/v1/users?{query}={encoded}")).unchecked().await;
            assert!(reply.status < 500, "{query}={sql}: {}", reply.status);
            for word in ["sqlite", "postgres", "sqlstate", "no such column", "syntax error at"] {
                assert!(!reply.text().to_lowercase().contains(word), "{query}={sql}: {}", reply.text());
            }
        }
    }
    let after = acme.api("GET", "/api/v1/users?limit=200").await.expect(200).body.len();
    assert!(after >= before, "nothing is gone");
}

async fn ad_02_no_page_shows_a_secret(app: signet_testkit::TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let ids = Ids::make(&acme).await;
    let person = Person::new(&acme).await;
    let web = acme.web();
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &web).await;
    acme.refresh(&web, tokens.refresh_token.as_deref().expect("a refresh token")).await.expect(200);
    let made = desk.fill("/console/credentials/tokens/new", &[("name", "hidden")]).await;
    app.canaries().add(&crate::support::desk::shown(&made, "API token"));
    assert!(app.canaries().len() > 5, "there is something to be found");
    for (route, ..) in routes::of_console().iter().filter(|(_, gets, _)| *gets) {
        let reply = desk.get(&ids.fill(route)).await;
        app.canaries().assert_none_in(route, &reply.body);
        assert!(!reply.text().contains("PRIVATE KEY") && !reply.text().contains("$argon2"), "{route}");
    }
}

async fn ad_16_no_port_shows_metrics_or_debugging(app: Shared) {
    let acme = app.acme();
    for origin in [acme.origin(), app.operator_url()] {
        for path in [
            "/metrics",
            "/debug",
            "/debug/pprof/",
            "/debug/vars",
            "/actuator",
            "/actuator/env",
            "/server-status",
            "/status",
            "/trace",
            "/.env",
            "/.git/config",
            "/control.sock",
            "/dev-credentials.json",
            "/swagger-ui/",
            "/graphql",
        ] {
            let reply = app.http().get(&format!("{origin}{path}")).await;
            assert_eq!(reply.status, 404, "{origin}{path}: {}", reply.describe());
        }
    }
}
