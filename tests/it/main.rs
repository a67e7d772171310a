//! The integration tests: the spawned server, over HTTP, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "test code: a panic is how a test fails, and its clock is the machine's"
)]

mod cases;
mod smoke;
