//! Administration: what the management API does, without HTTP.
//!
//! Every change is one transaction with its event: who did it, through which caller, to what, and what was
//! before and after. What is refused changes nothing. An id of another tenant is an id that does not exist.
//!
//! | module | subject |
//! |---|---|
//! | [`caller`], [`access`] | who calls, and what they may do |
//! | [`users`], [`user_lifecycle`], [`user_list`], [`user_grants`], [`roles`] | users |
//! | [`profile`], [`password_rules`], [`user_filter`] | what a user may be set to and asked by |
//! | [`apps`], [`app_rules`], [`app_secrets`] | OAuth clients |
//! | [`groups`] | groups of users |
//! | [`servers`], [`server_rules`], [`scopes`], [`claims`] | authorization servers |
//! | [`token_preview`] | what tokens would say |
//! | [`access_policies`], [`access_rules`], [`access_order`] | who gets tokens of a server, and for how long |
//! | [`registration`] | which apps may register themselves |
//! | [`gateways`], [`gateway_rules`], [`api_keys`] | APIs behind a gateway |
//! | [`api_tokens`], [`credentials`], [`credential_tokens`], [`pause`] | what calls the management API |
//! | [`rate_policies`], [`rate_policy_rules`], [`rate_simulation`] | how many tokens may be created |
//! | [`alerts`], [`alert_firings`], [`webhooks`] | what happens too often in the log, and whom that is told |
//! | [`operators`], [`tenant_figures`] | who runs the deployment, and tenants in numbers |

pub mod access;
pub mod access_order;
pub mod access_policies;
pub mod access_rules;
pub mod alert_firings;
pub mod alerts;
pub mod api_keys;
pub mod api_tokens;
pub mod app_people;
pub mod app_rules;
pub mod app_secrets;
pub mod apps;
pub mod brand;
pub mod caller;
mod change;
pub mod claims;
pub mod credential_tokens;
pub mod credentials;
pub mod cursor;
mod error;
pub mod gateway_rules;
pub mod gateways;
pub mod group_use;
pub mod groups;
pub mod log_retention;
pub mod operators;
pub mod password_rules;
pub mod pause;
pub mod profile;
pub mod rate_policies;
pub mod rate_policy_rules;
pub mod rate_simulation;
pub mod registration;
pub mod roles;
pub mod scopes;
pub mod security;
pub mod server_rules;
pub mod servers;
mod session_end;
pub mod tenant_figures;
pub mod token_preview;
pub mod user_filter;
pub mod user_grants;
pub mod user_lifecycle;
pub mod user_list;
pub mod users;
pub mod webhooks;

pub use access::{Access, Area, Rights};
pub use caller::{Caller, CallerRefusal};
pub use error::AdminError;

/// What the caller believes to change (RFC 9110 §13.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    #[default]
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

impl Expected {
    /// Refuses another version than the expected one.
    ///
    /// # Errors
    /// [`AdminError::Stale`].
    pub fn check(&self, version: i64) -> Result<(), AdminError> {
        match self {
            Self::Versions(versions) if !versions.contains(&version) => Err(AdminError::Stale),
            _ => Ok(()),
        }
    }
}

/// A page of a list, and the cursor of the next one.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}
