//! The shape of a log event, for the description. A test holds real events against it.

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

macro_rules! shape {
    ($(#[doc = $doc:literal] $name:ident { $($(#[$meta:meta])* $member:ident: $kind:ty,)* })*) => {$(
        #[doc = $doc]
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        #[expect(dead_code, reason = "only describes")]
        pub(crate) struct $name {
            $($(#[$meta])* $member: $kind,)*
        }
    )*};
}

shape! {
    /// One event of the system log.
    LogEvent {
        /// The id.
        uuid: String,
        /// When it happened.
        published: String,
        /// Name of the type.
        event_type: String,
        /// `0`.
        version: String,
        /// INFO, WARN or ERROR.
        severity: String,
        /// What happened, in words.
        display_message: String,
        /// Who did it.
        actor: LogEntity,
        /// From where.
        client: LogClient,
        /// How it ended.
        outcome: LogOutcome,
        /// What it was done to. Of a change, `detailEntry` has `from` and `to` as JSON.
        target: Option<Vec<LogEntity>>,
        /// The request.
        transaction: LogTransaction,
        /// Further facts.
        debug_context: LogDebugContext,
        /// The sign-in it belongs to.
        authentication_context: LogAuthenticationContext,
        /// Unknown.
        security_context: LogSecurityContext,
        /// The way of the request.
        request: LogRequest,
    }
    /// An actor or a target.
    LogEntity {
        /// Wire id.
        id: String,
        /// `User`, `PublicClientApp`, …
        r#type: String,
        /// The name a person would use to find it.
        alternate_id: String,
        /// The name a person would read.
        display_name: String,
        /// Further facts.
        detail_entry: Option<BTreeMap<String, String>>,
    }
    /// Where a request came from.
    LogClient {
        /// What sent it.
        user_agent: LogUserAgent,
        /// The literal `null`.
        zone: String,
        /// Computer, Mobile or Unknown.
        device: String,
        /// `client_id` of the app.
        id: Option<String>,
        /// The address.
        ip_address: Option<String>,
        /// Unknown.
        geographical_context: Option<Value>,
    }
    /// What sent a request.
    LogUserAgent {
        /// As it was sent.
        raw_user_agent: String,
        /// A guess.
        os: String,
        /// A guess.
        browser: String,
    }
    /// How an event ended.
    LogOutcome {
        /// SUCCESS, FAILURE or DENY.
        result: String,
        /// Why, in one word.
        reason: Option<String>,
    }
    /// The request that an event belongs to.
    LogTransaction {
        /// `WEB`.
        r#type: String,
        /// The request's id.
        id: String,
        /// Further facts.
        detail: BTreeMap<String, String>,
    }
    /// Further facts.
    LogDebugContext {
        /// By name.
        debug_data: BTreeMap<String, String>,
    }
    /// The sign-in that an event belongs to.
    LogAuthenticationContext {
        /// Unknown.
        authentication_provider: Option<Value>,
        /// Unknown.
        credential_provider: Option<Value>,
        /// Unknown.
        credential_type: Option<Value>,
        /// Unknown.
        issuer: Option<Value>,
        /// Unknown.
        interface: Option<Value>,
        /// 0.
        authentication_step: i32,
        /// The session.
        root_session_id: Option<String>,
        /// The session.
        external_session_id: Option<String>,
    }
    /// Where an address lies: unknown.
    LogSecurityContext {
        /// Unknown.
        as_number: Option<Value>,
        /// Unknown.
        as_org: Option<Value>,
        /// Unknown.
        isp: Option<Value>,
        /// Unknown.
        domain: Option<Value>,
        /// Unknown.
        is_proxy: Option<Value>,
    }
    /// The way of a request.
    LogRequest {
        /// Each hop that is known.
        ip_chain: Vec<LogHop>,
    }
    /// One hop.
    LogHop {
        /// The address.
        ip: String,
        /// Unknown.
        geographical_context: Option<Value>,
        /// V4 or V6.
        version: Option<String>,
        /// Unknown.
        source: Option<Value>,
    }
}
