//! The one table of reasons: name in the log, `error` on the wire, HTTP status, default words.

use crate::error::ErrorCode;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Said of every failed client authentication, so that an unknown client cannot be told from a wrong secret.
const CLIENT_FAILED: &str = "Client authentication failed; check the client id and its credentials.";

/// Said of every wrong password, whatever made it wrong.
const PASSWORD_FAILED: &str = "The username or the password is wrong; check both and try again.";

/// Said of every code that cannot be redeemed.
const CODE_FAILED: &str = "The parameter 'code' is unknown, expired or already used; start a new sign-in.";

/// Said of every refresh token that cannot be used.
const REFRESH_FAILED: &str =
    "The parameter 'refresh_token' is unknown, expired or revoked; start a new sign-in.";

/// Said of every access token that is not accepted.
const TOKEN_FAILED: &str = "The access token is not valid here; obtain a new one.";

macro_rules! reasons {
    ($($variant:ident $text:literal $code:ident $status:literal $description:expr;)*) => {
        /// Why a request was refused, in the words of the system log (`outcome.reason`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $(#[doc = concat!("`", $text, "`.")] #[serde(rename = $text)] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The `error` value on the wire.
            #[must_use]
            pub const fn code(self) -> ErrorCode {
                match self { $(Self::$variant => ErrorCode::$code,)* }
            }

            /// The HTTP status of a direct answer.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The sentence for the developer when nothing more exact is known.
            #[must_use]
            pub const fn default_description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

reasons! {
    // The authorization endpoint.
    IllegalRedirectUri "illegal_redirect_uri" InvalidRequest 400
        "The parameter 'redirect_uri' must be exactly one of the URIs registered for this client.";
    InvalidState "invalid_state" InvalidRequest 400
        "The parameter 'state' is too long; send at most 4096 bytes.";
    InvalidNonce "invalid_nonce" InvalidRequest 400
        "The parameter 'nonce' is too long; send at most 1024 bytes.";
    InvalidPrompt "invalid_prompt" InvalidRequest 400
        "The parameter 'prompt' must be 'none' alone, or any of 'login', 'consent' and 'select_account'.";
    InvalidMaxAge "invalid_max_age" InvalidRequest 400
        "The parameter 'max_age' must be a whole number of seconds from 0 to 2147483647.";
    UnsupportedResponseType "unsupported_response_type" UnsupportedResponseType 400
        "The parameter 'response_type' must be 'code'.";
    UnsupportedResponseMode "unsupported_response_mode" UnsupportedResponseMode 400
        "The parameter 'response_mode' must be 'query', 'fragment' or 'form_post'.";
    LoginRequired "login_required" LoginRequired 400
        "The user has to sign in, which 'prompt=none' does not allow; send the request without it.";
    NoExistingSession "no_existing_session" LoginRequired 400
        "There is no session, and 'prompt=none' does not allow to start one; send the request without it.";
    RequestExpired "request_expired" LoginRequired 400
        "The sign-in took too long; start it again from the application.";
    InvalidClientApplicationType "invalid_client_application_type" InvalidRequest 400
        "A client of type 'service' has no users and cannot use this endpoint.";
    RequestUriNotSupported "request_uri_not_supported" RequestUriNotSupported 400
        "This client has no registered keys, so its 'request_uri' is not supported; send the parameters themselves.";
    RequestNotSupported "request_not_supported" RequestNotSupported 400
        "An unsigned 'request', or one of a client without registered keys, is not supported; send the parameters themselves.";
    RegistrationNotSupported "registration_not_supported" RegistrationNotSupported 400
        "The parameter 'registration' is not supported; register the client beforehand.";
    InvalidClaims "invalid_claims" InvalidRequest 400
        "The parameter 'claims' must be a JSON object of at most 8192 bytes as OpenID Connect Core 5.5 has it.";
    UnmetAuthenticationRequirements "unmet_authentication_requirements" UnmetAuthenticationRequirements 400
        "No sign-in here has the 'acr' that the parameter 'claims' calls essential; ask for it as voluntary.";
    InvalidRequestUri "invalid_request_uri" InvalidRequestUri 400
        "The parameter 'request_uri' is unknown here, expired or already used; push the request again.";
    InvalidRequestObject "invalid_request_object" InvalidRequestObject 400
        "The request object isn't a JWT that one of the client's registered keys signed for this server; sign a new one.";
    PushedRequestRequired "pushed_request_required" InvalidRequest 400
        "This client has to push its authorization requests; send them to the PAR endpoint first.";
    InvalidTarget "invalid_target" InvalidTarget 400
        "The parameter 'resource' must be an absolute URI of a resource of this server, without a fragment.";

    // Client authentication.
    MissingClientCredentials "missing_client_credentials" InvalidClient 401
        "The request has no client credentials; send 'client_id' and what the client was registered with.";
    InvalidBasicAuthCreds "invalid_basic_auth_creds" InvalidClient 401
        "The Authorization header is not valid HTTP Basic with form-encoded client id and secret.";
    InvalidClientId "invalid_client_id" InvalidClient 401 CLIENT_FAILED;
    InvalidClientSecret "invalid_client_secret" InvalidClient 401 CLIENT_FAILED;
    InvalidClient "invalid_client" InvalidClient 401 CLIENT_FAILED;
    UnknownClient "unknown_client" InvalidClient 401 CLIENT_FAILED;
    SecretExpired "secret_expired" InvalidClient 401 CLIENT_FAILED;
    InvalidTokenEndpointAuthMethod "invalid_token_endpoint_auth_method" InvalidClient 401 CLIENT_FAILED;
    MultipleClientCredentials "multiple_client_credentials" InvalidRequest 400
        "The client authenticates in more than one way; use the header, 'client_secret' or 'client_assertion'.";
    ConflictingClientIds "conflicting_client_ids" InvalidRequest 400
        "The parameter 'client_id' differs from the client of the Authorization header; send one client only.";
    ClientCredentialsInQuery "client_credentials_in_query" InvalidRequest 400
        "Client credentials must not be in the query string; send them in the header or in the body.";
    ClientAssertionTypeInvalid "client_assertion_type_invalid" InvalidRequest 400
        "The parameter 'client_assertion_type' must name the JWT bearer type of RFC 7523.";
    ClientAssertionInvalidJwt "client_assertion_invalid_jwt" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionInvalidIssuer "client_assertion_invalid_issuer" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionInvalidSubject "client_assertion_invalid_subject" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionInvalidAudience "client_assertion_invalid_audience" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionExpirationRequired "client_assertion_expiration_required" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionExpiredToken "client_assertion_expired_token" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionExpiresTooFarInFuture "client_assertion_expires_too_far_in_future" InvalidClient 401
        CLIENT_FAILED;
    ClientAssertionIssuedAtInFuture "client_assertion_issued_at_in_future" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionAlreadyUsed "client_assertion_already_used" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionInvalidSignature "client_assertion_invalid_signature" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionInvalidSignatureAlgorithm "client_assertion_invalid_signature_algorithm" InvalidClient 401
        CLIENT_FAILED;
    ClientAssertionInvalidKid "client_assertion_invalid_kid" InvalidClient 401 CLIENT_FAILED;
    ClientAssertionJwksNotConfigured "client_assertion_jwks_not_configured" InvalidClient 401 CLIENT_FAILED;
    ClientJwksUnavailable "client_jwks_unavailable" InvalidClient 401 CLIENT_FAILED;

    // Shape of a request, and what a client may do.
    InvalidRequest "invalid_request" InvalidRequest 400
        "The request is malformed; compare it with the documentation of this endpoint.";
    IllegalDuplicatedParameters "illegal_duplicated_parameters" InvalidRequest 400
        "A parameter appears more than once; send each parameter once.";
    TokenRequestMissingGrantType "token_request_missing_grant_type" InvalidRequest 400
        "The parameter 'grant_type' is missing; name the grant that the client uses.";
    MissingTokenRequestParameter "missing_token_request_parameter" InvalidRequest 400
        "A required parameter is missing; compare the request with the documentation of this endpoint.";
    UnsupportedGrantType "unsupported_grant_type" UnsupportedGrantType 400
        "The value of 'grant_type' is not supported; see 'grant_types_supported' of the discovery document.";
    UnauthorizedClient "unauthorized_client" UnauthorizedClient 400
        "This client may not use this grant; allow it in the settings of the client.";

    // Authorization codes and their proof keys.
    InvalidAuthorizationCode "invalid_authorization_code" InvalidGrant 400 CODE_FAILED;
    CodeReplay "code_replay" InvalidGrant 400 CODE_FAILED;
    MismatchedClient "mismatched_client" InvalidGrant 400
        "The grant was issued to another client; use the client that started the sign-in.";
    MismatchedRedirectUri "mismatched_redirect_uri" InvalidGrant 400
        "The parameter 'redirect_uri' differs from that of the authorization request; send the same one.";
    PkceVerificationFailed "pkce_verification_failed" InvalidGrant 400
        "The parameter 'code_verifier' does not belong to the 'code_challenge' of the authorization request.";
    PkceMissingVerifier "pkce_missing_verifier" InvalidGrant 400
        "The parameter 'code_verifier' is missing although a 'code_challenge' was sent; add it.";
    PkceMissingChallengeVerifierPresent "pkce_missing_challenge_verifier_present" InvalidGrant 400
        "The parameter 'code_verifier' came without a 'code_challenge' at the authorization request.";
    PkceMissingChallenge "pkce_missing_challenge" InvalidRequest 400
        "The parameter 'code_challenge' is missing; this client has to use PKCE with S256.";
    PkceInvalidChallenge "pkce_invalid_challenge" InvalidRequest 400
        "The parameter 'code_challenge' must be the 43 base64url characters of a SHA-256 digest.";
    PkceUnsupportedCodeChallengeMethod "pkce_unsupported_code_challenge_method" InvalidRequest 400
        "The parameter 'code_challenge_method' must be 'S256'.";

    // Proofs of possession.
    DpopProofMissing "dpop_proof_missing" InvalidDpopProof 400
        "The token is bound to a key, or has to be; send a proof in the header 'DPoP'.";
    DpopProofRepeated "dpop_proof_repeated" InvalidDpopProof 400
        "The header 'DPoP' appears more than once; send one proof.";
    DpopProofMalformed "dpop_proof_malformed" InvalidDpopProof 400
        "The header 'DPoP' must be one signed JWT of the type 'dpop+jwt' with a 'jti' of at most 255 bytes.";
    DpopProofAlgorithm "dpop_proof_algorithm" InvalidDpopProof 400
        "The proof's 'alg' must be one of 'dpop_signing_alg_values_supported' and fit its key.";
    DpopProofKey "dpop_proof_key" InvalidDpopProof 400
        "The proof's header must have the public key that signed it as 'jwk', and nothing of a private one.";
    DpopProofSignature "dpop_proof_signature" InvalidDpopProof 400
        "The proof was not signed with the key in its header; sign it with that one.";
    DpopProofMethod "dpop_proof_method" InvalidDpopProof 400
        "The proof's 'htm' must be the method of this request.";
    DpopProofUri "dpop_proof_uri" InvalidDpopProof 400
        "The proof's 'htu' must be the address of this request, without query and fragment.";
    DpopProofTime "dpop_proof_time" InvalidDpopProof 400
        "The proof's 'iat' must be the present time, give or take ten seconds; compare it with the 'Date' of this answer.";
    DpopProofReplayed "dpop_proof_replayed" InvalidDpopProof 400
        "A proof with the same 'jti' has been used; make a new one for each request.";
    DpopProofToken "dpop_proof_token" InvalidDpopProof 400
        "The proof's 'ath' must be the SHA-256 digest of the access token, in base64url.";
    DpopKeyMismatch "dpop_key_mismatch" InvalidGrant 400
        "The grant is bound to another key than the proof's; use the key that it began with.";
    DpopJktMismatch "dpop_jkt_mismatch" InvalidRequest 400
        "The parameter 'dpop_jkt' is another key than that of the proof in the header 'DPoP'; send the same one.";
    InvalidDpopJkt "invalid_dpop_jkt" InvalidRequest 400
        "The parameter 'dpop_jkt' must be the thumbprint of a key: 43 base64url characters (RFC 7638, SHA-256).";

    // The password grant.
    UserRateLimited "user_rate_limited" InvalidGrant 429
        "API call exceeded rate limit due to too many requests.";
    ClientLimited "client_limited" TemporarilyUnavailable 429
        "Too many wrong client secrets came from this address; try again after the time that Retry-After names.";
    RatePolicyExceeded "rate_policy_exceeded" TemporarilyUnavailable 429
        "A rate policy allows no more tokens for the moment; try again after the time that it names.";
    InvalidPasswordCredentials "invalid_password_credentials" InvalidGrant 400 PASSWORD_FAILED;
    UnknownUser "unknown_user" InvalidGrant 400 PASSWORD_FAILED;
    UserLockedOut "user_locked_out" InvalidGrant 400 PASSWORD_FAILED;
    UserInactive "user_inactive" InvalidGrant 400 PASSWORD_FAILED;
    SignedOutMeanwhile "signed_out_meanwhile" InvalidGrant 400 PASSWORD_FAILED;
    ExpiredPasswordCredentials "expired_password_credentials" InvalidGrant 400
        "The password has expired; sign in at the web page and choose a new one.";
    ConsentRequiredRopf "consent_required_ropf" ConsentRequired 400
        "A requested scope needs the consent of the user, which the password grant cannot ask for.";

    // Refresh tokens, and grants in general.
    InvalidRefreshToken "invalid_refresh_token" InvalidGrant 400 REFRESH_FAILED;
    RefreshReuse "refresh_reuse" InvalidGrant 400 REFRESH_FAILED;
    RefreshScopesDenied "refresh_scopes_denied" InvalidScope 400
        "The parameter 'scope' asks for more than the first grant had; ask for the same or less.";
    RefreshScopesChanged "refresh_scopes_changed" InvalidScope 400
        "The refresh token was just used with another 'scope'; repeat that request, or use the token that it gave.";
    InvalidGrant "invalid_grant" InvalidGrant 400
        "The grant is not valid any more; start a new sign-in.";
    SessionEnded "session_ended" InvalidGrant 400
        "The session of this grant has ended; start a new sign-in.";

    // Scopes.
    NoMatchingScope "no_matching_scope" InvalidScope 400
        "A value in 'scope' is not defined at this authorization server.";
    InvalidScope "invalid_scope" InvalidScope 400
        "The parameter 'scope' must be a list of known scopes with single spaces between them.";
    NoDefaultScopes "no_default_scopes" InvalidScope 400
        "The parameter 'scope' is missing and this authorization server has no default scopes; name at least one.";
    OpenidNotAllowedClientCreds "openid_not_allowed_client_creds" InvalidScope 400
        "The scope 'openid' needs a user; leave it out with the client credentials grant.";
    IllegalScope "illegal_scope" InvalidScope 400
        "A value in 'scope' is not allowed for this grant; leave it out.";
    ConsentRequired "consent_required" ConsentRequired 400
        "A requested scope needs the consent of the user; send the request without 'prompt=none'.";

    // Clients that register themselves.
    InvalidRedirectUri "invalid_redirect_uri" InvalidRedirectUri 400
        "The member 'redirect_uris' has a URI that can't be registered; send absolute https URIs without a fragment.";
    InvalidClientMetadata "invalid_client_metadata" InvalidClientMetadata 400
        "The client metadata can't be read; send one JSON object as RFC 7591 has it.";
    RegistrationTokenInvalid "registration_token_invalid" InvalidToken 401
        "The token of the registration is unknown, expired or used up; ask an administrator for another.";
    RegistrationFull "registration_full" AccessDenied 400
        "As many clients are registered here as the administrator allows; ask for a higher limit.";
    RegistrationLimited "registration_limited" TemporarilyUnavailable 429
        "Too many registrations came from this address; try again after the time that Retry-After names.";

    // Policies and assignment.
    NoMatchingPolicy "no_matching_policy" AccessDenied 400
        "No access policy of this authorization server allows the request; check its policies and rules.";
    ScopeDenied "scope_denied" AccessDenied 400
        "The access policy refuses one of the requested scopes; check its rules.";
    AccessDenied "access_denied" AccessDenied 400
        "The user or the server refused the request.";

    // The server itself.
    ServerError "server_error" ServerError 500
        "Something went wrong at the server; try again, and report the request id if it stays.";
    TemporarilyUnavailable "temporarily_unavailable" TemporarilyUnavailable 503
        "The server cannot answer for the moment; try again in a few seconds.";
    Overloaded "overloaded" TemporarilyUnavailable 503
        "The server has too much to do for the moment; try again in a few seconds.";
    StoreUnavailable "store_unavailable" TemporarilyUnavailable 503
        "The server cannot reach its storage for the moment; try again in a few seconds.";
    SystemClaimEvaluationFailure "system_claim_evaluation_failure" ServerError 500
        "A built-in claim could not be computed; report the request id.";
    TooManyGroupsInGroupsClaim "too_many_groups_in_groups_claim" ServerError 500
        "The groups claim matches too many groups; narrow its filter.";

    // Protected resources, introspection, revocation, sign-out.
    RequestMissingToken "request_missing_token" InvalidRequest 400
        "The parameter 'token' is missing; add it to the request.";
    AccessTokenMissing "access_token_missing" InvalidRequest 401
        "The request has no access token; send it in the Authorization header.";
    AccessTokenInQuery "access_token_in_query" InvalidRequest 400
        "An access token must not be in the query string; send it in the Authorization header.";
    AccessTokenDuplicate "access_token_duplicate" InvalidRequest 400
        "The access token is in the header and in the body; send it once.";
    InvalidToken "invalid_token" InvalidToken 401 TOKEN_FAILED;
    AccessTokenInvalid "access_token_invalid" InvalidToken 401 TOKEN_FAILED;
    TokenExpired "token_expired" InvalidToken 401 TOKEN_FAILED;
    AccessTokenRevoked "access_token_revoked" InvalidToken 401 TOKEN_FAILED;
    AccessTokenBound "access_token_bound" InvalidToken 401
        "The access token is bound to a key; send it with the scheme DPoP, and a proof beside it.";
    AccessTokenUnbound "access_token_unbound" InvalidToken 401
        "The access token is bound to no key; send it with the scheme Bearer.";
    AccessTokenOfAnotherKey "access_token_of_another_key" InvalidToken 401
        "The access token is bound to another key than the proof's; sign the proof with the token's key.";
    IdTokenInvalid "id_token_invalid" InvalidToken 401
        "The ID token is not valid here; obtain a new one.";
    InsufficientScope "insufficient_scope" InsufficientScope 403
        "The access token lacks a scope that this request needs; ask for it at the sign-in.";
    UserinfoAlgorithm "userinfo_algorithm" InvalidRequest 400
        "The client wants userinfo signed with another algorithm than this server's; register the server's for it.";
    IllegalPostLogoutRedirectUri "illegal_post_logout_redirect_uri" InvalidRequest 400
        "The parameter 'post_logout_redirect_uri' must be exactly one of those registered for this client.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason")]
pub struct UnknownReason;

impl std::str::FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text).ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_come_back() {
        let mut seen = HashSet::new();
        for reason in Reason::ALL {
            assert!(seen.insert(reason.as_str()), "{reason} twice");
            assert_eq!(reason.as_str().parse(), Ok(*reason));
            assert!(reason.default_description().ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn status_follows_the_code() {
        for reason in Reason::ALL {
            let expected = match (reason, reason.code()) {
                (
                    Reason::UserRateLimited
                    | Reason::RatePolicyExceeded
                    | Reason::ClientLimited
                    | Reason::RegistrationLimited,
                    _,
                ) => 429,
                (Reason::AccessTokenMissing, _) => 401,
                (_, ErrorCode::InvalidClient | ErrorCode::InvalidToken) => 401,
                (_, ErrorCode::InsufficientScope) => 403,
                (_, ErrorCode::TemporarilyUnavailable) => 503,
                (_, ErrorCode::ServerError) => 500,
                _ => 400,
            };
            assert_eq!(reason.status(), expected, "{reason}");
        }
        assert_eq!(Reason::UserRateLimited.code(), ErrorCode::InvalidGrant);
    }
}
