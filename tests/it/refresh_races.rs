//! Refresh tokens under uses, revocations and thefts that happen at the same moment.

use std::collections::BTreeSet;

use signet_testkit::{App, Engine, Tenant, TestApp, TokenSet, on_each_engine};

use crate::support::apps::{Made, NewApp, Person};
use crate::support::rows::Rows;

on_each_engine! {
    rt_05_a_hundred_uses_at_once,
    rt_16_a_revocation_beside_a_refresh,
    rt_17_a_theft_beside_a_refresh,
}

const SCOPE: &str = "openid offline_access";
const USES: usize = 100;
const RACES: usize = 200;

/// The same tenant over each node there is: one on SQLite, three on PostgreSQL.
struct Nodes {
    app: TestApp,
    tenants: Vec<Tenant>,
    _others: Vec<signet_testkit::Node>,
}

impl Nodes {
    async fn start(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let others = match engine {
            Engine::Sqlite => Vec::new(),
            Engine::Postgres => app.nodes(2).await,
        };
        let tenants = std::iter::once(app.acme()).chain(others.iter().map(|node| node.acme())).collect();
        Self { app, tenants, _others: others }
    }

    /// One node after the other.
    fn nth(&self, n: usize) -> Tenant {
        self.tenants[n % self.tenants.len()].clone()
    }
}

/// A family from a code, in a browser that is signed in.
struct Families {
    person: Person,
    visitor: signet_testkit::Visitor,
}

impl Families {
    async fn of(tenant: &Tenant) -> Self {
        Self { person: Person::new(tenant).await, visitor: tenant.visitor() }
    }

    async fn begin(&self, tenant: &Tenant, app: &Made) -> TokenSet {
        self.person.code_in(&self.visitor, tenant, app, SCOPE).await.redeem(tenant, app).await
    }
}

async fn rt_05_a_hundred_uses_at_once(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let acme = nodes.nth(0);
    let web = NewApp::web().rotation("ROTATE", 60).make(&acme).await;
    let first = Families::of(&acme).await.begin(&acme, &web).await;
    let mut under_way = Vec::new();
    for n in 0..USES {
        let (tenant, web, token) = (nodes.nth(n), web.clone(), first.refresh().to_owned());
        under_way.push(signet_testkit::tokio::spawn(async move { tenant.refresh(&web, &token).await }));
    }
    let (mut successors, mut access) = (BTreeSet::new(), BTreeSet::new());
    for reply in under_way {
        let tokens = reply.await.expect("a refresh").tokens();
        successors.insert(tokens.refresh().to_owned());
        access.insert(tokens.access_token);
    }
    assert_eq!(successors.len(), 1, "one successor");
    assert_eq!(access.len(), USES, "each has an access token of its own");
    let rows = Rows::of(&nodes.app).await;
    assert_eq!(rows.number("SELECT COUNT(*) FROM refresh_tokens").await, 2, "the family grew by one");
    for (n, token) in access.iter().enumerate().step_by(10) {
        assert!(nodes.nth(n).is_active(&web, token).await);
    }
    let successor = successors.first().expect("a successor");
    for tenant in &nodes.tenants {
        assert!(tenant.is_active(&web, successor).await);
    }
    acme.refresh(&web, successor).await.expect(200);
    assert_eq!(acme.logs(&[("filter", r#"eventType co "detect_reuse""#)]).await.len(), 0);
}

/// Nothing of a family is good for anything, whichever node is asked.
async fn assert_nothing_active(nodes: &Nodes, asker: &App, tokens: &[String], race: usize) {
    for (n, tenant) in nodes.tenants.iter().enumerate() {
        for token in tokens {
            assert!(!tenant.is_active(asker, token).await, "race {race}: still active at node {n}");
        }
    }
}

fn all_of(tokens: &TokenSet) -> [String; 2] {
    [tokens.access_token.clone(), tokens.refresh().to_owned()]
}

async fn rt_16_a_revocation_beside_a_refresh(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let acme = nodes.nth(0);
    let web = NewApp::web().make(&acme).await;
    let families = Families::of(&acme).await;
    let mut won = 0;
    for race in 0..RACES {
        let first = families.begin(&acme, &web).await;
        let (here, there) = (nodes.nth(race), nodes.nth(race + 1));
        // Each begins first as often as the other.
        let (refreshed, revoked) = if race % 2 == 0 {
            signet_testkit::tokio::join!(
                here.refresh(&web, first.refresh()),
                there.revoke(&web, first.refresh())
            )
        } else {
            let (revoked, refreshed) = signet_testkit::tokio::join!(
                there.revoke(&web, first.refresh()),
                here.refresh(&web, first.refresh())
            );
            (refreshed, revoked)
        };
        revoked.expect(200);
        let mut tokens = all_of(&first).to_vec();
        if refreshed.status == 200 {
            won += 1;
            tokens.extend(all_of(&refreshed.tokens()));
        } else {
            refreshed.expect_oauth_error(400, "invalid_grant");
        }
        assert_nothing_active(&nodes, &web, &tokens, race).await;
        let last = tokens.last().expect("a token");
        acme.refresh(&web, last).await.expect_oauth_error(400, "invalid_grant");
    }
    assert!(won > 0, "the refresh never won, so this was no race");
}

async fn rt_17_a_theft_beside_a_refresh(engine: Engine) {
    let nodes = Nodes::start(engine).await;
    let acme = nodes.nth(0);
    let web = NewApp::web().rotation("ROTATE", 0).make(&acme).await;
    let families = Families::of(&acme).await;
    let mut won = 0;
    for race in 0..RACES {
        let first = families.begin(&acme, &web).await;
        let second = acme.refresh(&web, first.refresh()).await.tokens();
        let (here, there) = (nodes.nth(race), nodes.nth(race + 1));
        let (refreshed, stolen) = if race % 2 == 0 {
            signet_testkit::tokio::join!(
                here.refresh(&web, second.refresh()),
                there.refresh(&web, first.refresh())
            )
        } else {
            let (stolen, refreshed) = signet_testkit::tokio::join!(
                there.refresh(&web, first.refresh()),
                here.refresh(&web, second.refresh())
            );
            (refreshed, stolen)
        };
        stolen.expect_oauth_error(400, "invalid_grant");
        let mut tokens = [all_of(&first), all_of(&second)].concat();
        if refreshed.status == 200 {
            won += 1;
            tokens.extend(all_of(&refreshed.tokens()));
        } else {
            refreshed.expect_oauth_error(400, "invalid_grant");
        }
        assert_nothing_active(&nodes, &web, &tokens, race).await;
        let last = tokens.last().expect("a token");
        acme.refresh(&web, last).await.expect_oauth_error(400, "invalid_grant");
    }
    assert!(won > 0, "the refresh never won, so this was no race");
    let reuses = acme.logs(&[("filter", r#"outcome.reason eq "refresh_reuse""#)]).await;
    assert_eq!(reuses.len(), RACES, "each theft is in the log");
}
