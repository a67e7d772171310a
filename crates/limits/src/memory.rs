//! The throttle's state for one process: rings in a bounded, sharded table that forgets what has expired.
//!
//! A user is kept as a fingerprint of 128 bits under keys drawn at the start, which nobody outside can foresee or aim
//! at, beside the four instants: 48 bytes, whatever the length of the login. Each shard is a table with open
//! addressing. A slot whose second is over serves the next user whose way leads past it, and every few seconds a
//! shard that is used is copied without the expired ones into a table of the right size. So a decision looks at one
//! or two places in memory, nothing is allocated for it, and 10⁶ made-up users cost what a second of them costs.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::SECOND_US;
use crate::sliding_log::{self, Decision, EMPTY, Ring, WINDOW_US};

/// Users that fit by default: a second of attempts far above what any machine can hash.
pub const DEFAULT_CAPACITY: usize = 1 << 17;

/// Locks that decisions for different users are spread over.
const SHARDS: usize = 128;

/// How often a shard that is used is rid of what has expired.
const PURGE_US: i64 = 2 * SECOND_US;

/// Slots of the smallest table.
const LEAST_SLOTS: usize = 16;

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
#[derive(Debug)]
pub struct ThrottleMemory {
    shards: Box<[Padded]>,
    /// Two halves of the fingerprint, each under a key of its own.
    keys: [RandomState; 2],
    shard_capacity: usize,
}

/// One to a cache line, so that locks of neighbours don't disturb each other.
#[derive(Debug)]
#[repr(align(128))]
struct Padded(Mutex<Shard>);

#[derive(Debug)]
struct Shard {
    /// A power of two of them.
    slots: Box<[Slot]>,
    /// Slots that hold someone, expired or not.
    used: usize,
    /// When the shard was last rid of what had expired.
    purged_at: i64,
    /// Until then nobody expires of those who were there at the last purge.
    soonest: i64,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    user: u128,
    ring: Ring,
}

const FREE: Slot = Slot { user: 0, ring: Ring::NEW };

impl Slot {
    const fn is_free(&self) -> bool {
        self.ring.newest() == EMPTY
    }
}

impl ThrottleMemory {
    /// Room for about `capacity` users admitted within one second. It is divided evenly among the shards,
    /// so one may be full a little before the others.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let shard = || {
            let slots = vec![FREE; LEAST_SLOTS].into_boxed_slice();
            Padded(Mutex::new(Shard { slots, used: 0, purged_at: EMPTY, soonest: EMPTY }))
        };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            keys: [RandomState::new(), RandomState::new()],
            shard_capacity: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// Decides one attempt of the user `key` when the clock shows `clock_us` (microseconds since the
    /// epoch), and remembers it. Atomic: attempts of one user are decided one after the other.
    ///
    /// # Errors
    /// [`Full`] if the user isn't known and there is no room.
    pub fn decide<K: Hash + ?Sized>(&self, key: &K, clock_us: i64) -> Result<Decision, Full> {
        let [shard, slot] = [0, 1].map(|n: usize| self.keys[n].hash_one(key));
        let user = u128::from(shard) << 64 | u128::from(slot);
        lock(&self.shards[shard as usize % SHARDS]).decide(user, clock_us, self.shard_capacity)
    }

    /// Users remembered at the moment, the expired ones that nobody has come past yet too; for metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).used).sum()
    }

    /// Whether nobody is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the tables.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let slots: usize = self.shards.iter().map(|shard| lock(shard).slots.len()).sum();
        slots * size_of::<Slot>() + SHARDS * size_of::<Padded>()
    }
}

impl Default for ThrottleMemory {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

/// A panic elsewhere under the lock leaves every ring whole: what was logged stays logged.
fn lock(shard: &Padded) -> MutexGuard<'_, Shard> {
    shard.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a user is, or goes.
enum Place {
    Known(usize),
    /// A slot whose user has expired.
    Expired(usize),
    Free(usize),
}

impl Shard {
    fn decide(&mut self, user: u128, clock_us: i64, capacity: usize) -> Result<Decision, Full> {
        let since = clock_us.saturating_sub(self.purged_at);
        if since >= PURGE_US || since < -WINDOW_US {
            self.purge(clock_us, 0);
        }
        let index = match self.find(user, clock_us) {
            Place::Known(index) => index,
            Place::Expired(index) => {
                self.slots[index] = Slot { user, ring: Ring::NEW };
                index
            }
            Place::Free(index) => self.occupy(user, index, clock_us, capacity)?,
        };
        let slot = &mut self.slots[index];
        let decision = sliding_log::decide(&slot.ring, clock_us);
        *slot = Slot { user, ring: decision.ring() };
        Ok(decision)
    }

    /// Looks for a user. There always is a free slot, at which the search ends.
    fn find(&self, user: u128, clock_us: i64) -> Place {
        let mask = self.slots.len() - 1;
        let mut index = user as usize & mask;
        let mut expired = None;
        loop {
            let slot = &self.slots[index];
            if slot.is_free() {
                return expired.map_or(Place::Free(index), Place::Expired);
            }
            if slot.user == user {
                return Place::Known(index);
            }
            if expired.is_none() && slot.ring.expired(clock_us) {
                expired = Some(index);
            }
            index = (index + 1) & mask;
        }
    }

    /// Takes a free slot, if there is room for one more. Nobody who still counts is forgotten for it: that would
    /// admit too many.
    fn occupy(&mut self, user: u128, index: usize, clock_us: i64, capacity: usize) -> Result<usize, Full> {
        let crowded = (self.used + 1) * 4 > self.slots.len() * 3;
        if !crowded && self.used < capacity {
            self.used += 1;
            return Ok(index);
        }
        // A full shard is not copied again and again for nothing.
        if self.used >= capacity && (self.purged_at..self.soonest).contains(&clock_us) {
            return Err(Full);
        }
        self.purge(clock_us, 1);
        if self.used >= capacity {
            return Err(Full);
        }
        let (Place::Known(index) | Place::Expired(index) | Place::Free(index)) = self.find(user, clock_us);
        self.used += 1;
        Ok(index)
    }

    /// Copies those who still count into a table that is at most three eighths full with `more` of them.
    fn purge(&mut self, clock_us: i64, more: usize) {
        self.purged_at = clock_us;
        self.soonest = i64::MAX;
        let live = |slot: &&Slot| !slot.is_free() && !slot.ring.expired(clock_us);
        let count = self.slots.iter().filter(live).count();
        if count == 0 && self.used == 0 {
            return;
        }
        let wanted = ((count + more) * 8).div_ceil(3).next_power_of_two().max(LEAST_SLOTS);
        let old = std::mem::replace(&mut self.slots, vec![FREE; wanted].into_boxed_slice());
        self.used = count;
        let mask = wanted - 1;
        for slot in old.iter().filter(live) {
            // If the clock has been set back by more than a second, the ring would otherwise live until the
            // clock has caught up.
            let ring = slot.ring.settled(clock_us);
            self.soonest = self.soonest.min(ring.newest().saturating_add(WINDOW_US));
            let mut index = slot.user as usize & mask;
            while !self.slots[index].is_free() {
                index = (index + 1) & mask;
            }
            self.slots[index] = Slot { user: slot.user, ring };
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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

    /// The table against one ring each, with users who come and go so that slots change hands and tables grow.
    #[test]
    fn every_decision_is_the_rings_own() {
        let memory = ThrottleMemory::new(1 << 16);
        let mut rings = std::collections::HashMap::new();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut clock = T0;
        for n in 0..300_000_u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Crowds and quiet times.
            clock += (random >> 33) as i64 % if n % 50_000 < 40_000 { 100 } else { 100_000 };
            let user = (random >> 40) % 5_000;
            let ring = rings.entry(user).or_insert(Ring::NEW);
            let expected = sliding_log::decide(ring, clock);
            *ring = expected.ring();
            let decision = memory.decide(&user, clock).unwrap();
            assert_eq!(decision.admitted(), expected.admitted(), "decision {n}");
        }
    }

    #[test]
    fn rl_36_a_million_made_up_users_stay_bounded_and_expire() {
        let memory = ThrottleMemory::new(100_000);
        let mut most = 0;
        // 20,000 a second: those of three seconds are there at most before they are purged.
        for user in 0..1_000_000_i64 {
            let decision = memory.decide(&user, T0 + user * 50).expect("a second of them fits");
            assert!(decision.admitted());
            if user % 10_000 == 0 {
                most = most.max(memory.len());
                assert!(memory.bytes() < 16_000_000, "{}", memory.bytes());
            }
        }
        assert!((20_000..70_000).contains(&most), "{most}");
        for attempt in 0..20_000 {
            memory.decide(&(attempt % 5_000), T0 + 100 * SECOND_US).unwrap();
        }
        assert_eq!(memory.len(), 5_000);
        assert!(memory.bytes() < 2_000_000, "{}", memory.bytes());
    }

    #[test]
    fn rl_36_a_user_costs_at_most_256_bytes() {
        let memory = ThrottleMemory::new(2_000_000);
        for user in 0..200_000 {
            memory.decide(&user, T0 + i64::from(user)).unwrap();
            if user > 20_000 && user % 1_000 == 0 {
                let each = memory.bytes() / memory.len();
                assert!(each <= 256, "{each} bytes a user with {user} of them");
            }
        }
        assert_eq!(memory.len(), 200_000);
    }

    #[test]
    fn rl_36_full_of_live_users_refuses_to_decide_and_recovers() {
        let memory = ThrottleMemory::new(1_600);
        let room = 1_600_usize.div_ceil(SHARDS) * SHARDS;
        let known: Vec<i32> = (0..20_000).filter(|user| memory.decide(user, T0).is_ok()).collect();
        assert_eq!((memory.len(), known.len()), (room, room));
        assert_eq!(memory.decide(&29_999, T0 + SECOND_US - 1), Err(Full));
        // Who is known is still decided, and never forgotten to make room.
        for _ in 0..3 {
            assert!(memory.decide(&known[0], T0).unwrap().admitted());
        }
        assert!(!memory.decide(&known[0], T0 + SECOND_US - 1).unwrap().admitted());
        assert!(memory.decide(&29_999, T0 + SECOND_US).is_ok());
        assert!(memory.len() <= room);
    }

    #[test]
    fn a_clock_set_back_by_an_hour_frees_everything_a_second_later() {
        let memory = ThrottleMemory::new(1_600);
        for user in 0..20_000 {
            let _ = memory.decide(&user, T0);
        }
        let back = T0 - 3_600 * SECOND_US;
        for user in 20_000..40_000 {
            assert_eq!(memory.decide(&user, back), Err(Full));
        }
        assert!((40_000..40_400).all(|user| memory.decide(&user, back + SECOND_US).is_ok()));
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
