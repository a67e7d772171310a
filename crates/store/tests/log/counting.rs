use super::fixture::{Fixture, NOW, each};
use signet_domain::Time;
use signet_domain::event::types;
use signet_domain::id::TenantId;
use signet_store::counts::hours::HourOfEvents;
use signet_store::counts::{HourlyCount, What};
use sqlx::{AssertSqlSafe, Connection};

async fn counts(f: &Fixture, what: What) -> Vec<HourlyCount> {
    let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
    tx.counts(Some(what), Time(0), NOW.plus_secs(86_400)).await.expect("counts")
}

/// Counts until there is nothing to count, or another does it.
async fn catch_up(f: &Fixture, batch: i64) -> u64 {
    let mut events = 0;
    loop {
        match f.store.unscoped_count_events(batch).await.expect("a step") {
            0 => return events,
            n => events += n,
        }
    }
}

#[tokio::test]
async fn each_kind_is_counted_by_hour_grant_and_outcome() {
    for f in each().await {
        let token = |grant: &str| f.event(types::AS_ACCESS_TOKEN, "ada").debug("grantType", grant);
        let throttled = f
            .event(types::USER_RATE_LIMITED, "ada")
            .failed("user_rate_limited")
            .debug("grantType", "password");
        let mut stranger = f.event(types::AS_TOKEN_GRANT, "eve").failed("unknown_client");
        stranger.client_id = Some("made up".into());
        let stranger = stranger.debug("grantType", "made up as well");
        let created = f.event(types::USER_CREATE, "eve").debug("via", "terraform");
        let mut activated = f.event(types::USER_ACTIVATE, "eve").debug("via", "terraform");
        activated.request.id = created.request.id;
        f.write(f.acme, vec![token("password"), token("refresh_token"), token("password")]).await;
        f.write(f.acme, vec![throttled, stranger, f.event(types::SESSION_START, "ada")]).await;
        f.write(f.acme, vec![created, activated]).await;
        f.write(f.globex, vec![token("password")]).await;
        f.count_events(2, 9).await;

        let by = |rows: Vec<HourlyCount>| -> Vec<(String, String, i64)> {
            rows.into_iter().map(|r| (r.detail, r.outcome, r.count)).collect()
        };
        let row = |detail: &str, outcome: &str, count| (detail.to_owned(), outcome.to_owned(), count);
        assert_eq!(
            by(counts(&f, What::Token).await),
            [row("password", "SUCCESS", 2), row("refresh_token", "SUCCESS", 1)]
        );
        assert_eq!(by(counts(&f, What::Throttled).await), [row("password", "FAILURE", 1)]);
        assert_eq!(
            by(counts(&f, What::Refused).await),
            [row("other", "FAILURE", 1), row("password", "FAILURE", 1)]
        );
        assert_eq!(by(counts(&f, What::SignIn).await), [row("", "SUCCESS", 1)]);
        assert_eq!(by(counts(&f, What::ApiCall).await), [row("terraform", "SUCCESS", 1)]);
        let refused = counts(&f, What::Refused).await;
        assert!(refused.iter().all(|r| r.client_id.is_empty()), "no app of that name exists");
        assert_eq!(refused[0].hour.0 % (3600 * Time::SECOND), 0);
    }
}

#[tokio::test]
async fn two_nodes_that_count_at_once_count_once() {
    for f in each().await {
        for _ in 0..60 {
            f.write(f.acme, vec![f.event(types::SESSION_START, "ada")]).await;
        }
        let (a, b, c) = tokio::join!(catch_up(&f, 5), catch_up(&f, 7), catch_up(&f, 3));
        if a + b + c < 60 {
            f.count_events(100, 60 - a - b - c).await;
        }
        let total: i64 = counts(&f, What::SignIn).await.iter().map(|r| r.count).sum();
        assert_eq!(total, 60);
    }
}

/// The hours of all events of a tenant, with at most so many that are not counted yet.
async fn hours(f: &Fixture, tenant: TenantId, uncounted: i64) -> Vec<HourOfEvents> {
    let mut tx = f.store.tenant(tenant).read().await.expect("a reader");
    tx.hours_of_events(None, Time(0), NOW.plus_secs(86_400), uncounted).await.expect("hours")
}

/// Takes the hours away, and has the migration that brought them make them again from the log.
async fn make_again(f: &Fixture) {
    let sql = match f.store.engine() {
        signet_store::Engine::Sqlite => include_str!("../../../../migrations/sqlite/0027_log_drawing.sql"),
        signet_store::Engine::Postgres => {
            include_str!("../../../../migrations/postgres/0027_log_drawing.sql")
        }
    };
    let (_, counting) = sql.split_once("-- What is counted already").expect("what counts");
    let sql = AssertSqlSafe(format!("DELETE FROM hourly_events; --{counting}"));
    match f.store.engine() {
        signet_store::Engine::Sqlite => {
            let mut conn = sqlx::SqliteConnection::connect(&f.url).await.expect("the file");
            sqlx::raw_sql(sql).execute(&mut conn).await.expect("the migration");
        }
        signet_store::Engine::Postgres => {
            let mut conn = sqlx::PgConnection::connect(&f.url).await.expect("the database");
            sqlx::raw_sql(sql).execute(&mut conn).await.expect("the migration");
        }
    }
}

#[tokio::test]
async fn hours_have_every_event_once() {
    for f in each().await {
        let token = |grant: &str| f.event(types::AS_ACCESS_TOKEN, "app").debug("grantType", grant);
        let mut of_user = token("client_credentials");
        of_user.user_id = Some("00uada".into());
        let mut story = f.event(types::USER_RATE_LIMITED, "ada").failed("user_rate_limited");
        story = story.debug("story", "1").debug("count", "100");
        let mut later = f.event(types::SESSION_START, "ada");
        later.published = NOW.plus_secs(3600);
        let first = vec![token("client_credentials"), token("password"), of_user, story, later];
        f.write(f.acme, first).await;
        f.write(f.globex, vec![token("client_credentials").failed("invalid_scope")]).await;
        let hour = |n: i64, total, refused, machines| HourOfEvents {
            hour: Time((NOW.plus_secs(n * 3600).0 / 3_600_000_000) * 3_600_000_000),
            total,
            refused,
            machines,
        };
        let both = [hour(0, 4, 1, 1), hour(1, 1, 0, 0)];
        assert_eq!(hours(&f, f.acme, 100).await, both, "before they are counted");
        assert_eq!(hours(&f, f.acme, 0).await, []);
        f.count_events(2, 6).await;
        assert_eq!(hours(&f, f.acme, 0).await, both, "and after");
        assert_eq!(hours(&f, f.globex, 0).await, [hour(0, 1, 1, 0)]);

        f.write(f.acme, vec![f.event(types::SSO, "ada")]).await;
        make_again(&f).await;
        assert_eq!(hours(&f, f.acme, 0).await, both, "as the migration counts them");
        assert_eq!(hours(&f, f.globex, 0).await, [hour(0, 1, 1, 0)]);
        // What had not been counted by then is not lost, and not counted twice.
        f.count_events(10, 1).await;
        assert_eq!(hours(&f, f.acme, 0).await, [hour(0, 5, 1, 1), hour(1, 1, 0, 0)]);
    }
}
