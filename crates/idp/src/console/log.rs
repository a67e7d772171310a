//! Pages of the system log for people: newest first, with a way to either side, what was folded away, and how
//! the events lie in time.

use super::kinds;
use crate::syslog::cursor::Search;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_store::Tx;
use signet_store::log_query::{Bucket, Condition, LogPage, LogQuery, Order, Position};

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

/// The drawing that is wanted: equal spans from an instant.
#[derive(Debug, Clone, Copy)]
pub struct Chart {
    /// The beginning of the first span.
    pub from: Time,
    /// The end of the last.
    pub to: Time,
    /// How many.
    pub spans: u32,
}

/// A search of the log.
#[derive(Debug, Clone)]
pub struct LogSearch {
    /// What must hold.
    pub condition: Condition,
    /// Words that must occur.
    pub words: Vec<String>,
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
    /// The drawing.
    pub buckets: Vec<Bucket>,
    /// When nothing was found: the newest event at any time that matches.
    pub nearest: Option<EventRow>,
}

impl LogSearch {
    fn query(&self, folded: bool) -> LogQuery {
        let mut parts = vec![self.condition.clone()];
        if folded {
            parts.push(kinds::not(kinds::machine_tokens()));
        }
        LogQuery {
            condition: Condition::All(parts),
            words: self.words.clone(),
            since: self.since,
            until: self.until,
            limit: self.limit,
            ..LogQuery::default()
        }
    }

    fn machines(&self) -> LogQuery {
        let condition = Condition::All(vec![self.condition.clone(), kinds::machine_tokens()]);
        LogQuery { condition, ..self.query(false) }
    }
}

/// A page, and whether there is one on either side.
struct Found {
    events: Vec<EventRow>,
    older: bool,
    newer: bool,
}

impl Idp {
    /// A part of the log for a file, and the cursor of what is older.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_part(
        &self,
        ctx: &Ctx,
        search: &LogSearch,
    ) -> Result<(Vec<EventRow>, Option<String>), IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let found = self.page(&mut tx, ctx, search, false).await?;
        let last = found.events.last().filter(|_| found.older);
        let older = last.map(|event| {
            let sealed = self.seal(ctx, search, Order::PublishedDescending);
            sealed.cursor(self.secrets().cursor_key(), Position::of(event))
        });
        Ok((found.events, older))
    }

    /// A page of the log.
    ///
    /// # Errors
    /// When the store fails. A cursor of another search counts as none.
    pub async fn console_log(&self, ctx: &Ctx, search: &LogSearch) -> Result<LogView, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let from = search.since.unwrap_or(Time(0));
        let machines = tx.log_count(&search.machines(), from, search.until.unwrap_or(ctx.now)).await?.total;
        let mut folded = search.fold && machines > 0;
        let mut found = self.page(&mut tx, ctx, search, folded).await?;
        if folded && found.events.is_empty() {
            folded = false;
            found = self.page(&mut tx, ctx, search, folded).await?;
        }
        let buckets = match search.chart {
            Some(c) => tx.log_histogram(&search.query(folded), c.from, c.to, c.spans).await?,
            None => Vec::new(),
        };
        let nearest = if found.events.is_empty() {
            let any = LogQuery { since: None, until: None, limit: 1, ..search.query(false) };
            tx.log(&any).await?.pop()
        } else {
            None
        };
        let cursor = |order, event: Option<&EventRow>| {
            event.map(|e| self.seal(ctx, search, order).cursor(self.secrets().cursor_key(), Position::of(e)))
        };
        Ok(LogView {
            older: found.older.then(|| cursor(Order::PublishedDescending, found.events.last())).flatten(),
            newer: found.newer.then(|| cursor(Order::Published, found.events.first())).flatten(),
            events: found.events,
            machines,
            machines_shown: !folded,
            buckets,
            nearest,
        })
    }

    async fn page(
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
                        return Ok(Found { events, older: true, newer: true });
                    }
                }
                // What is left above is less than a page: the top has it, filled up from below.
            }
            Place::Older(cursor) => {
                if let Some(after) = place(Order::PublishedDescending, cursor) {
                    let below = LogQuery { after: Some(after), ..query.clone() };
                    let LogPage { events, more, .. } = tx.log_page(&below).await?;
                    if !events.is_empty() {
                        return Ok(Found { events, older: more, newer: true });
                    }
                }
            }
            Place::Top => {}
        }
        let LogPage { events, more, .. } = tx.log_page(&query).await?;
        Ok(Found { events, older: more, newer: false })
    }

    fn seal<'s>(&self, ctx: &Ctx, search: &'s LogSearch, order: Order) -> Search<'s> {
        Search { tenant: ctx.tenant_id(), order, filter: &search.name, q: "console" }
    }
}
