//! Gateway profiles: the list, and one of them.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::history::history;
use super::next;
use super::server_page::{name_of, server_url};
use super::words::lifetime;
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::event::types;
use signet_domain::gateway::{Gateway, PkceMode};
use signet_domain::id::ServerId;
use signet_domain::server::Server;
use signet_idp::admin::gateways::GatewayView;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Action, Empty, Fact, GatewayList, GatewayPage, GatewayRow, Link, Section};

pub(super) const PATH: &str = "/console/gateways";
pub(super) const WRITE: (Area, Access) = (Area::Apps, Access::Write);

/// Its address: a server has one profile at most, so it goes by the server's id.
pub(super) fn url_of(server: &Server) -> String {
    format!("{PATH}/{}", server.id)
}

/// The way to it.
pub(super) fn crumbs(server: Option<&Server>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Gateways", PATH)];
    crumbs.extend(server.map(|server| Link::new(name_of(server), url_of(server))));
    crumbs
}

/// Where a server is given a profile.
pub(super) fn new_url(server: &Server) -> String {
    format!("{PATH}/new?server={}", server.id)
}

/// The profile of a path, which names its server by the id alone.
pub(super) async fn find(admin: &Admin, id: &str) -> Result<GatewayView> {
    if ServerId::parse(id).is_none() {
        return Err(Failure::Missing("There is no such gateway profile here. It may have been deleted."));
    }
    Ok(admin.idp().admin_gateway(&admin.ctx, id).await?)
}

/// `codes, client credentials`.
fn grants(gateway: &Gateway) -> String {
    let all = [
        (gateway.authorization_code, "codes"),
        (gateway.client_credentials, "client credentials"),
        (gateway.password_grant, "tokens without a code"),
    ];
    all.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn scopes(gateway: &Gateway) -> String {
    visible(&gateway.scopes.join(", "))
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show_all(&admin, params.get("done")).await;
    admin.answer(shown)
}

async fn show_all(admin: &Admin, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let views = admin.idp().admin_gateways(&admin.ctx).await?;
    let row = |view: &GatewayView| GatewayRow {
        url: url_of(&view.server),
        name: name_of(&view.server),
        grants: grants(&view.gateway),
        scopes: scopes(&view.gateway),
        takes: if view.gateway.api_keys { "tokens and API keys" } else { "tokens" }.to_owned(),
        changed: admin.moment(view.gateway.updated_at),
    };
    let mut console = admin.frame("Gateways", Section::Gateways);
    console.notice = done.filter(|d| *d == "delete").map(|_| "The gateway profile is deleted.".to_owned());
    let create =
        admin.may(Area::Apps, Access::Write).then(|| Link::new("New gateway profile", format!("{PATH}/new")));
    let empty = views.is_empty().then(|| Empty::NothingYet {
        sentence: "With a gateway profile an authorization server gives a gateway such as Kong or nginx what it needs to \
                   check the calls of your APIs."
            .to_owned(),
        action: create.clone(),
    });
    Ok(html::page(&GatewayList { console, create, gateways: views.iter().map(row).collect(), empty }))
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show(&admin, &id, params.get("done")).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let GatewayView { server, gateway, .. } = find(admin, id).await?;
    let writes = admin.may(Area::Apps, Access::Write);
    let changes = match admin.may(Area::Logs, Access::Read) {
        true => Some(admin.idp().console_gateway_history(&admin.ctx, server.id).await?),
        false => None,
    };
    let url = url_of(&server);
    let mut console = admin.frame(&name_of(&server), Section::Gateways);
    console.notice = done.filter(|d| *d == "edit").map(|_| "The settings are saved.".to_owned());
    let history = match &changes {
        Some(events) => Some(history(admin, events, &narrowed(&server)).await?),
        None => None,
    };
    Ok(html::page(&GatewayPage {
        console,
        crumbs: crumbs(None),
        endpoints: endpoints(&admin.ctx.tenant.url, &server),
        calls: calls(&gateway),
        tokens: tokens(&gateway),
        provision: admin.moment(gateway.provision_made_at),
        roll: writes.then(|| Link::new("Make another", format!("{url}/roll"))),
        history,
        edit: if writes { vec![Link::new("Settings", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&url) } else { Vec::new() },
        server: Link::new(name_of(&server), server_url(&server)),
    }))
}

/// The log's words for the changes of a profile, and for them alone.
fn narrowed(server: &Server) -> String {
    let all =
        [types::GATEWAY_CREATE, types::GATEWAY_UPDATE, types::GATEWAY_DELETE, types::PROVISION_KEY_ROLL];
    let any = all.map(|kind| format!("eventType eq \"{}\"", kind.name)).join(" or ");
    format!("filter={}", next::encoded(&format!("target.id eq \"{}\" and ({any})", server.id)))
}

fn endpoints(tenant_url: &str, server: &Server) -> Vec<Fact> {
    let at = |path: &str| format!("{tenant_url}/gateway/{}/{path}", server.slug);
    vec![
        Fact::code("Verify", at("verify")),
        Fact::code("Authorize", at("oauth2/authorize")),
        Fact::code("Token", at("oauth2/token")),
    ]
}

fn calls(gateway: &Gateway) -> Vec<Fact> {
    let mut places = vec!["its header"];
    places.extend(gateway.token_in_query.then_some("the query"));
    places.extend(gateway.token_in_form.then_some("a form"));
    let keys = match (gateway.api_keys, gateway.api_key_in_query) {
        (false, _) => "not taken",
        (true, false) => "in the header apikey",
        (true, true) => "in the header apikey and in the query",
    };
    let others = if gateway.global_credentials {
        "also those of other servers whose profile says the same"
    } else {
        "those of this server alone"
    };
    let credential = if gateway.hide_credentials { "kept from the API" } else { "passed on to the API" };
    let anonymous = match &gateway.anonymous {
        Some(client_id) => Fact::code("Without a credential", visible(client_id)),
        None => Fact::text("Without a credential", "refused"),
    };
    let mut facts = vec![
        Fact::code("Header", visible(&gateway.auth_header_name)),
        Fact::text("A token is in", places.join(", ")),
        Fact::text("Tokens", others),
        Fact::text("API keys", keys),
        anonymous,
        Fact::text("The credential is", credential),
    ];
    facts.extend(gateway.realm.as_deref().map(|realm| Fact::text("Realm", visible(realm))));
    facts
}

fn tokens(gateway: &Gateway) -> Vec<Fact> {
    let scopes = match (scopes(gateway), gateway.mandatory_scope) {
        (none, _) if none.is_empty() => "none".to_owned(),
        (some, true) => format!("{some}; a request must name some"),
        (some, false) => some,
    };
    let pkce = match gateway.pkce {
        PkceMode::None => "as each app says",
        PkceMode::Lax => "of public apps, and as each app says",
        PkceMode::Strict => "of every app",
    };
    let refresh = match gateway.refresh_token_ttl {
        0 => "until it is revoked".to_owned(),
        seconds => format!("{} unused", lifetime(seconds)),
    };
    let use_of = if gateway.reuse_refresh_token { "stays the same" } else { "rotates" };
    vec![
        Fact::text("Grants", grants(gateway)),
        Fact::text("Scopes", scopes),
        Fact::text("Access token", lifetime(gateway.token_expiration)),
        Fact::text("Refresh token", format!("{refresh}, {use_of}")),
        Fact::text("PKCE", pkce),
    ]
}

fn actions(url: &str) -> Vec<Action> {
    let delete = Action::ask("Delete…", format!("{url}/delete"));
    vec![delete.explain("For good, with every grant that its endpoints made.").dangerous()]
}
