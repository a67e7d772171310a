//! What apps call a user: the id, or a name that only apps of one sector share (OpenID Connect Core §8).
//!
//! A pairwise subject is an HMAC over sector and user under the deployment's sealed key, with the tenant in its
//! message like every other hash. It is the same as long as the app's sector is, and nobody can go from one sector's
//! name for a user to another's, or to the user. The log and the management API go by the id.

use crate::Idp;
use crate::admin::AdminError;
use crate::secrets::SecretKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use signet_domain::app::App;
use signet_domain::id::UserId;

/// Most URIs of a sector's document.
const MAX_URIS: usize = 1_000;

impl Idp {
    /// What an app calls a user: the `sub` of everything that it is told.
    #[must_use]
    pub fn subject(&self, app: &App, user: UserId) -> String {
        if !app.is_pairwise() {
            return user.to_string();
        }
        // An app without a sector can't be made; one whose sector can't be read shares it with no other.
        let sector = app.sector().unwrap_or(&app.client_id);
        let message = format!("{sector}\0{user}");
        URL_SAFE_NO_PAD.encode(self.secrets().hash(SecretKind::Pairwise, app.tenant_id, &message))
    }

    /// Fetches the document that says which redirect URIs are one sector's, and looks for the app's in it
    /// (OpenID Connect Registration 1.0 §5). What was found before needn't be looked for again. The app's settings were
    /// checked: nothing is fetched for an app that can't be.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] when there is no such document or a URI isn't in it.
    pub(crate) async fn check_sector(&self, after: &App, before: Option<&App>) -> Result<(), AdminError> {
        let Some(uri) = &after.metadata.sector_identifier_uri else { return Ok(()) };
        let known = before.is_some_and(|app| {
            app.metadata.sector_identifier_uri.as_ref() == Some(uri)
                && after.redirect_uris.iter().all(|uri| app.redirect_uris.contains(uri))
        });
        if known {
            return Ok(());
        }
        let fault = |rule: &str| AdminError::invalid("settings", format!("sector_identifier_uri: {rule}"));
        if let Err(error) = self.fetch().check(uri) {
            return Err(fault(&error.to_string()));
        }
        let body = self.fetch().get(uri, &["application/json"]).await;
        let body =
            body.map_err(|_| fault("gave no JSON document; it must be there when the app is registered"))?;
        let listed = listed(&body).ok_or_else(|| fault("its document must be a list of redirect URIs"))?;
        if after.redirect_uris.iter().any(|uri| !listed.contains(uri)) {
            return Err(fault("its document must have every one of the redirect_uris"));
        }
        Ok(())
    }
}

fn listed(body: &[u8]) -> Option<Vec<String>> {
    let Value::Array(list) = serde_json::from_slice(body).ok()? else { return None };
    list.into_iter().take(MAX_URIS).map(|uri| uri.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_sectors_document_is_a_list_of_texts() {
        assert_eq!(listed(br#"["https://a/cb"]"#), Some(vec!["https://a/cb".to_owned()]));
        for bad in ["", "{}", "[1]", "[[]]", "\"https://a/cb\"", "<html>"] {
            assert_eq!(listed(bad.as_bytes()), None, "{bad}");
        }
    }
}
