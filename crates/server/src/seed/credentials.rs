//! `dev-credentials.json`: what scripts rely on, so its shape stays.

use crate::cli::files;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The whole file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) operator: OperatorCredentials,
    pub(crate) tenants: Tenants,
}

/// The two demo tenants.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tenants {
    pub(crate) acme: TenantCredentials,
    pub(crate) globex: TenantCredentials,
}

/// Who runs the deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OperatorCredentials {
    pub(crate) url: String,
    pub(crate) login: String,
    pub(crate) password: String,
}

/// A tenant with everybody and everything in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TenantCredentials {
    pub(crate) url: String,
    pub(crate) issuer: String,
    pub(crate) default_issuer: String,
    pub(crate) admin: Person,
    pub(crate) user: Person,
    pub(crate) apps: Apps,
    pub(crate) api_token: String,
    pub(crate) api_credential: ApiCredential,
}

/// A login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) password: String,
}

/// The demo apps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Apps {
    pub(crate) web: WebApp,
    pub(crate) browser: BrowserApp,
    pub(crate) service: ServiceApp,
}

/// Code, refresh token and password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WebApp {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uris: Vec<String>,
}

/// Code and refresh token, without a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BrowserApp {
    pub(crate) client_id: String,
    pub(crate) redirect_uris: Vec<String>,
}

/// Client credentials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceApp {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) scopes: Vec<String>,
}

/// For the management API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiCredential {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Credentials {
    /// Reads the file; `None` where there is none.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>, String> {
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} can't be read: {error}", file.display())),
        };
        let wrong =
            |e| format!("{} can't be read ({e}): `signet dev --reset` makes a new one", file.display());
        serde_json::from_slice(&text).map(Some).map_err(wrong)
    }

    /// Writes the file, for its owner only.
    pub(crate) fn write(&self, file: &Path) -> Result<(), String> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| e.to_string())?;
        text.push(b'\n');
        files::replace(file, &text)
    }
}
