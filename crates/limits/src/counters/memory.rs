//! Counters of one process, in bounded memory that forgets what has expired.
//!
//! Built like [`crate::memory`]: shards with a map and a queue each, where every decision looks at a few
//! counters at the head of the queue. A decision holds the locks of all its shards, taken in order, so it is one
//! step whatever it counts.

use super::{Batch, Clock, CounterStore, Decision, Slot};
use crate::memory::Full;
use crate::sliding_window::Counter;
use std::collections::hash_map::{HashMap, RandomState};
use std::collections::{BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counters that fit by default: a million keys, at about 130 bytes.
pub const DEFAULT_CAPACITY: usize = 1 << 20;

const SHARDS: usize = 64;
/// Queue entries looked at for each counter of a decision: more than it can add.
const SWEEP: usize = 4;
/// Queue entries looked at before a shard is declared full.
const SWEEP_WHEN_FULL: usize = 256;
/// Below this many slots an emptied map isn't worth giving back.
const KEEP_SLOTS: usize = 1_024;

/// The counters of a process.
#[derive(Debug)]
pub struct CounterMemory {
    shards: Box<[Mutex<Shard>]>,
    /// Randomly keyed, so nobody can aim at one shard.
    hasher: RandomState,
    shard_capacity: usize,
}

#[derive(Debug, Default)]
struct Shard {
    counters: HashMap<Slot, Counter>,
    /// Every slot of `counters` exactly once.
    queue: VecDeque<Slot>,
}

impl CounterMemory {
    /// Room for about `capacity` counters.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            shard_capacity: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// Decides one request at `now` (microseconds since the epoch).
    ///
    /// # Errors
    /// [`Full`] when there is no room for a counter that isn't there yet.
    pub fn decide_at(&self, batch: &Batch, now: i64) -> Result<Decision, Full> {
        let places: Vec<usize> = batch.slots().iter().map(|slot| self.place(slot)).collect();
        // In one order for all, so that two decisions never wait for each other.
        let needed: BTreeSet<usize> = places.iter().copied().collect();
        let mut held: Vec<(usize, MutexGuard<'_, Shard>)> =
            needed.into_iter().map(|place| (place, lock(&self.shards[place]))).collect();
        let mut stored = Vec::with_capacity(places.len());
        for (slot, place) in batch.slots().iter().zip(&places) {
            let shard = shard(&mut held, *place);
            shard.sweep(now, SWEEP);
            stored.push(shard.make_room(slot, now, self.shard_capacity)?);
        }
        let decision = batch.decide(&stored, now);
        for ((slot, place), counter) in batch.slots().iter().zip(&places).zip(&decision.counters) {
            shard(&mut held, *place).put(*slot, *counter);
        }
        Ok(decision)
    }

    /// What this process knows of a slot; a fresh counter for nothing.
    #[must_use]
    pub fn known(&self, slot: &Slot) -> Counter {
        lock(&self.shards[self.place(slot)]).counters.get(slot).copied().unwrap_or_default()
    }

    /// Notes a hit that another store counted in the window that began at `started_at`, and gives what this
    /// process knows of the slot then: hits whose answers have come, also of those that were counted later.
    pub fn note(&self, slot: Slot, started_at: i64, now: i64) -> Result<Counter, Full> {
        let mut shard = lock(&self.shards[self.place(&slot)]);
        shard.sweep(now, SWEEP);
        let known = shard.make_room(&slot, now, self.shard_capacity)?;
        let later = started_at.saturating_sub(known.started_at);
        let counter = if later == 0 {
            known.hit()
        } else if later == slot.window_us {
            Counter { started_at, current: 1, previous: known.current }
        } else if later == -slot.window_us {
            // Answers come in any order.
            Counter { previous: known.previous.saturating_add(1), ..known }
        } else if later > 0 || later < -slot.window_us.saturating_mul(2) {
            Counter { started_at, current: 1, previous: 0 }
        } else {
            known
        };
        shard.put(slot, counter);
        Ok(counter)
    }

    /// Takes over what another store counted, of which `own` hits since are not in it yet.
    pub fn absorb(&self, slot: Slot, told: Counter, own: u32) {
        let mut shard = lock(&self.shards[self.place(&slot)]);
        let Some(known) = shard.counters.get_mut(&slot) else { return };
        if known.started_at <= told.started_at {
            *known = told.hits(own);
        } else if known.started_at.saturating_sub(told.started_at) == slot.window_us {
            known.previous = known.previous.max(told.current);
        }
    }

    /// Counters held at the moment, for metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).counters.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&self, slot: &Slot) -> usize {
        usize::try_from(self.hasher.hash_one(slot) % SHARDS as u64).unwrap_or(0)
    }
}

impl Default for CounterMemory {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl CounterStore for CounterMemory {
    type Error = Full;

    async fn decide(&self, batch: &Batch, clock: Clock) -> Result<Decision, Full> {
        self.decide_at(batch, clock.node())
    }
}

fn shard<'a>(held: &'a mut [(usize, MutexGuard<'_, Shard>)], place: usize) -> &'a mut Shard {
    let at = held.binary_search_by_key(&place, |(held, _)| *held).unwrap_or_default();
    &mut held[at].1
}

/// A panic elsewhere under the lock leaves every counter whole.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    /// Looks at some counters at the head of the queue: what has expired goes, the rest queues up again.
    fn sweep(&mut self, now: i64, most: usize) {
        for _ in 0..most.min(self.queue.len()) {
            let Some(slot) = self.queue.pop_front() else { return };
            let Some(counter) = self.counters.get_mut(&slot) else { continue };
            if slot.expires_at(counter) <= now {
                self.counters.remove(&slot);
                continue;
            }
            // A clock that was set back a long way leaves counters ahead of it: they move with it, or they would
            // stay until it has caught up.
            if counter.started_at.saturating_sub(now) > slot.window_us {
                *counter = slot.roll(*counter, now);
            }
            self.queue.push_back(slot);
        }
        if self.counters.capacity() > KEEP_SLOTS && self.counters.len() < self.counters.capacity() / 4 {
            self.counters.shrink_to(self.counters.len() * 2);
            self.queue.shrink_to(self.counters.len() * 2);
        }
    }

    /// A slot's counter, or a fresh one if there is room for it.
    fn make_room(&mut self, slot: &Slot, now: i64, capacity: usize) -> Result<Counter, Full> {
        if let Some(counter) = self.counters.get(slot) {
            return Ok(*counter);
        }
        if self.counters.len() >= capacity {
            self.sweep(now, SWEEP_WHEN_FULL);
        }
        if self.counters.len() >= capacity { Err(Full) } else { Ok(Counter::default()) }
    }

    fn put(&mut self, slot: Slot, counter: Counter) {
        if counter.current == 0 && counter.previous == 0 && !self.counters.contains_key(&slot) {
            return;
        }
        if self.counters.insert(slot, counter).is_none() {
            self.queue.push_back(slot);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::SECOND_US;
    use crate::sliding_window::Rule;

    const T0: i64 = 1_790_000_400 * SECOND_US;

    fn batch(key: u128, limit: u32, secs: i64) -> Batch {
        let mut batch = Batch::default();
        batch.ask(key, vec![Rule { limit, window_us: secs * SECOND_US, sliding: true }], true, false);
        batch
    }

    #[test]
    fn a_flood_of_made_up_keys_stays_bounded_and_expires() {
        let memory = CounterMemory::new(100_000);
        let mut most = 0;
        for key in 0..400_000_u32 {
            let now = T0 + i64::from(key) * 50;
            assert!(memory.decide_at(&batch(u128::from(key), 1, 1), now).unwrap().admitted());
            if key % 10_000 == 0 {
                most = most.max(memory.len());
            }
        }
        // 20,000 a second, each remembered for at most two windows and until the sweep comes by.
        assert!((20_000..90_000).contains(&most), "{most}");
        for key in 0..20_000 {
            memory.decide_at(&batch(key % 5_000, 1, 1), T0 + 100 * SECOND_US).unwrap();
        }
        assert_eq!(memory.len(), 5_000);
    }

    #[test]
    fn full_of_live_counters_refuses_to_decide_for_new_keys_only() {
        let memory = CounterMemory::new(640);
        let known: Vec<u128> =
            (0..4_000).filter(|key| memory.decide_at(&batch(*key, 2, 60), T0).is_ok()).collect();
        assert_eq!((known.len(), memory.len()), (640, 640));
        assert_eq!(memory.decide_at(&batch(9_999, 2, 60), T0), Err(Full));
        assert!(memory.decide_at(&batch(known[0], 2, 60), T0).unwrap().admitted());
        assert!(!memory.decide_at(&batch(known[0], 2, 60), T0).unwrap().admitted());
        assert!(memory.decide_at(&batch(9_999, 2, 60), T0 + 120 * SECOND_US).is_ok());
    }

    #[test]
    fn threads_together_get_the_limit_and_never_wait_for_each_other() {
        let memory = CounterMemory::new(10_000);
        let admitted = |thread: u128| {
            (0..500_u128)
                .filter(|n| {
                    let mut batch = Batch::default();
                    let rule = |limit| vec![Rule { limit, window_us: 60 * SECOND_US, sliding: true }];
                    // Every thread takes the two in another order, with others in between.
                    let keys = if thread.is_multiple_of(2) { [1, 100 + n] } else { [100 + n, 1] };
                    keys.into_iter().for_each(|key| batch.ask(key, rule(1_000), true, false));
                    memory.decide_at(&batch, T0).unwrap().admitted()
                })
                .count()
        };
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || admitted(n))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1_000);
    }

    #[test]
    fn what_another_store_counted_is_known_in_whatever_order_it_comes() {
        let memory = CounterMemory::new(100);
        let slot = Slot { key: 1, window_us: 30 * SECOND_US };
        let (first, second) = (T0, T0 + slot.window_us);
        let note = |at| memory.note(slot, at, second).unwrap();
        assert_eq!(note(first), Counter { started_at: first, current: 1, previous: 0 });
        assert_eq!(note(second), Counter { started_at: second, current: 1, previous: 1 });
        assert_eq!(note(first), Counter { started_at: second, current: 1, previous: 2 });
        assert_eq!(note(second), Counter { started_at: second, current: 2, previous: 2 });
    }
}
