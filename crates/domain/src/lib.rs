//! Signet's nouns: typed ids, tenants, users, apps, authorization servers, sessions, grants, events;
//! the clock and the source of chance. Pure: nothing here does I/O.
//!
//! | module | subject |
//! |---|---|
//! | [`id`] | typed ids and their wire form |
//! | [`time`] | instants in microseconds and the clock that gives them |
//! | [`entropy`] | ids and secrets |
//! | [`login`] | the one canonical form of a login |
//! | [`tenant`], [`user`], [`app`], [`server`] | configuration |
//! | [`security`] | rules for passwords and sessions |
//! | [`session`], [`flow`], [`grant`], [`token`], [`logout`] | what happens at run time |
//! | [`credential`] | API credentials and API tokens |
//! | [`gateway`] | APIs behind a gateway |
//! | [`registration`] | apps that register themselves |
//! | [`event`] | the system log's records |

pub mod access_policy;
pub mod alert;
pub mod app;
mod base62;
pub mod brand;
pub mod claim;
pub mod credential;
pub mod delivery;
pub mod entropy;
pub mod event;
pub mod flow;
pub mod gateway;
pub mod grant;
pub mod group;
pub mod id;
pub mod key_life;
pub mod log_export;
pub mod log_retention;
pub mod login;
pub mod logout;
pub mod rate_policy;
pub mod registration;
pub mod saved_search;
pub mod security;
pub mod server;
pub mod session;
pub mod tenant;
mod text_enum;
pub mod time;
pub mod token;
pub mod user;
pub mod webhook;

pub use entropy::Entropy;
pub use time::{Clock, Time};
