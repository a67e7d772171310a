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
pub use render::{LogEvent, log_event};
pub use user_agent::device;
pub use words::{Kind, fix, kind, kind_of, sentence, visible, why};

use signet_store::{StoreError, Tx};

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
    let page = tx.log_page(&request.query()).await?;
    let links = request.links(base_url, &page);
    Ok((page.events.iter().map(log_event).collect(), links))
}
