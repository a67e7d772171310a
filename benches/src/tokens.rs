//! Client-credentials tokens a second: Signet, which authenticates the client, signs and commits an event for
//! each token before it answers, beside the bare axum.

use crate::load::{Measured, post, run};
use crate::node::{Node, wait};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

const CONNECTIONS: usize = 64;
const TIME: Duration = Duration::from_secs(8);

/// Two seconds to warm up, then the time.
pub(crate) async fn run_one(port: u16, request: Vec<u8>) -> Measured {
    run(port, CONNECTIONS, Duration::from_secs(2), {
        let r = request.clone();
        move |_| r.clone()
    })
    .await;
    run(port, CONNECTIONS, TIME, move |_| request.clone()).await
}

struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) async fn run_all(signet: &Path) {
    println!("{CONNECTIONS} connections, {} s each, client and server on the same machine", TIME.as_secs());
    println!(
        "{:<8} {:>14} {:>10} {:>10} {:>14} {:>8}",
        "alg", "signet/s", "p50 ms", "p99 ms", "bare axum/s", "share"
    );
    let node = Node::start(signet, 18080).await;
    for (n, alg) in ["ES256", "RS256"].into_iter().enumerate() {
        let (path, basic) = node.service(alg).await;
        let form = "grant_type=client_credentials&scope=bench%3Aread";
        let ours = run_one(18080, post(&node.host(), &path, &basic, form)).await;
        let port = 18090 + u16::try_from(n).unwrap();
        let own = std::env::current_exe().unwrap();
        let _bare = Bare(
            Command::new(own).args(["bare", "--alg", alg, "--port", &port.to_string()]).spawn().unwrap(),
        );
        wait(port).await;
        let bare = run_one(port, post(&node.host(), "/token", &basic, form)).await;
        assert_eq!((ours.failures, bare.failures), (0, 0), "every request must be answered with a token");
        println!(
            "{alg:<8} {:>14.0} {:>10.2} {:>10.2} {:>14.0} {:>7.0}%",
            ours.per_second,
            ours.p50,
            ours.p99,
            bare.per_second,
            100.0 * ours.per_second / bare.per_second
        );
    }
}
