//! Signet's use cases, without a web framework: each function takes a [`Ctx`] and typed input, and gives a
//! value or a refusal that the edge turns into HTTP.
//!
//! | module | subject |
//! |---|---|
//! | [`service`] | the running identity provider: store, keys, hashing, limits |
//! | [`authorize`], [`sign_in`], [`consent`], [`logout`] | the browser's way |
//! | [`backchannel`], [`frontchannel`] | telling apps of sign-outs |
//! | [`token`] | the token endpoint, a file per grant |
//! | [`introspect`], [`revoke`], [`userinfo`] | what tokens are good for |
//! | [`subjects`] | what apps call users |
//! | [`inspect`] | what a token is that somebody found |
//! | [`admin`] | the management API |
//! | [`account`] | what users do for themselves |
//! | [`registration`] | apps that register themselves |
//! | [`gateway`] | APIs behind a gateway |
//! | [`quota`], [`throttle`], [`attempt`], [`guard`], [`rates`] | limits |
//! | [`stories`], [`explain`], [`limits_use`] | refusals that have one cause, why a request was refused, who spends what |
//! | [`console`] | what the admin console shows |
//! | [`syslog`] | reading the system log |
//! | [`log_seals`] | showing that nobody changed it behind Signet's back |
//! | [`alerts`], [`webhooks`] | telling of what happens too often in it |
//! | [`picture`] | which pictures may be shown |
//! | [`tenants`] | making tenants |

pub mod access_policy;
pub mod access_token;
pub mod account;
pub mod activity;
pub mod admin;
pub mod alerts;
pub mod attempt;
pub mod authorize;
pub mod backchannel;
pub mod cache;
pub mod client;
mod codes;
pub mod configured_claims;
pub mod consent;
pub mod console;
pub mod ctx;
pub mod cutoffs;
pub mod error;
pub mod explain;
mod flight;
pub mod frontchannel;
pub mod gateway;
mod grants;
pub mod guard;
pub mod inspect;
pub mod introspect;
pub mod journal;
pub mod keys;
pub mod limits_past;
pub mod limits_use;
pub mod log_seals;
pub mod logout;
pub mod nodes;
mod once;
pub mod password;
pub mod picture;
pub mod policy_use;
pub mod proofs;
pub mod quota;
pub mod rates;
pub mod refusals;
pub mod registration;
pub mod renewal;
pub mod revoke;
pub mod secret_guard;
pub mod secrets;
pub mod service;
pub mod sign_in;
pub mod stories;
pub mod subjects;
pub mod syslog;
pub mod tenants;
pub mod terms;
pub mod throttle;
pub mod token;
pub mod userinfo;
pub mod webhooks;

mod app_keys;
mod client_assertion;
mod deliveries;
mod requested_claims;

pub use ctx::Ctx;
pub use error::IdpError;
pub use service::{Idp, Settings};
