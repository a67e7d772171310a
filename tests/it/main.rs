//! The integration tests: the spawned server, over HTTP, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "test code: a panic is how a test fails, and its clock is the machine's"
)]

mod account;
mod admin_console;
mod assertions;
mod browser_console;
mod cases;
mod claims;
mod client_auth;
mod client_guesses;
mod clients;
mod codes;
mod codes_crash;
mod commands;
mod conformance;
mod console_apps;
mod console_callers;
mod console_log;
mod console_users;
mod cors;
mod counters;
mod crash;
mod enumeration;
mod flows;
mod gateway_authorize;
mod gateway_keys;
mod gateway_profile;
mod gateway_rates;
mod gateway_refresh;
mod gateway_token;
mod gateway_verify;
mod grants;
mod guard;
mod housekeeping;
mod jwt;
mod jwt_claims;
mod limits_explained;
mod malformed;
mod malformed_api;
mod malformed_http;
mod malformed_http2;
mod nodes;
mod nodes_limits;
mod observed;
mod openid;
mod openid_logout;
mod pkce;
mod prompts;
mod prompts_hints;
mod pushed;
mod quota;
mod rate_policies;
mod rate_policies_api;
mod rate_policies_redis;
mod rate_policies_told;
mod redirects;
mod redirects_after;
mod redis_lost;
mod refresh;
mod refresh_races;
mod refresh_terms;
mod schema;
mod smoke;
mod soak;
mod statements;
mod stepon;
mod support;
mod tenancy;
mod tenancy_lists;
mod throttle;
mod throttle_doors;
mod throttle_log;
mod throttle_names;
mod tls;
mod tls_local;
mod two_tenants;
mod two_tenants_api;
mod unscoped;
mod web_forms;
mod web_pages;
mod web_sessions;
