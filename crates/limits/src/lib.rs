//! Rate limiting: pure decisions over explicit state and time.
//!
//! Nothing here reads a clock, a file or a setting. Every decision is a function of the state and the
//! instant it is given, and returns the state to keep, so the code that is proved is the code that is
//! shipped, and SQL can be checked against it.
//!
//! * [`sliding_log`]: the password throttle, exact, four in any second.
//! * `redis` (feature): a connection that never holds a request up.
//! * [`memory`]: the same throttle for one process, in bounded memory.
//! * [`fixed_window`]: quotas that start with the first call, like an account's 5,000 an hour.
//! * [`trace`]: proof from a log that the throttle kept its promise.
//! * [`sliding_window`]: the gateway's approximate counter over epoch-aligned windows.
//!
//! Instants are microseconds since the Unix epoch (`i64`) throughout.

pub mod fixed_window;
pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
pub mod sliding_log;
pub mod sliding_window;
pub mod trace;

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;

/// Whole seconds that cover `us` microseconds, at least `least`: a client told to wait must never be told
/// too little.
fn ceil_secs(us: i64, least: u64) -> u64 {
    u64::try_from(us).unwrap_or(0).div_ceil(SECOND_US.unsigned_abs()).max(least)
}
