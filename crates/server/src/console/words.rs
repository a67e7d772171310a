//! Numbers and small words.

use signet_domain::app::{AppKind, AppStatus};
use signet_domain::credential::ApiScope;
use signet_domain::user::{AdminRole, UserStatus};
use signet_web::{Status, Tone};

/// `48,713`.
pub(crate) fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 app`, `3 apps`.
pub(super) fn count(n: usize, one: &str) -> String {
    let shown = number(i64::try_from(n).unwrap_or(i64::MAX));
    if n == 1 { format!("{shown} {one}") } else { format!("{shown} {one}s") }
}

/// How many there are, if the page has them all.
pub(super) fn total(n: usize, one: &str, whole: bool) -> Option<String> {
    (whole && n > 0).then(|| count(n, one))
}

pub(super) fn app_kind(kind: AppKind) -> &'static str {
    match kind {
        AppKind::Web => "Web app",
        AppKind::Browser => "Browser app",
        AppKind::Native => "Native app",
        AppKind::Service => "Service",
    }
}

/// How an app authenticates, as its form has it.
pub(super) fn client_auth(method: &str) -> &str {
    match method {
        "client_secret_basic" => "Its secret in the Authorization header (client_secret_basic)",
        "client_secret_post" => "Its secret in the form (client_secret_post)",
        "client_secret_jwt" => "A token that it makes with its secret (client_secret_jwt)",
        "private_key_jwt" => "A token that it signs with its own key (private_key_jwt)",
        other => other,
    }
}

pub(super) fn app_status(status: AppStatus) -> Status {
    on_or_off(status == AppStatus::Active)
}

pub(super) fn on_or_off(on: bool) -> Status {
    if on { Status::new("On", Tone::Good) } else { Status::new("Off", Tone::Quiet) }
}

/// Of a secret that is on, and yet may be of no use to its app.
pub(super) fn secret_status(on: bool, works: bool) -> Status {
    if on && !works { Status::new("Can't sign", Tone::Warn) } else { on_or_off(on) }
}

/// A lock is told before everything else: it is why an active user can't sign in.
pub(super) fn user_status(status: UserStatus, locked: bool) -> Status {
    let (word, tone) = match status {
        UserStatus::Active if locked => ("Locked out", Tone::Warn),
        UserStatus::Active => ("Active", Tone::Good),
        UserStatus::Staged => ("Staged", Tone::Quiet),
        UserStatus::Provisioned => ("Has no password", Tone::Warn),
        UserStatus::PasswordExpired => ("Must choose a password", Tone::Warn),
        UserStatus::Suspended => ("Suspended", Tone::Bad),
        UserStatus::Deprovisioned => ("Deactivated", Tone::Quiet),
    };
    Status::new(word, tone)
}

pub(super) fn role(role: AdminRole) -> &'static str {
    match role {
        AdminRole::Super => "Super administrator",
        AdminRole::App => "App administrator",
        AdminRole::HelpDesk => "Help desk",
        AdminRole::ReadOnly => "Read only",
    }
}

pub(super) fn scope(scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::ReadUsers => "Read Users",
        ApiScope::ManageUsers => "Manage Users",
        ApiScope::ReadAll => "Read All",
        ApiScope::ManageAll => "Manage All",
    }
}

/// `60 minutes`, `7 days`: a lifetime that someone set, exactly.
pub(super) fn lifetime(seconds: i64) -> String {
    let unit = |size: i64, one: &'static str| (seconds % size == 0).then(|| (seconds / size, one));
    let (n, one) = unit(86_400, "day")
        .or_else(|| unit(3600, "hour"))
        .or_else(|| unit(60, "minute"))
        .unwrap_or((seconds, "second"));
    count(usize::try_from(n).unwrap_or(0), one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_204), "1,204");
        assert_eq!(number(-48_210_713), "−48,210,713");
        assert_eq!(count(1, "app"), "1 app");
        assert_eq!(count(1_000, "app"), "1,000 apps");
    }

    #[test]
    fn lifetimes_are_exact() {
        assert_eq!(lifetime(3600), "1 hour");
        assert_eq!(lifetime(5400), "90 minutes");
        assert_eq!(lifetime(7 * 86_400), "7 days");
        assert_eq!(lifetime(61), "61 seconds");
    }
}
