//! One story for refusals that have the same cause: the first is logged at once, the others are counted, and the
//! event that closes the story has their exact number.
//!
//! Nobody hears of a refusal before it is counted durably. What comes while a commit is under way is added up and
//! goes with the next one, so a flood costs as many statements as there are commits, not refusals.

use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Event, EventRow, RequestFacts, types};
use signet_domain::id::TenantId;
use signet_store::stories::{KEPT_REQUESTS, Refusals, Story, StoryKey};
use signet_store::{StoreError, Tx};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Stories that one tick closes.
pub const CLOSED_AT_ONCE: i64 = 1_000;

/// Refusals on their way into the store.
#[derive(Default)]
pub struct Stories(Mutex<HashMap<TenantId, Waiting>>);

/// What the next commit for a tenant will hold. It is there as long as a task commits for the tenant.
#[derive(Default)]
struct Waiting {
    stories: BTreeMap<StoryKey, Added>,
    callers: Vec<oneshot::Sender<Result<(), String>>>,
}

/// Refusals of one story.
struct Added {
    refusals: Refusals,
    /// The first one's event, for the log if it begins the story. Not every limit logs each of its stories.
    first: Option<Event>,
}

impl Stories {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a refusal; `true` when nobody commits for the tenant yet, so that the caller must see to it.
    fn add(
        &self,
        tenant: TenantId,
        key: StoryKey,
        refusals: Refusals,
        event: Option<Event>,
    ) -> (bool, Heard) {
        let (tell, hear) = oneshot::channel();
        let mut all = self.lock();
        let alone = !all.contains_key(&tenant);
        let waiting = all.entry(tenant).or_default();
        waiting.callers.push(tell);
        match waiting.stories.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Added { refusals, first: event });
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = &mut entry.get_mut().refusals;
                sum.count += refusals.count;
                if refusals.last_at >= sum.last_at {
                    sum.last_at = refusals.last_at;
                    sum.facts = refusals.facts;
                }
                if sum.requests.len() <= KEPT_REQUESTS {
                    sum.requests.extend(refusals.requests);
                }
            }
        }
        (alone, hear)
    }

    /// What is to be committed next; nothing ends the task that commits.
    fn next(&self, tenant: TenantId) -> Option<Waiting> {
        let mut all = self.lock();
        let waiting = all.get_mut(&tenant)?;
        if waiting.callers.is_empty() {
            all.remove(&tenant);
            return None;
        }
        Some(std::mem::take(waiting))
    }
}

type Heard = oneshot::Receiver<Result<(), String>>;

/// Lets go of a tenant's callers should the task that commits for them end in the middle.
struct Committing {
    stories: Arc<Stories>,
    tenant: TenantId,
    /// It came to its end; what is there now is another task's.
    ended: bool,
}

impl Drop for Committing {
    fn drop(&mut self) {
        if !self.ended {
            self.stories.lock().remove(&self.tenant);
        }
    }
}

impl Idp {
    /// Counts a refusal durably, and logs `event` if it is its story's first.
    ///
    /// # Errors
    /// When the store fails; the refusal must not be answered as such then.
    pub async fn refused_for(
        &self,
        ctx: &Ctx,
        key: StoryKey,
        refusals: Refusals,
        event: Option<Event>,
    ) -> Result<(), IdpError> {
        let (tenant, stories) = (ctx.tenant_id(), self.stories().clone());
        let (alone, heard) = stories.add(tenant, key, refusals, event);
        if alone {
            let idp = self.clone();
            // A caller that hangs up must not take the others' commit with it.
            let of = Committing { stories, tenant, ended: false };
            tokio::spawn(async move { idp.commit_stories(of).await });
        }
        match heard.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(StoreError::Unavailable(error).into()),
            Err(_) => Err(StoreError::Unavailable("a refusal could not be counted".into()).into()),
        }
    }

    async fn commit_stories(&self, mut of: Committing) {
        while let Some(waiting) = of.stories.next(of.tenant) {
            let stories = waiting.stories;
            let done = self
                .store()
                .tenant(of.tenant)
                .write(move |tx| Box::pin(async move { write(tx, &stories).await }))
                .await
                .map_err(|e| e.to_string());
            for caller in waiting.callers {
                // Whoever hung up doesn't hear it.
                let _ = caller.send(done.clone());
            }
        }
        of.ended = true;
    }

    /// Closes a story whose window has ended with an event that counts it, unless another node did.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close_story(
        &self,
        tenant: TenantId,
        rule: String,
        key: String,
        window_at: signet_domain::Time,
    ) -> Result<(), IdpError> {
        let now = self.clock().now();
        let id = self.entropy().id(now);
        let closed = self
            .store()
            .tenant(tenant)
            .write(move |tx| {
                Box::pin(async move {
                    let Some(story) = tx.take_story(&rule, &key, window_at).await? else { return Ok(()) };
                    // One refusal has its event already.
                    if story.count < 2 {
                        return Ok(());
                    }
                    let Some(first) = tx.event(story.event_id).await? else { return Ok(()) };
                    tx.append(&closing(id, now, &story, &first)).await
                })
            })
            .await;
        Ok(closed?)
    }
}

async fn write(tx: &mut Tx, stories: &BTreeMap<StoryKey, Added>) -> Result<(), StoreError> {
    // In the order of keys on every node, so that two never wait for each other.
    for (key, added) in stories {
        let begun = tx.count_refusals(key, &added.refusals).await?;
        if let Some(first) = added.first.as_ref().filter(|_| begun) {
            tx.append(first).await?;
        }
    }
    Ok(())
}

/// What a story's last refusal says where the first one's facts no longer hold.
pub(crate) fn facts(story: &Story) -> BTreeMap<String, String> {
    serde_json::from_str(&story.facts).unwrap_or_default()
}

/// The event that stands for all refusals of a story but the first, with the first one's facts.
fn closing(
    id: signet_domain::id::EventId,
    now: signet_domain::Time,
    story: &Story,
    first: &EventRow,
) -> Event {
    let request = RequestFacts {
        id: first.request_id,
        ip: first.ip.clone(),
        user_agent: first.data.user_agent.clone(),
        path: first.data.path.clone(),
        is_safe: false,
    };
    let kind = types::named(&first.event_type).unwrap_or(types::USER_RATE_LIMITED);
    let mut event = Event::new(id, now, kind, first.data.actor.clone(), &request);
    event.outcome = first.outcome;
    event.severity = first.severity;
    event.reason.clone_from(&first.reason);
    event.user_id.clone_from(&first.user_id);
    event.client_id.clone_from(&first.client_id);
    event.server_id.clone_from(&first.server_id);
    event.targets.clone_from(&first.data.targets);
    event.debug.clone_from(&first.data.debug);
    event.debug.extend(facts(story));
    event
        .debug("story", first.id.to_string())
        .debug("count", (story.count - 1).to_string())
        .debug("firstAt", story.first_at.0.to_string())
        .debug("refusedAt", story.last_at.0.to_string())
        .debug("requests", story.counted_requests().join(","))
}
