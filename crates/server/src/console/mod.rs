//! The admin console: a sign-in of its own, and behind it the day at a glance, the system log, and what the
//! tenant consists of. Every page works without scripts; nothing but a POST changes anything.

mod admin;
mod app;
mod apps;
mod credentials;
mod event;
mod failure;
mod limits;
mod log;
mod next;
mod overview;
mod rows;
mod servers;
mod sign_in;
mod user;
mod user_actions;
mod users;
mod when;
mod words;

use axum::Router;
use axum::routing::{get, post};

/// Its routes.
pub fn routes() -> Router<crate::App> {
    Router::new()
        .route("/console", get(overview::get))
        .route("/console/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/log", get(log::get))
        .route("/console/log/{id}", get(event::get))
        .route("/console/users", get(users::get))
        .route("/console/users/{id}", get(user::get))
        .route("/console/users/{id}/{action}", post(user_actions::post))
        .route("/console/apps", get(apps::get))
        .route("/console/apps/{id}", get(app::get))
        .route("/console/servers", get(servers::get))
        .route("/console/limits", get(limits::get))
        .route("/console/limits/callers/{id}/{action}", post(limits::post))
        .route("/console/credentials", get(credentials::get))
}
