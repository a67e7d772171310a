//! Where a group counts: the access rules and claims that ask for it, and how many are in it.

use super::AdminError;
use crate::configured_claims::lists_group;
use crate::{Ctx, Idp};
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::claim::ClaimRow;
use signet_domain::group::Group;
use signet_domain::id::{GroupId, ServerId};
use signet_domain::server::Server;
use signet_store::Tx;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Members are counted so far.
pub const MOST_MEMBERS: i64 = 1_000;

/// Rules, and claims, that are named.
pub const MOST_USES: i64 = 100;

/// Something of a server's that asks for a group.
#[derive(Debug)]
pub enum GroupUse {
    /// A rule names it.
    Rule(Box<(Server, AccessPolicy, AccessRule)>),
    /// A claim lists it.
    Claim(Box<(Server, ClaimRow)>),
}

impl Idp {
    /// What asks for a group: the rules that name it, then the claims that list it, each server by server; at most
    /// [`MOST_USES`] of each.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_group_use(&self, ctx: &Ctx, group: &Group) -> Result<Vec<GroupUse>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut servers: HashMap<ServerId, Server> = HashMap::new();
        let mut found = Vec::new();
        for rule in tx.access_rules_naming(group.id, MOST_USES).await? {
            let server = server_of(&mut tx, &mut servers, rule.server_id).await?;
            let policy = tx.access_policy(rule.server_id, rule.policy_id).await?;
            if let (Some(server), Some(policy)) = (server, policy) {
                found.push(GroupUse::Rule(Box::new((server, policy, rule))));
            }
        }
        let listing =
            tx.claims_of_groups().await?.into_iter().filter(|claim| lists_group(claim, &group.name));
        for claim in listing.take(MOST_USES as usize) {
            let server = server_of(&mut tx, &mut servers, claim.server_id).await?;
            found.extend(server.map(|server| GroupUse::Claim(Box::new((server, claim)))));
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

/// A server, read once however often it is named.
async fn server_of(
    tx: &mut Tx,
    known: &mut HashMap<ServerId, Server>,
    id: ServerId,
) -> Result<Option<Server>, AdminError> {
    match known.entry(id) {
        Entry::Occupied(server) => Ok(Some(server.get().clone())),
        Entry::Vacant(place) => match tx.server(id).await? {
            Some(server) => Ok(Some(place.insert(server).clone())),
            None => Ok(None),
        },
    }
}
