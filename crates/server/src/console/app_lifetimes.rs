//! How long an app's tokens live at the server called default, and where that is set: the server says it, and the rules
//! of its access policies may say otherwise.

use super::app_start::SERVER;
use super::server_page::server_url;
use super::words::lifetime;
use signet_domain::access_policy::{ALL_CLIENTS, AccessRule};
use signet_domain::app::App;
use signet_domain::claim::InForce;
use signet_idp::cache::ServerConfig;
use signet_idp::token::CODE_SECONDS;
use signet_web::{Fact, Link};
use std::collections::BTreeSet;

/// The rules that may decide about an app. None where no policy is in force, and so the server's own terms hold.
fn rules<'s>(app: &App, server: &'s ServerConfig) -> Option<Vec<&'s AccessRule>> {
    let mut active = server.policies.iter().filter(|p| p.policy.status == InForce::Active).peekable();
    active.peek()?;
    let of_app = active
        .filter(|p| p.policy.clients.iter().any(|client| client == ALL_CLIENTS || *client == app.client_id));
    let fits = |rule: &&AccessRule| {
        rule.status == InForce::Active && rule.grant_types.iter().any(|grant| app.allows_grant(grant))
    };
    Some(of_app.flat_map(|p| p.rules.iter()).filter(fits).collect())
}

/// The lifetimes, and where they are set.
pub(super) fn lifetimes(app: &App, config: &ServerConfig) -> (Vec<Fact>, Link) {
    let server = &config.server;
    let rules = rules(app, config);
    let policies = Link::new("Set by access policies", format!("{}/policies", server_url(server)));
    if rules.as_ref().is_some_and(Vec::is_empty) {
        return (vec![Fact::text("Tokens", "none: no access policy lets this app have any")], policies);
    }
    let text = |own: i64, of_rule: fn(&AccessRule) -> Option<i64>| {
        let said = rules.iter().flatten().map(|rule| of_rule(rule).unwrap_or(own));
        let said: BTreeSet<i64> = if rules.is_some() { said.collect() } else { BTreeSet::from([own]) };
        match (said.first(), said.last()) {
            (Some(least), Some(most)) if least != most => {
                format!("{} to {}, as the access rule says", lifetime(*least), lifetime(*most))
            }
            _ => lifetime(said.first().copied().unwrap_or(own)),
        }
    };
    let mut facts =
        vec![Fact::text("Access token", text(server.access_token_seconds, |rule| rule.access_token_seconds))];
    if app.allows_grant("authorization_code") {
        facts.push(Fact::text("Code", format!("{}, and it works once", lifetime(CODE_SECONDS))));
    }
    if app.allows_grant("refresh_token") {
        let idle = text(server.refresh_idle_seconds, |rule| rule.refresh_idle_seconds);
        let in_all = text(server.refresh_absolute_seconds, |rule| rule.refresh_absolute_seconds);
        facts.push(Fact::text("Refresh token, unused", idle));
        facts.push(Fact::text("Refresh token, in all", in_all));
    }
    let own = Link::new(format!("Set at the server {SERVER}"), server_url(server));
    (facts, if rules.is_some() { policies } else { own })
}
