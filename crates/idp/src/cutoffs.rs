//! Since when each node refuses a user who was cut off: suspended, deactivated or signed out everywhere.
//!
//! Nothing of a user is answered from a node's memory. What a node keeps is the tenant's configuration
//! ([`crate::cache`]); users, sessions, grants and revocations are read for each request: a password by
//! [`crate::guard`], a session by [`crate::sign_in`], a token by [`Idp::believe`], a refresh token by
//! [`crate::introspect`] and its grant, a caller of the management API by [`crate::admin::caller`]. So every node
//! refuses each request that begins after the commit, whether it has heard of it or not.
//!
//! What a node writes down is the instant, by the database's clock, of a statement of its own that had read the
//! cut-off. That is after the commit, so it is an upper bound: it may have refused earlier, never later. The node that
//! made the change writes when the commit is through, others after a poll (see [`crate::nodes`]). Requests that were
//! under way at the commit may still be answered as before.

use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::id::{TenantId, UserId};
use signet_store::Engine;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// How long the answer to a change waits for this to be written. A poll makes up for it.
const PATIENCE: Duration = Duration::from_millis(700);

/// Seconds before its start of which a new node still writes: a cut-off may be committed so long after its instant.
pub(crate) const LOOK_BACK_SECONDS: i64 = 60;

/// A user's newest cut-off, as the nodes tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    /// The instant of the request that did it.
    pub at: Time,
    /// Those who said so first, then those that began later, then those that haven't said so.
    pub nodes: Vec<NodeRefusal>,
}

/// Since when a node refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRefusal {
    /// The node.
    pub node: Uuid,
    /// It is the one that was asked.
    pub own: bool,
    /// It is there.
    pub live: bool,
    /// Since when.
    pub since: Since,
}

/// When a node began to refuse, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// At this instant at the latest: it said so.
    Said(Time),
    /// Always: it began at this instant, after the cut-off.
    Began(Time),
    /// It hasn't said so yet.
    Unsaid,
}

impl Idp {
    /// Writes that this node refuses what a user's newest cut-off ended. Call it after the commit, not in it. Best
    /// effort: the change is made, whatever becomes of this.
    pub(crate) async fn say_that_it_refuses(&self, tenant: TenantId, user: UserId) {
        let node = self.node();
        let tenant = self.store().tenant(tenant);
        let said = tenant.write(move |tx| Box::pin(async move { tx.note_refusal(user, node).await }));
        match timeout(PATIENCE, said).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "could not say that this node refuses a user"),
            Err(_) => tracing::debug!("saying that this node refuses a user takes too long"),
        }
    }

    /// A user's newest cut-off of the last weeks, and since when each node refuses what it ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_user_cutoff(&self, ctx: &Ctx, user: UserId) -> Result<Option<CutOff>, IdpError> {
        let known = self.store().tenant(ctx.tenant_id()).read().await?.cutoff(user).await?;
        let Some(known) = known else { return Ok(None) };
        if self.store().engine() == Engine::Sqlite {
            // One process after another has the file, each with a name of its own: the first to say so said it for all.
            let first = known.refusals.first().map(|(_, since)| NodeRefusal {
                node: self.node(),
                own: true,
                live: true,
                since: Since::Said(*since),
            });
            return Ok(first.map(|node| CutOff { at: known.at, nodes: vec![node] }));
        }
        let live = self.live_node_list().await?;
        let is_live = |node: Uuid| live.iter().any(|(id, _)| *id == node);
        let line = |node: Uuid, live: bool, since: Since| NodeRefusal {
            node,
            own: node == self.node(),
            live,
            since,
        };
        let said = known.refusals.iter().map(|(node, at)| line(*node, is_live(*node), Since::Said(*at)));
        let mut nodes: Vec<NodeRefusal> = said.collect();
        for (node, began) in &live {
            if known.refusals.iter().any(|(said, _)| said == node) {
                continue;
            }
            // One that began about then looks at this cut-off, too, and will say so.
            let later = *began > known.at.plus_secs(LOOK_BACK_SECONDS);
            nodes.push(line(*node, true, if later { Since::Began(*began) } else { Since::Unsaid }));
        }
        nodes.sort_by_key(|node| match node.since {
            Since::Said(at) => (0, at, node.node),
            Since::Began(at) => (1, at, node.node),
            Since::Unsaid => (2, Time(0), node.node),
        });
        Ok(Some(CutOff { at: known.at, nodes }))
    }
}
