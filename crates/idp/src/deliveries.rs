//! What comes of a call to an address of somebody else's, and when it is tried again.

use signet_domain::Time;
use signet_domain::delivery::retry_at;
use signet_domain::event::Event;
use signet_fetch::Failed;

/// What came of an attempt.
pub(crate) struct Attempt {
    /// Whether it was told.
    pub(crate) delivered: bool,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// When to try again; none when it is over.
    pub(crate) next_at: Option<Time>,
    /// The event that says so.
    pub(crate) event: Event,
}

/// The reasons that the log gives for a call that wasn't accepted, and for one that nobody answered.
pub(crate) struct Reasons(pub(crate) &'static str, pub(crate) &'static str);

impl Attempt {
    /// Of a call's answer, after so many attempts with this one. `fine` says which statuses are as they should be.
    pub(crate) fn of(
        told: Result<u16, Failed>,
        fine: fn(u16) -> bool,
        Reasons(refused, no_answer): &Reasons,
        (attempts, now): (i64, Time),
        event: Event,
    ) -> Self {
        let event = event.debug("attempt", attempts.to_string());
        let (reason, status) = match told {
            Ok(status) if fine(status) => {
                return Self { delivered: true, status: Some(status), next_at: None, event };
            }
            Ok(status) => (*refused, Some(status)),
            Err(Failed::NoAnswer | Failed::Unusable | Failed::TooOften) => (*no_answer, None),
        };
        let mut event = event.failed(reason);
        if let Some(status) = status {
            event = event.debug("status", status.to_string());
        }
        let next_at = retry_at(attempts, now);
        let event = match next_at {
            Some(next_at) => event.debug("nextAttemptAt", next_at.0.to_string()),
            None => event.debug("givenUp", "true"),
        };
        Self { delivered: false, status, next_at, event }
    }
}
