//! What a user has open, as lines: for the user's own page and for the console's; and what happened, for the former.

use crate::console::zone::Zone;
use signet_domain::Time;
use signet_domain::id::SessionId;
use signet_domain::session::{Session, SessionKind};
use signet_idp::activity::{Activity, Happening};
use signet_idp::console::directory::Held;
use signet_idp::syslog::{self, visible};
use signet_web::texts::{Account, Around, Language};
use signet_web::{Action, ActivityRow, AllowedApp, OpenSession};

/// Open sessions as lines; each can be ended where `end` gives an address.
pub(crate) fn sessions(
    language: Language,
    (zone, now): (&Zone, Time),
    own: Option<SessionId>,
    sessions: &[Session],
    end: impl Fn(&Session) -> Option<String>,
) -> Vec<OpenSession> {
    let texts = &language.texts().account;
    let line = |session: &Session| OpenSession {
        device: device(texts, &session.user_agent),
        from: session.ip.clone(),
        what: match session.kind {
            SessionKind::User => texts.for_apps.to_owned(),
            SessionKind::Console => texts.for_console.to_owned(),
        },
        since: zone.moment_in(language, session.created_at, now),
        seen: zone.moment_in(language, session.last_seen_at, now),
        this: own == Some(session.id),
        end: end(session).map(|url| Action::post(texts.end_session, url)),
    };
    sessions.iter().map(line).collect()
}

/// What a sign-in seems to come from: `Firefox on Linux`.
fn device(texts: &Account, user_agent: &str) -> String {
    let (browser, system) = syslog::device(user_agent);
    let browser = browser.unwrap_or(texts.unknown_browser);
    system.map_or_else(|| browser.to_owned(), |system| format!("{browser} {} {system}", texts.on))
}

/// Apps that hold something, as lines.
pub(crate) fn allowed(
    language: Language,
    (zone, now): (&Zone, Time),
    held: &[Held],
    url: impl Fn(&Held) -> Option<String>,
    revoke: impl Fn(&Held) -> Option<String>,
) -> Vec<AllowedApp> {
    let line = |held: &Held| AllowedApp {
        name: visible(&held.app.label),
        url: url(held),
        scopes: visible(&held.scopes.iter().cloned().collect::<Vec<_>>().join(" ")),
        since: zone.moment_in(language, held.since, now),
        revoke: revoke(held).map(|url| Action::post(language.texts().account.revoke, url)),
    };
    held.iter().map(line).collect()
}

/// What happened to an account, as lines.
pub(crate) fn activity(language: Language, (zone, now): (&Zone, Time), all: &[Activity]) -> Vec<ActivityRow> {
    let texts = &language.texts().account;
    let line = |one: &Activity| {
        let (sentence, refused) = told(texts, &one.what);
        let by = match one.by_administrator {
            true => texts.by_administrator.to_owned(),
            false => device(texts, &one.user_agent),
        };
        ActivityRow {
            sentence,
            time: zone.moment_in(language, one.at, now),
            by,
            from: one.ip.clone(),
            refused,
        }
    };
    all.iter().map(line).collect()
}

/// A sentence without a full stop, and whether it led nowhere.
fn told(texts: &Account, what: &Happening) -> (String, bool) {
    let around = |Around(before, after): Around, app: &str| format!("{before}{}{after}", visible(app));
    let (sentence, refused) = match what {
        Happening::SignedIn => (texts.signed_in, false),
        Happening::OpenedConsole => (texts.opened_console, false),
        Happening::SignedOut => (texts.signed_out, false),
        Happening::SessionsEnded => (texts.sessions_ended, false),
        Happening::WrongPassword => (texts.wrong_password, true),
        Happening::Refused => (texts.attempt_refused, true),
        Happening::TooManyPasswords => (texts.too_many, true),
        Happening::Locked => (texts.locked, false),
        Happening::Unlocked => (texts.unlocked, false),
        Happening::PasswordSet => (texts.password_changed, false),
        Happening::ProfileChanged => (texts.profile_changed, false),
        Happening::Allowed(app) => return (around(texts.app_allowed, app), false),
        Happening::Withdrawn(app) => return (around(texts.app_withdrawn, app), false),
    };
    (sentence.to_owned(), refused)
}
