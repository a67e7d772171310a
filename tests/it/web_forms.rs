//! Forms: whose they are, what they may say, and in which order.

use signet_testkit::{Reply, Shared, Visitor, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::console_routes::Ids;
use crate::support::desk::{Desk, the_form};
use crate::support::routes;

on_each_engine! {
    wb_01_a_form_needs_its_own_sessions_token,
    wb_01_every_address_of_the_console_that_takes_a_form,
    wb_02_a_foreign_page_signs_nobody_in,
    wb_07_consent_grants_what_the_server_stored,
    wb_12_steps_out_of_order_lead_back,
}

async fn wb_01_a_form_needs_its_own_sessions_token(app: Shared) {
    let acme = app.acme();
    let (desk, other) = (Desk::of(&acme).await, Desk::of(&acme).await);
    let client = NewApp::web().make(&acme).await;
    let person = Person::new(&acme).await;
    let server = crate::support::apps::server_id(&acme, "default").await;
    let foreign = the_form(&other.page("/console/users/new").await).get("csrf").unwrap().to_owned();
    let paths = [
        "/console/users/new".to_owned(),
        format!("/console/users/{}/edit", person.id),
        format!("/console/users/{}/password", person.id),
        format!("/console/users/{}/role", person.id),
        format!("/console/users/{}/deactivate", person.id),
        format!("/console/apps/{}/edit", client.id),
        format!("/console/apps/{}/off", client.id),
        format!("/console/apps/{}/secrets/new", client.id),
        "/console/credentials/tokens/new".to_owned(),
        "/console/credentials/clients/new".to_owned(),
        "/console/servers/new".to_owned(),
        format!("/console/servers/{server}/edit"),
        format!("/console/servers/{server}/roll"),
        format!("/console/servers/{server}/replace-keys"),
        format!("/console/servers/{server}/revoke-tokens"),
        format!("/console/servers/{server}/scopes/new"),
    ];
    for path in &paths {
        let page = desk.page(path).await;
        let form = the_form(&page);
        for token in [None, Some("x"), Some(foreign.as_str())] {
            let mut forged = form.clone();
            forged.remove("csrf");
            if let Some(token) = token {
                forged.set("csrf", token);
            }
            assert_eq!(desk.visitor.submit(&page, &forged).await.status, 403, "{path} with {token:?}");
        }
        let url = format!("{}{path}", acme.origin());
        let fields = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let call = desk.visitor.call("POST", &url).form(fields).header("sec-fetch-site", "cross-site");
        assert_eq!(desk.visitor.send(call).await.status, 403, "{path} from another site");
    }
    for action in ["unlock", "suspend", "sign-out", "sessions/x/end", "apps/x/revoke"] {
        let url = format!("{}/console/users/{}/{action}", acme.origin(), person.id);
        let call = desk.visitor.call("POST", &url).form([("csrf", foreign.as_str())]);
        assert_eq!(desk.visitor.send(call).await.status, 403, "{action}");
    }
    let read = acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
    assert_eq!(read["status"], "ACTIVE");
}

/// From the table of routes, so that nobody has to remember a new one.
async fn wb_01_every_address_of_the_console_that_takes_a_form(app: Shared) {
    let acme = app.acme();
    let (desk, other) = (Desk::of(&acme).await, Desk::of(&acme).await);
    let ids = Ids::make(&acme).await;
    let token = async |desk: &Desk| {
        let page = desk.page("/console/users/new").await;
        the_form(&page).get("csrf").expect("a token").to_owned()
    };
    let (own, foreign) = (token(&desk).await, token(&other).await);
    let posts: Vec<String> = routes::of_console()
        .iter()
        .filter(|(route, _, posts)| *posts && !route.starts_with("/console/sign-in"))
        .map(|(route, ..)| ids.fill(route))
        .collect();
    assert!(posts.len() > 60, "{} addresses", posts.len());
    for path in &posts {
        let url = format!("{}{path}", acme.origin());
        for fields in [vec![], vec![("csrf", "x")], vec![("csrf", foreign.as_str())]] {
            let what = format!("{path} with {fields:?}");
            let reply = desk.visitor.send(desk.visitor.call("POST", &url).form(fields)).await;
            assert_eq!(reply.status, 403, "{what}: {}", reply.describe());
        }
        let call = desk.visitor.call("POST", &url).form([("csrf", own.as_str())]);
        let reply = desk.visitor.send(call.header("sec-fetch-site", "cross-site")).await;
        assert_eq!(reply.status, 403, "{path} from another site: {}", reply.describe());
    }
}

async fn wb_02_a_foreign_page_signs_nobody_in(app: Shared) {
    let acme = app.acme();
    let attacker = Person::new(&acme).await;
    let login = format!("{}/login", acme.origin());
    let theirs = acme.visitor();
    let page = theirs.get(&login).await.expect(200);
    let mut form = page.page().sign_in_form().unwrap();
    form.set("login", &attacker.login).set("password", &attacker.password);
    let victim = acme.visitor();
    // A browser without any cookie of ours, and one with its own.
    victim.submit(&page, &form).await.expect(403);
    victim.get(&login).await.expect(200);
    victim.submit(&page, &form).await.expect(403);
    let signed_in = victim.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(signed_in.location().path(), "/login");
    // A flow is bound to the browser that began it.
    let client = NewApp::web().make(&acme).await;
    let request = acme.authorize(&client, "openid");
    let begun = theirs.open(&request.url()).await.expect(200);
    let stolen = victim.get(begun.url.as_str()).await;
    assert!(stolen.page().sign_in_form().is_none(), "{}", stolen.text());
}

/// A visitor at the consent page of an app that asks.
async fn at_consent(tenant: &signet_testkit::Tenant, scope: &str) -> (Visitor, Reply, signet_testkit::App) {
    let client = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(tenant).await;
    let person = Person::new(tenant).await;
    let visitor = tenant.visitor();
    let page = visitor.open(&tenant.authorize(&client, scope).url()).await;
    let page = visitor.sign_in(&page, &person.login, &person.password).await;
    assert!(page.page().consent_form().is_some(), "{}", page.describe());
    (visitor, page, (*client).clone())
}

async fn wb_07_consent_grants_what_the_server_stored(app: Shared) {
    let acme = app.acme();
    let (visitor, page, client) = at_consent(&acme, "openid orders:read").await;
    let mut form = page.page().consent_form().unwrap();
    form.agree();
    let evil = "https://evil.example/cb";
    for (name, value) in [
        ("scope", "openid orders:read email offline_access"),
        ("client_id", "somebody-else"),
        ("redirect_uri", evil),
        ("user", "00u0000"),
        ("state", "forged"),
    ] {
        form.set(name, value);
    }
    let reply = visitor.submit(&page, &form).await;
    let reply = visitor.follow(reply).await;
    if reply.is_redirect() {
        let to = reply.location();
        assert!(to.as_str().starts_with(&client.redirect_uri), "{to}");
        assert!(!to.query_pairs().any(|(n, v)| n == "state" && v == "forged"), "{to}");
    } else {
        assert!(reply.status >= 400, "{}", reply.describe());
    }
    let events = acme.logs(&[("filter", "eventType eq \"app.oauth2.as.consent.grant\"")]).await;
    let mine = events.iter().filter(|e| e.to_string().contains(&client.client_id));
    for event in mine {
        assert!(!event.to_string().contains("offline_access"), "{event}");
    }
}

async fn wb_12_steps_out_of_order_lead_back(app: Shared) {
    let acme = app.acme();
    let client = NewApp::web().oauth("consent_method", json!("REQUIRED")).make(&acme).await;
    let person = Person::new(&acme).await;
    let visitor = acme.visitor();
    let page = visitor.open(&acme.authorize(&client, "openid orders:read").url()).await;
    let form = page.page().sign_in_form().unwrap();
    // Empty: the same step again.
    let again = visitor.submit(&page, &form).await.expect(200);
    assert!(again.page().sign_in_form().is_some());
    // The next step's page before this one is done.
    let query = page.url.query().unwrap().to_owned();
    let early = visitor.open(&format!("{}/consent?{query}", acme.origin())).await;
    assert!(early.page().consent_form().is_none(), "{}", early.text());
    // With the next step's fields.
    let mut eager = form.clone();
    eager.set("decision", "allow").set("login", &person.login);
    let eager = visitor.submit(&page, &eager).await.expect(200);
    assert!(eager.page().sign_in_form().is_some());
    let consent = visitor.sign_in(&page, &person.login, &person.password).await;
    let mut allow = consent.page().consent_form().unwrap();
    // Empty: asked again, not granted.
    let undecided = visitor.submit(&consent, &allow.clone()).await;
    let undecided = visitor.follow(undecided).await;
    assert!(!undecided.is_redirect(), "{}", undecided.describe());
    allow.agree();
    let done = visitor.submit(&consent, &allow).await;
    assert!(done.location().query_pairs().any(|(name, _)| name == "code"), "{}", done.location());
    // Twice: no second code.
    let twice = visitor.submit(&consent, &allow).await;
    assert!(!twice.is_redirect() || !twice.location().query_pairs().any(|(name, _)| name == "code"));
    assert!(twice.status < 500);
}
