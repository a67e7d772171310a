//! The account of who is signed in: open sessions, apps with access, what happened lately, the password.

use super::browser::Browser;
use super::open_things::{activity, allowed, sessions};
use super::{account_profile, forbidden, language, renewal, step};
use crate::App;
use crate::console::zone::Zone;
use crate::extract::Tenant;
use crate::{cookie, html, theme};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_idp::admin::AdminError;
use signet_idp::authorize::SignedIn;
use signet_idp::console::directory::Held;
use signet_idp::syslog::visible;
use signet_idp::{Ctx, IdpError};
use signet_oauth::{OAuthError, Params, Reason, Secret};
use signet_web::texts::Language;
use signet_web::{Account, AccountForm, Csrf, Fact, Field, Link, SignedOut};

pub(super) const PATH: &str = "/account";
const PASSWORD: &str = "/account/password";
/// Where light or dark is chosen.
const THEME: &str = "/account/theme";

/// A request to the account's pages.
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) ctx: Ctx,
    pub(super) browser: Browser,
    pub(super) me: SignedIn,
}

/// Who is signed in, or the answer to who isn't.
pub(super) async fn visit(app: App, ctx: Ctx, headers: &HeaderMap) -> Result<Visit, Response> {
    match Browser::of(&app, &ctx, headers).await {
        Ok(mut browser) => match browser.signed_in.take() {
            Some(me) => Ok(Visit { app, ctx, browser, me }),
            None => Err(step::redirect("/login")),
        },
        Err(error) => Err(broken(&ctx, error)),
    }
}

pub(super) fn broken(ctx: &Ctx, error: IdpError) -> Response {
    step::page(ctx, &error.into())
}

/// A form that this browser's own page sent.
pub(super) async fn sent(
    app: App,
    ctx: Ctx,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Visit, Params), Response> {
    let unreadable =
        || step::page(&ctx, &signet_idp::authorize::Page(OAuthError::new(Reason::InvalidRequest)));
    let params = Params::parse(body).map_err(|_| unreadable())?;
    let visit = visit(app, ctx, headers).await?;
    let token = params.get("csrf").unwrap_or_default();
    if !visit.browser.csrf_matches(&visit.app, &visit.ctx, headers, token) {
        return Err(forbidden(&visit.ctx));
    }
    Ok((visit, params))
}

fn refusal(ctx: &Ctx, error: AdminError) -> Response {
    match error {
        AdminError::Failed(error) => broken(ctx, error),
        _ => language::wrong(ctx, StatusCode::NOT_FOUND, |errors| errors.gone),
    }
}

pub(super) async fn get(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    match visit(app, ctx, &headers).await {
        Ok(visit) => match show(&visit, params.get("done")).await {
            Ok(response) => visit.browser.keep(&visit.ctx, response),
            Err(error) => broken(&visit.ctx, error),
        },
        Err(response) => response,
    }
}

async fn show(visit: &Visit, done: Option<&str>) -> Result<Response, IdpError> {
    let Visit { app, ctx, browser, me } = visit;
    let (open, held) = app.idp().console_user_open(ctx, me.user.id).await?;
    let user = &me.user;
    let language = Language::of(&ctx.locales);
    let texts = &language.texts().account;
    let mut facts =
        vec![Fact::text(texts.login, visible(&user.login)), Fact::text(texts.email, visible(&user.email))];
    let name = visible(format!("{} {}", user.first_name, user.last_name).trim());
    if !name.is_empty() {
        facts.insert(0, Fact::text(texts.name, name));
    }
    let zone = Zone::of(user);
    facts.push(Fact::text(texts.zone, zone.name().to_owned()));
    if let Some(at) = user.password_changed_at {
        facts.push(Fact::text(texts.password_set, zone.moment_in(language, at, ctx.now).shown));
    }
    Ok(html::page(&Account {
        shell: language::shell(ctx, texts.heading),
        csrf: Csrf::new(browser.csrf(app, ctx)),
        theme: THEME.to_owned(),
        login: visible(&user.login),
        notice: match done {
            Some("session") => Some(texts.session_ended.to_owned()),
            Some("revoke") => Some(texts.access_ended.to_owned()),
            Some("profile") => Some(texts.profile_saved.to_owned()),
            _ => None,
        },
        facts,
        sessions: sessions(language, (&zone, ctx.now), Some(me.session.id), &open, |session| {
            Some(format!("{PATH}/sessions/{}/end", session.id))
        }),
        allowed: allowed(language, (&zone, ctx.now), &held, start, |held| {
            Some(format!("{PATH}/apps/{}/revoke", held.app.id))
        }),
        activity: activity(language, (&zone, ctx.now), &app.idp().account_activity(ctx, user.id).await?),
        profile: Link::new(texts.edit_profile, account_profile::PATH),
        password: Link::new(language.texts().password.change, PASSWORD),
        sign_out: Link::new(language.texts().sign_out.sign_out, "/oauth2/v1/logout"),
    }))
}

/// Light or dark, for this browser.
pub(super) async fn choose_theme(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match sent(app, ctx, &headers, &body).await {
        Ok((visit, params)) => theme::choose(&visit.ctx, params.get("theme").unwrap_or_default(), PATH),
        Err(response) => response,
    }
}

/// Where an app takes up a sign-in that others begin (OpenID Connect Core §4), if it does.
fn start(held: &Held) -> Option<String> {
    let (uri, issuer) = (held.app.metadata.initiate_login_uri.as_deref()?, held.issuer.as_deref()?);
    if !held.app.is_active() {
        return None;
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    let issuer = percent_encoding::utf8_percent_encode(issuer, percent_encoding::NON_ALPHANUMERIC);
    Some(format!("{uri}{separator}iss={issuer}"))
}

pub(super) async fn end_session(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match sent(app, ctx, &headers, &body).await {
        Ok((v, _)) => match v.app.idp().account_end_session(&v.ctx, &v.me, &session).await {
            Ok(()) => {
                let mut response = step::redirect("/account?done=session");
                if session == v.me.session.id.to_string() {
                    cookie::unwatch(&mut response, &v.ctx.tenant, &headers);
                }
                response
            }
            Err(error) => refusal(&v.ctx, error),
        },
        Err(response) => response,
    }
}

pub(super) async fn revoke(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    Path(client): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match sent(app, ctx, &headers, &body).await {
        Ok((v, _)) => match v.app.idp().account_revoke_app(&v.ctx, &v.me, &client).await {
            Ok(()) => step::redirect("/account?done=revoke"),
            Err(error) => refusal(&v.ctx, error),
        },
        Err(response) => response,
    }
}

pub(super) async fn password(State(app): State<App>, Tenant(ctx): Tenant, headers: HeaderMap) -> Response {
    match visit(app, ctx, &headers).await {
        Ok(visit) => {
            let response = form(&visit, StatusCode::OK, [None, None]).await;
            visit.browser.keep(&visit.ctx, response)
        }
        Err(response) => response,
    }
}

/// The form, with what is wrong with the old and the new password.
async fn form(visit: &Visit, status: StatusCode, [old, new]: [Option<String>; 2]) -> Response {
    let rules = match visit.app.idp().security(&visit.ctx).await {
        Ok(rules) => rules,
        Err(error) => return broken(&visit.ctx, error),
    };
    let field = |name: &str, label: &str, autocomplete, error| Field {
        error,
        ..Field::password(name, label, autocomplete).required()
    };
    let texts = &language::texts(&visit.ctx).password;
    let page = AccountForm {
        shell: language::shell(&visit.ctx, texts.heading),
        sentence: texts.sentence,
        csrf: Csrf::new(visit.browser.csrf(&visit.app, &visit.ctx)),
        hidden: Vec::new(),
        action: PASSWORD.to_owned(),
        login: Some(visit.me.user.login.clone()),
        fields: vec![
            field("old", texts.old, "current-password", old),
            field("new", texts.new, "new-password", new).help(texts.help.with(rules.min_length)),
        ],
        submit: texts.change,
        back: Link::new(texts.back, PATH),
    };
    html::page_with(status, &page, &[])
}

pub(super) async fn change(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (v, params) = match sent(app, ctx, &headers, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let typed = |name: &str| params.get(name).map(Secret::from);
    let wrong = async |old: Option<&str>, new: Option<&str>| {
        form(&v, StatusCode::UNPROCESSABLE_ENTITY, [old, new].map(|wrong| wrong.map(str::to_owned))).await
    };
    let texts = &language::texts(&v.ctx).password;
    let (Some(old), Some(new)) = (typed("old"), typed("new")) else {
        return wrong(None, Some(texts.both_needed)).await;
    };
    match v.app.idp().account_change_password(&v.ctx, &v.me, &old, &new).await {
        Ok(()) => {
            let mut response = html::page(&SignedOut {
                shell: language::shell(&v.ctx, texts.changed),
                unregistered: false,
                back: None,
                sign_in: Some(Link::new(texts.sign_in, "/login")),
            });
            cookie::unwatch(&mut response, &v.ctx.tenant, &headers);
            response
        }
        Err(AdminError::OldPassword) => wrong(Some(texts.wrong), None).await,
        Err(AdminError::Password(fault)) => wrong(None, Some(&renewal::sentence(texts, fault))).await,
        Err(AdminError::Failed(error)) => broken(&v.ctx, error),
        Err(_) => language::wrong(&v.ctx, StatusCode::CONFLICT, |errors| errors.changed),
    }
}
