//! How the events that a search finds lie in time.
//!
//! As long as there are not too many, each is counted. Of more, a search for everything or for one app is drawn from
//! the hours' sums, over its whole range; any other search is drawn as far back as its newest events go.

use super::kinds;
use super::log::LogSearch;
use crate::IdpError;
use signet_domain::Time;
use signet_store::Tx;
use signet_store::log_query::{Bucket, Budget, Condition, TextField, TextOp};

/// Most events that are counted one by one: half of what the page itself looks at, where they lie together.
const BUDGET: Budget = Budget { together: 10_000, apart: 2_500 };
/// Events that no hour's sum has yet and that are counted all the same.
const TAIL: i64 = 5_000;
const HOUR: i64 = 3600 * Time::SECOND;
/// Shorter ranges aren't drawn by hours.
const FEWEST_HOURS: i64 = 6;
/// Bars that are left of a drawing from which on they stay as wide as they were.
const FEWEST_BARS: i64 = 12;
/// The most that finer bars may be.
const MOST_BARS: i64 = 60;
/// Seconds that a bar may stand for.
const WIDTHS: [i64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 10_800, 43_200, 86_400];

/// The drawing that is wanted: equal spans from an instant. The last one may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chart {
    /// The beginning of the first span.
    pub from: Time,
    /// The end of the last.
    pub to: Time,
    /// Microseconds of a span.
    pub width: i64,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// The drawing as it is: it may begin later than was asked for.
    pub(super) chart: Option<Chart>,
    /// The spans, each with the tokens of machines that it has.
    pub(super) buckets: Vec<(Bucket, i64)>,
    /// Tokens of machines in all.
    pub(super) machines: i64,
}

/// The drawing of a search.
pub(super) async fn of(tx: &mut Tx, search: &LogSearch, now: Time) -> Result<Drawing, IdpError> {
    let Some(asked) = search.chart else {
        let Some(budget) = search.budget else { return Ok(Drawing::default()) };
        let from = tx.log_floor_of(&search.machines(), search.to(), search.from(), budget).await?;
        let counted = tx.log_count(&search.machines(), from, search.to()).await?;
        return Ok(Drawing { machines: counted.total, ..Drawing::default() });
    };
    let floor = tx.log_floor_of(&search.query(false), asked.to, asked.from, BUDGET).await?;
    if floor > asked.from
        && let Some(drawing) = by_hours(tx, search, asked).await?
    {
        return Ok(drawing);
    }
    let chart = asked.of_newest(floor, search.until.is_none().then_some(now));
    let machines = kinds::machine_tokens();
    let buckets =
        tx.log_histogram(&search.query(false), &machines, (chart.from, chart.to), chart.width).await?;
    Ok(Drawing::new(chart, buckets))
}

/// The drawing from the hours' sums; none where they don't tell.
async fn by_hours(tx: &mut Tx, search: &LogSearch, asked: Chart) -> Result<Option<Drawing>, IdpError> {
    let Some(whose) = whose(&search.condition) else { return Ok(None) };
    let Some(chart) = asked.in_hours(search.until.is_none()) else { return Ok(None) };
    let Some(oldest) = tx.log_oldest().await? else { return Ok(None) };
    let start = |n: i64| Time(chart.from.0.saturating_add(n.saturating_mul(chart.width)));
    let mut buckets: Vec<(Bucket, i64)> =
        (0..chart.spans()).map(|n| (Bucket { start: start(n), total: 0, refused: 0 }, 0)).collect();
    // Sums outlive the events that the log no longer has.
    let from = chart.from.max(Time(oldest.0.div_euclid(HOUR) * HOUR));
    for hour in tx.hours_of_events(whose.app(), from, chart.to, TAIL).await? {
        let n = usize::try_from(hour.hour.since(chart.from) / chart.width).unwrap_or(usize::MAX);
        if let Some((bucket, machines)) = buckets.get_mut(n) {
            bucket.total += hour.total;
            bucket.refused += hour.refused;
            *machines += hour.machines;
        }
    }
    // Of an app that is gone there are no sums.
    let any = buckets.iter().any(|(bucket, _)| bucket.total > 0);
    Ok(any.then(|| Drawing::new(chart, buckets)))
}

/// Whose events a search finds, all of them.
#[derive(Debug, PartialEq, Eq)]
enum Whose<'c> {
    Everybody,
    App(&'c str),
}

impl<'c> Whose<'c> {
    fn app(&self) -> Option<&'c str> {
        match self {
            Self::Everybody => None,
            Self::App(client_id) => Some(client_id),
        }
    }
}

/// `None` where the search asks for more than the hours' sums can tell.
fn whose(condition: &Condition) -> Option<Whose<'_>> {
    match condition {
        Condition::Always => Some(Whose::Everybody),
        Condition::Text { field: TextField::ClientId, op: TextOp::Equal, value } if !value.is_empty() => {
            Some(Whose::App(value))
        }
        Condition::All(parts) => {
            parts.iter().map(whose).try_fold(Whose::Everybody, |all, part| match (all, part?) {
                (Whose::Everybody, part) => Some(part),
                (app, Whose::Everybody) => Some(app),
                (one, other) => (one == other).then_some(one),
            })
        }
        _ => None,
    }
}

impl Drawing {
    fn new(chart: Chart, buckets: Vec<(Bucket, i64)>) -> Self {
        let machines = buckets.iter().map(|(_, machines)| machines).sum();
        Self { chart: Some(chart), buckets, machines }
    }
}

/// The first multiple of `step` that is not before a time.
fn up(time: Time, step: i64) -> Time {
    Time(time.0.saturating_add(step - 1).div_euclid(step).saturating_mul(step))
}

impl Chart {
    fn spans(self) -> i64 {
        self.to.since(self.from).max(1).saturating_add(self.width - 1) / self.width
    }

    /// The same in spans of whole hours. Nothing comes after an open range, so its last hour may be drawn whole.
    /// `None` if it is short.
    fn in_hours(self, open: bool) -> Option<Self> {
        let width = up(Time(self.width), HOUR).0;
        let from = up(self.from, HOUR);
        let to = if open { up(self.to, HOUR) } else { Time(self.to.0.div_euclid(HOUR) * HOUR) };
        (to.since(from) >= FEWEST_HOURS * HOUR).then_some(Self { from, to, width })
    }

    /// The same for events that go back to `floor` only. An open range has nothing after `now`.
    fn of_newest(self, floor: Time, now: Option<Time>) -> Self {
        if floor <= self.from {
            return self;
        }
        if self.to.since(floor) / self.width >= FEWEST_BARS {
            let from = Time(self.from.0 + up(Time(floor.since(self.from)), self.width).0);
            return Self { from, ..self };
        }
        let to = now.map_or(self.to, |now| self.to.min(Time(now.0.saturating_add(1))));
        let left = to.since(floor);
        let fits = |width: &i64| left / width < MOST_BARS;
        let width = WIDTHS.iter().map(|seconds| seconds * Time::SECOND).find(fits).unwrap_or(self.width);
        let to = if now.is_some() { up(to, width) } else { to };
        // There is a bar at least, though it may hold a few events more.
        let from = up(floor, width).min(Time(to.0.saturating_sub(width)));
        Self { from, to, width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = Time::SECOND;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn a_drawing_of_the_newest_keeps_its_spans_while_there_are_many() {
        let chart = Chart { from: Time(0), to: Time(100), width: 4 };
        assert_eq!(chart.of_newest(Time(0), None), chart);
        assert_eq!(chart.of_newest(Time(-9), None), chart);
        assert_eq!(chart.of_newest(Time(31), None), Chart { from: Time(32), ..chart });
        assert_eq!(chart.of_newest(Time(32), None), Chart { from: Time(32), ..chart });
    }

    #[test]
    fn a_drawing_of_few_spans_gets_finer_ones_and_ends_now() {
        let days = Chart { from: Time(0), to: Time(90 * DAY), width: DAY };
        let now = Time(89 * DAY + 3 * HOUR);
        // Four hours of a day: bars of five minutes, not one of a day.
        let floor = Time(now.0 - 4 * HOUR - SECOND);
        let finer = days.of_newest(floor, Some(now));
        assert_eq!((finer.width, finer.to), (300 * SECOND, Time(now.0 + 300 * SECOND)));
        assert_eq!(finer.from, Time(now.0 - 4 * HOUR));
        // Whoever asked for an end gets it.
        let until = Chart { to: Time(now.0 + 7), ..days }.of_newest(floor, None);
        assert_eq!((until.to, until.width), (Time(now.0 + 7), 300 * SECOND));
        // However many there are in an instant.
        let crowd = days.of_newest(now, Some(now));
        assert_eq!((crowd.to.since(crowd.from), crowd.spans()), (SECOND, 1));
        let late = days.of_newest(days.to, Some(days.to));
        assert_eq!(late.spans(), 1);
    }

    #[test]
    fn hours_are_whole() {
        let day = Chart { from: Time(HOUR / 2), to: Time(HOUR / 2 + DAY), width: DAY / 60 };
        let closed = Chart { from: Time(HOUR), to: Time(DAY), width: HOUR };
        assert_eq!(day.in_hours(false), Some(closed));
        assert_eq!(day.in_hours(true), Some(Chart { to: Time(DAY + HOUR), ..closed }));
        assert_eq!(closed.spans(), 23);
        assert_eq!(Chart { to: Time(6 * HOUR), ..day }.in_hours(false), None);
        let quarter = Chart { from: Time(0), to: Time(90 * DAY), width: 90 * DAY / 60 };
        assert_eq!(quarter.in_hours(false).map(|c| (c.width, c.spans())), Some((36 * HOUR, 60)));
    }

    #[test]
    fn the_sums_tell_of_everybody_and_of_one_app() {
        let is = |field, value: &str| Condition::Text { field, op: TextOp::Equal, value: value.to_owned() };
        let app = || is(TextField::ClientId, "a");
        let all = Condition::All;
        assert_eq!(whose(&all(vec![Condition::Always, all(vec![])])), Some(Whose::Everybody));
        assert_eq!(whose(&all(vec![Condition::Always, app(), app()])), Some(Whose::App("a")));
        for more in [
            all(vec![app(), is(TextField::ClientId, "b")]),
            all(vec![app(), is(TextField::UserId, "u")]),
            Condition::Any(vec![app()]),
            is(TextField::ClientId, ""),
            Condition::Never,
        ] {
            assert_eq!(whose(&more), None, "{more:?}");
        }
    }
}
