//! A request of an operator who is signed in.

use super::{session, shell, theme_choice};
use crate::App;
use crate::extract::{Operator, OperatorCtx};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use signet_idp::IdpError;
use signet_store::unscoped::Operator as OperatorRow;
use signet_web::{Console, FormPage, NavItem, Section};

/// Who is signed in, and what the request came with. Whoever isn't signed in is led there.
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) ctx: OperatorCtx,
    pub(super) operator: OperatorRow,
    headers: HeaderMap,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Operator(ctx) =
            Operator::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let operator = ctx.operator.clone().ok_or_else(|| Redirect::to("/sign-in").into_response())?;
        Ok(Self { app: app.clone(), ctx, operator, headers: parts.headers.clone() })
    }
}

impl Visit {
    /// The frame of a page.
    pub(super) fn frame(&self, title: &str, current: Section) -> Console {
        Console {
            shell: shell(&self.ctx, title),
            csrf: session::csrf(&self.app, &self.headers),
            login: self.operator.login.clone(),
            sign_out: "/sign-out".to_owned(),
            zone: None,
            theme: Some(theme_choice::form(&self.ctx.request)),
            nav: vec![NavItem::new(Section::OperatorHome, "/"), NavItem::new(Section::Tenants, "/tenants")],
            current,
            degraded: None,
            notice: None,
        }
    }

    /// Whether the name was typed and the operator's own password is right; otherwise the page says what isn't.
    pub(super) async fn confirmed(
        &self,
        page: &mut FormPage,
        name: &str,
        (typed, password): (&str, &str),
    ) -> Result<bool, IdpError> {
        if typed.trim() != name {
            page.wrong("typed", format!("Type {name}, or go back."));
            return Ok(false);
        }
        let own = (self.operator.login.as_str(), password);
        let right = session::check(&self.app, &self.ctx, own).await?.is_some();
        if !right {
            page.wrong("your_password", "That is not your password.");
        }
        Ok(right)
    }

    /// Whether a page of this session sent a form.
    pub(super) fn sent(&self, token: &str) -> bool {
        session::sent_by_us(&self.app, &self.headers, token)
    }
}
