//! The language of whoever reads a page for users: what the app asked for, or else what the browser wants.

use crate::{brand, theme};
use axum::http::StatusCode;
use axum::response::Response;
use signet_idp::Ctx;
use signet_web::texts::{Errors, Language, Texts, Wrong};
use signet_web::{ErrorPage, Shell};

/// What a page says to the reader besides its values.
pub(crate) fn texts(ctx: &Ctx) -> &'static Texts {
    Language::of(&ctx.locales).texts()
}

/// The frame of a tenant's page, in the reader's language.
pub(crate) fn shell(ctx: &Ctx, title: &str) -> Shell {
    let language = Language::of(&ctx.locales);
    let shell = Shell { theme: theme::of(ctx), ..Shell::new(brand::name(ctx), title) };
    let mut shell = shell.language(language);
    if let Some(brand) = &ctx.brand {
        shell = brand::dress(shell, brand);
    }
    if ctx.tenant.demo { shell.note(language.texts().frame.demo_tenant) } else { shell }
}

/// A page that says what went wrong, in the reader's language.
pub(crate) fn wrong(ctx: &Ctx, status: StatusCode, what: fn(&Errors) -> Wrong) -> Response {
    crate::html::page_with(status, &error(ctx, status.as_u16(), what), &[])
}

/// The same, for more to be put in.
pub(super) fn error(ctx: &Ctx, status: u16, what: fn(&Errors) -> Wrong) -> ErrorPage {
    let Wrong(heading, sentence) = what(&texts(ctx).errors);
    ErrorPage::new(shell(ctx, heading), status, sentence, ctx.request.id.to_string())
}
