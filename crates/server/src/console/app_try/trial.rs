//! One trial of an app. It is kept nowhere: it travels in the page's own form, sealed for the administrator's session.

use crate::console::admin::Admin;
use crate::console::failure::{Failure, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use signet_domain::Time;
use signet_domain::app::App;
use signet_oauth::pkce::{Challenge, Verifier};

/// Minutes in which a trial must be brought to its end.
pub(super) const MINUTES: i64 = 10;

/// What the app would remember between its two requests.
#[derive(Serialize, Deserialize)]
pub(super) struct Trial {
    /// The server's id.
    pub(super) server: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) verifier: String,
    pub(super) state: String,
    pub(super) nonce: String,
    /// When it began, in microseconds.
    at: i64,
}

impl Trial {
    pub(super) fn begin(admin: &Admin, server: String, redirect_uri: String, scope: String) -> Self {
        let entropy = admin.idp().entropy();
        Self {
            server,
            redirect_uri,
            scope,
            verifier: entropy.secret(""),
            state: entropy.secret(""),
            nonce: entropy.secret(""),
            at: admin.ctx.now.0,
        }
    }

    pub(super) const fn began(&self) -> Time {
        Time(self.at)
    }

    /// The trial for a form, which nobody can make or change, and nothing but this session can use for this app.
    pub(super) fn seal(&self, admin: &Admin, app: &App) -> Result<String> {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        let sealed = admin.idp().secrets().seal(admin.idp().entropy(), &purpose(admin, app), &plain)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The trial that a form goes on with.
    pub(super) fn open(admin: &Admin, app: &App, sealed: &str) -> Result<Self> {
        let opened = URL_SAFE_NO_PAD
            .decode(sealed)
            .ok()
            .and_then(|sealed| admin.idp().secrets().open(&purpose(admin, app), &sealed).ok())
            .and_then(|plain| serde_json::from_slice::<Self>(&plain).ok());
        match opened {
            Some(trial) if admin.ctx.now.since(trial.began()) < MINUTES * 60 * Time::SECOND => Ok(trial),
            Some(_) => Err(Failure::Refused("This trial took longer than ten minutes. Begin a new one.")),
            None => {
                Err(Failure::Refused("This trial wasn’t begun here, by you, for this app. Begin a new one."))
            }
        }
    }

    /// The authorization request's parameters.
    pub(super) fn parameters(&self, app: &App) -> Vec<(&'static str, String)> {
        let challenge = Verifier::parse(&self.verifier).map(|verifier| Challenge::of(&verifier));
        vec![
            ("client_id", app.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("response_type", "code".to_owned()),
            ("scope", self.scope.clone()),
            ("state", self.state.clone()),
            ("nonce", self.nonce.clone()),
            ("code_challenge", challenge.map(|c| c.as_str().to_owned()).unwrap_or_default()),
            ("code_challenge_method", "S256".to_owned()),
        ]
    }
}

fn purpose(admin: &Admin, app: &App) -> Vec<u8> {
    let session = admin.signed_in.session.id;
    format!("app-try {} {} {session}", admin.ctx.tenant_id(), app.id).into_bytes()
}
