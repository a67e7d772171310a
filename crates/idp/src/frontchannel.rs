//! Apps that hear of a sign-out from the browser (OpenID Connect Front-Channel Logout 1.0).
//!
//! The page after a sign-out loads an address of each app in a frame. Nothing tells whether it worked: browsers that
//! keep third-party cookies away load it without the app's own. [`crate::backchannel`] is the way that is sure.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use signet_domain::id::{SessionId, UserId};
use signet_domain::logout::FrontChannelTarget;
use signet_store::Tx;
use std::collections::BTreeSet;

/// Most apps that one page tells.
const MOST: usize = 50;

/// An app that the browser tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell {
    /// The app.
    pub client_id: String,
    /// What the browser loads.
    pub uri: String,
}

/// The apps that a session signed its user in to, and what the browser loads to tell them.
pub(crate) async fn farewells(
    tx: &mut Tx,
    session: SessionId,
    user: UserId,
) -> signet_store::Result<Vec<Farewell>> {
    // Only whoever got an ID token knows of the session.
    let signed_in = |target: &FrontChannelTarget| target.scopes.split(' ').any(|scope| scope == "openid");
    let apps: BTreeSet<_> = tx
        .front_channel_of_session(session, user)
        .await?
        .into_iter()
        .filter(signed_in)
        .map(|target| (target.client_id, target.issuer, target.uri))
        .collect();
    let tell = |(client_id, issuer, uri): (String, String, String)| Farewell {
        client_id,
        uri: told(&uri, &issuer, session),
    };
    Ok(apps.into_iter().take(MOST).map(tell).collect())
}

/// The address with issuer and session, which go together (§2).
fn told(uri: &str, issuer: &str, session: SessionId) -> String {
    let join = if uri.contains('?') { '&' } else { '?' };
    let issuer = utf8_percent_encode(issuer, NON_ALPHANUMERIC);
    format!("{uri}{join}iss={issuer}&sid={session}")
}
