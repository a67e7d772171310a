//! Signet's edges: the command line, the listeners, and what turns HTTP into use cases and back.
//!
//! | module | subject |
//! |---|---|
//! | `cli`, [`config`] | what the operator types |
//! | `listen`, `middleware` | from a connection to a request that may be believed |
//! | `routes` | which path leads where |
//! | [`oauth`], [`api`], `gateway`, [`pages`], [`console`], `operator` | the answers |
//! | `seed`, `card`, `demo` | what a newcomer finds |
//! | `control`, `background`, `telemetry` | what runs beside |

pub mod api;
mod assets;
mod background;
mod brand;
mod card;
mod cli;
pub mod config;
pub mod console;
mod control;
pub mod cookie;
mod demo;
mod docs;
pub mod extract;
mod gateway;
mod health;
mod home;
pub mod html;
mod listen;
mod log_head;
mod metrics;
mod middleware;
mod multipart;
pub mod oauth;
mod operator;
mod outbound;
pub mod pages;
mod rates;
mod routes;
mod seed;
mod setup;
mod state;
mod telemetry;
mod theme;

pub use state::App;

/// Runs the command line and ends the process with its exit code.
pub fn main() {
    let code = cli::run();
    if code != 0 {
        std::process::exit(code);
    }
}
