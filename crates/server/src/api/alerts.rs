//! `/api/v1/alerts`, and the times that they fired.

use super::caller::Api;
use super::error::ApiError;
use super::json::{Body, Document, member};
use super::openapi::Errors;
use super::operations;
use super::query::{Query, Segment};
use super::reply::{IfMatch, Linker, Links, instant, page, versioned};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use signet_domain::alert::{Alert as Row, AlertFiring, SearchTerms};
use signet_idp::Ctx;
use signet_idp::admin::alerts::{AlertSettings, AlertView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/alerts";
/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] =
    &["mutedUntil", "shipped", "created", "lastUpdated", "lastFired", "openFirings", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_alerts, create_alert))
        .routes(operations!(get_alert, replace_alert, delete_alert))
        .routes(operations!(mute_alert))
        .routes(operations!(unmute_alert))
        .routes(operations!(list_alert_firings))
        .routes(operations!(acknowledge_alert_firings))
        .routes(operations!(acknowledge_alert_firing))
}

/// What is searched for in the log; what is left out narrows nothing.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlertSearch {
    /// Words that must all occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    /// In the log's filter language.
    #[schema(example = "eventType eq \"user.account.lock\"")]
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    /// What the events are about: sign-ins, tokens, users, administrators, apps, servers, keys or settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// allowed, refused, throttled, changed, or notable: all but allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// An app's `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    /// A user's id: what concerns the user, and what the user did.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
}

impl AlertSearch {
    fn of(terms: &SearchTerms) -> Self {
        let member = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            q: member(&terms.q),
            filter: member(&terms.filter),
            kind: member(&terms.kind),
            outcome: member(&terms.outcome),
            app: member(&terms.app),
            user: member(&terms.user),
            ip: member(&terms.ip),
        }
    }

    fn terms(self) -> SearchTerms {
        SearchTerms {
            q: self.q.unwrap_or_default(),
            filter: self.filter.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            outcome: self.outcome.unwrap_or_default(),
            app: self.app.unwrap_or_default(),
            user: self.user.unwrap_or_default(),
            ip: self.ip.unwrap_or_default(),
        }
    }
}

/// An alert on a search of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alert {
    /// The id.
    id: String,
    /// The name that people read.
    name: String,
    /// Whether it is on.
    enabled: bool,
    /// Until when it fires nothing though it is on.
    muted_until: Option<String>,
    /// What one that comes with every tenant watches: quota, administrator, api_token, signing_key or throttle.
    shipped: Option<String>,
    /// What is searched for.
    search: AlertSearch,
    /// It takes so many events.
    at_least: i64,
    /// In so many minutes.
    window_minutes: i64,
    /// And so many times what was usual in an hour of the last seven days; 0 where only the count matters.
    times_usual: i64,
    /// Ids of the webhooks that it tells.
    webhooks: Vec<String>,
    /// When it last fired.
    last_fired: Option<String>,
    /// Firings that nobody took note of.
    open_firings: i64,
    /// When it was created.
    created: String,
    /// When its settings last changed.
    last_updated: String,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

impl Alert {
    fn of(ctx: &Ctx, view: &AlertView) -> Self {
        let (row, to) = (&view.alert, Linker(ctx));
        let path = format!("{PATH}/{}", row.id);
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            enabled: row.enabled,
            muted_until: row.muted_until.filter(|until| *until > ctx.now).map(instant),
            shipped: row.shipped.clone(),
            search: AlertSearch::of(&row.search),
            at_least: row.at_least,
            window_minutes: row.window_minutes,
            times_usual: row.times_usual,
            webhooks: view.webhooks.iter().map(ToString::to_string).collect(),
            last_fired: view.last_fired.map(instant),
            open_firings: view.open,
            created: instant(row.created_at),
            last_updated: instant(row.updated_at),
            links: Links::from([
                ("self", to.get(&path)),
                ("firings", to.get(format_args!("{path}/firings"))),
                ("console", to.get(format_args!("/console/alerts/{}", row.id))),
            ]),
        }
    }

    fn versioned(ctx: &Ctx, view: &AlertView) -> Response {
        versioned(view.alert.version, Self::of(ctx, view))
    }
}

/// An alert as it is sent. What is left out gets its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AlertRequest {
    /// The name that people read; unique.
    name: String,
    /// Whether it is on; default true.
    enabled: Option<bool>,
    /// What is searched for: at least one member.
    #[serde(deserialize_with = "member")]
    search: AlertSearch,
    /// It takes so many events, 1 to 1000; default 1.
    at_least: Option<i64>,
    /// In so many minutes, 1 to 1440; default 60.
    window_minutes: Option<i64>,
    /// And 2 to 100 times what was usual in an hour of the last seven days. Only with a window of 60, which then is the
    /// hour of the clock. Default 0: only the count matters.
    times_usual: Option<i64>,
    /// Ids of the webhooks that it tells; default none.
    #[serde(default)]
    webhooks: Vec<String>,
}

impl AlertRequest {
    fn settings(self) -> AlertSettings {
        AlertSettings {
            name: self.name,
            enabled: self.enabled.unwrap_or(true),
            search: self.search.terms(),
            at_least: self.at_least.unwrap_or(1),
            window_minutes: self.window_minutes.unwrap_or(60),
            times_usual: self.times_usual.unwrap_or(0),
            webhooks: self.webhooks,
        }
    }
}

/// How long an alert is muted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MuteRequest {
    /// Minutes from now: 1 to 43200, which are 30 days.
    #[schema(example = 60)]
    minutes: i64,
}

/// One time that an alert fired.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Firing {
    /// The id.
    id: String,
    /// When it fired.
    fired: String,
    /// When the first event was that counts.
    since: String,
    /// The end of its window: further events until then are added up, and nothing fires again.
    until: String,
    /// Events of the window so far.
    events: i64,
    /// When the last of them was.
    last_event: String,
    /// When somebody took note of it.
    acknowledged: Option<String>,
    /// Who did.
    acknowledged_by: Option<String>,
    /// The log's record of it.
    event_id: String,
    /// `events` leads to the matching events in the console, with absolute times.
    #[serde(rename = "_links")]
    links: Links,
}

impl Firing {
    fn of(ctx: &Ctx, alert: &Row, row: &AlertFiring) -> Self {
        let events = crate::console::alert_events_url(&alert.search, row.since_at, row.until_at);
        Self {
            id: row.id.to_string(),
            fired: instant(row.fired_at),
            since: instant(row.since_at),
            until: instant(row.until_at),
            events: row.events,
            last_event: instant(row.last_at),
            acknowledged: row.acknowledged_at.map(instant),
            acknowledged_by: row.acknowledged_by.clone(),
            event_id: row.event_id.to_string(),
            links: Links::from([("events", Linker(ctx).get(events))]),
        }
    }
}

/// Lists alerts, by name: those that come with every tenant, and those that were made.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "Alerts",
    responses((status = 200, body = Vec<Alert>, description = "All"), Errors))]
async fn list_alerts(api: Api) -> Result<Json<Vec<Alert>>, ApiError> {
    let all = api.idp.admin_alerts(&api.ctx).await?;
    Ok(Json(all.iter().map(|view| Alert::of(&api.ctx, view)).collect()))
}

/// Creates an alert. It hears what happens from then on.
#[utoipa::path(post, path = "/api/v1/alerts", tag = "Alerts", request_body = AlertRequest,
    responses((status = 201, body = Alert, description = "The alert", headers(("ETag" = String))), Errors))]
async fn create_alert(api: Api, Body(request): Body<AlertRequest>) -> Result<Response, ApiError> {
    let view = api.idp.admin_create_alert(&api.ctx, &api.caller, request.settings()).await?;
    Ok((StatusCode::CREATED, Alert::versioned(&api.ctx, &view)).into_response())
}

/// Reads an alert.
#[utoipa::path(get, path = "/api/v1/alerts/{alertId}", tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, body = Alert, description = "The alert", headers(("ETag" = String))), Errors))]
async fn get_alert(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    Ok(Alert::versioned(&api.ctx, &api.idp.admin_alert(&api.ctx, &id).await?))
}

/// Replaces an alert's settings; what isn't sent gets its default. With another search or count it begins anew.
#[utoipa::path(put, path = "/api/v1/alerts/{alertId}", tag = "Alerts", request_body = AlertRequest,
    params(
        ("alertId" = String, Path, description = "Id of the alert"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 200, body = Alert, description = "The alert", headers(("ETag" = String))), Errors))]
async fn replace_alert(
    api: Api,
    Segment(id): Segment<String>,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: AlertRequest = document.for_replacement(&id, READ_ONLY)?.read("alert")?;
    let settings = request.settings();
    let view = api.idp.admin_replace_alert(&api.ctx, &api.caller, &id, settings, &expected).await?;
    Ok(Alert::versioned(&api.ctx, &view))
}

/// Deletes an alert with its firings. One that comes with every tenant can be switched off, not deleted.
#[utoipa::path(delete, path = "/api/v1/alerts/{alertId}", tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_alert(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_alert(&api.ctx, &api.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mutes an alert: it goes on listening and fires nothing.
#[utoipa::path(post, path = "/api/v1/alerts/{alertId}/lifecycle/mute", tag = "Alerts", request_body = MuteRequest,
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, body = Alert, description = "The alert", headers(("ETag" = String))), Errors))]
async fn mute_alert(
    api: Api,
    Segment(id): Segment<String>,
    Body(request): Body<MuteRequest>,
) -> Result<Response, ApiError> {
    let view = api.idp.admin_mute_alert(&api.ctx, &api.caller, &id, Some(request.minutes)).await?;
    Ok(Alert::versioned(&api.ctx, &view))
}

/// Lets a muted alert fire again.
#[utoipa::path(post, path = "/api/v1/alerts/{alertId}/lifecycle/unmute", tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 200, body = Alert, description = "The alert", headers(("ETag" = String))), Errors))]
async fn unmute_alert(api: Api, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    Ok(Alert::versioned(&api.ctx, &api.idp.admin_mute_alert(&api.ctx, &api.caller, &id, None).await?))
}

/// Lists the times that an alert fired, newest first. They are kept as long as the log.
#[utoipa::path(get, path = "/api/v1/alerts/{alertId}/firings", tag = "Alerts",
    params(
        ("alertId" = String, Path, description = "Id of the alert"),
        ("after" = Option<String>, Query, description = "Cursor from a Link header"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "Most firings: at most 200, which is the default"),
    ),
    responses((status = 200, body = Vec<Firing>, description = "A page; its links in Link headers"), Errors))]
async fn list_alert_firings(
    api: Api,
    Segment(id): Segment<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let (alert, found) = api.idp.admin_firings(&api.ctx, &id, query.get("after"), query.limit()?).await?;
    let items: Vec<Firing> = found.items.iter().map(|row| Firing::of(&api.ctx, &alert, row)).collect();
    let path = format!("{PATH}/{id}/firings");
    Ok(page(&api.ctx.tenant.url, &path, &query, items, found.next.as_deref()))
}

/// Takes note of all firings of an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{alertId}/lifecycle/acknowledge", tag = "Alerts",
    params(("alertId" = String, Path, description = "Id of the alert")),
    responses((status = 204, description = "Done"), Errors))]
async fn acknowledge_alert_firings(api: Api, Segment(id): Segment<String>) -> Result<StatusCode, ApiError> {
    api.idp.admin_acknowledge(&api.ctx, &api.caller, &id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes note of one firing.
#[utoipa::path(post, path = "/api/v1/alerts/{alertId}/firings/{firingId}/acknowledge", tag = "Alerts",
    params(
        ("alertId" = String, Path, description = "Id of the alert"),
        ("firingId" = String, Path, description = "Id of the firing"),
    ),
    responses((status = 204, description = "Done"), Errors))]
async fn acknowledge_alert_firing(
    api: Api,
    Segment((id, firing)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_acknowledge(&api.ctx, &api.caller, &id, Some(&firing)).await?;
    Ok(StatusCode::NO_CONTENT)
}
