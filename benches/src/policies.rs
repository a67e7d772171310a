//! What limits cost the token endpoint: client-credentials tokens a second with policies of each strategy, beside
//! the same without any, in turns, because a shared machine is faster at one time than at another.

use crate::load::post;
use crate::node::{Node, text};
use crate::tokens::run_one;
use serde_json::json;
use std::path::Path;

const ROUNDS: usize = 3;
const PORT: u16 = 18082;

pub(crate) async fn run_all(signet: &Path, redis: Option<&str>) {
    let node = match redis {
        Some(url) => Node::start_with(signet, PORT, &["--redis-url", url]).await,
        None => Node::start(signet, PORT).await,
    };
    let (path, basic) = node.service("ES256").await;
    let request = post(&node.host(), &path, &basic, "grant_type=client_credentials&scope=bench%3Aread");
    let mut strategies = vec![None, Some("local"), Some("cluster")];
    strategies.extend(redis.map(|_| Some("redis")));
    let mut rates = vec![Vec::new(); strategies.len()];
    for _ in 0..ROUNDS {
        for (strategy, rates) in strategies.iter().zip(&mut rates) {
            let made = limit_everything(&node, *strategy).await;
            let measured = run_one(PORT, request.clone()).await;
            assert_eq!(measured.failures, 0, "every request must be answered with a token");
            rates.push(measured.per_second);
            for id in made {
                node.api("DELETE", &format!("/api/v1/rate-policies/{id}"), &json!(null)).await;
            }
        }
    }
    let median = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    };
    let medians: Vec<f64> = rates.iter_mut().map(median).collect();
    println!("{:<26} {:>9} {:>7}", "four policies counted in", "tokens/s", "share");
    for (strategy, rate) in strategies.iter().zip(&medians) {
        println!(
            "{:<26} {rate:>9.0} {:>6.0}%",
            strategy.unwrap_or("(no policies)"),
            100.0 * rate / medians[0]
        );
    }
}

/// A policy for the tenant, the server, the app and the address, none of which is ever reached.
async fn limit_everything(node: &Node, strategy: Option<&str>) -> Vec<String> {
    let Some(strategy) = strategy else { return Vec::new() };
    let mut made = Vec::new();
    for identifier in ["tenant", "server", "app", "ip"] {
        let policy = json!({"name": identifier, "identifier": identifier, "limit": [100_000_000],
            "window_size": [3600], "strategy": strategy, "sync_rate": if strategy == "local" { -1 } else { 0 }});
        let policy = node.api("POST", "/api/v1/rate-policies", &policy).await;
        made.push(text(&policy["id"]).to_owned());
    }
    made
}
