//! The quick starts of programs, which call an API: on a device with somebody's token, as a service with their own.

use std::path::Path;
use std::process::Stdio;

use signet_testkit::{Engine, Shared, TestApp, Visitor, free_port, run, set_binary, tokio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::page::{Page, refreshes, start};
use super::servers::check_api;
use crate::clients::program::{installed, node_dir, python, sources, visit};
use crate::support::apps::{Made, NewApp, Person};

/// The API of the page, which pages of this origin may call, and the address that is called; it ends with the child.
pub(crate) async fn api(app: &TestApp, origin: &str) -> (Child, TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let code = Page::read("api.md").file("api.py").replace("http://localhost:5173", origin);
    std::fs::write(dir.path().join("api.py"), code).expect("the file");
    let port = free_port();
    let mut command = Command::new(python());
    command.args(["-B", "api.py"]).current_dir(dir.path()).env("PORT", port.to_string());
    let child = start(command.env("ISSUER", app.acme().issuer()), port).await;
    (child, dir, format!("http://localhost:{port}/api/orders"))
}

fn sqlite(body: impl AsyncFnOnce(Shared)) {
    set_binary(env!("CARGO_BIN_EXE_signet-under-test"));
    run(Engine::Sqlite, |engine| async move { body(TestApp::shared(engine).await).await });
}

#[test]
fn the_api_quick_start_checks_tokens() {
    sqlite(async |app| {
        let (acme, (_api, _dir, url)) = (app.acme(), api(&app, "http://localhost:4711").await);
        check_api(&acme, &url, &acme.web()).await;
        for (origin, may) in [("http://localhost:4711", true), ("http://localhost:4712", false)] {
            let call = app.http().call("OPTIONS", &url).header("origin", origin);
            let call = call.header("access-control-request-method", "GET");
            let reply = call.header("access-control-request-headers", "authorization").await;
            assert_eq!(reply.header("access-control-allow-origin").is_some(), may, "{}", reply.describe());
        }
    });
}

#[test]
fn the_python_service_quick_start_works() {
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        serve(&app, "service-python.md", dir, &python().display().to_string(), &["-B", "service.py"]).await;
    });
}

#[test]
fn the_node_service_quick_start_works() {
    sqlite(async |app| {
        let dir = node_dir();
        std::fs::write(dir.path().join("package.json"), r#"{"type":"module"}"#).expect("package.json");
        serve(&app, "service-node.md", dir, "node", &["service.js"]).await;
    });
}

/// Where there is Go, which `scripts/test` doesn't install.
#[test]
fn the_go_service_quick_start_works() {
    let Some(go) = std::env::var_os("SIGNET_TEST_GO").filter(|go| !go.is_empty()) else { return };
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        let program = build_go(Path::new(&go), "service-go.md", dir.path()).await;
        serve(&app, "service-go.md", dir, &program, &[]).await;
    });
}

/// Compiled with the tests from a file that is the page's.
#[test]
fn the_rust_service_quick_start_works() {
    let page = Page::read("service-rust.md").file("src/main.rs");
    assert_eq!(
        page,
        include_str!("../../quickstart_service.rs"),
        "tests/quickstart_service.rs isn't what docs/quickstarts/service-rust.md says"
    );
    sqlite(async |app| {
        let dir = tempfile::tempdir().expect("a directory");
        serve(&app, "service-rust.md", dir, env!("CARGO_BIN_EXE_quickstart-service"), &[]).await;
    });
}

/// Writes a page's files, and builds them with the pinned modules.
pub(crate) async fn build_go(go: &Path, page: &str, dir: &Path) -> String {
    let home = installed().join("go");
    for file in ["go.mod", "go.sum"] {
        std::fs::copy(sources("go").join(file), dir.join(file)).expect("the pinned modules");
    }
    Page::read(page).write_into(dir);
    let mut build = Command::new(go);
    build.args(["build", "-o", "program", "."]).current_dir(dir).kill_on_drop(true);
    build.env("GOMODCACHE", home.join("modules")).env("GOCACHE", home.join("cache"));
    let built = build.env("GOFLAGS", "-mod=readonly").output().await.expect("go");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    dir.join("program").display().to_string()
}

/// Runs a service with an app of its own: with the right secret it gets an answer, with another one none.
async fn serve(app: &TestApp, page: &str, dir: TempDir, program: &str, args: &[&str]) {
    Page::read(page).write_into(dir.path());
    let acme = app.acme();
    let (_api, _api_dir, url) = api(app, "http://localhost:5173").await;
    let service = NewApp::service().make(&acme).await;
    for (secret, works) in [(service.client_secret.clone().expect("a secret"), true), ("wrong".into(), false)]
    {
        let mut command = Command::new(program);
        command.args(args).current_dir(dir.path()).env("API", &url).kill_on_drop(true);
        command.env("ISSUER", acme.issuer()).env("CLIENT_ID", &service.client_id);
        let done = command.env("CLIENT_SECRET", secret).stdin(Stdio::null()).output().await.expect("its end");
        let (said, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        let caller = said.starts_with("200 ") && said.contains(&service.client_id);
        assert_eq!((done.status.success(), caller), (works, works), "{page}: {said}\n{errors}");
    }
}

/// The program on a device, as somebody starts it.
struct Program {
    dir: TempDir,
    client: Made,
    settings: [(&'static str, String); 3],
}

impl Program {
    async fn begin(&self) -> (Child, tokio::io::Lines<BufReader<tokio::process::ChildStdout>>) {
        let mut command = Command::new(python());
        command.args(["-B", "program.py"]).current_dir(self.dir.path()).envs(self.settings.clone());
        // There is no browser; the program says where it would lead.
        command.env("BROWSER", "true").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the program");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        (child, lines)
    }

    /// Runs it; answers with where it asked to sign in, if it did, and what it said at the end.
    async fn run(&self, browser: &Visitor, person: &Person) -> (Option<String>, String) {
        let (mut child, mut lines) = self.begin().await;
        let (mut asked, mut said) = (None, Vec::new());
        while let Some(line) = lines.next_line().await.expect("its output") {
            let Some(url) = line.strip_prefix("Sign in at ") else {
                said.push(line);
                continue;
            };
            let back = visit(browser, url, person).await;
            assert!(back.starts_with("http://127.0.0.1:") && back.contains("/callback?"), "{back}");
            assert!(browser.get(&back).await.expect(200).text().contains("can be closed"));
            asked = Some(url.to_owned());
        }
        assert!(child.wait().await.expect("its end").success(), "{said:?}");
        (asked, said.join("\n"))
    }
}

#[test]
fn the_native_quick_start_works() {
    sqlite(async |app| {
        let acme = app.acme();
        let (_api, _dir, url) = api(&app, "http://localhost:5173").await;
        let native = NewApp::native().redirect_uris(&["http://127.0.0.1/callback"]).make(&acme).await;
        let settings = [("ISSUER", acme.issuer()), ("CLIENT_ID", native.client_id.clone()), ("API", url)];
        let dir = tempfile::tempdir().expect("a directory");
        Page::read("native-python.md").write_into(dir.path());
        let program = Program { dir, client: native, settings };
        let (person, browser) = (Person::new(&acme).await, acme.visitor());

        let (asked, said) = program.run(&browser, &person).await;
        let asked = asked.expect("it asks to sign in");
        assert!(asked.contains("code_challenge_method=S256"), "{asked}");
        for told in [&format!("Hello, {}.", person.login), "200 {", &person.id] {
            assert!(said.contains(told), "{told}: {said}");
        }
        // The next time it refreshes.
        let (asked, said) = program.run(&browser, &person).await;
        assert!(asked.is_none() && said.contains("200 {"), "{asked:?} {said}");
        drop(acme.wait_for_logs(&refreshes(&program.client), 1).await);
        // When that has ended it asks again.
        let kept = std::fs::read_to_string(program.dir.path().join("signed-in")).expect("what is kept");
        acme.revoke(&program.client, &kept).await.expect(200);
        let (asked, said) = program.run(&acme.visitor(), &person).await;
        assert!(asked.is_some() && said.contains("200 {"), "{asked:?} {said}");
        // An answer to another sign-in is none.
        std::fs::remove_file(program.dir.path().join("signed-in")).expect("what was kept");
        let (mut child, mut lines) = program.begin().await;
        let line = lines.next_line().await.expect("its output").expect("a line");
        let url: signet_testkit::reqwest::Url =
            line.trim_start_matches("Sign in at ").parse().expect("an address");
        let back = url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a way back").1;
        let issuer = acme.issuer();
        app.http().get(&format!("{back}?code=x&state=y&iss={issuer}")).await.expect(200);
        assert!(!child.wait().await.expect("its end").success(), "{line}");
    });
}
