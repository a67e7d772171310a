//! Flows: one authorization request on its way through sign-in and consent.

use crate::id::{AppId, FlowId, ServerId, SessionId, TenantId};
use crate::time::Time;

/// A stored authorization request. The pages carry only its handle; what was asked for stays here, so
/// that nothing on the way can be edited.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Flow {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id; joins the events of authorize, sign-in, consent and token.
    pub id: FlowId,
    /// HMAC of the handle in the pages' URLs.
    pub handle_hash: Vec<u8>,
    /// HMAC of the browser's flow cookie: another browser can't continue.
    pub browser_hash: Vec<u8>,
    /// The server that was asked.
    pub server_id: ServerId,
    /// The app that asked.
    pub app_id: AppId,
    /// The validated request, as JSON.
    pub request: sqlx::types::Json<serde_json::Value>,
    /// When it began.
    pub created_at: Time,
    /// When it can no longer be continued.
    pub expires_at: Time,
    /// When it was answered; it is answered once.
    pub finished_at: Option<Time>,
    /// The session that its person chose to answer with, where the request asks to choose an account.
    pub chosen_session_id: Option<SessionId>,
}

impl Flow {
    /// Seconds in which a person must finish.
    pub const SECONDS: i64 = 30 * 60;
}
