//! `openid-client`, the certified relying party library for Node.

use signet_testkit::{Shared, on_each_engine};

use super::furnished::Furnished;
use super::program::run_node;

on_each_engine! { openid_client_works_at_the_first_try }

async fn openid_client_works_at_the_first_try(app: Shared) {
    let made = Furnished::new(&app.acme()).await;
    let facts = run_node(&app, "openid-client.mjs", &made.settings, &made.person).await;
    made.check(&facts);
}
