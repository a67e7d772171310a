//! Users on the wire.

use super::error::ApiError;
use super::json::Document;
use super::reply::{Linker, Links, Nothing, instant};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signet_domain::user::UserStatus;
use signet_idp::Ctx;
use signet_idp::admin::user_list::LOCKED_OUT;
use signet_idp::admin::users::{UserInput, UserView};
use signet_oauth::Secret;
use utoipa::ToSchema;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    /// The immutable id: `sub` of every token.
    #[schema(example = "00u0000000000000000000000")]
    id: String,
    /// STAGED, PROVISIONED, ACTIVE, LOCKED_OUT, PASSWORD_EXPIRED, SUSPENDED or DEPROVISIONED.
    status: &'static str,
    /// When it was created.
    created: String,
    /// When it was activated.
    activated: Option<String>,
    /// When the status last changed.
    status_changed: Option<String>,
    /// The last successful sign-in.
    last_login: Option<String>,
    /// When it last changed.
    last_updated: String,
    /// When the password was last set.
    password_changed: Option<String>,
    /// The type of user; there is one.
    #[serde(rename = "type")]
    kind: UserType,
    /// The profile.
    profile: UserProfile,
    /// What the user signs in with, without what is secret of it.
    credentials: UserCredentials,
    /// Where to go on.
    #[serde(rename = "_links")]
    links: Links,
}

/// The type of user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserType {
    /// The id.
    id: String,
}

/// What a user signs in with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserCredentials {
    /// There, and empty, when there is a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Nothing>,
    /// Who checks it.
    provider: Provider,
}

/// Who checks a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider {
    /// `OKTA`: the directory itself, in the word that published clients accept.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same.
    name: &'static str,
}

macro_rules! profile {
    ($($member:ident),+ $(,)?) => {
        /// A user's profile.
        #[derive(Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct UserProfile {
            /// The login.
            login: String,
            /// E-mail address.
            email: String,
            /// Given name.
            first_name: String,
            /// Family name.
            last_name: String,
            /// Mobile phone.
            mobile_phone: Option<String>,
            /// Another e-mail address.
            second_email: Option<String>,
            $(
                /// A further member.
                #[serde(skip_serializing_if = "Option::is_none")]
                $member: Option<String>,
            )+
        }
    };
}

profile! {
    birthdate, city, cost_center, country_code, department, display_name, division, employee_number, gender,
    honorific_prefix, honorific_suffix, locale, manager, manager_id, middle_name, nick_name, organization,
    picture, postal_address, preferred_language, primary_phone, profile_url, state, street_address, timezone,
    title, user_type, website, zip_code,
}

impl User {
    /// A user as it is shown.
    pub(crate) fn of(ctx: &Ctx, view: &UserView) -> Result<Self, ApiError> {
        let user = &view.user;
        let status = match user.status {
            UserStatus::Active if view.locked_until.is_some() => LOCKED_OUT,
            other => other.as_str(),
        };
        Ok(Self {
            id: user.id.to_string(),
            status,
            created: instant(user.created_at),
            activated: user.activated_at.map(instant),
            status_changed: user.status_changed_at.map(instant),
            last_login: user.last_login_at.map(instant),
            last_updated: instant(user.updated_at),
            password_changed: user.password_changed_at.map(instant),
            kind: UserType { id: ctx.tenant.id.to_string().replacen("00o", "oty", 1) },
            profile: profile(user)?,
            credentials: UserCredentials {
                password: user.password_hash.as_ref().map(|_| Nothing {}),
                provider: Provider { kind: "OKTA", name: "OKTA" },
            },
            links: links(ctx, user, status),
        })
    }
}

fn profile(user: &signet_domain::user::User) -> Result<UserProfile, ApiError> {
    let mut all = user.profile.0.clone();
    for (name, value) in [
        ("login", &user.login),
        ("email", &user.email),
        ("firstName", &user.first_name),
        ("lastName", &user.last_name),
    ] {
        all.insert(name.to_owned(), value.as_str().into());
    }
    serde_json::from_value(Value::Object(all))
        .map_err(|error| signet_idp::IdpError::Internal(format!("a profile can't be read: {error}")).into())
}

fn links(ctx: &Ctx, user: &signet_domain::user::User, status: &str) -> Links {
    let (to, path) = (Linker(ctx), format!("/api/v1/users/{}", user.id));
    let step = |name: &str| to.act("POST", format_args!("{path}/lifecycle/{name}"));
    let mut links = Links::from([("self", to.get(&path))]);
    let steps: &[(&'static str, &str)] = match status {
        "STAGED" => &[("activate", "activate"), ("deactivate", "deactivate")],
        "ACTIVE" => {
            &[("suspend", "suspend"), ("expirePassword", "expire_password"), ("deactivate", "deactivate")]
        }
        LOCKED_OUT => &[("unlock", "unlock"), ("deactivate", "deactivate")],
        "SUSPENDED" => &[("unsuspend", "unsuspend"), ("deactivate", "deactivate")],
        "DEPROVISIONED" => &[("activate", "activate")],
        _ => &[("deactivate", "deactivate")],
    };
    links.extend(steps.iter().map(|(name, path)| (*name, step(path))));
    links
}

/// A user as it is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UserRequest {
    /// Members of the profile by name, as in answers; `null` clears one.
    #[schema(value_type = Option<Object>)]
    profile: Option<Map<String, Value>>,
    /// A password to set.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    credentials: Option<CredentialsRequest>,
}

/// What a user shall sign in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsRequest {
    /// The password.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    password: Option<PasswordRequest>,
    /// May be sent back as it was read.
    #[serde(default, deserialize_with = "super::json::optional_member")]
    #[schema(value_type = Option<Object>)]
    provider: Option<ProviderRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderRequest {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
}

/// A password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    /// The password; absent to leave it as it is.
    #[serde(default)]
    value: Option<String>,
}

impl std::fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Members that an update may send back as they were read.
const READ_ONLY: &[&str] = &[
    "created",
    "activated",
    "statusChanged",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "type",
    "_links",
    "_embedded",
];

impl UserRequest {
    /// Reads an update of a user.
    pub(crate) fn update(document: Document, now: &User) -> Result<Self, ApiError> {
        document.for_update(&now.id, now.status, READ_ONLY)?.read("user")
    }

    /// What the use case takes.
    pub(crate) fn input(self) -> Result<UserInput, ApiError> {
        let credentials = self.credentials;
        if let Some(provider) = credentials.as_ref().and_then(|c| c.provider.as_ref()) {
            let known = |text: &Option<String>| text.as_deref().is_none_or(|text| text == "OKTA");
            if !known(&provider.kind) || !known(&provider.name) {
                return Err(ApiError::invalid("credentials", "provider: other providers are not supported"));
            }
        }
        let password = credentials.and_then(|c| c.password).and_then(|p| p.value).map(Secret::from);
        Ok(UserInput { profile: self.profile, password, renew: false })
    }

    /// Whether a profile was sent.
    pub(crate) fn has_profile(&self) -> bool {
        self.profile.is_some()
    }
}

/// Both passwords.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    /// The old one.
    #[serde(deserialize_with = "super::json::member")]
    old_password: PasswordRequest,
    /// The new one.
    #[serde(deserialize_with = "super::json::member")]
    new_password: PasswordRequest,
}

impl ChangePasswordRequest {
    /// The old and the new password.
    pub(crate) fn both(self) -> Result<(Secret, Secret), ApiError> {
        match (self.old_password.value, self.new_password.value) {
            (Some(old), Some(new)) => Ok((old.into(), new.into())),
            _ => Err(ApiError::invalid("credentials", "value: must not be missing")),
        }
    }
}

/// The answer to a changed password.
pub(crate) fn credentials(user: User) -> UserCredentials {
    user.credentials
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_idp::admin::profile::OTHER_MEMBERS;

    #[test]
    fn the_wire_knows_every_member_of_a_profile() {
        let mut all: Map<String, Value> =
            OTHER_MEMBERS.iter().map(|n| ((*n).to_owned(), "x".into())).collect();
        for name in ["login", "email", "firstName", "lastName"] {
            all.insert(name.to_owned(), "x".into());
        }
        let profile: UserProfile = serde_json::from_value(Value::Object(all.clone())).unwrap();
        assert_eq!(serde_json::to_value(profile).unwrap(), Value::Object(all));
    }
}
