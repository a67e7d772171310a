//! Calls to addresses of others that are tried again: when, and how often.

use crate::time::Time;

/// Seconds from one attempt to the next.
pub const BACKOFF_SECONDS: [i64; 6] = [5, 30, 120, 600, 1_800, 3_600];

/// Seconds for which whoever took a delivery up has it alone: longer than any attempt lasts.
pub const CLAIM_SECONDS: i64 = 30;

/// When to try again after so many attempts, the last of which just failed; `None` when it was the last.
#[must_use]
pub fn retry_at(attempts: i64, now: Time) -> Option<Time> {
    let done = usize::try_from(attempts).ok()?.checked_sub(1)?;
    BACKOFF_SECONDS.get(done).map(|seconds| now.plus_secs(*seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_it() {
        let at = |attempts| retry_at(attempts, Time(0)).map(Time::secs);
        assert_eq!((at(1), at(6), at(7), at(0)), (Some(5), Some(3_600), None, None));
    }
}
