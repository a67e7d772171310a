//! The users as a file: whom it has, what it says of them, and who may take it.

use signet_testkit::{Engine, Shared, Tenant, TestApp, json, on_each_engine};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::support::desk::Desk;
use crate::support::make::{PASSWORD, step, unique, user};

on_each_engine! {
    the_users_of_a_tab_and_a_search_are_a_file,
    what_could_be_a_formula_is_text,
    every_user_is_in_the_file_once_however_many_there_are,
    a_locked_login_is_told,
    who_sees_users_may_take_the_file_and_the_log_tells,
}

const HEAD: &str = "login,first_name,last_name,email,status,role,created,last_sign_in,last_changed";

/// The lines of the file behind its head, in cells.
async fn lines(desk: &Desk, query: &str) -> Vec<Vec<String>> {
    let text = desk.page(&format!("/console/users/export.csv{query}")).await.text();
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next(), Some(HEAD), "{text}");
    assert!(text.ends_with("\r\n"), "the last line is whole");
    let cells = |line: &str| {
        let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).expect("quoted cells");
        line.split("\",\"").map(str::to_owned).collect::<Vec<_>>()
    };
    lines.filter(|line| !line.is_empty()).map(cells).collect()
}

fn logins(lines: &[Vec<String>]) -> Vec<&str> {
    lines.iter().map(|cells| cells[0].as_str()).collect()
}

/// Makes a user with a given name.
async fn named(tenant: &Tenant, first: &str) -> String {
    let login = format!("{}@{}.test", unique("csv"), tenant.name);
    let body = json!({ "profile": { "login": login, "email": format!("{login}.mail"), "firstName": first,
        "lastName": "Quince, \"Q\"" } });
    tenant.api("POST", "/api/v1/users").json(&body).await.expect(200);
    login
}

async fn the_users_of_a_tab_and_a_search_are_a_file(app: Shared) {
    let (acme, globex) = (app.acme(), app.globex());
    let desk = Desk::of(&acme).await;
    let stem = unique("file");
    let (on, off) = (user(&acme, &stem).await, user(&acme, &stem).await);
    step(&acme, &off, "suspend").await;
    let theirs = user(&globex, &stem).await;
    let reply = desk.page(&format!("/console/users/export.csv?q={stem}")).await;
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = reply.header("content-disposition").expect("a name").to_owned();
    assert!(name.starts_with("attachment; filename=\"users-2") && name.ends_with(".csv\""), "{name}");
    let found = lines(&desk, &format!("?q={stem}")).await;
    assert_eq!(logins(&found), [on.login.as_str(), &off.login]);
    let [login, first, last, email, status, role, created, signed_in, changed] = &found[0][..] else {
        panic!("{found:?}");
    };
    assert_eq!([login, first, last, status, role], [&on.login, "Test", "User", "ACTIVE", ""]);
    assert!(email.ends_with("@mail.test") && created.ends_with('Z') && changed.ends_with('Z'), "{found:?}");
    assert_eq!((signed_in.as_str(), found[1][4].as_str()), ("", "SUSPENDED"));
    acme.sign_in("/login", &on.login, &on.password).await;
    assert!(
        lines(&desk, &format!("?q={}", on.login)).await[0][7].ends_with('Z'),
        "the last sign-in is there"
    );

    // The tab by itself, and both together, as the page's link has them.
    let page = desk.page(&format!("/console/users?q={stem}&status=SUSPENDED")).await.page();
    let link = page.attributes("a[download]", "href").remove(0);
    let part = lines(&desk, link.strip_prefix("/console/users/export.csv").expect("the file")).await;
    assert_eq!(logins(&part), [off.login.as_str()]);
    let suspended = lines(&desk, "?status=SUSPENDED").await;
    assert!(suspended.iter().all(|cells| cells[4] == "SUSPENDED"));
    assert!(logins(&suspended).contains(&off.login.as_str()));
    let (_, helper) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let administrators = lines(&desk, "?status=ADMINISTRATORS").await;
    assert!(administrators.iter().all(|cells| !cells[5].is_empty()));
    let own = administrators.iter().find(|cells| cells[0] == helper.login).expect("an administrator");
    assert_eq!(own[5], "HELP_DESK_ADMIN");

    // Nobody of another tenant is in any of them, and nobody at all in one that finds none.
    let all = lines(&desk, "").await;
    assert!(logins(&all).contains(&on.login.as_str()) && !logins(&all).contains(&theirs.login.as_str()));
    let theirs_seen = lines(&Desk::of(&globex).await, "").await;
    assert!(logins(&theirs_seen).contains(&theirs.login.as_str()));
    assert!(
        !logins(&theirs_seen).iter().any(|login| [&on.login, &off.login].contains(&&(*login).to_owned()))
    );
    assert!(lines(&desk, &format!("?q=no-{stem}")).await.is_empty());
    let none = desk.page(&format!("/console/users?q=no-{stem}")).await.page();
    assert!(none.attributes("a[download]", "href").is_empty(), "there is nothing to take");
}

async fn what_could_be_a_formula_is_text(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let login = named(&acme, "=HYPERLINK(1)").await;
    let text = desk.page(&format!("/console/users/export.csv?q={login}")).await.text();
    let line = text.lines().nth(1).expect("a line");
    assert!(line.starts_with(&format!("\"{login}\",\"'=HYPERLINK(1)\",\"Quince, \"\"Q\"\"\",")), "{line}");
    let dark = named(&acme, "\u{202e}txt.").await;
    let text = desk.page(&format!("/console/users/export.csv?q={dark}")).await.text();
    assert!(!text.contains('\u{202e}') && text.contains("U+202E"), "what can't be seen is shown: {text}");
}

async fn every_user_is_in_the_file_once_however_many_there_are(app: TestApp) {
    const MANY: u32 = 1_300;
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let last = user(&acme, "many-last").await;
    fill(&app, MANY).await;
    let all = lines(&desk, "").await;
    let mut found = logins(&all);
    let read = found.len();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), read, "nobody is in it twice");
    for n in [1, 500, 501, MANY] {
        assert!(found.contains(&format!("many-{n}@acme.test").as_str()), "{n}");
    }
    assert!(found.contains(&last.login.as_str()));
    // More than a part begin so, and fewer than one.
    assert_eq!(lines(&desk, "?q=MANY-").await.len(), 1 + usize::try_from(MANY).unwrap());
    assert_eq!(lines(&desk, "?q=many-12").await.len(), 111);
    assert_eq!(lines(&desk, "?q=many-&status=ADMINISTRATORS").await.len(), 0);
    let staged = lines(&desk, "?q=many-&status=PROVISIONED").await;
    assert_eq!(staged.len(), usize::try_from(MANY).unwrap());
}

/// Copies of a user, without passwords.
async fn fill(app: &TestApp, count: u32) {
    let copy = |number: &str, series: &str, id: &str| {
        format!(
            "INSERT INTO users (tenant_id, id, number, login, login_key, email, email_key, first_name, first_key,
               last_name, last_key, profile, status, demo, version, created_at, updated_at)
             SELECT u.tenant_id, {id}, 1000000 + {number}, 'many-' || {number} || '@acme.test',
               'many-' || {number} || '@acme.test', u.email, u.email_key, u.first_name, u.first_key, u.last_name,
               u.last_key, u.profile, 'PROVISIONED', u.demo, 1, u.created_at, u.updated_at
             FROM (SELECT u.* FROM users u JOIN tenants t ON t.id = u.tenant_id
               WHERE t.name = 'acme' AND u.login_key LIKE 'many-last%') u, {series}"
        )
    };
    match app.engine() {
        Engine::Sqlite => {
            let url = format!("sqlite://{}", app.data_dir().join("signet.db").display());
            let mut db = sqlx::SqliteConnection::connect(&url).await.expect("the store");
            let series = format!(
                "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) SELECT n FROM n) s"
            );
            db.execute(AssertSqlSafe(copy("s.n", &series, "randomblob(16)"))).await.expect("rows");
        }
        Engine::Postgres => {
            let url = app.database_url().expect("a database");
            let mut db = sqlx::PgConnection::connect(url).await.expect("the store");
            let series = format!("generate_series(1, {count}) s(n)");
            db.execute(AssertSqlSafe(copy("s.n", &series, "gen_random_uuid()"))).await.expect("rows");
        }
    }
}

async fn a_locked_login_is_told(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (locked, free) = (user(&acme, "csv-locked").await, user(&acme, "csv-free").await);
    for n in 0..30 {
        acme.sign_in("/login", &locked.login, &format!("{PASSWORD}-{n}")).await;
    }
    let status = async |login: &str| lines(&desk, &format!("?q={login}")).await[0][4].clone();
    assert_eq!(
        (status(&locked.login).await, status(&free.login).await),
        ("LOCKED_OUT".into(), "ACTIVE".into())
    );
    assert_eq!(logins(&lines(&desk, "?status=LOCKED_OUT").await), [locked.login.as_str()]);
}

async fn who_sees_users_may_take_the_file_and_the_log_tells(app: Shared) {
    let acme = app.acme();
    let own =
        |id: &str| format!("eventType eq \"analytics.reports.export.download\" and actor.id eq \"{id}\"");
    for role in ["READ_ONLY_ADMIN", "HELP_DESK_ADMIN"] {
        let (desk, person) = Desk::with_role(&acme, role).await;
        let link = desk.page("/console/users").await.page().attributes("a[download]", "href");
        assert_eq!(link, ["/console/users/export.csv"], "{role}");
        lines(&desk, &format!("?status=SUSPENDED&q={}", person.login)).await;
        let event = acme.wait_for_logs(&own(&person.id), 1).await.remove(0);
        assert_eq!(event["displayMessage"], "Report was downloaded");
        let facts = &event["debugContext"]["debugData"];
        assert_eq!((&facts["report"], &facts["export"]), (&json!("users"), &json!("csv")));
        assert_eq!((&facts["part"], &facts["search"]), (&json!("SUSPENDED"), &json!(person.login)));
        let id = event["uuid"].as_str().expect("an id");
        let told = Desk::of(&acme).await.page(&format!("/console/log/{id}")).await.page().text();
        assert!(told.contains(&format!("{} downloaded a list of users", person.login)), "{told}");
    }
    let (desk, person) = Desk::with_role(&acme, "APP_ADMIN").await;
    assert_eq!(desk.get("/console/users/export.csv").await.status, 403);
    let events = acme.logs(&[("filter", own(&person.id).as_str())]).await;
    assert!(events.is_empty(), "{events:?}");
}
