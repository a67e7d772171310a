//! A tenant's root.

use crate::App;
use crate::extract::Tenant;
use crate::html;
use crate::pages::language;
use axum::extract::State;
use axum::response::Response;
use signet_web::{Home, Link};

/// Says whose door this is, and shows the ways in.
pub(crate) async fn home(State(app): State<App>, Tenant(ctx): Tenant) -> Response {
    let tenant = &ctx.tenant;
    let issuer = format!("{}/oauth2/default", tenant.url);
    let texts = &language::texts(&ctx).home;
    let demo = crate::demo::is_on(&app, &ctx);
    html::page(&Home {
        shell: language::shell(&ctx, texts.title),
        account_url: "/account".to_owned(),
        console_url: "/console".to_owned(),
        docs_url: "/docs/api".to_owned(),
        discovery_url: format!("{issuer}/.well-known/openid-configuration"),
        issuer,
        apps: if demo { vec![Link::new(texts.demo.0, "/demo/start")] } else { Vec::new() },
    })
}
