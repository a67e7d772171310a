//! The authorization endpoint (RFC 6749 §4.1.1): from a stranger's request to a page, a code or a refusal.

mod code;
mod object;
mod origin;
mod push;
mod request;
mod resume;
mod session_state;
mod standing;

use crate::cache::{AppConfig, ServerConfig};
use signet_domain::flow::Flow;
use signet_domain::session::Session;
use signet_domain::user::User;
use signet_oauth::OAuthError;
use signet_oauth::authorize::AuthorizeRequest;
use signet_oauth::response::AuthorizeResponse;
use std::sync::Arc;

pub(crate) use code::Agreed;
pub(crate) use origin::spend;
pub use push::{PushCall, Pushed};
pub use request::{AuthorizeCall, REDIRECT_URI, REDIRECT_URI_WHOLE};
pub use standing::Standing;

/// A browser that is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Who.
    pub user: User,
}

/// What the browser is shown next.
#[derive(Debug)]
pub enum Step {
    /// Back to the app, with a code or an error.
    Respond(Box<AuthorizeResponse>),
    /// Back to an app for which nobody here vouches, with an error: the browser's user says whether to go.
    Offer(Box<AuthorizeResponse>, OAuthError),
    /// The sign-in page, for the flow with this handle.
    SignIn {
        /// The flow's handle.
        handle: String,
    },
    /// The account chooser, for the flow with this handle.
    ChooseAccount {
        /// The flow's handle.
        handle: String,
    },
    /// The consent page, for the flow with this handle.
    Consent {
        /// The flow's handle.
        handle: String,
    },
}

/// A request that can't be answered to its app: the page says why.
#[derive(Debug)]
pub struct Page(pub OAuthError);

impl From<crate::IdpError> for Page {
    fn from(error: crate::IdpError) -> Self {
        Self(error.into())
    }
}

impl From<signet_store::StoreError> for Page {
    fn from(error: signet_store::StoreError) -> Self {
        crate::IdpError::from(error).into()
    }
}

/// A flow with what it is about.
pub struct OpenFlow {
    /// The flow.
    pub flow: Flow,
    /// The validated request.
    pub request: AuthorizeRequest,
    /// The server.
    pub server: Arc<ServerConfig>,
    /// The app.
    pub app: Arc<AppConfig>,
}
