//! Claims that an authorization server adds to its tokens.

use crate::id::{ClaimId, ServerId, TenantId};
use crate::text_enum::text_enum;
use crate::time::Time;
use sqlx::types::Json;

text_enum! {
    /// Which tokens a claim is for.
    pub enum ClaimTarget {
        /// Access tokens.
        Resource = "RESOURCE",
        /// ID tokens and userinfo.
        Identity = "IDENTITY",
    }
}

text_enum! {
    /// What a claim's value is made of.
    pub enum ClaimValueType {
        /// A member of the user, of the app, or a constant.
        Expression = "EXPRESSION",
        /// The names of the user's groups that a filter lets through.
        Groups = "GROUPS",
    }
}

text_enum! {
    /// How a filter of groups compares.
    pub enum GroupFilter {
        /// The name begins with the value.
        StartsWith = "STARTS_WITH",
        /// The name is the value.
        Equals = "EQUALS",
        /// The value is somewhere in the name.
        Contains = "CONTAINS",
        /// The whole name matches the pattern.
        Regex = "REGEX",
    }
}

text_enum! {
    /// Whether a claim, an access policy or a rule of one is in force.
    pub enum InForce {
        /// Yes.
        Active = "ACTIVE",
        /// No; it is as if it weren't there.
        Inactive = "INACTIVE",
    }
}

/// A claim that an authorization server adds to its tokens.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ClaimRow {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The server.
    pub server_id: ServerId,
    /// The id.
    pub id: ClaimId,
    /// The claim's name; one of a name for each target.
    pub name: String,
    /// Which tokens it is for.
    pub target: ClaimTarget,
    /// What its value is made of.
    pub value_type: ClaimValueType,
    /// The expression, or what the filter compares with.
    pub value: String,
    /// How the filter compares; with groups only.
    pub group_filter: Option<GroupFilter>,
    /// It is added where one of these scopes was granted; everywhere when there are none.
    pub scopes: Json<Vec<String>>,
    /// Of an identity claim: whether it is in the ID token, too, and not only in userinfo.
    pub always_in_token: bool,
    /// Whether it is in force.
    pub status: InForce,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
}
