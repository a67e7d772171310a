//! Typed ids. Inside they are UUIDv7; on the wire they are a type prefix and 22 base62 digits, a form
//! that is frozen from the first release. A wire id of one type never parses as another.

use crate::base62;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The type prefix of the wire form.
            pub const PREFIX: &'static str = $prefix;

            /// Parses the wire form; `None` for everything else.
            #[must_use]
            pub fn parse(wire: &str) -> Option<Self> {
                let digits = wire.strip_prefix(Self::PREFIX)?;
                base62::decode(digits).map(|n| Self(Uuid::from_u128(n)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}{}", Self::PREFIX, base62::encode(self.0.as_u128()))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let wire = std::borrow::Cow::<'de, str>::deserialize(d)?;
                Self::parse(&wire).ok_or_else(|| serde::de::Error::custom("not an id of this type"))
            }
        }
    )*};
}

ids! {
    /// A tenant.
    TenantId = "00o";
    /// A user.
    UserId = "00u";
    /// An app; its wire form is also the app's `client_id`.
    AppId = "0oa";
    /// A client secret of an app.
    SecretId = "ocs";
    /// An authorization server.
    ServerId = "aus";
    /// A scope of an authorization server.
    ScopeId = "scp";
    /// A signing key of an authorization server.
    KeyId = "key";
    /// A browser's sign-in.
    SessionId = "102";
    /// One authorization request on its way through sign-in and consent.
    FlowId = "trs";
    /// What a user (or a service app) allowed one app at one server.
    GrantId = "oag";
    /// A refresh token.
    RefreshTokenId = "oar";
    /// An API token.
    ApiTokenId = "00T";
    /// An API credential.
    CredentialId = "crd";
    /// A group of users.
    GroupId = "00g";
    /// A claim of an authorization server.
    ClaimId = "ocl";
    /// An access policy of an authorization server.
    AccessPolicyId = "00p";
    /// A rule of an access policy.
    AccessRuleId = "0pr";
    /// A rate policy.
    RatePolicyId = "rlp";
    /// A search of the log that is kept.
    SavedSearchId = "svs";
    /// An export of the log.
    LogExportId = "lex";
    /// A key that an app calls APIs with.
    ApiKeyId = "apk";
    /// One HTTP request.
    RequestId = "req";
    /// An initial access token, with which apps register themselves.
    RegistrationTokenId = "iat";
    /// A sign-out that an app is told of.
    LogoutId = "bcl";
    /// An alert on a search of the log.
    AlertId = "alt";
    /// One time that an alert fired.
    FiringId = "alf";
    /// An address that alerts tell.
    WebhookId = "whk";
    /// Something that a webhook is told.
    DeliveryId = "whd";
}

/// An event of the system log. Its wire form is the plain UUID, as log readers expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// Parses the wire form.
    #[must_use]
    pub fn parse(wire: &str) -> Option<Self> {
        Uuid::try_parse(wire).ok().map(Self)
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl From<Uuid> for EventId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_id_is_25_characters_and_reads_back() {
        let id = UserId(Uuid::from_u128(0x0192_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001));
        let wire = id.to_string();
        assert_eq!(wire.len(), 25);
        assert_eq!(UserId::parse(&wire), Some(id));
    }

    #[test]
    fn an_id_of_one_type_is_not_one_of_another() {
        let user = UserId(Uuid::from_u128(7)).to_string();
        assert_eq!(AppId::parse(&user), None);
        assert_eq!(UserId::parse(&user[..24]), None);
    }
}
