//! `dev-credentials.json` as types.

use serde::{Deserialize, Deserializer};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
pub struct Credentials {
    /// Who runs the deployment.
    pub operator: OperatorCredentials,
    /// The demo tenants.
    pub tenants: Tenants,
}

/// The two demo tenants.
#[derive(Clone, Debug, Deserialize)]
pub struct Tenants {
    /// At `localhost`.
    pub acme: TenantCredentials,
    /// At `globex.localhost`.
    pub globex: TenantCredentials,
}

/// The operator's pages and who may open them.
#[derive(Clone, Debug, Deserialize)]
pub struct OperatorCredentials {
    /// Where the operator's pages are.
    pub url: String,
    /// Who.
    pub login: String,
    /// With what.
    pub password: String,
}

/// A person at a tenant.
#[derive(Clone, Debug, Deserialize)]
pub struct Login {
    /// The login, as typed.
    pub login: String,
    /// The password.
    pub password: String,
}

/// All there is to know of a demo tenant.
#[derive(Clone, Debug, Deserialize)]
pub struct TenantCredentials {
    /// The tenant's URL.
    pub url: String,
    /// The org server's issuer.
    pub issuer: String,
    /// The issuer of the server `default`.
    pub default_issuer: String,
    /// The tenant's administrator.
    pub admin: Login,
    /// An ordinary user.
    pub user: Login,
    /// The demo apps.
    pub apps: DemoApps,
    /// For `Authorization: SSWS …`.
    pub api_token: String,
    /// For `/auth/oauth2/v2/token`.
    pub api_credential: ApiCredential,
}

/// The demo apps of a tenant.
#[derive(Clone, Debug, Deserialize)]
pub struct DemoApps {
    /// Confidential: authorization code, refresh token and ROPG.
    pub web: AppCredentials,
    /// Public: authorization code and refresh token.
    pub browser: AppCredentials,
    /// Confidential: client credentials.
    pub service: AppCredentials,
}

/// An app as its developer knows it.
#[derive(Clone, Debug, Deserialize)]
pub struct AppCredentials {
    /// Its name in the protocol.
    pub client_id: String,
    /// None for a public app.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// Where it may be returned to.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// What a service app may ask for.
    #[serde(default, deserialize_with = "words")]
    pub scopes: Vec<String>,
}

/// A management API credential.
#[derive(Clone, Debug, Deserialize)]
pub struct ApiCredential {
    /// Its name.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

impl Credentials {
    /// The tenant of this name.
    pub fn tenant(&self, name: &str) -> &TenantCredentials {
        match name {
            "acme" => &self.tenants.acme,
            "globex" => &self.tenants.globex,
            other => panic!("no demo tenant is called {other}"),
        }
    }

    /// Every secret in the file.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let mut all = vec![self.operator.password.as_str()];
        for tenant in [&self.tenants.acme, &self.tenants.globex] {
            all.extend([tenant.admin.password.as_str(), &tenant.user.password, &tenant.api_token]);
            all.push(&tenant.api_credential.client_secret);
            for app in [&tenant.apps.web, &tenant.apps.browser, &tenant.apps.service] {
                all.extend(app.client_secret.as_deref());
            }
        }
        all
    }
}

/// A list, or its words in one string.
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Line(String),
    }
    Ok(match Either::deserialize(from)? {
        Either::List(list) => list,
        Either::Line(line) => line.split_whitespace().map(str::to_owned).collect(),
    })
}
