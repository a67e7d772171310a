//! How the engine goes about the statements of each page. The server tells its statements in its log: their text on
//! SQLite, which explains them without values, and on PostgreSQL the plans themselves, by `auto_explain`.

use super::pages::Page;
use super::visitor::Visitors;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

/// Tables that are large here, with the names that statements give them.
const LARGE: [&str; 8] = ["events", "e", "users", "u", "tenants", "t", "group_members", "hourly_counts"];

pub(super) enum Plans {
    Sqlite(SqliteConnection),
    Postgres,
}

/// A statement and the lines of its plan.
type Explained = (String, Vec<String>);

impl Plans {
    /// Before the server is started.
    pub(super) async fn prepare(file: &Path, url: Option<&str>) -> Self {
        let Some(url) = url else {
            let url = format!("sqlite://{}?mode=ro", file.display());
            return Self::Sqlite(SqliteConnection::connect(&url).await.unwrap());
        };
        const SETTINGS: [&str; 4] = [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_level = 'notice'",
            "client_min_messages = 'notice'",
        ];
        let mut conn = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql("LOAD 'auto_explain'").execute(&mut conn).await.unwrap();
        let (database,): (String,) =
            sqlx::query_as("SELECT quote_ident(current_database())").fetch_one(&mut conn).await.unwrap();
        for setting in SETTINGS {
            let sql = AssertSqlSafe(format!("ALTER DATABASE {database} SET {setting}"));
            sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        }
        Self::Postgres
    }

    /// What the server has to tell.
    pub(super) fn log(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "warn,sqlx::query=debug",
            Self::Postgres => "warn,sqlx::postgres::notice=debug",
        }
    }

    /// Asks each page once and tells by which indexes its statements go.
    pub(super) async fn explain(mut self, mut visitors: Visitors, pages: &[Page], told: &Path) {
        let mut told = File::open(told).unwrap();
        // What the server does by itself is no page's matter.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let idle: BTreeSet<String> =
            self.statements(&mut told).await.into_iter().map(|(statement, _)| statement).collect();
        let mut ways: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut full: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for page in pages {
            visitors.ask(page).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            for (statement, plan) in self.statements(&mut told).await {
                if idle.contains(&statement) {
                    continue;
                }
                for line in plan.iter().filter(|line| is_large(line)) {
                    ways.entry(line.clone()).or_default().insert(&page.name);
                    if is_full(line) {
                        full.entry(format!("{line}\n      {statement}")).or_default().insert(&page.name);
                    }
                }
            }
        }
        println!("\nways to the large tables, and how many pages go them:");
        for (way, pages) in &ways {
            println!("{:>4}  {way}", pages.len());
        }
        println!("\nfull scans of a large table: {}", if full.is_empty() { "none" } else { "" });
        for (scan, pages) in full {
            let pages: Vec<_> = pages.into_iter().collect();
            println!("    {scan}\n      on: {}", pages.join(", "));
        }
    }

    /// What was told since the last time.
    async fn statements(&mut self, told: &mut File) -> Vec<Explained> {
        let mut text = String::new();
        let place = told.stream_position().unwrap();
        told.read_to_string(&mut text).unwrap();
        // A line may be half written.
        let end = text.rfind('\n').map_or(0, |end| end + 1);
        told.seek(SeekFrom::Start(place + end as u64)).unwrap();
        let text = &text[..end];
        match self {
            Self::Postgres => plans_told(text),
            Self::Sqlite(conn) => {
                let mut all = Vec::new();
                for statement in statements_told(text) {
                    let plan = explain(conn, &statement).await;
                    all.push((statement, plan));
                }
                all
            }
        }
    }
}

async fn explain(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    if !statement.starts_with("SELECT") {
        return Vec::new();
    }
    let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let lines: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(conn).await.unwrap_or_default();
    lines.into_iter().map(|(.., line)| line).collect()
}

/// The statements in a log of `sqlx::query`: quoted, or if they are short, a summary.
fn statements_told(log: &str) -> Vec<String> {
    let quoted = |line: &str, name: &str| -> Option<String> {
        let from = line.split_once(&format!("{name}=\""))?.1;
        let mut text = String::new();
        let mut chars = from.chars();
        loop {
            match chars.next()? {
                '"' => return Some(text),
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    c => text.push(c),
                },
                c => text.push(c),
            }
        }
    };
    let told = |line: &str| {
        let whole = quoted(line, "db.statement").filter(|text| !text.is_empty());
        whole.or_else(|| quoted(line, "summary"))
    };
    log.lines().filter_map(told).map(|text| one_line(&text)).collect()
}

/// The plans in a log of notices: each has its statement in front.
fn plans_told(log: &str) -> Vec<Explained> {
    let log = log.replace("\\n", "\n");
    let mut all = Vec::new();
    for part in log.split("Query Text: ").skip(1) {
        let lines: Vec<&str> = part.lines().collect();
        let is_node = |line: &&str| line.contains("  (cost=");
        let begin = lines.iter().position(is_node).unwrap_or(lines.len());
        let statement = one_line(&lines[..begin].join(" "));
        let mut plan: Vec<String> = Vec::new();
        for line in &lines[begin..] {
            let line = line.trim_start_matches([' ', '-', '>']);
            match line.split_once("  (cost=") {
                Some((node, _)) => plan.push(node.to_owned()),
                None => {
                    if let (Some(cond), Some(node)) = (line.strip_prefix("Index Cond: "), plan.last_mut()) {
                        node.push_str(": ");
                        node.push_str(&anonymous(cond));
                    }
                }
            }
        }
        all.push((statement, plan));
    }
    all
}

/// A condition without its values.
fn anonymous(condition: &str) -> String {
    let mut text = String::new();
    let mut within = false;
    for part in condition.split('\'') {
        if !within {
            text.push_str(part);
        } else {
            text.push('?');
        }
        within = !within;
    }
    text.replace("?::uuid", "?").replace("?::bigint", "?").replace("?::text", "?")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_large(line: &str) -> bool {
    let words: Vec<&str> = line.split([' ', ':']).collect();
    let named = |n: usize| words.get(n).is_some_and(|word| LARGE.contains(word));
    match words.first() {
        Some(&("SCAN" | "SEARCH")) => named(1),
        _ => words.iter().position(|w| *w == "on").is_some_and(|on| {
            named(on + 1)
                || words.get(on + 1).is_some_and(|i| LARGE.iter().any(|l| l.len() > 1 && i.starts_with(l)))
        }),
    }
}

/// Whether a way leads past all of a table or of the tenant's part of it.
fn is_full(line: &str) -> bool {
    let whole_tenant = line.ends_with("(tenant_id=?)")
        || line
            .split_once(": ")
            .is_some_and(|(_, cond)| cond.contains("tenant_id") && !cond.contains(" AND "));
    line.starts_with("SCAN")
        || line.starts_with("Seq Scan")
        || line.starts_with("Parallel Seq Scan")
        || whole_tenant
}
