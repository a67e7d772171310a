//! Choosing light or dark: for this browser, whatever one's role is.

use super::admin::Admin;
use super::failure::Failure;
use super::form::Form;
use super::{next, zone_choice};
use crate::theme;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_web::Hidden;

const PATH: &str = "/console/theme";

/// Where the choice is sent to from a page, and where it leads back to.
pub(super) fn form(here: &str) -> Hidden {
    Hidden::new(PATH, zone_choice::back(here))
}

pub(super) async fn post(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let chosen = || {
        let form = Form::parse(&body).ok_or(Failure::NotOurForm)?;
        admin.check_token(&headers, form.raw("csrf"))?;
        Ok(theme::choose(&admin.ctx, form.raw("theme"), next::checked(Some(form.raw("next")))))
    };
    admin.answer(chosen())
}
