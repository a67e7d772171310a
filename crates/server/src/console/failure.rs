//! What a page of the console can fail with.

use super::next::HOME;
use crate::html;
use crate::pages::step;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use signet_idp::admin::AdminError;
use signet_idp::{Ctx, IdpError};
use signet_store::StoreError;
use signet_web::{ErrorPage, Link};

/// What a handler gives.
pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such thing at this tenant.
    Missing(&'static str),
    /// The role doesn't reach this, and nothing was changed.
    Forbidden,
    /// A form that no page of this session sent.
    NotOurForm,
    /// What was asked doesn't fit how things are; a sentence says why.
    Refused(&'static str),
    /// Somebody else changed it in the meantime.
    Stale(&'static str),
    /// Nobody's fault.
    Broken(IdpError),
}

impl From<IdpError> for Failure {
    fn from(error: IdpError) -> Self {
        Self::Broken(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::NotFound { kind, .. } => Self::Missing(match kind {
                "User" => "There is no such user here. The user may have been deleted.",
                "AppInstance" => "There is no such app here. It may have been deleted.",
                "AuthorizationServer" => {
                    "There is no such authorization server here. It may have been deleted."
                }
                "Gateway" => "This authorization server has no gateway profile. It may have been deleted.",
                "Webhook" => "There is no such webhook here. It may have been deleted.",
                "OAuth2Claim" => "There is no such claim here. It may have been deleted.",
                "Policy" => "There is no such access policy here. It may have been deleted.",
                "PolicyRule" => "There is no such rule here. It may have been deleted.",
                "Alert" => "There is no such alert here. It may have been deleted.",
                _ => "There is no such thing here. It may be gone already.",
            }),
            AdminError::StillActive => Self::Refused("Switch the app off first. Nothing was changed."),
            AdminError::Forbidden => Self::Forbidden,
            AdminError::LastAdmin => Self::Refused(
                "This is the last active super administrator. Nothing was changed: make someone else one first.",
            ),
            AdminError::Stale => {
                Self::Stale("Someone else changed this in the meantime. Nothing was changed: look again.")
            }
            AdminError::Failed(error) => Self::Broken(error),
            _ => {
                Self::Refused("That doesn't fit the user's state any more. Nothing was changed: look again.")
            }
        }
    }
}

impl Failure {
    /// The page that says so.
    pub(super) fn page(self, ctx: &Ctx) -> Response {
        let (status, heading, sentence) = match self {
            Self::Missing(sentence) => (StatusCode::NOT_FOUND, "Not found", sentence),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "Your role doesn't reach this",
                "Nothing was changed. A super administrator can do this, or give you a role that can.",
            ),
            Self::NotOurForm => (
                StatusCode::FORBIDDEN,
                "This form can't be used any more",
                "Nothing was changed. It was opened in another session: go back, reload the page and try again.",
            ),
            Self::Stale(sentence) => (StatusCode::PRECONDITION_FAILED, "Changed in the meantime", sentence),
            Self::Refused(sentence) => (StatusCode::CONFLICT, "That isn't possible", sentence),
            Self::Broken(error) => return broken(ctx, &error),
        };
        page(ctx, status, (heading, sentence))
    }
}

fn page(ctx: &Ctx, status: StatusCode, words: (&str, &str)) -> Response {
    page_to(ctx, status, words, Link::new("Back to the console", HOME))
}

/// A page that says why there is none, and where to go on.
pub(super) fn page_to(
    ctx: &Ctx,
    status: StatusCode,
    (heading, sentence): (&str, &str),
    way_on: Link,
) -> Response {
    let shell = step::shell(ctx, heading);
    let page = ErrorPage::new(shell, status.as_u16(), sentence, ctx.request.id.to_string());
    html::page_with(status, &ErrorPage { way_on: Some(way_on), ..page }, &[])
}

fn broken(ctx: &Ctx, error: &IdpError) -> Response {
    let later = matches!(
        error,
        IdpError::Overloaded { .. } | IdpError::Store(StoreError::Unavailable(_) | StoreError::InUse(_))
    );
    if later {
        let sentence = match (error, ctx.request.is_safe) {
            (IdpError::Store(_), false) => {
                "The database doesn't answer, so this may or may not have been saved: look at it in a moment, before you \
                 try again."
            }
            _ => "The database doesn't answer, so nothing can be shown or changed. Try again in a moment.",
        };
        let mut page = page(ctx, StatusCode::SERVICE_UNAVAILABLE, ("Not right now", sentence));
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return page;
    }
    tracing::error!(%error, request = %ctx.request.id, "a page of the console failed");
    let sentence = if ctx.request.is_safe {
        "This is a defect of Signet, and nothing was changed. Tell whoever runs it the number of this request."
    } else {
        "This is a defect of Signet, and what you sent may or may not have been saved: look before you try again, and \
         tell whoever runs it the number of this request."
    };
    page(ctx, StatusCode::INTERNAL_SERVER_ERROR, ("Something broke", sentence))
}
