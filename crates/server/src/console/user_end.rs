//! The end of an account: deactivating it, which can be taken back, and deleting it, which can't.

use super::admin::Admin;
use super::failure::Result;
use super::form::{refused, type_the_name};
use super::user_edit::{changeable, done, form_of};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::user::UserStatus;
use signet_idp::admin::user_lifecycle::Step;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::FormPage;

/// How an account ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Deactivate,
    Delete,
}

/// Only who was deactivated can be deleted, and only who wasn't can be deactivated.
fn end_of(view: &UserView, end: End) -> Result<()> {
    let gone = view.user.status == UserStatus::Deprovisioned;
    if gone == (end == End::Delete) { Ok(()) } else { Err(AdminError::Status.into()) }
}

fn end_page(admin: &Admin, view: &UserView, end: End, typed: &str) -> FormPage {
    let login = visible(&view.user.login);
    match end {
        End::Deactivate => {
            let page = form_of(admin, view, "Deactivate", "deactivate", "Deactivate")
                .intro(format!(
                    "{login} is signed out everywhere, every token is revoked, and sign-ins are refused. Nothing \
                     is deleted: the user can be activated again."
                ))
                .dangerous();
            admin.asking(page)
        }
        End::Delete => {
            let page = form_of(admin, view, "Delete for good", "delete", "Delete for good")
                .intro(format!(
                    "The profile, the password and all consents of {login} are deleted and can't be brought \
                     back. What the log knows stays."
                ))
                .dangerous()
                .fields([type_the_name(&login, typed).mono()]);
            admin.asking(page)
        }
    }
}

pub(super) async fn deactivate(admin: Admin, Path(id): Path<String>) -> Response {
    ask_end(admin, &id, End::Deactivate).await
}

pub(super) async fn delete(admin: Admin, Path(id): Path<String>) -> Response {
    ask_end(admin, &id, End::Delete).await
}

async fn ask_end(admin: Admin, id: &str, end: End) -> Response {
    let shown = async {
        let view = changeable(&admin, id).await?;
        end_of(&view, end)?;
        Ok(html::page(&end_page(&admin, &view, end, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn deactivated(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = async {
        let form = admin.open(&headers, &body, (Area::Users, Access::Write))?;
        let view = changeable(&admin, &id).await?;
        let mut page = end_page(&admin, &view, End::Deactivate, "");
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let key = view.user.id.to_string();
        admin.idp().admin_user_step(&admin.ctx, &admin.caller, &key, Step::Deactivate).await?;
        Ok(done(&view, "deactivate"))
    };
    let ended = ended.await;
    admin.answer(ended)
}

pub(super) async fn deleted(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = async {
        let form = admin.open(&headers, &body, (Area::Users, Access::Write))?;
        let view = changeable(&admin, &id).await?;
        end_of(&view, End::Delete)?;
        let mut page = end_page(&admin, &view, End::Delete, form.raw("typed"));
        let name = visible(&view.user.login);
        if !admin.confirmed_by_name(&form, &mut page, &name, "That is not the login.").await? {
            return Ok(refused(&page));
        }
        let key = view.user.id.to_string();
        admin.idp().admin_delete_user(&admin.ctx, &admin.caller, &key).await?;
        Ok(step::redirect("/console/users?done=delete"))
    };
    let ended = ended.await;
    admin.answer(ended)
}
