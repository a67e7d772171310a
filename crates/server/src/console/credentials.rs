//! What may call the management API.

use super::admin::Admin;
use super::credential_forms::Found;
use super::failure::{Failure, Result};
use super::{when, words};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::credential::{ApiToken, Credential};
use signet_domain::user::{AdminRole, User};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{CredentialList, CredentialRow, Empty, Link, Paging, Section, Status, Tone};
use std::collections::{HashMap, HashSet};

/// The list's address.
pub(super) const PATH: &str = "/console/credentials";
/// Days after which an unused token is worth a look; it ends by itself after 30.
const QUIET_DAYS: i64 = 21;

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, params.get("done")).await)
}

/// One of both kinds: `tokens` and `clients` in addresses.
pub(super) async fn find(admin: &Admin, kind: &str, id: &str) -> Result<Found> {
    match kind {
        "tokens" => {
            let token = admin.idp().admin_api_token(&admin.ctx, id).await?;
            Ok(Found::Token(Box::new(token)))
        }
        "clients" => {
            let credential = admin.idp().admin_credential(&admin.ctx, id).await?;
            Ok(Found::Credential(Box::new(credential)))
        }
        _ => Err(Failure::Missing("There is nothing at this address.")),
    }
}

async fn show(admin: &Admin, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Callers)?;
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let (tokens, credentials) = (tx.api_tokens().await?, tx.credentials().await?);
    let paused: HashSet<String> = tx.paused_callers().await?.into_iter().map(|(caller, _)| caller).collect();
    let mut owners = HashMap::new();
    for token in &tokens {
        if let std::collections::hash_map::Entry::Vacant(slot) = owners.entry(token.user_id) {
            slot.insert(tx.user(token.user_id).await?);
        }
    }
    drop(tx);
    let mut rows: Vec<CredentialRow> = Vec::new();
    for token in &tokens {
        let owner = owners.get(&token.user_id).and_then(Option::as_ref);
        rows.push(token_row(admin, token, owner, paused.contains(&token.id.to_string())));
    }
    rows.extend(credentials.iter().map(|c| credential_row(admin, c, paused.contains(&c.id.to_string()))));
    let mut console = admin.frame("API credentials", Section::Credentials);
    console.notice = done.filter(|d| *d == "revoke").map(|_| "It is revoked.".to_owned());
    Ok(html::page(&CredentialList {
        console,
        create: if admin.may(Area::Callers, Access::Write) {
            vec![
                Link::new("New API token", format!("{PATH}/tokens/new")),
                Link::new("New API credential", format!("{PATH}/clients/new")),
            ]
        } else {
            Vec::new()
        },
        empty: rows.is_empty().then(|| Empty::NothingYet {
            sentence: "API tokens and credentials appear here once they are made.".to_owned(),
            action: None,
        }),
        credentials: rows,
        paging: Paging::default(),
    }))
}

/// What an administrator has paused on the page of limits is that, whatever else it is.
pub(super) fn or_paused(status: Status, paused: bool) -> Status {
    if paused { Status::new("Paused", Tone::Warn) } else { status }
}

/// A token acts for the administrator that made it, as far as that one's role reaches now.
fn token_row(admin: &Admin, token: &ApiToken, owner: Option<&User>, paused: bool) -> CredentialRow {
    CredentialRow {
        url: Some(format!("{PATH}/tokens/{}", token.id)),
        name: visible(&token.name),
        kind: "API token".to_owned(),
        hint: token.id.to_string(),
        scopes: may_of(owner),
        created: Some(admin.moment(token.created_at)),
        last_used: token.last_used_at.map(|at| when::hour(at, admin.ctx.now)),
        status: or_paused(token_status(token, owner, admin.ctx.now), paused),
    }
}

fn acting(owner: Option<&User>) -> Option<AdminRole> {
    owner.filter(|u| u.is_active()).and_then(|u| u.admin_role)
}

/// What a token may do now.
pub(super) fn may_of(owner: Option<&User>) -> String {
    match (owner, acting(owner)) {
        (Some(user), Some(role)) => format!("{}, as {}", words::role(role), visible(&user.login)),
        (Some(user), None) => format!("nothing: {} is no administrator now", visible(&user.login)),
        (None, _) => "nothing".to_owned(),
    }
}

/// Whether a token works, and whether anybody needs it.
pub(super) fn token_status(token: &ApiToken, owner: Option<&User>, now: Time) -> Status {
    if token.expires_at <= now {
        Status::new("Expired", Tone::Quiet)
    } else if acting(owner).is_none() {
        Status::new("Without effect", Tone::Warn)
    } else {
        use_status(token.last_used_at, now)
    }
}

/// Whether anybody needs what works.
pub(super) fn use_status(last_used: Option<Time>, now: Time) -> Status {
    let Some(last) = last_used else { return Status::new("Never used", Tone::Quiet) };
    if now.since(last) > QUIET_DAYS * when::DAY * Time::SECOND {
        Status::new(format!("Unused for {}", when::span(now.since(last))), Tone::Warn)
    } else {
        words::on_or_off(true)
    }
}

fn credential_row(admin: &Admin, credential: &Credential, paused: bool) -> CredentialRow {
    CredentialRow {
        url: Some(format!("{PATH}/clients/{}", credential.id)),
        name: visible(&credential.name),
        kind: "API credential".to_owned(),
        hint: shortened(&credential.client_id),
        scopes: words::scope(credential.scope).to_owned(),
        created: Some(admin.moment(credential.created_at)),
        last_used: credential.last_used_at.map(|at| when::hour(at, admin.ctx.now)),
        status: or_paused(use_status(credential.last_used_at, admin.ctx.now), paused),
    }
}

/// 64 characters are more than a column holds; the first ones tell them apart.
fn shortened(client_id: &str) -> String {
    let short: String = client_id.chars().take(12).collect();
    if short.len() < client_id.len() { format!("{short}…") } else { short }
}
