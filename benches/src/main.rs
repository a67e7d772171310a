//! Measurements, each beside something to compare it with in the same run, because absolute times on a shared
//! machine are noise. Run through `scripts/bench`, which builds what it measures.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for its developers"
)]

mod bare;
mod flood;
mod limits;
mod load;
mod logins;
mod node;
mod policies;
mod tokens;
mod volume;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
enum Bench {
    /// Client-credentials tokens a second, beside a bare axum that signs the same claims.
    Tokens {
        /// The signet binary.
        #[arg(long)]
        signet: std::path::PathBuf,
    },
    /// Password logins a second, beside the raw hash.
    Logins {
        /// The signet binary.
        #[arg(long)]
        signet: std::path::PathBuf,
    },
    /// What a rate policy's decision costs in node memory and, where there is one, in Redis.
    Limits {
        /// A redis:// URL.
        #[arg(long, env = "SIGNET_REDIS_URL")]
        redis: Option<String>,
    },
    /// What rate policies cost the token endpoint, beside the endpoint without any.
    Policies {
        /// The signet binary.
        #[arg(long)]
        signet: std::path::PathBuf,
        /// A redis:// URL.
        #[arg(long, env = "SIGNET_REDIS_URL")]
        redis: Option<String>,
    },
    /// Refusals a second of one flooded user, and what becomes of the others' sign-ins meanwhile.
    Flood {
        /// The signet binary.
        #[arg(long)]
        signet: std::path::PathBuf,
    },
    /// What pages and searches take with a million users and ten million events, and the plans of their statements.
    Volume(volume::Args),
    /// The bare axum, as a process of its own.
    #[command(hide = true)]
    Bare {
        #[arg(long)]
        alg: String,
        #[arg(long)]
        port: u16,
    },
}

#[tokio::main]
async fn main() {
    match Bench::parse() {
        Bench::Tokens { signet } => tokens::run_all(&signet).await,
        Bench::Logins { signet } => logins::run_all(&signet).await,
        Bench::Limits { redis } => limits::run(redis.as_deref()).await,
        Bench::Policies { signet, redis } => policies::run_all(&signet, redis.as_deref()).await,
        Bench::Flood { signet } => flood::run_all(&signet).await,
        Bench::Volume(args) => volume::run(args).await,
        Bench::Bare { alg, port } => bare::serve(&alg, port).await,
    }
}
