//! A store that is put back to a backup: what was rotated, revoked or signed out since stays so.

use std::path::PathBuf;

use signet_testkit::{Callback, TestApp, on_each_engine, on_postgres};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::apps::{NewApp, Person};
use crate::support::log::assert_refusal;

on_each_engine! {
    rt_18_a_restored_backup_revives_nothing,
}

on_postgres! {
    servers_elsewhere_are_seen,
}

/// A backup of a store that nobody has open.
enum Backup {
    Files(Vec<(PathBuf, Option<Vec<u8>>)>),
    Database { server: String, name: String, copy: String },
}

impl Backup {
    async fn of(app: &TestApp) -> Self {
        let Some(url) = app.database_url() else {
            // What was committed last may stand in the log beside it.
            let files = ["signet.db", "signet.db-wal", "signet.db-shm"].map(|name| app.data_dir().join(name));
            return Self::Files(files.map(|file| (file.clone(), std::fs::read(&file).ok())).into());
        };
        let (server, name) = url.rsplit_once('/').expect("a database");
        let name = name.split('?').next().expect("a name").to_owned();
        let backup = Self::Database {
            server: format!("{server}/postgres"),
            copy: format!("{name}_copy"),
            name: name.clone(),
        };
        backup.make(&format!("{name}_copy"), &name).await;
        backup
    }

    async fn make(&self, name: &str, template: &str) {
        let Self::Database { server, .. } = self else { return };
        let mut connection = PgConnection::connect(server).await.expect("PostgreSQL");
        let drop = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        connection.execute(sqlx::AssertSqlSafe(drop)).await.expect("gone");
        let make = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
        connection.execute(sqlx::AssertSqlSafe(make)).await.expect("a database");
    }

    async fn restore(&self) {
        match self {
            Self::Files(files) => {
                for (file, content) in files {
                    match content {
                        Some(content) => std::fs::write(file, content).expect("the copy"),
                        None => drop(std::fs::remove_file(file)),
                    }
                }
            }
            Self::Database { name, copy, .. } => self.make(name, copy).await,
        }
    }
}

async fn rt_18_a_restored_backup_revives_nothing(app: TestApp) {
    let acme = app.acme();
    app.command(&["restored"]).await.refused("stop every server");
    let web = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let flow = person.code(&acme, &web, "openid offline_access").await;
    let first = flow.redeem(&acme, &web).await;
    let revoked = acme.password(&web, &person.login, &person.password, "openid").await.tokens();
    app.stop().await;
    let backup = Backup::of(&app).await;

    // A day goes on.
    app.start_again().await;
    let second = acme.refresh(&web, first.refresh()).await.tokens();
    acme.revoke(&web, &revoked.access_token).await.expect(200);
    let lost = Person::new(&acme).await;
    app.stop().await;
    backup.restore().await;
    let said = app.command(&["restored"]).await.ok();
    assert!(said.contains("is refused: people sign in again"), "{said}");
    // Twice does no harm.
    app.command(&["restored"]).await.ok();
    app.start_again().await;

    for token in [first.refresh(), second.refresh()] {
        let reply = acme.refresh(&web, token).await.expect_oauth_error(400, "invalid_grant");
        assert_refusal(&acme, &reply, "invalid_refresh_token").await;
    }
    for token in [&first.access_token, &revoked.access_token, &second.access_token] {
        assert!(!acme.is_active(&web, token).await);
    }
    let silent = acme.authorize(&web, "openid").set("prompt", "none");
    let reply = flow.visitor.get(&silent.url()).await;
    assert_eq!(Callback::read(&reply, &web.redirect_uri).get("error"), "login_required");
    acme.password(&web, &lost.login, &lost.password, "openid").await.expect_oauth_error(400, "invalid_grant");
    let fresh = person.code(&acme, &web, "openid offline_access").await.redeem(&acme, &web).await;
    acme.refresh(&web, fresh.refresh()).await.tokens();

    // What the log had after the backup isn't missed, for the restore was said.
    app.command(&["log", "verify"]).await.ok();

    // The log goes on behind what a reader had, and says what happened.
    let events = acme.logs(&[("filter", r#"eventType eq "app.oauth2.as.token.revoke_all""#)]).await;
    assert!(
        events.iter().any(|event| event["debugContext"]["debugData"]["cause"] == "restore"),
        "{events:?}"
    );
}

async fn servers_elsewhere_are_seen(app: TestApp) {
    let [elsewhere] = app.nodes(1).await.try_into().ok().expect("one node");
    app.stop().await;
    app.command(&["restored"]).await.refused("servers run on this database (1 said so within 5 seconds)");
    elsewhere.stop().await;
    app.command(&["restored"]).await.ok();
}
