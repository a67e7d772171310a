//! OpenID Connect Front-Channel Logout: the page after a sign-out has the browser tell the apps of it.

use signet_testkit::reqwest::Url;
use signet_testkit::{Browser, Callback, Jwt, Reply, Shared, Tenant, Visitor, json, on_each_engine};

use crate::support::apps::{CALLBACK, Made, NewApp, Person};
use crate::support::log::events;
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    the_browser_tells_each_app_of_a_sign_out,
    where_the_browser_tells_an_app_is_where_the_app_is,
    a_browser_tells_the_apps_and_goes_on,
}

const BYE: &str = "https://app.example/bye";

/// An app that the browser tells.
async fn told(tenant: &Tenant, callback: &str, uri: &str) -> Made {
    NewApp::web()
        .redirect_uris(&[callback])
        .oauth("post_logout_redirect_uris", json!([BYE]))
        .oauth("frontchannel_logout_uri", json!(uri))
        .oauth("frontchannel_logout_session_required", json!(true))
        .make(tenant)
        .await
}

/// Signs in; gives the ID token.
async fn sign_in(
    tenant: &Tenant,
    person: &Person,
    visitor: &Visitor,
    app: &Made,
    scope: &str,
) -> Option<String> {
    person.code_in(visitor, tenant, app, scope).await.redeem(tenant, app).await.id_token
}

async fn sign_out(tenant: &Tenant, visitor: &Visitor, params: &[(&str, &str)]) -> Reply {
    let call = visitor.call("GET", &tenant.endpoint("logout")).query(params.iter().copied());
    visitor.send(call.not_secret()).await.expect(200)
}

/// What the page loads in frames, in order.
fn frames(reply: &Reply) -> Vec<String> {
    let mut frames = reply.page().attributes("iframe", "src");
    frames.sort();
    frames
}

/// What may be framed, as the policy has it.
fn frame_sources(reply: &Reply) -> Option<Vec<String>> {
    let policy = reply.header("content-security-policy").expect("a policy");
    let sources = policy.split("; ").find_map(|part| part.strip_prefix("frame-src "))?;
    Some(sources.split(' ').map(str::to_owned).collect())
}

fn encoded(issuer: &str) -> String {
    issuer.replace(':', "%3A").replace('/', "%2F").replace('.', "%2E").replace('-', "%2D")
}

async fn the_browser_tells_each_app_of_a_sign_out(app: Shared) {
    let acme = app.acme();
    let document = acme.discovery().await;
    assert_eq!(document["frontchannel_logout_supported"], true);
    assert_eq!(document["frontchannel_logout_session_supported"], true);
    let first = told(&acme, CALLBACK, "https://app.example/out?from=signet").await;
    let second = told(&acme, "https://other.example:8443/cb", "https://other.example:8443/out").await;
    let unknown = told(&acme, "https://unknown.example/cb", "https://unknown.example/out").await;
    let silent = NewApp::web().make(&acme).await;
    let (person, visitor) = (Person::new(&acme).await, acme.visitor());
    let hint = sign_in(&acme, &person, &visitor, &first, "openid").await.expect("an ID token");
    for (app, scope) in [
        (&first, "openid email"),
        (&second, "openid"),
        (&silent, "openid"),
        // Without an ID token an app knows of no session.
        (&unknown, "orders:read"),
    ] {
        sign_in(&acme, &person, &visitor, app, scope).await;
    }
    // Somebody else's session stays.
    let (stranger, theirs) = (Person::new(&acme).await, acme.visitor());
    sign_in(&acme, &stranger, &theirs, &unknown, "openid").await;

    let asking = sign_out(&acme, &visitor, &[]).await;
    assert_eq!((frames(&asking), frame_sources(&asking)), (Vec::new(), None), "nobody has signed out yet");
    let back = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a&b")];
    let page = sign_out(&acme, &visitor, &back).await;
    let (issuer, sid) = (encoded(&acme.issuer()), Jwt::decode(&hint).claims["sid"].clone());
    let about = format!("iss={issuer}&sid={}", sid.as_str().expect("a session"));
    assert_eq!(
        frames(&page),
        [
            format!("https://app.example/out?from=signet&{about}"),
            format!("https://other.example:8443/out?{about}"),
        ],
    );
    let sources = frame_sources(&page).expect("frames are allowed");
    assert_eq!(sources, ["https://app.example", "https://other.example:8443"]);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    for sandbox in page.page().attributes("iframe", "sandbox") {
        assert!(!sandbox.contains("top-navigation") && !sandbox.contains("popups"), "{sandbox}");
    }
    // It goes on by itself, with and without scripts.
    let on = format!("{BYE}?state=a%26b");
    assert!(page.page().attributes("a", "href").contains(&on), "{}", page.text());
    assert_eq!(page.header("refresh"), Some(format!("5; url={on}").as_str()));
    assert!(page.headers_named("set-cookie").iter().any(|cookie| cookie.contains("Max-Age=0")));
    let events = events(&acme, &page).await;
    let event = events.iter().find(|event| event["eventType"] == "user.session.end").expect("its event");
    let mut apps: Vec<&str> = event["debugContext"]["debugData"]["frontChannelLogout"]
        .as_str()
        .expect("the apps")
        .split(',')
        .collect();
    apps.sort_unstable();
    let mut expected = [first.client_id.as_str(), second.client_id.as_str()];
    expected.sort_unstable();
    assert_eq!(apps, expected);

    // The session is over, and there is nobody left to tell.
    let silent = acme.authorize(&first, "openid").set("prompt", "none");
    let callback = Callback::read(&visitor.get(&silent.url()).await, CALLBACK);
    assert_eq!(callback.get("error"), "login_required");
    let again = visitor.send(visitor.call("GET", &acme.endpoint("logout")).query(back).not_secret()).await;
    assert_eq!(again.expect(303).location().as_str(), on);
    // A sign-out that had to be asked about tells them, too.
    let asking = sign_out(&acme, &theirs, &[]).await;
    let form = asking.page().forms().into_iter().find(|form| form.method == "POST").expect("a form");
    let done = theirs.submit(&asking, &form).await.expect(200);
    assert_eq!(frame_sources(&done).expect("frames are allowed"), ["https://unknown.example"]);
    assert_eq!(done.header("refresh"), None, "there is nowhere to go");
}

async fn where_the_browser_tells_an_app_is_where_the_app_is(app: Shared) {
    let acme = app.acme();
    let make = async |new: NewApp| acme.api("POST", "/api/v1/apps").json(new.body()).await;
    for uri in [
        "https://other.example/out",
        "https://app.example:8443/out",
        "https://sub.app.example/out",
        "http://app.example/out",
        "https://app.example/out#there",
        "https://ada@app.example/out",
        "javascript:alert(1)",
        "data:text/html,x",
        "/out",
        "https://app.example/out; frame-ancestors *",
        "",
    ] {
        let reply = make(NewApp::web().oauth("frontchannel_logout_uri", json!(uri))).await;
        let text = reply.expect(400).text();
        assert!(text.contains("frontchannel_logout_uri"), "{uri}: {text}");
    }
    let uri = json!("https://app.example/out");
    make(NewApp::service().oauth("frontchannel_logout_uri", uri.clone())).await.expect(400);
    make(NewApp::web().oauth("frontchannel_logout_session_required", json!(true))).await.expect(400);
    let made = NewApp::browser().oauth("frontchannel_logout_uri", uri.clone()).make(&acme).await;
    let path = format!("/api/v1/apps/{}", made.id);
    let read = acme.api("GET", &path).await.expect(200).json();
    let settings = &read["settings"]["oauthClient"];
    assert_eq!(
        (&settings["frontchannel_logout_uri"], &settings["frontchannel_logout_session_required"]),
        (&uri, &json!(false))
    );
}

async fn a_browser_tells_the_apps_and_goes_on(app: Shared) {
    let acme = app.acme();
    let outside = Outside::at("127.0.0.1").await;
    let page = "<!doctype html><title>App</title><link rel=icon href=data:,>Here is the app.";
    outside.says([Answer::of(200, "text/html", page)]);
    let (callback, bye) = (outside.url("/cb"), outside.url("/bye"));
    let made = NewApp::web()
        .redirect_uris(&[&callback])
        .oauth("post_logout_redirect_uris", json!([bye]))
        .oauth("frontchannel_logout_uri", json!(outside.url("/out")))
        .make(&acme)
        .await;
    let person = Person::new(&acme).await;
    for scripts in [true, false] {
        let browser = Browser::start().await;
        browser.scripting(scripts).await;
        let request = acme.authorize(&made, "openid");
        browser.goto(&request.url()).await;
        browser.fill("#login", &person.login).await;
        browser.fill("#password", &person.password).await;
        browser.click("form button[type=submit]").await;
        let url: Url = browser.wait_for_url(&callback).await.parse().expect("a URL");
        let params = url.query_pairs().into_owned().collect();
        let answer = Callback { params, url };
        acme.http().canaries().add(answer.code());
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", answer.code()),
            ("redirect_uri", &callback),
            ("code_verifier", &request.verifier),
        ];
        let hint = acme.token_as(&made, &grant).await.tokens().id_token.expect("an ID token");
        let mut out: Url = acme.endpoint("logout").parse().expect("a URL");
        out.query_pairs_mut()
            .append_pair("id_token_hint", &hint)
            .append_pair("post_logout_redirect_uri", &bye)
            .append_pair("state", "over");
        browser.goto(out.as_str()).await;
        browser.wait_for_url(&format!("{bye}?state=over")).await;
        let sid = Jwt::decode(&hint).claims["sid"].as_str().expect("a session").to_lowercase();
        let asked = outside.asked();
        let frames: Vec<&str> =
            asked.iter().map(|asked| asked.head.as_str()).filter(|head| head.contains(&sid)).collect();
        assert_eq!(frames.len(), 1, "{asked:#?}");
        let iss = encoded(&acme.issuer()).to_lowercase();
        assert!(frames[0].starts_with(&format!("get /out?iss={iss}&sid={sid} http/1.1")), "{}", frames[0]);
        assert!(!frames[0].contains("referer"), "the sign-out's address holds a token: {}", frames[0]);
        browser.assert_quiet().await;
    }
}
