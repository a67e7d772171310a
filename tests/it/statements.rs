//! Every statement of the store is one that both engines can prepare.

use signet_domain::id::TenantId;
use signet_domain::{Clock, Time};
use signet_store::log_query::{Condition, IdField, LogQuery, Order, TextField, TextOp};
use signet_store::{Options, Store};
use signet_testkit::TestDatabase;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use uuid::Uuid;

use crate::support::sql_source::{Statement, statements};
use crate::support::{source, stores};

/// On SQLite the one process decides in memory and is the only node, so these never run there.
const POSTGRES_ONLY: &[&str] =
    &["crates/store/src/nodes.rs", "crates/store/src/promotion.rs", "crates/store/src/throttle.rs"];

/// What SQLite's planner is told.
const SQLITE_ONLY: &[&str] = &["crates/store/src/planner.rs"];

fn all() -> Vec<Statement> {
    let mut found = Vec::new();
    for path in source::rust_files("crates/store/src") {
        let file = path.strip_prefix(source::workspace()).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a source file");
        let of_file = statements(&file, &text);
        let runs = ["execute!(", "fetch_one!(", "fetch_optional!(", "fetch_all!("];
        let calls = text.lines().filter(|line| runs.iter().any(|run| line.contains(run))).count();
        let is_macro = file.ends_with("macros.rs") || file.ends_with("store.rs");
        assert!(calls == 0 || is_macro || !of_file.is_empty(), "{file}: {calls} calls, but no SQL was found");
        found.extend(of_file);
    }
    // A search is put together from parts; it is run below.
    found.retain(|s| s.sqlite.contains("$1") || !s.file.contains("log_query"));
    found
}

#[test]
fn both_engines_prepare_every_statement() {
    let all = all();
    assert!(all.len() > 120, "only {} statements were found", all.len());
    stores::run(async {
        let mut migrated = stores::migrated().await;
        let mut faults = Vec::new();
        for statement in all {
            let Statement { file, line, sqlite, postgres } = statement;
            if !POSTGRES_ONLY.contains(&file.as_str())
                && let Err(error) =
                    migrated.sqlite.prepare(AssertSqlSafe(sqlite.clone()).into_sql_str()).await
            {
                faults.push(format!("{file}:{line} on SQLite: {error}\n  {sqlite}"));
            }
            if !SQLITE_ONLY.contains(&file.as_str())
                && let Err(error) =
                    migrated.postgres.prepare(AssertSqlSafe(postgres.clone()).into_sql_str()).await
            {
                faults.push(format!("{file}:{line} on PostgreSQL: {error}\n  {postgres}"));
            }
        }
        assert!(faults.is_empty(), "{} statements:\n{}", faults.len(), faults.join("\n"));
    });
}

/// Searches are built; every part that can be in one is in one of these.
#[test]
fn both_engines_run_every_search() {
    stores::run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let database = TestDatabase::create().await;
        let options = [
            Options::Sqlite { path: dir.path().join("store.db"), create: true },
            Options::Postgres { url: database.url.clone(), connections: 2 },
        ];
        for options in options {
            let store = Store::open(&options, Clock::SYSTEM).await.expect("an empty store");
            let mut tx = store.tenant(TenantId(Uuid::from_u128(1))).read().await.expect("a connection");
            for query in searches() {
                let page = tx.log_page(&query).await;
                page.unwrap_or_else(|error| panic!("{:?}: {error}\n{query:?}", store.engine()));
                let counted = tx.log_histogram(&query, &Condition::Rare, (Time(0), Time(99)), 7).await;
                counted.unwrap_or_else(|error| panic!("{:?}: {error}\n{query:?}", store.engine()));
            }
            drop(tx);
            store.close().await;
        }
    });
}

fn searches() -> Vec<LogQuery> {
    let mut conditions = vec![Condition::Always, Condition::Never, Condition::Rare];
    for field in fields() {
        conditions.push(Condition::TextPresent(field.clone()));
        for op in OPS {
            let value = "it's 100 % \\ \"quoted\"".to_owned();
            conditions.push(Condition::Text { field: field.clone(), op: *op, value });
        }
    }
    for field in [IdField::Event, IdField::Request, IdField::Session, IdField::Flow, IdField::Grant] {
        conditions.push(Condition::IdPresent(field));
        conditions.push(Condition::Not(Box::new(Condition::Id { field, value: Uuid::from_u128(7) })));
    }
    let nested = Condition::Any(vec![Condition::All(conditions[..6].to_vec()), Condition::All(Vec::new())]);
    conditions.push(nested);
    let mut all: Vec<LogQuery> =
        conditions.into_iter().map(|condition| LogQuery { condition, ..LogQuery::default() }).collect();
    for order in [Order::Commit, Order::Published, Order::PublishedDescending] {
        for bounded in [false, true] {
            let bound = bounded.then_some(Time::from_secs(5));
            let after = bounded.then_some(signet_store::log_query::Position {
                published: Time(1),
                epoch: 1,
                txid: 1,
                seq: 0,
            });
            let words = ["two", "it's"].map(|word| Condition::Word(word.to_owned()));
            let condition = Condition::All(words.to_vec());
            all.push(LogQuery { condition, since: bound, until: bound, order, after, ..LogQuery::default() });
        }
    }
    all
}

const OPS: &[TextOp] = &[
    TextOp::Equal,
    TextOp::NotEqual,
    TextOp::Contains,
    TextOp::StartsWith,
    TextOp::EndsWith,
    TextOp::Greater,
    TextOp::GreaterOrEqual,
    TextOp::Less,
    TextOp::LessOrEqual,
];

fn fields() -> Vec<TextField> {
    use TextField as F;
    vec![
        F::EventType,
        F::Severity,
        F::Outcome,
        F::Reason,
        F::Message,
        F::ActorId,
        F::ActorType,
        F::ActorAlternateId,
        F::ActorDisplayName,
        F::UserId,
        F::ClientId,
        F::ServerId,
        F::Ip,
        F::UserAgent,
        F::Path,
        F::Url,
        F::Jti,
        F::TargetId,
        F::TargetType,
        F::TargetAlternateId,
        F::TargetDisplayName,
        F::Debug("grantType".to_owned()),
    ]
}
