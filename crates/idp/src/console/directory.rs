//! Users and apps with their recent past.

use super::kinds::{self, equals};
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::event::EventRow;
use signet_domain::event::types::{self, EventType};
use signet_domain::id::{AppId, GroupId, ServerId, UserId};
use signet_domain::login;
use signet_domain::registration::Registration;
use signet_domain::security::SecuritySettings;
use signet_domain::session::Session;
use signet_store::Tx;
use signet_store::counts::What;
use signet_store::log_query::{Budget, Condition, LogQuery, TextField};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;
/// How far back a recent past reaches, in days.
pub const RECENT_DAYS: i64 = 30;
/// How far back the last refusal is looked for, however long the log is kept.
const REFUSAL_DAYS: i64 = 90;
const RECENT: u32 = 10;
const GRANTS: i64 = 200;
/// Most of a user's events that are looked through.
pub(crate) const BUDGET: u32 = 5_000;
/// What is written about groups, and how many of each are looked through.
const GROUP_TYPES: [EventType; 5] = [
    types::GROUP_CREATE,
    types::GROUP_UPDATE,
    types::GROUP_DELETE,
    types::GROUP_MEMBER_ADD,
    types::GROUP_MEMBER_REMOVE,
];
const GROUP_BUDGET: u32 = 300;

/// What a user has open, and what happened lately.
#[derive(Debug)]
pub struct UserPast {
    /// Live sessions, newest first; at most 100.
    pub sessions: Vec<Session>,
    /// Apps that hold something of the user's.
    pub grants: Vec<Held>,
    /// The newest refusal.
    pub last_refusal: Option<EventRow>,
    /// Newest first.
    pub recent: Vec<EventRow>,
}

/// What a user gave one app, over all its live grants.
#[derive(Debug)]
pub struct Held {
    /// The app.
    pub app: App,
    /// Scopes, each once.
    pub scopes: BTreeSet<String>,
    /// When the newest grant was made.
    pub since: Time,
    /// The issuer of the newest grant.
    pub issuer: Option<String>,
}

/// What happened at an app lately.
#[derive(Debug)]
pub struct AppPast {
    /// Newest first.
    pub recent: Vec<EventRow>,
    /// Tokens in seven days, to the last counted hour.
    pub tokens: i64,
    /// Refusals in seven days.
    pub refused: i64,
    /// Where and when it registered, if it did so by itself.
    pub registration: Option<Registration>,
}

/// Events that concern a user, or that the user caused.
#[must_use]
pub fn of_user(id: &str) -> Condition {
    Condition::Any(vec![equals(TextField::UserId, id), equals(TextField::ActorId, id)])
}

/// The newest of the events about someone or something of which a condition holds, in so many days; of those about it
/// at most `budget` are looked through.
pub(crate) async fn latest_about(
    tx: &mut Tx,
    ctx: &Ctx,
    about: Condition,
    (condition, days, limit): (Condition, i64, u32),
    budget: u32,
) -> Result<Vec<EventRow>, IdpError> {
    let all = LogQuery { condition: about.clone(), ..LogQuery::default() };
    let (to, from) = (Time(ctx.now.0.saturating_add(1)), ctx.now.plus_secs(-days * DAY));
    let since = tx.log_floor_of(&all, to, from, Budget::each(budget)).await?;
    Ok(tx.latest_matching(Condition::All(vec![about, condition]), Some(since), limit).await?)
}

/// A user's sessions that have not ended.
async fn live_sessions(
    tx: &mut Tx,
    ctx: &Ctx,
    rules: &SecuritySettings,
    user: UserId,
) -> Result<Vec<Session>, IdpError> {
    let mut sessions = tx.sessions_of(user, ctx.now).await?;
    sessions.retain(|session| session.is_live(ctx.now, &rules.rule(session.kind)));
    Ok(sessions)
}

impl Idp {
    /// The user of a login, in whatever spelling; none for what can't be one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_user_of_login(&self, ctx: &Ctx, login: &str) -> Result<Option<UserId>, IdpError> {
        let Ok(key) = login::canonical(login, &ctx.tenant.default_domain) else { return Ok(None) };
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.user_by_login(key.as_str()).await?.map(|user| user.id))
    }

    /// What each app holds of a user.
    async fn held_by(tx: &mut Tx, user: UserId) -> Result<Vec<Held>, IdpError> {
        let mut by_app: BTreeMap<AppId, (BTreeSet<String>, (Time, ServerId))> = BTreeMap::new();
        for grant in tx.grants_of(user, GRANTS).await? {
            let newest = (grant.created_at, grant.server_id);
            let held = by_app.entry(grant.app_id).or_insert_with(|| (BTreeSet::new(), newest));
            held.0.extend(grant.scopes.split(' ').filter(|s| !s.is_empty()).map(str::to_owned));
            held.1 = held.1.max(newest);
        }
        let mut held = Vec::new();
        for (app, (scopes, (since, server))) in by_app {
            let Some(app) = tx.app(app).await? else { continue };
            // Only who can be sent there needs it.
            let issuer = match app.metadata.initiate_login_uri {
                Some(_) => tx.server(server).await?.map(|server| server.issuer),
                None => None,
            };
            held.push(Held { app, scopes, since, issuer });
        }
        Ok(held)
    }

    /// What a user has open: live sessions, and what apps hold.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_user_open(
        &self,
        ctx: &Ctx,
        user: UserId,
    ) -> Result<(Vec<Session>, Vec<Held>), IdpError> {
        let rules = self.security(ctx).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let held = Self::held_by(&mut tx, user).await?;
        Ok((live_sessions(&mut tx, ctx, &rules, user).await?, held))
    }

    /// A user's past.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_user_past(&self, ctx: &Ctx, user: UserId) -> Result<UserPast, IdpError> {
        let rules = self.security(ctx).await?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let grants = Self::held_by(&mut tx, user).await?;
        let about = of_user(&user.to_string());
        let refusals = (kinds::refusals(), REFUSAL_DAYS, 1);
        // More than are shown: changes stand in the history, and sign-ins shall not make room for them here.
        let everything = (Condition::Always, RECENT_DAYS, 3 * RECENT);
        Ok(UserPast {
            sessions: live_sessions(&mut tx, ctx, &rules, user).await?,
            grants,
            last_refusal: latest_about(&mut tx, ctx, about.clone(), refusals, BUDGET).await?.pop(),
            recent: latest_about(&mut tx, ctx, about, everything, BUDGET).await?,
        })
    }

    /// A group's newest changes in so many days, and of people's memberships.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_group_past(
        &self,
        ctx: &Ctx,
        group: GroupId,
        days: i64,
    ) -> Result<Vec<EventRow>, IdpError> {
        let about = equals(TextField::TargetId, &group.to_string());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut found = Vec::new();
        // Each of the types has its place in an index, so no other change is passed over.
        for event_type in GROUP_TYPES {
            let of_type = equals(TextField::EventType, event_type.name);
            let wanted = (about.clone(), days, RECENT);
            found.extend(latest_about(&mut tx, ctx, of_type, wanted, GROUP_BUDGET).await?);
        }
        found.sort_by_key(|event| Reverse((event.published, event.epoch, event.txid, event.seq)));
        found.truncate(usize::try_from(RECENT).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// An app's past.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_app_past(&self, ctx: &Ctx, app: &App) -> Result<AppPast, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let own = equals(TextField::ClientId, &app.client_id);
        let since = |days: i64| ctx.now.plus_secs(-days * DAY);
        let totals = tx.app_totals(&app.client_id, since(7)).await?;
        let total = |what: What| totals.iter().find(|(name, _)| name == what.as_str()).map_or(0, |(_, n)| *n);
        Ok(AppPast {
            recent: tx.latest_matching(own, Some(since(RECENT_DAYS)), RECENT).await?,
            tokens: total(What::Token),
            refused: total(What::Refused),
            registration: tx.registration(app.id).await?,
        })
    }

    /// When each app got its newest token, to the hour.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_newest_tokens(&self, ctx: &Ctx) -> Result<BTreeMap<String, Time>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.newest_tokens(ctx.now.plus_secs(-REFUSAL_DAYS * DAY)).await?.into_iter().collect())
    }
}
