//! One authorization server: its settings, scopes and keys.

use super::access_policies;
use super::admin::Admin;
use super::claim_fields::claim_item;
use super::failure::Result;
use super::gateways;
use super::history::{history, narrowed_by};
use super::rows::brief;
use super::servers::row;
use super::when;
use crate::html;
use crate::pages::step;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::event::types;
use signet_domain::id::ServerId;
use signet_domain::key_life::{KeyLife, since};
use signet_domain::server::{KeyRow, KeyStatus, ScopeConsent, ScopeRow, Server, ServerKind, ServerStatus};
use signet_idp::admin::servers::DEFAULT;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::console::kinds::{any_type, equals};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_store::log_query::{Condition, TextField};
use signet_web::{Action, KeyItem, Link, LogRow, ScopeItem, Section, ServerPage, Status, Tone};

pub(super) const PATH: &str = "/console/servers";
/// Changes of keys on a server's page, how far back in days, and how many events are looked at for them.
const HISTORY: u32 = 10;
const HISTORY_DAYS: i64 = 90;
const HISTORY_BUDGET: u32 = 50_000;

/// Back to the server, which says what was done.
pub(super) fn done(server: &Server, what: &str) -> Response {
    step::redirect(&format!("{}?done={what}", server_url(server)))
}

/// Its address.
pub(super) fn server_url(server: &Server) -> String {
    format!("{PATH}/{}", server.id)
}

/// The name that people read.
pub(super) fn name_of(server: &Server) -> String {
    visible(if server.kind == ServerKind::Org { "org" } else { &server.name })
}

/// The server of a path, which is named by its id alone.
pub(super) async fn find(admin: &Admin, id: &str) -> Result<(Server, Vec<ScopeRow>)> {
    if ServerId::parse(id).is_none() {
        return Err(AdminError::not_found(id, "AuthorizationServer").into());
    }
    Ok(admin.idp().admin_scopes(&admin.ctx, id).await?)
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, params.get("done")).await)
}

fn told(done: Option<&str>, server: &Server) -> Option<String> {
    let on = server.status == ServerStatus::Active;
    let text = match done? {
        "create" => "The authorization server is created.",
        "edit" => "The settings are saved.",
        "on" if on => "The authorization server is switched on.",
        "off" if !on => "The authorization server is switched off, and its tokens are refused.",
        "roll" => "The next key signs from now on, and another is published to follow it.",
        "replace" => "The keys are replaced, and what the old ones signed is refused.",
        "revoke" => "Everything that it had issued is refused.",
        "claim" => "The claim is saved. Tokens that are issued from now on have it.",
        "claim-delete" => "The claim is deleted.",
        "scope" => "The scope is saved.",
        "scope-delete" => "The scope is deleted.",
        "registration" => "It is saved which apps may register themselves.",
        "registration-revoke" => "The initial access token is revoked.",
        _ => return None,
    };
    Some(text.to_owned())
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (server, scopes) = find(admin, id).await?;
    let (keys, claims) = {
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        (tx.signing_keys(server.id).await?, tx.claims(server.id).await?)
    };
    let key_history = key_history(admin, &server).await?;
    let changes = match admin.may(Area::Logs, Access::Read) {
        true => Some(admin.idp().console_server_history(&admin.ctx, server.id).await?),
        false => None,
    };
    let told_by = narrowed_by("target.id", &server.id.to_string());
    let history = match &changes {
        Some(events) => Some(history(admin, events, &told_by).await?),
        None => None,
    };
    let (_, policies) = admin.idp().admin_access_policies(&admin.ctx, &server.id.to_string()).await?;
    let gateway = gateway(admin, &server).await?;
    let life = KeyLife { server: &server, keys: &keys };
    let writes = admin.may(Area::Apps, Access::Write);
    let registration = super::registration_forms::shown(admin, &server, writes).await?;
    let url = server_url(&server);
    let mut console = admin.frame(&name_of(&server), Section::Servers);
    console.notice = told(done, &server);
    Ok(html::page(&ServerPage {
        console,
        back: Link::new("Authorization servers", PATH),
        server: row(&admin.ctx.tenant.url, &server, &scopes, &keys),
        scopes: scopes.iter().map(|scope| scope_item(scope, writes.then_some(&url))).collect(),
        claims: claims.iter().map(|claim| claim_item(claim, writes.then_some(&url))).collect(),
        add_claim: writes.then(|| Link::new("Add a claim", format!("{url}/claims/new"))),
        preview: Link::new("Preview tokens", format!("{url}/preview")),
        policies: access_policies::says(&policies),
        policies_page: Link::new("Access policies", access_policies::list_url(&server)),
        add_scope: writes.then(|| Link::new("Add a scope", format!("{url}/scopes/new"))),
        registration,
        gateway,
        keys: keys.iter().map(|key| key_item(admin, life, key)).collect(),
        key_history,
        history,
        edit: if writes { vec![Link::new("Settings", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&server, &keys) } else { Vec::new() },
    }))
}

/// To its gateway profile, or to where it gets one.
async fn gateway(admin: &Admin, server: &Server) -> Result<Option<Link>> {
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    Ok(match tx.gateway(server.id).await? {
        Some(_) => Some(Link::new("Gateway profile", gateways::url_of(server))),
        None if server.kind == ServerKind::Custom && admin.may(Area::Apps, Access::Write) => {
            Some(Link::new("Add a gateway profile", gateways::new_url(server)))
        }
        None => None,
    })
}

/// What became of the server's keys; those that are removed are seen here alone.
async fn key_history(admin: &Admin, server: &Server) -> Result<Option<Vec<LogRow>>> {
    if !admin.may(Area::Logs, Access::Read) {
        return Ok(None);
    }
    let turns = [types::AS_KEY_PUBLISH, types::AS_KEY_ROLLOVER, types::AS_KEY_REMOVE, types::AS_KEY_REVOKE];
    let here = equals(TextField::ServerId, &server.id.to_string());
    let (now, since) = (admin.ctx.now, admin.ctx.now.plus_secs(-HISTORY_DAYS * when::DAY));
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let since = tx.log_floor(now, since, HISTORY_BUDGET).await?;
    let rows = tx.latest_matching(Condition::All(vec![here, any_type(&turns)]), Some(since), HISTORY).await?;
    drop(tx);
    Ok(Some(brief(admin, &rows).await?))
}

fn scope_item(scope: &ScopeRow, url: Option<&String>) -> ScopeItem {
    let mut notes = Vec::new();
    if scope.is_default {
        notes.push("default");
    }
    if !scope.published {
        notes.push("not published");
    }
    if scope.system {
        notes.push("comes with every server");
    }
    let shown = if scope.display_name.is_empty() { &scope.description } else { &scope.display_name };
    ScopeItem {
        name: visible(&scope.name),
        words: visible(shown),
        consent: match scope.consent {
            ScopeConsent::Implicit => "granted without asking".to_owned(),
            ScopeConsent::Required => "users are asked".to_owned(),
        },
        notes: notes.join(", "),
        url: url.filter(|_| !scope.system).map(|url| format!("{url}/scopes/{}", scope.id)),
    }
}

fn key_item(admin: &Admin, life: KeyLife<'_>, key: &KeyRow) -> KeyItem {
    let (status, then) = match key.status {
        KeyStatus::Active => (Status::new("Signs", Tone::Good), "Stops signing"),
        KeyStatus::Next => (Status::new("Published, signs next", Tone::Quiet), "Begins to sign"),
        KeyStatus::Retiring => (Status::new("Only verifies", Tone::Quiet), "Is removed"),
    };
    KeyItem {
        kid: key.kid.clone(),
        alg: key.alg.clone(),
        status,
        since: admin.moment(since(key)),
        until: life.until(key).map(|until| (then.to_owned(), admin.moment(until))),
    }
}

fn actions(server: &Server, keys: &[KeyRow]) -> Vec<Action> {
    let url = server_url(server);
    let mut actions = Vec::new();
    if !keys.is_empty() {
        let roll = Action::ask("Roll the key…", format!("{url}/roll"));
        actions
            .push(roll.explain("The next key signs at once; the one before verifies until its tokens end."));
        let replace = Action::ask("Replace the keys…", format!("{url}/replace-keys"));
        let replace =
            replace.explain("In an emergency: the present key is gone, and its tokens are refused.");
        actions.push(replace.dangerous());
        let revoke = Action::ask("Revoke all tokens…", format!("{url}/revoke-tokens"));
        actions.push(revoke.explain("Whatever it has issued until now is refused.").dangerous());
    }
    if server.kind == ServerKind::Custom {
        actions.push(if server.status == ServerStatus::Active {
            let off = Action::ask("Switch off…", format!("{url}/off"));
            off.explain("Its tokens are refused at once. Nothing is deleted.").dangerous()
        } else {
            Action::post("Switch on", format!("{url}/on")).explain("It issues tokens again.")
        });
        if server.slug != DEFAULT {
            let delete = Action::ask("Delete…", format!("{url}/delete"));
            actions.push(delete.explain("With its scopes and keys, for good.").dangerous());
        }
    }
    actions
}
