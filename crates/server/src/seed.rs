//! The demo: two tenants and an operator, with generated secrets and no default password anywhere.

mod credentials;
mod rehome;
mod tenant;

pub(crate) use credentials::Credentials;
pub(crate) use rehome::rehome;

use credentials::OperatorCredentials;
use signet_domain::Time;
use signet_domain::login::canonical;
use signet_idp::admin::operators::OPERATOR_DOMAIN;
use signet_idp::tenants::BaseUrl;
use signet_idp::{Idp, IdpError};
use signet_store::Store;
use signet_store::unscoped::Operator;
use std::path::Path;
use std::time::Duration;

/// The demo's operator.
const OPERATOR: &str = "operator@signet.test";

/// Whether the demo is complete: its operator is made last.
async fn has_operator(store: &Store) -> Result<bool, String> {
    let key = canonical(OPERATOR, OPERATOR_DOMAIN).map_err(|e| e.to_string())?;
    let operator = store.unscoped_operator(key.as_str()).await.map_err(|e| e.to_string())?;
    Ok(operator.is_some_and(|o| o.demo))
}

/// Makes the demo in a new store, or again where making it was interrupted. Says whether it did.
pub(crate) async fn make(idp: &Idp, url: &BaseUrl, operator_url: &str, file: &Path) -> Result<bool, String> {
    if !wants_demo(idp).await? {
        return Ok(false);
    }
    remove(idp).await.map_err(|e| format!("an incomplete demo could not be removed: {e}"))?;
    let failed = |e: &dyn std::fmt::Display| format!("the demo could not be made: {e}");
    let now = idp.clock().now();
    let acme = tenant::make(idp, ("acme", "Acme"), url.clone(), now).await.map_err(|e| failed(&e))?;
    let globex = tenant::make(idp, ("globex", "Globex"), rehome::globex_url(url), now)
        .await
        .map_err(|e| failed(&e))?;
    let password = idp.entropy().password();
    let login = OPERATOR.to_owned();
    let operator = OperatorCredentials { url: operator_url.to_owned(), login, password };
    let row = operator_row(idp, &operator.login, &operator.password, now).await.map_err(|e| failed(&e))?;
    let tenants = credentials::Tenants { acme, globex };
    // Before the operator, whose row says that the demo is complete: nobody could read the secrets later.
    Credentials { operator, tenants }.write(file)?;
    idp.store().unscoped_insert_operator(Operator { demo: true, ..row }).await.map_err(|e| failed(&e))?;
    Ok(true)
}

/// An operator with a password.
pub(crate) async fn operator_row(
    idp: &Idp,
    login: &str,
    password: &str,
    now: Time,
) -> Result<Operator, IdpError> {
    let key = canonical(login, OPERATOR_DOMAIN).map_err(|e| IdpError::Internal(e.to_string()))?;
    Ok(Operator {
        id: idp.entropy().id(now),
        login: login.to_owned(),
        login_key: key.as_str().to_owned(),
        password_hash: idp.hasher().hash(password).await?,
        demo: false,
        created_at: now,
    })
}

/// A new store gets a demo. One that is half made (the process was killed, or another node is at it) is given
/// a while to become whole, and is then made again. One that was removed stays so.
async fn wants_demo(idp: &Idp) -> Result<bool, String> {
    if idp.is_new_store() {
        return Ok(true);
    }
    for _ in 0..50 {
        if has_operator(idp.store()).await? || demo_tenants(idp.store()).await?.is_empty() {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(true)
}

/// Whether any of the demo is in the store.
pub(crate) async fn is_present(store: &Store) -> Result<bool, String> {
    Ok(has_operator(store).await? || !demo_tenants(store).await?.is_empty())
}

async fn demo_tenants(store: &Store) -> Result<Vec<signet_domain::tenant::Tenant>, String> {
    let mut demo = Vec::new();
    for name in ["acme", "globex"] {
        let tenant = store.unscoped_tenant_by_name(name).await.map_err(|e| e.to_string())?;
        demo.extend(tenant.filter(|t| t.demo));
    }
    Ok(demo)
}

/// Removes demo rows, and no others. Gives the names of the tenants that are gone.
pub(crate) async fn remove(idp: &Idp) -> Result<Vec<String>, String> {
    let mut gone = Vec::new();
    for tenant in demo_tenants(idp.store()).await? {
        let event = idp.tenant_erased(tenant.id, &tenant.name, &tenant.host, idp.clock().now());
        idp.store().unscoped_delete_tenant(tenant.id, event).await.map_err(|e| e.to_string())?;
        idp.cache().forget(tenant.id);
        gone.push(tenant.name);
    }
    idp.store().unscoped_delete_demo_operators().await.map_err(|e| e.to_string())?;
    Ok(gone)
}
