//! Changed requests, sent: JSON, forms and queries that a running server must answer with something that isn't its
//! own fault.

use signet_fuzz::{Chance, corpus, mutate};
use signet_testkit::{Reply, TestApp};

/// The name of the corpus.
pub(crate) const CORPUS: &str = "wire";

/// Requests of each kind.
const REQUESTS: usize = 40;

#[track_caller]
fn is_no_fault(reply: &Reply, sent: &[u8]) {
    let status = reply.status;
    assert!(status < 500, "{status} to {:?}: {}", String::from_utf8_lossy(sent), reply.describe());
}

/// Sends them.
pub(crate) async fn survives(app: &TestApp, seed: u64) {
    let (acme, corpus, mut chance) = (app.acme(), corpus(CORPUS), Chance::new(seed));
    let words = ["{", "}", "[", "\"", ":", ",", "null", "true", "1e400", "\\u0000", "&", "=", "%", "%ff"];
    for _ in 0..REQUESTS {
        let body = mutate(&mut chance, &corpus, &words);
        for path in [
            "/api/v1/apps",
            "/api/v1/users",
            "/api/v1/authorizationServers/default/scopes",
            "/auth/oauth2/v2/token",
        ] {
            let call = acme.api("POST", path).unchecked().not_secret().body("application/json", &body);
            is_no_fault(&call.await, &body);
        }
        for endpoint in ["token", "par", "introspect", "revoke", "authorize", "logout"] {
            let call = app.http().call("POST", &acme.endpoint(endpoint)).not_secret();
            let call = call.body("application/x-www-form-urlencoded", &body);
            is_no_fault(&call.await, &body);
        }
    }
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
}
