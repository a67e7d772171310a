//! The little of WebDriver that the tests need, over the tests' HTTP client library.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session at the driver.
#[derive(Clone)]
pub(crate) struct Session {
    client: Client,
    url: String,
}

/// The driver's complaint.
#[derive(Debug)]
pub(crate) struct DriverError(pub(crate) String);

impl DriverError {
    /// The page replaced the element after it was found, before it was used.
    pub(crate) fn is_stale(&self) -> bool {
        self.0.starts_with("stale element reference")
    }
}

impl Session {
    pub(crate) async fn start(driver: &str, capabilities: Value) -> Self {
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client for the driver");
        let mut session = Self { client, url: format!("{}/session", driver.trim_end_matches('/')) };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let made = session.command(Method::POST, "", Some(wanted)).await;
        let made = made.unwrap_or_else(|error| panic!("no browser at {driver}: {}", error.0));
        let id = made["sessionId"].as_str().expect("a session's id");
        session.url = format!("{}/{id}", session.url);
        session
    }

    pub(crate) async fn command(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, DriverError> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|error| DriverError(format!("{error:?}")))?;
        let ok = response.status().is_success();
        let mut answer: Value = response.json().await.map_err(|error| DriverError(error.to_string()))?;
        let value = answer["value"].take();
        if ok {
            Ok(value)
        } else {
            let say = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            Err(DriverError(format!("{}: {}", say("error"), say("message"))))
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, DriverError> {
        self.command(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, DriverError> {
        self.command(Method::POST, path, Some(body)).await
    }

    /// The ids of all elements that match a CSS selector.
    pub(crate) async fn elements(&self, css: &str) -> Result<Vec<String>, DriverError> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css })).await?;
        let ids = found.as_array().into_iter().flatten();
        Ok(ids.filter_map(|element| element[ELEMENT].as_str().map(str::to_owned)).collect())
    }

    /// Ends the session and its browser from a thread of its own, for `Drop`.
    pub(crate) fn end(&self) {
        let url = self.url.clone();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = Client::builder().no_proxy().tls_certs_only([]).build();
                let client = client.map_err(std::io::Error::other)?;
                let sent = client.delete(url).timeout(Duration::from_secs(10)).send().await;
                sent.map(drop).map_err(std::io::Error::other)
            })
        };
        // The driver ends its browsers with itself, if this fails.
        let _ended: std::thread::Result<std::io::Result<()>> = std::thread::spawn(work).join();
    }
}
