//! Access policies: which apps, users, grants and scopes an authorization server serves, and how long what it
//! issues lives.

use crate::claim::InForce;
use crate::id::{AccessPolicyId, AccessRuleId, ServerId, TenantId};
use crate::time::Time;
use sqlx::types::Json;

/// Stands for every app in a policy's list.
pub const ALL_CLIENTS: &str = "ALL_CLIENTS";
/// Stands for every user in a rule's list of groups.
pub const EVERYONE: &str = "EVERYONE";
/// Stands for every scope in a rule's list.
pub const ANY_SCOPE: &str = "*";

/// An access policy of a server. Policies are asked by priority; the first one that names the app and has a rule
/// for the request decides.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccessPolicy {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The id.
    pub id: AccessPolicyId,
    /// The name that people read; unique at the server.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// 1 is asked first.
    pub priority: i64,
    /// Whether it is in force.
    pub status: InForce,
    /// `client_id`s of the apps it speaks of, or [`ALL_CLIENTS`].
    pub clients: Json<Vec<String>>,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// A rule of an access policy. The first one by priority that matches allows the request.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccessRule {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The policy.
    pub policy_id: AccessPolicyId,
    /// The id.
    pub id: AccessRuleId,
    /// The name that people read; unique in the policy.
    pub name: String,
    /// 1 is asked first.
    pub priority: i64,
    /// Whether it is in force.
    pub status: InForce,
    /// Grant types that it allows.
    pub grant_types: Json<Vec<String>>,
    /// Ids of users that it allows.
    pub user_ids: Json<Vec<String>>,
    /// Ids of groups whose members it allows, or [`EVERYONE`].
    pub group_ids: Json<Vec<String>>,
    /// Scopes that it allows, or [`ANY_SCOPE`].
    pub scopes: Json<Vec<String>>,
    /// Life of an access token in seconds; the server's when there is none.
    pub access_token_seconds: Option<i64>,
    /// Seconds after which an unused refresh token ends; the server's when there is none.
    pub refresh_idle_seconds: Option<i64>,
    /// Seconds after which a token family ends; the server's when there is none.
    pub refresh_absolute_seconds: Option<i64>,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}
