//! `oauth4webapi`, the low-level library for browsers, workers and Node.

use signet_testkit::{Shared, on_each_engine};

use super::furnished::Furnished;
use super::program::run_node;

on_each_engine! { oauth4webapi_works_at_the_first_try }

async fn oauth4webapi_works_at_the_first_try(app: Shared) {
    let made = Furnished::new(&app.acme()).await;
    let facts = run_node(&app, "oauth4webapi.mjs", &made.settings, &made.person).await;
    made.check(&facts);
    made.check_bound(&facts);
    assert_eq!(facts["apiSeesBound"], true);
}
