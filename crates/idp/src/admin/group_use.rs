//! Where a group counts: the access rules and claims that ask for it, and how many are in it.

use super::AdminError;
use super::access_policies::all_policies;
use crate::configured_claims::lists_group;
use crate::{Ctx, Idp};
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::claim::ClaimRow;
use signet_domain::group::Group;
use signet_domain::id::GroupId;
use signet_domain::server::Server;
use std::collections::HashMap;

/// Members are counted so far.
pub const MOST_MEMBERS: i64 = 1_000;

/// Servers that are looked through.
const SERVERS: i64 = 100;

/// Something of a server's that asks for a group.
#[derive(Debug)]
pub enum GroupUse {
    /// A rule names it.
    Rule(Box<(Server, AccessPolicy, AccessRule)>),
    /// A claim lists it.
    Claim(Box<(Server, ClaimRow)>),
}

impl Idp {
    /// What asks for a group: server by server, oldest first, at most the first 100 servers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_group_use(&self, ctx: &Ctx, group: &Group) -> Result<Vec<GroupUse>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (id, mut found) = (group.id.to_string(), Vec::new());
        for server in tx.servers(None, SERVERS).await? {
            for with_rules in all_policies(&mut tx, &server).await? {
                let named = with_rules.rules.into_iter().filter(|rule| rule.group_ids.contains(&id));
                let of = |rule| GroupUse::Rule(Box::new((server.clone(), with_rules.policy.clone(), rule)));
                found.extend(named.map(of));
            }
            let listing =
                tx.claims(server.id).await?.into_iter().filter(|claim| lists_group(claim, &group.name));
            found.extend(listing.map(|claim| GroupUse::Claim(Box::new((server.clone(), claim)))));
        }
        Ok(found)
    }

    /// How many are in each of some groups, counted up to one more than [`MOST_MEMBERS`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_group_sizes(
        &self,
        ctx: &Ctx,
        groups: &[Group],
    ) -> Result<HashMap<GroupId, i64>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut sizes = HashMap::new();
        for group in groups {
            sizes.insert(group.id, tx.group_size(group.id, MOST_MEMBERS + 1).await?);
        }
        Ok(sizes)
    }
}
