//! What an access policy and a rule of one may be set to.

use super::AdminError;
use super::change::Facts;
use super::error::Causes;
use super::server_rules::{REFRESH_MINUTES, TOKEN_MINUTES};
use signet_domain::access_policy::{ALL_CLIENTS, ANY_SCOPE, AccessPolicy, AccessRule, EVERYONE};
use signet_domain::claim::InForce;
use signet_domain::event::bounded;
use signet_domain::id::{GroupId, UserId};
use signet_domain::server::Server;
use signet_store::Tx;
use signet_store::sqlx_types::Json;

/// Most entries of one list.
const MAX_ENTRIES: usize = 100;
/// Grant types that a rule can allow.
pub const GRANT_TYPES: &[&str] = &["authorization_code", "client_credentials", "password"];

/// An access policy as it is sent.
#[derive(Debug, Clone)]
pub struct AccessPolicySettings {
    /// The name that people read.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// 1 is asked first; none keeps it, or puts a new one last.
    pub priority: Option<i64>,
    /// Whether it is in force.
    pub status: InForce,
    /// `client_id`s, or [`ALL_CLIENTS`].
    pub clients: Vec<String>,
}

impl AccessPolicySettings {
    /// A policy as it would be sent.
    #[must_use]
    pub fn of(policy: &AccessPolicy) -> Self {
        Self {
            name: policy.name.clone(),
            description: policy.description.clone(),
            priority: Some(policy.priority),
            status: policy.status,
            clients: policy.clients.0.clone(),
        }
    }

    pub(super) async fn put(self, tx: &mut Tx, policy: &mut AccessPolicy) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=100);
        causes.text("description", &self.description, 0..=1000);
        causes.range("priority", self.priority.unwrap_or(1), 1..=1000);
        entries(&mut causes, "conditions.clients", &self.clients, 1);
        for id in self.clients.iter().filter(|id| *id != ALL_CLIENTS).take(MAX_ENTRIES) {
            if tx.app_by_client_id(id).await?.is_none() {
                causes.add("conditions.clients", format_args!("there is no app '{}'", bounded(id, 100)));
            }
        }
        causes.check("policy")?;
        policy.name = self.name;
        policy.description = self.description;
        policy.priority = self.priority.unwrap_or(policy.priority);
        policy.status = self.status;
        policy.clients = Json(self.clients);
        Ok(())
    }
}

/// A rule as it is sent.
#[derive(Debug, Clone)]
pub struct AccessRuleSettings {
    /// The name that people read.
    pub name: String,
    /// 1 is asked first; none keeps it, or puts a new one last.
    pub priority: Option<i64>,
    /// Whether it is in force.
    pub status: InForce,
    /// Grant types that it allows.
    pub grant_types: Vec<String>,
    /// Ids of users that it allows.
    pub users: Vec<String>,
    /// Ids of groups whose members it allows, or [`EVERYONE`].
    pub groups: Vec<String>,
    /// Scopes that it allows, or [`ANY_SCOPE`].
    pub scopes: Vec<String>,
    /// Minutes of an access token's life; none leaves it to the server.
    pub access_token_minutes: Option<i64>,
    /// Minutes after which a refresh token ends unused; none leaves it to the server.
    pub refresh_window_minutes: Option<i64>,
    /// Minutes after which a token family ends; none leaves it to the server.
    pub refresh_lifetime_minutes: Option<i64>,
}

impl AccessRuleSettings {
    /// A rule as it would be sent.
    #[must_use]
    pub fn of(rule: &AccessRule) -> Self {
        let minutes = |seconds: Option<i64>| seconds.map(|s| s / 60);
        Self {
            name: rule.name.clone(),
            priority: Some(rule.priority),
            status: rule.status,
            grant_types: rule.grant_types.0.clone(),
            users: rule.user_ids.0.clone(),
            groups: rule.group_ids.0.clone(),
            scopes: rule.scopes.0.clone(),
            access_token_minutes: minutes(rule.access_token_seconds),
            refresh_window_minutes: minutes(rule.refresh_idle_seconds),
            refresh_lifetime_minutes: minutes(rule.refresh_absolute_seconds),
        }
    }

    pub(super) async fn put(
        self,
        tx: &mut Tx,
        server: &Server,
        rule: &mut AccessRule,
    ) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=100);
        causes.range("priority", self.priority.unwrap_or(1), 1..=1000);
        entries(&mut causes, "conditions.grantTypes", &self.grant_types, 1);
        if self.grant_types.iter().any(|g| !GRANT_TYPES.contains(&g.as_str())) {
            causes.add("conditions.grantTypes", format_args!("must be of {}", GRANT_TYPES.join(", ")));
        }
        entries(&mut causes, "conditions.people.users", &self.users, 0);
        entries(&mut causes, "conditions.people.groups", &self.groups, 0);
        entries(&mut causes, "conditions.scopes", &self.scopes, 1);
        self.check_people(tx, &mut causes).await?;
        let known = tx.scopes(server.id).await?;
        let unknown = |name: &&String| *name != ANY_SCOPE && !known.iter().any(|s| s.name == **name);
        if let Some(name) = self.scopes.iter().find(unknown) {
            let name = bounded(name, 100);
            causes.add("conditions.scopes", format_args!("this authorization server has no scope '{name}'"));
        }
        for (member, minutes, bounds) in [
            ("accessTokenLifetimeMinutes", self.access_token_minutes, TOKEN_MINUTES),
            ("refreshTokenWindowMinutes", self.refresh_window_minutes, REFRESH_MINUTES),
            ("refreshTokenLifetimeMinutes", self.refresh_lifetime_minutes, REFRESH_MINUTES),
        ] {
            if let Some(minutes) = minutes {
                causes.range(member, minutes, bounds);
            }
        }
        let idle = self.refresh_window_minutes.map_or(server.refresh_idle_seconds, |m| m.saturating_mul(60));
        let absolute =
            self.refresh_lifetime_minutes.map_or(server.refresh_absolute_seconds, |m| m.saturating_mul(60));
        if idle > absolute {
            causes.add("refreshTokenWindowMinutes", "must not be longer than refreshTokenLifetimeMinutes");
        }
        causes.check("rule")?;
        rule.name = self.name;
        rule.priority = self.priority.unwrap_or(rule.priority);
        rule.status = self.status;
        rule.grant_types = Json(self.grant_types);
        rule.user_ids = Json(self.users);
        rule.group_ids = Json(self.groups);
        rule.scopes = Json(self.scopes);
        rule.access_token_seconds = self.access_token_minutes.map(|m| m * 60);
        rule.refresh_idle_seconds = self.refresh_window_minutes.map(|m| m * 60);
        rule.refresh_absolute_seconds = self.refresh_lifetime_minutes.map(|m| m * 60);
        Ok(())
    }

    /// Whom it names must be there: another tenant's are not.
    async fn check_people(&self, tx: &mut Tx, causes: &mut Causes) -> Result<(), AdminError> {
        for id in self.users.iter().take(MAX_ENTRIES) {
            let found = match UserId::parse(id) {
                Some(id) => tx.user(id).await?,
                None => None,
            };
            if found.is_none() {
                causes
                    .add("conditions.people.users", format_args!("there is no user '{}'", bounded(id, 100)));
            }
        }
        for id in self.groups.iter().filter(|id| *id != EVERYONE).take(MAX_ENTRIES) {
            let found = match GroupId::parse(id) {
                Some(id) => tx.group(id).await?,
                None => None,
            };
            if found.is_none() {
                causes.add(
                    "conditions.people.groups",
                    format_args!("there is no group '{}'", bounded(id, 100)),
                );
            }
        }
        let for_users = self.grant_types.iter().any(|g| g != "client_credentials");
        if for_users && self.users.is_empty() && self.groups.is_empty() {
            causes.add("conditions.people", "must name a user or a group, or the group EVERYONE");
        }
        Ok(())
    }
}

fn entries(causes: &mut Causes, member: &str, list: &[String], least: usize) {
    if list.len() < least || list.len() > MAX_ENTRIES {
        causes.add(member, format_args!("must have {least} to {MAX_ENTRIES} entries"));
    }
    if list.iter().enumerate().any(|(n, entry)| list[..n].contains(entry)) {
        causes.add(member, "must not have an entry twice");
    }
}

/// What the log shows of an access policy.
pub(super) fn policy_facts(policy: &AccessPolicy) -> Facts {
    vec![
        ("name", policy.name.as_str().into()),
        ("description", policy.description.as_str().into()),
        ("priority", policy.priority.into()),
        ("status", policy.status.as_str().into()),
        ("clients", policy.clients.0.clone().into()),
    ]
}

/// What the log shows of a rule.
pub(super) fn rule_facts(rule: &AccessRule) -> Facts {
    vec![
        ("name", rule.name.as_str().into()),
        ("priority", rule.priority.into()),
        ("status", rule.status.as_str().into()),
        ("grantTypes", rule.grant_types.0.clone().into()),
        ("users", rule.user_ids.0.clone().into()),
        ("groups", rule.group_ids.0.clone().into()),
        ("scopes", rule.scopes.0.clone().into()),
        ("accessTokenSeconds", rule.access_token_seconds.into()),
        ("refreshTokenIdleSeconds", rule.refresh_idle_seconds.into()),
        ("refreshTokenAbsoluteSeconds", rule.refresh_absolute_seconds.into()),
    ]
}
