//! Alerts of a tenant, and taking note of what they told.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::webhooks::MAX_WEBHOOKS;
use super::{AdminError, Caller, Expected};
use crate::alerts::entity;
use crate::console::terms;
use crate::{Ctx, Idp};
use serde_json::json;
use signet_domain::Time;
use signet_domain::alert::{Alert, MAX_AT_LEAST, MAX_WINDOW_MINUTES, SearchTerms};
use signet_domain::event::types;
use signet_domain::id::{AlertId, WebhookId};
use signet_store::Tx;
use signet_store::alerts::FiringSum;
use signet_store::sqlx_types::Json;

/// Most alerts of a tenant: each hears what is new in the log.
pub const MAX_ALERTS: usize = 50;
/// The longest that an alert can be muted at once, in minutes: 30 days.
pub const MAX_MUTE_MINUTES: i64 = 30 * 1_440;
/// Most bytes of a term.
const MAX_TERM: usize = 2_000;

/// An alert as it is sent.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// The name that people read.
    pub name: String,
    /// Whether it is on.
    pub enabled: bool,
    /// What is searched for.
    pub search: SearchTerms,
    /// It takes so many events.
    pub at_least: i64,
    /// In so many minutes.
    pub window_minutes: i64,
    /// And so many times what is usual in an hour; 0 where only the count matters.
    pub times_usual: i64,
    /// Ids of the webhooks that it tells.
    pub webhooks: Vec<String>,
}

impl AlertSettings {
    /// Puts the settings into an alert, and the webhooks that it tells.
    fn put(self, alert: &mut Alert, webhooks: &mut Vec<WebhookId>) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.name("name", &self.name, 1..=100);
        check_search(&mut causes, &self.search);
        causes.range("atLeast", self.at_least, 1..=MAX_AT_LEAST);
        causes.range("windowMinutes", self.window_minutes, 1..=MAX_WINDOW_MINUTES);
        if self.times_usual != 0 {
            causes.range("timesUsual", self.times_usual, 2..=100);
            if self.window_minutes != 60 {
                causes.add("windowMinutes", "must be 60 with timesUsual, since whole hours are compared");
            }
        }
        let mut ids: Vec<_> = self.webhooks.iter().map(|key| WebhookId::parse(key)).collect();
        if ids.len() > MAX_WEBHOOKS || ids.iter().any(Option::is_none) {
            causes.add("webhooks", "must be ids of webhooks");
        }
        causes.check("alert")?;
        ids.sort_unstable();
        ids.dedup();
        *webhooks = ids.into_iter().flatten().collect();
        alert.name = self.name;
        alert.enabled = self.enabled;
        alert.search = Json(self.search);
        alert.at_least = self.at_least;
        alert.window_minutes = self.window_minutes;
        alert.times_usual = self.times_usual;
        Ok(())
    }
}

fn check_search(causes: &mut Causes, search: &SearchTerms) {
    let SearchTerms { q, filter, kind, outcome, app, user, ip } = search;
    let terms = [q, filter, kind, outcome, app, user, ip];
    if terms.iter().all(|term| term.trim().is_empty()) {
        causes.add("search", "must look for something");
    }
    if terms.iter().any(|term| term.len() > MAX_TERM || term.chars().any(char::is_control)) {
        causes.add("search", format_args!("each member has at most {MAX_TERM} bytes, all visible"));
    } else if let Err((member, wrong)) = terms::read(search) {
        causes.add(&format!("search.{member}"), wrong);
    }
}

/// An alert and how its firings stand.
#[derive(Debug, Clone)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// The webhooks that it tells.
    pub webhooks: Vec<WebhookId>,
    /// When it last fired.
    pub last_fired: Option<Time>,
    /// Firings that nobody took note of.
    pub open: i64,
}

impl AlertView {
    fn of(alert: Alert, told: &[(AlertId, WebhookId)], sums: &[FiringSum]) -> Self {
        let sum = sums.iter().find(|sum| sum.alert_id == alert.id);
        let webhooks = told.iter().filter(|(of, _)| *of == alert.id).map(|(_, webhook)| *webhook).collect();
        Self { webhooks, alert, last_fired: sum.map(|sum| sum.last_at), open: sum.map_or(0, |sum| sum.open) }
    }
}

impl Idp {
    /// All alerts, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_alerts(&self, ctx: &Ctx) -> Result<Vec<AlertView>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (told, sums) = (tx.alert_webhooks().await?, tx.firing_sums().await?);
        Ok(tx.alerts().await?.into_iter().map(|alert| AlertView::of(alert, &told, &sums)).collect())
    }

    /// One alert.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_alert(&self, ctx: &Ctx, key: &str) -> Result<AlertView, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        view(&mut tx, key).await
    }

    /// Creates an alert. It hears what happens from now on.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_alert(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: AlertSettings,
    ) -> Result<AlertView, AdminError> {
        let mut alert = Alert {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            name: String::new(),
            shipped: None,
            enabled: true,
            muted_until: None,
            search: Json::default(),
            at_least: 1,
            window_minutes: 1,
            times_usual: 0,
            heard: Json::default(),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        let mut webhooks = Vec::new();
        settings.put(&mut alert, &mut webhooks)?;
        let event = caller.event(self, ctx, types::ALERT_CREATE);
        let event = Diff::made(facts(&alert, &webhooks)).into_event(event, entity(&alert));
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_alert(&alert).await.map_err(|e| AdminError::taken("name", e))?;
                if tx.alerts().await?.len() > MAX_ALERTS {
                    return Err(AdminError::too_many("alert", "a tenant", MAX_ALERTS, "alerts"));
                }
                tell(tx, alert.id, &webhooks).await?;
                tx.append(&event).await?;
                view(tx, &alert.id.to_string()).await
            })
        })
        .await
    }

    /// Replaces the settings of an alert. With another search or count it begins to listen anew.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_alert(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: AlertSettings,
        expected: &Expected,
    ) -> Result<AlertView, AdminError> {
        self.change_alert(ctx, caller, key, expected, move |alert, webhooks| settings.put(alert, webhooks))
            .await
    }

    /// Mutes an alert for so many minutes from now, or with `None` lets it tell again.
    ///
    /// # Errors
    /// [`AdminError::Invalid`].
    pub async fn admin_mute_alert(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        minutes: Option<i64>,
    ) -> Result<AlertView, AdminError> {
        let mut causes = Causes::default();
        minutes.iter().for_each(|minutes| causes.range("minutes", *minutes, 1..=MAX_MUTE_MINUTES));
        causes.check("alert")?;
        let until = minutes.map(|minutes| ctx.now.plus_secs(minutes * 60));
        self.change_alert(ctx, caller, key, &Expected::Any, move |alert, _| {
            alert.muted_until = until;
            Ok(())
        })
        .await
    }

    /// Switches an alert on or off.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_switch_alert(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        enabled: bool,
    ) -> Result<AlertView, AdminError> {
        self.change_alert(ctx, caller, key, &Expected::Any, move |alert, _| {
            alert.enabled = enabled;
            Ok(())
        })
        .await
    }

    async fn change_alert(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        expected: &Expected,
        set: impl FnOnce(&mut Alert, &mut Vec<WebhookId>) -> Result<(), AdminError> + Send + 'static,
    ) -> Result<AlertView, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let AlertView { alert: before, webhooks: told, .. } = view(tx, &key).await?;
                expected.check(before.version)?;
                let (mut after, mut webhooks) = (before.clone(), told.clone());
                set(&mut after, &mut webhooks)?;
                let diff = Diff::of(facts(&before, &told), facts(&after, &webhooks));
                if !diff.is_empty() {
                    tx.update_alert(&after, ctx.now).await.map_err(|e| AdminError::taken("name", e))?;
                    if what_it_hears(&before) != what_it_hears(&after) {
                        tx.forget_heard(after.id).await?;
                    }
                    if told != webhooks {
                        tx.clear_alert_webhooks(after.id).await?;
                        tell(tx, after.id, &webhooks).await?;
                    }
                    let event = caller.event(&idp, &ctx, types::ALERT_UPDATE);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                view(tx, &key).await
            })
        })
        .await
    }

    /// Deletes an alert with its firings; the log keeps theirs. One that comes with every tenant stays.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`].
    pub async fn admin_delete_alert(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let alert = find(tx, &key).await?;
                if alert.shipped.is_some() {
                    let cause = "alertId: this alert comes with every tenant; switch it off instead";
                    return Err(AdminError::invalid("alert", cause));
                }
                tx.delete_alert(alert.id).await?;
                let event = caller.event(&idp, &ctx, types::ALERT_DELETE).target(entity(&alert));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }
}

/// Lets an alert tell webhooks.
async fn tell(tx: &mut Tx, alert: AlertId, webhooks: &[WebhookId]) -> Result<(), AdminError> {
    for webhook in webhooks {
        if tx.webhook(*webhook).await?.is_none() {
            return Err(AdminError::invalid("alert", format!("webhooks: there is no webhook {webhook}")));
        }
        tx.add_alert_webhook(alert, *webhook).await?;
    }
    Ok(())
}

async fn view(tx: &mut Tx, key: &str) -> Result<AlertView, AdminError> {
    let alert = find(tx, key).await?;
    Ok(AlertView::of(alert, &tx.alert_webhooks().await?, &tx.firing_sums().await?))
}

/// What decides which events count, and how many it takes.
fn what_it_hears(alert: &Alert) -> (&SearchTerms, i64, i64, i64) {
    (&alert.search, alert.at_least, alert.window_minutes, alert.times_usual)
}

pub(super) async fn find(tx: &mut Tx, key: &str) -> Result<Alert, AdminError> {
    let alert = match AlertId::parse(key) {
        Some(id) => tx.alert(id).await?,
        None => None,
    };
    alert.ok_or_else(|| AdminError::not_found(key, "Alert"))
}

fn facts(alert: &Alert, webhooks: &[WebhookId]) -> Facts {
    vec![
        ("name", alert.name.as_str().into()),
        ("enabled", alert.enabled.into()),
        ("mutedUntil", json!(alert.muted_until.map(Time::rfc3339))),
        ("search", json!(alert.search.0)),
        ("atLeast", alert.at_least.into()),
        ("windowMinutes", alert.window_minutes.into()),
        ("timesUsual", alert.times_usual.into()),
        ("webhooks", json!(webhooks)),
    ]
}
