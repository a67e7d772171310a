//! What the tests share: a running Signet, typed callers, both engines, a browser.
//!
//! A test is an ordinary async function; its parameter says what it needs, and [`on_each_engine!`] turns it
//! into two tests, one for each engine:
//!
//! ```text
//! use signet_testkit::{Shared, on_each_engine};
//!
//! on_each_engine! { gr_05_scope_that_is_not_the_apps }
//!
//! async fn gr_05_scope_that_is_not_the_apps(app: Shared) {
//!     let acme = app.acme();
//!     let reply = acme.client_credentials(&acme.service(), "offline_access").await;
//!     reply.expect_oauth_error(400, "invalid_scope");
//! }
//! ```
//!
//! [`Shared`] is one process for all tests that don't disturb each other, [`TestApp`] a process and a store of
//! the test's own, [`TlsApp`] the same over TLS, and [`Engine`] nothing but the engine's name.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "test code: a panic is how a test fails, and its clock is the machine's"
)]

mod app;
mod browser;
mod canary;
mod clock;
mod command;
mod credentials;
mod engine;
mod flow;
mod html;
mod http_client;
mod jar;
mod node;
mod oauth_client;
mod openapi;
mod openapi_schema;
mod ports;
mod postgres;
mod process;
mod redis;
mod reply;
mod shared;
mod switch;
mod tenant;
mod tls;
mod token;
mod visitor;
mod watchdog;
mod webdriver;

pub use app::TestApp;
pub use browser::{Browser, ConsoleLine};
pub use canary::Canaries;
pub use clock::Clock;
pub use command::{Said, command};
pub use credentials::{AppCredentials, Credentials, Login, OperatorCredentials, TenantCredentials};
pub use engine::{Engine, FromEngine, run, set_binary};
pub use flow::{AuthRequest, Callback, CodeFlow};
pub use html::{Form, Page};
pub use http_client::{Call, Http};
pub use jar::{Cookie, Jar};
pub use node::Node;
pub use oauth_client::OauthHttp;
pub use openapi::OpenApi;
pub use ports::free_port;
pub use postgres::{PrivatePostgres, TestDatabase};
pub use redis::{PrivateRedis, TestRedis};
pub use reply::Reply;
pub use shared::{Shared, TlsApp};
pub use switch::Switch;
pub use tenant::{App, Tenant};
pub use tls::TestCa;
pub use token::{Jwt, TokenSet};
pub use visitor::Visitor;

pub use rustix::process::Signal;

pub use oauth2;
pub use reqwest;
pub use serde_json::{self, Value, json};
pub use tokio;

/// Makes a test, `name::postgres`, of each async function named: for what only several nodes have.
#[macro_export]
macro_rules! on_postgres {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            #[test]
            fn postgres() {
                $crate::set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
                $crate::run($crate::Engine::Postgres, super::$name);
            }
        }
    )+ };
}

/// Makes two tests, `name::sqlite` and `name::postgres`, of each async function named.
///
/// The function's one parameter implements [`FromEngine`]: [`Shared`], [`TestApp`], [`TlsApp`] or [`Engine`].
/// An async test that is left out of the list is dead code, which the compiler reports.
#[macro_export]
macro_rules! on_each_engine {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            #[test]
            fn sqlite() {
                $crate::set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
                $crate::run($crate::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
                $crate::run($crate::Engine::Postgres, super::$name);
            }
        }
    )+ };
}
