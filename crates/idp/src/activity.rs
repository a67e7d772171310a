//! What users are told of the past of their account: who came in or tried to, and what was changed.

use crate::console::directory::{BUDGET, latest_about};
use crate::console::kinds::{any_type, equals, refusals};
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, EventRow, Outcome, types};
use signet_domain::id::UserId;
use signet_store::log_query::{Condition, TextField};

/// How far back it reaches, in days.
const DAYS: i64 = 30;
/// Most happenings.
const MOST: u32 = 10;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed in at the console.
    OpenedConsole,
    /// Somebody signed out.
    SignedOut,
    /// Sessions were ended.
    SessionsEnded,
    /// Somebody gave a wrong password.
    WrongPassword,
    /// Somebody was refused for another reason, such as a lock.
    Refused,
    /// More passwords came within a second than are looked at.
    TooManyPasswords,
    /// Too many wrong passwords locked the login.
    Locked,
    /// The lock was lifted.
    Unlocked,
    /// The password was set.
    PasswordSet,
    /// The profile was changed.
    ProfileChanged,
    /// An app of this name was allowed something.
    Allowed(String),
    /// What an app of this name was allowed was taken back.
    Withdrawn(String),
}

/// Something that happened to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What.
    pub what: Happening,
    /// When.
    pub at: Time,
    /// Whether somebody else did it, as an administrator; from where is not the user's to know.
    pub by_administrator: bool,
    /// The address it came from.
    pub ip: String,
    /// The `User-Agent` it came from.
    pub user_agent: String,
}

impl Idp {
    /// What happened to a user's account lately, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn account_activity(&self, ctx: &Ctx, user: UserId) -> Result<Vec<Activity>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let id = user.to_string();
        let events =
            latest_about(&mut tx, ctx, equals(TextField::UserId, &id), (told(), DAYS, MOST), BUDGET).await?;
        Ok(events.iter().filter_map(|event| activity(event, &id)).collect())
    }
}

fn told() -> Condition {
    let listed = any_type(&[
        types::SESSION_START,
        types::SESSION_ADMIN,
        types::SESSION_END,
        types::SESSION_CLEAR,
        types::USER_RATE_LIMITED,
        types::ACCOUNT_LOCK,
        types::ACCOUNT_UNLOCK,
        types::PASSWORD_UPDATE,
        types::PROFILE_UPDATE,
        types::ORG_CONSENT_GRANT,
        types::AS_CONSENT_GRANT,
        types::AS_CONSENT_REVOKE,
    ]);
    let reason = |name: &str| equals(TextField::Reason, name);
    let at_the_token_endpoint = Condition::All(vec![
        any_type(&[types::ORG_TOKEN_GRANT, types::AS_TOKEN_GRANT]),
        refusals(),
        Condition::Any(vec![reason("invalid_password_credentials"), reason("user_locked_out")]),
    ]);
    Condition::Any(vec![listed, at_the_token_endpoint])
}

fn activity(event: &EventRow, user: &str) -> Option<Activity> {
    let is = |list: &[types::EventType]| list.iter().any(|kind| kind.name == event.event_type);
    let app = || {
        let app = |entity: &&Entity| entity.kind == "AppInstance";
        event.data.targets.iter().find(app).map(|app| app.display_name.clone()).unwrap_or_default()
    };
    let refused = event.outcome != Outcome::Success;
    let what = match event.reason.as_deref() {
        _ if is(&[types::ACCOUNT_LOCK]) => Happening::Locked,
        Some("user_rate_limited") => Happening::TooManyPasswords,
        Some("INVALID_CREDENTIALS" | "invalid_password_credentials") => Happening::WrongPassword,
        _ if refused => Happening::Refused,
        _ if is(&[types::SESSION_START]) => Happening::SignedIn,
        _ if is(&[types::SESSION_ADMIN]) => Happening::OpenedConsole,
        _ if is(&[types::SESSION_END]) => Happening::SignedOut,
        _ if is(&[types::SESSION_CLEAR]) => Happening::SessionsEnded,
        _ if is(&[types::ACCOUNT_UNLOCK]) => Happening::Unlocked,
        _ if is(&[types::PASSWORD_UPDATE]) => Happening::PasswordSet,
        _ if is(&[types::PROFILE_UPDATE]) => Happening::ProfileChanged,
        _ if is(&[types::ORG_CONSENT_GRANT, types::AS_CONSENT_GRANT]) => Happening::Allowed(app()),
        _ if is(&[types::AS_CONSENT_REVOKE]) => Happening::Withdrawn(app()),
        _ => return None,
    };
    let by_administrator = !refused && event.data.actor.kind == "User" && event.data.actor.id != user;
    let own = |text: &str| if by_administrator { String::new() } else { text.to_owned() };
    let (ip, user_agent) = (own(&event.ip), own(&event.data.user_agent));
    Some(Activity { what, at: event.published, by_administrator, ip, user_agent })
}
