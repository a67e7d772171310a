//! The one failure counter behind every door.

use futures_util::future::join_all;
use signet_testkit::{Reply, Tenant, TestApp, on_each_engine};
use std::time::Duration;

on_each_engine! {
    a_right_password_without_consent_never_locks,
    right_passwords_under_way_lock_nobody,
    guesses_at_once_are_no_more_than_guesses_in_a_row,
}

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

/// Sign-ins that are sent at once, each from a browser of its own.
async fn at_once(acme: &Tenant, count: usize, login: &str, password: &str) -> Vec<Reply> {
    let mut browsers = Vec::new();
    for _ in 0..count {
        let visitor = acme.visitor();
        let page = visitor.open(&format!("{}/login", acme.origin())).await.expect(200);
        browsers.push((visitor, page));
    }
    join_all(browsers.iter().map(|(visitor, page)| visitor.sign_in(page, login, password))).await
}

/// However many events there are of a kind.
async fn events(acme: &Tenant, filter: &str) -> usize {
    acme.logs(&[("filter", filter)]).await.len()
}

const LOCKED: &str = r#"eventType eq "user.account.lock""#;
const WRONG: &str = r#"outcome.reason eq "invalid_password_credentials""#;

async fn right_passwords_under_way_lock_nobody(app: TestApp) {
    let acme = app.acme();
    let (login, password) = acme.user();
    let replies = at_once(&acme, 3 * TRIES, login, password).await;
    let mut inside = 0;
    for reply in &replies {
        let signed_in = reply.status == 200 && reply.url.path() == "/account";
        inside += usize::from(signed_in);
        assert!(signed_in || reply.status == 503, "neither in nor busy: {}", reply.describe());
    }
    assert!(inside >= 10, "only {inside} of {}", replies.len());
    let (_, page) = acme.sign_in("/login", login, password).await;
    assert_eq!(page.url.path(), "/account", "nobody is locked out");
    assert_eq!(events(&acme, LOCKED).await, 0);
}

async fn guesses_at_once_are_no_more_than_guesses_in_a_row(app: TestApp) {
    let acme = app.acme();
    let (login, password) = acme.user();
    at_once(&acme, 3 * TRIES, login, "not-the-password").await;
    assert!(events(&acme, WRONG).await <= 10, "guesses slipped past the lock");
    for _ in 0..TRIES {
        acme.sign_in("/login", login, "not-the-password").await;
    }
    assert_eq!((events(&acme, WRONG).await, events(&acme, LOCKED).await), (10, 1));
    let (_, page) = acme.sign_in("/login", login, password).await;
    assert_ne!(page.url.path(), "/account", "the right password is refused, too, while it is locked");
}
