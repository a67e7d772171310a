//! Finding by a few letters: pages, users, groups, apps, and what an id of the log stands for. The palette shows the same list.

use super::admin::Admin;
use super::failure::Result;
use super::next::encoded;
use super::rows::{app_url, event_url, user_url};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_idp::admin::user_list::UserQuery;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::{self, visible};
use signet_oauth::Params;
use signet_web::{FindPage, Found, FoundGroup, FoundRow, Section};

/// Most users, and most apps.
const MOST: usize = 6;
/// The longest text that is looked for, in bytes.
const MAX_TEXT: usize = 200;

/// What role a page is for.
type For = (Area, Access);

/// Pages beyond the navigation: name, further words, address, icon.
const PAGES: &[(&str, &str, &str, &str, For)] = &[
    ("New user", "create add person", "/console/users/new", "users", (Area::Users, Access::Write)),
    (
        "Administrators",
        "roles super help desk",
        "/console/users?status=ADMINISTRATORS",
        "users",
        (Area::Users, Access::Read),
    ),
    ("New group", "create add", "/console/groups/new", "users-round", (Area::Groups, Access::Write)),
    ("New app", "create add client", "/console/apps/new", "app-window", (Area::Apps, Access::Write)),
    (
        "New authorization server",
        "create add issuer",
        "/console/servers/new",
        "server",
        (Area::Apps, Access::Write),
    ),
    (
        "New gateway profile",
        "create add api proxy",
        "/console/gateways/new",
        "log-in",
        (Area::Apps, Access::Write),
    ),
    ("Rate policies", "limits token creation", "/console/rate-policies", "gauge", (Area::Apps, Access::Read)),
    (
        "New rate policy",
        "create add limit",
        "/console/rate-policies/new",
        "gauge",
        (Area::Apps, Access::Write),
    ),
    (
        "Password rules",
        "nist minimum length words security",
        "/console/security",
        "shield-check",
        (Area::Settings, Access::Read),
    ),
    (
        "Session lifetimes",
        "idle sign-in security",
        "/console/security",
        "shield-check",
        (Area::Settings, Access::Read),
    ),
    ("New alert", "create add", "/console/alerts/new", "bell", (Area::Logs, Access::Write)),
    ("Webhooks", "alerts notify", "/console/webhooks", "bell", (Area::Logs, Access::Read)),
    (
        "Exports of the log",
        "csv json lines file",
        "/console/log/exports",
        "download",
        (Area::Logs, Access::Read),
    ),
    ("Saved searches", "log", "/console/log/searches", "scroll-text", (Area::Logs, Access::Read)),
    (
        "New API token",
        "create add ssws",
        "/console/credentials/tokens/new",
        "key-round",
        (Area::Callers, Access::Write),
    ),
];

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let q = asked(query);
    let shown = found(&admin, &q)
        .await
        .map(|found| html::page(&FindPage { console: admin.frame("Find", Section::Find), q, found }));
    admin.answer(shown)
}

/// The list by itself.
pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = found(&admin, &asked(query)).await.map(|found| html::part(&found));
    admin.answer(shown)
}

fn asked(query: Option<String>) -> String {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let q = params.get("q").unwrap_or_default().trim();
    if q.len() <= MAX_TEXT { q.to_owned() } else { String::new() }
}

async fn found(admin: &Admin, q: &str) -> Result<Found> {
    let mut groups = Vec::new();
    if !q.is_empty() {
        groups.push(FoundGroup { label: "Log", rows: by_id(admin, q).await? });
    }
    groups.push(FoundGroup { label: "Pages", rows: pages(admin, q) });
    if !q.is_empty() {
        groups.push(FoundGroup { label: "Users", rows: users(admin, q).await? });
        groups.push(FoundGroup { label: "Groups", rows: groups_named(admin, q).await? });
        groups.push(FoundGroup { label: "Apps", rows: apps(admin, q).await? });
        groups.push(FoundGroup { label: "In the log", rows: in_log(admin, q) });
    }
    groups.retain(|group| !group.rows.is_empty());
    Ok(Found { groups })
}

/// What else people call a place.
fn also_called(section: Section) -> &'static str {
    match section {
        Section::Log => "events audit activity",
        Section::Users => "people accounts passwords",
        Section::Groups => "teams roles",
        Section::Apps => "clients applications secrets",
        Section::Servers => "issuers keys scopes claims access policies jwks",
        Section::Gateways => "api proxy nginx verify provision key profiles",
        Section::Limits => "quota throttle 429",
        Section::Credentials => "tokens ssws",
        Section::Inspector => "jwt decode revoke",
        Section::Branding => "logo colours look",
        Section::Settings => "retention hold hosts address",
        _ => "",
    }
}

/// Every word begins some word of the name.
fn pages(admin: &Admin, q: &str) -> Vec<FoundRow> {
    let wanted: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    let fits = |name: &str, more: &str| {
        let text = format!("{name} {more}").to_lowercase();
        wanted.iter().all(|wanted| text.split(' ').any(|word| word.starts_with(wanted.as_str())))
    };
    let row = |label: &str, url: &str, icon: &'static str| FoundRow {
        label: label.to_owned(),
        detail: String::new(),
        url: url.to_owned(),
        icon,
    };
    let places = admin.nav().into_iter().filter(|item| fits(item.section.label(), also_called(item.section)));
    let mut rows: Vec<_> =
        places.map(|item| row(item.section.label(), &item.url, item.section.icon())).collect();
    let deeper = PAGES.iter().filter(|(name, more, .., (area, access))| {
        !wanted.is_empty() && fits(name, more) && admin.may(*area, *access)
    });
    rows.extend(deeper.map(|(name, _, url, icon, _)| row(name, url, icon)));
    rows
}

async fn users(admin: &Admin, q: &str) -> Result<Vec<FoundRow>> {
    if !admin.may(Area::Users, Access::Read) {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(MOST).ok();
    let query = UserQuery { q: Some(q.to_owned()), after: None, limit, filter: None };
    let found = admin.idp().admin_users(&admin.ctx, &admin.caller, &query).await?;
    let row = |user: &signet_domain::user::User| FoundRow {
        label: visible(&user.login),
        detail: visible(format!("{} {}", user.first_name, user.last_name).trim()),
        url: user_url(&user.id.to_string()),
        icon: Section::Users.icon(),
    };
    Ok(found.items.iter().map(|view| row(&view.user)).collect())
}

async fn groups_named(admin: &Admin, q: &str) -> Result<Vec<FoundRow>> {
    if !admin.may(Area::Groups, Access::Read) {
        return Ok(Vec::new());
    }
    let found = admin.idp().admin_groups(&admin.ctx, Some(q), None, i64::try_from(MOST).ok()).await?;
    let row = |group: &signet_domain::group::Group| FoundRow {
        label: visible(&group.name),
        detail: visible(&group.description),
        url: format!("/console/groups/{}", group.id),
        icon: Section::Groups.icon(),
    };
    Ok(found.items.iter().map(row).collect())
}

async fn apps(admin: &Admin, q: &str) -> Result<Vec<FoundRow>> {
    if !admin.may(Area::Apps, Access::Read) {
        return Ok(Vec::new());
    }
    let found = admin.idp().console_find_apps(&admin.ctx, q, MOST).await?;
    let row = |app: signet_idp::console::AppName| FoundRow {
        label: visible(&app.label),
        detail: visible(&app.client_id),
        url: app_url(&app.id.to_string()),
        icon: Section::Apps.icon(),
    };
    Ok(found.into_iter().map(row).collect())
}

/// An id leads to its event. A request that was counted in another's story has none of its own, and the log's page knows.
async fn by_id(admin: &Admin, q: &str) -> Result<Vec<FoundRow>> {
    if !admin.may(Area::Logs, Access::Read) {
        return Ok(Vec::new());
    }
    let Some(found) = admin.idp().console_find_id(&admin.ctx, q).await? else { return Ok(Vec::new()) };
    let icon = Section::Log.icon();
    let row = match found.event {
        Some(event) => FoundRow {
            label: syslog::sentence(&event),
            detail: match found.counted {
                true => "it was counted with this refusal".to_owned(),
                false => admin.moment(event.published).shown,
            },
            url: event_url(&event),
            icon,
        },
        None => FoundRow {
            label: "What became of this request".to_owned(),
            detail: String::new(),
            url: format!("/console/log?q={}", encoded(q)),
            icon,
        },
    };
    Ok(vec![row])
}

fn in_log(admin: &Admin, q: &str) -> Vec<FoundRow> {
    let row = || FoundRow {
        label: format!("Search the log for “{}”", visible(q)),
        detail: String::new(),
        url: format!("/console/log?q={}", encoded(q)),
        icon: Section::Log.icon(),
    };
    admin.may(Area::Logs, Access::Read).then(row).into_iter().collect()
}
