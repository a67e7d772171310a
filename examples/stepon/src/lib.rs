//! StepOn counts steps. Its API is behind nginx, which asks Signet about each call; its own web site signs people in
//! and asks them whether an app may see their steps; a shoe store is such an app.
//!
//! | module | subject |
//! |---|---|
//! | [`api`] | the API: believes the headers that nginx sets |
//! | [`front`] | the web site: knows the provision key |
//! | [`setup`] | what an administrator does once, by the management API |
//! | [`gateway`] | nginx |
//! | [`walk`] | the store, with the `oauth2` crate, and the whole way through |

pub mod api;
pub mod front;
pub mod gateway;
pub mod setup;
pub mod walk;

/// Whatever went wrong.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A tenant of a running Signet.
#[derive(Debug, Clone)]
pub struct Signet {
    /// Address and port.
    pub address: String,
    /// The tenant's host name, with the port if its URL has one.
    pub host: String,
    /// What calls it. It follows no redirects.
    pub http: reqwest::Client,
}

impl Signet {
    /// A tenant at an address.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(address: &str, host: &str) -> Result<Self, Error> {
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { address: address.to_owned(), host: host.to_owned(), http })
    }

    /// A request to a path. The tenant is found by the Host header, so its name need not resolve.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.address));
        request.header("host", &self.host)
    }
}

/// Serves a router on a free port; answers the address.
///
/// # Errors
/// When there is no port.
pub async fn serve(router: axum::Router) -> Result<String, Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
