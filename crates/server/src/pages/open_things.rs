//! What a user has open, as lines: for the user's own page and for the console's.

use crate::console::when;
use signet_domain::Time;
use signet_domain::id::SessionId;
use signet_domain::session::{Session, SessionKind};
use signet_idp::console::directory::Held;
use signet_idp::syslog::{self, visible};
use signet_web::{Action, AllowedApp, OpenSession};

/// Open sessions as lines; each can be ended where `end` gives an address.
pub(crate) fn sessions(
    now: Time,
    own: Option<SessionId>,
    sessions: &[Session],
    end: impl Fn(&Session) -> Option<String>,
) -> Vec<OpenSession> {
    let line = |session: &Session| OpenSession {
        device: syslog::device(&session.user_agent),
        from: session.ip.clone(),
        what: match session.kind {
            SessionKind::User => "Apps".to_owned(),
            SessionKind::Console => "Console".to_owned(),
        },
        since: when::moment(session.created_at, now),
        seen: when::moment(session.last_seen_at, now),
        this: own == Some(session.id),
        end: end(session).map(|url| Action::post("Sign out", url)),
    };
    sessions.iter().map(line).collect()
}

/// Apps that hold something, as lines.
pub(crate) fn allowed(
    now: Time,
    held: &[Held],
    url: impl Fn(&Held) -> Option<String>,
    revoke: impl Fn(&Held) -> Option<String>,
) -> Vec<AllowedApp> {
    let line = |held: &Held| AllowedApp {
        name: visible(&held.app.label),
        url: url(held),
        scopes: visible(&held.scopes.iter().cloned().collect::<Vec<_>>().join(" ")),
        since: when::moment(held.since, now),
        revoke: revoke(held).map(|url| Action::post("Revoke", url)),
    };
    held.iter().map(line).collect()
}
