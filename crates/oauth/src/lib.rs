//! The language of OAuth 2.0 and OpenID Connect: pure, without I/O, clock or tenant.
//!
//! Everything that a stranger can send is parsed here, once and strictly, into types that cannot hold a
//! wrong value; everything that the server answers is built here. Time is always an argument, in seconds
//! since the Unix epoch (`i64`).
//!
//! | Subject | Module |
//! |---|---|
//! | Form bodies and query strings | [`params`] |
//! | Errors on the wire, reasons in the log | [`error`] |
//! | Scopes (RFC 6749 §3.3) | [`scope`] |
//! | Proof key for code exchange (RFC 7636) | [`pkce`] |
//! | Redirect URIs: registration and comparison | [`redirect`] |
//! | Client authentication (RFC 6749 §2.3) | [`client_auth`] |
//! | The authorization request | [`authorize`] |
//! | Request objects (RFC 9101) | [`request_object`] |
//! | The token request | [`token_request`] |
//! | Successful and failed answers | [`response`] |
//! | Watching a sign-in (OpenID Connect Session Management) | [`session_state`] |
//! | Public keys (RFC 7517) | [`jwk`] |
//! | Signing keys and compact JWS (RFC 7515, 7519) | [`jwt`] |
//! | Proofs of possession (DPoP, RFC 9449) | [`dpop`] |
//! | Claims of access and ID tokens | [`claims`] |
//! | The `claims` parameter (OpenID Connect Core §5.5) | [`claims_request`] |
//! | Discovery documents | [`metadata`] |
//! | Clients that register themselves (RFC 7591) | [`registration`] |
//! | Constant-time comparison | [`compare`] |
//! | Strings that must not be printed | [`secret`] |

pub mod authorize;
pub mod claims;
pub mod claims_request;
pub mod client_auth;
pub mod compare;
pub mod dpop;
pub mod error;
pub mod jwk;
pub mod jwt;
pub mod metadata;
pub mod params;
pub mod pkce;
pub mod redirect;
pub mod registration;
pub mod request_object;
pub mod response;
pub mod scope;
pub mod secret;
pub mod token_request;

mod claim_check;
mod encoding;
mod prompt;
mod reason;
pub mod session_state;
mod signing;
mod strict_json;
mod uri;

pub use error::{ErrorCode, OAuthError, Reason};
pub use params::Params;
pub use scope::{Scope, ScopeSet};
pub use secret::Secret;
