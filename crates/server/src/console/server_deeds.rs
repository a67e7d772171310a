//! What is done to an authorization server after a question: switching off, keys, revoking, deleting.

use super::admin::Admin;
use super::failure::Result;
use super::form::{again, refused, type_the_name};
use super::server_forms::{WRITE, crumbs};
use super::server_page::{PATH, find, name_of, server_url};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::server::{Server, ServerStatus};
use signet_idp::admin::{Access, Area};
use signet_web::{FormPage, Section};

/// What is asked before it is done to a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Off,
    Roll,
    Replace,
    Revoke,
    Delete,
}

fn ask_page(admin: &Admin, server: &Server, deed: Deed, typed: &str) -> FormPage {
    let name = name_of(server);
    let url = server_url(server);
    let form = |title: &str, page: &str, submit: &str, intro: String| {
        admin
            .form((title, Section::Servers), crumbs(Some(server)), format!("{url}/{page}"), submit)
            .intro(intro)
    };
    let page = match deed {
        Deed::Off => {
            let intro =
                format!("{name} issues no tokens any more, and those that it issued are refused at once.");
            form("Switch off", "off", "Switch off", intro).dangerous()
        }
        Deed::Roll => {
            let intro = "The next key, which is published already, signs from now on. The present one verifies \
                         until its last token has ended, and a new one is published to follow.";
            form("Roll the key", "roll", "Roll the key", intro.to_owned())
        }
        Deed::Replace => {
            let intro = "For a key that may have been stolen. The present key and those before it are removed at \
                         once, and every token that they signed is refused. Apps get new ones with their refresh \
                         tokens; APIs that keep the key set believe the old key until they fetch it again.";
            form("Replace the keys", "replace-keys", "Replace the keys", intro.to_owned())
                .dangerous()
                .fields([type_the_name(&name, typed)])
        }
        Deed::Revoke => {
            let intro = format!(
                "Everything that {name} has issued until now is refused, and its grants and refresh tokens end: \
                 apps send their users to sign in again."
            );
            form("Revoke all tokens", "revoke-tokens", "Revoke all tokens", intro)
                .dangerous()
                .fields([type_the_name(&name, typed)])
        }
        Deed::Delete => {
            let intro =
                format!("{name}, its scopes, its keys and every grant at it are deleted. The log stays.");
            form("Delete for good", "delete", "Delete for good", intro)
                .dangerous()
                .fields([type_the_name(&name, typed)])
        }
    };
    admin.asking(page)
}

async fn ask(admin: Admin, id: &str, deed: Deed) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&ask_page(&admin, &find(&admin, id).await?.0, deed, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

async fn act(admin: Admin, id: &str, headers: &HeaderMap, body: &[u8], deed: Deed) -> Response {
    let result = async {
        let form = admin.open(headers, body, WRITE)?;
        let (server, _) = find(&admin, id).await?;
        let mut page = ask_page(&admin, &server, deed, form.raw("typed"));
        let confirmed = match deed {
            Deed::Replace | Deed::Revoke | Deed::Delete => {
                let name = name_of(&server);
                admin.confirmed_by_name(&form, &mut page, &name, "That is not its name.").await?
            }
            Deed::Off | Deed::Roll => admin.confirmed(&form, &mut page).await?,
        };
        if !confirmed {
            return Ok(refused(&page));
        }
        let (idp, ctx, caller, key) = (admin.idp(), &admin.ctx, &admin.caller, server.id.to_string());
        let (done, to) = match deed {
            Deed::Off => {
                (idp.admin_set_server_status(ctx, caller, &key, ServerStatus::Inactive).await, "off")
            }
            Deed::Roll => {
                admin.once(&form).await?;
                (idp.admin_roll_keys(ctx, caller, &key).await.map(drop), "roll")
            }
            Deed::Replace => {
                admin.once(&form).await?;
                (idp.admin_replace_keys(ctx, caller, &key, false).await.map(drop), "replace")
            }
            Deed::Revoke => (idp.admin_revoke_issued(ctx, caller, &key).await, "revoke"),
            Deed::Delete => (idp.admin_delete_server(ctx, caller, &key).await, "delete"),
        };
        match done {
            Err(error) => again(page, error),
            Ok(()) if deed == Deed::Delete => Ok(step::redirect(&format!("{PATH}?done={to}"))),
            Ok(()) => Ok(step::redirect(&format!("{}?done={to}", server_url(&server)))),
        }
    };
    let result: Result<Response> = result.await;
    admin.answer(result)
}

pub(super) async fn ask_off(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Off).await
}

pub(super) async fn ask_roll(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Roll).await
}

pub(super) async fn ask_replace(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Replace).await
}

pub(super) async fn ask_revoke(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Revoke).await
}

pub(super) async fn replace(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Replace).await
}

pub(super) async fn revoke(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Revoke).await
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    ask(admin, &id, Deed::Delete).await
}

pub(super) async fn off(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    act(admin, &id, &headers, &body, Deed::Off).await
}

pub(super) async fn roll(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    act(admin, &id, &headers, &body, Deed::Roll).await
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    act(admin, &id, &headers, &body, Deed::Delete).await
}

pub(super) async fn on(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let result = async {
        admin.open(&headers, &body, WRITE)?;
        let (server, _) = find(&admin, &id).await?;
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, server.id.to_string());
        admin.idp().admin_set_server_status(ctx, caller, &key, ServerStatus::Active).await?;
        Ok(step::redirect(&format!("{}?done=on", server_url(&server))))
    };
    let result = result.await;
    admin.answer(result)
}
