//! Events as lines of a list.

use super::admin::Admin;
use super::failure::Result;
use signet_domain::app::App;
use signet_domain::event::{Entity, EventRow, types};
use signet_domain::id::{CredentialId, UserId};
use signet_idp::syslog::{self, Kind};
use signet_web::{Link, LogRow, Outcome, TimeText};
use std::collections::{BTreeSet, HashMap};

/// The apps that events name, looked up once a page.
pub(super) struct Apps(HashMap<String, Named>);

/// An app by name.
#[derive(Clone)]
pub(super) struct Named {
    /// Its name.
    pub(super) label: String,
    /// Its page.
    pub(super) url: String,
}

impl Apps {
    /// Looks up apps by their client ids. What a stranger made up as one is no app.
    pub(super) async fn by_client_id(admin: &Admin, client_ids: BTreeSet<String>) -> Result<Self> {
        let mut known = HashMap::new();
        for client_id in client_ids {
            if let Some(config) = admin.idp().app(&admin.ctx, &client_id).await? {
                let app = &config.app;
                known
                    .insert(client_id, Named { label: app.label.clone(), url: app_url(&app.id.to_string()) });
            }
        }
        Ok(Self(known))
    }

    /// Looks up the apps of these events.
    pub(super) async fn of(admin: &Admin, events: &[EventRow]) -> Result<Self> {
        Self::by_client_id(admin, client_ids(events)).await
    }

    /// An app that exists.
    pub(super) fn get(&self, client_id: Option<&str>) -> Option<&Named> {
        self.0.get(client_id?)
    }

    /// The app that an event is about, if it exists.
    pub(super) fn of_event(&self, event: &EventRow) -> Option<&Named> {
        self.0.get(client_id(event)?)
    }

    /// Through what an event came about, for its column.
    fn through(&self, event: &EventRow) -> String {
        let fact = |name: &str| event.data.debug.get(name).map(|v| syslog::visible(v));
        if let Some(app) = self.of_event(event) {
            return syslog::visible(&app.label);
        }
        if fact("door").as_deref() == Some("console") || event.event_type == types::SESSION_ADMIN.name {
            return "Console".to_owned();
        }
        if let Some((_, name)) = credential_of(event) {
            return name;
        }
        let gone = client_id(event).map(|_| deleted_app(event).unwrap_or_else(|| "unknown app".to_owned()));
        fact("via").or(gone).unwrap_or_default()
    }

    /// An event as a line that leads to `url`.
    pub(super) fn row(&self, event: &EventRow, url: String, time: TimeText) -> LogRow {
        LogRow {
            url,
            time,
            outcome: outcome(event),
            sentence: syslog::sentence(event),
            app: self.through(event),
            from: event.ip.clone(),
            selected: false,
            above: None,
        }
    }
}

/// The client ids that events name.
pub(super) fn client_ids<'e>(events: impl IntoIterator<Item = &'e EventRow>) -> BTreeSet<String> {
    events.into_iter().filter_map(client_id).map(str::to_owned).collect()
}

/// The user whom an event concerns: id and login.
pub(super) fn user_of(event: &EventRow) -> Option<(String, String)> {
    let known = |e: &&Entity| e.kind == "User" && UserId::parse(&e.id).is_some();
    let own = |e: &&Entity| event.user_id.as_deref().is_none_or(|id| id == e.id);
    let entities = || event.data.targets.iter().chain([&event.data.actor]).filter(known);
    let entity = entities().find(own).or_else(|| entities().next())?;
    Some((entity.id.clone(), entity.alternate_id.clone()))
}

/// The API credential that acted: id and name.
pub(super) fn credential_of(event: &EventRow) -> Option<(String, String)> {
    let actor = &event.data.actor;
    CredentialId::parse(&actor.id)?;
    Some((actor.id.clone(), syslog::visible(&actor.display_name)))
}

/// What an app that no longer exists was called, as its event tells.
pub(super) fn deleted_app(event: &EventRow) -> Option<String> {
    let is_app = |e: &&Entity| ["PublicClientApp", "AppInstance"].contains(&e.kind.as_str());
    let named = |e: &&Entity| e.display_name != e.id && e.display_name != e.alternate_id;
    let app = event.data.targets.iter().chain([&event.data.actor]).filter(is_app).find(named)?;
    Some(format!("{}, deleted", syslog::visible(&app.display_name)))
}

/// Whoever could not prove to be an app named one all the same.
fn client_id(event: &EventRow) -> Option<&str> {
    let actor = &event.data.actor;
    event.client_id.as_deref().or_else(|| (actor.kind == "PublicClientApp").then_some(actor.id.as_str()))
}

/// Short lists of events, each line leading to the event's own page.
pub(super) async fn brief(admin: &Admin, events: &[EventRow]) -> Result<Vec<LogRow>> {
    let apps = Apps::of(admin, events).await?;
    let row = |e: &EventRow| apps.row(e, event_url(e), admin.brief(e.published));
    Ok(events.iter().map(row).collect())
}

/// How an event is marked.
pub(super) fn outcome(event: &EventRow) -> Outcome {
    match syslog::kind(event) {
        Kind::Allowed => Outcome::Allowed,
        Kind::Refused => Outcome::Refused,
        Kind::Throttled => Outcome::Throttled,
        Kind::Changed => Outcome::Changed,
    }
}

/// An event's own page.
pub(super) fn event_url(event: &EventRow) -> String {
    format!("/console/log/{}", event.id)
}

/// The way to what lies below an app's page.
pub(super) fn app_crumbs(app: &App) -> Vec<Link> {
    let own = Link::new(syslog::visible(&app.label), app_url(&app.id.to_string()));
    vec![Link::new("Apps", "/console/apps"), own]
}

/// A user's page.
pub(super) fn user_url(id: &str) -> String {
    format!("/console/users/{id}")
}

/// An app's page.
pub(super) fn app_url(id: &str) -> String {
    format!("/console/apps/{id}")
}
