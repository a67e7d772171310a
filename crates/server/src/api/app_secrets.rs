//! Client secrets of an app.

use super::caller::Api;
use super::error::ApiError;
use super::openapi::Errors;
use super::operations;
use super::query::Segment;
use super::reply::{Linker, Links, instant};
use crate::App;
use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use signet_domain::app::{AppSecret, AppStatus};
use signet_idp::Ctx;
use signet_oauth::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(operations!(list_secrets, create_secret))
        .routes(operations!(get_secret, delete_secret))
        .routes(operations!(activate_secret))
        .routes(operations!(deactivate_secret))
}

/// A client secret, without what is secret of it unless it was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientSecret {
    /// The id.
    id: String,
    /// ACTIVE or INACTIVE.
    status: &'static str,
    /// When it was made.
    created: String,
    /// The same.
    last_updated: String,
    /// Its last four characters, as `…k3Pa`, to tell it from the other one; null for those made before these were kept.
    hint: Option<String>,
    /// When it last authenticated, to the hour.
    last_used: Option<String>,
    /// The secret: only in the answer to its creation, and never again.
    #[serde(rename = "client_secret", skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

fn shown(ctx: &Ctx, row: &AppSecret, secret: Option<&Secret>) -> ClientSecret {
    let (to, path) = (Linker(ctx), format!("/api/v1/apps/{}/credentials/secrets/{}", row.app_id, row.id));
    let next = if row.status == AppStatus::Active { "deactivate" } else { "activate" };
    ClientSecret {
        id: row.id.to_string(),
        status: row.status.as_str(),
        created: instant(row.created_at),
        last_updated: instant(row.created_at),
        hint: row.hint(),
        last_used: row.last_used_at.map(instant),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        links: Links::from([
            (next, to.act("POST", format_args!("{path}/lifecycle/{next}"))),
            ("delete", to.act("DELETE", &path)),
        ]),
    }
}

/// Lists the secrets of an app, oldest first.
#[utoipa::path(get, path = "/api/v1/apps/{appId}/credentials/secrets", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 200, body = Vec<ClientSecret>, description = "At most two"), Errors))]
async fn list_secrets(api: Api, Segment(id): Segment<String>) -> Result<Json<Vec<ClientSecret>>, ApiError> {
    let rows = api.idp.admin_app_secrets(&api.ctx, &id).await?;
    Ok(Json(rows.iter().map(|row| shown(&api.ctx, row, None)).collect()))
}

/// Makes another secret. It is in this answer and never shown again. An app has at most two.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/credentials/secrets", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app")),
    responses((status = 201, body = ClientSecret, description = "The secret"), Errors))]
async fn create_secret(
    api: Api,
    Segment(id): Segment<String>,
) -> Result<(StatusCode, Json<ClientSecret>), ApiError> {
    let (row, secret) = api.idp.admin_make_app_secret(&api.ctx, &api.caller, &id).await?;
    Ok((StatusCode::CREATED, Json(shown(&api.ctx, &row, Some(&secret)))))
}

/// Reads a secret, without what is secret of it.
#[utoipa::path(get, path = "/api/v1/apps/{appId}/credentials/secrets/{secretId}", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app"), ("secretId" = String, Path, description = "Id of the secret")),
    responses((status = 200, body = ClientSecret, description = "The secret"), Errors))]
async fn get_secret(
    api: Api,
    Segment((id, secret)): Segment<(String, String)>,
) -> Result<Json<ClientSecret>, ApiError> {
    let row = api.idp.admin_app_secret(&api.ctx, &id, &secret).await?;
    Ok(Json(shown(&api.ctx, &row, None)))
}

/// Deletes a secret. The last active one stays.
#[utoipa::path(delete, path = "/api/v1/apps/{appId}/credentials/secrets/{secretId}", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app"), ("secretId" = String, Path, description = "Id of the secret")),
    responses((status = 204, description = "Done"), Errors))]
async fn delete_secret(
    api: Api,
    Segment((id, secret)): Segment<(String, String)>,
) -> Result<StatusCode, ApiError> {
    api.idp.admin_delete_app_secret(&api.ctx, &api.caller, &id, &secret).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a secret on.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/activate", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app"), ("secretId" = String, Path, description = "Id of the secret")),
    responses((status = 200, body = ClientSecret, description = "The secret"), Errors))]
async fn activate_secret(
    api: Api,
    Segment((id, secret)): Segment<(String, String)>,
) -> Result<Json<ClientSecret>, ApiError> {
    set(api, &id, &secret, AppStatus::Active).await
}

/// Switches a secret off. The last active one stays.
#[utoipa::path(post, path = "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/deactivate", tag = "Apps",
    params(("appId" = String, Path, description = "Id of the app"), ("secretId" = String, Path, description = "Id of the secret")),
    responses((status = 200, body = ClientSecret, description = "The secret"), Errors))]
async fn deactivate_secret(
    api: Api,
    Segment((id, secret)): Segment<(String, String)>,
) -> Result<Json<ClientSecret>, ApiError> {
    set(api, &id, &secret, AppStatus::Inactive).await
}

async fn set(api: Api, id: &str, secret: &str, status: AppStatus) -> Result<Json<ClientSecret>, ApiError> {
    let row = api.idp.admin_set_app_secret_status(&api.ctx, &api.caller, id, secret, status).await?;
    Ok(Json(shown(&api.ctx, &row, None)))
}
