//! Several rate policies decided together: what a request is asked about, what becomes of it, and what a store
//! of counters must do.
//!
//! A request brings a [`Batch`]: the policies that apply to it, each a [`Question`] with one or more windows. The
//! windows are counted in [`Slot`]s; policies that share a namespace share slots, and one request hits a slot
//! once. [`Batch::decide`] is the one decision. Every [`CounterStore`] gives what it gives, atomically.
//!
//! * A question refuses if any of its windows does.
//! * A request that any question refuses is refused, unless that question is only tried out (dry run).
//! * An admitted request counts everywhere. A refused one counts in the questions that refused it (the
//!   penalty), in all their windows, unless they say otherwise, and in no others.

use crate::sliding_window::{Counter, Rule, Standing};
use std::future::Future;

pub mod memory;

/// What is counted: a hash that stands for tenant, namespace, identifier and value.
pub type Key = u128;

/// One counter: a key and the length of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// What is counted.
    pub key: Key,
    /// Length of the window in microseconds.
    pub window_us: i64,
}

/// One policy, asked about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its windows.
    pub rules: Vec<Rule>,
    /// For each rule the place of its slot in the batch.
    slots: Vec<usize>,
    /// Whether what it refuses counts too.
    pub penalty: bool,
    /// Whether it only counts and tells, and refuses nothing.
    pub dry_run: bool,
}

/// Everything that one request is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    scope: u128,
    /// Requests that it stands for beyond one.
    more: u32,
    questions: Vec<Question>,
    slots: Vec<Slot>,
}

impl Batch {
    /// A batch of one tenant, or whatever keeps its counters together.
    #[must_use]
    pub fn of(scope: u128) -> Self {
        Self { scope, ..Self::default() }
    }

    /// What keeps its counters together: a store that is spread out may place them by it.
    #[must_use]
    pub fn scope(&self) -> u128 {
        self.scope
    }

    /// Makes it stand for `requests` at once: what is handed over late.
    #[must_use]
    pub fn worth(mut self, requests: u32) -> Self {
        self.more = requests.saturating_sub(1);
        self
    }

    /// Requests that it stands for.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.more.saturating_add(1)
    }

    /// Adds a policy's question: its windows, counted under `key`.
    pub fn ask(&mut self, key: Key, rules: Vec<Rule>, penalty: bool, dry_run: bool) {
        let slots = rules.iter().map(|rule| self.slot(Slot { key, window_us: rule.width() })).collect();
        self.questions.push(Question { rules, slots, penalty, dry_run });
    }

    fn slot(&mut self, slot: Slot) -> usize {
        self.slots.iter().position(|known| *known == slot).unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        })
    }

    /// The counters it needs, each once.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The questions, in the order they were asked.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// The same with every limit divided among `nodes`, rounded up, at least 1 (a limit of 0 stays).
    #[must_use]
    pub fn shared_by(&self, nodes: u32) -> Self {
        let mut batch = self.clone();
        for rule in batch.questions.iter_mut().flat_map(|q| &mut q.rules) {
            rule.limit = rule.limit.div_ceil(nodes.max(1));
        }
        batch
    }

    /// Decides one request at `now` (microseconds since the epoch) on the stored counters, given in the order of
    /// [`Batch::slots`]; a missing one is a fresh one. Keep [`Decision::counters`], in one atomic step.
    #[must_use]
    pub fn decide(&self, stored: &[Counter], now: i64) -> Decision {
        let stored = stored.iter().copied().chain(std::iter::repeat(Counter::default()));
        let mut counters: Vec<Counter> =
            self.slots.iter().zip(stored).map(|(slot, counter)| slot.roll(counter, now)).collect();
        let refused_by = |q: &Question| -> Vec<bool> {
            q.rules
                .iter()
                .zip(&q.slots)
                .map(|(rule, at)| !rule.admits(&counters[*at].hits(self.requests()), now))
                .collect()
        };
        let refused: Vec<Vec<bool>> = self.questions.iter().map(refused_by).collect();
        let admitted = !self.questions.iter().zip(&refused).any(|(q, r)| !q.dry_run && r.contains(&true));
        let mut hit = vec![false; self.slots.len()];
        for (question, refused) in self.questions.iter().zip(&refused) {
            if question.counts(refused.contains(&true), admitted) {
                question.slots.iter().for_each(|at| hit[*at] = true);
            }
        }
        for (counter, _) in counters.iter_mut().zip(hit).filter(|(_, hit)| *hit) {
            *counter = counter.hits(self.requests());
        }
        self.told(&counters, &refused, now)
    }

    /// Whether the request counts in all its slots, whatever is decided: a store may count before it decides.
    #[must_use]
    pub fn always_counts(&self) -> bool {
        matches!(&self.questions[..], [question] if question.penalty)
    }

    /// The decision on a request that was counted already, where [`Batch::always_counts`]: the counters after it, in
    /// the order of the slots, each with the clock that looked at it.
    #[must_use]
    pub fn counted(&self, after: &[(Counter, i64)]) -> Decision {
        let now = after.iter().map(|(_, clock)| *clock).max().unwrap_or(0);
        let refused_by = |q: &Question| -> Vec<bool> {
            let slots = q.rules.iter().zip(&q.slots);
            slots.map(|(rule, at)| after.get(*at).is_none_or(|(c, clock)| !rule.admits(c, *clock))).collect()
        };
        let refused: Vec<_> = self.questions.iter().map(refused_by).collect();
        let counters: Vec<Counter> = after.iter().map(|(counter, _)| *counter).collect();
        self.told(&counters, &refused, now)
    }

    /// Which slots a decision hit, in their order.
    #[must_use]
    pub fn hit_by(&self, decision: &Decision) -> Vec<bool> {
        let mut hit = vec![false; self.slots.len()];
        for (question, answer) in self.questions.iter().zip(&decision.answers) {
            if question.counts(!answer.admitted, decision.admitted()) {
                question.slots.iter().for_each(|at| hit[*at] = true);
            }
        }
        hit
    }

    /// The decision that `counters` (after the request, in the order of the slots) lead to, where a store lost
    /// some of them: it refuses what the store refused, and what is above the limit now.
    #[must_use]
    pub fn corrected(&self, decision: &Decision, counters: &[Counter]) -> Decision {
        let now = decision.now;
        let refused = |(question, answer): (&Question, &Answer)| -> Vec<bool> {
            let rules = question.rules.iter().zip(&question.slots).zip(&answer.standings);
            rules.map(|((rule, at), s)| !s.admitted || !rule.admits(&counters[*at], now)).collect()
        };
        let refused: Vec<_> = self.questions.iter().zip(&decision.answers).map(refused).collect();
        self.told(counters, &refused, now)
    }

    /// What a store that decided for itself tells: the counters after the request, and which rules refused.
    pub(crate) fn told(&self, counters: &[Counter], refused: &[Vec<bool>], now: i64) -> Decision {
        let answer = |(question, refused): (&Question, &Vec<bool>)| {
            let rules = question.rules.iter().zip(&question.slots).zip(refused);
            let standings = rules.map(|((rule, at), r)| rule.standing(&counters[*at], *r, now)).collect();
            let counters = question.slots.iter().map(|at| counters[*at]).collect();
            Answer { admitted: !refused.contains(&true), standings, counters, dry_run: question.dry_run }
        };
        let answers = self.questions.iter().zip(refused).map(answer).collect();
        Decision { now, answers, counters: counters.to_vec() }
    }
}

impl Slot {
    fn roll(&self, counter: Counter, now: i64) -> Counter {
        Rule { limit: 0, window_us: self.window_us, sliding: true }.roll(counter, now)
    }

    /// When a counter can be forgotten: it weighs on no window any more. Microseconds since the epoch.
    #[must_use]
    pub fn expires_at(&self, counter: &Counter) -> i64 {
        counter.started_at.saturating_add(self.window_us.saturating_mul(2))
    }
}

impl Question {
    /// Whether a request counts here that this question refused or not, and that was admitted by all or not.
    pub(crate) fn counts(&self, refused_here: bool, admitted: bool) -> bool {
        if refused_here { self.penalty } else { admitted }
    }

    /// For each rule the place of its slot in the batch.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.slots
    }
}

/// What one question came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the policy admits the request.
    pub admitted: bool,
    /// Where each window stands after it, in the order of the rules.
    pub standings: Vec<Standing>,
    /// The counters behind them.
    pub counters: Vec<Counter>,
    /// Whether the policy refuses nothing.
    pub dry_run: bool,
}

impl Answer {
    /// The most constrained window: of those that refuse the one with the longest wait, otherwise the one with
    /// the fewest calls left. `None` if there are no windows.
    #[must_use]
    pub fn tightest(&self) -> Option<usize> {
        let key = |s: &Standing| (s.admitted, s.remaining, std::cmp::Reverse(s.reset_s));
        let all = self.standings.iter().enumerate();
        all.min_by_key(|(_, standing)| key(standing)).map(|(place, _)| place)
    }
}

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The clock that decided, in microseconds since the epoch.
    pub now: i64,
    /// What each question came to, in their order.
    pub answers: Vec<Answer>,
    /// The counters to store, in the order of the slots.
    pub counters: Vec<Counter>,
}

impl Decision {
    /// Whether the request may go on.
    #[must_use]
    pub fn admitted(&self) -> bool {
        self.answers.iter().all(|answer| answer.admitted || answer.dry_run)
    }
}

/// Whose clock decides, in microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The store's own; a store without one takes this reading of the node's.
    Store(i64),
    /// This one, whatever the store's says: for tests.
    Fixed(i64),
}

impl Clock {
    /// The node's reading.
    #[must_use]
    pub fn node(self) -> i64 {
        match self {
            Self::Store(now) | Self::Fixed(now) => now,
        }
    }

    /// The instant that overrides a store's clock.
    #[must_use]
    pub fn fixed(self) -> Option<i64> {
        match self {
            Self::Store(_) => None,
            Self::Fixed(now) => Some(now),
        }
    }
}

/// Where counters are kept: decides a batch and keeps the counters, as one step that no other decision on the
/// same counters can come between.
pub trait CounterStore {
    /// Why nothing was decided. The request must not go on as if it had been admitted.
    type Error;

    /// Decides one request like [`Batch::decide`].
    fn decide(
        &self,
        batch: &Batch,
        clock: Clock,
    ) -> impl Future<Output = Result<Decision, Self::Error>> + Send;
}

#[cfg(test)]
#[path = "counters_tests.rs"]
mod tests;
