//! The form above the log, and the filters in force.

use super::PATH;
use super::params::{Key, Params};
use super::search::{Asked, GROUPS, KINDS, OUTCOMES, RANGES, label_of};
use crate::console::access_ask::apps;
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::rows::Apps;
use signet_domain::id::UserId;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Chip, Choice, Hidden, LogForm};

/// The names behind the ids in the address.
pub(super) struct Names {
    app: Option<String>,
    user: Option<String>,
    /// Apps to choose from.
    apps: Vec<Choice>,
}

impl Names {
    pub(super) async fn of(admin: &Admin, params: &Params, apps: Vec<Choice>) -> Result<Self> {
        let app = match params.get(Key::App) {
            "" => None,
            id => Apps::by_client_id(admin, [id.to_owned()].into())
                .await?
                .get(Some(id))
                .map(|a| a.label.clone()),
        };
        let user = match UserId::parse(params.get(Key::User)) {
            Some(id) => {
                let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
                tx.user(id).await?.map(|u| u.login)
            }
            None => None,
        };
        Ok(Self { app, user, apps })
    }
}

/// Apps to choose from, for who may see apps.
pub(super) async fn known_apps(admin: &Admin) -> Result<Vec<Choice>> {
    Ok(if admin.may(Area::Apps, Access::Read) { apps(admin).await?.0 } else { Vec::new() })
}

/// The search with the client id of an app whose name was typed, and with the id of a user whose login was. What is
/// neither stays, and finds nothing.
pub(super) async fn with_ids(admin: &Admin, params: &Params, apps: &[Choice]) -> Result<Params> {
    with_user_id(admin, &with_client_id(params, apps)).await
}

fn with_client_id(params: &Params, apps: &[Choice]) -> Params {
    let typed = params.get(Key::App);
    let is_id = apps.iter().any(|app| app.value == typed);
    let folded = typed.trim().to_lowercase();
    match apps.iter().find(|app| app.label.to_lowercase() == folded) {
        Some(app) if !is_id => params.with(Key::App, &app.value),
        _ => params.clone(),
    }
}

async fn with_user_id(admin: &Admin, params: &Params) -> Result<Params> {
    let typed = params.get(Key::User);
    if typed.is_empty() || UserId::parse(typed).is_some() {
        return Ok(params.clone());
    }
    match admin.idp().console_user_of_login(&admin.ctx, typed).await? {
        Some(id) => Ok(params.with(Key::User, &id.to_string())),
        None => Ok(params.clone()),
    }
}

/// What stands in the form.
pub(super) fn form(params: &Params, asked: &Asked, names: &Names) -> LogForm {
    let mut ranges: Vec<Choice> =
        RANGES.iter().map(|r| Choice::new(r.name, r.label, asked.range == Some(r))).collect();
    if asked.range.is_none() {
        ranges.push(Choice::new("", "Exact times", true));
    }
    let choices = |list: &[(&str, &str)], key: Key| -> Vec<Choice> {
        list.iter().map(|(value, label)| Choice::new(*value, *label, params.get(key) == *value)).collect()
    };
    let groups =
        GROUPS.iter().map(|(value, label, _)| Choice::new(*value, *label, params.get(Key::Group) == *value));
    let mut keep: Vec<Hidden> = [Key::Machines]
        .into_iter()
        .filter(|key| !params.get(*key).is_empty())
        .map(|key| Hidden::new(key.name(), params.get(key)))
        .collect();
    // With it, a range that is chosen while exact times stand in the form is known for the newer wish.
    keep.push(Hidden::new(Key::Held.name(), params.times()));
    LogForm {
        action: PATH.to_owned(),
        q: params.get(Key::Q).to_owned(),
        filter: params.get(Key::Filter).to_owned(),
        ranges,
        kinds: choices(KINDS, Key::Kind),
        outcomes: choices(OUTCOMES, Key::Outcome),
        groups: groups.collect(),
        // An address has the id, a form the login, which the id is looked up by.
        user: names.user.clone().unwrap_or_else(|| params.get(Key::User).to_owned()),
        app: params.get(Key::App).to_owned(),
        apps: names.apps.clone(),
        ip: params.get(Key::Ip).to_owned(),
        since: params.get(Key::Since).to_owned(),
        until: params.get(Key::Until).to_owned(),
        keep,
        error: asked.filter_error.clone(),
        problem: asked.problem.clone(),
    }
}

/// The filters in force, each with the list without it.
pub(super) fn chips(params: &Params, asked: &Asked, names: &Names) -> Vec<Chip> {
    let shown = |key: Key| -> Option<String> {
        let value = params.get(key);
        if value.is_empty() {
            return None;
        }
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| value.to_owned());
        Some(match key {
            Key::Q => format!("“{value}”"),
            Key::Filter => format!("Filter: {value}"),
            Key::Kind => format!("Kind: {}", label_of(KINDS, value)?),
            Key::Outcome => format!("Outcome: {}", label_of(OUTCOMES, value)?),
            Key::App => format!("App: {}", named(&names.app)),
            Key::User => format!("User: {}", named(&names.user)),
            Key::Ip => format!("From: {value}"),
            Key::Since => format!("Since {value}"),
            Key::Until => format!("Until {value}"),
            _ => return None,
        })
    };
    let mut chips = Vec::new();
    for key in
        [Key::Q, Key::Filter, Key::Kind, Key::Outcome, Key::App, Key::User, Key::Ip, Key::Since, Key::Until]
    {
        let times = matches!(key, Key::Since | Key::Until);
        // An exact id is found wherever it lies, so nothing else narrows the search.
        if (times && asked.range.is_some()) || (asked.exact && key != Key::Q) {
            continue;
        }
        if let Some(label) = shown(key) {
            let label = visible(&label);
            chips.push(Chip {
                label,
                remove_url: params.without_place().without(Key::Event).without(key).url(PATH),
            });
        }
    }
    chips
}
