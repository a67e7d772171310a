//! What SQLite's planner is told of the tables.
//!
//! Without figures it takes a tenant for ten rows, and would rather read all of them by the primary key than go by an
//! index to the few that are asked for. Figures of the rows that happen to be there (`ANALYZE`) would make plans
//! differ from store to store and change as one grows. So it is told the same of every store: that tenants are large
//! and that what follows the tenant in an index tells rows apart. PostgreSQL keeps its own figures.

use crate::Result;
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Rows of a table, and of a tenant in it.
const ROWS: u32 = 10_000_000;
const OF_TENANT: u32 = 1_000_000;
/// Rows that agree in one more column.
const ALIKE: u32 = 20;
/// Partial indexes hold a part of the rows.
const PARTIAL: u32 = 20;

/// Columns that hardly tell rows apart.
const DULL: [&str; 4] = ["epoch", "status", "kind", "what"];

/// Writes the figures; connections that are opened later go by them, and this one, too.
pub(crate) async fn instruct(conn: &mut SqliteConnection) -> Result<()> {
    const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'";
    // It makes the table of figures where there is none.
    sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut *conn).await?;
    sqlx::raw_sql("DELETE FROM sqlite_stat1").execute(&mut *conn).await?;
    let tables: Vec<(String,)> = sqlx::query_as(TABLES).fetch_all(&mut *conn).await?;
    for (table,) in tables {
        let sql = format!("SELECT name, origin, \"unique\", partial FROM pragma_index_list('{table}')");
        let indexes: Vec<(String, String, bool, bool)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *conn).await?;
        for (index, origin, unique, partial) in indexes {
            let sql = format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno");
            let columns: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *conn).await?;
            let columns: Vec<&str> = columns.iter().map(|(column,)| column.as_str()).collect();
            // The primary key of a table without row ids goes by the table's name.
            let name = if origin == "pk" { &table } else { &index };
            const FIGURES: &str = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)";
            let figures = figures(&columns, unique, if partial { PARTIAL } else { 1 });
            sqlx::query(FIGURES).bind(&table).bind(name).bind(figures).execute(&mut *conn).await?;
        }
    }
    sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut *conn).await?;
    Ok(())
}

/// Rows in an index, and how many agree in its first column, in its first two, and so on.
fn figures(columns: &[&str], unique: bool, part: u32) -> String {
    let mut alike = ROWS / part;
    let mut text = alike.to_string();
    for (n, column) in columns.iter().enumerate() {
        alike = match *column {
            _ if unique && n + 1 == columns.len() => 1,
            "tenant_id" => OF_TENANT / part,
            dull if DULL.contains(&dull) => alike,
            _ => alike.min(ALIKE),
        };
        // A column more always tells a little more.
        if n > 0 && alike == ALIKE {
            alike = ALIKE.saturating_sub(u32::try_from(n).unwrap_or(ALIKE)).max(2);
        }
        text.push_str(&format!(" {alike}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn what_follows_the_tenant_tells_rows_apart() {
        assert_eq!(figures(&["tenant_id", "id"], true, 1), "10000000 1000000 1");
        assert_eq!(figures(&["tenant_id", "user_id"], false, 1), "10000000 1000000 19");
        let by_position = figures(&["tenant_id", "epoch", "txid", "seq"], true, 1);
        assert_eq!(by_position, "10000000 1000000 1000000 18 1");
        assert_eq!(figures(&["next_at"], false, 20), "500000 20");
    }
}
