//! Events in the shape that readers of the log API know. Its enums only ever hold values that strict clients
//! accept.

use super::user_agent::guess;
use serde::Serialize;
use signet_domain::event::{Entity, EventRow, Outcome, Severity};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One event.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEvent {
    /// The id.
    pub uuid: String,
    /// When it happened: RFC 3339 in UTC with milliseconds.
    pub published: String,
    /// Name of the type.
    pub event_type: String,
    /// Always `0`.
    pub version: &'static str,
    /// How much it should worry someone.
    pub severity: Severity,
    /// What happened, in words.
    pub display_message: String,
    /// Who did it.
    pub actor: LogEntity,
    /// From where.
    pub client: LogClient,
    /// How it ended.
    pub outcome: LogOutcome,
    /// What it was done to.
    pub target: Option<Vec<LogEntity>>,
    /// The request it belongs to.
    pub transaction: LogTransaction,
    /// Further facts.
    pub debug_context: LogDebugContext,
    /// The sign-in it belongs to.
    pub authentication_context: LogAuthenticationContext,
    /// Where the address lies; unknown.
    pub security_context: LogSecurityContext,
    /// The way that the request took.
    pub request: LogRequestPath,
}

/// An actor or a target.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntity {
    /// Wire id.
    pub id: String,
    /// `User`, `PublicClientApp`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The name a person would use to find it.
    pub alternate_id: String,
    /// The name a person would read.
    pub display_name: String,
    /// Further facts.
    pub detail_entry: Option<BTreeMap<String, String>>,
}

impl From<&Entity> for LogEntity {
    fn from(entity: &Entity) -> Self {
        Self {
            id: entity.id.clone(),
            kind: entity.kind.clone(),
            alternate_id: entity.alternate_id.clone(),
            display_name: entity.display_name.clone(),
            detail_entry: (!entity.detail.is_empty()).then(|| entity.detail.clone()),
        }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogClient {
    /// What sent it.
    pub user_agent: LogUserAgent,
    /// The literal `null`: there are no zones.
    pub zone: &'static str,
    /// `Computer`, `Mobile` or `Unknown`.
    pub device: &'static str,
    /// `client_id` of the app.
    pub id: Option<String>,
    /// The address.
    pub ip_address: Option<String>,
    /// Unknown.
    pub geographical_context: Option<()>,
}

/// What sent a request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogUserAgent {
    /// `User-Agent` as it was sent.
    pub raw_user_agent: String,
    /// A guess.
    pub os: &'static str,
    /// A guess.
    pub browser: &'static str,
}

/// How an event ended.
#[derive(Debug, Clone, Serialize)]
pub struct LogOutcome {
    /// `SUCCESS`, `FAILURE` or `DENY`.
    pub result: Outcome,
    /// Why, in one word.
    pub reason: Option<String>,
}

/// The request that an event belongs to.
#[derive(Debug, Clone, Serialize)]
pub struct LogTransaction {
    /// `WEB`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The request's id, as its answer carried it.
    pub id: String,
    /// Nothing.
    pub detail: BTreeMap<String, String>,
}

/// Further facts.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogDebugContext {
    /// By name; all values are texts.
    pub debug_data: BTreeMap<String, String>,
}

/// The sign-in that an event belongs to.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogAuthenticationContext {
    /// Unknown.
    pub authentication_provider: Option<()>,
    /// Unknown.
    pub credential_provider: Option<()>,
    /// Unknown.
    pub credential_type: Option<()>,
    /// Unknown.
    pub issuer: Option<()>,
    /// Unknown.
    pub interface: Option<()>,
    /// Always 0.
    pub authentication_step: i32,
    /// The session.
    pub root_session_id: Option<String>,
    /// The session.
    pub external_session_id: Option<String>,
}

/// Where an address lies: unknown.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogSecurityContext {
    /// Unknown.
    pub as_number: Option<()>,
    /// Unknown.
    pub as_org: Option<()>,
    /// Unknown.
    pub isp: Option<()>,
    /// Unknown.
    pub domain: Option<()>,
    /// Unknown.
    pub is_proxy: Option<()>,
}

/// The way that a request took.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRequestPath {
    /// One address for each hop that is known.
    pub ip_chain: Vec<LogIpAddress>,
}

/// One hop.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogIpAddress {
    /// The address.
    pub ip: String,
    /// Unknown.
    pub geographical_context: Option<()>,
    /// `V4` or `V6`.
    pub version: Option<&'static str>,
    /// Unknown.
    pub source: Option<()>,
}

/// Brings an event into shape.
#[must_use]
pub fn log_event(row: &EventRow) -> LogEvent {
    let session = row.session_id.map(|id| id.to_string());
    LogEvent {
        uuid: row.id.to_string(),
        published: row.published.rfc3339(),
        event_type: row.event_type.clone(),
        version: "0",
        severity: row.severity,
        display_message: row.data.message.clone(),
        actor: LogEntity::from(&row.data.actor),
        client: client(row),
        outcome: LogOutcome { result: row.outcome, reason: row.reason.clone() },
        target: (!row.data.targets.is_empty()).then(|| row.data.targets.iter().map(Into::into).collect()),
        transaction: LogTransaction { kind: "WEB", id: row.request_id.to_string(), detail: BTreeMap::new() },
        debug_context: LogDebugContext { debug_data: debug_data(row) },
        authentication_context: LogAuthenticationContext {
            root_session_id: session.clone(),
            external_session_id: session,
            ..LogAuthenticationContext::default()
        },
        security_context: LogSecurityContext::default(),
        request: LogRequestPath { ip_chain: ip_chain(&row.ip) },
    }
}

fn client(row: &EventRow) -> LogClient {
    let guess = guess(&row.data.user_agent);
    LogClient {
        user_agent: LogUserAgent {
            raw_user_agent: row.data.user_agent.clone(),
            os: guess.os,
            browser: guess.browser,
        },
        zone: "null",
        device: guess.device,
        id: row.client_id.clone(),
        ip_address: (!row.ip.is_empty()).then(|| row.ip.clone()),
        geographical_context: None,
    }
}

fn ip_chain(ip: &str) -> Vec<LogIpAddress> {
    if ip.is_empty() {
        return Vec::new();
    }
    let version = match ip.parse() {
        Ok(IpAddr::V4(_)) => Some("V4"),
        Ok(IpAddr::V6(_)) => Some("V6"),
        Err(_) => None,
    };
    vec![LogIpAddress { ip: ip.to_owned(), geographical_context: None, version, source: None }]
}

/// The event's facts and those that every event has; of two with one name the latter counts, because that is
/// the one a filter finds.
fn debug_data(row: &EventRow) -> BTreeMap<String, String> {
    let mut data = row.data.debug.clone();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            data.insert(name.to_owned(), value);
        }
    };
    add("requestId", Some(row.request_id.to_string()));
    if !row.data.path.is_empty() {
        add("requestUri", Some(row.data.path.clone()));
        add("url", Some(format!("{}?", row.data.path)));
    }
    add("threatSuspected", Some("false".to_owned()));
    add("flowId", row.flow_id.map(|id| id.to_string()));
    add("grantId", row.grant_id.map(|id| id.to_string()));
    add("jti", row.jti.clone());
    data
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::row;
    use super::*;
    use signet_domain::event::types;

    #[test]
    fn the_shape_is_the_contracts() {
        let mut row = row(types::AS_TOKEN_GRANT, Some("no_matching_policy"));
        row.data.debug.insert("grantType".into(), "password".into());
        row.data.debug.insert("requestId".into(), "forged".into());
        let json = serde_json::to_value(log_event(&row)).expect("JSON");
        assert_eq!(json["outcome"], serde_json::json!({"result": "FAILURE", "reason": "no_matching_policy"}));
        assert_eq!(json["version"], "0");
        assert_eq!(json["published"], "2026-01-02T03:04:05.000Z");
        assert_eq!(json["actor"]["type"], "User");
        assert_eq!(json["actor"]["detailEntry"], serde_json::Value::Null);
        assert_eq!(json["transaction"]["id"], row.request_id.to_string());
        assert_eq!(json["transaction"]["type"], "WEB");
        let data = &json["debugContext"]["debugData"];
        assert_eq!(data["requestId"], row.request_id.to_string());
        assert_eq!(data["url"], "/oauth2/default/v1/token?");
        assert_eq!(data["grantType"], "password");
        assert!(data.as_object().expect("a map").values().all(serde_json::Value::is_string));
        assert_eq!(json["request"]["ipChain"][0]["version"], "V4");
        assert_eq!(json["client"]["device"], "Unknown");
        assert_eq!(json["securityContext"]["isProxy"], serde_json::Value::Null);
    }
}
