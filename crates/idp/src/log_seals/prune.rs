//! The chain's beginning goes when nothing is left of what it covers. It always goes from the beginning, so what is left
//! is whole; a signed base says where it begins.

use super::codes::{self, Entry, OfTenant};
use super::removed::Floor;
use crate::{Idp, IdpError};
use aws_lc_rs::hmac;
use signet_domain::id::TenantId;
use signet_store::log_seals::{ChainBase, LogLink};
use signet_store::tenant_deletions::OPERATOR;
use std::collections::HashSet;

/// Links that go at a time, at most.
const MOST: usize = 100;

/// What may go.
pub(super) struct Pruned {
    /// Where the chain begins then.
    pub(super) base: ChainBase,
    /// Events of the operator's, which are kept for good: the next link takes them over.
    pub(super) carried: Vec<Entry>,
}

impl Idp {
    /// The number and code of the last link that went, if Signet says so. The beginning of a whole chain otherwise.
    pub(super) async fn chain_base(&self, key: &hmac::Key) -> Result<Result<(i64, Vec<u8>), i64>, IdpError> {
        Ok(match self.store().unscoped_chain_base().await? {
            None => Ok((0, Vec::new())),
            Some(base) if codes::same(&codes::of_base(key, base.number, &base.link_code), &base.code) => {
                Ok((base.number, base.link_code))
            }
            Some(base) => Err(base.number),
        })
    }

    /// The links at the beginning of which nothing is left; never the last one.
    pub(super) async fn prunable(&self, key: &hmac::Key, last: i64) -> Result<Option<Pruned>, IdpError> {
        // Whoever looks into a forged one must find it.
        let Ok((mut number, mut link_code)) = self.chain_base(key).await? else { return Ok(None) };
        let (mut carried, mut ended, mut gone) = (Vec::new(), None, 0);
        while gone < MOST {
            let Some(link) = self.store().unscoped_links(number, 1).await?.pop() else { break };
            if link.number != number + 1
                || link.number >= last
                || !self.is_over(key, &link, &mut ended).await?
            {
                break;
            }
            let Some(entries) = self.operators(key, &link).await? else { break };
            carried.extend(entries);
            (number, link_code) = (link.number, link.code);
            gone += 1;
        }
        if gone == 0 {
            return Ok(None);
        }
        let code = codes::of_base(key, number, &link_code);
        Ok(Some(Pruned { base: ChainBase { number, link_code, code }, carried }))
    }

    /// Whether nothing that a link covers is kept any longer, but for what the operator's log holds.
    async fn is_over(
        &self,
        key: &hmac::Key,
        link: &LogLink,
        ended: &mut Option<HashSet<TenantId>>,
    ) -> Result<bool, IdpError> {
        if !codes::same(&codes::of_link(key, link), &link.code) {
            return Ok(false);
        }
        let Some(tenants) = OfTenant::read_all(&link.tenants) else { return Ok(false) };
        for of in tenants.iter().filter(|of| of.tenant != OPERATOR) {
            if matches!(self.log_floor(key, of.tenant).await?, Floor::At(floor) if floor > of.newest) {
                continue;
            }
            let ended = match ended {
                Some(ended) => &*ended,
                None => ended.insert(self.ended_tenants(key).await?),
            };
            if !ended.contains(&of.tenant) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a link covers of the operator's log; nothing if it isn't as it was sealed.
    async fn operators(&self, key: &hmac::Key, link: &LogLink) -> Result<Option<Vec<Entry>>, IdpError> {
        let tenants = OfTenant::read_all(&link.tenants).unwrap_or_default();
        let Some(of) = tenants.into_iter().find(|of| of.tenant == OPERATOR) else {
            return Ok(Some(Vec::new()));
        };
        let seals = self.store().unscoped_seals(link.number).await?;
        let Some(seal) = seals.into_iter().find(|seal| seal.tenant_id == OPERATOR) else { return Ok(None) };
        let is_as_sealed = codes::same(&codes::of_seal(key, link.number, OPERATOR, &seal.entries), &of.code);
        Ok(if is_as_sealed { Entry::read_all(&seal.entries) } else { None })
    }
}
