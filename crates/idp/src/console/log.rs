//! Pages of the system log for people: newest first, with a way to either side, what was folded away, and how
//! the events lie in time.
//!
//! A page looks at a bounded number of events and then says how far it came, so that a search that finds nothing
//! ends as soon as any other. Its link to older events goes on from there.

use super::drawing::{self, Chart, Drawing};
use super::kinds;
use crate::syslog::cursor::Search;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_store::Tx;
use signet_store::log_query::{Bucket, Budget, Condition, LogPage, LogQuery, MAX_TIMES, Order, Position};

/// Most events that a page looks at. With the drawing it is what a page takes, some microseconds an event: at ten million
/// events, too, it shall be there within 300 ms.
pub const BUDGET: Budget = Budget::of(20_000);
/// Most events that a page takes up by itself at a time.
const NEWER: u32 = 100;
/// Microseconds before the newest event in which others may still turn up: nodes commit what they wrote in any order.
const LATE: i64 = 3 * Time::SECOND;

/// Where a page lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// At the newest event.
    #[default]
    Top,
    /// Below the event of this cursor.
    Older(String),
    /// Above the event of this cursor.
    Newer(String),
}

/// A search of the log.
#[derive(Debug, Clone)]
pub struct LogSearch {
    /// What must hold.
    pub condition: Condition,
    /// The first instant.
    pub since: Option<Time>,
    /// The first instant after.
    pub until: Option<Time>,
    /// Whether tokens of machines are folded into a count.
    pub fold: bool,
    /// Everything that narrows the search, in one text: a cursor is good for this search only.
    pub name: String,
    /// Where the page lies.
    pub place: Place,
    /// Most events on a page.
    pub limit: u32,
    /// The drawing.
    pub chart: Option<Chart>,
    /// Most events that a page looks at; `None` for what an index finds wherever it lies.
    pub budget: Option<Budget>,
}

/// Tokens of machines that lie together between two events of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// How many events of the page are newer.
    pub below: usize,
    /// How many tokens.
    pub count: usize,
    /// Whether there are more than were counted.
    pub more: bool,
    /// The first instant of the run's interval.
    pub since: Time,
    /// The first instant after it.
    pub until: Time,
}

/// A page of the log.
#[derive(Debug)]
pub struct LogView {
    /// Newest first.
    pub events: Vec<EventRow>,
    /// Cursor of the page below.
    pub older: Option<String>,
    /// Cursor of the page above.
    pub newer: Option<String>,
    /// Tokens of machines among what was searched for.
    pub machines: i64,
    /// Whether those are in the list. If there is nothing else, they are.
    pub machines_shown: bool,
    /// Where those lie that are not in the list, newest first.
    pub runs: Vec<Run>,
    /// The drawing as it is: it may begin later than was asked for.
    pub chart: Option<Chart>,
    /// What it shows.
    pub buckets: Vec<Bucket>,
    /// How far the page came, if it ended before the range did.
    pub searched_to: Option<Time>,
    /// When nothing was found: the newest event before the range that matches.
    pub nearest: Option<EventRow>,
    /// Where what comes later is looked for; none on pages that don't begin at the top.
    pub top: Option<String>,
}

impl LogSearch {
    pub(super) fn query(&self, folded: bool) -> LogQuery {
        let mut parts = vec![self.condition.clone()];
        if folded {
            parts.push(kinds::not(kinds::machine_tokens()));
        }
        LogQuery {
            condition: Condition::All(parts),
            since: self.since,
            until: self.until,
            limit: self.limit,
            ..LogQuery::default()
        }
    }

    pub(super) fn machines(&self) -> LogQuery {
        let condition = Condition::All(vec![self.condition.clone(), kinds::machine_tokens()]);
        LogQuery { condition, ..self.query(false) }
    }

    pub(super) fn from(&self) -> Time {
        self.since.unwrap_or(Time(0))
    }

    pub(super) fn to(&self) -> Time {
        self.until.unwrap_or(Time(i64::MAX))
    }
}

/// What has come since a page was made.
#[derive(Debug)]
pub struct Newer {
    /// Newest first. Some may be on the page already.
    pub events: Vec<EventRow>,
    /// Where to look from the next time.
    pub top: String,
    /// Whether there are more than these.
    pub more: bool,
    /// How the events of the whole search lie in time now, where any came.
    pub drawn: Option<(Chart, Vec<Bucket>)>,
}

/// The drawing beside a page, without the tokens of machines where the page folds them.
async fn drawn(tx: &mut Tx, search: &LogSearch, now: Time) -> Result<Option<(Chart, Vec<Bucket>)>, IdpError> {
    let Drawing { chart, buckets, machines } = drawing::of(tx, search, now).await?;
    Ok(chart.map(|chart| (chart, unfolded(buckets, search.fold && machines > 0))))
}

/// What the bars stand for.
fn unfolded(buckets: Vec<(Bucket, i64)>, folded: bool) -> Vec<Bucket> {
    let bar = |(bucket, machines): (Bucket, i64)| Bucket {
        total: if folded { bucket.total - machines } else { bucket.total },
        ..bucket
    };
    buckets.into_iter().map(bar).collect()
}

/// A page, and where to go on.
pub(super) struct Found {
    pub(super) events: Vec<EventRow>,
    /// The place below which older events may lie.
    pub(super) older: Option<Position>,
    newer: bool,
    /// How far the search came, if it ended before the range did.
    searched_to: Option<Time>,
}

impl Idp {
    /// A page of the log.
    ///
    /// # Errors
    /// When the store fails. A cursor of another search counts as none.
    pub async fn console_log(&self, ctx: &Ctx, search: &LogSearch) -> Result<LogView, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Drawing { chart, buckets, machines } = drawing::of(&mut tx, search, ctx.now).await?;
        let mut folded = search.fold && machines > 0;
        let mut found = self.page(&mut tx, ctx, search, folded).await?;
        if folded && found.events.is_empty() && found.older.is_none() {
            folded = false;
            found = self.page(&mut tx, ctx, search, folded).await?;
        }
        let nearest = if found.events.is_empty() && found.older.is_none() {
            nearest(&mut tx, search).await?
        } else {
            None
        };
        let runs = if folded { runs(&mut tx, search, &found).await? } else { Vec::new() };
        let cursor =
            |order, place: Position| self.seal(ctx, search, order).cursor(self.secrets().cursor_key(), place);
        let first = found.events.first().filter(|_| found.newer).map(Position::of);
        let at_top = search.place == Place::Top && search.until.is_none();
        Ok(LogView {
            top: at_top
                .then(|| self.top(ctx, search, found.events.first().map_or(search.from(), |e| e.published))),
            older: found.older.map(|place| cursor(Order::PublishedDescending, place)),
            newer: first.map(|place| cursor(Order::Published, place)),
            events: found.events,
            machines,
            machines_shown: !folded,
            runs,
            chart,
            buckets: unfolded(buckets, folded),
            searched_to: found.searched_to,
            nearest,
        })
    }

    /// What a search finds above [`Place::Newer`]; none where the cursor isn't of this search.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_newer(&self, ctx: &Ctx, search: &LogSearch) -> Result<Option<Newer>, IdpError> {
        let Place::Newer(cursor) = &search.place else { return Ok(None) };
        let sealed = self.seal(ctx, search, Order::Published);
        let Some(after) = sealed.position(self.secrets().cursor_key(), cursor) else { return Ok(None) };
        let query = LogQuery {
            order: Order::Published,
            after: Some(after),
            limit: NEWER,
            ..search.query(search.fold)
        };
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let LogPage { mut events, more, .. } = tx.log_page(&query).await?;
        events.reverse();
        let newest =
            events.first().map_or(Time(after.published.0.saturating_add(LATE)), |event| event.published);
        let drawn = if events.is_empty() { None } else { drawn(&mut tx, search, ctx.now).await? };
        Ok(Some(Newer { top: self.top(ctx, search, newest), events, more, drawn }))
    }

    fn top(&self, ctx: &Ctx, search: &LogSearch, newest: Time) -> String {
        let place = Position { published: Time(newest.0.saturating_sub(LATE)), epoch: 0, txid: 0, seq: 0 };
        self.seal(ctx, search, Order::Published).cursor(self.secrets().cursor_key(), place)
    }

    pub(super) async fn page(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        search: &LogSearch,
        folded: bool,
    ) -> Result<Found, IdpError> {
        let query = search.query(folded);
        let place =
            |order, cursor: &str| self.seal(ctx, search, order).position(self.secrets().cursor_key(), cursor);
        match &search.place {
            Place::Newer(cursor) => {
                if let Some(after) = place(Order::Published, cursor) {
                    let upwards = LogQuery { order: Order::Published, after: Some(after), ..query.clone() };
                    let LogPage { mut events, more, .. } = tx.log_page(&upwards).await?;
                    if more {
                        events.reverse();
                        let older = events.last().map(Position::of);
                        return Ok(Found { events, older, newer: true, searched_to: None });
                    }
                }
                // What is left above is less than a page: the top has it, filled up from below.
            }
            Place::Older(cursor) => {
                if let Some(after) = place(Order::PublishedDescending, cursor) {
                    let below = LogQuery { after: Some(after), ..query.clone() };
                    let found =
                        downwards(tx, search, below, Time(after.published.0.saturating_add(1))).await?;
                    return Ok(Found { newer: !found.events.is_empty(), ..found });
                }
            }
            Place::Top => {}
        }
        downwards(tx, search, query, search.to()).await
    }

    pub(super) fn seal<'s>(&self, ctx: &Ctx, search: &'s LogSearch, order: Order) -> Search<'s> {
        Search { tenant: ctx.tenant_id(), order, filter: &search.name, q: "console" }
    }
}

/// A page from the newest event before `to` downwards, within the budget.
async fn downwards(tx: &mut Tx, search: &LogSearch, query: LogQuery, to: Time) -> Result<Found, IdpError> {
    let from = search.from();
    let floor = match search.budget {
        Some(budget) => tx.log_floor_of(&query, to, from, budget).await?,
        None => from,
    };
    let LogPage { events, more, .. } = tx.log_page(&LogQuery { since: Some(floor), ..query }).await?;
    let ended_early = !more && floor > from;
    let older = if ended_early {
        // Before every event of that instant's predecessor there may be more; those of the instant were seen.
        Some(Position { published: floor, epoch: 0, txid: 0, seq: 0 })
    } else {
        events.last().filter(|_| more).map(Position::of)
    };
    Ok(Found { events, older, newer: false, searched_to: ended_early.then_some(floor) })
}

/// The newest event before the range that a search finds.
async fn nearest(tx: &mut Tx, search: &LogSearch) -> Result<Option<EventRow>, IdpError> {
    let Some(budget) = search.budget else { return Ok(None) };
    let floor = tx.log_floor_of(&search.query(false), search.from(), Time(0), budget).await?;
    let older = LogQuery { since: Some(floor), until: search.since, limit: 1, ..search.query(false) };
    Ok(tx.log(&older).await?.pop())
}

/// The folded tokens between the events of a page.
async fn runs(tx: &mut Tx, search: &LogSearch, found: &Found) -> Result<Vec<Run>, IdpError> {
    let after = |time: Time| Time(time.0.saturating_add(1));
    let (Some(first), Some(last)) = (found.events.first(), found.events.last()) else {
        return Ok(Vec::new());
    };
    let until = if found.newer { after(first.published) } else { search.to() };
    let since = match (found.older, found.searched_to) {
        (_, Some(floor)) => floor,
        (Some(_), None) => last.published,
        (None, None) => search.from(),
    };
    let times = tx.log_times(&search.machines(), since, until).await?;
    let capped = times.len() == MAX_TIMES as usize;
    let mut runs: Vec<Run> = Vec::new();
    let mut below = 0;
    let total = times.len();
    for (n, at) in times.into_iter().enumerate() {
        while found.events.get(below).is_some_and(|event| event.published > at) {
            below += 1;
        }
        match runs.last_mut().filter(|run| run.below == below) {
            Some(run) => {
                run.count += 1;
                run.since = at;
            }
            None => runs.push(Run { below, count: 1, more: false, since: at, until: after(at) }),
        }
        if capped
            && n + 1 == total
            && let Some(run) = runs.last_mut()
        {
            run.more = true;
            run.since = found.events.get(below).map_or(since, |event| event.published);
        }
    }
    Ok(runs)
}
