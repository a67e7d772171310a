//! What is said about each reason. The protocol's own are in `signet_oauth::Reason`; the others are the console's, the
//! limits' and the deliveries'.

/// Name, phrase, why, and what to do.
pub(super) type Row = (&'static str, &'static str, &'static str, &'static str);

/// Reasons that have words of their own.
pub(super) const TABLE: &[Row] = &[
    // Passwords.
    (
        "user_rate_limited",
        "5th password in one second",
        "At most four passwords a second are looked at for one user, whichever app or address they come from. \
         This was one more, so it was refused without being looked at.",
        "Nothing, if it was a mistake of a script: let it wait for Retry-After. If nobody knows of it, someone \
         may be guessing this user's password.",
    ),
    (
        "rate_policy_exceeded",
        "a rate policy allows no more",
        "As many tokens were created as the policy allows in its window; the event names the policy, what it \
         counted, and when it lets the next one pass.",
        "Nothing, if the limit is meant so: the caller was told when to come back. Otherwise raise the policy's \
         limit, or try it out with dry_run first.",
    ),
    (
        "client_limited",
        "too many wrong secrets came from there",
        "From this address came more wrong secrets for the app than are looked at in 15 minutes, so nothing more \
         is until they are over, not even the right one. From other addresses the app goes on.",
        "Find out who sends them: an old copy of the app with a secret that was rolled, or somebody who guesses.",
    ),
    (
        "registration_limited",
        "too many registrations came from there",
        "From this address came more registrations, or more wrong tokens for them, than are looked at, so nothing \
         more is until the time is over.",
        "Nothing, if it is a stranger's script. Otherwise raise the server's limit, or give an initial access token.",
    ),
    (
        "registration_full",
        "no more apps may register",
        "As many apps are there that registered themselves as the server allows.",
        "Delete those that nobody needs, or raise the server's limit.",
    ),
    (
        "registration_token_invalid",
        "the token of the registration isn't good",
        "The initial access token, or the token of the app's registration, is unknown, over, used up or revoked, or \
         belongs to another server.",
        "Make another initial access token, if whoever sent it should have one.",
    ),
    (
        "invalid_password_credentials",
        "the password was wrong",
        "The account exists, but the password is another one.",
        "Ask the user, or set a new password.",
    ),
    (
        "INVALID_CREDENTIALS",
        "the password was wrong",
        "The account exists, but the password is another one.",
        "Ask the user, or set a new password.",
    ),
    (
        "unknown_user",
        "there is no such account",
        "No account of this tenant has the name that was typed. The caller was told the same as for a wrong \
         password.",
        "Check the spelling of the login, or create the user.",
    ),
    (
        "user_locked_out",
        "the login is locked",
        "Too many wrong passwords were given for this login, so for a while none is looked at.",
        "Wait 15 minutes, or unlock the user.",
    ),
    (
        "LOCKED_OUT",
        "the login is locked",
        "Too many wrong passwords were given for this login, so for a while none is looked at.",
        "Wait 15 minutes, or unlock the user.",
    ),
    (
        "user_inactive",
        "the account isn't active",
        "The account exists, but it is suspended or deactivated, or has not been activated yet.",
        "Activate the user, if they should be able to sign in.",
    ),
    (
        "signed_out_meanwhile",
        "the user was signed out everywhere meanwhile",
        "The password was right, but while it was checked all sessions of the user were ended, and that goes for this \
         sign-in, too.",
        "Sign in again.",
    ),
    // The authorization endpoint.
    (
        "illegal_redirect_uri",
        "redirect URI isn't registered",
        "The app asked to return to an address that isn't registered for it. Signet never sends anyone to an \
         unregistered address, so the sign-in stopped here.",
        "Compare the address, character by character, with those of the app; if it is the app's, register it.",
    ),
    (
        "login_required",
        "nobody was signed in",
        "The app asked to sign someone in without showing a page (prompt=none), but there was no session.",
        "Nothing: the app has to start a sign-in with a page.",
    ),
    (
        "no_existing_session",
        "nobody was signed in",
        "The app asked to sign someone in without showing a page (prompt=none), but there was no session.",
        "Nothing: the app has to start a sign-in with a page.",
    ),
    (
        "request_expired",
        "it took too long",
        "The sign-in page was open for so long that the app's request had expired.",
        "Start again from the app.",
    ),
    (
        "NO_ADMIN_ROLE",
        "the console is for administrators",
        "The password was right, but the account has no administrator role. The page didn't say so.",
        "Nothing, unless the user should be one: then a super administrator gives the role.",
    ),
    (
        "access_denied",
        "the user said no",
        "The user did not allow the app what it asked for, or the request was refused as a whole.",
        "Nothing, if the user meant it.",
    ),
    (
        "consent_required",
        "the user has to be asked first",
        "The app asked for scopes that need the user's consent, without letting a page ask for it.",
        "Let the app sign the user in with a page, or trust the app.",
    ),
    // Client authentication.
    (
        "unknown_client",
        "there is no such app",
        "The client id belongs to no app of this tenant.",
        "Check the client id, and that the request goes to the right tenant.",
    ),
    (
        "invalid_client_id",
        "there is no such app",
        "The client id belongs to no app of this tenant, or the app is deactivated.",
        "Check the client id; activate the app if it should work.",
    ),
    (
        "invalid_client_secret",
        "the client secret was wrong",
        "The app exists, but none of its active secrets is the one that was sent.",
        "Compare the secret's last use in the app's settings, or make a new secret and put it into the app.",
    ),
    (
        "invalid_client",
        "the app could not prove who it is",
        "The app did not authenticate as it is registered to.",
        "Check the app's client id, secret and authentication method.",
    ),
    (
        "secret_expired",
        "the client secret has expired",
        "The secret was right once, but it has expired or was switched off.",
        "Make a new secret and put it into the app.",
    ),
    (
        "invalid_token_endpoint_auth_method",
        "the app authenticated in another way than it may",
        "The app proved who it is by another method than the one it is registered with.",
        "Change the app, or its authentication method in the settings.",
    ),
    (
        "unauthorized_client",
        "the app may not use this grant",
        "The grant type that the app asked for is not switched on for it.",
        "Switch the grant on in the app's settings, if it should have it.",
    ),
    (
        "revoked_client",
        "the credential was revoked",
        "The API credential existed, but it has been revoked.",
        "Make a new credential for whoever still needs it, and find out who still uses the old one.",
    ),
    (
        "paused_client",
        "the credential is paused",
        "An administrator has paused the API credential, so it gets no tokens.",
        "Resume it on the page of limits, once it is known why it was paused.",
    ),
    // Codes and refresh tokens.
    (
        "invalid_authorization_code",
        "the code is unknown, spent or expired",
        "A code lives for a minute and works once. This one was never issued here, or its time was over.",
        "Let the app redeem codes at once and only once.",
    ),
    (
        "code_replay",
        "the code had been used before",
        "A code that had already been redeemed came a second time. What the first use got was revoked, since \
         someone else may hold the code.",
        "Find out who sent it: an app that retries, or someone who got hold of the code.",
    ),
    (
        "mismatched_client",
        "it belongs to another app",
        "The code or token that was sent was issued to another app.",
        "Check the app's configuration. If it is right, someone may be trying what they found.",
    ),
    (
        "mismatched_redirect_uri",
        "the redirect URI changed on the way",
        "The redirect URI at the token endpoint differs from the one that the sign-in was started with.",
        "Let the app send the same redirect URI in both requests.",
    ),
    (
        "pkce_verification_failed",
        "the PKCE verifier doesn't fit",
        "The code was redeemed with a verifier that doesn't belong to the challenge it was issued for.",
        "Check that the app keeps one verifier for each sign-in. Otherwise someone else redeemed its code.",
    ),
    (
        "pkce_missing_verifier",
        "the PKCE verifier is missing",
        "The sign-in was started with a challenge, but the code was redeemed without the verifier.",
        "Let the app send code_verifier.",
    ),
    (
        "pkce_missing_challenge",
        "PKCE is missing",
        "This app has to use PKCE, but it started the sign-in without a challenge.",
        "Let the app send code_challenge with the method S256.",
    ),
    (
        "invalid_refresh_token",
        "the refresh token is unknown, expired or revoked",
        "The refresh token was never issued here, or it isn't good any more.",
        "The user has to sign in again.",
    ),
    (
        "refresh_reuse",
        "the refresh token had been used before",
        "A refresh token that had long been replaced came back. Since either the app or a thief now holds an \
         old one, the whole family was revoked.",
        "Have the user sign in again, and find out whether the app keeps old tokens.",
    ),
    (
        "session_ended",
        "the session has ended",
        "The sign-in that this token came from has ended, by signing out or by an administrator.",
        "The user has to sign in again.",
    ),
    // Scopes and policies.
    (
        "no_matching_scope",
        "a scope doesn't exist here",
        "The app asked for a scope that this authorization server doesn't have.",
        "Create the scope, or ask another server: the org server has the scopes of OpenID Connect only.",
    ),
    (
        "no_matching_policy",
        "no access policy allows it",
        "No rule of this authorization server's access policies fits the app, the user and the grant.",
        "Add a rule for it.",
    ),
    // Tokens that are presented.
    (
        "access_token_revoked",
        "the token was revoked",
        "The access token was good, but it has been revoked.",
        "The app has to get a new one.",
    ),
    (
        "token_expired",
        "the token has expired",
        "The access token was good, but its time is over.",
        "The app has to get a new one.",
    ),
    (
        "unknown_token",
        "the token isn't one of this server's",
        "What was to be revoked is no token of this authorization server, or it has expired. There is nothing \
         left to revoke.",
        "Nothing, unless the app meant the token of another server.",
    ),
    // Signet itself.
    (
        "rate_limit_exceeded",
        "the hour's API calls are used up",
        "An account has 5,000 calls of the management API an hour. They are used up, so further calls are \
         refused until the hour is over. Sign-in and tokens go on.",
        "Find the caller that makes the most calls, and let it wait for Retry-After.",
    ),
    (
        "overloaded",
        "Signet had too much to do",
        "More passwords came at once than Signet could hash, so some were turned away before they waited too \
         long.",
        "If it happens often, give Signet more cores.",
    ),
    (
        "store_unavailable",
        "the database didn't answer",
        "Signet could not reach its database, so it could not promise anything.",
        "Check the database.",
    ),
    // Assertions of apps, pushed requests, claims.
    (
        "client_assertion_invalid_jwt",
        "the assertion isn't one",
        "The app's assertion is no JWT as strict as it has to be, is of another type, or has no 'jti' of up to 255 bytes.",
        "Let a library make the assertion: a compact JWS with iss, sub, aud, exp and a fresh jti.",
    ),
    (
        "client_assertion_invalid_issuer",
        "the assertion's issuer is another one",
        "The assertion's 'iss' isn't the client id.",
        "Put the client id into 'iss' and into 'sub'.",
    ),
    (
        "client_assertion_invalid_subject",
        "the assertion's subject is another one",
        "The assertion's 'sub' isn't the client id.",
        "Put the client id into 'iss' and into 'sub'.",
    ),
    (
        "client_assertion_invalid_audience",
        "the assertion is for somebody else",
        "The assertion's 'aud' is neither the issuer nor the endpoint that was asked, or is a list.",
        "Put the issuer into 'aud', as one string and exactly as discovery has it.",
    ),
    (
        "client_assertion_expiration_required",
        "the assertion never expires",
        "The assertion has no 'exp'.",
        "Let it expire a minute after it is made.",
    ),
    (
        "client_assertion_expired_token",
        "the assertion has expired",
        "The assertion's 'exp' is over.",
        "Make a new one for each request, and set the app's clock.",
    ),
    (
        "client_assertion_expires_too_far_in_future",
        "the assertion lives too long",
        "The assertion's 'exp' is more than an hour ahead.",
        "Let it expire a minute after it is made.",
    ),
    (
        "client_assertion_issued_at_in_future",
        "the assertion is from the future",
        "The assertion's 'nbf' or 'iat' is more than ten seconds ahead.",
        "Set the app's clock.",
    ),
    (
        "client_assertion_already_used",
        "the assertion was used before",
        "An assertion with the same 'jti' had been used. Each works once.",
        "Make a new one, with a fresh jti, for each request; if the app does, somebody may have copied one.",
    ),
    (
        "dpop_proof_missing",
        "there is no proof of possession",
        "The app's settings demand that its tokens are bound to a key, or the code or refresh token is bound to one \
         already, and the request had no header 'DPoP'.",
        "Let the app send a proof with each token request; its library calls that DPoP.",
    ),
    (
        "dpop_proof_repeated",
        "there are several proofs of possession",
        "The request had the header 'DPoP' more than once.",
        "Let the app send one; a proxy that doubles headers would do this, too.",
    ),
    (
        "dpop_proof_malformed",
        "the proof of possession can't be read",
        "The header 'DPoP' isn't one signed JWT with the 'typ' dpop+jwt and a 'jti'.",
        "Let a library make it.",
    ),
    (
        "dpop_proof_algorithm",
        "the proof's algorithm isn't one of ours",
        "The proof's 'alg' is none, symmetric or unknown here, or isn't the one that its key is for.",
        "Sign with one of 'dpop_signing_alg_values_supported' of the discovery document, such as ES256.",
    ),
    (
        "dpop_proof_key",
        "the proof brings no usable key",
        "The proof's header has no 'jwk', or one that isn't a public RSA (2048 bits or more), P-256, P-384 or Ed25519 \
         key. A private key there is in strangers' hands now.",
        "Put the public half of the signing key into the header. If it was the private one, make another key.",
    ),
    (
        "dpop_proof_signature",
        "the proof's signature is wrong",
        "The proof wasn't signed with the key in its header.",
        "Sign with the key whose public half is in the header.",
    ),
    (
        "dpop_proof_method",
        "the proof is for another method",
        "The proof's 'htm' isn't the method of the request that it came with.",
        "Let the app make a proof for each request. If it does, somebody may have copied one.",
    ),
    (
        "dpop_proof_uri",
        "the proof is for another address",
        "The proof's 'htu' isn't the address of the request that it came with, as the discovery document has it.",
        "Compare the two: behind a proxy the app must name the public address. If it does, somebody may have copied \
         a proof.",
    ),
    (
        "dpop_proof_time",
        "the proof is of another time",
        "The proof's 'iat' is more than ten seconds ahead or 15 behind, or its 'nbf' or 'exp' don't hold.",
        "Set the app's clock, or let it go by the 'Date' of our answers, and make a proof for each request.",
    ),
    (
        "dpop_proof_replayed",
        "the proof was used before",
        "A proof by the same key with the same 'jti' had been used. Each works once.",
        "Make a new one, with a fresh jti, for each request; if the app does, somebody may have copied one.",
    ),
    (
        "dpop_proof_token",
        "the proof is for another token",
        "The proof's 'ath' isn't the digest of the access token that it came with.",
        "Let the app make the proof for the token that it sends.",
    ),
    (
        "dpop_key_mismatch",
        "it is bound to another key",
        "The code or the refresh token is bound to a key, and the proof was made with another one. Who has only \
         stolen the token can do nothing with it; the grant goes on.",
        "If the app lost its key, its user has to sign in again. If it didn't, find out where the token leaked.",
    ),
    (
        "dpop_jkt_mismatch",
        "the request names another key than its proof",
        "A pushed request has the parameter 'dpop_jkt' and a proof in the header 'DPoP', of two different keys.",
        "One of the two is enough; both must be of the same key.",
    ),
    (
        "invalid_dpop_jkt",
        "the key that the request names is no thumbprint",
        "The parameter 'dpop_jkt' isn't the base64url of a SHA-256 digest.",
        "Send the thumbprint of the key (RFC 7638), which libraries compute.",
    ),
    (
        "access_token_bound",
        "the access token is bound to a key",
        "The token came as a bearer token, though it is good only with a proof by its key.",
        "If the app knows no DPoP, switch the demand off in its settings. If it does, somebody may have copied the token.",
    ),
    (
        "access_token_unbound",
        "the access token is bound to no key",
        "The token came with the scheme DPoP, though it is a plain bearer token.",
        "Send it with the scheme Bearer, or get one that is bound by sending a proof with the token request.",
    ),
    (
        "access_token_of_another_key",
        "the access token is bound to another key",
        "The proof beside the token was made with another key than the one that it is bound to.",
        "Let the app keep one key for a token and its proofs. If it does, somebody may have copied the token.",
    ),
    (
        "client_assertion_invalid_signature",
        "the assertion's signature is wrong",
        "The assertion names a registered key, but another one signed it.",
        "Compare the app's private key with the public one in its settings.",
    ),
    (
        "client_assertion_invalid_signature_algorithm",
        "the assertion's algorithm is another one",
        "The assertion's 'alg' isn't the one that the registered key is for.",
        "Sign with the algorithm of the registered key; 'none' and HS256 are never taken.",
    ),
    (
        "client_assertion_invalid_kid",
        "the assertion's key isn't registered",
        "The assertion's 'kid' is none of the app's keys, or it names none and there are several. Keys in the header are ignored.",
        "Register the public key with the app, and put its kid into the header.",
    ),
    (
        "client_jwks_unavailable",
        "the app's keys can't be fetched",
        "The app publishes its keys at its 'jwks_uri', and there is no usable answer there: no JSON key set with \
         status 200 within three seconds, over https, at an address of the public internet.",
        "Open the jwks_uri yourself, and look at its certificate; the next attempt is made a minute after the last.",
    ),
    (
        "backchannel_logout_no_answer",
        "the app gave no answer",
        "The app was to be told of a sign-out at its 'backchannel_logout_uri', but nobody answered there in time, \
         over https, at an address of the public internet.",
        "Check the address and its certificate. Until 'givenUp' it is tried again.",
    ),
    (
        "backchannel_logout_refused",
        "the app didn't accept it",
        "The app was told of a sign-out at its 'backchannel_logout_uri' and answered with another status than 200.",
        "Look into the app's log: the event has the status that it answered with.",
    ),
    (
        "webhook_no_answer",
        "the webhook gave no answer",
        "The webhook was to be told something, but nobody answered at its address in time, over https, at an address \
         of the public internet.",
        "Check the address and its certificate. Until 'givenUp' it is tried again.",
    ),
    (
        "webhook_refused",
        "the webhook didn't accept it",
        "The webhook was told something and answered with another status than 200 to 299; redirects aren't followed.",
        "Look into the log of whoever answers there: the event has the status.",
    ),
    (
        "client_assertion_jwks_not_configured",
        "the app has no key",
        "The app authenticates with a key of its own, but none is registered.",
        "Register its public key.",
    ),
    (
        "invalid_request_uri",
        "the reference to a request is void",
        "The 'request_uri' of a pushed request is unknown at this server, another app's, older than 90 seconds, or \
         was answered before; or it isn't among the app's 'request_uris', or no request object is there.",
        "Nothing, if a page was reloaded after the sign-in. Else let the app push each request anew, or compare the \
         address with the app's settings and look at what it answers.",
    ),
    (
        "invalid_request_object",
        "the request object is no good",
        "The request came as an object (RFC 9101) that none of the app's registered keys signed, that isn't meant \
         for this server and this app now, that holds what it may not, or that was answered before.",
        "Read the answer, which says what is wrong. An object needs 'iss' and 'aud', unless it stands at a registered \
         address an 'exp' within the hour, and every parameter of the request.",
    ),
    (
        "pushed_request_required",
        "the app has to push its requests",
        "The app's settings demand that it sends its authorization requests to the PAR endpoint first, and this one came by the browser.",
        "Let the app push its requests, or take the demand back.",
    ),
    (
        "unmet_authentication_requirements",
        "the app demands a kind of sign-in that there isn't",
        "The parameter 'claims' calls an 'acr' essential, and no sign-in here has one.",
        "Let the app ask for it as voluntary.",
    ),
    (
        "invalid_claims",
        "the parameter 'claims' can't be read",
        "The parameter 'claims' isn't a JSON object of the shape in OpenID Connect Core 5.5, or is too long.",
        "Let a library write it.",
    ),
];

/// Phrases of the other reasons: the protocol's own description says why, and what to do.
pub(super) const PHRASES: &[(&str, &str)] = &[
    // The authorization endpoint.
    ("invalid_state", "its state is too long"),
    ("invalid_nonce", "its nonce is too long"),
    ("invalid_prompt", "'prompt' has values that don't go together"),
    ("invalid_max_age", "'max_age' is no number of seconds"),
    ("unsupported_response_type", "only the response type 'code' is supported"),
    ("unsupported_response_mode", "the response mode isn't supported"),
    ("invalid_client_application_type", "a service signs nobody in"),
    ("request_uri_not_supported", "the app has no key for a 'request_uri'"),
    ("request_not_supported", "the app has no key for a request object"),
    ("registration_not_supported", "an app can't describe itself in a sign-in"),
    ("invalid_target", "'resource' is none of this server's"),
    // Client authentication.
    ("missing_client_credentials", "the app didn't say who it is"),
    ("invalid_basic_auth_creds", "the Authorization header isn't readable"),
    ("multiple_client_credentials", "the app proved itself in two ways at once"),
    ("conflicting_client_ids", "two different client ids came at once"),
    ("client_credentials_in_query", "the client secret stood in the address"),
    ("client_assertion_type_invalid", "the assertion is of another type"),
    // Shape of a request.
    ("invalid_request", "the request is malformed"),
    ("illegal_duplicated_parameters", "a parameter came twice"),
    ("token_request_missing_grant_type", "'grant_type' is missing"),
    ("missing_token_request_parameter", "a parameter is missing"),
    ("unsupported_grant_type", "there is no such grant type"),
    ("pkce_missing_challenge_verifier_present", "a PKCE verifier came without a challenge before"),
    ("pkce_invalid_challenge", "the PKCE challenge is no SHA-256 digest"),
    ("pkce_unsupported_code_challenge_method", "PKCE must be with S256"),
    // Passwords and refresh tokens.
    ("expired_password_credentials", "the password has expired"),
    ("consent_required_ropf", "a scope needs the user's consent, which no page asks for"),
    ("refresh_scopes_denied", "it asked for more scopes than it first got"),
    ("refresh_scopes_changed", "its refresh token was just used with other scopes"),
    ("invalid_grant", "the grant isn't valid any more"),
    // Scopes.
    ("invalid_scope", "'scope' is no list of known scopes"),
    ("no_default_scopes", "'scope' is missing, and the server has no default scopes"),
    ("openid_not_allowed_client_creds", "'openid' needs a user"),
    ("illegal_scope", "a scope isn't for this grant"),
    ("scope_denied", "the access policy refuses a scope"),
    // Registration.
    ("invalid_redirect_uri", "a redirect URI can't be registered"),
    ("invalid_client_metadata", "the app's description can't be read"),
    // The server itself.
    ("server_error", "something went wrong in Signet"),
    ("temporarily_unavailable", "Signet couldn't answer for the moment"),
    ("system_claim_evaluation_failure", "a built-in claim couldn't be computed"),
    ("too_many_groups_in_groups_claim", "the groups claim matches too many groups"),
    // Protected resources and sign-out.
    ("request_missing_token", "'token' is missing"),
    ("access_token_missing", "there was no access token"),
    ("access_token_in_query", "the access token stood in the address"),
    ("access_token_duplicate", "the access token came twice"),
    ("invalid_token", "the access token isn't valid"),
    ("access_token_invalid", "the access token isn't valid"),
    ("id_token_invalid", "the ID token isn't valid here"),
    ("insufficient_scope", "the access token lacks a scope"),
    ("userinfo_algorithm", "the app wants userinfo signed with another algorithm than the server’s"),
    ("illegal_post_logout_redirect_uri", "the address after the sign-out isn't registered"),
];
