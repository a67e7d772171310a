//! A tenant's look on its pages for users, and the files that it is made of.

use crate::App;
use crate::extract::Tenant;
use crate::html;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use signet_domain::brand::{Brand, Colour};
use signet_idp::Ctx;
use signet_idp::picture::Kind;
use signet_web::{Language, Link, Logo, Shell};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Nobody else's page needs them.
const OURS: (HeaderName, &str) = (HeaderName::from_static("cross-origin-resource-policy"), "same-origin");

/// Its routes.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/brand/{file}", get(file))
}

/// Finds out how a request's pages look. Only pages for people do: no endpoint of a protocol waits for it.
pub(crate) async fn wear(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if let Some(ctx) = request.extensions_mut().get_mut::<Ctx>() {
        ctx.brand = app.idp().brand(ctx.tenant_id()).await;
    }
    next.run(request).await
}

/// The name on pages for users.
pub(crate) fn name(ctx: &Ctx) -> &str {
    let own = ctx.brand.as_deref().and_then(|brand| brand.display_name.as_deref());
    own.unwrap_or(&ctx.tenant.display_name)
}

/// Gives a page the tenant's look.
pub(crate) fn dress(mut shell: Shell, brand: &Brand) -> Shell {
    shell.brand_css = brand.colour().map(sheet_url);
    shell.logo = logo(brand);
    shell.help = help(brand, shell.language.texts().frame.help);
    shell
}

/// The way to help, under a label.
pub(crate) fn help(brand: &Brand, label: &str) -> Option<Link> {
    let scheme = |help: &str| if help.starts_with("https://") { "" } else { "mailto:" };
    brand.help.as_deref().map(|help| Link::new(label, format!("{}{help}", scheme(help))))
}

/// What the tenant says under the title of the sign-in page, and in which language: the reader's, or else one that
/// there is, since what an administrator wrote isn't translated.
pub(crate) fn sentence(brand: &Brand, language: Language) -> Option<(String, String)> {
    let first = Language::ALL.into_iter().map(Language::tag);
    let mut tags = std::iter::once(language.tag()).chain(first);
    tags.find_map(|tag| brand.sentences.get(tag).map(|text| (tag.to_owned(), text.clone())))
}

/// The logo as pages draw it.
pub(crate) fn logo(brand: &Brand) -> Option<Logo> {
    let side = |pixels: Option<i64>| pixels.and_then(|pixels| u32::try_from(pixels).ok());
    let size = side(brand.logo_width).zip(side(brand.logo_height))?;
    Some(Logo::new(logo_path(brand.logo.as_deref()?, brand.logo_type.as_deref()?)?, size))
}

/// The address of a picture, which names its content.
pub(crate) fn logo_path(hash: &str, content_type: &str) -> Option<String> {
    Some(format!("/brand/{hash}.{}", extension(Kind::of(content_type)?)))
}

fn extension(kind: Kind) -> &'static str {
    match kind {
        Kind::Png => "png",
        Kind::Jpeg => "jpg",
        Kind::Webp => "webp",
    }
}

/// The address of a colour's stylesheet, which names its content: a later version's is another one.
fn sheet_url(colour: Colour) -> String {
    let mut hash = DefaultHasher::new();
    signet_web::brand_css(colour.0).hash(&mut hash);
    format!("/brand/{:016x}.css", hash.finish())
}

/// A stylesheet as a response.
pub(crate) fn sheet(colour: Colour) -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], signet_web::brand_css(colour.0)).into_response()
}

async fn file(State(app): State<App>, Tenant(ctx): Tenant, Path(file): Path<String>) -> Response {
    let found = match file.rsplit_once('.') {
        Some((_, "css")) => own_sheet(&app, &ctx, &format!("/brand/{file}")).await,
        Some((hash, extension)) => picture(&app, &ctx, hash, extension).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(response)) => ([(header::CACHE_CONTROL, html::FOR_EVER), OURS], response).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "Not found").into_response(),
        Err(error) => {
            tracing::warn!(%error, "a file of a tenant's look is not to be had");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "Try again").into_response()
        }
    }
}

type Found = Result<Option<Response>, signet_idp::admin::AdminError>;

/// The tenant's stylesheet. Where another node has just linked a new one, this one asks before it denies it.
async fn own_sheet(app: &App, ctx: &Ctx, url: &str) -> Found {
    let of = |brand: &Brand| brand.colour().filter(|colour| sheet_url(*colour) == url).map(sheet);
    if let Some(known) = ctx.brand.as_deref().and_then(of) {
        return Ok(Some(known));
    }
    Ok(of(&app.idp().admin_brand(ctx).await?))
}

async fn picture(app: &App, ctx: &Ctx, hash: &str, named: &str) -> Found {
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Ok(None);
    }
    let logo = app.idp().brand_logo(ctx, hash).await?;
    let known = logo.and_then(|logo| Some((Kind::of(&logo.content_type)?, logo.bytes)));
    let known = known.filter(|(kind, _)| extension(*kind) == named);
    Ok(known.map(|(kind, bytes)| ([(header::CONTENT_TYPE, kind.content_type())], bytes).into_response()))
}
