//! The one failure counter behind every door.

use signet_testkit::{TestApp, on_each_engine};
use std::time::Duration;

on_each_engine! { a_right_password_without_consent_never_locks }

/// More than the ten failures that lock a login for its source.
const TRIES: usize = 12;

async fn a_right_password_without_consent_never_locks(app: TestApp) {
    let acme = app.acme();
    let web = acme.web();
    let (login, password) = acme.user();
    for _ in 0..TRIES {
        // One a second, so that the throttle has nothing to say.
        app.clock().advance(Duration::from_secs(1)).await;
        let refused = acme.password(&web, login, password, "openid orders:read").await;
        refused.expect_oauth_error(400, "consent_required");
    }
    app.clock().advance(Duration::from_secs(1)).await;
    acme.password(&web, login, password, "openid").await.expect(200);
}
