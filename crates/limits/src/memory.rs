//! The throttle's state for one process: a bounded, sharded map of rings that forgets what has expired.
//!
//! Each shard keeps its users in a map and, once each, in a queue ordered by when they were last looked at
//! there. A decision takes a few users off the head of the queue: those without an admission in the last
//! second are forgotten, the others go to the tail. There is no background task and no pass over the whole
//! map, so 10⁶ made-up users cost what a second of them costs.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap, RandomState};
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sliding_log::{self, Decision, Ring};

/// Users that fit by default: a second of attempts far above what any machine can hash.
pub const DEFAULT_CAPACITY: usize = 1 << 17;

/// Locks that decisions for different users are spread over.
const SHARDS: usize = 16;

/// Queue entries looked at in each decision. A decision adds at most one, so two would do; four make a
/// backlog shrink fast.
const SWEEP: usize = 4;

/// Queue entries looked at before a shard is declared full.
const SWEEP_WHEN_FULL: usize = 256;

/// Below this many slots an emptied map isn't worth giving back.
const KEEP_SLOTS: usize = 1_024;

/// No room for another user, as every user there was admitted within the last second. The attempt must not
/// go on undecided: answer 503 with `Retry-After: 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the throttle is tracking as many users as it can")
    }
}

impl std::error::Error for Full {}

/// Rings of all users who were admitted within the last second, and of few others.
///
/// A key is kept twice, so it should be small and cheap to clone (a hash of a long name, say).
#[derive(Debug)]
pub struct ThrottleMemory<K> {
    shards: Box<[Mutex<Shard<K>>]>,
    /// Randomly keyed, so nobody can aim at one shard.
    hasher: RandomState,
    shard_capacity: usize,
}

#[derive(Debug)]
struct Shard<K> {
    rings: HashMap<K, Ring>,
    /// Every key of `rings` exactly once.
    queue: VecDeque<K>,
}

impl<K: Hash + Eq + Clone> ThrottleMemory<K> {
    /// Room for about `capacity` users admitted within one second. It is divided evenly among the shards,
    /// so one may be full a little before the others.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let shard = || Mutex::new(Shard { rings: HashMap::new(), queue: VecDeque::new() });
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: RandomState::new(),
            shard_capacity: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// Decides one attempt of the user `key` when the clock shows `clock_us` (microseconds since the
    /// epoch), and remembers it. Atomic: attempts of one user are decided one after the other.
    ///
    /// # Errors
    /// [`Full`] if the user isn't known and there is no room.
    pub fn decide(&self, key: K, clock_us: i64) -> Result<Decision, Full> {
        let index = self.hasher.hash_one(&key) as usize % self.shards.len();
        let mut shard = lock(&self.shards[index]);
        shard.sweep(clock_us, SWEEP);
        if shard.rings.len() >= self.shard_capacity && !shard.rings.contains_key(&key) {
            shard.make_room(clock_us, self.shard_capacity)?;
        }
        Ok(shard.decide(key, clock_us))
    }

    /// Users remembered at the moment, for metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).rings.len()).sum()
    }

    /// Whether nobody is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Hash + Eq + Clone> Default for ThrottleMemory<K> {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

/// A panic elsewhere under the lock leaves every ring whole: what was logged stays logged.
fn lock<K>(shard: &Mutex<Shard<K>>) -> MutexGuard<'_, Shard<K>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq + Clone> Shard<K> {
    fn decide(&mut self, key: K, clock_us: i64) -> Decision {
        let slot = match self.rings.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.queue.push_back(entry.key().clone());
                entry.insert(Ring::NEW)
            }
        };
        let decision = sliding_log::decide(slot, clock_us);
        *slot = decision.ring();
        decision
    }

    /// Looks at up to `steps` users from the head of the queue and forgets the expired ones.
    fn sweep(&mut self, clock_us: i64, steps: usize) {
        for _ in 0..steps.min(self.queue.len()) {
            let Some(key) = self.queue.pop_front() else { break };
            let Some(ring) = self.rings.get_mut(&key) else { continue };
            if ring.expired(clock_us) {
                self.rings.remove(&key);
                continue;
            }
            // If the clock has been set back by more than a second, the ring would otherwise live until the
            // clock has caught up.
            *ring = ring.settled(clock_us);
            self.queue.push_back(key);
        }
        if self.rings.is_empty() && self.rings.capacity() > KEEP_SLOTS {
            self.rings = HashMap::new();
            self.queue = VecDeque::new();
        }
    }

    /// Forgets at least one expired user. Only expired ones: forgetting another would admit too many.
    fn make_room(&mut self, clock_us: i64, capacity: usize) -> Result<(), Full> {
        for _ in 0..SWEEP_WHEN_FULL / SWEEP {
            self.sweep(clock_us, SWEEP);
            if self.rings.len() < capacity {
                return Ok(());
            }
        }
        Err(Full)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::SECOND_US;

    const T0: i64 = 1_790_000_000 * SECOND_US;

    #[test]
    fn rl_01_decides_like_the_ring_and_users_are_apart() {
        let memory = ThrottleMemory::new(100);
        let admitted = |user: &'static str, at| memory.decide(user, T0 + at).unwrap().admitted();
        assert_eq!([0, 1, 2, 3, 4].map(|at| admitted("alice", at)), [true, true, true, true, false]);
        assert!(admitted("bob", 5), "rl_21");
        assert!(!admitted("alice", SECOND_US - 1));
        assert!(admitted("alice", SECOND_US));
        assert_eq!(memory.len(), 2);
    }

    #[test]
    fn rl_36_a_million_made_up_users_stay_bounded_and_expire() {
        let memory = ThrottleMemory::new(50_000);
        let mut most = 0;
        // 20,000 a second: at most two seconds of them are remembered before the sweep has caught up.
        for user in 0..1_000_000_i64 {
            let decision = memory.decide(user, T0 + user * 50).expect("a second of them fits");
            assert!(decision.admitted());
            if user % 10_000 == 0 {
                most = most.max(memory.len());
            }
        }
        assert!((20_000..40_000).contains(&most), "{most}");
        for attempt in 0..20_000 {
            memory.decide(attempt % 5_000, T0 + 100 * SECOND_US).unwrap();
        }
        assert_eq!(memory.len(), 5_000);
    }

    #[test]
    fn rl_36_full_of_live_users_refuses_to_decide_and_recovers() {
        let memory = ThrottleMemory::new(1_600);
        let known: Vec<i32> = (0..5_000).filter(|user| memory.decide(*user, T0).is_ok()).collect();
        assert_eq!(memory.len(), 1_600);
        assert_eq!(known.len(), 1_600);
        assert_eq!(memory.decide(9_999, T0 + SECOND_US - 1), Err(Full));
        // Who is known is still decided, and never forgotten to make room.
        for _ in 0..3 {
            assert!(memory.decide(known[0], T0).unwrap().admitted());
        }
        assert!(!memory.decide(known[0], T0 + SECOND_US - 1).unwrap().admitted());
        assert!(memory.decide(9_999, T0 + SECOND_US).is_ok());
        assert!(memory.len() < 1_600);
    }

    #[test]
    fn a_clock_set_back_by_an_hour_frees_everything_a_second_later() {
        let memory = ThrottleMemory::new(1_600);
        for user in 0..5_000 {
            let _ = memory.decide(user, T0);
        }
        let back = T0 - 3_600 * SECOND_US;
        for user in 5_000..10_000 {
            let _ = memory.decide(user, back);
            assert!(memory.len() <= 1_600);
        }
        assert!((10_000..10_400).all(|user| memory.decide(user, back + SECOND_US).is_ok()));
    }

    #[test]
    fn rl_14_threads_together_get_four() {
        let memory = ThrottleMemory::new(100);
        let attempts = || (0..1_000).filter(|_| memory.decide("alice", T0).unwrap().admitted()).count();
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(attempts)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(admitted, 4);
    }
}
