//! A store without room for another row: nothing happens that isn't in the log, and nothing is half done.

use signet_testkit::{Engine, Tenant, TestApp, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::make::unique;
use crate::support::rows::Rows;
use crate::support::until::until;

on_each_engine! {
    lg_10_a_full_store_refuses_changes_and_forgets_nothing,
}

/// No room for events. On PostgreSQL their inserts fail with the state of a full disk; the embedded file can't grow.
async fn fill(app: &TestApp, rows: &Rows, engine: Engine) {
    match engine {
        Engine::Sqlite => app.limit_files(Some(1)),
        Engine::Postgres => {
            rows.run(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$",
            )
            .await;
            rows.run("CREATE TRIGGER no_room BEFORE INSERT ON events EXECUTE FUNCTION no_room()").await;
        }
    }
}

async fn make_room(app: &TestApp, rows: &Rows, engine: Engine) {
    match engine {
        Engine::Sqlite => app.limit_files(None),
        Engine::Postgres => drop(rows.run("DROP FUNCTION no_room CASCADE").await),
    }
}

async fn names(acme: &Tenant) -> Vec<String> {
    let groups: Value = acme.api("GET", "/api/v1/groups?limit=200").await.expect(200).json();
    let name = |group: &Value| group["profile"]["name"].as_str().expect("a name").to_owned();
    groups.as_array().expect("a list").iter().map(name).collect()
}

async fn lg_10_a_full_store_refuses_changes_and_forgets_nothing(app: TestApp) {
    let engine = if app.database_url().is_some() { Engine::Postgres } else { Engine::Sqlite };
    let (acme, rows) = (app.acme(), Rows::of(&app).await);
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let desk = Desk::of(&acme).await;
    let edit = desk.page("/console/groups/new").await;
    let tokens = person.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await;
    let (before, keys) = (names(&acme).await, acme.keys().await);
    let visitor = acme.visitor();
    let door = visitor.open(&format!("{}/login", acme.origin())).await;

    fill(&app, &rows, engine).await;
    let (made, typed) = (unique("full"), unique("full"));
    let group = json!({ "profile": { "name": made } });
    for _ in 0..3 {
        for refused in [
            acme.api("POST", "/api/v1/groups").json(&group).await,
            desk.send(&edit, &[("name", &typed)]).await,
            acme.password(&web, &person.login, &person.password, "openid").await,
            acme.client_credentials(&acme.service(), "orders:read").await,
            acme.refresh(&web, tokens.refresh()).await,
            visitor.sign_in(&door, &person.login, &person.password).await,
        ] {
            assert_eq!(refused.status, 503, "{}", refused.describe());
            assert!(refused.header("retry-after").is_some(), "{}", refused.describe());
        }
    }
    // What is only read goes on.
    assert_eq!(acme.keys().await, keys);
    acme.userinfo(&tokens.access_token).await.expect(200);
    assert!(acme.is_active(&web, &tokens.access_token).await);

    make_room(&app, &rows, engine).await;
    until("changes are taken again", async || {
        acme.api("POST", "/api/v1/groups").json(&group).await.status == 200
    })
    .await;
    let mut after = names(&acme).await;
    after.retain(|name| !before.contains(name));
    assert_eq!(after, [made], "nothing that was refused, and the last once");
    acme.refresh(&web, tokens.refresh()).await.expect(200);
    let page = visitor.sign_in(&door, &person.login, &person.password).await;
    assert!(page.status < 400, "{}", page.describe());
}
