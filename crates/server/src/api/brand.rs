//! `/api/v1/brand`: how the tenant's pages for users look.

use super::caller::Api;
use super::error::ApiError;
use super::json::Document;
use super::openapi::Errors;
use super::operations;
use super::reply::{IfMatch, Linker, Links, instant, versioned};
use crate::App;
use crate::brand::logo_path;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use signet_domain::brand::Brand as Row;
use signet_idp::Ctx;
use signet_idp::admin::brand::{BrandSettings, LogoChange};
use signet_idp::picture::{Kind, MAX_BYTES, Picture};
use signet_web::Language;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

const PATH: &str = "/api/v1/brand";
/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &["logo", "lastUpdated", "_links"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(get_brand, replace_brand, reset_brand))
        .routes(operations!(replace_logo, delete_logo))
}

/// How the tenant's pages for users look.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Brand {
    /// The name on pages for users, where it isn't the tenant's own.
    display_name: Option<String>,
    /// The primary button's colour; none for the usual one.
    colour: Option<String>,
    /// What stands under the title of the sign-in page, by language.
    sign_in_text: BTreeMap<String, String>,
    /// Where users find help: an https URL or an e-mail address.
    help: Option<String>,
    /// The logo, if there is one.
    logo: Option<BrandLogo>,
    /// When it last changed; none where it never did.
    last_updated: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// A logo.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrandLogo {
    /// Where it is, for everybody. The address names the content, and another logo has another one.
    href: String,
    /// What names it: SHA-256 of what is served, in hex.
    id: String,
    /// In pixels.
    width: i64,
    /// In pixels.
    height: i64,
}

impl Brand {
    fn of(ctx: &Ctx, row: &Row) -> Self {
        let logo = || {
            let (hash, kind) = row.logo.as_deref().zip(row.logo_type.as_deref())?;
            let (width, height) = row.logo_width.zip(row.logo_height)?;
            let href = format!("{}{}", ctx.tenant.url, logo_path(hash, kind)?);
            Some(BrandLogo { href, id: hash.to_owned(), width, height })
        };
        let to = Linker(ctx);
        Self {
            display_name: row.display_name.clone(),
            colour: row.colour.clone(),
            sign_in_text: row.sentences.0.clone(),
            help: row.help.clone(),
            logo: logo(),
            last_updated: (row.version > 0).then(|| instant(row.updated_at)),
            links: Links::from([
                ("self", to.get(PATH)),
                ("uploadLogo", to.act("PUT", format_args!("{PATH}/logo"))),
            ]),
        }
    }
}

/// How the pages shall look. What is absent or null is as it comes; the logo stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BrandRequest {
    /// The name on pages for users, up to 100 characters; the tenant's own by default.
    display_name: Option<String>,
    /// The primary button's colour, as `#` and three or six hexadecimal digits. Its text is black or white, whichever
    /// reads better.
    #[schema(example = "#3e63dd")]
    colour: Option<String>,
    /// What stands under the title of the sign-in page, up to 200 characters in each of `en` and `de`.
    sign_in_text: Option<BTreeMap<String, String>>,
    /// Where users find help: an https URL or an e-mail address.
    #[schema(example = "https://help.example/")]
    help: Option<String>,
}

impl BrandRequest {
    fn settings(self) -> Result<BrandSettings, ApiError> {
        let sentences = self.sign_in_text.unwrap_or_default();
        let spoken = |tag: &str| Language::ALL.iter().any(|language| language.tag() == tag);
        if sentences.keys().any(|tag| !spoken(tag)) {
            let all = Language::ALL.map(Language::tag).join(", ");
            let cause = format!("signInText: its members must be languages of the pages: {all}");
            return Err(ApiError::invalid("brand", cause));
        }
        Ok(BrandSettings {
            display_name: self.display_name,
            colour: self.colour,
            sentences,
            help: self.help,
            logo: LogoChange::Stays,
        })
    }
}

/// A picture that was sent as the body.
pub(crate) struct Upload(Picture);

impl FromRequest<App> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let kind =
            kind(request.headers()).ok_or(ApiError::MediaType("image/png, image/jpeg or image/webp"))?;
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BYTES).await;
        let bytes = bytes.map_err(|_| ApiError::TooLarge)?;
        let picture =
            Picture::read(&bytes).map_err(|fault| ApiError::invalid("logo", format!("logo: {fault}")))?;
        if picture.kind != kind {
            return Err(ApiError::invalid("logo", "logo: is another kind of picture than Content-Type says"));
        }
        Ok(Self(picture))
    }
}

/// The kind that exactly one Content-Type names.
fn kind(headers: &HeaderMap) -> Option<Kind> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let value = types.next().filter(|_| types.next().is_none())?;
    Kind::of(value.to_str().ok()?)
}

/// A PNG, JPEG or WebP file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "describes a body that is no JSON")]
pub(crate) struct LogoFile(Vec<u8>);

/// Reads how the pages for users look.
#[utoipa::path(get, path = "/api/v1/brand", tag = "Branding",
    responses((status = 200, body = Brand, description = "The look", headers(("ETag" = String))), Errors))]
async fn get_brand(api: Api) -> Result<Response, ApiError> {
    let row = api.idp.admin_brand(&api.ctx).await?;
    Ok(versioned(row.version, Brand::of(&api.ctx, &row)))
}

/// Replaces how the pages for users look. The logo stays.
#[utoipa::path(put, path = "/api/v1/brand", tag = "Branding", request_body = BrandRequest,
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = Brand, description = "The look", headers(("ETag" = String))), Errors))]
async fn replace_brand(
    api: Api,
    IfMatch(expected): IfMatch,
    document: Document,
) -> Result<Response, ApiError> {
    let request: BrandRequest = document.for_replacement("", READ_ONLY)?.read("brand")?;
    let settings = request.settings()?;
    let row = api.idp.admin_put_brand(&api.ctx, &api.caller, settings, &expected).await?;
    Ok(versioned(row.version, Brand::of(&api.ctx, &row)))
}

/// Gives the pages for users their first look back, without a logo.
#[utoipa::path(delete, path = "/api/v1/brand", tag = "Branding",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 204, description = "Done"), Errors))]
async fn reset_brand(api: Api, IfMatch(expected): IfMatch) -> Result<StatusCode, ApiError> {
    api.idp.admin_reset_brand(&api.ctx, &api.caller, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Uploads the logo: at most 64 KiB, 16 to 1024 pixels on either side, still. What isn't needed to draw it, such as
/// comments and where a photo was taken, is left out.
#[utoipa::path(put, path = "/api/v1/brand/logo", tag = "Branding",
    request_body(content((LogoFile = "image/png"), (LogoFile = "image/jpeg"), (LogoFile = "image/webp"))),
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = Brand, description = "The look", headers(("ETag" = String))), Errors))]
async fn replace_logo(
    api: Api,
    IfMatch(expected): IfMatch,
    Upload(picture): Upload,
) -> Result<Response, ApiError> {
    let row = api.idp.admin_put_logo(&api.ctx, &api.caller, Some(picture), &expected).await?;
    Ok(versioned(row.version, Brand::of(&api.ctx, &row)))
}

/// Takes the logo away.
#[utoipa::path(delete, path = "/api/v1/brand/logo", tag = "Branding",
    params(("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_logo(api: Api, IfMatch(expected): IfMatch) -> Result<StatusCode, ApiError> {
    api.idp.admin_put_logo(&api.ctx, &api.caller, None, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
