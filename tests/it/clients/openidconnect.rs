//! The `openidconnect` crate. It revokes over https only.

use std::collections::BTreeMap;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientRegistrationRequest, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::registration::EmptyAdditionalClientMetadata;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientName, ClientSecret, CsrfToken, IntrospectionUrl,
    IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    TokenIntrospectionResponse, TokenResponse,
};
use signet_testkit::reqwest::Url;
use signet_testkit::{TlsApp, json, on_each_engine};

use super::furnished::BYE;
use super::program::visit;
use crate::support::apps::{NewApp, Person};
use crate::support::registering::{CALLBACK, server_with};

on_each_engine! {
    the_openidconnect_crate_works_at_the_first_try,
    the_openidconnect_crate_registers_itself,
}

async fn the_openidconnect_crate_works_at_the_first_try(app: TlsApp) {
    let acme = app.acme();
    let web = NewApp::web().oauth("post_logout_redirect_uris", json!([BYE]));
    let web = web.oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let (http, browser) = (acme.oauth_http(), acme.visitor());

    let issuer = IssuerUrl::new(acme.issuer()).expect("an issuer");
    let metadata = ProviderMetadataWithLogout::discover_async(issuer, &http).await.expect("discovery");
    let end_session = metadata.additional_metadata().end_session_endpoint.clone().expect("a way out");
    let secret = web.client_secret.clone().map(ClientSecret::new);
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(web.client_id.clone()), secret)
        .set_redirect_uri(RedirectUrl::new(web.redirect_uri.clone()).expect("a redirect URI"))
        .set_introspection_url(IntrospectionUrl::new(acme.endpoint("introspect")).expect("a URL"))
        .set_revocation_url(RevocationUrl::new(acme.endpoint("revoke")).expect("a URL"));

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let callback: Url = visit(&browser, url.as_str(), &person).await.parse().expect("a callback");
    let answer: BTreeMap<_, _> = callback.query_pairs().into_owned().collect();
    assert_eq!(&answer["state"], state.secret());
    let code = AuthorizationCode::new(answer["code"].clone());
    let first = client.exchange_code(code).expect("a token endpoint").set_pkce_verifier(verifier);
    let first = first.request_async(&http).await.expect("tokens");

    let (id_token, checker) = (first.id_token().expect("an ID token"), client.id_token_verifier());
    let claims = id_token.claims(&checker, &nonce).expect("a good ID token");
    let (alg, key) =
        (id_token.signing_alg().expect("an alg"), id_token.signing_key(&checker).expect("a key"));
    let hash = AccessTokenHash::from_token(first.access_token(), alg, key).expect("a hash");
    assert_eq!(claims.access_token_hash(), Some(&hash));
    let asked = client.user_info(first.access_token().clone(), Some(claims.subject().clone()));
    let user: CoreUserInfoClaims =
        asked.expect("a userinfo endpoint").request_async(&http).await.expect("claims");
    assert_eq!(user.email().map(|email| email.as_str()), Some(person.login.as_str()));

    let before = first.refresh_token().expect("a refresh token");
    let second = client.exchange_refresh_token(before).expect("a token endpoint").request_async(&http).await;
    let second = second.expect("fresh tokens");
    let after = second.refresh_token().expect("another refresh token");
    assert_ne!(before.secret(), after.secret());
    if let Some(fresh) = second.id_token() {
        let none = |_: Option<&Nonce>| Ok(());
        assert_eq!(fresh.claims(&checker, none).expect("a good ID token").subject(), claims.subject());
    }
    let told = client.introspect(second.access_token()).request_async(&http).await.expect("an answer");
    assert!(told.active());
    let revoke = client.revoke_token(after.clone().into()).expect("an https endpoint");
    revoke.request_async(&http).await.expect("revoked");
    let dead = client.exchange_refresh_token(after).expect("a token endpoint").request_async(&http).await;
    let Err(RequestTokenError::ServerResponse(error)) = dead else { panic!("{dead:?}") };
    assert_eq!(error.error().as_ref(), "invalid_grant");

    let out = LogoutRequest::from(end_session)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(BYE.to_owned()).expect("a URL"))
        .set_state(CsrfToken::new("out".to_owned()))
        .http_get_url();
    assert_eq!(visit(&browser, out.as_str(), &person).await, format!("{BYE}?state=out"));
}

async fn the_openidconnect_crate_registers_itself(app: TlsApp) {
    let server = server_with(&app.acme(), &json!({ "mode": "OPEN" })).await;
    let at = &server.tenant;
    let person = Person::new(at).await;
    let (http, browser) = (at.oauth_http(), at.visitor());
    let issuer = IssuerUrl::new(at.issuer()).expect("an issuer");
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.expect("discovery");

    let back = RedirectUrl::new(CALLBACK.to_owned()).expect("a redirect URI");
    let name = ClientName::new("A crate".to_owned());
    let wanted = CoreClientRegistrationRequest::new(vec![back.clone()], EmptyAdditionalClientMetadata {})
        .set_client_name(Some([(None, name)].into_iter().collect()));
    let endpoint = metadata.registration_endpoint().expect("it may register").clone();
    let made = wanted.register_async(&endpoint, &http).await.expect("a registration");
    let client =
        CoreClient::from_provider_metadata(metadata, made.client_id().clone(), made.client_secret().cloned())
            .set_redirect_uri(back);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, _, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .set_pkce_challenge(challenge)
        .url();
    let callback: Url = visit(&browser, url.as_str(), &person).await.parse().expect("a callback");
    let answer: BTreeMap<_, _> = callback.query_pairs().into_owned().collect();
    let code = AuthorizationCode::new(answer["code"].clone());
    let tokens = client.exchange_code(code).expect("a token endpoint").set_pkce_verifier(verifier);
    let tokens = tokens.request_async(&http).await.expect("tokens");
    let claims = tokens.id_token().expect("an ID token").claims(&client.id_token_verifier(), &nonce);
    assert_eq!(claims.expect("a good ID token").subject().as_str(), person.id);
}
