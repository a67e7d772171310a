//! Cross-origin calls: discovery and keys for every page, token, userinfo and revoke for exactly the origins of
//! the app's redirect URIs, never with credentials.

use signet_testkit::{App, Browser, Call, Reply, Tenant, TestApp, json, on_each_engine, serde_json, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::ropg::{fill, try_password};

on_each_engine! {
    discovery_and_keys_are_for_every_page,
    an_apps_endpoints_are_for_its_own_pages,
    preflights_allow_what_browser_libraries_send,
    errors_and_refusals_can_be_read_too,
    nothing_else_is_cross_origin,
    a_page_on_another_port_signs_in,
}

const ALLOW: &str = "access-control-allow-origin";

/// A public app that returns to this origin.
async fn app_at(tenant: &Tenant, origin: &str) -> App {
    let body = json!({
        "name": "oidc_client", "label": make::unique("Page"), "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "none" } },
        "settings": { "oauthClient": {
            "application_type": "browser", "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"], "redirect_uris": [format!("{origin}/callback")],
            "consent_method": "TRUSTED",
        } },
    });
    make::app_from(tenant, &body).await
}

#[track_caller]
fn assert_no_credentials(reply: &Reply) {
    let credentials = reply.header("access-control-allow-credentials");
    assert_eq!(credentials, None, "cookies are never allowed: {}", reply.describe());
}

async fn discovery_and_keys_are_for_every_page(app: Frozen) {
    let acme = app.acme();
    for path in [
        "/oauth2/default/.well-known/openid-configuration",
        "/oauth2/default/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/oauth2/default",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/default/v1/keys",
        "/oauth2/v1/keys",
    ] {
        for origin in ["https://anyone.example", "http://localhost:1234", "null"] {
            let reply = acme.get(path).header("origin", origin).await.expect(200);
            assert_eq!(reply.header(ALLOW), Some("*"), "{path} for {origin}");
            assert_no_credentials(&reply);
            let call = acme.call("OPTIONS", path).header("origin", origin);
            let reply = call.header("access-control-request-method", "GET").await;
            assert!(matches!(reply.status, 200 | 204), "{}", reply.describe());
            assert_eq!(reply.header(ALLOW), Some("*"), "preflight of {path} for {origin}");
        }
    }
}

/// A call of each endpoint that names the app.
fn calls(tenant: &Tenant, app: &App, token: &str) -> Vec<(&'static str, Call)> {
    let id = app.client_id.as_str();
    let at = |endpoint: &str| tenant.http().call("POST", &tenant.endpoint(endpoint));
    vec![
        (
            "token",
            at("token").form([("grant_type", "refresh_token"), ("refresh_token", "sgr0"), ("client_id", id)]),
        ),
        ("revoke", at("revoke").form([("token", "nothing"), ("client_id", id)])),
        ("userinfo", tenant.http().get(&tenant.endpoint("userinfo")).bearer(token)),
    ]
}

async fn an_apps_endpoints_are_for_its_own_pages(app: Frozen) {
    let acme = app.acme();
    let (own, other) = ("https://own.example", "https://other.example:8443");
    let (client, _) = (app_at(&acme, own).await, app_at(&acme, other).await);
    let user = make::user(&acme, "cors").await;
    let tokens =
        acme.code_flow_as(&client, "openid", &user.login, &user.password).await.redeem(&acme, &client).await;
    for (endpoint, call) in calls(&acme, &client, &tokens.access_token) {
        let reply = call.header("origin", own).await;
        assert_eq!(reply.header(ALLOW), Some(own), "{endpoint}: {}", reply.describe());
        let vary = reply.headers_named("vary").join(",").to_lowercase();
        assert!(vary.contains("origin"), "{endpoint} varies by {vary:?}");
        assert_no_credentials(&reply);
    }
    for origin in [
        other,
        "http://own.example",
        "https://own.example:443",
        "https://own.example:8443",
        "https://own.example.evil.test",
        "https://evil-own.example",
        "https://OWN.example",
        "https://own.example/",
        "https://own.example/callback",
        "https://own.example@evil.test",
        "null",
        "",
        "*",
    ] {
        for (endpoint, call) in calls(&acme, &client, &tokens.access_token) {
            let reply = call.header("origin", origin).await;
            assert_eq!(reply.header(ALLOW), None, "{endpoint} for {origin:?}: {}", reply.describe());
        }
    }
    for (endpoint, call) in calls(&acme, &client, &tokens.access_token) {
        let reply = call.header("origin", own).header("origin", own).await;
        assert_eq!(reply.header(ALLOW), None, "{endpoint} for two origins");
    }
    // An app that names itself in the header is held to its own pages, too.
    let web = acme.web();
    let params = [("grant_type", "refresh_token"), ("refresh_token", "sgr0")];
    for (origin, allowed) in [("http://localhost:3000", Some("http://localhost:3000")), (own, None)] {
        let reply = acme.token_as(&web, &params).header("origin", origin).await;
        assert_eq!(reply.header(ALLOW), allowed, "{origin}: {}", reply.describe());
    }
    // Nor are an app's pages another tenant's.
    let globex = app.globex();
    let reply = globex.token(&[("grant_type", "refresh_token")]).header("origin", own).await;
    assert_eq!(reply.header(ALLOW), None, "{}", reply.describe());
}

async fn preflights_allow_what_browser_libraries_send(app: Frozen) {
    let acme = app.acme();
    let origin = "https://preflight.example";
    app_at(&acme, origin).await;
    for endpoint in ["token", "userinfo", "revoke"] {
        let ask = |origin: &str| {
            let call = acme.http().call("OPTIONS", &acme.endpoint(endpoint)).header("origin", origin);
            call.header("access-control-request-method", "POST").header(
                "access-control-request-headers",
                "authorization,content-type,x-okta-user-agent-extended",
            )
        };
        let reply = ask(origin).await;
        assert!(matches!(reply.status, 200 | 204), "{}", reply.describe());
        assert_eq!(reply.header(ALLOW), Some(origin), "{endpoint}: {}", reply.describe());
        assert_no_credentials(&reply);
        let list = |name: &str| reply.header(name).unwrap_or_default().to_lowercase();
        assert!(list("access-control-allow-methods").contains("post"), "{}", reply.describe());
        let allowed = list("access-control-allow-headers");
        for header in ["authorization", "content-type", "x-okta-user-agent-extended", "dpop"] {
            assert!(
                allowed.split(',').any(|name| name.trim() == header),
                "{endpoint}: {header} in {allowed}"
            );
        }
        let reply = ask("https://stranger.example").await;
        assert_eq!(reply.header(ALLOW), None, "{endpoint}: {}", reply.describe());
    }
}

async fn errors_and_refusals_can_be_read_too(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "cors-429").await);
    let origin = "http://localhost:3000";
    let id = web.client_id.as_str();
    let at = |endpoint: &str| acme.http().call("POST", &acme.endpoint(endpoint)).header("origin", origin);
    let bad = [
        (
            "a wrong secret",
            401,
            at("token").form([("grant_type", "password"), ("client_id", id), ("client_secret", "x")]),
        ),
        ("no grant", 401, at("token").form([("client_id", id)])),
        ("twice", 400, at("token").form([("client_id", id), ("client_id", id)])),
        ("JSON", 400, at("token").json(&json!({ "client_id": id }))),
        ("no token", 401, at("revoke").form([("client_id", id)])),
        ("a bad token", 401, at("userinfo").bearer("a.b.c")),
    ];
    for (what, status, call) in bad {
        let reply = call.await;
        assert_eq!(reply.status, status, "{what}: {}", reply.describe());
        assert_eq!(reply.header(ALLOW), Some(origin), "{what}: {}", reply.describe());
        assert_no_credentials(&reply);
    }
    fill(&acme, &web, &user).await;
    let params = [
        ("grant_type", "password"),
        ("username", user.login.as_str()),
        ("password", "x"),
        ("scope", "openid"),
    ];
    let reply = acme.token_as(&web, &params).header("origin", origin).await.expect(429);
    assert_eq!(reply.header(ALLOW), Some(origin), "{}", reply.describe());
    let exposed = reply.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    for header in ["retry-after", "x-rate-limit-reset", "www-authenticate"] {
        assert!(exposed.contains(header), "{header} in {exposed}");
    }
    assert_eq!(try_password(&acme, &web, &user.login, "x").await.header(ALLOW), None, "without an origin");
}

async fn nothing_else_is_cross_origin(app: Frozen) {
    let acme = app.acme();
    let origin = "http://localhost:3000";
    let authorize = acme.authorize_url(&acme.web(), "openid").replace(acme.origin(), "");
    for path in ["/", "/console", "/oauth2/default/v1/logout", &authorize, "/nothing", "/health/live"] {
        let reply = acme.get(path).header("origin", origin).unchecked().await;
        assert_eq!(reply.header(ALLOW), None, "{path}: {}", reply.describe());
    }
    let reply = acme.api("GET", "/api/v1/users").header("origin", origin).await.expect(200);
    assert_eq!(reply.header(ALLOW), None, "the management API is for servers");
    let web = acme.web();
    let reply =
        acme.post_as(&web, "introspect", &[("token", "x")]).header("origin", origin).await.expect(200);
    assert_eq!(reply.header(ALLOW), None, "introspection is for servers");
}

/// What a single-page app does, in a few lines.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><title>App</title><pre id="result"></pre><script>
const config = CONFIG;
const text = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const show = value => {
  const out = document.getElementById('result');
  out.textContent = JSON.stringify(value);
  out.dataset.done = 'yes';
};
const form = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
async function main() {
  const server = await (await fetch(config.issuer + '/.well-known/openid-configuration')).json();
  const query = new URLSearchParams(location.search);
  if (!query.has('code')) {
    const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
    sessionStorage.setItem('verifier', verifier);
    const challenge = text(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
    location.href = server.authorization_endpoint + '?' + new URLSearchParams({
      response_type: 'code', client_id: config.client_id, redirect_uri: location.origin + '/callback',
      scope: 'openid profile offline_access', state: 'from-the-page', code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    return;
  }
  const keys = await (await fetch(server.jwks_uri)).json();
  const tokens = await (await form(server.token_endpoint, {
    grant_type: 'authorization_code', code: query.get('code'), client_id: config.client_id,
    redirect_uri: location.origin + '/callback', code_verifier: sessionStorage.getItem('verifier'),
  })).json();
  const who = await (await fetch(server.userinfo_endpoint, {
    headers: { authorization: 'Bearer ' + tokens.access_token },
  })).json();
  const wrong = await form(server.token_endpoint, {
    grant_type: 'refresh_token', refresh_token: 'nonsense', client_id: config.client_id,
  });
  const refreshed = await (await form(server.token_endpoint, {
    grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: config.client_id,
  })).json();
  const revoked = await form(server.revocation_endpoint, {
    token: refreshed.refresh_token, client_id: config.client_id,
  });
  let hidden = 'read';
  try { await form(server.introspection_endpoint, { token: tokens.access_token }); } catch { hidden = 'refused'; }
  show({ state: query.get('state'), iss: query.get('iss'), keys: keys.keys.length, sub: who.sub,
    type: tokens.token_type, wrong: (await wrong.json()).error, refreshed: refreshed.token_type,
    revoked: revoked.status, introspection: hidden });
}
main().catch(error => show({ failed: String(error) }));
</script>"#;

/// A port of the page's own, and its origin.
async fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let origin = format!("http://localhost:{}", listener.local_addr().expect("its address").port());
    (origin, listener)
}

/// Serves the page at every path.
async fn answer_with(listener: TcpListener, page: String) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        let page = page.clone();
        tokio::spawn(async move {
            let mut request = [0; 4096];
            let _request = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                page.len()
            );
            let _gone_already = stream.write_all(format!("{head}{page}").as_bytes()).await;
        });
    }
}

async fn a_page_on_another_port_signs_in(app: TestApp) {
    let acme = app.acme();
    let (origin, listener) = listen().await;
    let client = app_at(&acme, &origin).await;
    let config = json!({ "issuer": acme.issuer(), "client_id": client.client_id }).to_string();
    let server = tokio::spawn(answer_with(listener, PAGE.replace("CONFIG", &config)));
    let browser = Browser::start().await;
    browser.goto(&origin).await;
    browser.wait_for_url(acme.origin()).await;
    let (login, password) = acme.user();
    browser.fill("input[name=login]", login).await;
    browser.fill("input[name=password]", password).await;
    browser.click("form button[type=submit]").await;
    browser.wait_for_url(&format!("{origin}/callback")).await;
    browser.wait_for("#result[data-done]").await;
    let result: signet_testkit::Value = serde_json::from_str(&browser.text("#result").await).expect("JSON");
    assert_eq!(result["failed"], signet_testkit::Value::Null, "{result:#}\n{:?}", browser.console().await);
    let keys = result["keys"].as_u64().expect("a number of keys");
    assert!(keys >= 1, "{result:#}");
    let expected = json!({
        "state": "from-the-page", "iss": acme.issuer(), "keys": keys, "sub": result["sub"],
        "type": "Bearer", "wrong": "invalid_grant", "refreshed": "Bearer", "revoked": 200,
        "introspection": "refused",
    });
    assert_eq!(result, expected);
    assert!(result["sub"].as_str().is_some_and(|sub| sub.starts_with("00u")), "{result:#}");
    server.abort();
}
