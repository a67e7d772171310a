//! What a gateway profile may be set to. Members have the plugin's names, and so have what is wrong with them.

use super::AdminError;
use super::change::Facts;
use super::error::Causes;
use signet_domain::gateway::{Gateway, PkceMode};
use signet_domain::server::ScopeRow;
use signet_oauth::Scope;
use signet_store::sqlx_types::Json;

/// Most scopes of a profile.
const MAX_SCOPES: usize = 200;
/// Seconds that an access token may live: what every access token of Signet's may.
const TOKEN_SECONDS: std::ops::RangeInclusive<i64> = 1..=86_400;
/// Seconds that a refresh token may live; 0 until it is revoked.
const REFRESH_SECONDS: std::ops::RangeInclusive<i64> = 0..=100_000_000;

/// Settings as they are sent. What is absent gets its default.
#[derive(Debug, Clone, Default)]
pub struct GatewaySettings {
    /// `scopes`.
    pub scopes: Option<Vec<String>>,
    /// `mandatory_scope`.
    pub mandatory_scope: bool,
    /// `enable_authorization_code`.
    pub authorization_code: bool,
    /// `enable_implicit_grant`.
    pub implicit_grant: bool,
    /// `enable_client_credentials`.
    pub client_credentials: bool,
    /// `enable_password_grant`.
    pub password_grant: bool,
    /// `token_expiration`.
    pub token_expiration: Option<i64>,
    /// `refresh_token_ttl`.
    pub refresh_token_ttl: Option<i64>,
    /// `reuse_refresh_token`.
    pub reuse_refresh_token: bool,
    /// `persistent_refresh_token`.
    pub persistent_refresh_token: bool,
    /// `pkce`.
    pub pkce: Option<String>,
    /// `global_credentials`.
    pub global_credentials: bool,
    /// `hide_credentials`.
    pub hide_credentials: bool,
    /// `anonymous`: an app's id or `client_id`.
    pub anonymous: Option<String>,
    /// `auth_header_name`.
    pub auth_header_name: Option<String>,
    /// `realm`.
    pub realm: Option<String>,
    /// `token_in_query`.
    pub token_in_query: bool,
    /// `token_in_form`.
    pub token_in_form: bool,
    /// `api_keys`.
    pub api_keys: bool,
    /// `api_key_in_query`.
    pub api_key_in_query: bool,
}

impl GatewaySettings {
    /// Puts the settings into a profile of a server that has these scopes.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] naming every broken rule.
    pub(crate) fn put(
        self,
        gateway: &mut Gateway,
        known: &[ScopeRow],
        anonymous: Option<String>,
    ) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        self.check_grants(&mut causes);
        self.check_scopes(&mut causes, known);
        if self.token_expiration == Some(0) {
            causes.add("token_expiration", "0 would be a token that never ends; give it 1 to 86400 seconds");
        } else {
            causes.range("token_expiration", self.token_expiration.unwrap_or(7200), TOKEN_SECONDS);
        }
        let refresh = self.refresh_token_ttl.unwrap_or(1_209_600);
        if !REFRESH_SECONDS.contains(&refresh) {
            causes.add("refresh_token_ttl", "value should be between 0 and 100000000");
        }
        let pkce = self.pkce.as_deref().map_or(Some(PkceMode::Lax), PkceMode::parse);
        if pkce.is_none() {
            causes.add("pkce", "expected one of: none, lax, strict");
        }
        let header = self.auth_header_name.as_deref().unwrap_or("authorization").to_ascii_lowercase();
        if !is_header_name(&header) {
            causes.add("auth_header_name", "must be the name of a header that may carry a credential");
        }
        if let Some(realm) = &self.realm {
            let plain = realm.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
            if !plain || !(1..=128).contains(&realm.len()) {
                causes.add(
                    "realm",
                    "must have 1 to 128 printable ASCII characters without quotes and backslashes",
                );
            }
        }
        causes.check("gateway")?;
        gateway.scopes = Json(self.scopes.unwrap_or_default());
        gateway.mandatory_scope = self.mandatory_scope;
        gateway.authorization_code = self.authorization_code;
        gateway.client_credentials = self.client_credentials;
        gateway.password_grant = self.password_grant;
        gateway.token_expiration = self.token_expiration.unwrap_or(7200);
        gateway.refresh_token_ttl = refresh;
        gateway.reuse_refresh_token = self.reuse_refresh_token;
        gateway.persistent_refresh_token = self.persistent_refresh_token;
        gateway.pkce = pkce.unwrap_or(PkceMode::Lax);
        gateway.global_credentials = self.global_credentials;
        gateway.hide_credentials = self.hide_credentials;
        gateway.anonymous = anonymous;
        gateway.auth_header_name = header;
        gateway.realm = self.realm;
        gateway.token_in_query = self.token_in_query;
        gateway.token_in_form = self.token_in_form;
        gateway.api_keys = self.api_keys;
        gateway.api_key_in_query = self.api_key_in_query;
        Ok(())
    }

    fn check_grants(&self, causes: &mut Causes) {
        let all =
            [self.authorization_code, self.implicit_grant, self.client_credentials, self.password_grant];
        if !all.contains(&true) {
            let names = "enable_authorization_code, enable_implicit_grant, enable_client_credentials, \
                         enable_password_grant";
            causes.add("gateway", format_args!("at least one of these fields must be true: {names}"));
        }
        if self.implicit_grant {
            let words = "the implicit grant is not supported: tokens in redirects leak (RFC 9700 section 2.1.2); \
                         use enable_authorization_code with PKCE";
            causes.add("enable_implicit_grant", words);
        }
        if self.api_key_in_query && !self.api_keys {
            causes.add("api_key_in_query", "needs api_keys");
        }
    }

    fn check_scopes(&self, causes: &mut Causes, known: &[ScopeRow]) {
        let scopes = self.scopes.as_deref().unwrap_or_default();
        if self.mandatory_scope && scopes.is_empty() {
            causes.add("scopes", "required field missing");
        }
        if scopes.len() > MAX_SCOPES {
            causes.add("scopes", format_args!("at most {MAX_SCOPES} are possible"));
        }
        for (index, scope) in scopes.iter().take(MAX_SCOPES).enumerate() {
            let shown = signet_domain::event::bounded(scope, 100);
            if Scope::parse(scope).is_err() || !known.iter().any(|row| row.name == *scope) {
                causes.add("scopes", format_args!("'{shown}' is not a scope of this authorization server"));
            } else if scopes[..index].contains(scope) {
                causes.add("scopes", format_args!("'{shown}' stands there twice"));
            }
        }
    }
}

/// Headers that say where a message goes or ends, and those of the answer, carry no credential.
fn is_header_name(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "host",
        "connection",
        "content-length",
        "content-type",
        "transfer-encoding",
        "cookie",
        "apikey",
        "te",
        "upgrade",
        "expect",
        "trailer",
        "forwarded",
    ];
    const ANSWERS: &[&str] =
        &["x-consumer-", "x-credential-", "x-authenticated-", "x-anonymous-", "x-forwarded-", "x-original-"];
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        && !OTHERS.contains(&name)
        && !ANSWERS.iter().any(|prefix| name.starts_with(prefix))
}

/// What the log shows of a profile.
pub(crate) fn facts(g: &Gateway) -> Facts {
    vec![
        ("scopes", serde_json::Value::from(g.scopes.0.clone())),
        ("mandatory_scope", g.mandatory_scope.into()),
        ("enable_authorization_code", g.authorization_code.into()),
        ("enable_client_credentials", g.client_credentials.into()),
        ("enable_password_grant", g.password_grant.into()),
        ("token_expiration", g.token_expiration.into()),
        ("refresh_token_ttl", g.refresh_token_ttl.into()),
        ("reuse_refresh_token", g.reuse_refresh_token.into()),
        ("persistent_refresh_token", g.persistent_refresh_token.into()),
        ("pkce", g.pkce.as_str().into()),
        ("global_credentials", g.global_credentials.into()),
        ("hide_credentials", g.hide_credentials.into()),
        ("anonymous", g.anonymous.as_deref().into()),
        ("auth_header_name", g.auth_header_name.as_str().into()),
        ("realm", g.realm.as_deref().into()),
        ("token_in_query", g.token_in_query.into()),
        ("token_in_form", g.token_in_form.into()),
        ("api_keys", g.api_keys.into()),
        ("api_key_in_query", g.api_key_in_query.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_domain::Time;
    use signet_domain::id::{ServerId, TenantId};

    fn causes(settings: GatewaySettings) -> Vec<String> {
        let mut gateway = super::super::gateways::empty(
            TenantId(uuid::Uuid::nil()),
            ServerId(uuid::Uuid::nil()),
            Vec::new(),
            Time(0),
        );
        match settings.put(&mut gateway, &[], None) {
            Ok(()) => Vec::new(),
            Err(AdminError::Invalid { causes, .. }) => causes,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn faults_are_named_as_the_plugin_names_them() {
        let good = GatewaySettings { client_credentials: true, ..GatewaySettings::default() };
        assert_eq!(causes(good.clone()), Vec::<String>::new());
        assert_eq!(
            causes(GatewaySettings::default()),
            [
                "gateway: at least one of these fields must be true: enable_authorization_code, enable_implicit_grant, \
              enable_client_credentials, enable_password_grant"
            ]
        );
        let missing = GatewaySettings { mandatory_scope: true, ..good.clone() };
        assert_eq!(causes(missing), ["scopes: required field missing"]);
        for ttl in [-1, 100_000_001] {
            let bad = GatewaySettings { refresh_token_ttl: Some(ttl), ..good.clone() };
            assert_eq!(causes(bad), ["refresh_token_ttl: value should be between 0 and 100000000"]);
        }
        for bad in [
            GatewaySettings { implicit_grant: true, ..good.clone() },
            GatewaySettings { token_expiration: Some(0), ..good.clone() },
            GatewaySettings { token_expiration: Some(86_401), ..good.clone() },
            GatewaySettings { pkce: Some("plain".into()), ..good.clone() },
            GatewaySettings { auth_header_name: Some("x-consumer-id".into()), ..good.clone() },
            GatewaySettings { auth_header_name: Some("a\r\nb".into()), ..good.clone() },
            GatewaySettings { realm: Some("a\"b".into()), ..good.clone() },
            GatewaySettings { scopes: Some(vec!["nobody's".into()]), ..good.clone() },
            GatewaySettings { api_key_in_query: true, ..good.clone() },
        ] {
            assert_eq!(causes(bad.clone()).len(), 1, "{bad:?}");
        }
    }
}
