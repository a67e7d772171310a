//! A tenant with a million users and ten million events: what its pages take, and how the engine finds what they show.
//!
//! The server makes its store and stops; the rows are written past it, as the server would have written them; then
//! the server runs on them and is asked over HTTP like by a browser. The figures stand beside the same server's
//! `/health/live`. Last, it is asked once more with its statements told, for the plans.

mod db;
mod dice;
mod events;
mod pages;
mod people;
mod plans;
mod visitor;

use crate::node::{Node, text};
use db::{Batch, Db};
use events::World;
use pages::{Known, Page, Who};
use plans::Plans;
use serde_json::json;
use signet_domain::Time;
use signet_domain::event::Entity;
use signet_domain::id::{AppId, EventId, GroupId, RequestId, ServerId, UserId};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use visitor::Visitors;

const PORT: u16 = 18084;
/// Apps beside the demo's: services, and apps that people use.
const SERVICES: usize = 60;
const APPS: usize = 120;
/// Times that a page is asked, unless that takes too long.
const TIMES: usize = 25;
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The signet binary.
    #[arg(long)]
    signet: PathBuf,
    /// Users of the tenant.
    #[arg(long, env = "SIGNET_BENCH_USERS", default_value_t = 1_000_000)]
    users: u32,
    /// Events of the tenant.
    #[arg(long, env = "SIGNET_BENCH_EVENTS", default_value_t = 10_000_000)]
    events: u32,
    /// Other tenants.
    #[arg(long, env = "SIGNET_BENCH_TENANTS", default_value_t = 10_000)]
    tenants: u32,
    /// An empty PostgreSQL database, by a user who may load `auto_explain`. Without it the embedded file is measured.
    #[arg(long, env = "SIGNET_BENCH_DATABASE_URL")]
    database_url: Option<String>,
    /// Where the file lies. A directory that is given is kept, and found filled in the next run.
    #[arg(long, env = "SIGNET_BENCH_DIR")]
    dir: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) {
    let kept = args.dir.is_some();
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("signet-bench-volume-{}", std::process::id())));
    std::fs::create_dir_all(&dir).unwrap();
    let filled = dir.join("filled");
    if !filled.exists() {
        fill(&args, &dir).await;
        std::fs::write(&filled, "").unwrap();
    }
    let known = known(&args, &dir).await;
    let node = start(&args, &dir, None).await;
    let pages = pages::all(&known);
    measure(&node, &pages).await;
    drop(node);
    let told = dir.join("statements.log");
    let plans = Plans::prepare(&dir.join("signet.db"), args.database_url.as_deref()).await;
    let node = start(&args, &dir, Some((plans.log(), &told))).await;
    plans.explain(Visitors::of(&node).await, &pages, &told).await;
    drop(node);
    if !kept {
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

async fn start(args: &Args, dir: &Path, log: Option<(&str, &Path)>) -> Node {
    let url: Vec<&str> = args.database_url.iter().flat_map(|url| ["--database-url", url.as_str()]).collect();
    Node::start_in(&args.signet, PORT, dir, &url, log).await
}

/// Has the server make its store, and fills it.
async fn fill(args: &Args, dir: &Path) {
    let node = start(args, dir, None).await;
    let mut apps = Vec::new();
    for n in 0..SERVICES + APPS {
        let (kind, grant, label) = match n {
            n if n < SERVICES => ("service", "client_credentials", format!("Service {n}")),
            n => ("web", "authorization_code", format!("App {n}")),
        };
        let redirects = if kind == "web" { json!(["https://app.example/callback"]) } else { json!([]) };
        let kinds = if kind == "web" { json!(["code"]) } else { json!(["token"]) };
        let app = json!({"name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
            "settings": {"oauthClient": {"application_type": kind, "grant_types": [grant],
                "response_types": kinds, "redirect_uris": redirects}}});
        let made = node.api("POST", "/api/v1/apps", &app).await;
        apps.push((text(&made["id"]).to_owned(), label));
    }
    drop(node);
    let mut db = open(args, dir).await;
    let now = Time(wall().0);
    let began = Time::from_secs(now.secs() - 400 * 86_400);
    let tenant = db.id("SELECT id FROM tenants WHERE name = 'acme'").await;
    let of_acme = "(SELECT id FROM tenants WHERE name = 'acme')";
    let server =
        db.id(&format!("SELECT id FROM servers WHERE tenant_id = {of_acme} AND slug = 'default'")).await;
    let admin = db
        .id(&format!("SELECT id FROM users WHERE tenant_id = {of_acme} AND login_key = 'admin@acme.test'"))
        .await;
    // The server may have counted what it did itself, in the hour in which the past ends.
    db.run("DELETE FROM hourly_counts; DELETE FROM hourly_events").await;
    let begun = Instant::now();
    people::tenants(&mut db, args.tenants, began).await;
    people::users(&mut db, tenant, args.users, began).await;
    println!("{} users and {} tenants in {:.0?}", args.users, args.tenants, begun.elapsed());
    let begun = Instant::now();
    let world = World {
        tenant,
        server: Entity::new("AuthorizationServer", ServerId(server), "default", "default"),
        apps,
        machines: SERVICES,
        admin: Entity::new("User", UserId(admin), "admin@acme.test", "Alex Admin"),
        users: args.users,
        began,
        now,
    };
    let (sender, mut batches) = tokio::sync::mpsc::channel::<Batch>(2);
    let events = args.events;
    let maker =
        std::thread::spawn(move || events::make(world, events, |batch| sender.blocking_send(batch).unwrap()));
    while let Some(batch) = batches.recv().await {
        db.insert(batch).await;
    }
    let (epoch, commit, seq) = maker.join().unwrap();
    // Counted and heard by the alerts.
    db.run(&format!(
        "DELETE FROM count_progress; INSERT INTO count_progress (id, epoch, txid, seq)
         VALUES (1, {epoch}, {commit}, {seq}), (2, {epoch}, {commit}, {seq})"
    ))
    .await;
    db.settle().await;
    println!("{events} events in {:.0?}", begun.elapsed());
}

async fn open(args: &Args, dir: &Path) -> Db {
    Db::open(&dir.join("signet.db"), args.database_url.as_deref()).await
}

fn wall() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_micros()).unwrap())
}

/// What the pages are about, from what there is.
async fn known(args: &Args, dir: &Path) -> Known {
    let mut db = open(args, dir).await;
    let of_acme = "tenant_id = (SELECT id FROM tenants WHERE name = 'acme')";
    let now = wall();
    let busy = db.id(&format!("SELECT id FROM users WHERE {of_acme} AND number = 1000")).await;
    let first = UserId(busy);
    let quiet = args.users - 1;
    let mut app = async |label: &str| {
        AppId(db.id(&format!("SELECT id FROM apps WHERE {of_acme} AND label = '{label}'")).await).to_string()
    };
    let (machine, busy_app) = (app("Service 0").await, app(&format!("App {SERVICES}")).await);
    let quiet_app = app(&format!("App {}", SERVICES + APPS - 1)).await;
    let event = |what: &str, kind: &str| {
        format!(
            "SELECT {what} FROM events WHERE {of_acme} AND epoch = 0 AND event_type = '{kind}' AND outcome = '{}'
             ORDER BY epoch, txid, seq LIMIT 1 OFFSET 20",
            if kind == "user_rate_limited" { "FAILURE" } else { "SUCCESS" }
        )
    };
    let began = began_of(first);
    Known {
        now,
        busy: people::person(0, began),
        quiet: people::person(quiet, began),
        machine,
        busy_app,
        quiet_app,
        server: ServerId(
            db.id(&format!("SELECT id FROM servers WHERE {of_acme} AND slug = 'default'")).await,
        )
        .to_string(),
        group: GroupId(
            db.id(&format!("SELECT id FROM user_groups WHERE {of_acme} AND name_key = 'everybody'")).await,
        )
        .to_string(),
        event: EventId(db.id(&event("id", "app.oauth2.as.authorize.code")).await).to_string(),
        request: RequestId(db.id(&event("request_id", "app.oauth2.as.authorize.code")).await).to_string(),
        throttled: EventId(db.id(&event("id", "user_rate_limited")).await).to_string(),
        tenant: format!("customer-{:05}", args.tenants / 2),
    }
}

/// When the first user was made, by the time in the id: it makes the others known.
fn began_of(first: UserId) -> Time {
    Time(i64::try_from(first.0.as_u128() >> 80).unwrap() * 1000)
}

/// Asks each page many times, in turns, and says what the middle one and the slow ones took.
async fn measure(node: &Node, pages: &[Page]) {
    let mut visitors = Visitors::of(node).await;
    println!("{:<34} {:>9} {:>9} {:>9} {:>8}", "page", "median ms", "p95 ms", "bytes", "at most");
    let mut slow = Vec::new();
    for page in pages {
        let first = visitors.ask(page).await;
        if page.who != Who::Nobody && first.status != 200 {
            println!("{:<34} answers {}: {}", page.name, first.status, first.start());
            continue;
        }
        let (mut times, begun) = (Vec::new(), Instant::now());
        while times.len() < TIMES && (times.len() < 3 || begun.elapsed() < PATIENCE) {
            times.push(visitors.ask(page).await.took.as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let (median, p95) = (times[times.len() / 2], times[(times.len() * 95 / 100).min(times.len() - 1)]);
        let late = median > f64::from(page.at_most);
        println!(
            "{:<34} {median:>9.1} {p95:>9.1} {:>9} {:>8}{}",
            page.name,
            first.body.len(),
            page.at_most,
            if late { "  SLOW" } else { "" }
        );
        if late {
            slow.push(page.name.as_str());
        }
    }
    println!(
        "slower than they may be: {}",
        if slow.is_empty() { "none".to_owned() } else { slow.join(", ") }
    );
}
