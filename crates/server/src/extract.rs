//! What the edge found out about a request, as extractors.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use signet_domain::Time;
use signet_domain::event::RequestFacts;
use signet_idp::Ctx;
use signet_store::unscoped::Operator as OperatorRow;

/// The tenant that the request's host belongs to, with the instant and the request.
#[derive(Debug, Clone)]
pub struct Tenant(pub Ctx);

/// A request at the operator's host.
#[derive(Debug, Clone)]
pub struct OperatorCtx {
    /// The instant of the request.
    pub now: Time,
    /// The request.
    pub request: RequestFacts,
    /// Who is signed in, if anyone is.
    pub operator: Option<OperatorRow>,
    /// Whether the browser was told to be dark, or light.
    pub dark: Option<bool>,
}

/// A request at the operator's host.
#[derive(Debug, Clone)]
pub struct Operator(pub OperatorCtx);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Ctx>().cloned().map(Self).ok_or((StatusCode::NOT_FOUND, "Not found"))
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<OperatorCtx>().cloned().map(Self).ok_or((StatusCode::NOT_FOUND, "Not found"))
    }
}
