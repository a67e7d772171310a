//! Why an administrator's request is refused.

use super::password_rules::PasswordFault;
use crate::IdpError;
use signet_store::StoreError;

/// A refusal, or a failure.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// What was sent breaks a rule.
    #[error("{subject}: {causes:?}")]
    Invalid {
        /// The object or member.
        subject: &'static str,
        /// Each rule that is broken: `member: what is wrong`.
        causes: Vec<String>,
    },
    /// The new password breaks a rule.
    #[error("password: {0}")]
    Password(#[from] PasswordFault),
    /// There is no such thing in this tenant.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// The id as it was sent.
        id: String,
        /// What it should have been.
        kind: &'static str,
    },
    /// The caller may not do this.
    #[error("not permitted")]
    Forbidden,
    /// The user's status does not allow it.
    #[error("not allowed in the user's status")]
    Status,
    /// The user is active already.
    #[error("the user is active already")]
    AlreadyActive,
    /// An active app can't be deleted.
    #[error("the app must be deactivated first")]
    StillActive,
    /// The old password is wrong, or the login is locked.
    #[error("the old password is not right")]
    OldPassword,
    /// The tenant would be left without an active super administrator.
    #[error("the last active super administrator stays")]
    LastAdmin,
    /// The object has changed since it was read.
    #[error("the object has changed since it was read")]
    Stale,
    /// The cursor was not made by this list.
    #[error("the cursor is not one of this list's")]
    Cursor,
    /// The filter can't be understood.
    #[error("filter: {0}")]
    Filter(String),
    /// A search and a filter at once.
    #[error("a search and a filter at once")]
    SearchAndFilter,
    /// Nobody's refusal.
    #[error(transparent)]
    Failed(IdpError),
}

impl AdminError {
    /// One broken rule.
    #[must_use]
    pub fn invalid(subject: &'static str, cause: impl Into<String>) -> Self {
        Self::Invalid { subject, causes: vec![cause.into()] }
    }

    /// What a store's error says of a member that must be unique.
    pub(crate) fn taken(member: &'static str, error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::invalid(
                member,
                format!("{member}: An object with this field already exists in the current organization"),
            ),
            other => other.into(),
        }
    }

    /// One more than there may be of something that has a name: `holder` has `most` of them already.
    pub(crate) fn too_many(subject: &'static str, holder: &str, most: usize, what: &str) -> Self {
        Self::invalid(subject, format!("name: {holder} has at most {most} {what}; delete one"))
    }

    /// A thing that isn't there. The id is cut, since anything may stand in a path.
    #[must_use]
    pub fn not_found(id: impl std::fmt::Display, kind: &'static str) -> Self {
        let id = signet_domain::event::bounded(&id.to_string(), 128);
        Self::NotFound { id, kind }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => IdpError::from(other).into(),
        }
    }
}

impl From<IdpError> for AdminError {
    fn from(error: IdpError) -> Self {
        match error {
            IdpError::Gone => Self::Stale,
            other => Self::Failed(other),
        }
    }
}

/// Collects broken rules, so that one answer names them all.
#[derive(Debug, Default)]
pub(crate) struct Causes(Vec<String>);

impl Causes {
    pub(crate) fn add(&mut self, member: &str, wrong: impl std::fmt::Display) {
        self.0.push(format!("{member}: {wrong}"));
    }

    pub(crate) fn check(self, subject: &'static str) -> Result<(), AdminError> {
        if self.0.is_empty() { Ok(()) } else { Err(AdminError::Invalid { subject, causes: self.0 }) }
    }

    /// A text for people: of a length, without control characters.
    pub(crate) fn text(&mut self, member: &str, text: &str, chars: std::ops::RangeInclusive<usize>) {
        let count = text.chars().count();
        if !chars.contains(&count) {
            self.add(member, format_args!("must have {} to {} characters", chars.start(), chars.end()));
        } else if text.chars().any(char::is_control) {
            self.add(member, "must not have control characters");
        }
    }

    /// A name, or what else people tell things apart by: nothing invisible around it either.
    pub(crate) fn name(&mut self, member: &str, text: &str, chars: std::ops::RangeInclusive<usize>) {
        self.text(member, text, chars);
        if text.trim() != text {
            self.add(member, "must not begin or end with spaces");
        }
    }

    /// A number within bounds.
    pub(crate) fn range(&mut self, member: &str, value: i64, bounds: std::ops::RangeInclusive<i64>) {
        if !bounds.contains(&value) {
            self.add(member, format_args!("must be from {} to {}", bounds.start(), bounds.end()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_deleted_meanwhile_is_no_failure_of_the_server() {
        for error in [StoreError::Stale, StoreError::Reference] {
            assert!(matches!(AdminError::from(error), AdminError::Stale));
        }
        assert!(matches!(AdminError::taken("name", StoreError::Reference), AdminError::Stale));
        assert!(matches!(AdminError::from(StoreError::Unavailable(String::new())), AdminError::Failed(_)));
    }
}
