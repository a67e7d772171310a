//! The authorization servers.

use super::admin::Admin;
use super::failure::Result;
use super::server_page::server_url;
use super::words;
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_domain::server::{KeyRow, KeyStatus, ScopeRow, Server, ServerKind, ServerStatus};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Fact, Link, Section, ServerList, ServerRow};

/// Most servers on the page.
const SHOWN: i64 = 100;

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, params.get("done")).await)
}

async fn show(admin: &Admin, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let mut rows = Vec::new();
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    for server in tx.servers(None, SHOWN).await? {
        let scopes = tx.scopes(server.id).await?;
        let keys = tx.signing_keys(server.id).await?;
        rows.push(row(&admin.ctx.tenant.url, &server, &scopes, &keys));
    }
    drop(tx);
    let mut console = admin.frame("Authorization servers", Section::Servers);
    console.notice =
        done.filter(|d| *d == "delete").map(|_| "The authorization server is deleted.".to_owned());
    Ok(html::page(&ServerList {
        console,
        create: admin
            .may(Area::Apps, Access::Write)
            .then(|| Link::new("New authorization server", "/console/servers/new")),
        servers: rows,
        empty: None,
    }))
}

pub(super) fn row(tenant_url: &str, server: &Server, scopes: &[ScopeRow], keys: &[KeyRow]) -> ServerRow {
    let names: Vec<String> = scopes.iter().map(|s| visible(&s.name)).collect();
    let active = keys.iter().find(|k| k.status == KeyStatus::Active);
    let mut facts = vec![
        Fact::code("Issuer", &server.issuer),
        Fact::code("Audience", &server.audience),
        Fact::text("Scopes", names.join(", ")),
        Fact::text("Signs with", signs_with(server, active, keys)),
    ];
    facts.extend(active.map(|key| Fact::code("Key id", &key.kid)));
    facts.push(Fact::text("Access token", words::lifetime(server.access_token_seconds)));
    facts.push(Fact::text("ID token", words::lifetime(server.id_token_seconds)));
    facts.push(Fact::text(
        "Refresh token",
        format!(
            "{} unused, {} in all",
            words::lifetime(server.refresh_idle_seconds),
            words::lifetime(server.refresh_absolute_seconds)
        ),
    ));
    let base = server.base_path();
    let discovery = match server.kind {
        ServerKind::Org => String::new(),
        ServerKind::Custom => base.clone(),
    };
    ServerRow {
        url: server_url(server),
        name: visible(if server.kind == ServerKind::Org { "org" } else { &server.name }),
        note: Some(visible(&server.description)).filter(|d| !d.is_empty()),
        status: words::on_or_off(server.status == ServerStatus::Active),
        facts,
        links: if server.status == ServerStatus::Active {
            vec![
                Link::new("Discovery", format!("{tenant_url}{discovery}/.well-known/openid-configuration")),
                Link::new("Keys", format!("{tenant_url}{base}/v1/keys")),
            ]
        } else {
            Vec::new()
        },
    }
}

fn signs_with(server: &Server, active: Option<&KeyRow>, keys: &[KeyRow]) -> String {
    let alg = &server.signing_alg;
    match active {
        None => format!("{alg}; the key is made with the first token"),
        Some(_) if keys.iter().any(|k| k.status == KeyStatus::Next) => {
            format!("{alg}; the next key is published")
        }
        Some(_) => alg.clone(),
    }
}
