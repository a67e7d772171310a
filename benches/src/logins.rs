//! Password logins a second beside the raw hash: the hash is meant to be nearly all of a login.

use crate::load::{post, run};
use crate::node::{Node, text};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde_json::json;
use signet_idp::password::Cost;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const USERS: usize = 400;
const TIME: Duration = Duration::from_secs(8);

pub(crate) async fn run_all(signet: &Path) {
    let threads = std::thread::available_parallelism().unwrap().get();
    let raw = raw_hashes(threads);
    let node = Node::start(signet, 18081).await;
    let mut logins = Vec::new();
    for n in 0..USERS {
        let login = format!("bench{n}@acme.test");
        let user = json!({"profile": {"login": login, "email": login, "firstName": "B", "lastName": "N"},
            "credentials": {"password": {"value": "a long bench passphrase"}}});
        node.api("POST", "/api/v1/users", &user).await;
        logins.push(login);
    }
    let (host, basic) = (node.host(), node.basic("web"));
    assert!(!text(&node.acme()["issuer"]).is_empty());
    let logins = Arc::new(logins);
    // Round the users in turn, so that nobody is throttled.
    let measured = run(18081, threads * 4, TIME, move |n| {
        let login = &logins[usize::try_from(n).unwrap() % USERS];
        let form =
            format!("grant_type=password&scope=openid&username={login}&password=a+long+bench+passphrase");
        post(&host, "/oauth2/default/v1/token", &basic, &form)
    })
    .await;
    println!(
        "argon2id m={} KiB t={} p={}, {threads} threads",
        Cost::default().memory_kib,
        Cost::default().passes,
        Cost::default().lanes
    );
    println!("raw hashes/s {raw:>8.1}");
    println!(
        "logins/s     {:>8.1}  ({:.0} % of the raw rate; p50 {:.0} ms, p99 {:.0} ms; {} failures)",
        measured.per_second,
        100.0 * measured.per_second / raw,
        measured.p50,
        measured.p99,
        measured.failures
    );
}

fn raw_hashes(threads: usize) -> f64 {
    let started = Instant::now();
    let counts: Vec<_> = (0..threads)
        .map(|_| {
            std::thread::spawn(move || {
                let cost = Cost::default();
                let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).unwrap();
                let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let mut memory = vec![Block::default(); argon.params().block_count()];
                let mut done = 0u32;
                while started.elapsed() < TIME {
                    let mut out = [0; 32];
                    argon
                        .hash_password_into_with_memory(
                            b"password",
                            b"somesaltsomesalt",
                            &mut out,
                            &mut memory,
                        )
                        .unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let total: u32 = counts.into_iter().map(|t| t.join().unwrap()).sum();
    f64::from(total) / started.elapsed().as_secs_f64()
}
