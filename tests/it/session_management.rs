//! OpenID Connect Session Management: apps watch the browser's sign-in in a frame, where a server lets them.

use signet_testkit::reqwest::Url;
use signet_testkit::{Browser, Callback, Reply, Shared, Tenant, Value, json, on_each_engine};

use crate::support::apps::{CALLBACK, NewApp, Person, Server};
use crate::support::outside::{Answer, Outside};

on_each_engine! {
    no_sign_in_is_watched_unless_a_server_lets_apps,
    a_server_lets_apps_watch_a_sign_in,
    an_app_learns_in_its_frame_that_the_sign_in_ended,
}

async fn watching(tenant: &Tenant) -> Server {
    Server::new(tenant, json!({ "sessionManagement": true })).await
}

/// The cookie that scripts may read, as the answer sets it.
fn watched(reply: &Reply) -> Option<String> {
    let cookies = reply.headers_named("set-cookie");
    cookies.into_iter().find(|cookie| cookie.contains("-check=")).map(str::to_owned)
}

async fn no_sign_in_is_watched_unless_a_server_lets_apps(app: Shared) {
    let acme = app.acme();
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    for server in [acme.clone(), acme.at_org()] {
        assert_eq!(server.discovery().await.get("check_session_iframe"), None);
        acme.http().get(&server.endpoint("session")).await.expect(404);
        let visitor = server.visitor();
        let request = server.authorize(&web, "openid");
        let page = visitor.open(&request.url()).await;
        let reply = visitor.sign_in(&page, &person.login, &person.password).await;
        assert_eq!(watched(&reply), None);
        assert_eq!(Callback::read(&reply, CALLBACK).get("session_state"), "");
    }
}

async fn a_server_lets_apps_watch_a_sign_in(app: Shared) {
    let acme = app.acme();
    let made = watching(&acme).await;
    made.scope("read", "IMPLICIT").await;
    let server = made.tenant;
    let frame = server.endpoint("session");
    assert_eq!(server.discovery().await["check_session_iframe"], frame.as_str());
    let page = acme.http().get(&frame).await.expect(200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors *") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-frame-options"), None);
    assert!(page.cookies().is_empty(), "{}", page.describe());

    let (web, other) = (NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await);
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let mut states = Vec::new();
    let first = visitor.open(&server.authorize(&web, "openid").url()).await;
    let framed = first.header("content-security-policy").expect("a policy");
    assert!(framed.contains("frame-ancestors 'none'"), "only the one page may be framed: {framed}");
    let signed_in = visitor.sign_in(&first, &person.login, &person.password).await;
    let cookie = watched(&signed_in).expect("the cookie");
    for attribute in ["; SameSite=None", "; Secure", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("HttpOnly"), "a script reads it: {cookie}");
    let value = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    let sign_in =
        signed_in.headers_named("set-cookie").into_iter().find(|cookie| cookie.contains("-session="));
    assert!(!sign_in.expect("the sign-in").contains(&value), "it tells nothing of the session");
    states.push(Callback::read(&signed_in, CALLBACK).get("session_state").to_owned());
    for app in [&web, &other] {
        let reply = visitor.get(&server.authorize(app, "openid").url()).await;
        assert_eq!(watched(&reply).as_ref(), Some(&cookie), "the same sign-in");
        states.push(Callback::read(&reply, CALLBACK).get("session_state").to_owned());
    }
    // Each answer has its own salt, so nobody compares them.
    for state in &states {
        let (digest, salt) = state.split_once('.').expect("a digest and a salt");
        assert_eq!((digest.len(), salt.contains([' ', '.'])), (43, false), "{state}");
    }
    states.sort();
    states.dedup();
    assert_eq!(states.len(), 3, "{states:?}");
    // Without an ID token an app knows of no sign-in.
    let reply = visitor.get(&server.authorize(&web, "read").url()).await;
    let callback = Callback::read(&reply, CALLBACK);
    assert_eq!((callback.code().is_empty(), callback.get("session_state")), (false, ""));
}

/// A page of the app asks the frame, as an app does.
async fn asks(browser: &Browser, frame: &str, message: &str) -> Value {
    const ASK: &str = "const [frame, message, done] = arguments;
        const iframe = document.createElement('iframe');
        iframe.src = frame;
        iframe.onload = () => {
            addEventListener('message', (event) => {
                iframe.remove();
                done(`${event.data} ${event.origin}`);
            }, { once: true });
            iframe.contentWindow.postMessage(message, new URL(frame).origin);
        };
        document.body.append(iframe);";
    browser.script_async(ASK, &[frame.into(), message.into()]).await
}

async fn an_app_learns_in_its_frame_that_the_sign_in_ended(app: Shared) {
    let acme = app.acme();
    let server = watching(&acme).await.tenant;
    let (frame, origin) = (server.endpoint("session"), acme.origin().to_owned());
    let outside = Outside::at("127.0.0.1").await;
    let page = "<!doctype html><title>App</title><link rel=icon href=data:,><body>Here is the app.";
    outside.says([Answer::of(200, "text/html", page)]);
    let callback = outside.url("/cb");
    let web = NewApp::web().redirect_uris(&[&callback]).make(&acme).await;
    let person = Person::new(&acme).await;
    let browser = Browser::start_with_third_party_cookies().await;
    browser.goto(&server.authorize(&web, "openid").url()).await;
    browser.fill("#login", &person.login).await;
    browser.fill("#password", &person.password).await;
    browser.click("form button[type=submit]").await;
    let url: Url = browser.wait_for_url(&callback).await.parse().expect("a URL");
    let params = url.query_pairs().into_owned().collect();
    let answer = Callback { params, url };
    acme.http().canaries().add(answer.code());
    let state = answer.get("session_state").to_owned();
    let message = format!("{} {state}", web.client_id);
    assert_eq!(asks(&browser, &frame, &message).await, format!("unchanged {origin}"));
    for (message, said) in [
        (format!("another {state}"), "changed"),
        (format!("{} x{state}", web.client_id), "changed"),
        (web.client_id.clone(), "error"),
        (String::new(), "error"),
    ] {
        assert_eq!(asks(&browser, &frame, &message).await, format!("{said} {origin}"), "{message}");
    }

    browser.goto(&format!("{}?", server.endpoint("logout"))).await;
    browser.click("form button[type=submit]").await;
    browser.wait_for("a[href='/login']").await;
    browser.goto(&callback).await;
    assert_eq!(asks(&browser, &frame, &message).await, format!("changed {origin}"));
    browser.assert_quiet().await;

    // A frame that isn't given its cookie doesn't know.
    let strict = Browser::start().await;
    strict.goto(&callback).await;
    assert_eq!(asks(&strict, &frame, &message).await, format!("error {origin}"));
}
