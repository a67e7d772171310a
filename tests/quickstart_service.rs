//! Gets a token of its own, and calls an API with it.

use std::env;
use std::io::{Write, stdout};

use oauth2::basic::BasicClient;
use oauth2::{ClientId, ClientSecret, HttpRequest, HttpResponse, Scope, TokenResponse, TokenUrl};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// reqwest, as oauth2 sends with it. Nothing that a server answers sends it elsewhere.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let service = BasicClient::new(ClientId::new(env::var("CLIENT_ID")?))
        .set_client_secret(ClientSecret::new(env::var("CLIENT_SECRET")?))
        .set_token_uri(TokenUrl::new(format!("{}/v1/token", env::var("ISSUER")?))?);
    // Keep the token for many calls, and get the next one when `expires_in()` has passed.
    let tokens = service
        .exchange_client_credentials()
        .add_scope(Scope::new("orders:read".to_owned()))
        .request_async(&send)
        .await?;

    let api = env::var("API").unwrap_or_else(|_| "http://localhost:3000/api/orders".to_owned());
    let answer = reqwest::Client::new().get(api).bearer_auth(tokens.access_token().secret()).send().await?;
    writeln!(stdout(), "{} {}", answer.status().as_u16(), answer.text().await?)?;
    Ok(())
}
