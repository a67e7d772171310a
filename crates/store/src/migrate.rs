//! Schema migrations, built into the binary.

use crate::{Result, StoreError, planner};
use sqlx::migrate::{MigrateError, Migrator};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

pub(crate) async fn sqlite(pool: &sqlx::SqlitePool) -> Result<()> {
    SQLITE.run(pool).await.map_err(explain)?;
    planner::instruct(&mut *pool.acquire().await?).await
}

/// Takes an advisory lock, so that of two nodes that start at once one migrates and the other waits.
pub(crate) async fn postgres(pool: &sqlx::PgPool) -> Result<()> {
    POSTGRES.run(pool).await.map_err(explain)
}

fn explain(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::Internal(format!(
            "the database has migration {version}, which this binary doesn't know: run a newer signet"
        )),
        MigrateError::VersionMismatch(version) => StoreError::Internal(format!(
            "migration {version} was edited after it ran: run the binary that made this database"
        )),
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Internal(other.to_string()),
    }
}
