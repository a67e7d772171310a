//! Someone with cookies and forms but no browser.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;

use crate::{AuthRequest, Call, Callback, Form, Http, Jar, Reply};

/// No flow needs more redirects.
const MOST_REDIRECTS: usize = 10;

/// Keeps cookies, follows redirects within Signet, fills in forms. Clones share their cookies.
#[derive(Clone)]
pub struct Visitor {
    http: Http,
    jar: Arc<Mutex<Jar>>,
    headers: Vec<(&'static str, String)>,
}

impl Visitor {
    pub(crate) fn new(http: Http) -> Self {
        Self { http, jar: Arc::default(), headers: Vec::new() }
    }

    /// Names itself.
    pub fn with_user_agent(self, agent: &str) -> Self {
        self.with_header("user-agent", agent)
    }

    /// Reads these languages: a value of `Accept-Language`.
    pub fn with_languages(self, languages: &str) -> Self {
        self.with_header("accept-language", languages)
    }

    fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The cookies.
    pub fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call with the cookies that belong to it.
    #[track_caller]
    pub fn call(&self, method: &str, url: &str) -> Call {
        let mut call = self.http.call(method, url);
        let url: Url = url.parse().expect("a URL");
        if let Some(line) = self.jar().header(url.host_str().unwrap_or_default(), url.path()) {
            call = call.header("cookie", &line);
        }
        self.headers.iter().fold(call, |call, (name, value)| call.header(name, value))
    }

    /// Sends a call and keeps the cookies it sets.
    pub async fn send(&self, call: Call) -> Reply {
        let reply = call.await;
        let host = reply.url.host_str().unwrap_or_default().to_owned();
        for cookie in reply.cookies() {
            self.jar().store(&host, cookie);
        }
        reply
    }

    /// GET, without following a redirect.
    pub async fn get(&self, url: &str) -> Reply {
        self.send(self.call("GET", url)).await
    }

    /// GET, then redirects until a page or a redirect to another origin or to a callback.
    pub async fn open(&self, url: &str) -> Reply {
        let first = self.get(url).await;
        self.follow(first).await
    }

    /// Follows redirects until a page, or a redirect to another origin or a callback with a code or error.
    pub async fn follow(&self, mut reply: Reply) -> Reply {
        for _ in 0..MOST_REDIRECTS {
            if !reply.is_redirect() {
                return reply;
            }
            let to = reply.location();
            let answers = to.query_pairs().any(|(name, _)| name == "code" || name == "error");
            if to.origin() != reply.url.origin() || answers {
                return reply;
            }
            reply = self.get(to.as_str()).await;
        }
        panic!("more than {MOST_REDIRECTS} redirects: {}", reply.describe());
    }

    /// Sends a form that was found on `page`, without following what comes back.
    pub async fn submit(&self, page: &Reply, form: &Form) -> Reply {
        let mut to = page.url.join(&form.action).expect("the form's action");
        let call = if form.method == "POST" {
            let origin = page.url.origin().ascii_serialization();
            self.call("POST", to.as_str()).header("origin", &origin).form(form.fields.iter().map(pair))
        } else {
            to.set_query(None);
            self.call(&form.method, to.as_str()).query(form.fields.iter().map(pair))
        };
        self.send(call.header("sec-fetch-site", "same-origin")).await
    }

    /// Fills in the sign-in form on `page`, sends it, and follows.
    pub async fn sign_in(&self, page: &Reply, login: &str, password: &str) -> Reply {
        let form = page.page().sign_in_form();
        let mut form = form.unwrap_or_else(|| panic!("no sign-in form: {}", page.describe()));
        self.http.canaries().add(password);
        let (login_field, password_field) = (form.login.clone(), form.password.clone());
        form.set(&login_field.expect("a field for the login"), login);
        form.set(&password_field.expect("a field for the password"), password);
        let reply = self.submit(page, &form).await;
        self.follow(reply).await
    }

    /// Agrees on the consent page and follows.
    pub async fn approve(&self, page: &Reply) -> Reply {
        let form = page.page().consent_form();
        let mut form = form.unwrap_or_else(|| panic!("no consent form: {}", page.describe()));
        let reply = self.submit(page, form.agree()).await;
        self.follow(reply).await
    }

    /// Refuses on the consent page and follows.
    pub async fn refuse(&self, page: &Reply) -> Reply {
        let form = page.page().consent_form();
        let mut form = form.unwrap_or_else(|| panic!("no consent form: {}", page.describe()));
        let reply = self.submit(page, form.refuse()).await;
        self.follow(reply).await
    }

    /// Goes from an authorization request to the app's callback: signs in if asked, agrees if asked.
    pub async fn authorize(&self, request: &AuthRequest, login: &str, password: &str) -> Callback {
        let mut reply = self.open(&request.url()).await;
        for _ in 0..3 {
            if reply.is_redirect() {
                break;
            }
            let page = reply.page();
            reply = if page.sign_in_form().is_some() {
                self.sign_in(&reply, login, password).await
            } else if page.consent_form().is_some() {
                self.approve(&reply).await
            } else {
                break;
            };
        }
        Callback::read(&reply, request.get("redirect_uri"))
    }
}

fn pair(field: &(String, String)) -> (&str, &str) {
    (&field.0, &field.1)
}
