//! What a use case can fail with, besides the refusals of its protocol.

use signet_oauth::{OAuthError, Reason};
use signet_store::StoreError;

/// A failure that is nobody's refusal.
#[derive(Debug, thiserror::Error)]
pub enum IdpError {
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// Too much to do: come back later.
    #[error("overloaded")]
    Overloaded {
        /// Seconds.
        retry_after: u32,
    },
    /// What was asked about was deleted meanwhile.
    #[error("gone")]
    Gone,
    /// A defect, or data that can't be read.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for IdpError {
    fn from(error: StoreError) -> Self {
        match error {
            // What a new row hangs on was deleted after it was looked up.
            StoreError::Reference => Self::Gone,
            other => Self::Store(other),
        }
    }
}

impl From<signet_oauth::jwt::KeyError> for IdpError {
    fn from(error: signet_oauth::jwt::KeyError) -> Self {
        Self::Internal(format!("signing key: {error}"))
    }
}

impl From<IdpError> for OAuthError {
    /// What an OAuth client is told: 503 with `Retry-After` for an outage, 500 for a defect.
    fn from(error: IdpError) -> Self {
        match error {
            IdpError::Store(StoreError::Unavailable(_) | StoreError::InUse(_)) => {
                Self::new(Reason::StoreUnavailable).retry_after(1)
            }
            IdpError::Overloaded { retry_after } => Self::new(Reason::Overloaded).retry_after(retry_after),
            IdpError::Gone => Self::new(Reason::InvalidRequest),
            other => {
                tracing::error!(error = %other, "a request failed");
                Self::new(Reason::ServerError)
            }
        }
    }
}
