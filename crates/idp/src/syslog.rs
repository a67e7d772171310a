//! Reading the system log: the filter language, the parameters and cursors of the log API, the shape that
//! events have there, and the words in which the console tells them.

pub mod attributes;
pub(crate) mod cursor;
pub mod filter;
mod lexer;
pub mod query;
mod reasons;
pub mod render;
mod user_agent;
pub mod words;

pub use query::{Links, LogParamError, LogRequest};
pub(crate) use reasons::reasons_told_with;
pub use render::{LogEvent, log_event};
pub use user_agent::device;
pub(crate) use words::types_told_with;
pub use words::{Kind, fix, kind, kind_of, sentence, visible, visible_whole, why};

use signet_domain::Time;
use signet_store::log_query::{Budget, LogPage, LogQuery, Order, Position};
use signet_store::{StoreError, Tx};

/// Most events that a page in the order of time, newest first, looks at.
pub const BUDGET: Budget = Budget::of(40_000);

/// A page, newest first, ends after so many events that it looked at, and its link goes on from there: so a search
/// that finds little or nothing takes no longer than any other, however large the log is.
async fn bounded_page(tx: &mut Tx, query: LogQuery) -> Result<LogPage, StoreError> {
    if query.order != Order::PublishedDescending {
        return tx.log_page(&query).await;
    }
    let from = query.since.unwrap_or(Time(0));
    let below = query.after.map(|after| Time(after.published.0.saturating_add(1)));
    let to = below.or(query.until).unwrap_or(Time(i64::MAX));
    let floor = tx.log_floor_of(&query, to, from, BUDGET).await?;
    let mut page = tx.log_page(&LogQuery { since: Some(floor), ..query }).await?;
    if !page.more && floor > from {
        page.more = true;
        // Everything at that instant was seen.
        page.end = Some(Position { published: floor, epoch: 0, txid: 0, seq: 0 });
    }
    Ok(page)
}

/// Answers a request of the log API: a page of events, and the links around it. `base_url` is the API's
/// address without a query.
///
/// # Errors
/// The store's.
pub async fn read(
    tx: &mut Tx,
    request: &LogRequest,
    base_url: &str,
) -> Result<(Vec<LogEvent>, Links), StoreError> {
    let page = bounded_page(tx, request.query()).await?;
    let links = request.links(base_url, &page);
    Ok((page.events.iter().map(log_event).collect(), links))
}
