//! Nobody finds out who exists: refusals are the same bytes for known and unknown users, hosts and tokens.

use std::time::Duration;

use signet_testkit::{App, Callback, Reply, Tenant, TestApp, json, on_each_engine};

use crate::support::frozen::Frozen;
use crate::support::make::{self, User};
use crate::support::ropg::{comparable, statuses, try_password};

on_each_engine! {
    en_02_users_who_cannot_sign_in_answer_as_unknown_ones,
    en_06_an_unknown_host_says_nothing,
    en_08_a_foreign_hint_says_only_that_sign_in_is_needed,
    en_09_foreign_and_unknown_tokens_look_alike,
    en_10_without_credentials_there_are_no_facts,
    en_11_a_lock_is_worded_alike_for_everyone,
    en_12_limits_begin_at_the_same_attempt,
    en_14_every_door_has_the_same_guard,
    en_15_no_cache_lets_a_password_go_unchecked,
}

const WRONG: &str = "definitely-not-the-password";

/// Tries a password on the sign-in page; answers what is shown.
async fn try_form(tenant: &Tenant, login: &str, password: &str) -> Reply {
    let visitor = tenant.visitor();
    let page = visitor.open(&tenant.authorize_url(&tenant.web(), "openid")).await;
    visitor.sign_in(&page, login, password).await
}

/// What a page says, but for the login, which people typed themselves.
fn shown(reply: &Reply, login: &str) -> (u16, String) {
    (reply.status, reply.page().text().replace(login, "LOGIN"))
}

fn nobody(name: &str) -> User {
    let login = format!("{}@acme.test", make::unique(name));
    User { id: String::new(), login, password: make::PASSWORD.to_owned() }
}

async fn en_02_users_who_cannot_sign_in_answer_as_unknown_ones(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let mut users = vec![("unknown", nobody("en02"))];
    let passwordless = json!({ "profile": {
        "firstName": "No", "lastName": "Password", "email": "none@mail.test",
        "login": format!("{}@acme.test", make::unique("en02-none")),
    } });
    for (what, activate) in [("staged", "false"), ("password-less", "true")] {
        let mut body = passwordless.clone();
        body["profile"]["login"] = format!("{}@acme.test", make::unique("en02-none")).into();
        let path = "/api/v1/users";
        let reply = acme.api("POST", path).query([("activate", activate)]).json(&body).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
        let login = reply.json()["profile"]["login"].as_str().expect("a login").to_owned();
        users.push((what, User { id: String::new(), login, password: make::PASSWORD.to_owned() }));
    }
    for step in ["suspend", "deactivate"] {
        let user = make::user(&acme, "en02").await;
        make::step(&acme, &user, step).await;
        users.push((step, user));
    }
    let locked = make::user(&acme, "en02-locked").await;
    lock(&acme, &locked).await;
    users.push(("locked", locked));
    let active = make::user(&acme, "en02-active").await;
    users.push(("wrong password", User { password: WRONG.to_owned(), ..active }));

    let mut first: Option<(u16, String)> = None;
    let mut first_bytes = None;
    for (what, user) in &users {
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        let reply = reply.expect_oauth_error(400, "invalid_grant");
        assert_eq!(
            first_bytes.get_or_insert_with(|| comparable(&reply)),
            &comparable(&reply),
            "{what}: ROPG"
        );
        let reply = try_form(&acme, &user.login, &user.password).await;
        assert!(reply.page().sign_in_form().is_some(), "{what} isn't signed in: {}", reply.describe());
        let seen = shown(&reply, &user.login);
        assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{what}: the form");
    }
}

/// Ten wrong passwords on the form.
async fn lock(tenant: &Tenant, user: &User) {
    for _ in 0..10 {
        let reply = try_form(tenant, &user.login, WRONG).await;
        assert!(reply.page().sign_in_form().is_some(), "{}", reply.describe());
    }
}

async fn en_06_an_unknown_host_says_nothing(app: Frozen) {
    let port = app.port();
    let hosts = [
        format!("nobody.localhost:{port}"),
        format!("acme.localhost:{port}"),
        format!("globex2.localhost:{port}"),
        format!("admin.globex.localhost:{port}"),
        "localhost:1".to_owned(),
        "acme.test".to_owned(),
        "xn--80ak6aa92e.test".to_owned(),
    ];
    for path in
        ["/", "/oauth2/default/v1/keys", "/api/v1/users", "/.well-known/openid-configuration", "/console"]
    {
        let mut first = None;
        for host in &hosts {
            let reply = app.acme().get(path).host(host).unchecked().await.expect(404);
            assert!(reply.cookies().is_empty(), "{host}{path} sets a cookie");
            for word in ["acme", "globex", "tenant", "signet", "localhost"] {
                assert!(!reply.text().to_lowercase().contains(word), "{host}{path} speaks of {word}");
            }
            let seen = comparable(&reply);
            assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{host}{path}");
        }
    }
}

async fn en_08_a_foreign_hint_says_only_that_sign_in_is_needed(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let (alice, bob) = (make::user(&acme, "en08-alice").await, make::user(&acme, "en08-bob").await);
    let bobs = acme.code_flow_as(&web, "openid", &bob.login, &bob.password).await.redeem(&acme, &web).await;
    let hint = bobs.id_token.clone().expect("an ID token");
    let alices = acme.code_flow_as(&web, "openid", &alice.login, &alice.password).await;
    for (who, visitor) in [("a stranger", acme.visitor()), ("alice", alices.visitor.clone())] {
        let request = acme.authorize(&web, "openid").set("prompt", "none").set("id_token_hint", &hint);
        let callback = Callback::read(&visitor.open(&request.url()).await, &web.redirect_uri);
        assert_eq!(callback.get("error"), "login_required", "{who}: {}", callback.url);
        assert_eq!(callback.get("code"), "", "{who}: {}", callback.url);
        let text = callback.url.as_str();
        for word in [&alice.login, &bob.login, &bob.id] {
            assert!(!text.contains(word.as_str()), "{who} is told {word}: {text}");
        }
    }
}

async fn en_09_foreign_and_unknown_tokens_look_alike(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let web = acme.web();
    let theirs = globex.code_flow(&globex.web(), "openid offline_access").await;
    let theirs = theirs.redeem(&globex, &globex.web()).await;
    let other_server = acme.at_org().code_flow(&web, "openid offline_access").await;
    let other_server = other_server.redeem(&acme.at_org(), &web).await;
    let tokens = [
        ("unknown", "no-such-token-".repeat(3)),
        ("another tenant's access token", theirs.access_token.clone()),
        ("another tenant's refresh token", theirs.refresh().to_owned()),
        ("another server's access token", other_server.access_token.clone()),
        ("another server's refresh token", other_server.refresh().to_owned()),
        ("nonsense", "a.b.c".to_owned()),
    ];
    for (what, token) in &tokens {
        let reply = acme.post_as(&web, "introspect", &[("token", token)]).await.expect(200);
        assert_eq!(reply.text(), r#"{"active":false}"#, "{what}");
        let reply = acme.revoke(&web, token).await.expect(200);
        assert!(reply.body.is_empty(), "{what}: {}", reply.describe());
    }
    assert!(globex.is_active(&globex.web(), &theirs.access_token).await, "nothing was revoked elsewhere");
    assert!(acme.at_org().is_active(&web, &other_server.access_token).await);
}

async fn en_11_a_lock_is_worded_alike_for_everyone(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let mut seen = Vec::new();
    for user in [make::user(&acme, "en11").await, nobody("en11")] {
        let mut said = Vec::new();
        for _ in 0..12 {
            said.push(shown(&try_form(&acme, &user.login, WRONG).await, &user.login));
        }
        // Locked, with the right password: still the same.
        said.push(shown(&try_form(&acme, &user.login, &user.password).await, &user.login));
        said.push((
            0,
            format!("{:?}", comparable(&try_password(&acme, &web, &user.login, &user.password).await)),
        ));
        seen.push(said);
    }
    assert_eq!(seen[0], seen[1], "known and unknown");
    assert!(seen[0][..13].iter().all(|page| page == &seen[0][0]), "locked or not: {:#?}", seen[0]);
    let locks = acme.wait_for_logs(r#"eventType eq "user.account.lock""#, 2).await;
    assert!(locks.len() >= 2, "the log tells of both locks");
}

async fn en_12_limits_begin_at_the_same_attempt(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let right = make::user(&acme, "en12").await;
    let wrong = User { password: WRONG.to_owned(), ..make::user(&acme, "en12").await };
    let onset = |statuses: Vec<u16>| statuses.iter().position(|status| *status == 429);
    let right = onset(statuses(&acme, &web, &right, 6).await);
    let wrong = onset(statuses(&acme, &web, &wrong, 6).await);
    let unknown = onset(statuses(&acme, &web, &nobody("en12"), 6).await);
    assert_eq!([right, wrong, unknown], [Some(4); 3]);
}

/// What a door says when a password is right.
async fn opens(app: &TestApp, door: &str, login: &str, password: &str) -> bool {
    let acme = app.acme();
    match door {
        "ROPG" => {
            let reply = try_password(&acme, &acme.web(), login, password).await;
            assert!(matches!(reply.status, 200 | 400), "{}", reply.describe());
            reply.status == 200
        }
        "form" => try_form(&acme, login, password).await.is_redirect(),
        "console" => {
            let visitor = acme.visitor();
            let page = visitor.open(&format!("{}/console", acme.origin())).await;
            visitor.sign_in(&page, login, password).await.page().sign_in_form().is_none()
        }
        "API" => {
            let body = json!({ "oldPassword": { "value": password }, "newPassword": { "value": password } });
            let path = format!("/api/v1/users/{login}/credentials/change_password");
            let reply = acme.api("POST", &path).json(&body).await;
            assert!(matches!(reply.status, 200 | 400 | 403), "{}", reply.describe());
            reply.status == 200
        }
        other => panic!("no door {other}"),
    }
}

const DOORS: [&str; 4] = ["ROPG", "form", "console", "API"];

/// Ten failures lock, whichever doors they came through; then every door is shut, and opens after 15 minutes.
async fn en_14_every_door_has_the_same_guard(app: TestApp) {
    let acme = app.acme();
    let (login, password) = (acme.credentials.admin.login.clone(), acme.credentials.admin.password.clone());
    let start = app.clock().freeze().await;
    for attempt in 0..10 {
        app.clock().set(start + attempt * 1_000_000).await;
        let door = DOORS[usize::try_from(attempt).unwrap() % DOORS.len()];
        assert!(!opens(&app, door, &login, WRONG).await, "{door} opened to a wrong password");
    }
    for (n, door) in DOORS[..3].iter().enumerate() {
        app.clock().set(start + 20_000_000 + i64::try_from(n).unwrap() * 1_000_000).await;
        assert!(!opens(&app, door, &login, &password).await, "{door} is open though the login is locked");
    }
    assert_eq!(acme.wait_for_logs(r#"eventType eq "user.account.lock""#, 1).await.len(), 1);
    app.clock().set(start + 9_000_000 + 900_000_000).await;
    for door in &DOORS[..3] {
        assert!(opens(&app, door, &login, &password).await, "{door} is shut after 15 minutes");
        app.clock().advance(Duration::from_secs(1)).await;
    }
}

async fn en_15_no_cache_lets_a_password_go_unchecked(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let number = make::unique("x");
    let login = format!("{}{number}@acme.test", "l".repeat(60));
    let long = format!("{}-first", "Long-7-password ".repeat(5));
    assert!(long.len() > 72);
    let reply = make::ask_for_user(&acme, &login, &long).await;
    assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
    try_password(&acme, &web, &login, &long).await.expect(200);
    for wrong in
        [format!("{}-other", "Long-7-password ".repeat(5)), long[..72].to_owned(), format!("{long} ")]
    {
        let app: &App = &web;
        try_password(&acme, app, &login, &wrong).await.expect_oauth_error(400, "invalid_grant");
    }
}

async fn en_10_without_credentials_there_are_no_facts(app: Frozen) {
    let acme = app.acme();
    let (known, unknown) = (make::user(&acme, "en10").await, nobody("en10"));
    let asked = |user: &User| {
        let login = user.login.clone();
        [
            format!(
                "/.well-known/webfinger?resource=acct:{login}&rel=http://openid.net/specs/connect/1.0/issuer"
            ),
            format!("/scim/v2/Users?filter=userName+eq+%22{login}%22"),
            format!("/api/v1/users/{login}"),
            format!("/api/v1/users?q={login}"),
            format!("/api/v1/users/{login}/roles"),
            format!("/oauth2/default/v1/userinfo?login={login}"),
            format!("/oauth2/v1/userinfo?sub={}", user.id),
            format!("/users/{login}"),
            format!("/account?login={login}"),
            format!("/console/users?q={login}"),
        ]
    };
    for (here, there) in asked(&known).iter().zip(&asked(&unknown)) {
        let (is, is_not) = (acme.get(here).await, acme.get(there).await);
        assert!([303, 401, 403, 404].contains(&is.status), "{here}: {}", is.describe());
        assert_eq!(is.status, is_not.status, "{here}");
        let told = |reply: &Reply, user: &User| reply.text().replace(&user.login, "LOGIN").len();
        assert!(told(&is, &known).abs_diff(told(&is_not, &unknown)) <= 2, "{here}: {}", is.describe());
        for fact in [known.id.as_str(), "given_name", "ACTIVE"] {
            assert!(!is.text().contains(fact), "{here} tells {fact}");
        }
    }
}
