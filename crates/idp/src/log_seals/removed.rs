//! What Signet itself removed: retention raised a floor, the tenant was deleted, or the store came from a backup.

use super::{Head, codes};
use crate::{Idp, IdpError};
use aws_lc_rs::hmac;
use signet_domain::Time;
use signet_domain::event::{Event, EventData, types};
use signet_domain::id::TenantId;
use signet_store::log_query::{LogQuery, Order, Position};
use signet_store::tenant_deletions::OPERATOR;
use std::collections::HashSet;
use uuid::Uuid;

/// The fact of an event that proves that Signet ended a tenant.
const PROOF: &str = "proof";

/// Deletions that are read at once.
const DELETIONS: u32 = 1_000;

/// A tenant's floor.
pub(super) enum Floor {
    /// Before when its log isn't kept any longer; the beginning of time where nothing was removed yet.
    At(Time),
    /// Somebody else wrote it.
    Forged,
}

impl Idp {
    /// Has the store sign what retention removes.
    pub(crate) fn sign_log_floors(&self) {
        let key = self.secrets().log_key();
        self.store().sign_floors(move |tenant, before| codes::of_floor(&key, tenant, before));
    }

    /// An event that tells of a tenant's end, with the proof that Signet wrote it.
    pub(crate) fn tenant_end(&self, event: Event, tenant: TenantId) -> Event {
        let proof = codes::of_end(&self.secrets().log_key(), event.id.0, tenant);
        event.debug(PROOF, proof)
    }

    /// Says that this epoch began with a restore, so that the log may end sooner than it did before. Who can write to the
    /// database can begin an epoch, too, but can't say this.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_restore(&self) -> Result<(), IdpError> {
        let code = codes::of_restore(&self.secrets().log_key(), self.store().epoch());
        Ok(self.store().unscoped_note_restore(code).await?)
    }

    /// Whether the log may end sooner than at a head: there was a restore since.
    pub(super) async fn is_excused(&self, key: &hmac::Key, head: &Head) -> Result<bool, IdpError> {
        let epoch = self.store().epoch();
        if head.epoch >= epoch {
            return Ok(false);
        }
        let noted = self.store().unscoped_restore().await?;
        Ok(noted.is_some_and(|code| codes::same(&code, &codes::of_restore(key, epoch))))
    }

    /// Before when a tenant's log isn't kept any longer.
    pub(super) async fn log_floor(&self, key: &hmac::Key, tenant: TenantId) -> Result<Floor, IdpError> {
        let floor = self.store().tenant(tenant).read().await?.log_floor_signed().await?;
        Ok(match floor {
            None => Floor::At(Time(i64::MIN)),
            Some(floor) if codes::same(&codes::of_floor(key, tenant, floor.before), &floor.code) => {
                Floor::At(floor.before)
            }
            Some(_) => Floor::Forged,
        })
    }

    /// The tenants that Signet itself erased, or is about to.
    pub(super) async fn ended_tenants(&self, key: &hmac::Key) -> Result<HashSet<TenantId>, IdpError> {
        let mut ended = HashSet::new();
        let mut query = LogQuery { order: Order::Published, limit: DELETIONS, ..LogQuery::default() };
        loop {
            let events = self.store().tenant(OPERATOR).read().await?.log(&query).await?;
            for event in &events {
                hear(key, &mut ended, (event.id.0, &event.event_type), &event.data.0);
            }
            match events.last() {
                Some(last) if events.len() as u64 >= u64::from(DELETIONS) => {
                    query.after = Some(Position::of(last))
                }
                _ => return Ok(ended),
            }
        }
    }
}

/// Hears of tenants that were deleted or restored, from an event of the operator's log. Who can write to the database
/// could add such an event, so it has to prove that Signet wrote it.
fn hear(key: &hmac::Key, ended: &mut HashSet<TenantId>, (id, event_type): (Uuid, &str), data: &EventData) {
    let is = |t: types::EventType| event_type == t.name;
    let Some(tenant) = data.targets.iter().find_map(|target| TenantId::parse(&target.id)) else { return };
    if is(types::TENANT_RESTORE) {
        ended.remove(&tenant);
    } else if (is(types::TENANT_DELETE) || is(types::TENANT_ERASE))
        && data
            .debug
            .get(PROOF)
            .is_some_and(|proof| codes::same(proof.as_bytes(), codes::of_end(key, id, tenant).as_bytes()))
    {
        ended.insert(tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_domain::event::Entity;

    #[test]
    fn only_a_proof_ends_a_tenant() {
        let (key, other) =
            (hmac::Key::new(hmac::HMAC_SHA256, b"key"), hmac::Key::new(hmac::HMAC_SHA256, b"other"));
        let (id, tenant) = (Uuid::from_u128(1), TenantId(Uuid::from_u128(2)));
        let ends = |proof: Option<String>, target: TenantId| {
            let mut ended = HashSet::new();
            let data = EventData {
                message: String::new(),
                actor: Entity::system(),
                user_agent: String::new(),
                path: String::new(),
                targets: vec![Entity::new("Tenant", target, "a", "a")],
                debug: proof.map(|proof| (PROOF.to_owned(), proof)).into_iter().collect(),
            };
            hear(&key, &mut ended, (id, types::TENANT_ERASE.name), &data);
            let was = !ended.is_empty();
            hear(&key, &mut ended, (id, types::TENANT_RESTORE.name), &data);
            assert!(ended.is_empty());
            was
        };
        assert!(ends(Some(codes::of_end(&key, id, tenant)), tenant));
        assert!(!ends(Some(codes::of_end(&key, id, tenant)), TenantId(Uuid::from_u128(3))));
        assert!(!ends(Some(codes::of_end(&key, Uuid::from_u128(3), tenant)), tenant));
        assert!(!ends(Some(codes::of_end(&other, id, tenant)), tenant));
        assert!(!ends(None, tenant));
    }
}
