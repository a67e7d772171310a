//! Authlib, the OAuth library for Python.

use signet_testkit::{Shared, TlsApp, on_each_engine};

use super::furnished::Furnished;
use super::program::run_python;

on_each_engine! { authlib_works_at_the_first_try, authlib_checks_the_discovery_document_over_tls }

async fn authlib_works_at_the_first_try(app: Shared) {
    let made = Furnished::new(&app.acme()).await;
    let facts = run_python(&app, "authlib_client.py", &made.settings, &made.person).await;
    made.check(&facts);
}

/// Its check of the document insists on https throughout.
async fn authlib_checks_the_discovery_document_over_tls(app: TlsApp) {
    let made = Furnished::new(&app.acme()).await;
    let facts = run_python(&app, "authlib_client.py", &made.settings, &made.person).await;
    made.check(&facts);
}
