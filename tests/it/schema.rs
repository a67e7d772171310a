//! Both engines have the same schema: tables, columns, keys and indexes; and its keys keep tenants apart.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::support::stores;

type Columns = Vec<String>;

/// A table, in terms that both engines have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Kind and whether it must be set, by name.
    columns: BTreeMap<String, (String, bool)>,
    primary: Columns,
    /// Other keys and indexes: columns and whether they are unique.
    indexes: BTreeSet<(Columns, bool)>,
    /// Columns, the table they name, its columns, and what a deletion there does.
    foreign: BTreeSet<(Columns, String, Columns, String)>,
}

type Schema = BTreeMap<String, Table>;

#[test]
fn both_engines_have_the_same_schema() {
    stores::run(async {
        let mut migrated = stores::migrated().await;
        let sqlite = sqlite(&mut migrated.sqlite).await;
        let postgres = postgres(&mut migrated.postgres).await;
        assert!(sqlite.len() > 15, "this test no longer finds the tables: {:?}", sqlite.keys());
        let names = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&sqlite), names(&postgres), "tables");
        for (name, table) in &sqlite {
            assert_eq!(table, &postgres[name], "{name}: SQLite on the left, PostgreSQL on the right");
        }
        keys_keep_tenants_apart(&sqlite);
        text_sorts_by_bytes(&mut migrated.postgres).await;
    });
}

/// What belongs to a tenant is found by tenant first, and can hang on nothing of another tenant.
fn keys_keep_tenants_apart(schema: &Schema) {
    let owned: BTreeSet<&str> = schema
        .iter()
        .filter(|(_, table)| table.columns.contains_key("tenant_id"))
        .map(|(name, _)| name.as_str())
        .collect();
    for name in &owned {
        let table = &schema[*name];
        assert_eq!(table.primary.first().map(String::as_str), Some("tenant_id"), "{name}: primary key");
        for (columns, unique) in &table.indexes {
            let by_tenant = columns.first().map(String::as_str) == Some("tenant_id");
            assert!(by_tenant || !unique, "{name}: {columns:?} is unique across tenants");
        }
        for (columns, to, there, _) in &table.foreign {
            if owned.contains(to.as_str()) {
                let both =
                    columns.iter().zip(there).any(|(here, there)| here == "tenant_id" && there == here);
                assert!(both, "{name}: {columns:?} may name a row of {to} at another tenant");
            } else {
                assert_eq!(to, "tenants", "{name}: {columns:?} names {to}, which has no tenant");
            }
        }
    }
}

/// A text that sorts by a language's rules pages differently on the two engines.
async fn text_sorts_by_bytes(pg: &mut PgConnection) {
    const SQL: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
        AND table_name NOT LIKE '\\_sqlx%'";
    let found: Vec<(String, String)> = sqlx::query_as(SQL).fetch_all(pg).await.expect("the columns");
    assert!(found.is_empty(), "without COLLATE \"C\": {found:?}");
}

async fn sqlite(db: &mut SqliteConnection) -> Schema {
    const TABLES: &str =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
    let tables: Vec<(String,)> = sqlx::query_as(TABLES).fetch_all(&mut *db).await.expect("the tables");
    let mut schema = Schema::new();
    for (name,) in tables {
        schema.insert(name.clone(), sqlite_table(db, &name).await);
    }
    schema
}

async fn sqlite_table(db: &mut SqliteConnection, name: &str) -> Table {
    let mut table = Table::default();
    let sql = format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}') ORDER BY pk, cid");
    let columns: Vec<(String, String, bool, i64)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("the columns");
    for (column, kind, not_null, key) in columns {
        if key > 0 {
            table.primary.push(column.clone());
        }
        table.columns.insert(column, (kind, not_null));
    }
    let sql = format!("SELECT name, \"unique\" FROM pragma_index_list('{name}') WHERE origin <> 'pk'");
    let indexes: Vec<(String, bool)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("the indexes");
    for (index, unique) in indexes {
        let sql = format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno");
        let columns: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("an index's columns");
        table.indexes.insert((columns.into_iter().map(|(column,)| column).collect(), unique));
    }
    let sql = format!(
        "SELECT id, \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list('{name}') ORDER BY id, seq"
    );
    let parts: Vec<(i64, String, String, String, String)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("the foreign keys");
    let mut keys: BTreeMap<i64, (Columns, String, Columns, String)> = BTreeMap::new();
    for (id, to, here, there, on_delete) in parts {
        let key = keys.entry(id).or_insert_with(|| (Vec::new(), to, Vec::new(), on_delete));
        key.0.push(here);
        key.2.push(there);
    }
    table.foreign = keys.into_values().collect();
    table
}

async fn postgres(db: &mut PgConnection) -> Schema {
    const COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'NO'
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
    const INDEXES: &str = "SELECT t.relname::text, i.indisprimary, i.indisunique,
          array(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(attnum, n)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY k.n)
        FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
        WHERE s.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'";
    const FOREIGN: &str = "SELECT t.relname::text, r.relname::text, c.confdeltype = 'c',
          array(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY k.n),
          array(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
                JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum ORDER BY k.n)
        FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
        WHERE c.contype = 'f'";
    let mut schema = Schema::new();
    let columns: Vec<(String, String, String, bool)> =
        sqlx::query_as(COLUMNS).fetch_all(&mut *db).await.expect("the columns");
    for (table, column, kind, not_null) in columns {
        let kind = match kind.as_str() {
            "bigint" | "boolean" => "INTEGER",
            "uuid" | "bytea" => "BLOB",
            "text" | "json" | "jsonb" => "TEXT",
            other => panic!("{table}.{column}: SQLite has nothing like {other}"),
        };
        schema.entry(table).or_default().columns.insert(column, (kind.to_owned(), not_null));
    }
    let indexes: Vec<(String, bool, bool, Columns)> =
        sqlx::query_as(INDEXES).fetch_all(&mut *db).await.expect("the indexes");
    for (table, primary, unique, columns) in indexes {
        let table = schema.entry(table).or_default();
        if primary {
            table.primary = columns;
        } else {
            table.indexes.insert((columns, unique));
        }
    }
    let foreign: Vec<(String, String, bool, Columns, Columns)> =
        sqlx::query_as(FOREIGN).fetch_all(&mut *db).await.expect("the foreign keys");
    for (table, to, cascades, here, there) in foreign {
        let on_delete = if cascades { "CASCADE" } else { "NO ACTION" };
        schema.entry(table).or_default().foreign.insert((here, to, there, on_delete.to_owned()));
    }
    schema
}
