//! What the sign-in at hand is to a request: whether it may answer, whether its person must be asked first, or whether
//! they must sign in (OpenID Connect Core §3.1.2.1).

use super::{OpenFlow, SignedIn};
use crate::Idp;
use signet_domain::Time;
use signet_domain::app::App;
use signet_oauth::authorize::{AuthorizeRequest, Prompt};

/// What a sign-in is to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may answer.
    Answers,
    /// It may answer if its person chooses it: the app asks to choose an account.
    IsOffered,
    /// It is somebody else's, or too old, or the app asks for a new one.
    IsNotEnough,
}

/// What a sign-in from before a request is to it, at the moment when the request comes.
pub(super) fn standing(
    idp: &Idp,
    request: &AuthorizeRequest,
    app: &App,
    (begun, signed_in): (Time, &SignedIn),
) -> Standing {
    let given = signed_in.session.auth_time;
    let too_old = request.max_age.is_some_and(|max| max == 0 || begun >= given.plus_secs(i64::from(max) + 1));
    if too_old || request.prompt.contains(Prompt::Login) || !is_asked_for(idp, request, app, signed_in) {
        Standing::IsNotEnough
    } else if request.prompt.contains(Prompt::SelectAccount) {
        Standing::IsOffered
    } else {
        Standing::Answers
    }
}

/// Whether somebody is who the app asks for, where it names anyone.
fn is_asked_for(idp: &Idp, request: &AuthorizeRequest, app: &App, signed_in: &SignedIn) -> bool {
    request.subjects.is_empty() || request.subjects.contains(&idp.subject(app, signed_in.user.id))
}

impl OpenFlow {
    /// Whether a sign-in is somebody's whom the app did not ask for.
    #[must_use]
    pub fn is_for_another(&self, idp: &Idp, signed_in: &SignedIn) -> bool {
        !is_asked_for(idp, &self.request, &self.app.app, signed_in)
    }

    /// What a sign-in is to this flow. One that was given since it began is as new as an app can ask for, and one that
    /// was chosen since then need not be chosen again.
    #[must_use]
    pub fn standing(&self, idp: &Idp, signed_in: &SignedIn) -> Standing {
        let (begun, session) = (self.flow.created_at, &signed_in.session);
        if session.auth_time >= begun && !self.is_for_another(idp, signed_in) {
            return Standing::Answers;
        }
        match standing(idp, &self.request, &self.app.app, (begun, signed_in)) {
            Standing::IsOffered if self.flow.chosen_session_id == Some(session.id) => Standing::Answers,
            standing => standing,
        }
    }
}
