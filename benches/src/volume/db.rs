//! Rows by the hundred thousand into either engine, past the server.

use sqlx::postgres::{PgConnectOptions, PgPoolCopyExt as _};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, SqliteConnection};
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use uuid::Uuid;

/// Placeholders in one statement on SQLite.
const BOUND: usize = 4000;

/// A value of a column.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Uuid(Uuid),
}

/// A table's rows, as many as are written at once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) table: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Value>>,
}

pub(super) enum Db {
    Sqlite(SqliteConnection),
    Postgres(PgPool),
}

impl Db {
    /// Opens what a server has made and left.
    pub(super) async fn open(file: &Path, url: Option<&str>) -> Self {
        if let Some(url) = url {
            let options = PgConnectOptions::from_str(url).unwrap().options([("synchronous_commit", "off")]);
            return Self::Postgres(PgPool::connect_with(options).await.unwrap());
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off)
            .foreign_keys(false)
            .pragma("cache_size", "-1000000")
            .pragma("wal_autocheckpoint", "50000");
        Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
    }

    pub(super) async fn insert(&mut self, batch: Batch) {
        let columns = batch.columns.join(",");
        match self {
            Self::Sqlite(conn) => {
                let mut tx = conn.begin().await.unwrap();
                for rows in batch.rows.chunks(BOUND / batch.columns.len()) {
                    let row = format!("({})", vec!["?"; batch.columns.len()].join(","));
                    let all = vec![row.as_str(); rows.len()].join(",");
                    let sql = format!("INSERT INTO {} ({columns}) VALUES {all}", batch.table);
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for value in rows.iter().flatten().cloned() {
                        query = match value {
                            Value::Null => query.bind(None::<i64>),
                            Value::Bool(b) => query.bind(b),
                            Value::Int(n) => query.bind(n),
                            Value::Text(text) => query.bind(text),
                            Value::Uuid(id) => query.bind(id),
                        };
                    }
                    query.execute(&mut *tx).await.unwrap();
                }
                tx.commit().await.unwrap();
            }
            Self::Postgres(pool) => {
                let sql = format!("COPY {} ({columns}) FROM STDIN", batch.table);
                let mut copy = pool.copy_in_raw(&sql).await.unwrap();
                copy.send(copied(&batch.rows).into_bytes()).await.unwrap();
                copy.finish().await.unwrap();
            }
        }
    }

    /// Runs a statement that gives nothing.
    pub(super) async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(conn) => sqlx::raw_sql(sql).execute(conn).await.map(|_| ()),
            Self::Postgres(pool) => sqlx::raw_sql(sql).execute(&*pool).await.map(|_| ()),
        }
        .unwrap();
    }

    /// The id in the first row.
    pub(super) async fn id(&mut self, sql: &str) -> Uuid {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(conn) => sqlx::query_scalar(sql).fetch_one(conn).await,
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(&*pool).await,
        }
        .unwrap()
    }

    /// What a server should know that goes on from here: the engine's own figures of the tables, and a short log.
    pub(super) async fn settle(mut self) {
        match &mut self {
            Self::Sqlite(_) => self.run("PRAGMA wal_checkpoint(TRUNCATE)").await,
            Self::Postgres(pool) => {
                let url = pool.connect_options();
                let mut conn = PgConnection::connect_with(&url).await.unwrap();
                sqlx::raw_sql("VACUUM (ANALYZE, FREEZE)").execute(&mut conn).await.unwrap();
                sqlx::raw_sql("CHECKPOINT").execute(&mut conn).await.unwrap();
            }
        }
        match self {
            Self::Sqlite(conn) => conn.close().await.unwrap(),
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Rows in PostgreSQL's text format for `COPY`.
fn copied(rows: &[Vec<Value>]) -> String {
    let mut text = String::with_capacity(rows.len() * 1024);
    for row in rows {
        for (n, value) in row.iter().enumerate() {
            if n > 0 {
                text.push('\t');
            }
            match value {
                Value::Null => text.push_str("\\N"),
                Value::Bool(b) => text.push(if *b { 't' } else { 'f' }),
                Value::Int(n) => write!(text, "{n}").unwrap(),
                Value::Uuid(id) => write!(text, "{id}").unwrap(),
                Value::Text(value) => {
                    for c in value.chars() {
                        match c {
                            '\\' => text.push_str("\\\\"),
                            '\n' => text.push_str("\\n"),
                            '\r' => text.push_str("\\r"),
                            '\t' => text.push_str("\\t"),
                            c => text.push(c),
                        }
                    }
                }
            }
        }
        text.push('\n');
    }
    text
}
