//! One event of the log, with what happened around it.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::EventRow;
use signet_domain::id::{EventId, FlowId};
use signet_store::Tx;

/// An event and what belongs to it.
#[derive(Debug)]
pub struct EventView {
    /// The event.
    pub row: EventRow,
    /// The others of its request, oldest first.
    pub request: Vec<EventRow>,
    /// The others of its sign-in, oldest first.
    pub flow: Vec<EventRow>,
    /// The window that refused it, if the throttle did.
    pub window: Option<Window>,
}

/// A full second of the throttle.
#[derive(Debug)]
pub struct Window {
    /// The attempts that fill it, oldest first, with the events they left; one may still be under way.
    pub attempts: Vec<(Time, Option<EventRow>)>,
    /// When the refused one came.
    pub refused_at: Time,
    /// When the oldest leaves.
    pub frees_at: Time,
}

impl Idp {
    /// An event of the log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_event(&self, ctx: &Ctx, id: EventId) -> Result<Option<EventView>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let Some(row) = tx.event(id).await? else { return Ok(None) };
        let others = |rows: Vec<EventRow>| rows.into_iter().filter(|e| e.id != id).collect::<Vec<_>>();
        let request = others(tx.events_of_request(row.request_id).await?);
        let mut flow = match row.flow_id {
            Some(flow) => others(tx.events_of_flow(flow, began(flow, &row)).await?),
            None => Vec::new(),
        };
        // What is in the request's list already isn't told twice.
        flow.retain(|e| e.request_id != row.request_id);
        let window = window(&mut tx, &row).await?;
        Ok(Some(EventView { row, request, flow, window }))
    }
}

/// When a sign-in began: its id says so.
fn began(flow: FlowId, row: &EventRow) -> Time {
    let micros = flow.0.get_timestamp().map(|t| {
        let (seconds, nanos) = t.to_unix();
        i64::try_from(seconds)
            .unwrap_or(0)
            .saturating_mul(Time::SECOND)
            .saturating_add(i64::from(nanos) / 1000)
    });
    // Ids and events of one request may have clocks that differ by a little.
    Time(micros.unwrap_or(row.published.0)).plus_secs(-60)
}

async fn window(tx: &mut Tx, row: &EventRow) -> Result<Option<Window>, IdpError> {
    let fact = |name: &str| row.data.debug.get(name).map_or("", String::as_str);
    let instant = |text: &str| text.trim().parse().ok().map(Time);
    let (Some(refused_at), Some(frees_at)) = (instant(fact("refusedAt")), instant(fact("retryAt"))) else {
        return Ok(None);
    };
    let mut ids = fact("filledByEvents").split(',').map(EventId::parse);
    let mut attempts = Vec::new();
    for at in fact("filledBy").split(',').filter_map(instant) {
        let event = match ids.next().flatten() {
            Some(id) => tx.event(id).await?,
            None => None,
        };
        attempts.push((at, event));
    }
    Ok((!attempts.is_empty()).then_some(Window { attempts, refused_at, frees_at }))
}
