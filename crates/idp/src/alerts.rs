//! Alerts: what happened in the log so often in a window that somebody should know.
//!
//! They hear every event once, in the order of commits and by the time that it happened, step by step behind the
//! log. What an alert remembers, that it fired, and how far all have come are stored together.

mod shipped;

pub(crate) use shipped::shipped;

use crate::console::kinds::{any_type, not};
use crate::console::terms;
use crate::tenants::no_request;
use crate::{Idp, IdpError};
use signet_domain::Time;
use signet_domain::alert::{Alert, AlertFiring, Told};
use signet_domain::event::{Entity, Event, Severity, types};
use signet_domain::id::{FiringId, TenantId};
use signet_store::alert_steps::{AlertChange, AlertStep};
use signet_store::log_query::{Condition, LogQuery};
use signet_store::{StoreError, Tx};
use std::collections::BTreeSet;

/// What an alert itself brings about sets off none.
const OWN: &[types::EventType] = &[types::ALERT_FIRE, types::WEBHOOK_DELIVER];

impl Idp {
    /// Lets the alerts of all tenants hear the next events; gives how many, 0 when they have heard everything.
    ///
    /// # Errors
    /// When the store fails; the events are heard again then.
    pub async fn evaluate_alerts(&self, max_rows: i64) -> Result<u64, IdpError> {
        let Some(step) = self.store().unscoped_alert_step(max_rows).await? else { return Ok(0) };
        let (now, events) = (self.clock().now(), step.events);
        let mut changes = Vec::new();
        for (tenant, types) in &step.types {
            let mut tx = self.store().tenant(*tenant).read().await?;
            for alert in tx.alerts_on().await? {
                changes.extend(self.hear(&mut tx, (&step, types), alert, now).await?);
            }
        }
        match self.store().unscoped_end_alert_step(step, changes).await {
            Ok(true) => Ok(events),
            // Another node was faster, or somebody changed an alert meanwhile: the next look finds how things are.
            Ok(false) | Err(StoreError::Stale | StoreError::Reference) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    async fn hear(
        &self,
        tx: &mut Tx,
        (step, types): (&AlertStep, &BTreeSet<String>),
        alert: Alert,
        now: Time,
    ) -> Result<Option<AlertChange>, IdpError> {
        let Ok(condition) = terms::read(&alert.search) else {
            tracing::warn!(alert = %alert.id, "an alert's search is none any more");
            return Ok(None);
        };
        if condition.event_types().is_some_and(|wanted| !wanted.iter().any(|kind| types.contains(*kind))) {
            return Ok(None);
        }
        let condition = Condition::All(vec![condition, not(any_type(OWN))]);
        let query = LogQuery { condition, ..LogQuery::default() };
        let (after, until) = step.places();
        let heard = match tx.log_between(&query, after, until).await {
            Ok(heard) => heard,
            // One alert that can't be evaluated must not stop all others.
            Err(StoreError::Internal(error)) => {
                tracing::error!(alert = %alert.id, error, "an alert can't be evaluated");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if heard.is_empty() {
            return Ok(None);
        }
        let mut change = self.told(alert, &heard, now);
        if !change.fired.is_empty() {
            let url = tx.tenant_url().await?;
            let told: Vec<_> = tx
                .webhooks_of(change.alert.id)
                .await?
                .into_iter()
                .filter(|webhook| webhook.enabled)
                .collect();
            for (firing, _) in &change.fired {
                let of = (url.as_str(), &change.alert);
                let each = told.iter().map(|webhook| self.firing_delivery(of, firing, webhook.id, now));
                change.deliveries.extend(each);
            }
        }
        Ok(Some(change))
    }

    /// What comes of events for an alert.
    fn told(&self, mut alert: Alert, heard: &[(Time, i64)], now: Time) -> AlertChange {
        let mut fired: Vec<AlertFiring> = Vec::new();
        let mut more: Option<(FiringId, i64, Time)> = None;
        // What is older may still be on its way here when it is made.
        let made = alert.created_at;
        for (at, weight) in heard.iter().copied().filter(|(at, _)| *at >= made) {
            match alert.hear(at, weight) {
                Told::Nothing => {}
                Told::More => {
                    let Some(open) = alert.heard.firing else { continue };
                    if let Some(firing) = fired.last_mut().filter(|firing| firing.id == open) {
                        firing.events = firing.events.saturating_add(weight);
                        firing.last_at = firing.last_at.max(at);
                    } else {
                        let (_, events, last_at) = more.get_or_insert((open, 0, at));
                        *events = events.saturating_add(weight);
                        *last_at = at.max(*last_at);
                    }
                }
                Told::Fires { since, until, events } => {
                    let firing = AlertFiring {
                        tenant_id: alert.tenant_id,
                        id: self.entropy().id(now),
                        alert_id: alert.id,
                        event_id: self.entropy().id(now),
                        since_at: since,
                        until_at: until,
                        events,
                        last_at: at,
                        fired_at: now,
                        acknowledged_at: None,
                        acknowledged_by: None,
                    };
                    let muted = alert.is_muted(at);
                    alert.heard.firing = (!muted).then_some(firing.id);
                    if !muted {
                        fired.push(firing);
                    }
                }
            }
        }
        let fired = fired.into_iter().map(|firing| {
            let event = self.fire_event(&alert, &firing, now);
            (firing, event)
        });
        AlertChange { fired: fired.collect(), alert, deliveries: Vec::new(), more }
    }

    fn fire_event(&self, alert: &Alert, firing: &AlertFiring, now: Time) -> Event {
        let request = no_request(self, now);
        let mut event = Event::new(firing.event_id, now, types::ALERT_FIRE, Entity::system(), &request);
        event.severity = Severity::Warn;
        event
            .target(entity(alert))
            .debug("firing", firing.id.to_string())
            .debug("events", firing.events.to_string())
            .debug("since", firing.since_at.rfc3339())
            .debug("until", firing.until_at.rfc3339())
    }

    /// The rows of the alerts that a new tenant gets.
    pub(crate) fn shipped_alerts(&self, tenant: TenantId, now: Time) -> Vec<Alert> {
        shipped(tenant, now, || self.entropy().id(now))
    }
}

/// The log's view of an alert.
pub(crate) fn entity(alert: &Alert) -> Entity {
    Entity::new("Alert", alert.id, alert.shipped.as_deref().unwrap_or(&alert.name), &alert.name)
}
