//! The store's rows, read and changed behind the server's back.

use signet_testkit::TestApp;
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::PathBuf;

/// The store of a running (or stopped) server.
pub(crate) enum Rows {
    Sqlite(SqlitePool, PathBuf),
    Postgres(PgPool),
}

impl Rows {
    /// Opens the store beside the server.
    pub(crate) async fn of(app: &TestApp) -> Self {
        if let Some(url) = app.database_url() {
            return Self::Postgres(PgPool::connect(url).await.expect("the test's database"));
        }
        let files = std::fs::read_dir(app.data_dir()).expect("the data directory").flatten();
        let file = files.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "db"));
        let file = file.expect("the store's file");
        let options = SqliteConnectOptions::new().filename(&file);
        Self::Sqlite(SqlitePool::connect_with(options).await.expect("the store's file"), file)
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn run(&self, sql: &'static str) -> u64 {
        match self {
            Self::Sqlite(pool, _) => sqlx::query(sql).execute(pool).await.expect(sql).rows_affected(),
            Self::Postgres(pool) => sqlx::query(sql).execute(pool).await.expect(sql).rows_affected(),
        }
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql),
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql),
        }
    }

    /// The first text that a query gives, in the words of each engine.
    pub(crate) async fn text(&self, sqlite: &'static str, postgres: &'static str) -> String {
        match self {
            Self::Sqlite(pool, _) => sqlx::query_scalar(sqlite).fetch_one(pool).await.expect(sqlite),
            Self::Postgres(pool) => sqlx::query_scalar(postgres).fetch_one(pool).await.expect(postgres),
        }
    }

    /// `kid`, `alg` and the sealed private half of the key that signs for this issuer.
    pub(crate) async fn signing_key(&self, issuer: &str) -> (String, String, Vec<u8>) {
        const SQL: &str = "SELECT k.kid, k.alg, k.sealed_private FROM signing_keys k JOIN servers s
            ON s.tenant_id = k.tenant_id AND s.id = k.server_id WHERE s.issuer = $1 AND k.status = 'ACTIVE'";
        match self {
            Self::Sqlite(pool, _) => sqlx::query_as(SQL).bind(issuer).fetch_one(pool).await.expect(issuer),
            Self::Postgres(pool) => sqlx::query_as(SQL).bind(issuer).fetch_one(pool).await.expect(issuer),
        }
    }

    /// Everything in it, as bytes in which a secret can be searched.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(_, file) => {
                let wal = PathBuf::from(format!("{}-wal", file.display()));
                let mut bytes = std::fs::read(file).expect("the store's file");
                bytes.extend(std::fs::read(wal).unwrap_or_default());
                bytes
            }
            Self::Postgres(pool) => dump_postgres(pool).await,
        }
    }
}

async fn dump_postgres(pool: &PgPool) -> Vec<u8> {
    const TABLES: &str =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(pool).await.expect("the tables");
    let mut bytes = Vec::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!(r#"SELECT t::text FROM "{table}" t"#));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(pool).await.expect("the rows");
        for row in rows {
            bytes.extend_from_slice(row.as_bytes());
            bytes.push(b'\n');
            // bytea is written as \x and digits, in which nobody would find a text.
            for hex in row.split("\\x").skip(1) {
                bytes.extend(unhex(hex));
                bytes.push(b'\n');
            }
        }
    }
    bytes
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map_while(|c| c.to_digit(16)).map(|d| d.to_le_bytes()[0]).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
