//! The `oauth2` crate over the tests' client.

use std::future::Future;
use std::pin::Pin;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::Http;

const JSON: &str = "application/json";

/// Sends what the `oauth2` crate asks for: `.request_async(&tenant.oauth_http())`.
pub struct OauthHttp(Http);

impl OauthHttp {
    pub(crate) fn new(http: Http) -> Self {
        Self(http)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let mut call = self.0.call(parts.method.as_str(), &url);
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_TYPE) {
            call = call.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        let json = parts.headers.get(http::header::CONTENT_TYPE).is_some_and(|kind| kind == JSON);
        if json {
            call = call.body(JSON, &body);
        } else if !body.is_empty() {
            // Registers the secrets in the form; the same bytes go out for what a form can hold.
            let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
            call = call.form(fields);
        }
        let reply = call.try_send().await?;
        let mut response = HttpResponse::new(reply.body);
        *response.status_mut() = http::StatusCode::from_u16(reply.status).expect("a status");
        *response.headers_mut() = reply.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for OauthHttp {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
