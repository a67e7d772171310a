//! Proves from a log alone that the throttle kept its promise: no half-open second holds five admissions of one
//! user (INV-1), and every refusal was filled by four admissions of that user in the second before it (INV-2, INV-4).
//!
//! It keeps an instant and an id for each admission, and a refusal only until the end; events may come in any order
//! and more than once.

use crate::sliding_log::{PER_SECOND, WINDOW_US};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Findings that are told in full; the rest is only counted.
pub const TOLD: usize = 1_000;

/// An attempt that was let through.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    /// The id of its event.
    pub event: &'a str,
    /// What names the user: the same for every attempt of one login.
    pub user: &'a str,
    /// Its instant, in microseconds.
    pub at: i64,
}

/// An attempt that was refused.
#[derive(Debug, Clone)]
pub struct Refusal<'a> {
    /// The id of its event.
    pub event: &'a str,
    /// What names the user.
    pub user: &'a str,
    /// When it was refused, in microseconds; the last time, if it stands for several.
    pub refused_at: i64,
    /// When the next could pass, in microseconds.
    pub retry_at: i64,
    /// The admissions that filled the window, oldest first, in microseconds.
    pub filled_by: Vec<i64>,
    /// The ids of their events.
    pub filled_by_events: Vec<&'a str>,
    /// How many refusals it stands for.
    pub count: u64,
}

/// Something that the throttle must not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Five admissions of one user within a second.
    Five {
        /// The user.
        user: String,
        /// Their instants, in microseconds.
        at: [i64; PER_SECOND + 1],
    },
    /// A refusal that its own facts don't justify.
    Unjustified {
        /// Its event.
        event: String,
        /// What is wrong with it.
        why: String,
    },
    /// A refusal that names an attempt of which the log has no event. A server that was killed in the middle of an
    /// attempt leaves such a gap.
    Missing {
        /// The refusal's event.
        event: String,
        /// The event that isn't there.
        missing: String,
        /// When that attempt was admitted, in microseconds.
        at: i64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Five { user, at } => {
                let [first, .., last] = at;
                write!(f, "five admissions of {user} within {} µs: {at:?}", last - first)
            }
            Self::Unjustified { event, why } => write!(f, "refusal {event} is unjustified: {why}"),
            Self::Missing { event, missing, at } => {
                write!(f, "refusal {event} names event {missing} (admitted at {at}), which is not in the log")
            }
        }
    }
}

/// What a log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Attempts that were let through.
    pub admissions: usize,
    /// Users who made attempts.
    pub users: usize,
    /// Events of refusals.
    pub refusals: usize,
    /// Refusals that these stand for.
    pub refused: u64,
    /// Attempts that refusals name and that lie before the first admission of the log, so nothing is known of them.
    pub outside: usize,
    /// What is wrong, at most [`TOLD`] of each kind.
    pub findings: Vec<Finding>,
    /// How much is wrong.
    pub wrong: usize,
    /// Refusals that name an attempt without an event.
    pub missing: usize,
}

impl Report {
    fn find(&mut self, finding: Finding) {
        let count =
            if matches!(finding, Finding::Missing { .. }) { &mut self.missing } else { &mut self.wrong };
        *count += 1;
        if *count <= TOLD {
            self.findings.push(finding);
        }
    }
}

/// What was read of a log so far.
#[derive(Debug, Default)]
pub struct Trace {
    users: HashMap<Box<str>, u32>,
    /// By event: who, when.
    admissions: HashMap<Box<str>, (u32, i64)>,
    refusals: BTreeMap<Box<str>, Kept>,
}

#[derive(Debug)]
struct Kept {
    user: u32,
    filled_by: [(i64, Box<str>); PER_SECOND],
    count: u64,
    /// What its own numbers say against it.
    fault: Option<String>,
}

impl Trace {
    fn user(&mut self, name: &str) -> u32 {
        if let Some(known) = self.users.get(name) {
            return *known;
        }
        let next = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        self.users.insert(name.into(), next);
        next
    }

    /// Takes an admission.
    pub fn admit(&mut self, admission: Admission<'_>) {
        let user = self.user(admission.user);
        self.admissions.insert(admission.event.into(), (user, admission.at));
    }

    /// Takes a refusal.
    pub fn refuse(&mut self, refusal: &Refusal<'_>) {
        let user = self.user(refusal.user);
        let filled_by: Vec<(i64, Box<str>)> = refusal
            .filled_by
            .iter()
            .zip(&refusal.filled_by_events)
            .map(|(at, event)| (*at, Box::from(*event)))
            .collect();
        let complete = refusal.filled_by.len() == PER_SECOND && refusal.filled_by_events.len() == PER_SECOND;
        let (filled_by, fault) = match <[_; PER_SECOND]>::try_from(filled_by) {
            Ok(four) if complete => (four, fault(refusal)),
            _ => (
                std::array::from_fn(|_| (0, Box::from(""))),
                Some(format!(
                    "it names {} instants and {} events instead of four",
                    refusal.filled_by.len(),
                    refusal.filled_by_events.len()
                )),
            ),
        };
        self.refusals.insert(refusal.event.into(), Kept { user, filled_by, count: refusal.count, fault });
    }

    /// Holds everything against the promise.
    #[must_use]
    pub fn check(&self) -> Report {
        let mut report = Report {
            admissions: self.admissions.len(),
            users: self.users.len(),
            refusals: self.refusals.len(),
            refused: self.refusals.values().map(|r| r.count).sum(),
            ..Report::default()
        };
        let mut instants: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        for (user, at) in self.admissions.values() {
            instants.entry(*user).or_default().push(*at);
        }
        let names: HashMap<u32, &str> = self.users.iter().map(|(name, n)| (*n, &**name)).collect();
        for (user, instants) in &mut instants {
            instants.sort_unstable();
            for five in instants.windows(PER_SECOND + 1) {
                let Ok(at) = <[i64; PER_SECOND + 1]>::try_from(five) else { continue };
                if at[PER_SECOND] - at[0] < WINDOW_US {
                    report.find(Finding::Five { user: names[user].to_owned(), at });
                }
            }
        }
        let first = self.admissions.values().map(|(_, at)| *at).min().unwrap_or(i64::MAX);
        for (event, refusal) in &self.refusals {
            self.check_refusal(event, refusal, first, &mut report);
        }
        report
    }

    fn check_refusal(&self, event: &str, refusal: &Kept, first: i64, report: &mut Report) {
        let event = event.to_owned();
        if let Some(why) = refusal.fault.clone() {
            return report.find(Finding::Unjustified { event, why });
        }
        for (n, (at, id)) in refusal.filled_by.iter().enumerate() {
            let why = match self.admissions.get(id) {
                _ if refusal.filled_by[..n].iter().any(|(_, other)| other == id) => {
                    format!("it names event {id} twice")
                }
                Some((user, _)) if *user != refusal.user => format!("event {id} is another user's"),
                Some((_, told)) if told != at => format!("event {id} was admitted at {told}, not at {at}"),
                Some(_) => continue,
                None if *at < first => {
                    report.outside += 1;
                    continue;
                }
                None => {
                    let missing = id.to_string();
                    report.find(Finding::Missing { event: event.clone(), missing, at: *at });
                    continue;
                }
            };
            report.find(Finding::Unjustified { event: event.clone(), why });
        }
    }
}

/// What a refusal's own numbers say against it.
fn fault(refusal: &Refusal<'_>) -> Option<String> {
    let (at, by) = (refusal.refused_at, &refusal.filled_by);
    if !by.is_sorted() {
        return Some(format!("its instants are out of order: {by:?}"));
    }
    if let Some(far) = by.iter().find(|t| **t > at || at.saturating_sub(**t) >= WINDOW_US) {
        return Some(format!("{far} is not in the second before it was refused at {at}"));
    }
    let frees = by[0].saturating_add(WINDOW_US);
    (refusal.retry_at != frees)
        .then(|| format!("it says that the next passes at {}, not at {frees}", refusal.retry_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    fn trace(instants: &[i64]) -> Trace {
        let mut trace = Trace::default();
        for (at, event) in instants.iter().zip(IDS) {
            trace.admit(Admission { event, user: "alice", at: *at });
        }
        trace
    }

    fn refusal() -> Refusal<'static> {
        Refusal {
            event: "r",
            user: "alice",
            refused_at: 900_000,
            retry_at: 1_000_010,
            filled_by: vec![10, 20, 20, 30],
            filled_by_events: IDS[..4].to_vec(),
            count: 1,
        }
    }

    fn verdict(change: impl Fn(&mut Refusal<'_>)) -> Report {
        let mut trace = trace(&[10, 20, 20, 30]);
        trace.admit(Admission { event: "bobs", user: "bob", at: 30 });
        let mut refusal = refusal();
        change(&mut refusal);
        trace.refuse(&refusal);
        trace.check()
    }

    #[test]
    fn five_in_a_half_open_second_are_found_and_four_are_not() {
        assert_eq!(trace(&[0, 1, 2, 3, 1_000_000]).check().wrong, 0, "half open");
        let report = trace(&[999_999, 3, 2, 1, 0]).check();
        assert_eq!(report.findings, [Finding::Five { user: "alice".into(), at: [0, 1, 2, 3, 999_999] }]);
        let mut others = trace(&[0, 1, 2, 3]);
        others.admit(Admission { event: "z", user: "bob", at: 4 });
        others.admit(Admission { event: "a", user: "alice", at: 0 });
        assert_eq!(others.check().wrong, 0, "another user's, and an event that was read twice");
    }

    #[test]
    fn a_refusal_that_four_admissions_justify_is_fine() {
        let report = verdict(|_| ());
        assert_eq!((report.wrong, report.missing, report.refused), (0, 0, 1), "{report:?}");
    }

    #[test]
    fn every_fault_of_a_refusal_is_found() {
        let wrong = |change: &dyn Fn(&mut Refusal<'_>), words: &str| {
            let report = verdict(change);
            assert_eq!(report.wrong, 1, "{words}: {report:?}");
            let told = report.findings[0].to_string();
            assert!(told.contains(words), "{told}");
        };
        wrong(&|r| r.refused_at = 1_000_010, "10 is not in the second before");
        wrong(&|r| r.refused_at = 29, "30 is not in the second before");
        wrong(&|r| r.retry_at += 1, "not at 1000010");
        wrong(&|r| r.filled_by.swap(0, 3), "out of order");
        wrong(&|r| r.filled_by_events.truncate(3), "4 instants and 3 events");
        wrong(&|r| r.filled_by.truncate(3), "3 instants and 4 events");
        wrong(&|r| r.filled_by_events[3] = "bobs", "another user's");
        wrong(&|r| r.filled_by_events[2] = "b", "twice");
        wrong(&|r| r.filled_by[1] = 11, "admitted at 20, not at 11");
    }

    #[test]
    fn an_attempt_without_an_event_is_told_apart_from_one_before_the_log() {
        let report = verdict(|r| r.filled_by_events[3] = "gone");
        assert_eq!((report.wrong, report.missing, report.outside), (0, 1, 0), "{report:?}");
        assert!(report.findings[0].to_string().contains("gone"));
        let report = verdict(|r| {
            (r.filled_by[0], r.retry_at, r.filled_by_events[0]) = (5, 1_000_005, "before");
        });
        assert_eq!((report.wrong, report.missing, report.outside), (0, 0, 1), "{report:?}");
    }

    #[test]
    fn findings_are_bounded_and_all_counted() {
        let mut trace = Trace::default();
        for n in 0..3_000 {
            trace.admit(Admission { event: &n.to_string(), user: "alice", at: n });
        }
        let report = trace.check();
        assert_eq!((report.wrong, report.findings.len()), (2_996, TOLD));
    }
}
