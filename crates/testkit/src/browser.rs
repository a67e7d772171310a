//! A real Chromium.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::webdriver::{DriverError, Session};

/// Set by `scripts/test`.
const DRIVER: &str = "SIGNET_TEST_CHROMEDRIVER_URL";

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(10);

/// A browser with a profile of its own; closed when dropped.
pub struct Browser {
    session: Session,
    _profile: TempDir,
}

/// One line of the browser's console.
#[derive(Clone, Debug)]
pub struct ConsoleLine {
    /// `SEVERE`, `WARNING`, `INFO`.
    pub level: String,
    /// What it says.
    pub message: String,
}

impl Browser {
    /// Starts Chromium through the driver that `scripts/test` runs. It keeps cookies from frames of other sites.
    pub async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// The same, but frames of other sites have their cookies, as browsers once had it.
    pub async fn start_with_third_party_cookies() -> Self {
        Self::with(json!({ "profile.cookie_controls_mode": 0 })).await
    }

    async fn with(preferences: Value) -> Self {
        let driver = std::env::var(DRIVER).unwrap_or_else(|_| {
            panic!("tests in a browser need chromedriver at {DRIVER}: run ./scripts/test, which starts it")
        });
        let profile = tempfile::Builder::new().prefix("signet-browser-").tempdir().expect("a profile");
        let mut chrome = json!({ "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            "--window-size=1280,900",
            "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1",
            format!("--user-data-dir={}", profile.path().display()),
        ], "prefs": preferences });
        if let Ok(binary) = std::env::var("SIGNET_TEST_CHROMIUM") {
            chrome["binary"] = binary.into();
        }
        let session = Session::start(
            &driver,
            json!({
                "browserName": "chrome",
                "acceptInsecureCerts": true,
                "goog:chromeOptions": chrome,
                "goog:loggingPrefs": { "browser": "ALL" },
            }),
        )
        .await;
        Self { session, _profile: profile }
    }

    /// Opens a page and waits until it has loaded.
    pub async fn goto(&self, url: &str) {
        done(self.session.post("/url", json!({ "url": url })).await, url);
    }

    /// The address shown.
    pub async fn url(&self) -> String {
        text(done(self.session.get("/url").await, "the address"))
    }

    /// The title shown.
    pub async fn title(&self) -> String {
        text(done(self.session.get("/title").await, "the title"))
    }

    /// The page's source as it stands.
    pub async fn source(&self) -> String {
        text(done(self.session.get("/source").await, "the source"))
    }

    /// Replaces what is in a field.
    pub async fn fill(&self, css: &str, value: &str) {
        self.of(css, Method::POST, "clear", Some(json!({}))).await;
        self.press(css, value).await;
    }

    /// Clicks the first element that matches.
    pub async fn click(&self, css: &str) {
        self.of(css, Method::POST, "click", Some(json!({}))).await;
    }

    /// Presses keys in the first element that matches.
    pub async fn press(&self, css: &str, keys: &str) {
        self.of(css, Method::POST, "value", Some(json!({ "text": keys }))).await;
    }

    /// The visible text of the first element that matches.
    pub async fn text(&self, css: &str) -> String {
        text(self.of(css, Method::GET, "text", None).await)
    }

    /// An attribute of the first element that matches.
    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let value = self.of(css, Method::GET, &format!("attribute/{name}"), None).await;
        value.as_str().map(str::to_owned)
    }

    /// Asks something of the first element that matches; of the next one, where a script of the page put another
    /// in its place meanwhile.
    async fn of(&self, css: &str, method: Method, what: &str, body: Option<Value>) -> Value {
        let began = Instant::now();
        loop {
            let element = self.wait_for(css).await;
            let path = format!("/element/{element}/{what}");
            match self.session.command(method.clone(), &path, body.clone()).await {
                Err(error) if error.is_stale() && began.elapsed() < PATIENCE => {}
                answer => return done(answer, css),
            }
        }
    }

    /// How many elements match now.
    pub async fn count(&self, css: &str) -> usize {
        done(self.session.elements(css).await, css).len()
    }

    /// Waits until an element matches; answers the driver's id of it.
    pub async fn wait_for(&self, css: &str) -> String {
        let began = Instant::now();
        loop {
            // While a page gives way to the next, the driver may complain.
            if let Some(first) = self.session.elements(css).await.unwrap_or_default().into_iter().next() {
                return first;
            }
            if began.elapsed() > PATIENCE {
                panic!("nothing matches {css} at {}:\n{}", self.url().await, self.source().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the address begins so; answers the whole of it.
    pub async fn wait_for_url(&self, prefix: &str) -> String {
        let began = Instant::now();
        loop {
            let url = self.url().await;
            if url.starts_with(prefix) {
                return url;
            }
            if began.elapsed() > PATIENCE {
                panic!("wanted {prefix}…, still at {url}:\n{}", self.source().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs JavaScript (`return …`) in the page.
    pub async fn script(&self, script: &str, args: &[Value]) -> Value {
        done(self.session.post("/execute/sync", json!({ "script": script, "args": args })).await, script)
    }

    /// Runs JavaScript that calls its last argument with the result.
    pub async fn script_async(&self, script: &str, args: &[Value]) -> Value {
        done(self.session.post("/execute/async", json!({ "script": script, "args": args })).await, script)
    }

    /// The cookies of the page, as WebDriver shows them.
    pub async fn cookies(&self) -> Vec<Value> {
        let cookies = done(self.session.get("/cookie").await, "the cookies");
        cookies.as_array().cloned().unwrap_or_default()
    }

    /// Writes a picture of the window to `target/screenshots/NAME.png`.
    pub async fn screenshot(&self, name: &str) {
        let picture = text(done(self.session.get("/screenshot").await, "a screenshot"));
        keep(name, &picture);
    }

    /// Writes a picture of the whole page, however long it is, to `target/screenshots/NAME.png`.
    pub async fn picture(&self, name: &str) {
        let sizes = self.cdp("Page.getLayoutMetrics", json!({})).await;
        let size = |what: &str| sizes["cssContentSize"][what].as_f64().unwrap_or(0.0);
        // Longer than this nobody looks.
        let clip = json!({ "x": 0, "y": 0, "width": size("width"), "height": size("height").min(6000.0), "scale": 1 });
        let asked = json!({ "format": "png", "clip": clip, "captureBeyondViewport": true });
        let shot = self.cdp("Page.captureScreenshot", asked).await;
        keep(name, &text(shot["data"].clone()));
    }

    /// What the console said since it was last asked.
    pub async fn console(&self) -> Vec<ConsoleLine> {
        let lines = done(self.session.post("/se/log", json!({ "type": "browser" })).await, "the console");
        let lines = lines.as_array().cloned().unwrap_or_default();
        let line = |line: Value| ConsoleLine {
            level: text(line["level"].clone()),
            message: text(line["message"].clone()),
        };
        lines.into_iter().map(line).collect()
    }

    /// Fails the test if the console holds an error: a script that failed, or something the CSP refused.
    pub async fn assert_quiet(&self) {
        let errors: Vec<_> = self.console().await.into_iter().filter(|line| line.level == "SEVERE").collect();
        assert!(errors.is_empty(), "errors in the browser's console: {errors:#?}");
    }

    /// A command of the DevTools protocol.
    pub async fn cdp(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        done(self.session.post("/goog/cdp/execute", body).await, command)
    }

    /// Dark or light, as the system would say.
    pub async fn dark_mode(&self, dark: bool) {
        self.appearance(dark, false).await;
    }

    /// Dark or light, and with or without movement, as the system would say.
    pub async fn appearance(&self, dark: bool, still: bool) {
        let feature = |name: &str, value: &str| json!({ "name": name, "value": value });
        let features = [
            feature("prefers-color-scheme", if dark { "dark" } else { "light" }),
            feature("prefers-reduced-motion", if still { "reduce" } else { "no-preference" }),
        ];
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The size of the page's area.
    pub async fn viewport(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        // A scroll bar would take some of the width, which a telephone's doesn't.
        self.cdp("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// Whether pages may run scripts.
    pub async fn scripting(&self, enabled: bool) {
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": !enabled })).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session.end();
    }
}

fn keep(name: &str, picture: &str) {
    let bytes = base64::engine::general_purpose::STANDARD.decode(picture).expect("base64");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
    std::fs::create_dir_all(&dir).expect("a directory for screenshots");
    std::fs::write(dir.join(format!("{name}.png")), bytes).expect("the screenshot's file");
}

#[track_caller]
fn done<T>(result: Result<T, DriverError>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {}", error.0))
}

fn text(value: Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
