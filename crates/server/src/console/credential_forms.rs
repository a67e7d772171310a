//! Making, rolling and revoking what calls the management API.

use super::admin::Admin;
use super::credentials::{PATH, find, may_of, or_paused, token_status, use_status};
use super::failure::Result;
use super::form::{again, refused};
use super::{when, words};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::credential::{ApiScope, ApiToken, Credential};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Action, CredentialPage, Fact, Field, FormPage, Link, Pick, Section, ShownOnce};

const WRITE: (Area, Access) = (Area::Callers, Access::Write);

/// One of both kinds.
pub(super) enum Found {
    Token(Box<ApiToken>),
    Credential(Box<Credential>),
}

impl Found {
    fn name(&self) -> String {
        visible(match self {
            Self::Token(token) => &token.name,
            Self::Credential(credential) => &credential.name,
        })
    }

    fn id(&self) -> String {
        match self {
            Self::Token(token) => token.id.to_string(),
            Self::Credential(credential) => credential.id.to_string(),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Token(token) => format!("{PATH}/tokens/{}", token.id),
            Self::Credential(credential) => format!("{PATH}/clients/{}", credential.id),
        }
    }
}

fn crumbs() -> Vec<Link> {
    vec![Link::new("API credentials", PATH)]
}

pub(super) async fn show(admin: Admin, Path((kind, id)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must_see(Area::Callers)?;
        let found = find(&admin, &kind, &id).await?;
        let now = admin.ctx.now;
        let used = |last: Option<Time>| {
            Fact::text("Last used", last.map_or("never".to_owned(), |at| when::hour(at, now).shown))
        };
        let (kind, status, facts) = match &found {
            Found::Token(token) => {
                let owner = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
                let owner = {
                    let mut tx = owner;
                    tx.user(token.user_id).await?
                };
                let facts = vec![
                    Fact::code("Id", token.id.to_string()),
                    Fact::text("May", may_of(owner.as_ref())),
                    Fact::text("Created", admin.moment(token.created_at).shown),
                    used(token.last_used_at),
                    Fact::text("Ends unused", admin.moment(token.expires_at).shown),
                ];
                ("API token", token_status(token, owner.as_ref(), now), facts)
            }
            Found::Credential(credential) => {
                let facts = vec![
                    Fact::code("Client ID", &credential.client_id),
                    Fact::text("May", words::scope(credential.scope)),
                    Fact::text("Created", admin.moment(credential.created_at).shown),
                    used(credential.last_used_at),
                ];
                ("API credential", use_status(credential.last_used_at, now), facts)
            }
        };
        let url = found.url();
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let status = or_paused(status, tx.is_paused(&found.id()).await?);
        drop(tx);
        let mut actions = Vec::new();
        if admin.may(Area::Callers, Access::Write) {
            let explain = "Whatever uses it is refused from now on.";
            actions.push(Action::ask("Revoke…", format!("{url}/revoke")).explain(explain).dangerous());
        }
        Ok(html::page(&CredentialPage {
            console: admin.frame(&found.name(), Section::Credentials),
            back: Link::new("API credentials", PATH),
            kind: kind.to_owned(),
            status,
            facts,
            actions,
        }))
    };
    let shown = shown.await;
    admin.answer(shown)
}

fn token_page(admin: &Admin, name: &str) -> FormPage {
    let page = admin
        .form(("New API token", Section::Credentials), crumbs(), format!("{PATH}/tokens/new"), "Make a token")
        .intro(
            "A token acts for you, with the role that you have at the time. It ends 30 days after its last use, \
             when it is revoked, and when you are no administrator any more.",
        )
        .fields([Field::line("name", "Name", name).required().help("What uses it, so that others know.")]);
    admin.asking(page)
}

pub(super) async fn new_token(admin: Admin) -> Response {
    let shown = admin.must(Area::Callers, Access::Write).map(|()| html::page(&token_page(&admin, "")));
    admin.answer(shown)
}

pub(super) async fn make_token(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let name = form.text("name");
        let mut page = token_page(&admin, &name);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        let (token, secret) =
            match admin.idp().admin_make_api_token(&admin.ctx, &admin.caller, name, None).await {
                Ok(made) => made,
                Err(error) => return again(page, error),
            };
        let url = &admin.ctx.tenant.url;
        Ok(html::page(&ShownOnce {
            console: admin.frame(&format!("The token {}", visible(&token.name)), Section::Credentials),
            crumbs: crumbs(),
            sentence: "It calls the management API as you.".to_owned(),
            values: vec![Fact::code("API token", secret.expose())],
            snippet: Some(format!("curl -H 'Authorization: SSWS {}' {url}/api/v1/users/me", secret.expose())),
            next: Link::new("Go to the token", format!("{PATH}/tokens/{}", token.id)),
        }))
    };
    let made = made.await;
    admin.answer(made)
}

fn client_page(admin: &Admin, name: &str, scope: &str) -> FormPage {
    let pick = |value: &ApiScope| {
        let help = match value {
            ApiScope::ReadUsers => "Sees users.",
            ApiScope::ManageUsers => {
                "Sees and changes users who are no administrators, but sets no passwords."
            }
            ApiScope::ReadAll => "Sees everything, the log included.",
            ApiScope::ManageAll => "Everything.",
        };
        Pick::new(value.as_str(), words::scope(*value), scope == value.as_str()).help(help)
    };
    let page = admin
        .form(
            ("New API credential", Section::Credentials),
            crumbs(),
            format!("{PATH}/clients/new"),
            "Make a credential",
        )
        .intro(
            "A client id and a secret that get ten-hour tokens for the management API, whoever works here.",
        )
        .fields([
            Field::line("name", "Name", name).required().help("What uses it, so that others know."),
            Field::radio("scope", "It may", ApiScope::ALL.iter().map(pick).collect()),
        ]);
    admin.asking(page)
}

pub(super) async fn new_client(admin: Admin) -> Response {
    let shown = admin
        .must(Area::Callers, Access::Write)
        .map(|()| html::page(&client_page(&admin, "", ApiScope::ReadUsers.as_str())));
    admin.answer(shown)
}

pub(super) async fn make_client(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let name = form.text("name");
        let mut page = client_page(&admin, &name, form.raw("scope"));
        let Some(scope) = ApiScope::ALL.iter().copied().find(|s| s.as_str() == form.raw("scope")) else {
            page.wrong("scope", "Choose one.");
            return Ok(refused(&page));
        };
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        let (credential, secret) =
            match admin.idp().admin_make_credential(&admin.ctx, &admin.caller, name, scope).await {
                Ok(made) => made,
                Err(error) => return again(page, error),
            };
        Ok(client_shown(&admin, &credential, secret.expose()))
    };
    let made = made.await;
    admin.answer(made)
}

fn client_shown(admin: &Admin, credential: &Credential, secret: &str) -> Response {
    let url = &admin.ctx.tenant.url;
    let snippet = format!(
        "curl {url}/auth/oauth2/v2/token \\\n  -u '{}:{secret}' \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"grant_type\":\"client_credentials\"}}'",
        credential.client_id
    );
    html::page(&ShownOnce {
        console: admin.frame(&format!("The secret of {}", visible(&credential.name)), Section::Credentials),
        crumbs: crumbs(),
        sentence: format!("It may: {}.", words::scope(credential.scope)),
        values: vec![Fact::code("Client ID", &credential.client_id), Fact::code("Client secret", secret)],
        snippet: Some(snippet),
        next: Link::new("Go to the credential", format!("{PATH}/clients/{}", credential.id)),
    })
}

fn revoke_page(admin: &Admin, found: &Found) -> FormPage {
    let url = found.url();
    let mut crumbs = crumbs();
    crumbs.push(Link::new(found.name(), url.clone()));
    let page = admin
        .form(("Revoke", Section::Credentials), crumbs, format!("{url}/revoke"), "Revoke")
        .intro(format!("Whatever uses {} is refused from now on. This can't be taken back.", found.name()))
        .dangerous();
    admin.asking(page)
}

pub(super) async fn ask_revoke(admin: Admin, Path((kind, id)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Callers, Access::Write)?;
        let found = find(&admin, &kind, &id).await?;
        Ok(html::page(&revoke_page(&admin, &found)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn revoke(
    admin: Admin,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked: Result<Response> = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let found = find(&admin, &kind, &id).await?;
        let mut page = revoke_page(&admin, &found);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (idp, ctx, caller) = (admin.idp(), &admin.ctx, &admin.caller);
        match &found {
            Found::Token(token) => {
                idp.admin_revoke_api_token(ctx, caller, Some(&token.id.to_string())).await?;
            }
            Found::Credential(credential) => {
                idp.admin_revoke_credential(ctx, caller, &credential.id.to_string()).await?;
            }
        }
        Ok(step::redirect(&format!("{PATH}?done=revoke")))
    }
    .await;
    admin.answer(revoked)
}
