//! The admin console: a sign-in of its own, and behind it the day at a glance, the system log, and what the
//! tenant consists of. Every page works without scripts; nothing but a POST changes anything.

mod access_ask;
mod access_names;
mod access_policies;
mod access_policy_forms;
mod access_rule_fields;
mod access_rule_forms;
mod access_why;
mod admin;
mod alert_forms;
mod alerts;
mod app;
mod app_advanced;
mod app_api_keys;
mod app_deeds;
mod app_form;
mod app_lifetimes;
mod app_people;
mod app_start;
mod app_try;
mod apps;
mod branding;
mod claim_fields;
mod claim_forms;
mod credential_forms;
mod credentials;
mod csv;
mod download;
mod duration;
mod event;
mod failure;
mod find;
mod form;
mod gateway_deeds;
mod gateway_fields;
mod gateway_forms;
mod gateways;
mod group_forms;
mod groups;
mod history;
mod inspect;
mod limits;
mod log;
mod log_retention;
mod next;
mod overview;
mod policies;
mod policy_forms;
mod policy_trial;
mod prefix;
mod redirect_uris;
pub(crate) mod refused;
mod registration_forms;
mod review;
mod rows;
mod scope_forms;
mod security;
mod security_fields;
mod server_deeds;
mod server_forms;
mod server_page;
mod servers;
mod session_end;
mod settings;
mod sign_in;
mod theme_choice;
mod token_preview;
mod user;
mod user_actions;
mod user_edit;
mod user_end;
mod user_groups;
mod user_new;
mod users;
mod users_csv;
mod webhooks;
pub(crate) mod when;
pub(crate) mod words;
pub(crate) mod zone;
mod zone_choice;

pub(crate) use log::events_url as alert_events_url;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};

/// Its routes.
pub fn routes() -> Router<crate::App> {
    Router::new()
        .route("/console", get(overview::get))
        .route("/console/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/console/sign-in/password", post(sign_in::renew))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/zone", get(zone_choice::get).post(zone_choice::post))
        .route("/console/theme", post(theme_choice::post))
        .route("/console/find", get(find::get))
        .route("/console/find/list", get(find::list))
        .route("/console/log", get(log::get))
        .route("/console/log/newer", get(log::newer::get))
        .route("/console/log/export.csv", get(log::export::csv))
        .route("/console/log/export.jsonl", get(log::export::json_lines))
        .route("/console/log/exports", get(log::exports::list))
        .route("/console/log/exports/newer", get(log::exports::newer))
        .route("/console/log/searches", get(log::saved::list))
        .route("/console/log/searches/new", get(log::saved::new).post(log::saved::create))
        .route("/console/log/searches/{id}/forget", post(log::saved::forget))
        .route("/console/log/{id}", get(event::get))
        .route("/console/alerts", get(alerts::list))
        .route("/console/alerts/new", get(alert_forms::new).post(alert_forms::create))
        .route("/console/alerts/{id}", get(alerts::get))
        .route("/console/alerts/{id}/edit", get(alert_forms::edit).post(alert_forms::save))
        .route("/console/alerts/{id}/delete", get(alert_forms::ask_delete).post(alert_forms::delete))
        .route("/console/alerts/{id}/{action}", post(alerts::set))
        .route("/console/alerts/{id}/firings/{firing}/acknowledge", post(alerts::acknowledge))
        .route("/console/webhooks", get(webhooks::list))
        .route("/console/webhooks/new", get(webhooks::new).post(webhooks::create))
        .route("/console/webhooks/{id}", get(webhooks::get))
        .route("/console/webhooks/{id}/edit", get(webhooks::edit).post(webhooks::save))
        .route("/console/webhooks/{id}/roll", get(webhooks::ask_roll).post(webhooks::roll))
        .route("/console/webhooks/{id}/delete", get(webhooks::ask_delete).post(webhooks::delete))
        .route("/console/webhooks/{id}/test", post(webhooks::test))
        .route("/console/users", get(users::get))
        .route("/console/users/export.csv", get(users_csv::get))
        .route("/console/users/{id}", get(user::get))
        .route("/console/users/{id}/{action}", post(user_actions::post))
        .route("/console/users/new", get(user_new::get).post(user_new::post))
        .route("/console/users/{id}/edit", get(user_edit::edit).post(user_edit::save))
        .route("/console/users/{id}/password", get(user_edit::password).post(user_edit::set_password))
        .route("/console/users/{id}/role", get(user_edit::role).post(user_edit::set_role))
        .route("/console/users/{id}/deactivate", get(user_end::deactivate).post(user_end::deactivated))
        .route("/console/users/{id}/delete", get(user_end::delete).post(user_end::deleted))
        .route("/console/users/{id}/sessions/{session}/end", post(user_actions::end_session))
        .route("/console/users/{id}/apps/{app}/revoke", post(user_actions::revoke))
        .route("/console/groups", get(groups::list))
        .route("/console/groups/new", get(group_forms::new).post(group_forms::create))
        .route("/console/groups/{id}", get(groups::get))
        .route("/console/groups/{id}/edit", get(group_forms::edit).post(group_forms::save))
        .route("/console/groups/{id}/delete", get(group_forms::ask_delete).post(group_forms::delete))
        .route("/console/users/{id}/groups/new", get(user_groups::new).post(user_groups::add))
        .route("/console/groups/{id}/members/new", get(group_forms::new_member).post(group_forms::add_member))
        .route("/console/groups/{id}/members/{user}/remove", post(group_forms::remove_member))
        .route("/console/apps", get(apps::get))
        .route("/console/apps/{id}", get(app::get))
        .route("/console/apps/new", get(app_form::new).post(app_form::create))
        .route("/console/apps/{id}/edit", get(app_form::edit).post(app_form::save))
        .route("/console/apps/{id}/start", get(app_start::get))
        .route("/console/apps/{id}/start/newer", get(app_start::first))
        .route("/console/apps/{id}/try", get(app_try::get).post(app_try::post))
        .route("/console/apps/{id}/redirect-uris/new", get(redirect_uris::new).post(redirect_uris::add))
        .route("/console/apps/{id}/people", get(app_people::get))
        .route("/console/apps/{id}/people/revoke", get(app_people::ask_all).post(app_people::revoke_all))
        .route("/console/apps/{id}/people/{user}/revoke", post(app_people::revoke))
        .route("/console/apps/{id}/off", get(app_deeds::ask_off).post(app_deeds::off))
        .route("/console/apps/{id}/on", post(app_deeds::on))
        .route("/console/apps/{id}/delete", get(app_deeds::ask_delete).post(app_deeds::delete))
        .route("/console/apps/{id}/secrets/new", get(app_deeds::ask_secret).post(app_deeds::make_secret))
        .route("/console/apps/{id}/secrets/{secret}/off", post(app_deeds::secret_off))
        .route("/console/apps/{id}/secrets/{secret}/on", post(app_deeds::secret_on))
        .route(
            "/console/apps/{id}/secrets/{secret}/retire",
            get(app_deeds::ask_retire).post(app_deeds::retire),
        )
        .route("/console/apps/{id}/api-keys/new", get(app_api_keys::new).post(app_api_keys::make))
        .route(
            "/console/apps/{id}/api-keys/{key}/revoke",
            get(app_api_keys::ask_revoke).post(app_api_keys::revoke),
        )
        .route("/console/servers", get(servers::get))
        .route("/console/servers/new", get(server_forms::new).post(server_forms::create))
        .route("/console/servers/{id}", get(server_page::get))
        .route("/console/servers/{id}/edit", get(server_forms::edit).post(server_forms::save))
        .route("/console/servers/{id}/off", get(server_deeds::ask_off).post(server_deeds::off))
        .route("/console/servers/{id}/on", post(server_deeds::on))
        .route("/console/servers/{id}/roll", get(server_deeds::ask_roll).post(server_deeds::roll))
        .route(
            "/console/servers/{id}/replace-keys",
            get(server_deeds::ask_replace).post(server_deeds::replace),
        )
        .route(
            "/console/servers/{id}/revoke-tokens",
            get(server_deeds::ask_revoke).post(server_deeds::revoke),
        )
        .route("/console/servers/{id}/delete", get(server_deeds::ask_delete).post(server_deeds::delete))
        .route("/console/servers/{id}/scopes/new", get(scope_forms::new).post(scope_forms::create))
        .route("/console/servers/{id}/scopes/{scope}", get(scope_forms::edit).post(scope_forms::save))
        .route(
            "/console/servers/{id}/scopes/{scope}/delete",
            get(scope_forms::ask_delete).post(scope_forms::delete),
        )
        .route(
            "/console/servers/{id}/registration/edit",
            get(registration_forms::edit).post(registration_forms::save),
        )
        .route(
            "/console/servers/{id}/registration/tokens/new",
            get(registration_forms::new_token).post(registration_forms::make_token),
        )
        .route(
            "/console/servers/{id}/registration/tokens/{token}/revoke",
            get(registration_forms::ask_revoke).post(registration_forms::revoke),
        )
        .route("/console/servers/{id}/claims/new", get(claim_forms::new).post(claim_forms::create))
        .route("/console/servers/{id}/claims/{claim}", get(claim_forms::edit).post(claim_forms::save))
        .route(
            "/console/servers/{id}/claims/{claim}/delete",
            get(claim_forms::ask_delete).post(claim_forms::delete),
        )
        .route("/console/servers/{id}/preview", get(token_preview::get).post(token_preview::post))
        .route("/console/servers/{id}/policies", get(access_policies::list))
        .route(
            "/console/servers/{id}/policies/new",
            get(access_policy_forms::new).post(access_policy_forms::create),
        )
        .route("/console/servers/{id}/policies/why", get(access_why::get).post(access_why::post))
        .route("/console/servers/{id}/policies/{policy}", get(access_policies::get))
        .route(
            "/console/servers/{id}/policies/{policy}/edit",
            get(access_policy_forms::edit).post(access_policy_forms::save),
        )
        .route(
            "/console/servers/{id}/policies/{policy}/delete",
            get(access_policy_forms::ask_delete).post(access_policy_forms::delete),
        )
        .route("/console/servers/{id}/policies/{policy}/{action}", post(access_policies::set))
        .route(
            "/console/servers/{id}/policies/{policy}/rules/new",
            get(access_rule_forms::new).post(access_rule_forms::create),
        )
        .route(
            "/console/servers/{id}/policies/{policy}/rules/{rule}",
            get(access_rule_forms::edit).post(access_rule_forms::save),
        )
        .route(
            "/console/servers/{id}/policies/{policy}/rules/{rule}/delete",
            get(access_rule_forms::ask_delete).post(access_rule_forms::delete),
        )
        .route(
            "/console/servers/{id}/policies/{policy}/rules/{rule}/{action}",
            post(access_policies::set_rule),
        )
        .route("/console/gateways", get(gateways::list))
        .route("/console/gateways/new", get(gateway_forms::new).post(gateway_forms::create))
        .route("/console/gateways/{id}", get(gateways::get))
        .route("/console/gateways/{id}/edit", get(gateway_forms::edit).post(gateway_forms::save))
        .route("/console/gateways/{id}/roll", get(gateway_deeds::ask_roll).post(gateway_deeds::roll))
        .route("/console/gateways/{id}/delete", get(gateway_deeds::ask_delete).post(gateway_deeds::delete))
        .route("/console/inspect", get(inspect::get).post(inspect::post))
        .route("/console/inspect/{id}/revoke", get(inspect::ask_revoke).post(inspect::revoke))
        .route("/console/limits", get(limits::get))
        .route("/console/limits/past", get(limits::past::get))
        .route("/console/limits/callers/{id}/{action}", post(limits::post))
        .route("/console/rate-policies", get(policies::list))
        .route("/console/rate-policies/new", get(policy_forms::new).post(policy_forms::create))
        .route("/console/rate-policies/{id}", get(policies::get))
        .route("/console/rate-policies/{id}/edit", get(policy_forms::edit).post(policy_forms::save))
        .route("/console/rate-policies/{id}/delete", get(policy_forms::ask_delete).post(policy_forms::delete))
        .route("/console/rate-policies/{id}/{action}", post(policies::set))
        .route("/console/branding", get(branding::get))
        .route("/console/branding/edit", get(branding::edit).post(branding::save))
        .route("/console/branding/preview", get(branding::preview))
        .route("/console/branding/preview.css", get(branding::preview_css))
        .route("/console/branding/reset", get(branding::ask_reset).post(branding::reset))
        .route("/console/credentials", get(credentials::get))
        .route(
            "/console/credentials/tokens/new",
            get(credential_forms::new_token).post(credential_forms::make_token),
        )
        .route(
            "/console/credentials/clients/new",
            get(credential_forms::new_client).post(credential_forms::make_client),
        )
        .route("/console/credentials/{kind}/{id}", get(credential_forms::show))
        .route(
            "/console/credentials/{kind}/{id}/revoke",
            get(credential_forms::ask_revoke).post(credential_forms::revoke),
        )
        .route("/console/security", get(security::get))
        .route("/console/security/edit", get(security::edit).post(security::save))
        .route("/console/security/end-sessions", get(session_end::ask).post(session_end::end))
        .route("/console/security/reset", get(security::ask_reset).post(security::reset))
        .route("/console/settings", get(settings::get))
        .route("/console/settings/log", get(log_retention::edit).post(log_retention::save))
        .route("/console/settings/log/hold", get(log_retention::ask_hold).post(log_retention::hold))
        .route("/console/settings/log/release", get(log_retention::ask_release).post(log_retention::release))
        .layer(map_response(crate::html::alone))
}
