//! The command line beside a running server and without one.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use signet_testkit::{Engine, TestApp, Value, command, json, on_each_engine, serde_json};

on_each_engine! {
    the_card_and_the_file_say_the_same,
    a_second_start_finds_everything_as_it_was,
    mg_11_a_first_start_has_no_default_password,
    ad_14_production_refuses_what_only_a_demo_may_have,
    du_09_two_processes_cannot_open_one_store,
    a_taken_port_is_answered_with_the_command_that_takes_another,
    a_new_tenant_is_set_up_by_a_link_that_works_once,
    ad_15_a_link_is_made_by_who_runs_the_machine_and_closes_after_use,
    tx_20_a_removed_tenants_name_made_again_revives_nothing,
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// Every value in the file that somebody could sign in with.
fn secrets(app: &TestApp) -> Vec<String> {
    let text = std::fs::read_to_string(app.data_dir().join("dev-credentials.json")).expect("the file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = vec![file["operator"]["password"].clone()];
    for name in ["acme", "globex"] {
        let tenant = &file["tenants"][name];
        for path in [
            "/admin/password",
            "/user/password",
            "/apps/web/client_secret",
            "/apps/service/client_secret",
            "/api_token",
            "/api_credential/client_secret",
        ] {
            found.push(tenant.pointer(path).unwrap_or_else(|| panic!("no {path} for {name}")).clone());
        }
    }
    found.iter().map(|value| value.as_str().expect("a text").to_owned()).collect()
}

async fn the_card_and_the_file_say_the_same(app: TestApp) {
    let dir = app.data_dir();
    assert_eq!(mode(&dir.join("dev-credentials.json")), 0o600);
    assert_eq!(mode(&dir.join("control.sock")), 0o600);
    let card = app.command(&["card"]).await.ok();
    let acme = app.acme();
    for told in [acme.origin(), &acme.issuer(), app.operator_url(), acme.user().0, acme.user().1] {
        assert!(card.contains(told), "{told} is missing in\n{card}");
    }
    for curl in ["grant_type=client_credentials", "grant_type=password", "/auth/rate_limit"] {
        assert!(card.contains(curl), "no curl with {curl} in\n{card}");
    }
    for secret in secrets(&app) {
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric()), "{secret} needs quoting in a shell");
    }
    // Without a terminal only the file's path is printed: logs are kept, and shown to people.
    let printed = app.output();
    assert!(printed.contains("dev-credentials.json"), "{printed}");
    assert!(!printed.contains(acme.user().1), "a password was printed");
}

async fn a_second_start_finds_everything_as_it_was(app: TestApp) {
    let (before, acme) = (secrets(&app), app.acme());
    let tokens = acme.client_credentials(&acme.service(), "orders:read").await.tokens();
    app.stop().await;
    app.start_again().await;
    assert_eq!(secrets(&app), before);
    assert!(acme.is_active(&acme.web(), &tokens.access_token).await, "a token of the first life");
    let (login, password) = acme.user();
    acme.password(&acme.web(), login, password, "openid").await.expect(200);
}

/// Two first starts have no secret in common.
async fn mg_11_a_first_start_has_no_default_password(engine: Engine) {
    let (one, two) = (TestApp::start(engine).await, TestApp::start(engine).await);
    let (one, two) = (secrets(&one), secrets(&two));
    assert!(one.iter().all(|secret| !two.contains(secret)), "a secret that is the same everywhere");
}

async fn ad_14_production_refuses_what_only_a_demo_may_have(app: TestApp) {
    app.stop().await;
    let dir = app.data_dir();
    let made = command(dir, &["key", "new"], &[]).await.ok();
    let again = command(dir, &["key", "new"], &[]).await.ok();
    assert_ne!(made, again, "a key is made by chance");
    let file = |name: &str, text: &str, mode: u32| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("a key file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("its mode");
        path.to_str().expect("a path in UTF-8").to_owned()
    };
    let (short, zeros) = (file("short.key", "c2hvcnQ=", 0o600), file("zeros.key", &"A".repeat(43), 0o600));
    let (open, good) = (file("open.key", &made, 0o644), file("good.key", &made, 0o600));
    let serve = async |more: &[&str]| {
        let listen = format!("127.0.0.1:{}", app.port());
        let mut args = vec!["serve", "--listen", &listen, "--data-dir", dir.to_str().expect("a path")];
        if let Some(url) = app.database_url() {
            args.extend(["--database-url", url]);
        }
        args.extend(more);
        command(dir, &args, &[]).await
    };
    serve(&[]).await.refused("--master-key-file");
    for weak in [&short, &zeros, &open] {
        serve(&["--master-key-file", weak]).await.refused("key");
    }
    serve(&["--master-key-file", &good]).await.refused("demo remove");
    for plain in ["http://id.example.com", "http://192.0.2.1"] {
        serve(&["--master-key-file", &good, "--public-url", plain]).await.refused("https");
    }
    let misspelled = [("SIGNET_PUBLIK_URL", "https://id.example.com")];
    command(dir, &["serve"], &misspelled).await.refused("SIGNET_PUBLIK_URL");
}

async fn du_09_two_processes_cannot_open_one_store(app: TestApp) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
    let listen = format!("127.0.0.1:{free}");
    let url = format!("http://localhost:{free}");
    let dev = ["dev", "--listen", &listen, "--public-url", &url];
    app.command(&dev).await.refused("another server runs on");
    if app.engine() == Engine::Sqlite {
        // The file is locked, whoever knows of whom.
        std::fs::remove_file(app.data_dir().join("control.sock")).expect("the socket");
        app.command(&dev).await.refused("in use by another signet");
    }
    app.acme().client_credentials(&app.acme().service(), "orders:read").await.expect(200);
}

async fn a_taken_port_is_answered_with_the_command_that_takes_another(app: TestApp) {
    let (dir, listen) = (tempfile::tempdir().expect("a directory"), format!("127.0.0.1:{}", app.port()));
    let data = dir.path().join("data");
    let data = data.to_str().expect("a path in UTF-8");
    let second = command(dir.path(), &["dev", "--listen", &listen, "--data-dir", data], &[]).await;
    second.refused(&format!("port {} is in use by another program: run `signet --listen", app.port()));
    assert!(!dir.path().join("data/signet.db").exists(), "a store was made for nothing");
}

/// Creates a tenant; gives its origin and the link.
async fn create(app: &TestApp, name: &str) -> (String, String) {
    let origin = format!("http://{name}.localhost:{}", app.port());
    let args = ["tenant", "create", name, "--url", &origin, "--default-domain", "initech.test"];
    let said = app.command(&args).await.ok();
    let link = said.lines().last().expect("a link").trim().to_owned();
    assert!(link.starts_with(&origin), "{said}");
    (origin, link)
}

async fn a_new_tenant_is_set_up_by_a_link_that_works_once(app: TestApp) {
    let (origin, link) = create(&app, "initech").await;
    let visitor = app.acme().visitor();
    let page = visitor.open(&link).await.expect(200);
    let mut form = page.page().forms().into_iter().next().expect("the form");
    form.set("login", "bill").set("password", "a long passphrase").set("password_again", "another one");
    let unequal = visitor.submit(&page, &form).await.expect(400);
    assert!(unequal.page().text().contains("differ"), "{}", unequal.describe());
    form.set("password_again", "a long passphrase");
    let done = visitor.submit(&page, &form).await;
    assert!(done.is_redirect(), "{}", done.describe());
    // The administrator signs in to the console, by the short form of the login.
    let page = visitor.open(&format!("{origin}/console")).await.expect(200);
    let console = visitor.sign_in(&page, "bill", "a long passphrase").await;
    let console = visitor.follow(console).await.expect(200);
    assert!(console.page().text().contains("System log"), "{}", console.describe());
    // The server `default` is there from birth.
    let discovery = app.http().get(&format!("{origin}/oauth2/default/.well-known/openid-configuration"));
    assert_eq!(discovery.await.expect(200).json()["issuer"], json!(format!("{origin}/oauth2/default")));
}

async fn ad_15_a_link_is_made_by_who_runs_the_machine_and_closes_after_use(app: TestApp) {
    // Without the server the command opens the store itself.
    app.stop().await;
    let (origin, link) = create(&app, "initech").await;
    app.start_again().await;
    let (first, second) = (app.acme().visitor(), app.acme().visitor());
    let (page, late) = (first.open(&link).await.expect(200), second.open(&link).await.expect(200));
    for (visitor, page, won) in [(&first, &page, true), (&second, &late, false)] {
        let mut form = page.page().forms().into_iter().next().expect("the form");
        let login = if won { "bill" } else { "mallory" };
        form.set("login", login)
            .set("password", "a long passphrase")
            .set("password_again", "a long passphrase");
        assert_eq!(visitor.submit(page, &form).await.is_redirect(), won, "{login}");
    }
    let gone = first.open(&link).await;
    assert!((400..500).contains(&gone.status), "{}", gone.describe());
    for wrong in ["/setup", "/setup?token=", "/setup?token=guessed"] {
        let reply = first.open(&format!("{origin}{wrong}")).await;
        assert!((400..500).contains(&reply.status), "{wrong}: {}", reply.describe());
    }
}

async fn tx_20_a_removed_tenants_name_made_again_revives_nothing(app: TestApp) {
    create(&app, "initech").await;
    let acme = app.acme();
    let flow = acme.code_flow(&acme.browser_app(), "openid offline_access").await;
    let visitor = flow.visitor.clone();
    let tokens = flow.redeem(&acme, &acme.browser_app()).await;
    let (api_token, url) = (app.credentials().tenants.acme.api_token.clone(), acme.origin().to_owned());
    acme.api("GET", "/api/v1/users").await.expect(200);

    let said = app.command(&["demo", "remove"]).await.ok();
    assert!(said.contains("acme") && said.contains("globex") && !said.contains("initech"), "{said}");
    assert!(!app.data_dir().join("dev-credentials.json").exists());
    app.command(&["card"]).await.refused("no demo");
    acme.get("/oauth2/default/v1/keys").await.expect(404);
    let again = app.command(&["demo", "remove"]).await.ok();
    assert!(again.contains("no demo tenant"), "{again}");

    let made = ["tenant", "create", "acme", "--url", &url, "--default-domain", "acme.test"];
    app.command(&made).await.ok();
    acme.get("/oauth2/default/v1/keys").await.expect(200);
    acme.userinfo(&tokens.access_token).await.expect(401);
    acme.refresh(&acme.browser_app(), tokens.refresh()).await.expect_oauth_error(401, "invalid_client");
    acme.client_credentials(&acme.service(), "orders:read").await.expect_oauth_error(401, "invalid_client");
    acme.api_with(&api_token, "GET", "/api/v1/users").await.expect(401);
    let page = visitor.open(&format!("{url}/console")).await;
    assert!(page.page().sign_in_form().is_some(), "the old cookie is nothing: {}", page.describe());
    // The operator's demo login is gone, too; the other tenant isn't.
    let initech = format!("http://initech.localhost:{}/oauth2/default/v1/keys", app.port());
    app.http().get(&initech).await.expect(200);
}
