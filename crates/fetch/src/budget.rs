//! How often one host is called on behalf of strangers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Calls to one host in one window.
pub(crate) const CALLS: u32 = 300;

/// A window.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Most hosts that are counted at a time; the next one has to wait.
const HOSTS: usize = 10_000;

/// Counts calls by host, in fixed windows.
#[derive(Default)]
pub(crate) struct Budget(Mutex<HashMap<String, (Instant, u32)>>);

impl Budget {
    /// Takes one call out of a host's budget; `false` when there is none left.
    pub(crate) fn take(&self, host: &str, now: Instant) -> bool {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, (begun, _)| now.saturating_duration_since(*begun) < WINDOW);
            if hosts.len() >= HOSTS {
                return false;
            }
        }
        let (begun, used) = hosts.entry(host.to_owned()).or_insert((now, 0));
        if now.saturating_duration_since(*begun) >= WINDOW {
            (*begun, *used) = (now, 0);
        }
        *used = used.saturating_add(1);
        *used <= CALLS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ss_11_a_host_is_called_so_often_and_no_more() {
        let (budget, begun) = (Budget::default(), Instant::now());
        for call in 0..CALLS {
            assert!(budget.take("a.example", begun), "call {call}");
        }
        assert!(!budget.take("a.example", begun + WINDOW / 2));
        assert!(budget.take("b.example", begun), "another host has its own");
        assert!(budget.take("a.example", begun + WINDOW));
    }

    #[test]
    fn the_hosts_that_are_counted_are_bounded() {
        let (budget, begun) = (Budget::default(), Instant::now());
        for host in 0..HOSTS {
            assert!(budget.take(&host.to_string(), begun));
        }
        assert!(!budget.take("one more", begun));
        assert!(budget.take("one more", begun + WINDOW), "the others' windows are over");
    }
}
