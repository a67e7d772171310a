//! Ending every session of the tenant at once.

use super::admin::Admin;
use super::failure::Result;
use super::form::{again, refused, type_the_name};
use super::security::{PATH, WRITE, crumbs, many};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_idp::admin::AdminError;
use signet_idp::syslog::visible;
use signet_web::{Action, Fact, FormPage, Section};

/// The way to the question.
pub(super) fn action() -> Action {
    Action::ask("End all sessions…", format!("{PATH}/end-sessions"))
        .explain("Everybody but you signs in again: for the day on which something has leaked.")
        .dangerous()
}

async fn page(admin: &Admin, typed: &str) -> Result<FormPage> {
    let preview = admin.idp().admin_end_sessions_preview(&admin.ctx).await?;
    // One of them is the administrator's own, which stays.
    let ends = preview.ends.saturating_sub(1);
    let mut page = admin
        .form(("End all sessions", Section::Security), crumbs(), format!("{PATH}/end-sessions"), "End all sessions")
        .intro(
            "Whoever is signed in, to the console too, is refused on every server at once and signs in again; only \
             your own session stays. Apps keep the tokens that they have and aren’t told: Revoke all tokens, on an \
             authorization server’s page, ends those.",
        )
        .dangerous()
        .fields([type_the_name(&visible(&admin.ctx.tenant.display_name), typed)]);
    page.facts = vec![Fact::text("Ends at once", many(ends, preview.more))];
    Ok(admin.asking(page))
}

pub(super) async fn ask(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&page(&admin, "").await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn end(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let ended = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = page(&admin, form.raw("typed")).await?;
        let name = visible(&admin.ctx.tenant.display_name);
        if !admin.confirmed_by_name(&form, &mut page, &name, "That is not its name.").await? {
            return Ok(refused(&page));
        }
        let own = &admin.signed_in.session;
        match admin.idp().admin_end_all_sessions(&admin.ctx, &admin.caller, Some(own)).await {
            Ok(()) => Ok(step::redirect(&format!("{PATH}?done=end-sessions"))),
            Err(AdminError::Stale) => {
                let crossed =
                    "Someone else changed the rules in that instant, and nothing has ended: send this again.";
                page.problems.push(crossed.to_owned());
                Ok(refused(&page))
            }
            Err(error) => again(page, error),
        }
    };
    let ended = ended.await;
    admin.answer(ended)
}
