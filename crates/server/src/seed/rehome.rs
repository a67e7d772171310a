//! Another public URL than the stored one: the demo moves, and says so.

use super::credentials::{Credentials, TenantCredentials};
use super::demo_tenants;
use signet_domain::Time;
use signet_domain::tenant::Tenant;
use signet_idp::Idp;
use signet_idp::tenants::BaseUrl;
use signet_store::{StoreError, Tx};
use std::path::Path;

/// Globex's URL beside acme's: the same scheme and port at a name below.
pub(super) fn globex_url(acme: &BaseUrl) -> BaseUrl {
    let below = if acme.is_address() { "localhost" } else { acme.name() };
    acme.at(&format!("globex.{below}"))
}

/// Moves the demo tenants to where this start puts them. Gives the sentence to say, if anything moved.
pub(crate) async fn rehome(
    idp: &Idp,
    url: &BaseUrl,
    operator_url: &str,
    file: &Path,
) -> Result<Option<String>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("the demo could not be moved to {url}: {e}");
    let mut moved = Vec::new();
    for tenant in demo_tenants(idp.store()).await? {
        let wanted = if tenant.name == "acme" { url.clone() } else { globex_url(url) };
        if tenant.url == wanted.to_string() {
            continue;
        }
        move_tenant(idp, &tenant, &wanted).await.map_err(|e| failed(&e))?;
        moved.push(format!("{} from {} to {wanted}", tenant.name, tenant.url));
    }
    let stored = idp.store().unscoped_deployment().await.map_err(|e| failed(&e))?;
    if stored.is_some_and(|d| d.public_url != url.to_string()) {
        idp.store().unscoped_set_public_url(url.to_string()).await.map_err(|e| failed(&e))?;
    }
    rewrite(file, url, operator_url)?;
    Ok((!moved.is_empty()).then(|| format!("The public URL has changed: moved {}.", moved.join(", "))))
}

async fn move_tenant(idp: &Idp, tenant: &Tenant, url: &BaseUrl) -> Result<(), StoreError> {
    idp.store().unscoped_rehome_tenant(tenant.id, url.host(), url.to_string()).await?;
    let (old, new, now) = (tenant.url.clone(), url.to_string(), idp.clock().now());
    let apps = idp.store().tenant(tenant.id);
    apps.write(move |tx| Box::pin(async move { move_redirects(tx, &old, &new, now).await })).await
}

async fn move_redirects(tx: &mut Tx, old: &str, new: &str, now: Time) -> Result<(), StoreError> {
    for mut app in tx.apps(None, 1000).await?.into_iter().filter(|app| app.demo) {
        let uris = app.redirect_uris.iter_mut().chain(app.post_logout_redirect_uris.iter_mut());
        let mut changed = false;
        for uri in uris {
            if let Some(there) = moved(uri, old, new) {
                *uri = there;
                changed = true;
            }
        }
        if changed {
            tx.update_app(&app, now).await?;
        }
    }
    Ok(())
}

/// The URI at the new place, if it is below the old one.
fn moved(uri: &str, old: &str, new: &str) -> Option<String> {
    let rest = uri.strip_prefix(old)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{new}{rest}"))
}

/// The file of another node says nothing of ours and may be missing.
fn rewrite(file: &Path, url: &BaseUrl, operator_url: &str) -> Result<(), String> {
    let Some(mut told) = Credentials::read(file)? else { return Ok(()) };
    let globex = globex_url(url).to_string();
    if told.tenants.acme.url == url.to_string()
        && told.tenants.globex.url == globex
        && told.operator.url == operator_url
    {
        return Ok(());
    }
    operator_url.clone_into(&mut told.operator.url);
    move_told(&mut told.tenants.acme, &url.to_string());
    move_told(&mut told.tenants.globex, &globex);
    told.write(file)
}

fn move_told(told: &mut TenantCredentials, new: &str) {
    let old = std::mem::replace(&mut told.url, new.to_owned());
    new.clone_into(&mut told.issuer);
    told.default_issuer = format!("{new}/oauth2/default");
    let apps = &mut told.apps;
    for uri in apps.web.redirect_uris.iter_mut().chain(apps.browser.redirect_uris.iter_mut()) {
        if let Some(there) = moved(uri, &old, new) {
            *uri = there;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globex_lies_beside_acme() {
        for (acme, wanted) in [
            ("http://localhost:8080", "http://globex.localhost:8080"),
            ("http://127.0.0.1:9", "http://globex.localhost:9"),
            ("https://id.example.com", "https://globex.id.example.com"),
        ] {
            assert_eq!(globex_url(&BaseUrl::parse(acme).unwrap()).to_string(), wanted);
        }
    }

    #[test]
    fn only_what_is_below_moves() {
        assert_eq!(moved("http://a/cb", "http://a", "http://b").as_deref(), Some("http://b/cb"));
        assert_eq!(moved("http://a:80/cb", "http://a", "http://b"), None);
        assert_eq!(moved("http://localhost:3000/callback", "http://a", "http://b"), None);
    }
}
