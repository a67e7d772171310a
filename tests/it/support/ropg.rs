//! Password grants, many of them.

use signet_testkit::{App, Reply, Tenant, Value};

use super::make::User;

/// Tries a password once.
pub(crate) async fn try_password(tenant: &Tenant, app: &App, login: &str, password: &str) -> Reply {
    tenant.password(app, login, password, "openid").await
}

/// One password grant as bytes, the app's secret in its body.
pub(crate) fn password_request(tenant: &Tenant, app: &App, user: &User) -> Vec<u8> {
    let url = tenant.endpoint("token");
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let secret = app.client_secret.as_deref().expect("a confidential app");
    let body = format!(
        "grant_type=password&username={}&password={}&scope=openid&client_id={}&client_secret={secret}",
        user.login, user.password, app.client_id
    );
    format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What the statuses of these attempts are, one after the other.
pub(crate) async fn statuses(tenant: &Tenant, app: &App, user: &User, attempts: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..attempts {
        statuses.push(try_password(tenant, app, &user.login, &user.password).await.status);
    }
    statuses
}

/// Demands the throttle's refusal.
#[track_caller]
pub(crate) fn expect_throttled(reply: Reply, why: &str) -> Reply {
    assert_eq!(reply.status, 429, "{why}: {}", reply.describe());
    reply.expect_oauth_error(429, "invalid_grant")
}

/// Uses up a user's four attempts.
pub(crate) async fn fill(tenant: &Tenant, app: &App, user: &User) {
    assert_eq!(statuses(tenant, app, user, 4).await, [200; 4], "{} has four attempts", user.login);
}

/// What a reply says but for the things that differ between any two: request ids, the date.
pub(crate) fn comparable(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id", "x-okta-request-id"];
    let mut headers: Vec<(String, String)> = reply
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    let id = reply.header("x-request-id").unwrap_or_default();
    let text = if id.is_empty() { reply.text() } else { reply.text().replace(id, "REQUEST") };
    let text = match error_id(&text) {
        Some(error_id) => text.replace(&error_id, "ERROR"),
        None => text,
    };
    (reply.status, headers, text)
}

/// The management API's own id of an error, which is new each time.
fn error_id(text: &str) -> Option<String> {
    let body: Value = signet_testkit::serde_json::from_str(text).ok()?;
    body["errorId"].as_str().map(str::to_owned)
}

/// The instants at which the log says that a user's attempts were admitted, in order.
pub(crate) fn admissions(events: &[Value]) -> Vec<i64> {
    let mut instants: Vec<i64> = events
        .iter()
        .filter_map(|event| event["debugContext"]["debugData"]["admittedAt"].as_str())
        .map(|at| at.parse().expect("microseconds"))
        .collect();
    instants.sort_unstable();
    instants
}

/// Demands that the log proves the throttle: `signet limits check` on everything that it has.
pub(crate) async fn expect_proof(tenant: &Tenant) {
    prove(tenant, &[]).await;
}

/// The same of a server that was killed, which may have left attempts without an event.
pub(crate) async fn expect_proof_of_killed(tenant: &Tenant) {
    prove(tenant, &["--killed"]).await;
}

/// Everything in the log that a filter finds, page by page, newest first: a poller may have to wait.
async fn all_events(tenant: &Tenant, filter: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let query = [("limit", "1000"), ("filter", filter), ("sortOrder", "DESCENDING")];
    let mut call = tenant.api("GET", "/api/v1/logs").query(query);
    loop {
        let reply = call.await.expect(200);
        events.extend(reply.parse::<Vec<Value>>());
        let links = reply.headers_named("link");
        let Some(next) = links.iter().find(|link| link.contains("rel=\"next\"")) else { return events };
        let url = next.trim_start_matches('<').split('>').next().expect("a URL").to_owned();
        call = tenant.api("GET", url.trim_start_matches(tenant.origin()));
    }
}

async fn prove(tenant: &Tenant, flags: &[&str]) {
    use std::io::Write;
    let about = r#"eventType eq "user_rate_limited" or debugContext.debugData.admittedAt pr"#;
    let events = all_events(tenant, about).await;
    let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_signet-under-test"))
        .env_clear()
        .args(["limits", "check"])
        .args(flags)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the server's own command");
    let mut input = check.stdin.take().expect("a pipe");
    input.write_all(Value::Array(events).to_string().as_bytes()).expect("the log is taken");
    drop(input);
    let output = check.wait_with_output().expect("an end");
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", told(&output.stdout), told(&output.stderr));
    assert!(!told(&output.stdout).starts_with("0 admissions"), "there was something to prove");
}

/// Demands that no half-open second holds five admissions.
#[track_caller]
pub(crate) fn expect_never_five_in_a_second(instants: &[i64]) {
    for five in instants.windows(5) {
        assert!(five[4] - five[0] >= 1_000_000, "five admissions within a second: {five:?}");
    }
}
