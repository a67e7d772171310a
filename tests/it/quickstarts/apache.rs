//! Apache with mod_auth_openidc, a client that nobody here wrote, and the quick start that sets it up.

use std::path::Path;

use signet_testkit::{Engine, TestApp, free_port, json, run, set_binary, tokio};
use tokio::process::Command;

use super::page::{Page, refreshes, start};
use crate::clients::program::{need, visit};
use crate::support::apps::{NewApp, Person};

/// Where Debian and its kin put modules; `scripts/test` sets it.
fn modules() -> String {
    std::env::var("SIGNET_TEST_APACHE_MODULES").unwrap_or_else(|_| "/usr/lib/apache2/modules".to_owned())
}

fn program() -> String {
    std::env::var("SIGNET_TEST_APACHE").unwrap_or_else(|_| "/usr/sbin/apache2".to_owned())
}

#[test]
fn mod_auth_openidc_protects_a_page_and_an_api() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, walk);
}

/// The page's configuration with a reader's values, and around it what a package brings.
fn write_config(page: &str, dir: &Path, port: u16, defines: &[(&str, &str)]) {
    let mut config = page.replace("127.0.0.1:3000", &format!("127.0.0.1:{port}"));
    config = config.replace("ServerName localhost:3000", &format!("ServerName localhost:{port}"));
    // So that every page load fetches a fresh token.
    let (before, always) = ("BeforeExpiry 60", "BeforeExpiry 3600");
    assert!(config.contains(before), "nothing refreshes any more");
    config = config.replace(before, always);
    for (name, value) in defines {
        let (start, rest) =
            config.split_once(&format!("Define {name} ")).unwrap_or_else(|| panic!("no {name}"));
        let (_, rest) = rest.split_once('\n').expect("more lines");
        config = format!("{start}Define {name} {value}\n{rest}");
    }
    let mut main = format!(
        "ServerRoot {dir}\nDefaultRuntimeDir {dir}\nPidFile {dir}/pid\nErrorLog {dir}/error.log\nLogLevel warn\n\
         Mutex file:{dir} default\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n",
        dir = dir.display()
    );
    for name in
        ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "dir", "mime", "auth_openidc"]
    {
        let file = format!("{}/mod_{name}.so", modules());
        need(Path::new(&file));
        main.push_str(&format!("LoadModule {name}_module {file}\n"));
    }
    main.push_str(&format!("TypesConfig /dev/null\nInclude {}/signet.conf\n", dir.display()));
    if is_root() {
        main.push_str("User nobody\nGroup nogroup\n");
    }
    std::fs::write(dir.join("signet.conf"), config).expect("the page's configuration");
    std::fs::write(dir.join("httpd.conf"), main).expect("the configuration");
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

async fn walk(engine: Engine) {
    let app = TestApp::shared(engine).await;
    let acme = app.acme();
    let port = free_port();
    let site = format!("http://localhost:{port}");
    let bye = format!("{site}/bye.html");
    let web = NewApp::web().redirect_uris(&[&format!("{site}/app/callback")]);
    let web = web.oauth("post_logout_redirect_uris", json!([bye])).make(&acme).await;
    let person = Person::new(&acme).await;

    let dir = tempfile::tempdir().expect("a directory");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).expect("Apache's workers may read it");
    let files = dir.path().join("files");
    for (name, text) in [("app/index.html", "inside"), ("api/orders.json", "[]"), ("bye.html", "outside")] {
        let file = files.join(name);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("its directory");
        std::fs::write(file, text).expect("the file");
    }
    let defines = [
        ("SIGNET_ISSUER", acme.issuer()),
        ("SIGNET_CLIENT_ID", web.client_id.clone()),
        ("SIGNET_CLIENT_SECRET", web.client_secret.clone().expect("a secret")),
        ("SIGNET_COOKIE_PASSPHRASE", "a passphrase of this test".replace(' ', "-")),
        ("SITE", site.clone()),
        ("SITE_FILES", files.display().to_string()),
    ];
    let defines: Vec<(&str, &str)> = defines.iter().map(|(name, value)| (*name, value.as_str())).collect();
    write_config(&Page::read("apache.md").file("signet.conf"), dir.path(), port, &defines);
    let mut command = Command::new(program());
    command
        .args(["-d", &dir.path().display().to_string(), "-DFOREGROUND", "-f"])
        .arg(dir.path().join("httpd.conf"));
    let _apache = start(&mut command, port).await;

    // The page: in, a fresh token, out.
    let browser = acme.visitor();
    let inside = format!("{site}/app/");
    let away = browser.get(&inside).await.expect(302);
    let back = visit(&browser, away.location().as_str(), &person).await;
    let landed = browser.get(&back).await.expect(302);
    assert_eq!(landed.location().as_str(), inside);
    let shown = browser.get(&inside).await.expect(200);
    assert_eq!((shown.text().as_str(), shown.header("x-signed-in")), ("inside", Some(person.login.as_str())));
    let filter = refreshes(&web);
    drop(acme.wait_for_logs(&filter, 1).await);
    let away = browser.get(&format!("{site}/app/callback?logout={bye}")).await.expect(302);
    assert_eq!(visit(&browser, away.location().as_str(), &person).await, bye);
    browser.get(&inside).await.expect(302);

    // The API.
    let api = format!("{site}/api/orders.json");
    let good = acme.client_credentials(&acme.service(), "orders:read").await.tokens().access_token.clone();
    assert_eq!(app.http().get(&api).bearer(&good).await.expect(200).text(), "[]");
    app.http().get(&api).await.expect(401);
    app.http().get(&api).bearer("no-token").await.expect(401);
    let other = person.code(&acme, &acme.web(), "openid").await.redeem(&acme, &acme.web()).await;
    let refused = app.http().get(&api).bearer(&other.access_token).await;
    assert!(matches!(refused.status, 401 | 403), "{}", refused.describe());
    acme.revoke(&acme.service(), &good).await.expect(200);
    app.http().get(&api).bearer(&good).await.expect(401);
    let log = std::fs::read(dir.path().join("error.log")).expect("Apache's log");
    app.canaries().assert_none_in("Apache's log", &log);
}
