//! A flood at the throttle: one user's password grants, as many a second as one machine can send, while another user
//! goes on signing in. Beside it: the same sign-ins without the flood.

use crate::load::{Measured, post, run};
use crate::node::Node;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const PORT: u16 = 18083;
const TIME: Duration = Duration::from_secs(10);
/// Connections of the flood.
const FLOOD: usize = 32;
/// Users who sign in, in turn, so that nobody of them is throttled.
const USERS: usize = 50;

pub(crate) async fn run_all(signet: &Path) {
    let node = Node::start(signet, PORT).await;
    let mut logins = Vec::new();
    for n in 0..=USERS {
        let login = format!("flood{n}@acme.test");
        let user = json!({"profile": {"login": login, "email": login, "firstName": "F", "lastName": "N"},
            "credentials": {"password": {"value": "a long bench passphrase"}}});
        node.api("POST", "/api/v1/users", &user).await;
        logins.push(login);
    }
    let (host, basic) = (node.host(), node.basic("web"));
    let grant = move |login: &str| {
        let form =
            format!("grant_type=password&scope=openid&username={login}&password=a+long+bench+passphrase");
        post(&host, "/oauth2/default/v1/token", &basic, &form)
    };
    let victim = grant(&logins.pop().unwrap());
    let others: Vec<_> = logins.iter().map(|login| grant(login)).collect();
    let sign_ins = || {
        let others = others.clone();
        run(PORT, 1, TIME, move |n| others[usize::try_from(n).unwrap() % USERS].clone())
    };
    let alone = sign_ins().await;
    let before = refusal_events(&node).await;
    let flood = tokio::spawn(run(PORT, FLOOD, TIME, move |_| victim.clone()));
    let beside = sign_ins().await;
    let flood = flood.await.unwrap();
    // The last story closes two seconds after its window.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let rows = refusal_events(&node).await - before;
    println!("flood: {:.0} refusals/s, p50 {:.1} ms, p99 {:.1} ms", flood.per_second, flood.p50, flood.p99);
    println!("events of these refusals in {} s: {rows}", TIME.as_secs());
    show("sign-ins alone", &alone);
    show("sign-ins beside the flood", &beside);
}

/// How many events the log has of refused attempts.
async fn refusal_events(node: &Node) -> usize {
    let path = "/api/v1/logs?limit=1000&sortOrder=DESCENDING&filter=eventType%20eq%20%22user_rate_limited%22";
    node.api("GET", path, &json!(null)).await.as_array().unwrap().len()
}

fn show(what: &str, measured: &Measured) {
    println!(
        "{what:<26} {:>6.1}/s  p50 {:>5.0} ms  p99 {:>5.0} ms  {} failures",
        measured.per_second, measured.p50, measured.p99, measured.failures
    );
}
