//! Apache with mod_auth_openidc, a client that nobody here wrote, and the quick start that sets it up.

use std::path::Path;

use signet_oauth::jwt::Alg;
use signet_testkit::{App, Engine, Tenant, TestApp, free_port, json, run, set_binary, tokio};
use tokio::process::{Child, Command};

use super::page::{Page, refreshes, start};
use crate::clients::program::{need, visit};
use crate::support::apps::{NewApp, Person};
use crate::support::client_key::{ClientKey, with_keys};

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

#[test]
fn mod_auth_openidc_proves_itself_by_a_key() {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Postgres, walk_with_a_key);
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

/// Apache with the page's configuration, in front of three files.
struct Site {
    dir: tempfile::TempDir,
    url: String,
    bye: String,
    _apache: Child,
}

impl Site {
    async fn start(acme: &Tenant, port: u16, web: &App, page: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).expect("Apache's workers may read it");
        let files = dir.path().join("files");
        for (name, text) in [("app/index.html", "inside"), ("api/orders.json", "[]"), ("bye.html", "outside")]
        {
            let file = files.join(name);
            std::fs::create_dir_all(file.parent().expect("a directory")).expect("its directory");
            std::fs::write(file, text).expect("the file");
        }
        let (url, bye) = addresses(port);
        let defines = [
            ("SIGNET_ISSUER", acme.issuer()),
            ("SIGNET_CLIENT_ID", web.client_id.clone()),
            ("SIGNET_CLIENT_SECRET", web.client_secret.clone().unwrap_or_else(|| "none".to_owned())),
            ("SIGNET_COOKIE_PASSPHRASE", "a passphrase of this test".replace(' ', "-")),
            ("SITE", url.clone()),
            ("SITE_FILES", files.display().to_string()),
        ];
        let defines: Vec<(&str, &str)> =
            defines.iter().map(|(name, value)| (*name, value.as_str())).collect();
        write_config(page, dir.path(), port, &defines);
        let mut command = Command::new(program());
        command
            .args(["-d", &dir.path().display().to_string(), "-DFOREGROUND", "-f"])
            .arg(dir.path().join("httpd.conf"));
        let apache = start(&mut command, port).await;
        Self { dir, url, bye, _apache: apache }
    }

    /// In, a fresh token, out.
    async fn walk_the_page(&self, acme: &Tenant, web: &App, person: &Person) {
        let browser = acme.visitor();
        let inside = format!("{}/app/", self.url);
        let away = browser.get(&inside).await.expect(302);
        let back = visit(&browser, away.location().as_str(), person).await;
        let landed = browser.get(&back).await.expect(302);
        assert_eq!(landed.location().as_str(), inside);
        let shown = browser.get(&inside).await.expect(200);
        let told = (shown.text(), shown.header("x-signed-in").map(str::to_owned));
        assert_eq!(told, ("inside".to_owned(), Some(person.login.clone())));
        drop(acme.wait_for_logs(&refreshes(web), 1).await);
        let away = browser.get(&format!("{}/app/callback?logout={}", self.url, self.bye)).await.expect(302);
        assert_eq!(visit(&browser, away.location().as_str(), person).await, self.bye);
        browser.get(&inside).await.expect(302);
    }

    fn assert_no_secrets_in_the_log(&self, app: &TestApp) {
        let log = std::fs::read(self.dir.path().join("error.log")).expect("Apache's log");
        app.canaries().assert_none_in("Apache's log", &log);
    }
}

/// Where the site is, and where it leads after a sign-out.
fn addresses(port: u16) -> (String, String) {
    (format!("http://localhost:{port}"), format!("http://localhost:{port}/bye.html"))
}

/// The app that the site is.
fn web(port: u16) -> NewApp {
    let (url, bye) = addresses(port);
    let web = NewApp::web().redirect_uris(&[&format!("{url}/app/callback")]);
    web.oauth("post_logout_redirect_uris", json!([bye]))
}

async fn walk(engine: Engine) {
    let app = TestApp::shared(engine).await;
    let acme = app.acme();
    let port = free_port();
    let web = web(port).make(&acme).await;
    let person = Person::new(&acme).await;
    let page = Page::read("apache.md").file("signet.conf");
    let site = Site::start(&acme, port, &web, &page).await;
    site.walk_the_page(&acme, &web, &person).await;

    // The API.
    let api = format!("{}/api/orders.json", site.url);
    let good = acme.client_credentials(&acme.service(), "orders:read").await.tokens().access_token.clone();
    assert_eq!(app.http().get(&api).bearer(&good).await.expect(200).text(), "[]");
    app.http().get(&api).await.expect(401);
    app.http().get(&api).bearer("no-token").await.expect(401);
    let other = person.code(&acme, &acme.web(), "openid").await.redeem(&acme, &acme.web()).await;
    let refused = app.http().get(&api).bearer(&other.access_token).await;
    assert!(matches!(refused.status, 401 | 403), "{}", refused.describe());
    acme.revoke(&acme.service(), &good).await.expect(200);
    app.http().get(&api).bearer(&good).await.expect(401);
    site.assert_no_secrets_in_the_log(&app);
}

async fn walk_with_a_key(engine: Engine) {
    let app = TestApp::shared(engine).await;
    let acme = app.acme();
    let port = free_port();
    let key = ClientKey::new(Alg::RS256);
    let web = with_keys(web(port), &acme, &[&key]).await;
    let person = Person::new(&acme).await;
    let keys = tempfile::tempdir().expect("a directory");
    let file = keys.path().join("key.pem");
    std::fs::write(&file, key.pkcs8_pem()).expect("the key");
    let public = keys.path().join("public.pem");
    std::fs::write(&public, key.rsa_public_pem()).expect("its public half");
    let page = Page::read("apache.md").file("signet.conf");
    let secret = "OIDCClientSecret ${SIGNET_CLIENT_SECRET}";
    assert!(page.contains(secret), "the page has another way");
    let kid = key.jwk["kid"].as_str().expect("a kid");
    let by_key = format!(
        "OIDCPublicKeyFiles {kid}#{}\nOIDCPrivateKeyFiles {kid}#{}\nOIDCProviderTokenEndpointAuth private_key_jwt",
        public.display(),
        file.display()
    );
    let site = Site::start(&acme, port, &web, &page.replacen(secret, &by_key, 1)).await;
    site.walk_the_page(&acme, &web, &person).await;
    site.assert_no_secrets_in_the_log(&app);
}
