//! `stepon ADDRESS HOST API_TOKEN [--stay]`: sets StepOn up at a running Signet, starts API, web site and nginx, and
//! walks through. See `run`.
#![expect(clippy::print_stdout, reason = "it is a walk that is to be watched")]

use stepon::walk::StepOn;
use stepon::{Error, Signet};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, host, api_token, rest @ ..] = arguments.as_slice() else {
        return Err("usage: stepon ADDRESS HOST API_TOKEN [--stay]".into());
    };
    let stepon = StepOn::start(Signet::new(address, host)?, api_token).await?;
    println!("nginx listens on {}, StepOn's site on {}", stepon.nginx.address, stepon.front);
    stepon.walk(|line| println!("{line}")).await?;
    if rest.iter().any(|argument| argument == "--stay") {
        println!("Everything stays up until Ctrl-C.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
