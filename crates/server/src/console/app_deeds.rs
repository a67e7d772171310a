//! Switching an app off and on, deleting it, and its secrets.

use super::admin::Admin;
use super::app::find;
use super::app_form::secret_page;
use super::failure::{Failure, Result};
use super::form::{again, params, refused, type_the_name};
use super::rows::{app_crumbs, app_url};
use super::when;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::app::{App, AppSecret, AppStatus};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{FormPage, Link, Section};

const WRITE: (Area, Access) = (Area::Apps, Access::Write);

fn form_of(admin: &Admin, app: &App, title: &str, page: &str, submit: &str) -> FormPage {
    let action = format!("{}/{page}", app_url(&app.id.to_string()));
    admin.form((title, Section::Apps), app_crumbs(app), action, submit)
}

fn done(app: &App, what: &str) -> Response {
    step::redirect(&format!("{}?done={what}", app_url(&app.id.to_string())))
}

fn off_page(admin: &Admin, app: &App) -> FormPage {
    let label = visible(&app.label);
    let page = form_of(admin, app, "Switch off", "off", "Switch off")
        .intro(format!("{label} gets no tokens any more, and those that it has are refused at once."))
        .dangerous();
    admin.asking(page)
}

fn delete_page(admin: &Admin, app: &App, typed: &str) -> FormPage {
    let label = visible(&app.label);
    let page = form_of(admin, app, "Delete for good", "delete", "Delete for good")
        .intro(format!(
            "{label}, its secrets and everything that users allowed it are deleted. The log stays."
        ))
        .dangerous()
        .fields([type_the_name(&label, typed)]);
    admin.asking(page)
}

pub(super) async fn ask_off(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&off_page(&admin, &find(&admin, &id).await?.0)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn off(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let result = switch(&admin, &id, &headers, &body, AppStatus::Inactive).await;
    admin.answer(result)
}

pub(super) async fn on(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let result = switch(&admin, &id, &headers, &body, AppStatus::Active).await;
    admin.answer(result)
}

async fn switch(
    admin: &Admin,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
    to: AppStatus,
) -> Result<Response> {
    let form = admin.open(headers, body, WRITE)?;
    let (app, _) = find(admin, id).await?;
    let mut page = off_page(admin, &app);
    if to == AppStatus::Inactive && !admin.confirmed(&form, &mut page).await? {
        return Ok(refused(&page));
    }
    admin.idp().admin_set_app_status(&admin.ctx, &admin.caller, &app.id.to_string(), to).await?;
    Ok(done(&app, if to == AppStatus::Active { "on" } else { "off" }))
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, _) = find(&admin, &id).await?;
        if app.is_active() {
            return Err(AdminError::StillActive.into());
        }
        Ok(html::page(&delete_page(&admin, &app, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, _) = find(&admin, &id).await?;
        let mut page = delete_page(&admin, &app, form.raw("typed"));
        let name = visible(&app.label);
        if !admin.confirmed_by_name(&form, &mut page, &name, "That is not its name.").await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_delete_app(&admin.ctx, &admin.caller, &app.id.to_string()).await?;
        Ok(step::redirect("/console/apps?done=delete"))
    };
    let result = result.await;
    admin.answer(result)
}

fn make_page(admin: &Admin, app: &App) -> FormPage {
    let page = form_of(admin, app, "Make another secret", "secrets/new", "Make a secret").intro(
        "Both secrets work side by side. Put the new one into the app, see that it is used, then retire the old \
         one: nothing stops in between.",
    );
    admin.asking(page)
}

pub(super) async fn ask_secret(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&make_page(&admin, &find(&admin, &id).await?.0)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn make_secret(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, _) = find(&admin, &id).await?;
        let mut page = make_page(&admin, &app);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        match admin.idp().admin_make_app_secret(&admin.ctx, &admin.caller, &app.id.to_string()).await {
            Ok((_, secret)) => {
                let next = Link::new("Go to the app", app_url(&app.id.to_string()));
                Ok(secret_page(&admin, &app, secret.expose(), next))
            }
            Err(error) => again(page, error),
        }
    };
    let result = result.await;
    admin.answer(result)
}

async fn find_secret(admin: &Admin, id: &str, secret: &str) -> Result<(App, AppSecret)> {
    let (app, secrets) = find(admin, id).await?;
    let found = secrets.into_iter().find(|row| row.id.to_string() == secret);
    Ok((app, found.ok_or(Failure::Missing("There is no such secret here. It may be deleted already."))?))
}

fn retire_page(admin: &Admin, app: &App, secret: &AppSecret) -> FormPage {
    let used = match secret.last_used_at {
        Some(at) => format!("It was last used {}.", when::hour(at, admin.ctx.now).shown),
        None => "It was never used.".to_owned(),
    };
    let which = match &secret.ending {
        Some(ending) => format!("the secret that ends in {ending}"),
        None => "this secret".to_owned(),
    };
    let page = form_of(admin, app, "Retire a secret", &format!("secrets/{}/retire", secret.id), "Retire")
        .intro(format!("Whatever still uses {which} is refused from now on. {used}"))
        .dangerous();
    admin.asking(page)
}

pub(super) async fn ask_retire(admin: Admin, Path((id, secret)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (app, secret) = find_secret(&admin, &id, &secret).await?;
        Ok(html::page(&retire_page(&admin, &app, &secret)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

/// Retiring switches a secret off and deletes it.
pub(super) async fn retire(
    admin: Admin,
    Path((id, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (app, secret) = find_secret(&admin, &id, &secret).await?;
        let mut page = retire_page(&admin, &app, &secret);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (key, secret) = (app.id.to_string(), secret.id.to_string());
        match admin.idp().admin_delete_app_secret(&admin.ctx, &admin.caller, &key, &secret).await {
            Ok(()) => Ok(done(&app, "retire")),
            Err(error) => again(page, error),
        }
    };
    let result = result.await;
    admin.answer(result)
}

pub(super) async fn secret_off(
    admin: Admin,
    Path((id, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = switch_secret(&admin, (&id, &secret), &headers, &body, AppStatus::Inactive).await;
    admin.answer(result)
}

pub(super) async fn secret_on(
    admin: Admin,
    Path((id, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = switch_secret(&admin, (&id, &secret), &headers, &body, AppStatus::Active).await;
    admin.answer(result)
}

async fn switch_secret(
    admin: &Admin,
    (id, secret): (&str, &str),
    headers: &HeaderMap,
    body: &[u8],
    to: AppStatus,
) -> Result<Response> {
    admin.check_form(headers, &params(body)?)?;
    admin.must(Area::Apps, Access::Write)?;
    let (app, secret) = find_secret(admin, id, secret).await?;
    let (key, secret) = (app.id.to_string(), secret.id.to_string());
    match admin.idp().admin_set_app_secret_status(&admin.ctx, &admin.caller, &key, &secret, to).await {
        Err(AdminError::Invalid { .. }) => Err(Failure::Refused(
            "The last secret that works stays. Make another first. Nothing was changed.",
        )),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(done(&app, if to == AppStatus::Active { "secret-on" } else { "secret-off" })),
    }
}
