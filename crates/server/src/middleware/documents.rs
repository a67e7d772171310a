//! Discovery documents and keys go on while the database is gone: the answer that was given last is given again
//! (stale-if-error, RFC 5861 §4). Nothing is issued or accepted by it; APIs only go on checking what they hold.

use super::refusal::Refusal;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Documents that are remembered.
const MOST: usize = 4_096;
/// The longest that is remembered, in bytes.
const LONGEST: usize = 64 * 1024;
/// How long an answer from memory may be kept by others: a key that was replaced must not live on there.
const BRIEFLY: HeaderValue = HeaderValue::from_static("public, max-age=5");

/// The last answer to each request for a document, by host and path.
#[derive(Default)]
pub(super) struct Documents(Mutex<HashMap<String, (HeaderMap, Bytes)>>);

/// What a request for a document is remembered by; nothing for other requests.
pub(super) fn key<B>(request: &Request<B>) -> Option<String> {
    let path = request.uri().path();
    let is_document = path.starts_with("/oauth2/") && path.ends_with("/v1/keys")
        || path.contains("/.well-known/openid-configuration")
        || path.contains("/.well-known/oauth-authorization-server");
    if request.method() != Method::GET || !is_document {
        return None;
    }
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| request.uri().authority().map(|authority| authority.as_str()))?;
    Some(format!("{}{path}", host.to_ascii_lowercase()))
}

fn status_of(answer: &Result<Response, Refusal>) -> StatusCode {
    answer.as_ref().map_or_else(Refusal::status, Response::status)
}

impl Documents {
    /// Remembers a good answer, and gives it again for one that says that the store is gone.
    pub(super) async fn heed(
        &self,
        key: Option<String>,
        answer: Result<Response, Refusal>,
    ) -> Result<Response, Refusal> {
        let Some(key) = key else { return answer };
        match answer {
            Ok(response) if response.status() == StatusCode::OK => Ok(self.keep(key, response).await),
            Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Ok(self.last(&key).unwrap_or(response))
            }
            Err(refusal) if refusal.status() == StatusCode::SERVICE_UNAVAILABLE => {
                self.last(&key).ok_or(refusal)
            }
            // The tenant or the server is gone. Any other refusal is about the request, which anybody may have sent.
            other if status_of(&other) == StatusCode::NOT_FOUND => {
                self.lock().remove(&key);
                other
            }
            other => other,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (HeaderMap, Bytes)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(&self, key: String, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, LONGEST).await else {
            let mut failed = Response::new(Body::empty());
            *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return failed;
        };
        let mut known = self.lock();
        if known.len() >= MOST && !known.contains_key(&key) {
            known.clear();
        }
        known.insert(key, (parts.headers.clone(), bytes.clone()));
        Response::from_parts(parts, Body::from(bytes))
    }

    fn last(&self, key: &str) -> Option<Response> {
        let (headers, bytes) = self.lock().get(key).cloned()?;
        let mut response = Response::new(Body::from(bytes));
        *response.headers_mut() = headers;
        response.headers_mut().insert(header::CACHE_CONTROL, BRIEFLY);
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, host: &str, path: &str) -> Option<String> {
        let request = Request::builder().method(method).uri(path).header(header::HOST, host);
        key(&request.body(()).unwrap())
    }

    #[test]
    fn only_documents_are_remembered_and_each_host_has_its_own() {
        assert_eq!(asked("GET", "A.test", "/oauth2/v1/keys").as_deref(), Some("a.test/oauth2/v1/keys"));
        assert!(asked("GET", "a.test", "/oauth2/default/.well-known/openid-configuration?x=1").is_some());
        for (method, path) in [
            ("POST", "/oauth2/v1/keys"),
            ("GET", "/oauth2/v1/userinfo"),
            ("GET", "/api/v1/keys"),
            ("GET", "/oauth2/v1/token"),
        ] {
            assert_eq!(asked(method, "a.test", path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn the_last_good_answer_is_given_again_and_forgotten_when_it_is_wrong() {
        let documents = Documents::default();
        let with = |status: u16| {
            let mut response = Response::new(Body::from("keys"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        };
        let key = || Some("a.test/oauth2/v1/keys".to_owned());
        assert_eq!(documents.heed(key(), with(503)).await.unwrap().status(), 503, "nothing is known yet");
        assert_eq!(documents.heed(key(), with(200)).await.unwrap().status(), 200);
        let again = documents.heed(key(), with(503)).await.unwrap();
        assert_eq!(
            (again.status().as_u16(), again.headers().get(header::CACHE_CONTROL)),
            (200, Some(&BRIEFLY))
        );
        assert_eq!(documents.heed(None, with(503)).await.unwrap().status(), 503, "no document");
        for strange in [400, 415] {
            documents.heed(key(), with(strange)).await.unwrap();
            let refusal = Refusal::new(StatusCode::from_u16(strange).unwrap(), "");
            assert!(documents.heed(key(), Err(refusal)).await.is_err());
        }
        let again = documents.heed(key(), Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, ""))).await;
        assert_eq!(again.unwrap().status(), 200, "no stranger has it forgotten");
        assert_eq!(documents.heed(key(), with(404)).await.unwrap().status(), 404, "the tenant was suspended");
        assert_eq!(documents.heed(key(), with(503)).await.unwrap().status(), 503);
    }
}
