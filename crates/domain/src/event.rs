//! The system log's records: what is written. How they are shown is the log API's matter.

use crate::id::{EventId, FlowId, GrantId, RequestId, SessionId};
use crate::text_enum::text_enum;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub mod types;
pub use types::EventType;

text_enum! {
    /// How much an event should worry someone.
    pub enum Severity {
        /// Ordinary.
        Info = "INFO",
        /// Refused or unusual.
        Warn = "WARN",
        /// Something broke.
        Error = "ERROR",
    }
}

text_enum! {
    /// How it ended.
    pub enum Outcome {
        /// Done.
        Success = "SUCCESS",
        /// Refused or failed.
        Failure = "FAILURE",
        /// A limit of the account was reached.
        Deny = "DENY",
    }
}

/// Someone or something that acted or was acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Wire id, or `unknown`.
    pub id: String,
    /// `User`, `PublicClientApp`, `AuthorizationServer`, `SystemPrincipal`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The name a person would use to find it: a login, a client id.
    #[serde(rename = "alternateId")]
    pub alternate_id: String,
    /// The name a person would read.
    #[serde(rename = "displayName")]
    pub display_name: String,
    /// Further facts, by name.
    #[serde(rename = "detailEntry", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
}

impl Entity {
    /// An entity without further facts.
    #[must_use]
    pub fn new(kind: &str, id: impl ToString, alternate_id: &str, display_name: &str) -> Self {
        Self {
            id: id.to_string(),
            kind: kind.to_owned(),
            alternate_id: alternate_id.to_owned(),
            display_name: display_name.to_owned(),
            detail: BTreeMap::new(),
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// Signet itself.
    #[must_use]
    pub fn system() -> Self {
        Self::new("SystemPrincipal", "system", "system@signet", "Signet")
    }
}

/// What is known of the HTTP request behind an event.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// The request's id, also sent to the caller.
    pub id: RequestId,
    /// The peer's address, or the one that a trusted proxy names.
    pub ip: String,
    /// `User-Agent`, cut at 512 bytes.
    pub user_agent: String,
    /// Path without query.
    pub path: String,
    /// Whether its method asks for no change (RFC 9110 §9.2.1).
    pub is_safe: bool,
}

/// One record of a tenant's log, ready to be stored.
#[derive(Debug, Clone)]
pub struct Event {
    /// The id.
    pub id: EventId,
    /// When it happened.
    pub published: Time,
    /// What happened.
    pub event_type: EventType,
    /// How much it should worry someone.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so, in one word.
    pub reason: Option<String>,
    /// Who did it.
    pub actor: Entity,
    /// Wire id of the user it concerns, if one is known.
    pub user_id: Option<String>,
    /// `client_id` of the app it concerns.
    pub client_id: Option<String>,
    /// Wire id of the authorization server it concerns.
    pub server_id: Option<String>,
    /// The session it happened in.
    pub session_id: Option<SessionId>,
    /// The flow it belongs to.
    pub flow_id: Option<FlowId>,
    /// The grant it belongs to.
    pub grant_id: Option<GrantId>,
    /// `jti` of the access or ID token that was issued, revoked or inspected.
    pub jti: Option<String>,
    /// The request.
    pub request: RequestFacts,
    /// What it was done to.
    pub targets: Vec<Entity>,
    /// Further facts, by name. Never a secret.
    pub debug: BTreeMap<String, String>,
}

impl Event {
    /// A successful event without targets.
    #[must_use]
    pub fn new(id: EventId, now: Time, event_type: EventType, actor: Entity, request: &RequestFacts) -> Self {
        Self {
            id,
            published: now,
            event_type,
            severity: Severity::Info,
            outcome: Outcome::Success,
            reason: None,
            actor,
            user_id: None,
            client_id: None,
            server_id: None,
            session_id: None,
            flow_id: None,
            grant_id: None,
            jti: None,
            request: request.clone(),
            targets: Vec::new(),
            debug: BTreeMap::new(),
        }
    }

    /// Makes it a failure with a reason.
    #[must_use]
    pub fn failed(mut self, reason: impl Into<String>) -> Self {
        self.outcome = Outcome::Failure;
        self.severity = Severity::Warn;
        self.reason = Some(reason.into());
        self
    }

    /// Adds a target.
    #[must_use]
    pub fn target(mut self, target: Entity) -> Self {
        self.targets.push(target);
        self
    }

    /// Adds a fact. Values are cut at 1,024 bytes.
    #[must_use]
    pub fn debug(mut self, name: &str, value: impl Into<String>) -> Self {
        self.debug.insert(name.to_owned(), bounded(&value.into(), 1024));
        self
    }

    /// The part that is stored as one JSON column.
    #[must_use]
    pub fn data(&self) -> EventData {
        EventData {
            message: self.event_type.message.to_owned(),
            actor: self.actor.clone(),
            user_agent: self.request.user_agent.clone(),
            path: self.request.path.clone(),
            targets: self.targets.clone(),
            debug: self.debug.clone(),
        }
    }

    /// Everything a word search looks through: folded, one text.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut add = |text: &str| {
            if !text.is_empty() {
                words.push_str(&text.to_lowercase());
                words.push('\n');
            }
        };
        add(self.event_type.name);
        add(self.event_type.message);
        add(self.outcome.as_str());
        add(self.reason.as_deref().unwrap_or_default());
        add(&self.request.ip);
        add(&self.request.user_agent);
        add(&self.request.id.to_string());
        for entity in std::iter::once(&self.actor).chain(&self.targets) {
            add(&entity.id);
            add(&entity.alternate_id);
            add(&entity.display_name);
        }
        self.debug.values().for_each(|v| add(v));
        words
    }
}

/// The part of an event that is stored as one JSON column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventData {
    /// What happened, in words.
    pub message: String,
    /// Who did it.
    pub actor: Entity,
    /// `User-Agent`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// Path of the request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Entity>,
    /// Further facts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub debug: BTreeMap<String, String>,
}

/// An event as it is read back.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EventRow {
    /// Store epoch: rises with every restore.
    pub epoch: i64,
    /// Commit order within the epoch.
    pub txid: i64,
    /// Order within the commit.
    pub seq: i64,
    /// The id.
    pub id: EventId,
    /// When it happened.
    pub published: Time,
    /// Name of the type.
    pub event_type: String,
    /// How much it should worry someone.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in one word.
    pub reason: Option<String>,
    /// Wire id of the actor.
    pub actor_id: String,
    /// Wire id of the user it concerns.
    pub user_id: Option<String>,
    /// `client_id` of the app it concerns.
    pub client_id: Option<String>,
    /// Wire id of the authorization server it concerns.
    pub server_id: Option<String>,
    /// The peer's address.
    pub ip: String,
    /// The request.
    pub request_id: RequestId,
    /// The session.
    pub session_id: Option<SessionId>,
    /// The flow.
    pub flow_id: Option<FlowId>,
    /// The grant.
    pub grant_id: Option<GrantId>,
    /// The access token.
    pub jti: Option<String>,
    /// The rest.
    pub data: sqlx::types::Json<EventData>,
}

/// Cuts a text at a bound without splitting a character, and marks the cut with `…`.
#[must_use]
pub fn bounded(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let mut end = max_bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_marked_and_keeps_characters_whole() {
        assert_eq!(bounded("naïve", 3), "na…");
        assert_eq!(bounded("short", 5), "short");
    }
}
