//! Redirects after the redirect URI was proven: at the token endpoint, through sign-in and consent, after
//! sign-out.

use signet_testkit::{AuthRequest, Callback, Reply, Shared, Tenant, Visitor, json, on_each_engine};

use crate::support::apps::{CALLBACK, Made, NewApp, Person, Server};
use crate::support::log::{assert_alive, assert_no_store, assert_refusals};

on_each_engine! {
    ru_16_a_hostile_state_in_a_form_post,
    ru_17_redeeming_with_another_uri,
    ru_20_the_same_rules_after_sign_out,
    ru_20_sign_out_without_a_hint,
    ru_22_forms_end_in_a_303,
    ru_23_pages_send_no_referrer_and_load_nothing,
    ru_24_return_addresses_that_leave,
    ru_25_every_answer_names_the_issuer,
}

const HOSTILE_STATE: &str = r#""><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;&#x27;"#;

async fn ru_16_a_hostile_state_in_a_form_post(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let signed_in = person.code(&acme, &web, "openid").await.visitor;
    let request =
        acme.authorize(&web, "openid").set("response_mode", "form_post").set("state", HOSTILE_STATE);
    for request in [request.clone(), request.set("prompt", "none").without("code_challenge")] {
        let reply = signed_in.get(&request.url()).await;
        let reply = if reply.is_redirect() { signed_in.follow(reply).await } else { reply }.expect(200);
        let page = reply.page();
        let forms = page.forms();
        let [form] = forms.as_slice() else { panic!("one form: {}", reply.describe()) };
        assert_eq!((form.action.as_str(), form.method.as_str()), (CALLBACK, "POST"));
        assert_eq!(form.get("state"), Some(HOSTILE_STATE));
        assert_eq!(form.get("iss"), Some(acme.issuer().as_str()));
        assert!(page.all("script").iter().all(String::is_empty), "a script of its own: {}", reply.text());
        assert!(page.attributes("img", "src").is_empty() && page.attributes("*", "onerror").is_empty());
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains("form-action 'self' https://app.example"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_no_store(&reply);
    }
}

async fn ru_17_redeeming_with_another_uri(app: Shared) {
    let acme = app.acme();
    let two = [CALLBACK, "https://app.example/other"];
    let web = NewApp::web().redirect_uris(&two).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let mut refused = Vec::new();
    for uri in ["https://app.example/other", "https://app.example/cb/", "https://evil.test/cb", ""] {
        let flow = person.code_in(&visitor, &acme, &web, "openid").await;
        let mut wrong = flow.clone();
        wrong.redirect_uri = uri.to_owned();
        let reply = acme.redeem(&web, &wrong).await.expect_oauth_error(400, "invalid_grant");
        refused.push((reply, "mismatched_redirect_uri"));
        let burnt = acme.redeem(&web, &flow).await.expect_oauth_error(400, "invalid_grant");
        refused.push((burnt, "code_replay"));
    }
    assert_refusals(&acme, &refused).await;
    person.code_in(&visitor, &acme, &web, "openid").await.redeem(&acme, &web).await;
}

/// Asks for a sign-out and for the way on to `uri`.
async fn sign_out(visitor: &Visitor, tenant: &Tenant, params: &[(&str, &str)]) -> Reply {
    let url = tenant.endpoint("logout");
    visitor.send(visitor.call("GET", &url).query(params.iter().copied())).await
}

#[track_caller]
fn assert_stays(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 200, "{what}: {}", reply.describe());
    assert!(reply.header("location").is_none(), "{what}: {}", reply.describe());
    assert!(!reply.text().contains("evil.test"), "{what}: the page names it: {}", reply.describe());
    assert_no_store(reply);
}

async fn ru_20_the_same_rules_after_sign_out(app: Shared) {
    let acme = app.acme();
    let goodbye = "https://app.example/bye";
    let web = NewApp::web().oauth("post_logout_redirect_uris", json!([goodbye])).make(&acme).await;
    let other =
        NewApp::web().oauth("post_logout_redirect_uris", json!(["https://evil.test/bye"])).make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let tokens = flow.redeem(&acme, &web).await;
    let hint = tokens.id_token.as_deref().expect("an ID token");
    let nobody = acme.visitor();
    for uri in [
        "https://app.example/bye/",
        "https://app.example/bye?x=1",
        "https://app.example/by",
        "https://app.example/BYE",
        "https://app.example:443/bye",
        "HTTPS://app.example/bye",
        "https://app.example/bye/../x",
        "https://app.example/bye%2f..%2fx",
        "https://app.example/./bye",
        "https://app.example@evil.test/bye",
        "https://evil.test\\@app.example/bye",
        "https://evil.test/bye",
        "javascript:alert(1)//evil.test",
        "//evil.test",
        " https://app.example/bye",
        CALLBACK,
    ] {
        let reply =
            sign_out(&nobody, &acme, &[("id_token_hint", hint), ("post_logout_redirect_uri", uri)]).await;
        assert_stays(&reply, uri);
    }
    let good = [("id_token_hint", hint), ("post_logout_redirect_uri", goodbye)];
    let evil = ("post_logout_redirect_uri", "https://evil.test/bye");
    for (params, what) in [
        (vec![("post_logout_redirect_uri", goodbye)], "no hint"),
        (vec![("client_id", &*web.client_id), ("post_logout_redirect_uri", goodbye)], "an app, no hint"),
        (vec![("client_id", &*other.client_id), evil], "another app, no hint"),
        (vec![("id_token_hint", hint), ("client_id", &*other.client_id), evil], "another app's URI"),
        (vec![good[0], good[1], ("client_id", &*other.client_id)], "the hint of one app, the id of another"),
        (vec![("id_token_hint", &*tokens.access_token), good[1]], "an access token as hint"),
        (vec![("id_token_hint", "e30.e30."), good[1]], "no token as hint"),
    ] {
        assert_stays(&sign_out(&nobody, &acme, &params).await, what);
    }
    let hint_elsewhere = sign_out(&nobody, &acme.at_org(), &good).await;
    assert_stays(&hint_elsewhere, "a hint of another server");
    let with_break = [good[0], ("post_logout_redirect_uri", "https://app.example/bye\r\nX: y")];
    let reply = sign_out(&nobody, &acme, &with_break).await.expect(400);
    assert!(reply.header("location").is_none() && reply.header("x").is_none());

    let state = "a b&c=\"<";
    let reply = sign_out(&nobody, &acme, &[good[0], good[1], ("state", state)]).await.expect(303);
    let to = reply.location();
    assert!(to.as_str().starts_with("https://app.example/bye?"), "{to}");
    assert_eq!(to.query_pairs().collect::<Vec<_>>(), [("state".into(), state.into())]);
    // Nobody was signed in there, so nobody was signed out.
    assert!(acme.is_active(&web, &tokens.access_token).await);
    assert_alive(&acme).await;
}

async fn ru_20_sign_out_without_a_hint(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid").await;
    let tokens = flow.redeem(&acme, &web).await;
    let visitor = &flow.visitor;

    // A link on somebody's page must not sign people out: a page asks first.
    let asking = sign_out(visitor, &acme, &[("post_logout_redirect_uri", "https://evil.test/")]).await;
    assert_stays(&asking, "no hint");
    assert!(acme.is_active(&web, &tokens.access_token).await, "a link ended the session");
    let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
    let mut forged = form.clone();
    forged.set("csrf", "AAAA");
    let reply = visitor.submit(&asking, &forged).await;
    assert!(acme.is_active(&web, &tokens.access_token).await, "a forged form: {}", reply.describe());

    let done = visitor.submit(&asking, &form).await;
    assert_stays(&done, "signed out");
    assert!(!acme.is_active(&web, &tokens.access_token).await);
    let ended = r#"eventType eq "user.session.end" and actor.id eq "#;
    acme.wait_for_logs(&format!("{ended}\"{}\"", person.id), 1).await;
    let silent = acme.authorize(&web, "openid").set("prompt", "none");
    let callback = Callback::read(&visitor.get(&silent.url()).await, CALLBACK);
    assert_eq!(callback.get("error"), "login_required");
}

/// A flow up to the consent page: the visitor and the page.
async fn up_to_consent(tenant: &Tenant, app: &Made, person: &Person) -> (Visitor, Reply) {
    let visitor = tenant.visitor();
    let request = tenant.authorize(app, "openid orders:read");
    let sign_in = visitor.open(&request.url()).await;
    let consent = visitor.sign_in(&sign_in, &person.login, &person.password).await;
    assert!(consent.page().consent_form().is_some(), "{}", consent.describe());
    (visitor, consent)
}

async fn ru_22_forms_end_in_a_303(app: Shared) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let trusted = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    for app in [&asking, &trusted] {
        let visitor = acme.visitor();
        let page = visitor.open(&acme.authorize_url(app, "openid orders:read")).await;
        let mut form = page.page().sign_in_form().expect("a sign-in form");
        let (login, password) = (form.login.clone().unwrap(), form.password.clone().unwrap());
        form.set(&login, &person.login).set(&password, &person.password);
        let reply = visitor.submit(&page, &form).await;
        assert_eq!(reply.status, 303, "after the password: {}", reply.describe());
        assert!(!reply.location().as_str().contains("word"), "{}", reply.location());
        assert_no_store(&reply);
    }
    let (visitor, page) = up_to_consent(&acme, &asking, &person).await;
    let mut form = page.page().consent_form().unwrap();
    let reply = visitor.submit(&page, form.agree()).await.expect(303);
    assert!(!Callback::read(&reply, CALLBACK).code().is_empty());
    person.withdraw(&acme, &asking).await;
    let (visitor, page) = up_to_consent(&acme, &asking, &person).await;
    let mut form = page.page().consent_form().unwrap();
    let reply = visitor.submit(&page, form.refuse()).await.expect(303);
    let callback = Callback::read(&reply, CALLBACK);
    assert_eq!(callback.get("error"), "access_denied");
    assert_refusals(&acme, &[(reply, "access_denied")]).await;
}

#[track_caller]
fn assert_quiet_page(reply: &Reply, what: &str) {
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{what}");
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    let page = reply.page();
    let loads = ["src", "href", "srcset", "data", "poster"]
        .into_iter()
        .flat_map(|name| page.attributes("script, link, img, iframe, object, video, source, embed", name));
    for from in loads {
        assert!(from.starts_with('/') && !from.starts_with("//"), "{what} loads {from}");
    }
    assert!(page.attributes("meta[http-equiv=refresh]", "content").is_empty(), "{what} goes on by itself");
    assert!(page.attributes("*", "style").is_empty(), "{what}: a style of its own");
}

async fn ru_23_pages_send_no_referrer_and_load_nothing(app: Shared) {
    let acme = app.acme();
    let asking = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let request = acme.authorize(&asking, "openid orders:read");
    let visitor = acme.visitor();
    let sign_in = visitor.open(&request.url()).await;
    assert_quiet_page(&sign_in, "sign-in");
    let wrong = visitor.sign_in(&sign_in, &person.login, "no such password").await;
    assert_quiet_page(&wrong, "a wrong password");
    let consent = visitor.sign_in(&wrong, &person.login, &person.password).await;
    assert_quiet_page(&consent, "consent");
    let error = visitor.open(&request.clone().set("redirect_uri", "https://evil.test/").url()).await;
    assert_quiet_page(&error, "an error");
    let asks = sign_out(&visitor, &acme, &[]).await;
    assert_quiet_page(&asks, "sign out?");
    assert_quiet_page(&sign_out(&acme.visitor(), &acme, &[]).await, "signed out");
    let posted = visitor.approve(&consent).await;
    assert_eq!(posted.header("referrer-policy"), Some("no-referrer"), "{}", posted.describe());
}

async fn ru_24_return_addresses_that_leave(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let admin = &acme.credentials.admin;
    let names =
        ["return_to", "returnTo", "next", "redirect", "redirect_uri", "continue", "fromURI", "target"];
    let addresses = [
        "//evil.test",
        "/\\evil.test",
        "/%5cevil.test",
        "https:evil.test",
        "/%09/evil.test",
        "/\t/evil.test",
        "https://evil.test/",
        "javascript:alert(1)//evil.test",
        "http://localhost@evil.test/",
    ];
    let doors = [
        ("/login", person.login.as_str(), person.password.as_str()),
        ("/console", &admin.login, &admin.password),
    ];
    for (door, login, password) in doors {
        for address in addresses {
            let visitor = acme.visitor();
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(names.map(|name| (name, address)));
            let url = format!("{}{door}?{}", acme.origin(), query.finish());
            let page = visitor.open(&url).await;
            if page.page().sign_in_form().is_none() {
                // A control character is refused as such.
                assert_eq!(page.status, 400, "{door} {address:?}: {}", page.describe());
                continue;
            }
            let landed = visitor.sign_in(&page, login, password).await;
            assert_eq!(landed.status, 200, "{door} {address:?} led on: {}", landed.describe());
            assert_eq!(landed.url.origin(), page.url.origin(), "{door} {address:?}");
            for href in landed.page().attributes("a", "href") {
                assert!(!href.contains("evil"), "{door} {address:?} leads to {href}");
            }
        }
    }
    assert_alive(&acme).await;
}

async fn ru_25_every_answer_names_the_issuer(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = person.code(&acme, &web, "openid").await.visitor;
    let second = Server::new(&acme, json!({})).await.tenant;
    let globex = app.globex();
    let theirs = NewApp::web().make(&globex).await;
    let them = Person::new(&globex).await;
    let elsewhere = them.code(&globex, &theirs, "openid").await.visitor;
    let places = [
        (acme.clone(), &web, &visitor),
        (acme.at_org(), &web, &visitor),
        (second, &web, &visitor),
        (globex.clone(), &theirs, &elsewhere),
        (globex.at_org(), &theirs, &elsewhere),
    ];
    for (tenant, app, visitor) in &places {
        let good = tenant.authorize(app, "openid");
        for (request, member) in [
            (good.clone(), "code"),
            (good.clone().set("prompt", "none"), "code"),
            (good.clone().set("scope", "no:such"), "error"),
            (good.clone().set("response_type", "token"), "error"),
            (good.clone().without("code_challenge"), "error"),
            (good.clone().set("iss", "https://evil.test"), "code"),
        ] {
            let reply = visitor.get(&request.url()).await;
            let callback = Callback::read(&reply, CALLBACK);
            assert!(!callback.get(member).is_empty(), "no {member} in {}", callback.url);
            assert_eq!(callback.get("iss"), tenant.issuer(), "{}", callback.url);
            let count = callback.url.query_pairs().filter(|(name, _)| name == "iss").count();
            assert_eq!(count, 1, "{}", callback.url);
        }
    }
    let forged_host: AuthRequest = acme.authorize(&web, "no:such");
    let reply = acme.http().get(&forged_host.url()).header("x-forwarded-host", "evil.test").await;
    assert_eq!(Callback::read(&reply, CALLBACK).get("iss"), acme.issuer());
}
