//! What may call the management API.

use super::admin::Admin;
use super::failure::Result;
use super::{when, words};
use crate::html;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::credential::{ApiToken, Credential};
use signet_domain::user::User;
use signet_idp::admin::Area;
use signet_idp::syslog::visible;
use signet_web::{CredentialList, CredentialRow, Empty, Paging, Section, Status, Tone};
use std::collections::HashMap;

/// Days after which an unused token is worth a look; it ends by itself after 30.
const QUIET_DAYS: i64 = 21;

pub(super) async fn get(admin: Admin) -> Response {
    admin.answer(show(&admin).await)
}

async fn show(admin: &Admin) -> Result<Response> {
    admin.must_see(Area::Callers)?;
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let (tokens, credentials) = (tx.api_tokens().await?, tx.credentials().await?);
    let mut owners = HashMap::new();
    for token in &tokens {
        if let std::collections::hash_map::Entry::Vacant(slot) = owners.entry(token.user_id) {
            slot.insert(tx.user(token.user_id).await?);
        }
    }
    drop(tx);
    let now = admin.ctx.now;
    let mut rows: Vec<CredentialRow> = Vec::new();
    for token in &tokens {
        rows.push(token_row(token, owners.get(&token.user_id).and_then(Option::as_ref), now));
    }
    rows.extend(credentials.iter().map(|c| credential_row(c, now)));
    Ok(html::page(&CredentialList {
        console: admin.frame("API credentials", Section::Credentials),
        empty: rows.is_empty().then(|| Empty::NothingYet {
            sentence: "API tokens and credentials appear here once they are created through the API."
                .to_owned(),
            action: None,
        }),
        credentials: rows,
        paging: Paging::default(),
    }))
}

/// A token acts for the administrator that made it, as far as that one's role reaches now.
fn token_row(token: &ApiToken, owner: Option<&User>, now: Time) -> CredentialRow {
    let acting = owner.filter(|u| u.is_active()).and_then(|u| u.admin_role);
    let may = match (owner, acting) {
        (Some(user), Some(role)) => format!("{}, as {}", words::role(role), visible(&user.login)),
        (Some(user), None) => format!("nothing: {} is no administrator now", visible(&user.login)),
        (None, _) => "nothing".to_owned(),
    };
    let last = token.last_used_at.unwrap_or(token.created_at);
    let status = if token.expires_at <= now {
        Status::new("Expired", Tone::Quiet)
    } else if acting.is_none() {
        Status::new("Without effect", Tone::Warn)
    } else if token.last_used_at.is_none() {
        Status::new("Never used", Tone::Quiet)
    } else if now.since(last) > QUIET_DAYS * when::DAY * Time::SECOND {
        Status::new(format!("Unused for {}", when::span(now.since(last))), Tone::Warn)
    } else {
        words::on_or_off(true)
    };
    CredentialRow {
        name: visible(&token.name),
        kind: "API token".to_owned(),
        hint: token.id.to_string(),
        scopes: may,
        created: Some(when::moment(token.created_at, now)),
        last_used: token.last_used_at.map(|at| when::hour(at, now)),
        status,
    }
}

fn credential_row(credential: &Credential, now: Time) -> CredentialRow {
    CredentialRow {
        name: visible(&credential.name),
        kind: "API credential".to_owned(),
        hint: shortened(&credential.client_id),
        scopes: words::scope(credential.scope).to_owned(),
        created: Some(when::moment(credential.created_at, now)),
        last_used: None,
        status: words::on_or_off(true),
    }
}

/// 64 characters are more than a column holds; the first ones tell them apart.
fn shortened(client_id: &str) -> String {
    let short: String = client_id.chars().take(12).collect();
    if short.len() < client_id.len() { format!("{short}…") } else { short }
}
