//! Every operation of the management API against everybody who may call it.
//!
//! Operations come from the API's own description, so a new one joins by itself. One that no row of [`FAMILIES`] names
//! is for who may do everything: the test fails until a row says otherwise, or nobody else gets in.

use signet_testkit::{Tenant, TestApp, Value, json, on_each_engine};

use crate::support::callers::{api_token, credential};
use crate::support::desk::Desk;
use crate::support::make::{self, unique};
use crate::support::openapi::{Operation, operations};
use crate::support::routes::host;

on_each_engine! {
    ad_01_every_operation_against_every_role_and_scope,
    ad_01_passwords_and_administrators_are_not_for_every_caller,
}

const ROLES: [&str; 4] = ["SUPER_ADMIN", "APP_ADMIN", "HELP_DESK_ADMIN", "READ_ONLY_ADMIN"];
const SCOPES: [&str; 4] = ["READ_USERS", "MANAGE_USERS", "READ_ALL", "MANAGE_ALL"];
/// Who may do everything.
const ALL: [&str; 2] = ["SUPER_ADMIN", "MANAGE_ALL"];
/// Who looks at everything.
const READERS: [&str; 2] = ["READ_ONLY_ADMIN", "READ_ALL"];

/// Who reads a family of paths, and who changes what is there, beside who may do everything.
type Family = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The first row that a path begins with counts.
const FAMILIES: &[Family] = &[
    // A role opens every other door.
    ("/api/v1/users/{id}/roles", &["HELP_DESK_ADMIN", "READ_USERS", "MANAGE_USERS"], &[]),
    (
        "/api/v1/users",
        &["HELP_DESK_ADMIN", "READ_USERS", "MANAGE_USERS"],
        &["HELP_DESK_ADMIN", "MANAGE_USERS"],
    ),
    // Who is in a group is told in whole profiles.
    ("/api/v1/groups/{groupId}/users", &["HELP_DESK_ADMIN", "READ_USERS", "MANAGE_USERS"], &["MANAGE_USERS"]),
    // Groups open doors of apps.
    ("/api/v1/groups", &["APP_ADMIN", "HELP_DESK_ADMIN", "READ_USERS", "MANAGE_USERS"], &["MANAGE_USERS"]),
    ("/api/v1/apps", &["APP_ADMIN"], &["APP_ADMIN"]),
    ("/api/v1/authorizationServers", &["APP_ADMIN"], &["APP_ADMIN"]),
    ("/api/v1/rate-policies", &["APP_ADMIN"], &["APP_ADMIN"]),
    ("/api/v1/api-tokens", &[], &[]),
    ("/api/v1/api-credentials", &[], &[]),
    ("/api/v1/alerts", &[], &[]),
    ("/api/v1/webhooks", &[], &[]),
    ("/api/v1/logs", &[], &[]),
    ("/api/v1/limits", &[], &[]),
    ("/api/v1/brand", &[], &[]),
    ("/api/v1/security", &[], &[]),
];

/// A caller gives its own token up, whatever it may.
const OWN_TOKEN: &str = "/api/v1/api-tokens/current";

/// Whether a caller may use an operation.
fn may(who: &str, operation: &Operation) -> bool {
    if ALL.contains(&who) || operation.path == OWN_TOKEN {
        return true;
    }
    let within = |family: &&Family| {
        let rest = operation.path.strip_prefix(family.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let Some((_, read, write)) = FAMILIES.iter().find(within) else { return false };
    match operation.method.as_str() {
        "GET" | "HEAD" => READERS.contains(&who) || read.contains(&who),
        _ => write.contains(&who),
    }
}

/// The operations at a tenant's host. Those under `/auth` take a credential's secret and ask for no right.
fn of_tenants() -> Vec<Operation> {
    let mut found = operations();
    found.retain(|operation| !operation.operator && operation.path.starts_with("/api/v1/"));
    // The token that is given up is used for the others first.
    found.sort_by_key(|operation| operation.path == OWN_TOKEN);
    found
}

/// A call of an operation about nothing that there is, whose body says nothing.
async fn status(tenant: &Tenant, operation: &Operation, authorization: Option<&str>) -> u16 {
    let segments = operation.path.split('/').map(|part| if part.starts_with('{') { "none" } else { part });
    let path = segments.collect::<Vec<_>>().join("/");
    let mut call = tenant.call(&operation.method, &path);
    if let Some(value) = authorization {
        call = call.header("authorization", value);
    }
    if operation.body().is_some() { call.json(&json!([])).await.status } else { call.await.status }
}

async fn ad_01_every_operation_against_every_role_and_scope(app: TestApp) {
    let acme = app.acme();
    let mut callers = Vec::new();
    for role in ROLES {
        callers.push((role, format!("SSWS {}", api_token(&acme, role).await)));
    }
    for scope in SCOPES {
        callers.push((scope, format!("Bearer {}", credential(&acme, scope).await.1)));
    }
    // Signed in at the console, and nobody: neither calls the API.
    let desk = Desk::of(&acme).await;
    let cookies = desk.visitor.jar().header(host(acme.origin()), "/").expect("cookies");
    let operations = of_tenants();
    assert!(operations.len() > 100, "{} operations", operations.len());
    for operation in &operations {
        let what = format!("{} {}", operation.method, operation.path);
        assert_eq!(status(&acme, operation, None).await, 401, "{what} for nobody");
        let path = operation.path.replace(['{', '}'], "");
        let call = acme.call(&operation.method, &path).header("cookie", &cookies);
        assert_eq!(call.await.status, 401, "{what} with the console's cookie");
        for (who, authorization) in &callers {
            let status = status(&acme, operation, Some(authorization)).await;
            assert!(status != 401 && status < 500, "{who} {what}: {status}");
            assert_eq!(status != 403, may(who, operation), "{who} {what}: {status}");
        }
    }
}

/// What a path and a method don't tell: whose account it is, and what is changed of it.
async fn ad_01_passwords_and_administrators_are_not_for_every_caller(app: TestApp) {
    let acme = app.acme();
    let admin = Desk::with_role(&acme, "READ_ONLY_ADMIN").await.1;
    let profile = |name: &str| json!({ "profile": { "firstName": name } });
    let password = json!({ "credentials": { "password": { "value": make::PASSWORD } } });
    let fresh = |with: &Value| {
        let (login, mail) =
            (format!("{}@acme.test", unique("made")), format!("{}@mail.test", unique("made")));
        let profile = json!({ "firstName": "A", "lastName": "B", "email": mail, "login": login });
        let mut body = with.clone();
        body["profile"] = profile;
        body
    };
    for (who, authorization) in [
        ("HELP_DESK_ADMIN", format!("SSWS {}", api_token(&acme, "HELP_DESK_ADMIN").await)),
        ("MANAGE_USERS", format!("Bearer {}", credential(&acme, "MANAGE_USERS").await.1)),
    ] {
        let send = async |method: &str, path: &str, body: &Value| {
            let call = acme.call(method, path).header("authorization", &authorization);
            call.json(body).unchecked().await.status
        };
        let user = make::user(&acme, "api-role").await;
        let path = format!("/api/v1/users/{}", user.id);
        let sets = if who == "HELP_DESK_ADMIN" { 200 } else { 403 };
        assert_eq!(send("POST", &path, &profile("Ada")).await, 200, "{who} changes a user");
        assert_eq!(send("POST", &path, &password).await, sets, "{who} sets a password");
        assert_eq!(send("POST", "/api/v1/users", &fresh(&json!({}))).await, 200, "{who} makes a user");
        // Whom one makes one gives a first password: it opens no account that there was.
        assert_eq!(
            send("POST", "/api/v1/users", &fresh(&password)).await,
            200,
            "{who} makes one with a password"
        );
        let path = format!("/api/v1/users/{}", admin.id);
        assert_eq!(send("POST", &path, &profile("Ada")).await, 403, "{who} changes an administrator");
        assert_eq!(send("POST", &path, &password).await, 403, "{who} sets an administrator's password");
        for (method, rest) in [
            ("POST", "/lifecycle/suspend"),
            ("POST", "/lifecycle/deactivate"),
            ("POST", "/lifecycle/expire_password"),
            ("DELETE", "/sessions"),
            ("DELETE", ""),
        ] {
            let call = acme.call(method, &format!("{path}{rest}")).header("authorization", &authorization);
            assert_eq!(call.await.status, 403, "{who} {method} {rest} of an administrator");
        }
    }
}
