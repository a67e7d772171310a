//! The main job end to end: seed, code and PKCE in a real browser, five passwords, the quota, and the refusal
//! found in the console's log; and every grant with the `oauth2` crate as the client.

use signet_testkit::oauth2::basic::BasicClient;
use signet_testkit::oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IntrospectionUrl,
    PkceCodeChallenge, RedirectUrl, RefreshToken, ResourceOwnerPassword, ResourceOwnerUsername,
    RevocationUrl, Scope, StandardRevocableToken, TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use signet_testkit::{App, Browser, Callback, Jwt, Tenant, TestApp, TlsApp, on_each_engine};

on_each_engine! {
    from_the_seed_to_the_refusal_in_the_consoles_log,
    every_grant_with_the_oauth2_crate_and_revocation_over_tls,
}

async fn from_the_seed_to_the_refusal_in_the_consoles_log(app: TestApp) {
    let acme = app.acme();
    let web = acme.web();
    let browser = Browser::start().await;
    in_the_browser(&browser, &acme, &web).await;
    five_passwords(&app, &acme, &web).await;
    the_quota(&acme).await;
    in_the_console(&browser, &acme, &web).await;
}

/// Code and PKCE: sign in, allow, come back with a code, redeem it.
async fn in_the_browser(browser: &Browser, acme: &Tenant, web: &App) {
    let request = acme.authorize(web, "openid profile offline_access orders:read");
    browser.goto(&request.url()).await;
    browser.assert_quiet().await;
    let (login, password) = acme.user();
    browser.fill("input[name=login]", login).await;
    browser.fill("input[name=password]", password).await;
    browser.click("form button[type=submit]").await;
    browser.click("button[name=decision][value=allow]").await;
    let url = browser.wait_for_url(&web.redirect_uri).await;
    let url: signet_testkit::reqwest::Url = url.parse().expect("a URL");
    let callback = Callback { params: url.query_pairs().into_owned().collect(), url };
    assert_eq!(callback.get("state"), request.get("state"));
    assert_eq!(callback.get("iss"), acme.issuer());
    acme.http().canaries().add(callback.code());
    let params = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", &web.redirect_uri),
        ("code_verifier", &request.verifier),
    ];
    let tokens = acme.token_as(web, &params).await.tokens();
    let claims = tokens.id().claims;
    assert_eq!((&claims["iss"], &claims["aud"]), (&acme.issuer().into(), &web.client_id.as_str().into()));
    assert_eq!(claims["nonce"], request.get("nonce"));
    let who = acme.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!(who["sub"], claims["sub"]);
    assert!(acme.is_active(web, &tokens.access_token).await);
}

async fn five_passwords(app: &TestApp, acme: &Tenant, web: &App) {
    app.clock().freeze().await;
    let (login, password) = acme.user();
    for attempt in 1..=5 {
        let reply = acme.password(web, login, password, "openid").await;
        match attempt {
            1..=4 => assert_eq!(reply.status, 200, "attempt {attempt}: {}", reply.describe()),
            _ => {
                let reply = reply.expect_oauth_error(429, "invalid_grant");
                assert_eq!(reply.header("retry-after"), Some("1"), "{}", reply.describe());
            }
        }
    }
}

async fn the_quota(acme: &Tenant) {
    let token = acme.api_access_token().await;
    let status = || acme.get("/auth/rate_limit").header("authorization", &format!("bearer:{token}"));
    let left = |reply: &signet_testkit::Reply| reply.json()["data"]["X-RateLimit-Remaining"].as_i64();
    let before = left(&status().await.expect(200)).expect("a number");
    let reply = acme.api("GET", "/api/v1/users").await.expect(200);
    assert_eq!(reply.header("x-ratelimit-remaining"), Some((before - 1).to_string().as_str()));
    assert_eq!(left(&status().await.expect(200)), Some(before - 1), "one call, one less; asking is free");
}

async fn in_the_console(browser: &Browser, acme: &Tenant, web: &App) {
    browser.goto(&format!("{}/console", acme.origin())).await;
    let admin = &acme.credentials.admin;
    browser.fill("input[name=login]", &admin.login).await;
    browser.fill("input[name=password]", &admin.password).await;
    browser.click("form button[type=submit]").await;
    browser.wait_for("a[href*='/console/log']").await;
    browser.goto(&format!("{}/console/log?q=user_rate_limited", acme.origin())).await;
    browser.wait_for("tr.event").await;
    assert_eq!(browser.count("tr.event").await, 1, "one refusal:\n{}", browser.source().await);
    browser.click("tr.event a").await;
    browser.wait_for_url(&format!("{}/console/log", acme.origin())).await;
    browser.wait_for("body").await;
    let source = browser.source().await;
    for fact in ["user_rate_limited", acme.user().0, &web.client_id, "127.0.0.1"] {
        assert!(source.contains(fact), "the event doesn't show {fact}:\n{source}");
    }
    browser.assert_quiet().await;
}

type Client = signet_testkit::oauth2::basic::BasicClient<
    signet_testkit::oauth2::EndpointSet,
    signet_testkit::oauth2::EndpointNotSet,
    signet_testkit::oauth2::EndpointSet,
    signet_testkit::oauth2::EndpointSet,
    signet_testkit::oauth2::EndpointSet,
>;

/// The crate's client of an app, as discovery describes the server.
async fn client(tenant: &Tenant, app: &App) -> Client {
    let document = tenant.discovery().await;
    let endpoint = |name: &str| document[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    let client = BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_auth_uri(AuthUrl::new(endpoint("authorization_endpoint")).unwrap())
        .set_token_uri(TokenUrl::new(endpoint("token_endpoint")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(endpoint("introspection_endpoint")).unwrap())
        .set_revocation_url(RevocationUrl::new(endpoint("revocation_endpoint")).unwrap());
    let client = match &app.redirect_uri {
        uri if uri.is_empty() => client,
        uri => client.set_redirect_uri(RedirectUrl::new(uri.clone()).unwrap()),
    };
    match &app.client_secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
        None => client,
    }
}

async fn every_grant_with_the_oauth2_crate_and_revocation_over_tls(app: TlsApp) {
    let acme = app.acme();
    assert!(acme.origin().starts_with("https://"), "{}", acme.origin());
    for app in [acme.web(), acme.browser_app()] {
        code_refresh_and_revoke(&acme, &app).await;
    }
    password(&acme).await;
    client_credentials(&acme).await;
}

/// Authorization code with PKCE, refresh, introspection and revocation.
async fn code_refresh_and_revoke(acme: &Tenant, app: &App) {
    let (client, http) = (client(acme, app).await, acme.oauth_http());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = ["openid", "offline_access", "orders:read"].map(|scope| Scope::new(scope.to_owned()));
    let (url, state) =
        client.authorize_url(CsrfToken::new_random).add_scopes(scopes).set_pkce_challenge(challenge).url();
    let (login, password) = acme.user();
    let visitor = acme.visitor();
    let mut page = visitor.open(url.as_str()).await;
    page = visitor.sign_in(&page, login, password).await;
    if !page.is_redirect() {
        page = visitor.approve(&page).await;
    }
    let callback = Callback::read(&page, &app.redirect_uri);
    assert_eq!(callback.get("state"), state.secret());
    let tokens = client
        .exchange_code(AuthorizationCode::new(callback.code().to_owned()))
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .expect("tokens for the code");
    let refresh = tokens.refresh_token().expect("a refresh token").clone();
    let refreshed = client.exchange_refresh_token(&refresh).request_async(&http).await.expect("a refresh");
    let (access, refresh) =
        (refreshed.access_token().clone(), refreshed.refresh_token().cloned().unwrap_or(refresh));
    assert!(is_active(acme, &access).await);
    let revocable: StandardRevocableToken = refresh.clone().into();
    client.revoke_token(revocable).expect("an https URL").request_async(&http).await.expect("a revocation");
    assert!(!is_active(acme, &access).await, "the access token went with its grant");
    assert_revoked(&client, acme, &refresh).await;
}

async fn is_active(acme: &Tenant, token: &AccessToken) -> bool {
    let asker = client(acme, &acme.web()).await;
    let answer = asker.introspect(token).request_async(&acme.oauth_http()).await.expect("an introspection");
    answer.active()
}

async fn assert_revoked(client: &Client, acme: &Tenant, token: &RefreshToken) {
    let again = client.exchange_refresh_token(token).request_async(&acme.oauth_http()).await;
    let error = again.expect_err("the refresh token is revoked").to_string();
    assert!(error.contains("invalid_grant") || error.contains("Server returned error"), "{error}");
}

async fn password(acme: &Tenant) {
    let (login, password) = acme.user();
    let (client, http) = (client(acme, &acme.web()).await, acme.oauth_http());
    let tokens = client
        .exchange_password(
            &ResourceOwnerUsername::new(login.to_owned()),
            &ResourceOwnerPassword::new(password.to_owned()),
        )
        .add_scope(Scope::new("openid".to_owned()))
        .request_async(&http)
        .await
        .expect("tokens for a password");
    let access = tokens.access_token().clone();
    assert!(is_active(acme, &access).await);
    let revocable: StandardRevocableToken = access.clone().into();
    client.revoke_token(revocable).expect("an https URL").request_async(&http).await.expect("a revocation");
    assert!(!is_active(acme, &access).await);
}

async fn client_credentials(acme: &Tenant) {
    let service = acme.service();
    let client = client(acme, &service).await;
    let tokens = client
        .exchange_client_credentials()
        .add_scope(Scope::new("orders:read".to_owned()))
        .request_async(&acme.oauth_http())
        .await
        .expect("tokens for the app itself");
    assert!(tokens.refresh_token().is_none(), "an app needs none for itself");
    let claims = Jwt::decode(tokens.access_token().secret()).claims;
    assert_eq!(claims["sub"], service.client_id);
}
