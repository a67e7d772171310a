//! Client programs that nobody here wrote, each signing somebody in at a spawned server through its real pages.
//!
//! Protocol libraries run on both engines. A browser and Apache add nothing that depends on the store and cost
//! seconds, so they run on one. `scripts/test` installs the programs under `target/clients`; their sources, versions
//! and hashes are in `tests/clients`.

mod authlib;
mod furnished;
mod oauth4webapi;
mod okta_verifiers;
mod openid_client;
mod openidconnect;
mod program;
