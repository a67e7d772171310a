//! The operator's first page: what runs here, and how it is.

use super::tenants::{self, PATH};
use super::visit::Visit;
use crate::html;
use axum::response::Response;
use signet_idp::nodes::Health;
use signet_store::Engine;
use signet_web::{Fact, OperatorHome, Section};

/// Tenants on the first page.
const FEW: i64 = 5;

pub(super) async fn home(visit: Visit) -> Response {
    let idp = visit.app.idp();
    let tenants = match idp.operator_tenants("", FEW).await {
        Ok((tenants, _)) => tenants,
        Err(error) => return tenants::failed(&visit, error),
    };
    let (work, idle) = match super::work::rows(&visit).await {
        Ok(work) => work,
        Err(error) => return tenants::failed(&visit, error.into()),
    };
    let health = idp.health().await;
    let mut console = visit.frame("Overview", Section::OperatorHome);
    console.degraded = degraded(&health);
    html::page(&OperatorHome {
        console,
        figures: Vec::new(),
        idle_told: match (work.is_empty(), idle.len()) {
            (true, n) => format!("{n} kinds of work, all idle"),
            (false, 1) => "1 kind of work is idle".to_owned(),
            (false, n) => format!("{n} kinds of work are idle"),
        },
        work,
        idle,
        facts: [how(&health), what(&visit)].concat(),
        tenants: tenants.iter().map(tenants::row).collect(),
        tenants_url: PATH.to_owned(),
    })
}

/// What doesn't work as it should, in a sentence.
fn degraded(health: &Health) -> Option<String> {
    let words = |name: &&str| match *name {
        "cache_stale" => "This node can’t see what others change, and asks the database for everything.",
        "listener_lost" => "This node isn’t told of changes, and looks for them four times a second.",
        "redis_lost" => {
            "Redis doesn’t answer: rate policies are counted on each node, for its share of them."
        }
        _ => "Something doesn’t work as it should: see /health/ready.",
    };
    let told: Vec<_> = health.degraded.iter().map(words).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

fn how(health: &Health) -> Vec<Fact> {
    let state = match (health.ready, health.degraded.is_empty()) {
        (true, true) => "serves everything",
        (true, false) => "serves, with something degraded",
        (false, _) => "can’t serve: the database doesn’t answer",
    };
    vec![
        Fact::text("This node", state),
        Fact::text("Nodes", health.nodes.to_string()),
        Fact::text("Heard of changes", format!("{} ms ago", health.cache_age.as_millis())),
    ]
}

fn what(visit: &Visit) -> Vec<Fact> {
    let config = visit.app.config();
    let engine = match visit.app.idp().store().engine() {
        Engine::Sqlite => "SQLite, in this process",
        Engine::Postgres => "PostgreSQL",
    };
    let public_url = config.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        Fact::text("Version", env!("CARGO_PKG_VERSION")),
        Fact::text("Engine", engine),
        Fact::code("Public URL", public_url),
        Fact::code("Master key", config.master_key_path().display().to_string()),
        Fact::code("Data directory", config.data_dir.display().to_string()),
    ]
}
