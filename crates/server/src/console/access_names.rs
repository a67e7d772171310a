//! Whom access policies and their rules name, in the names that people know.

use super::admin::Admin;
use super::failure::Result;
use super::policies::grant_label;
use super::words::{count, lifetime};
use signet_domain::access_policy::{ALL_CLIENTS, ANY_SCOPE, AccessPolicy, AccessRule, EVERYONE};
use signet_domain::id::{GroupId, UserId};
use signet_domain::server::Server;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::Fact;
use std::collections::HashMap;

/// Names that a list tells; of the rest it tells how many they are.
const TOLD: usize = 5;

/// `Storefront, Mail and 3 more`.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let all = names.len();
    let told: Vec<String> = names.take(TOLD).collect();
    let list = told.join(", ");
    if all > TOLD { format!("{list} and {} more", all - TOLD) } else { list }
}

/// The apps that a policy speaks of.
pub(super) async fn apps_of(admin: &Admin, policy: &AccessPolicy) -> Result<String> {
    if policy.clients.iter().any(|id| id == ALL_CLIENTS) {
        return Ok("every app".to_owned());
    }
    let mut names = Vec::new();
    for client_id in policy.clients.iter().take(TOLD) {
        let app = admin.idp().app(&admin.ctx, client_id).await?;
        names.push(app.map_or_else(|| client_id.clone(), |config| config.app.label.clone()));
    }
    names.extend(policy.clients.iter().skip(TOLD).cloned());
    Ok(visible(&listed(names.into_iter())))
}

/// The names of those whom rules let through, by their ids.
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// Looks up groups, and users for who may look at them.
    pub(super) async fn of(admin: &Admin, rules: &[AccessRule]) -> Result<Self> {
        let mut names = HashMap::from([(EVERYONE.to_owned(), "everyone".to_owned())]);
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let sees_users = admin.may(Area::Users, Access::Read);
        for rule in rules {
            for id in rule.group_ids.iter().take(TOLD) {
                if let (false, Some(group)) = (names.contains_key(id), GroupId::parse(id))
                    && let Some(group) = tx.group(group).await?
                {
                    names.insert(id.clone(), group.name);
                }
            }
            for id in rule.user_ids.iter().take(if sees_users { TOLD } else { 0 }) {
                if let (false, Some(user)) = (names.contains_key(id), UserId::parse(id))
                    && let Some(user) = tx.user(user).await?
                {
                    names.insert(id.clone(), user.login);
                }
            }
        }
        Ok(Self(names))
    }

    fn all(&self, ids: &[String]) -> String {
        listed(ids.iter().map(|id| self.0.get(id).unwrap_or(id).clone()))
    }

    fn people(&self, rule: &AccessRule) -> String {
        let mut parts = Vec::new();
        if !rule.group_ids.is_empty() {
            parts.push(self.all(&rule.group_ids));
        }
        let known = |id: &String| self.0.contains_key(id);
        if !rule.user_ids.is_empty() {
            // Who may not look at users is told how many they are.
            let named = rule.user_ids.iter().any(known);
            parts.push(if named { self.all(&rule.user_ids) } else { count(rule.user_ids.len(), "user") });
        }
        if parts.is_empty() { "nobody: apps for themselves".to_owned() } else { visible(&parts.join("; ")) }
    }
}

/// A rule in a few lines.
pub(super) fn rule_facts(rule: &AccessRule, server: &Server, names: &Names) -> Vec<Fact> {
    let grants: Vec<&str> = rule.grant_types.iter().map(|grant| grant_label(grant)).collect();
    let scopes = if rule.scopes.iter().any(|s| s == ANY_SCOPE) {
        "any".to_owned()
    } else {
        visible(&listed(rule.scopes.iter().cloned()))
    };
    vec![
        Fact::text("Who", names.people(rule)),
        Fact::text("Grants", grants.join(", ")),
        Fact::text("Scopes", scopes),
        Fact::text("Tokens", lifetimes(rule, server)),
    ]
}

/// How long what a rule lets through lives; where it doesn't say, the server does.
pub(super) fn lifetimes(rule: &AccessRule, server: &Server) -> String {
    let or = |of_rule: Option<i64>, of_server: i64| lifetime(of_rule.unwrap_or(of_server));
    format!(
        "access {}; refresh {} unused, {} in all",
        or(rule.access_token_seconds, server.access_token_seconds),
        or(rule.refresh_idle_seconds, server.refresh_idle_seconds),
        or(rule.refresh_absolute_seconds, server.refresh_absolute_seconds)
    )
}
