//! What an authorization server and a scope may be set to.

use super::AdminError;
use super::change::Facts;
use super::error::Causes;
use signet_domain::server::{ScopeConsent, ScopeRow, Server, ServerKind};
use signet_oauth::Scope;
use signet_oauth::jwt::Alg;

/// Minutes that an access or ID token may live.
pub const TOKEN_MINUTES: std::ops::RangeInclusive<i64> = 5..=1440;
/// Minutes that a refresh token may live: up to five years.
pub const REFRESH_MINUTES: std::ops::RangeInclusive<i64> = 10..=2_628_000;
/// Days between two keys that turn by themselves: longer than the day that a key is published before it signs.
const ROTATION_DAYS: std::ops::RangeInclusive<i64> = 2..=730;

/// Settings as they are sent. What is absent stays, or gets its default.
#[derive(Debug, Clone, Default)]
pub struct ServerSettings {
    /// The name that people read.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `aud` of its access tokens: exactly one.
    pub audiences: Vec<String>,
    /// Minutes that an access token lives.
    pub access_token_minutes: Option<i64>,
    /// Minutes that an ID token lives.
    pub id_token_minutes: Option<i64>,
    /// Minutes after which an unused refresh token ends.
    pub refresh_window_minutes: Option<i64>,
    /// Minutes after which a token family ends.
    pub refresh_lifetime_minutes: Option<i64>,
    /// Algorithm of keys that are made from now on.
    pub signing_alg: Option<String>,
    /// Days after which the next key takes over by itself; 0 for never.
    pub key_rotation_days: Option<i64>,
    /// Whether apps can watch the browser's sign-in in a frame.
    pub session_management: Option<bool>,
}

impl ServerSettings {
    /// Puts the settings into a server.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn put(self, server: &mut Server) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=100);
        causes.text("description", self.description.as_deref().unwrap_or_default(), 0..=1000);
        let audience = self.audiences.first().cloned().unwrap_or_default();
        if self.audiences.len() != 1 {
            causes.add("audiences", "must have exactly one entry");
        } else {
            causes.text("audiences", &audience, 1..=256);
        }
        if server.kind == ServerKind::Org && audience != server.audience {
            causes.add("audiences", "the org server's is the tenant's URL");
        }
        let mut set = |name: &str, minutes: Option<i64>, bounds, seconds: &mut i64| {
            if let Some(minutes) = minutes {
                causes.range(name, minutes, bounds);
                *seconds = minutes.saturating_mul(60);
            }
        };
        let mut next = server.clone();
        set(
            "accessTokenLifetimeMinutes",
            self.access_token_minutes,
            TOKEN_MINUTES,
            &mut next.access_token_seconds,
        );
        set("idTokenLifetimeMinutes", self.id_token_minutes, TOKEN_MINUTES, &mut next.id_token_seconds);
        let (idle, absolute) = (&mut next.refresh_idle_seconds, &mut next.refresh_absolute_seconds);
        set("refreshTokenWindowMinutes", self.refresh_window_minutes, REFRESH_MINUTES, idle);
        set("refreshTokenLifetimeMinutes", self.refresh_lifetime_minutes, REFRESH_MINUTES, absolute);
        if next.refresh_idle_seconds > next.refresh_absolute_seconds {
            causes.add("refreshTokenWindowMinutes", "must not be longer than refreshTokenLifetimeMinutes");
        }
        if let Some(alg) = self.signing_alg {
            if alg.parse::<Alg>().is_err() {
                causes.add("signingAlgorithm", "must be RS256, PS256, ES256, ES384 or EdDSA");
            }
            next.signing_alg = alg;
        }
        if let Some(days) = self.key_rotation_days {
            if days != 0 {
                causes.range("keyRotationDays", days, ROTATION_DAYS);
            }
            next.key_rotation_days = days;
        }
        if let Some(on) = self.session_management {
            next.session_management = on;
        }
        causes.check("authorizationServer")?;
        *server =
            Server { name: self.name, description: self.description.unwrap_or_default(), audience, ..next };
        Ok(())
    }
}

/// What the log shows of a server.
pub(crate) fn facts(server: &Server) -> Facts {
    vec![
        ("name", server.name.as_str().into()),
        ("description", server.description.as_str().into()),
        ("audience", server.audience.as_str().into()),
        ("status", server.status.as_str().into()),
        ("signingAlgorithm", server.signing_alg.as_str().into()),
        ("keyRotationDays", server.key_rotation_days.into()),
        ("sessionManagement", server.session_management.into()),
        ("accessTokenSeconds", server.access_token_seconds.into()),
        ("idTokenSeconds", server.id_token_seconds.into()),
        ("refreshTokenIdleSeconds", server.refresh_idle_seconds.into()),
        ("refreshTokenAbsoluteSeconds", server.refresh_absolute_seconds.into()),
    ]
}

/// A scope as it is sent.
#[derive(Debug, Clone)]
pub struct ScopeSettings {
    /// The scope token.
    pub name: String,
    /// Short name for people.
    pub display_name: Option<String>,
    /// A sentence for the consent page.
    pub description: Option<String>,
    /// Whether it needs the user's word.
    pub consent: ScopeConsent,
    /// Granted when a request names no scope.
    pub is_default: bool,
    /// Listed in discovery.
    pub published: bool,
}

impl ScopeSettings {
    /// Puts the settings into a scope.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub fn put(self, scope: &mut ScopeRow) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        if Scope::parse(&self.name).is_err() || self.name.len() > 100 {
            causes.add("name", "must be a scope name (RFC 6749 section 3.3) of at most 100 characters");
        } else if !scope.name.is_empty() && scope.name != self.name {
            causes.add("name", "can't be changed; create another scope");
        }
        causes.text("displayName", self.display_name.as_deref().unwrap_or_default(), 0..=100);
        causes.text("description", self.description.as_deref().unwrap_or_default(), 0..=1000);
        causes.check("scope")?;
        scope.name = self.name;
        scope.display_name = self.display_name.unwrap_or_default();
        scope.description = self.description.unwrap_or_default();
        scope.consent = self.consent;
        scope.is_default = self.is_default;
        scope.published = self.published;
        Ok(())
    }
}

/// What the log shows of a scope.
pub(crate) fn scope_facts(scope: &ScopeRow) -> Facts {
    vec![
        ("displayName", scope.display_name.as_str().into()),
        ("description", scope.description.as_str().into()),
        ("consent", scope.consent.as_str().into()),
        ("default", scope.is_default.into()),
        ("metadataPublish", scope.published.into()),
    ]
}
