//! Adding links: behind the log, so that no request pays for them.

use super::Head;
use super::codes::{self, Entry, OfTenant};
use crate::{Idp, IdpError};
use aws_lc_rs::hmac;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_store::housekeeping::Swept;
use signet_store::log_seals::{LogLink, LogSeal, Place, StoredEvent};
use signet_store::tenant_deletions::OPERATOR;
use std::collections::BTreeMap;
use std::sync::PoisonError;

impl Idp {
    /// Adds the next link, over at most `max_rows` events and the rest of the last commit. Gives how many events it
    /// covers, and whether there are more. Of several nodes one adds it.
    ///
    /// # Errors
    /// When the store fails, and when the chain ends before a link that this node saw or its last link isn't this
    /// deployment's: whoever looks into that must find it as it is.
    pub async fn seal_log(&self, max_rows: i64) -> Result<Swept, IdpError> {
        let last = self.last_link().await?;
        let from = last.as_ref().map_or(Place::BEGINNING, |link| link.to.into());
        let events = self.store().unscoped_events_to_seal(from, max_rows).await?;
        let Some(to) = events.last().map(StoredEvent::place) else { return Ok(Swept::default()) };
        let key = self.secrets().log_key();
        let number = last.as_ref().map_or(1, |link| link.number + 1);
        let pruned = match &last {
            Some(last) => self.prunable(&key, last.number).await?,
            None => None,
        };
        let (base, carried) = pruned.map_or((None, Vec::new()), |p| (Some(p.base), p.carried));
        let (tenants, seals) = seals(&key, number, &events, &carried);
        let mut link = LogLink {
            number,
            from: from.into(),
            to: to.into(),
            sealed_at: self.clock().now(),
            tenants,
            previous: last.map(|link| link.code).unwrap_or_default(),
            code: Vec::new(),
        };
        link.code = codes::of_link(&key, &link);
        let head = Head::of(&link);
        if !self.store().unscoped_add_link(link, seals, base).await? {
            return Ok(Swept::default());
        }
        self.saw_log_head(head);
        let rows = u64::try_from(events.len()).unwrap_or(u64::MAX);
        Ok(Swept { rows, more: i64::try_from(rows).unwrap_or(i64::MAX) >= max_rows })
    }

    /// The end of the chain that this node saw last.
    #[must_use]
    pub fn log_head(&self) -> Option<Head> {
        self.last_seen().0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The link to go on from.
    async fn last_link(&self) -> Result<Option<LogLink>, IdpError> {
        let last = self.store().unscoped_last_link().await?;
        let stop = |what: String| Err(IdpError::Internal(format!("{what}; run `signet log verify`")));
        if let Some(link) = &last
            && !codes::same(&codes::of_link(&self.secrets().log_key(), link), &link.code)
        {
            return stop(format!("link {} of the log's chain is not this deployment's", link.number));
        }
        let now = last.as_ref().map(Head::of);
        if let Some(seen) = self.log_head() {
            let goes_on = now.as_ref().is_some_and(|now| now.number > seen.number || *now == seen);
            // A restore takes the chain back.
            if !goes_on && !self.is_excused(&self.secrets().log_key(), &seen).await? {
                return stop(format!("link {} of the log's chain is not there any more", seen.number));
            }
        }
        if let Some(now) = now {
            self.saw_log_head(now);
        }
        Ok(last)
    }

    /// Notes an end of the chain that was seen: it goes on from there or from what came after.
    pub fn saw_log_head(&self, head: Head) {
        let mut seen = self.last_seen().0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_newer = |seen: &Head| (seen.epoch, seen.number) < (head.epoch, head.number);
        if seen.as_ref().is_none_or(is_newer) {
            *seen = Some(head);
        }
    }
}

/// The seals of events, and what their link says of them. Events of the operator's that older links covered, which aren't
/// kept any longer, are carried over.
fn seals(key: &hmac::Key, number: i64, events: &[StoredEvent], carried: &[Entry]) -> (Vec<u8>, Vec<LogSeal>) {
    let new = events.iter().map(|event| {
        let code = codes::of_event(key, event);
        (event.tenant_id, Entry { id: event.id, published: event.published, code })
    });
    let mut of: BTreeMap<TenantId, (i64, Time, Vec<u8>)> = BTreeMap::new();
    for (tenant, entry) in carried.iter().map(|entry| (OPERATOR, *entry)).chain(new) {
        let (count, newest, entries) = of.entry(tenant).or_insert((0, Time(i64::MIN), Vec::new()));
        *count += 1;
        *newest = entry.published.max(*newest);
        entry.write(entries);
    }
    let mut tenants = Vec::new();
    let mut seals = Vec::new();
    for (tenant, (events, newest, entries)) in of {
        let code = codes::of_seal(key, number, tenant, &entries);
        let code = std::array::from_fn(|i| code[i]);
        OfTenant { tenant, events, newest, code }.write(&mut tenants);
        seals.push(LogSeal { number, tenant_id: tenant, newest, entries });
    }
    (tenants, seals)
}
