//! Sessions of browsers: their cookies, their beginning and their end.

use std::time::Duration;

use signet_testkit::{Cookie, Jwt, Shared, TestApp, TlsApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::{Desk, the_form};

on_each_engine! {
    wb_03_signing_in_makes_a_new_session_id,
    wb_04_an_ended_session_is_nothing,
    wb_05_cookies_carry_every_protective_attribute,
    wb_09_a_bare_link_asks_before_signing_out,
    wb_11_a_broken_cookie_is_nobodys,
    wb_14_what_a_client_says_is_verified_is_not,
    wb_26_sessions_end_when_idle_and_at_their_absolute_end,
    ad_11_console_sessions_end_when_idle,
}

/// The session cookies that a visitor holds.
fn sessions(visitor: &signet_testkit::Visitor) -> Vec<Cookie> {
    let jar = visitor.jar();
    jar.cookies("localhost")
        .filter(|c| c.name.ends_with("-session") || c.name.ends_with("-console"))
        .cloned()
        .collect()
}

async fn wb_03_signing_in_makes_a_new_session_id(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, page) = acme.sign_in("/login", &person.login, &person.password).await;
    let first = sessions(&visitor).remove(0);
    let login = visitor.get(&format!("{}/login", acme.origin())).await.expect(200);
    visitor.sign_in(&login, &person.login, &person.password).await;
    let second = sessions(&visitor).remove(0);
    assert_ne!(first.value, second.value);
    let old = acme.call("GET", "/account").header("cookie", &format!("{}={}", first.name, first.value)).await;
    assert_eq!(old.location().path(), "/login", "the session before is over");
    // One that was planted beforehand is never taken up.
    let planted = acme.visitor();
    let mut cookie = first.clone();
    cookie.value = format!("sgs{}", "A".repeat(first.value.len() - 3));
    planted.jar().store("localhost", cookie.clone());
    let login = planted.get(&format!("{}/login", acme.origin())).await.expect(200);
    planted.sign_in(&login, &person.login, &person.password).await;
    assert_ne!(sessions(&planted).remove(0).value, cookie.value);
    assert_eq!(page.url.path(), "/account");
}

async fn wb_04_an_ended_session_is_nothing(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    for way in ["sign-out", "suspend", "password"] {
        let person = Person::new(&acme).await;
        let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
        let account = format!("{}/account", acme.origin());
        visitor.get(&account).await.expect(200);
        let path = format!("/console/users/{}", person.id);
        match way {
            "password" => {
                let fields = [("how", "type"), ("password", "quite-another-phrase")];
                desk.fill(&format!("{path}/password"), &fields).await.expect(200);
            }
            button => drop(desk.press(&path, &format!("{}/{button}", person.id)).await.expect(200)),
        }
        assert_eq!(visitor.get(&account).await.location().path(), "/login", "{way}");
    }
    let page = desk.page("/console").await;
    let old = desk.visitor.jar().clone();
    let form = page.page().forms().into_iter().find(|f| f.action.ends_with("sign-out")).unwrap();
    desk.visitor.submit(&page, &form).await.expect(200);
    *desk.visitor.jar() = old;
    assert_eq!(desk.get("/console").await.location().path(), "/console/sign-in", "the old cookie is nothing");
}

async fn wb_05_cookies_carry_every_protective_attribute(app: TlsApp) {
    let acme = app.acme();
    let admin = &acme.credentials.admin;
    for (path, then) in [("/login", "/account"), ("/console", "/console")] {
        let visitor = acme.visitor();
        let page = visitor.open(&format!("{}{path}", acme.origin())).await;
        let mut set = page.cookies();
        let mut form = page.page().sign_in_form().unwrap();
        form.set("login", &admin.login).set("password", &admin.password);
        let reply = visitor.submit(&page, &form).await;
        set.extend(reply.cookies());
        assert_eq!(visitor.follow(reply).await.url.path(), then);
        assert!(!visitor.jar().cookies("localhost").collect::<Vec<_>>().is_empty());
        assert!(sessions(&visitor).len() == 1 && set.len() <= 3);
        for cookie in visitor.jar().cookies("localhost") {
            assert!(cookie.name.starts_with("__Host-"), "{cookie:?}");
            assert!(cookie.has("secure") && cookie.has("httponly") && !cookie.has("domain"), "{cookie:?}");
            assert_eq!(cookie.attributes.get("samesite").map(String::as_str), Some("Lax"), "{cookie:?}");
            assert_eq!(cookie.attributes.get("path").map(String::as_str), Some("/"), "{cookie:?}");
        }
    }
}

async fn wb_09_a_bare_link_asks_before_signing_out(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let account = format!("{}/account", acme.origin());
    let ask = visitor.open(&format!("{}/oauth2/v1/logout", acme.origin())).await.expect(200);
    visitor.get(&account).await.expect(200);
    let form = the_form(&ask);
    let mut forged = form.clone();
    forged.set("csrf", "no-such-token");
    visitor.submit(&ask, &forged).await;
    visitor.get(&account).await.expect(200);
    let reply = visitor.submit(&ask, &form).await;
    assert!(reply.status < 400, "{}", reply.describe());
    assert_eq!(visitor.get(&account).await.location().path(), "/login");
}

async fn wb_11_a_broken_cookie_is_nobodys(app: Shared) {
    let acme = app.acme();
    let (visitor, _) =
        acme.sign_in("/login", &acme.credentials.admin.login, &acme.credentials.admin.password).await;
    let desk = Desk::of(&acme).await;
    let (user, console) = (sessions(&visitor).remove(0), sessions(&desk.visitor).remove(0));
    let broken = |name: &str, value: &str| {
        let cut = &value[..value.len() - 1];
        vec![
            format!("{name}={cut}").into_bytes(),
            format!("{name}={}", "a".repeat(8000)).into_bytes(),
            format!("{name}={value}; {name}={value}").into_bytes(),
            format!("{name}={value}; {name}=x").into_bytes(),
            format!("{name}=\"{value}").into_bytes(),
            [name.as_bytes(), b"=\xff\xfe", value.as_bytes()].concat(),
            format!("{name}=").into_bytes(),
            name.as_bytes().to_vec(),
            b"; ; =;".to_vec(),
        ]
    };
    let crossed = [
        ("/account", user.name.clone(), broken(&user.name, &user.value)),
        ("/account", user.name.clone(), vec![format!("{}={}", user.name, console.value).into_bytes()]),
        ("/console", console.name.clone(), broken(&console.name, &console.value)),
        ("/console", console.name.clone(), vec![format!("{}={}", console.name, user.value).into_bytes()]),
    ];
    for (path, name, cookies) in crossed {
        for cookie in cookies {
            let head = [
                format!(
                    "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nCookie: ",
                    app.port()
                )
                .as_bytes(),
                &cookie,
                b"\r\n\r\n",
            ]
            .concat();
            let answer = String::from_utf8_lossy(&app.raw(&head).await).into_owned();
            let shown = String::from_utf8_lossy(&cookie).chars().take(60).collect::<String>();
            let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
            assert!(matches!(status.as_str(), "303" | "400" | "431"), "{path} {name} {shown}: {answer}");
        }
    }
    visitor.get(&format!("{}/account", acme.origin())).await.expect(200);
    desk.page("/console").await;
}

async fn wb_26_sessions_end_when_idle_and_at_their_absolute_end(app: TestApp) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let account = format!("{}/account", acme.origin());
    let sign_in = async || acme.sign_in("/login", &person.login, &person.password).await.0;
    let idle = sign_in().await;
    app.clock().advance(Duration::from_secs(2 * 3600 - 60)).await;
    idle.get(&account).await.expect(200);
    app.clock().advance(Duration::from_secs(2 * 3600 + 1)).await;
    assert_eq!(idle.get(&account).await.location().path(), "/login", "idle");
    let busy = sign_in().await;
    for _ in 0..11 {
        app.clock().advance(Duration::from_secs(3600)).await;
        busy.get(&account).await.expect(200);
    }
    app.clock().advance(Duration::from_secs(3601)).await;
    assert_eq!(busy.get(&account).await.location().path(), "/login", "twelve hours are all");
}

async fn ad_11_console_sessions_end_when_idle(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    for _ in 0..3 {
        app.clock().advance(Duration::from_secs(14 * 60)).await;
        desk.page("/console/users").await;
    }
    let page = desk.page("/console/users/new").await;
    // What an open window asks by itself keeps nobody signed in.
    let log = desk.page("/console/log").await.page();
    let live = log.attributes("[data-live]", "data-live").remove(0);
    app.clock().advance(Duration::from_secs(14 * 60)).await;
    desk.page(&live).await;
    app.clock().advance(Duration::from_secs(61)).await;
    assert_eq!(desk.get(&live).await.location().path(), "/console/sign-in");
    let reply = desk.send(&page, &[("login", "late"), ("email", "late@mail.test")]).await;
    assert_eq!(reply.location().path(), "/console/sign-in", "the form does nothing any more");
    assert_eq!(desk.get("/console/users").await.location().path(), "/console/sign-in");
    let found = acme.api("GET", "/api/v1/users?q=late").await.expect(200).json();
    assert_eq!(found.as_array().unwrap().len(), 0);
}

async fn wb_14_what_a_client_says_is_verified_is_not(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let client = NewApp::web().make(&acme).await;
    // Headers and cookies with which a proxy or a script would vouch for somebody.
    let name = format!("signet-acme-{}", app.port());
    let vouchers = [
        ("x-forwarded-user", person.login.clone()),
        ("x-remote-user", person.login.clone()),
        ("remote-user", person.id.clone()),
        ("x-ssl-client-verify", "SUCCESS".to_owned()),
        ("x-ssl-client-s-dn", format!("CN={}", person.login)),
        ("cookie", format!("verified=1; user={}; {name}-verified=true; {name}-mfa=1", person.id)),
        ("cookie", format!("{name}-session={}; {name}-console={}", person.id, person.id)),
    ];
    for (header, value) in &vouchers {
        for (path, status) in [("/account", 303), ("/console", 303), ("/oauth2/default/v1/userinfo", 401)] {
            let reply = acme.call("GET", path).header(header, value).unchecked().await;
            assert_eq!(reply.status, status, "{header} at {path}: {}", reply.describe());
        }
        let reply = acme.call("GET", "/api/v1/users/me").header(header, value).unchecked().await;
        assert_eq!(reply.status, 401, "{header}: {}", reply.describe());
    }
    // Fields of forms that would skip a check.
    let visitor = acme.visitor();
    let page = visitor.open(&acme.authorize_url(&client, "openid email")).await;
    let mut form = the_form(&page);
    form.set("login", &person.login).set("password", "not the password");
    for field in ["verified", "email_verified", "mfa", "amr", "acr", "skip", "authenticated", "user_id"] {
        form.set(field, "true");
    }
    let reply = visitor.submit(&page, &form).await;
    assert_eq!(reply.status, 200, "still at the form: {}", reply.describe());
    assert_eq!(visitor.get(&format!("{}/account", acme.origin())).await.status, 303);
    // Nor can an address be verified by saying so, whoever says it.
    for body in [
        json!({ "profile": { "emailVerified": true } }),
        json!({ "profile": { "email_verified": true } }),
        json!({ "emailVerified": true }),
    ] {
        let reply = acme.api("POST", &format!("/api/v1/users/{}", person.id)).json(&body).unchecked().await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.describe());
    }
    let tokens = person.code(&acme, &client, "openid email").await.redeem(&acme, &client).await;
    let claims = Jwt::decode(tokens.id_token.as_deref().expect("an ID token")).claims;
    assert_ne!(claims.get("email_verified"), Some(&json!(true)), "{claims:#?}");
}
