//! Lists, searches and cursors stay within the tenant, and show no secrets.

use signet_testkit::{Call, Reply, Tenant, Value, json, on_each_engine};

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::openapi::{Operation, operations};

on_each_engine! {
    tx_10_foreign_and_edited_cursors_are_refused,
    tx_11_filters_name_public_fields_only,
    tx_12_searching_the_log_with_foreign_ids_finds_nothing,
    tx_25_no_get_answers_with_a_secret,
}

/// The cursor in the link to the next page.
fn next_cursor(reply: &Reply) -> Option<String> {
    let next = reply.headers_named("link").into_iter().find(|link| link.contains(r#"rel="next""#))?;
    let url = next.trim_start_matches('<').split('>').next()?;
    let url: signet_testkit::reqwest::Url = url.parse().ok()?;
    url.query_pairs().find(|(name, _)| name == "after").map(|(_, value)| value.into_owned())
}

async fn tx_10_foreign_and_edited_cursors_are_refused(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    for tenant in [&acme, &globex] {
        make::user(tenant, "tx10").await;
        make::web_app(tenant, &["password"]).await;
        make::server(tenant).await;
    }
    for list in ["/api/v1/users", "/api/v1/apps", "/api/v1/authorizationServers", "/api/v1/logs"] {
        let page = |tenant: &Tenant, after: &str| -> Call {
            tenant.api("GET", list).query([("limit", "1"), ("after", after)])
        };
        let first = |tenant: &Tenant| tenant.api("GET", list).query([("limit", "1")]);
        let ours = next_cursor(&first(&acme).await.expect(200));
        let theirs = next_cursor(&first(&globex).await.expect(200));
        let (Some(ours), Some(theirs)) = (ours, theirs) else { panic!("{list} has no second page") };
        page(&acme, &ours).await.expect(200);
        let mut bad = vec![
            theirs,
            ours[..ours.len() - 1].to_owned(),
            format!("{ours}A"),
            ours.chars().rev().collect(),
            "' OR 1=1 --".to_owned(),
            "1; DROP TABLE users".to_owned(),
            "00u0000000000000000000000".to_owned(),
            "\u{0}".to_owned(),
            "x".repeat(5_000),
        ];
        for at in [0, ours.len() / 2, ours.len() - 2] {
            let mut edited: Vec<char> = ours.chars().collect();
            edited[at] = if edited[at] == 'B' { 'C' } else { 'B' };
            bad.push(edited.into_iter().collect());
        }
        for cursor in bad {
            let reply = page(&acme, &cursor).await;
            assert_eq!(reply.status, 400, "{list} after {cursor:.60?}: {}", reply.describe());
        }
    }
}

async fn tx_11_filters_name_public_fields_only(app: Frozen) {
    let acme = app.acme();
    let fields =
        ["tenant_id", "tenant", "tenantId", "password_hash", "login_key", "words", "data", "epoch", "e.data"];
    for field in fields {
        for (list, parameter) in
            [("/api/v1/users", "filter"), ("/api/v1/users", "search"), ("/api/v1/logs", "filter")]
        {
            let filter = format!(r#"{field} eq "x""#);
            let reply = acme.api("GET", list).query([(parameter, filter.as_str())]).await;
            assert_eq!(reply.status, 400, "{list}?{parameter}={filter}: {}", reply.describe());
        }
    }
    for order in ["tenant_id", "password_hash", "published; DROP TABLE events", "1"] {
        let reply = acme.api("GET", "/api/v1/logs").query([("sortOrder", order)]).await;
        assert_eq!(reply.status, 400, "sortOrder={order}: {}", reply.describe());
    }
}

async fn tx_12_searching_the_log_with_foreign_ids_finds_nothing(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let user = make::user(&globex, "tx12").await;
    globex.code_flow_as(&globex.web(), "openid", &user.login, &user.password).await;
    let theirs = globex.wait_for_logs(&format!(r#"target.id eq "{}""#, user.id), 2).await;
    let client_id = globex.web().client_id;
    for event in &theirs {
        for (field, value) in [
            ("uuid", &event["uuid"]),
            ("transaction.id", &event["transaction"]["id"]),
            ("actor.id", &event["actor"]["id"]),
            ("target.id", &json!(user.id)),
            ("client.id", &json!(client_id)),
        ] {
            let Some(value) = value.as_str() else { continue };
            let found = acme.logs(&[("filter", &format!(r#"{field} eq "{value}""#))]).await;
            assert!(found.is_empty(), "{field} {value}: {found:#?}");
        }
    }
    for word in [user.login.as_str(), &user.id, &client_id] {
        let found = acme.logs(&[("q", word)]).await;
        assert!(found.is_empty(), "{word}: {found:#?}");
    }
    let all = acme.logs(&[("sortOrder", "DESCENDING")]).await;
    let text = Value::from(all).to_string();
    assert!(!text.contains(&globex.issuer()) && !text.contains(&user.login), "globex is in acme's log");
}

async fn tx_25_no_get_answers_with_a_secret(app: Frozen) {
    let acme = app.acme();
    let reader = read_only_token(&acme).await;
    let mut walked = 0;
    for operation in operations() {
        let Operation { method, path, operator, .. } = &operation;
        if method != "GET" || *operator || path.starts_with("/auth/") {
            continue;
        }
        secret_members(&operation);
        let Some(path) = operation.with_ids_of(&acme).await else { continue };
        let reply = acme.api_with(&reader, "GET", &path).await;
        // There is none, and without a number of days nothing is asked.
        let none = matches!(
            (reply.status, path.rsplit('/').next()),
            (404, Some("gateway")) | (400, Some("preview"))
        );
        assert!(none || matches!(reply.status, 200 | 403), "GET {path}: {}", reply.describe());
        acme.http().canaries().assert_none_in(&path, &reply.body);
        let text = reply.text();
        for word in ["$argon2", "BEGIN PRIVATE KEY", "\"d\":", "password_hash", "sealed_private"] {
            assert!(!text.contains(word), "GET {path} shows {word}: {text}");
        }
        walked += 1;
    }
    assert!(walked >= 10, "only {walked} GETs were walked");
}

/// No member of a described answer to a GET is a secret by its name.
#[track_caller]
fn secret_members(operation: &Operation) {
    for name in operation.members_of_answers() {
        let lower = name.to_lowercase();
        let secret =
            ["secret", "hash", "private", "sealed", "password_"].iter().any(|word| lower.contains(word));
        let harmless = [
            "client_secret_basic",
            "client_secret_post",
            "secret_hash",
            "clientSecrets",
            "enable_password_grant",
        ];
        let allowed = harmless.contains(&name.as_str()) && !lower.ends_with("hash")
            // A secret's own answer has a member for the one time that it is shown, which is the POST.
            || name == "client_secret"
            || name == "secret_hash";
        assert!(!secret || allowed, "{} {} answers with {name}", operation.method, operation.path);
    }
}

/// An API token of an administrator who may only read.
async fn read_only_token(tenant: &Tenant) -> String {
    let user = make::user(tenant, "tx25-reader").await;
    let role = json!({ "type": "READ_ONLY_ADMIN" });
    let reply = tenant.api("POST", &format!("/api/v1/users/{}/roles", user.id)).json(&role).await;
    assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
    let token = json!({ "name": make::unique("reader"), "userId": user.id });
    let reply = tenant.api("POST", "/api/v1/api-tokens").json(&token).await;
    assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
    let made = reply.json();
    let token = made["token"].as_str().or(made["value"].as_str()).expect("the token, once").to_owned();
    tenant.http().canaries().add(&token);
    token
}
