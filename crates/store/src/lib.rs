//! SQL: one text, two engines.
//!
//! Rows of a tenant are reachable only through [`Store::tenant`], whose [`Tx`] puts the tenant's id into every
//! statement; the few functions that see the whole deployment are in [`unscoped`] and are named so.
//!
//! A write is a closure over a [`Tx`]. On SQLite one writer runs the closures of all requests and commits them
//! together (group commit); on PostgreSQL each has a short transaction of its own. Either way the answer comes
//! after the commit. See `docs/ARCHITECTURE.md`.

mod conn;
mod dialect;
mod error;
mod macros;
mod migrate;
mod planner;
mod promotion;
mod store;
mod tx;
mod writer;

pub mod access_policies;
pub mod alert_steps;
pub mod alerts;
pub mod api_calls;
pub mod api_credentials;
pub mod api_keys;
pub mod app_people;
pub mod apps;
pub mod background_runs;
pub mod brands;
pub mod claims;
pub mod console;
pub mod counts;
pub mod cutoffs;
pub mod deliveries;
pub mod events;
pub mod flows;
pub mod gateway;
pub mod grants;
pub mod groups;
pub mod housekeeping;
pub mod keys;
pub mod lockout;
pub mod log_exports;
pub mod log_query;
pub mod log_retention;
pub mod log_seals;
pub mod logouts;
pub mod nodes;
pub mod one_time;
pub mod rate_counters;
pub mod rate_policies;
pub mod refresh;
pub mod registrations;
mod restores;
pub mod revocations;
pub mod saved_searches;
pub mod security;
pub mod servers;
pub mod sessions;
pub mod stories;
pub mod tenant_deletions;
pub mod tenant_figures;
pub mod tenant_search;
pub mod throttle;
pub mod unscoped;
pub mod users;
pub mod webhooks;
pub mod windows;

pub use error::StoreError;
pub use store::{Engine, Options, Store, TenantStore};
pub use tx::Tx;

/// What a store function gives.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The wrapper of JSON columns.
pub mod sqlx_types {
    pub use sqlx::types::Json;
}
