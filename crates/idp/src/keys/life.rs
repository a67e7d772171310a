//! Keys turn: at their time, by an administrator's hand, and in an emergency. Each turn is one transaction behind
//! the server's row, so that of several nodes one makes it.

use crate::admin::servers::ServerView;
use crate::admin::{AdminError, Caller};
use crate::ctx::At;
use crate::tenants::no_request;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::types::{self, EventType};
use signet_domain::event::{Entity, Event, RequestFacts, Severity};
use signet_domain::id::{ServerId, TenantId};
use signet_domain::key_life::KeyLife;
use signet_domain::server::{KeyRow, KeyStatus, Server};
use signet_store::Tx;

/// What became of a server's keys, by `kid`.
#[derive(Debug, Default)]
struct Turn {
    signs: Option<String>,
    retired: Option<String>,
    published: Option<String>,
    removed: Vec<String>,
}

impl Turn {
    /// Takes a key out of the set.
    async fn remove(&mut self, tx: &mut Tx, key: &KeyRow) -> signet_store::Result<()> {
        self.removed.push(key.kid.clone());
        tx.delete_signing_key(key.server_id, key.id).await
    }

    /// Lets the next key sign instead of the active one, which goes on verifying.
    async fn rotate(&mut self, tx: &mut Tx, life: KeyLife<'_>, now: Time) -> signet_store::Result<()> {
        if let Some(active) = life.active() {
            tx.set_signing_key_status(active.server_id, active.id, KeyStatus::Retiring, now).await?;
            self.retired = Some(active.kid.clone());
        }
        if let Some(next) = life.next() {
            tx.set_signing_key_status(next.server_id, next.id, KeyStatus::Active, now).await?;
            self.signs = Some(next.kid.clone());
        }
        Ok(())
    }

    async fn publish(&mut self, tx: &mut Tx, key: &KeyRow) -> signet_store::Result<()> {
        match key.status {
            KeyStatus::Active => self.signs = Some(key.kid.clone()),
            _ => self.published = Some(key.kid.clone()),
        }
        tx.insert_signing_key(key).await
    }

    /// Tells an event what became of the keys. Key ids are public.
    fn tell(&self, mut event: Event) -> Event {
        let named = [("signs", &self.signs), ("retired", &self.retired), ("published", &self.published)];
        for (name, kid) in named {
            if let Some(kid) = kid {
                event = event.debug(name, kid.as_str());
            }
        }
        if self.removed.is_empty() { event } else { event.debug("removed", self.removed.join(" ")) }
    }
}

/// Notes with every key of a server when somebody has to look after it, and gives the keys as they are now.
pub(crate) async fn plan(tx: &mut Tx, id: ServerId) -> signet_store::Result<Vec<KeyRow>> {
    let mut keys = tx.signing_keys(id).await?;
    let Some(server) = tx.server(id).await? else { return Ok(keys) };
    let life = KeyLife { server: &server, keys: &keys };
    let due: Vec<Option<Time>> = keys.iter().map(|key| life.due_at(key)).collect();
    for (key, due) in keys.iter_mut().zip(due) {
        if key.due_at != due {
            tx.set_signing_key_due(id, key.id, due).await?;
            key.due_at = due;
        }
    }
    Ok(keys)
}

impl Idp {
    /// Does what is due with a server's keys: removes those whose last token has ended, lets the next one sign when
    /// the period is over, and publishes one to follow. Nothing if another node was faster.
    ///
    /// # Errors
    /// When the store fails or no key can be made.
    pub async fn keep_keys(&self, tenant: TenantId, id: ServerId) -> Result<(), IdpError> {
        let now = self.clock().now();
        let (server, keys) = {
            let mut tx = self.store().tenant(tenant).read().await?;
            let Some(server) = tx.server(id).await? else { return Ok(()) };
            (server, tx.signing_keys(id).await?)
        };
        // Made outside the transaction, which others wait for.
        let fresh = if needs_one_to_follow(KeyLife { server: &server, keys: &keys }, now) {
            Some(self.new_key(&server, KeyStatus::Next, now).await?)
        } else {
            None
        };
        let (idp, request) = (self.clone(), no_request(self, now));
        self.store()
            .tenant(tenant)
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock_server(id).await?;
                    let Some(server) = tx.server(id).await? else { return Ok(()) };
                    for event in
                        keep(tx, &server, fresh, now, &|t| idp.of_nobody(t, &server, now, &request)).await?
                    {
                        tx.append(&event).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    fn of_nobody(&self, event_type: EventType, server: &Server, now: Time, request: &RequestFacts) -> Event {
        Event::new(self.entropy().id(now), now, event_type, Entity::system(), request).at(server)
    }

    /// Rolls the keys of a server: the next one signs from now on, the active one stays published until the last
    /// token it signed has ended, and a new next one is published.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] while apps may not know the next key yet, [`AdminError::NotFound`].
    pub async fn admin_roll_keys(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<ServerView, AdminError> {
        let server = self.admin_server_keys(ctx, key).await?.server;
        let fresh = self.new_key(&server, KeyStatus::Next, ctx.now).await?;
        let event = caller.event(self, ctx, types::AS_KEY_ROLLOVER).at(&server);
        let now = ctx.now;
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.lock_server(server.id).await?;
                let keys = tx.signing_keys(server.id).await?;
                let life = KeyLife { server: &server, keys: &keys };
                if let Some(ripe) = life.ripe_at().filter(|ripe| *ripe > now) {
                    return Err(AdminError::invalid(
                        "use",
                        format!(
                            "use: the next key was published less than a day and six minutes ago, and apps that \
                             keep the key set do not know it yet; roll from {} on, or replace the keys if this is \
                             an emergency",
                            ripe.rfc3339()
                        ),
                    ));
                }
                let mut turn = Turn::default();
                turn.rotate(tx, life, now).await?;
                turn.publish(tx, &fresh).await?;
                let keys = plan(tx, server.id).await?;
                tx.append(&turn.tell(event)).await?;
                Ok(ServerView { server, keys })
            })
        })
        .await
    }

    /// Replaces the keys of a server in an emergency: the active key and those before it are gone at once, and with
    /// them every token that they signed. The next key signs from now on, unless it shall be replaced, too.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_replace_keys(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        next_too: bool,
    ) -> Result<ServerView, AdminError> {
        let server = self.admin_server_keys(ctx, key).await?.server;
        let follows = self.new_key(&server, KeyStatus::Next, ctx.now).await?;
        let signs =
            if next_too { Some(self.new_key(&server, KeyStatus::Active, ctx.now).await?) } else { None };
        let mut event = caller.event(self, ctx, types::AS_KEY_REVOKE).at(&server);
        event.severity = Severity::Warn;
        let now = ctx.now;
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.lock_server(server.id).await?;
                let keys = tx.signing_keys(server.id).await?;
                let mut turn = Turn::default();
                for key in &keys {
                    match (key.status, &signs) {
                        (KeyStatus::Next, None) => {
                            tx.set_signing_key_status(server.id, key.id, KeyStatus::Active, now).await?;
                            turn.signs = Some(key.kid.clone());
                        }
                        _ => turn.remove(tx, key).await?,
                    }
                }
                if let Some(signs) = &signs {
                    turn.publish(tx, signs).await?;
                }
                turn.publish(tx, &follows).await?;
                let keys = plan(tx, server.id).await?;
                tx.append(&turn.tell(event)).await?;
                Ok(ServerView { server, keys })
            })
        })
        .await
    }
}

fn is_due(life: KeyLife<'_>, now: Time) -> bool {
    life.rotates_at().is_some_and(|at| at <= now)
}

/// Whether a key has to be published: the next one takes over, is missing, or is not what was asked for.
fn needs_one_to_follow(life: KeyLife<'_>, now: Time) -> bool {
    life.active().is_some() && (is_due(life, now) || life.next().is_none() || life.next_is_outdated())
}

/// What is due now. Gives the events that tell of it.
async fn keep(
    tx: &mut Tx,
    server: &Server,
    fresh: Option<KeyRow>,
    now: Time,
    event: &(dyn Fn(EventType) -> Event + Sync),
) -> signet_store::Result<Vec<Event>> {
    let keys = tx.signing_keys(server.id).await?;
    let life = KeyLife { server, keys: &keys };
    let mut events = Vec::new();
    let ended = |key: &&KeyRow| {
        key.status == KeyStatus::Retiring && life.until(key).is_some_and(|until| until <= now)
    };
    for key in keys.iter().filter(ended) {
        let mut turn = Turn::default();
        turn.remove(tx, key).await?;
        events.push(turn.tell(event(types::AS_KEY_REMOVE)));
    }
    // Of another algorithm than was read before the transaction: the next look has the right one.
    let fresh = fresh.filter(|fresh| fresh.alg == server.signing_alg && needs_one_to_follow(life, now));
    if let Some(fresh) = fresh {
        let mut turn = Turn::default();
        let event_type = if is_due(life, now) {
            turn.rotate(tx, life, now).await?;
            types::AS_KEY_ROLLOVER
        } else {
            // It has signed nothing yet, so that nobody misses it.
            if let Some(next) = life.next() {
                turn.remove(tx, next).await?;
            }
            types::AS_KEY_PUBLISH
        };
        turn.publish(tx, &fresh).await?;
        events.push(turn.tell(event(event_type)));
    }
    plan(tx, server.id).await?;
    Ok(events)
}
