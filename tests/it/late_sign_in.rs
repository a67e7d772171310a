//! Checking a password takes its time. Whoever is shut out or signed out everywhere meanwhile, or gets another password,
//! doesn't come in on the old word. The moment is made with a lock on a row, which only PostgreSQL has.

use signet_testkit::{Engine, Reply, TestApp, run, set_binary, tokio};
use sqlx::{Connection, PgConnection};

use crate::support::apps::Person;
use crate::support::rows::Rows;
use crate::support::until::until;

#[test]
fn whoever_is_shut_out_during_the_check_stays_out() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, async |engine| {
        changed_meanwhile(
            engine,
            "UPDATE users SET status = 'SUSPENDED' WHERE login_key = $1",
            "user_inactive",
        )
        .await;
    });
}

#[test]
fn a_password_that_is_replaced_during_the_check_is_no_good() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, async |engine| {
        let sql = "UPDATE users SET password_changed_at = password_changed_at + 1 WHERE login_key = $1";
        changed_meanwhile(engine, sql, "invalid_password_credentials").await;
    });
}

#[test]
fn whoever_is_signed_out_everywhere_during_the_check_stays_out() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, signed_out_meanwhile);
}

async fn signed_out_meanwhile(engine: Engine) {
    let app = TestApp::start(engine).await;
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let by_password = acme.web();
    acme.password(&by_password, &person.login, "wrong", "openid")
        .await
        .expect_oauth_error(400, "invalid_grant");
    let visitor = acme.visitor();
    let page = visitor.open(&format!("{}/login", acme.origin())).await;

    let url = app.database_url().expect("PostgreSQL");
    let mut own = PgConnection::connect(url).await.expect("the database");
    let mut held = own.begin().await.expect("a transaction");
    let hold =
        sqlx::query("SELECT 1 FROM password_failures WHERE login_key = $1 FOR UPDATE").bind(&person.login);
    assert_eq!(
        hold.execute(&mut *held).await.expect("a lock").rows_affected(),
        2,
        "from there, and from all"
    );
    let asked = acme.password(&by_password, &person.login, &person.password, "openid offline_access");
    let sign_in = async { visitor.sign_in(&page, &person.login, &person.password).await };
    let sign_out = async {
        let rows = Rows::of(&app).await;
        until("both wait for the counter of wrong passwords", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database() AND query LIKE 'INSERT INTO password_failures%'";
            rows.number(waiting).await == 2
        })
        .await;
        let sessions = format!("/api/v1/users/{}/sessions?oauthTokens=true", person.id);
        acme.api("DELETE", &sessions).await.expect(204);
        held.commit().await.expect("a commit");
    };
    let (token, signed_in, ()) = tokio::join!(asked, sign_in, sign_out);
    token.expect_oauth_error(400, "invalid_grant");
    assert!(signed_in.page().sign_in_form().is_some(), "{}", signed_in.describe());
    let account = format!("{}/account", acme.origin());
    assert_eq!(visitor.get(&account).await.status, 303, "no session began");
    let refused = r#"outcome.reason eq "signed_out_meanwhile""#;
    assert_eq!(acme.wait_for_logs(refused, 2).await.len(), 2);

    let page = visitor.open(&format!("{}/login", acme.origin())).await;
    visitor.sign_in(&page, &person.login, &person.password).await;
    assert_eq!(visitor.get(&account).await.status, 200, "whoever signs in again is in");
}

/// Sends a request, and changes the user after its password was looked up, before it can be used.
async fn meanwhile(
    app: &TestApp,
    person: &Person,
    sql: &'static str,
    request: impl Future<Output = Reply>,
) -> Reply {
    let url = app.database_url().expect("PostgreSQL");
    let (mut own, mut eye) = (
        PgConnection::connect(url).await.expect("the database"),
        PgConnection::connect(url).await.expect("it"),
    );
    let mut change = own.begin().await.expect("a transaction");
    let changed = sqlx::query(sql).bind(&person.login).execute(&mut *change).await.expect(sql);
    assert_eq!(changed.rows_affected(), 1);
    let change = async {
        let eye = tokio::sync::Mutex::new(&mut eye);
        until("the request waits for the user's row", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE 'UPDATE users%'";
            sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut **eye.lock().await).await.expect("a count") > 0
        })
        .await;
        change.commit().await.expect("the change");
    };
    tokio::join!(request, change).0
}

async fn changed_meanwhile(engine: Engine, sql: &'static str, reason: &str) {
    let app = TestApp::start(engine).await;
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let by_password = acme.web();
    let asked = acme.password(&by_password, &person.login, &person.password, "openid offline_access");
    meanwhile(&app, &person, sql, asked).await.expect_oauth_error(400, "invalid_grant");

    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let page = visitor.open(&format!("{}/login", acme.origin())).await;
    let sign_in = async { visitor.sign_in(&page, &person.login, &person.password).await };
    let reply = meanwhile(&app, &person, sql, sign_in).await;
    assert!(reply.page().sign_in_form().is_some(), "{}", reply.describe());
    Rows::of(&app).await.run("UPDATE users SET status = 'ACTIVE'").await;
    let account = visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(account.status, 303, "no session came back to life: {}", account.describe());
    let refusal = format!(r#"outcome.reason eq "{reason}""#);
    assert_eq!(acme.wait_for_logs(&refusal, 2).await.len(), 2);
}
