//! Signet's one way out: every call to an address that somebody registered (`jwks_uri`, `request_uri`,
//! `sector_identifier_uri`, back-channel logout) goes through [`Client`], so that nobody can make the server
//! reach what only the server can reach.
//!
//! * `https` only, to the allowed ports, without user, password or fragment.
//! * A name is looked up once. If any of its addresses isn't a public one, nothing is connected to; otherwise the
//!   connection goes to exactly the addresses that were looked at.
//! * Redirects aren't followed, proxies of the environment aren't asked, certificates are checked, compressed
//!   answers are refused, size and time are bounded.
//! * Failures come in two kinds only, and neither tells an address that isn't allowed from one that doesn't answer.
//!
//! | module | subject |
//! |---|---|
//! | [`target`] | reading an address |
//! | [`address`] | which IP addresses are public |
//! | [`names`] | looking names up |
//! | [`client`] | the call itself |
//! | `budget` | how often one host is called |

pub mod address;
mod budget;
pub mod client;
pub mod names;
pub mod target;

pub use client::{Client, Failed, Policy};
pub use names::{Names, SystemNames};
pub use target::{BadTarget, Target};
