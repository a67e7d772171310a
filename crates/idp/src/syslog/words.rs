//! Events as sentences, for people who don't read JSON.

use super::reasons::explain;
use signet_domain::event::types::{self, EventType};
use signet_domain::event::{Entity, EventRow, Outcome, bounded};

/// What kind of thing an event tells of: which mark it gets in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Someone did what they may.
    Allowed,
    /// Someone was refused.
    Refused,
    /// A limit refused someone.
    Throttled,
    /// The tenant's configuration, an account or a right was changed.
    Changed,
}

impl Kind {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Changed => "changed",
        }
    }
}

/// The kind of an authorization server's entity.
const SERVER: &str = "AuthorizationServer";

/// Of each type: what it tells of when it succeeds, and its sentence. `{who}` is the actor, `{app}` and
/// `{server}` are what their names say, `{for}` is " for " and the user if there is one, `{target}` the first
/// thing it was done to.
const TYPES: &[(EventType, Kind, &str)] = {
    use Kind::{Allowed, Changed, Refused, Throttled};
    &[
        (types::ORG_AUTHORIZE, Allowed, "{app} asked to sign someone in"),
        (types::AS_AUTHORIZE, Allowed, "{app} asked to sign someone in"),
        (types::ORG_AUTHORIZE_CODE, Allowed, "{who} was sent back to {app} with a code"),
        (types::AS_AUTHORIZE_CODE, Allowed, "{who} was sent back to {app} with a code"),
        (types::AS_SCOPE_DENIED, Refused, "{who} didn't allow {app} what it asked for"),
        (types::ORG_TOKEN_GRANT, Allowed, "{app} asked for a token"),
        (types::AS_TOKEN_GRANT, Allowed, "{app} asked for a token"),
        (types::ORG_ACCESS_TOKEN, Allowed, "{app} got an access token{for}"),
        (types::AS_ACCESS_TOKEN, Allowed, "{app} got an access token{for}"),
        (types::ORG_ID_TOKEN, Allowed, "{app} got an ID token{for}"),
        (types::AS_ID_TOKEN, Allowed, "{app} got an ID token{for}"),
        (types::ORG_REFRESH_TOKEN, Allowed, "{app} got a refresh token{for}"),
        (types::AS_REFRESH_TOKEN, Allowed, "{app} got a refresh token{for}"),
        (
            types::ORG_DETECT_REUSE,
            Refused,
            "A spent refresh token of {app} came back: its family was revoked",
        ),
        (types::AS_DETECT_REUSE, Refused, "A spent refresh token of {app} came back: its family was revoked"),
        (types::ORG_TOKEN_REVOKE, Changed, "A token of {app} was revoked"),
        (types::AS_TOKEN_REVOKE, Changed, "A token of {app} was revoked"),
        (types::INVALID_CLIENT, Refused, "An app did not prove itself"),
        (types::ORG_CONSENT_GRANT, Allowed, "{who} allowed {app} what it asked for"),
        (types::AS_CONSENT_GRANT, Allowed, "{who} allowed {app} what it asked for"),
        (types::AS_CONSENT_REVOKE, Changed, "{who} withdrew the consent to {app}"),
        (types::AS_KEY_ROLLOVER, Changed, "{who} rolled the signing key of {server}"),
        (types::AS_KEY_PUBLISH, Changed, "{server} published a signing key to follow the present one"),
        (
            types::AS_KEY_REMOVE,
            Changed,
            "A signing key of {server} was removed after its last token had ended",
        ),
        (
            types::AS_KEY_REVOKE,
            Changed,
            "{who} replaced the signing keys of {server}: their tokens are refused",
        ),
        (types::AS_REVOKE_ALL, Changed, "{who} revoked everything that {server} had issued"),
        (types::USER_RATE_LIMITED, Throttled, "{user} was refused: 5th password in one second"),
        (types::SESSION_START, Allowed, "{who} signed in"),
        (types::SESSION_END, Allowed, "{who} signed out"),
        (types::BACKCHANNEL_LOGOUT, Allowed, "{app} was told of the sign-out"),
        (types::SESSION_CLEAR, Changed, "{who} ended all sessions of {target}"),
        (types::SESSION_ADMIN, Allowed, "{who} opened the console"),
        (types::SSO, Allowed, "{who} signed in to {app}"),
        (types::ACCOUNT_LOCK, Refused, "{user} was locked after too many wrong passwords"),
        (types::ACCOUNT_UNLOCK, Changed, "{who} unlocked {target}"),
        (types::PASSWORD_UPDATE, Changed, "{who} set the password of {target}"),
        (types::PASSWORD_EXPIRE, Changed, "{who} wants {target} to choose a new password"),
        (types::PROFILE_UPDATE, Changed, "{who} changed the profile of {target}"),
        (types::USER_CREATE, Changed, "{who} created the user {target}"),
        (types::USER_ACTIVATE, Changed, "{who} activated {target}"),
        (types::USER_DEACTIVATE, Changed, "{who} deactivated {target}"),
        (types::USER_SUSPEND, Changed, "{who} suspended {target}"),
        (types::USER_UNSUSPEND, Changed, "{who} let {target} back in"),
        (types::USER_DELETE, Changed, "{who} deleted the user {target}"),
        (types::PRIVILEGE_GRANT, Changed, "{who} made {target} an administrator"),
        (types::PRIVILEGE_REVOKE, Changed, "{who} took the administrator role from {target}"),
        (types::CLIENT_REGISTER, Changed, "The app {target} registered itself"),
        (types::CLIENT_UPDATE, Changed, "The app {target} changed its registration"),
        (types::CLIENT_DELETE, Changed, "The registration of the app {target} was deleted"),
        (types::REGISTRATION_UPDATE, Changed, "{who} changed who may register apps at {server}"),
        (types::REGISTRATION_TOKEN_CREATE, Changed, "{who} made an initial access token for {server}"),
        (types::REGISTRATION_TOKEN_REVOKE, Changed, "{who} revoked an initial access token for {server}"),
        (types::APP_CREATE, Changed, "{who} created the app {target}"),
        (types::APP_UPDATE, Changed, "{who} changed {target}"),
        (types::APP_ACTIVATE, Changed, "{who} switched {target} on"),
        (types::APP_DEACTIVATE, Changed, "{who} switched {target} off"),
        (types::APP_DELETE, Changed, "{who} deleted the app {target}"),
        (types::SECRET_CREATE, Changed, "{who} made a client secret for {app}"),
        (types::SECRET_ACTIVATE, Changed, "{who} switched a client secret of {app} on"),
        (types::SECRET_DEACTIVATE, Changed, "{who} switched a client secret of {app} off"),
        (types::SECRET_DELETE, Changed, "{who} deleted a client secret of {app}"),
        (types::AS_CREATE, Changed, "{who} created the authorization server {server}"),
        (types::AS_UPDATE, Changed, "{who} changed the authorization server {server}"),
        (types::AS_ACTIVATE, Changed, "{who} switched the authorization server {server} on"),
        (types::AS_DEACTIVATE, Changed, "{who} switched the authorization server {server} off"),
        (types::AS_DELETE, Changed, "{who} deleted the authorization server {server}"),
        (types::GATEWAY_CREATE, Changed, "{who} gave the authorization server {server} a gateway profile"),
        (
            types::GATEWAY_UPDATE,
            Changed,
            "{who} changed the gateway profile of the authorization server {server}",
        ),
        (
            types::GATEWAY_DELETE,
            Changed,
            "{who} deleted the gateway profile of the authorization server {server}",
        ),
        (
            types::PROVISION_KEY_ROLL,
            Changed,
            "{who} rolled the provision key of the authorization server {server}",
        ),
        (types::PROVISION_KEY_USE, Allowed, "The provision key of {server} was used for {app}"),
        (types::API_KEY_CREATE, Changed, "{who} made an API key for {app}"),
        (types::API_KEY_DELETE, Changed, "{who} deleted an API key of {app}"),
        (types::SCOPE_CREATE, Changed, "{who} created the scope {target} at {server}"),
        (types::SCOPE_UPDATE, Changed, "{who} changed the scope {target} at {server}"),
        (types::SCOPE_DELETE, Changed, "{who} deleted the scope {target} at {server}"),
        (types::CLAIM_CREATE, Changed, "{who} created the claim {target} at {server}"),
        (types::CLAIM_UPDATE, Changed, "{who} changed the claim {target} at {server}"),
        (types::CLAIM_DELETE, Changed, "{who} deleted the claim {target} at {server}"),
        (types::ACCESS_POLICY_CREATE, Changed, "{who} created the access policy {target}"),
        (types::ACCESS_POLICY_UPDATE, Changed, "{who} changed the access policy {target}"),
        (types::ACCESS_POLICY_DELETE, Changed, "{who} deleted the access policy {target}"),
        (types::ACCESS_RULE_CREATE, Changed, "{who} added a rule to the access policy {target}"),
        (types::ACCESS_RULE_UPDATE, Changed, "{who} changed a rule of the access policy {target}"),
        (types::ACCESS_RULE_DELETE, Changed, "{who} deleted a rule of the access policy {target}"),
        (types::GROUP_CREATE, Changed, "{who} created the group {target}"),
        (types::GROUP_UPDATE, Changed, "{who} changed the group {target}"),
        (types::GROUP_DELETE, Changed, "{who} deleted the group {target}"),
        (types::GROUP_MEMBER_ADD, Changed, "{who} put {user} into the group {target}"),
        (types::GROUP_MEMBER_REMOVE, Changed, "{who} took {user} out of the group {target}"),
        (types::API_TOKEN_CREATE, Changed, "{who} made the API token {target}"),
        (types::API_TOKEN_REVOKE, Changed, "{who} revoked the API token {target}"),
        (types::CREDENTIAL_CREATE, Changed, "{who} made the API credential {target}"),
        (types::CREDENTIAL_REVOKE, Changed, "{who} revoked the API credential {target}"),
        (types::API_TOKEN_PAUSE, Changed, "{who} paused the API token {target}"),
        (types::API_TOKEN_RESUME, Changed, "{who} let the API token {target} go on"),
        (types::CREDENTIAL_PAUSE, Changed, "{who} paused the API credential {target}"),
        (types::CREDENTIAL_RESUME, Changed, "{who} let the API credential {target} go on"),
        (types::CREDENTIAL_TOKEN, Allowed, "{who} got a token for the management API"),
        (types::CREDENTIAL_TOKEN_REVOKE, Changed, "A management API token of {who} was revoked"),
        (types::QUOTA_WARNING, Allowed, "90 % of this hour's API calls are used"),
        (types::QUOTA_VIOLATION, Throttled, "This hour's API calls are used up: further ones are refused"),
        (types::RATE_POLICY_REFUSED, Throttled, "{app} was refused a token by the rate policy {target}"),
        (
            types::RATE_POLICY_DRY_RUN,
            Allowed,
            "The rate policy {target}, if it were in force, would have refused",
        ),
        (types::RATE_POLICY_CREATE, Changed, "{who} created the rate policy {target}"),
        (types::RATE_POLICY_UPDATE, Changed, "{who} changed the rate policy {target}"),
        (types::RATE_POLICY_DELETE, Changed, "{who} deleted the rate policy {target}"),
        (types::LIMITS_DEGRADED, Refused, "Redis is away: its rate policies count on each node by itself"),
        (types::LIMITS_RESTORED, Allowed, "Redis is back: its rate policies count there again"),
        (types::SAVED_SEARCH_CREATE, Changed, "{who} saved the search {target}"),
        (types::SAVED_SEARCH_DELETE, Changed, "{who} deleted the search {target}"),
        (types::USERINFO, Allowed, "{app} asked who its user is"),
        (types::TOKEN_INTROSPECT, Allowed, "{app} asked what a token is good for"),
        (types::TOKEN_INSPECT, Allowed, "{who} asked what a token or secret is"),
        (types::ALERT_CREATE, Changed, "{who} created the alert {target}"),
        (types::ALERT_UPDATE, Changed, "{who} changed the alert {target}"),
        (types::ALERT_DELETE, Changed, "{who} deleted the alert {target}"),
        (types::ALERT_FIRE, Allowed, "The alert {target} fired"),
        (types::ALERT_ACKNOWLEDGE, Changed, "{who} took note of the alert {target}"),
        (types::WEBHOOK_CREATE, Changed, "{who} created the webhook {target}"),
        (types::WEBHOOK_UPDATE, Changed, "{who} changed the webhook {target}"),
        (types::WEBHOOK_DELETE, Changed, "{who} deleted the webhook {target}"),
        (types::WEBHOOK_SECRET_ROLL, Changed, "{who} rolled the secret of the webhook {target}"),
        (types::WEBHOOK_DELIVER, Allowed, "The webhook {target} was told"),
        (types::BRAND_UPDATE, Changed, "{who} changed how the pages for users look"),
        (types::BRAND_RESET, Changed, "{who} gave the pages for users their first look back"),
        (types::SECURITY_UPDATE, Changed, "{who} changed the rules for passwords and sessions"),
        (types::SECURITY_RESET, Changed, "{who} gave passwords and sessions their first rules back"),
        (types::SESSIONS_END, Changed, "{who} ended all sessions"),
        (types::LOG_READ, Allowed, "{who} read the system log"),
        (types::REPORT_DOWNLOAD, Allowed, "{who} downloaded a list of users"),
        (types::LOG_RETENTION_UPDATE, Changed, "{who} changed how long the system log is kept"),
        (types::LOG_HOLD_START, Changed, "{who} put the system log on hold"),
        (types::LOG_HOLD_END, Changed, "{who} ended the hold of the system log"),
        (types::TENANT_CREATE, Changed, "{who} created the tenant {target}"),
        (types::TENANT_SUSPEND, Changed, "{who} suspended the tenant {target}"),
        (types::TENANT_UNSUSPEND, Changed, "{who} let the tenant {target} back in"),
        (types::TENANT_DELETE, Changed, "{who} deleted the tenant {target}"),
        (types::TENANT_RESTORE, Changed, "{who} restored the tenant {target}"),
        (types::TENANT_ERASE, Changed, "The tenant {target} was erased"),
    ]
};

fn entry(row: &EventRow) -> Option<&'static (EventType, Kind, &'static str)> {
    entry_of(&row.event_type)
}

fn entry_of(event_type: &str) -> Option<&'static (EventType, Kind, &'static str)> {
    TYPES.iter().find(|(t, _, _)| t.name == event_type)
}

/// What kind of thing an event tells of.
#[must_use]
pub fn kind(row: &EventRow) -> Kind {
    kind_of(&row.event_type, row.outcome, row.reason.as_deref())
}

/// What kind of thing an event of a type tells of when it ends so.
#[must_use]
pub fn kind_of(event_type: &str, outcome: Outcome, reason: Option<&str>) -> Kind {
    let of_type = entry_of(event_type).map_or(Kind::Allowed, |e| e.1);
    match (of_type, outcome) {
        (Kind::Throttled, _) => Kind::Throttled,
        (_, Outcome::Failure | Outcome::Deny) if reason == Some(types::USER_RATE_LIMITED.name) => {
            Kind::Throttled
        }
        (_, Outcome::Failure | Outcome::Deny) => Kind::Refused,
        (kind, Outcome::Success) => kind,
    }
}

/// An event in one sentence, without a full stop. Names in it are what someone typed: a page must escape it.
#[must_use]
pub fn sentence(row: &EventRow) -> String {
    // The event that closes a story counts what came after the first.
    if let Some(more) = row.data.debug.get("story").and(row.data.debug.get("count")) {
        let times =
            if more == "1" { "once more".to_owned() } else { format!("{} more times", visible(more)) };
        return match target(row) {
            policy if row.event_type == types::RATE_POLICY_REFUSED.name => {
                format!("{} was refused {times} by the rate policy {policy}", app(row))
            }
            policy if row.event_type == types::RATE_POLICY_DRY_RUN.name => {
                format!("The rate policy {policy}, if it were in force, would have refused {times}")
            }
            _ if row.event_type == types::INVALID_CLIENT.name => {
                format!("Secrets for {} from one address were refused {times}", who(row))
            }
            _ => format!("{} was refused {times} in the same second", user(row)),
        };
    }
    let refused = row.outcome != Outcome::Success;
    let own = entry(row).is_some_and(|e| matches!(e.1, Kind::Refused | Kind::Throttled));
    if refused && !own {
        return refusal(row);
    }
    if row.event_type == types::APP_UPDATE.name
        && let Some(changed) = row.data.debug.get("changed")
    {
        return format!("{} {}", who(row), changes(changed, &target(row)));
    }
    if row.event_type == types::PASSWORD_UPDATE.name
        && row.data.targets.first().is_none_or(|t| t.id == row.data.actor.id)
    {
        return format!("{} chose a new password", who(row));
    }
    if row.event_type == types::ALERT_FIRE.name
        && let Some(events) = row.data.debug.get("events")
    {
        let noun = if events == "1" { "event" } else { "events" };
        return format!("The alert {} fired: {} {noun}", target(row), visible(events));
    }
    match entry(row) {
        Some((_, _, template)) => fill(template, row),
        None => format!("{}: {}", who(row), visible(&row.data.message)),
    }
}

/// The types whose sentence has a part in it when they succeed; names that are filled in aren't looked at.
pub fn types_told_with(part: &str) -> impl Iterator<Item = &'static str> {
    let has = move |template: &str| {
        let between =
            template.split('{').map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
        between.into_iter().any(|piece| piece.to_lowercase().contains(part))
    };
    TYPES.iter().filter(move |(.., template)| has(template)).map(|(event_type, ..)| event_type.name)
}

/// Why it ended as it did, if there is a reason.
#[must_use]
pub fn why(row: &EventRow) -> Option<String> {
    reason(row).map(|reason| explain(reason).why)
}

/// What an administrator may do about it.
#[must_use]
pub fn fix(row: &EventRow) -> Option<String> {
    reason(row).and_then(|reason| explain(reason).fix)
}

/// The reason under which an event is explained. At the console's door, what is refused to someone with the
/// right password is a role.
fn reason(row: &EventRow) -> Option<&str> {
    match row.reason.as_deref() {
        Some("access_denied") if row.data.debug.get("door").is_some_and(|d| d == "console") => {
            Some("NO_ADMIN_ROLE")
        }
        other => other,
    }
}

fn refusal(row: &EventRow) -> String {
    let phrase = reason(row).map(|reason| visible(&explain(reason).phrase));
    let because = phrase.map_or_else(String::new, |phrase| format!(": {phrase}"));
    let is = |types: &[EventType]| types.iter().any(|t| t.name == row.event_type);
    if is(&[types::CREDENTIAL_TOKEN]) {
        return format!("{} was refused a token for the management API{because}", who(row));
    }
    match row.reason.as_deref().unwrap_or_default() {
        "invalid_password_credentials" | "INVALID_CREDENTIALS" => {
            return format!("{} gave a wrong password", user(row));
        }
        "unknown_user" => return "No account has the name that was typed".to_owned(),
        "user_rate_limited" | "user_locked_out" | "LOCKED_OUT" | "user_inactive" | "signed_out_meanwhile" => {
            return format!("{} was refused{because}", user(row));
        }
        "unknown_client" | "invalid_client_id" => {
            return "A request came from an app that doesn't exist here".to_owned();
        }
        "invalid_client_secret" => return format!("{} sent a wrong client secret", app(row)),
        _ => {}
    }
    if is(&[types::ORG_AUTHORIZE, types::AS_AUTHORIZE]) {
        return format!("Sign-in stopped{because}");
    }
    if is(&[types::SESSION_START, types::SSO, types::SESSION_ADMIN]) {
        return format!("{} could not sign in{because}", user(row));
    }
    if is(&[types::ORG_TOKEN_GRANT, types::AS_TOKEN_GRANT]) {
        return format!("{} was refused a token{because}", app(row));
    }
    format!("{} was refused \"{}\"{because}", who(row), visible(&row.data.message))
}

fn fill(template: &str, row: &EventRow) -> String {
    let mut sentence = String::with_capacity(template.len() + 64);
    let mut rest = template;
    // One pass, so that a name with braces in it is a name and not another hole.
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').unwrap_or((after, ""));
        sentence.push_str(before);
        sentence.push_str(&match hole {
            "who" => who(row),
            "user" => user(row),
            "app" => app(row),
            "server" => server(row),
            "target" => target(row),
            "for" => known_user(row).map_or_else(String::new, |user| format!(" for {user}")),
            _ => String::new(),
        });
        rest = after;
    }
    sentence.push_str(rest);
    sentence
}

/// What was changed of an app: `changed` lists members, with `+` before one that got something more and `-`
/// before one that lost something.
fn changes(changed: &str, target: &str) -> String {
    let parts: Vec<&str> = changed.split([',', ' ']).filter(|p| !p.is_empty()).collect();
    let member = |part: &&str| part.trim_start_matches(['+', '-']).to_owned();
    let mut names: Vec<String> = parts.iter().map(member).collect();
    names.dedup();
    let name = match &names[..] {
        [] => return format!("changed {target}"),
        [name] => name,
        more => return format!("changed {} settings of {target}", more.len()),
    };
    // A member that both gained and lost something has two parts: then it was changed.
    let part = if let [part] = parts[..] { part } else { name.as_str() };
    let (one, what) = match name.as_str() {
        "redirectUris" | "redirect_uris" => ("a redirect URI", "the redirect URIs"),
        "postLogoutRedirectUris" | "post_logout_redirect_uris" => ("a sign-out URI", "the sign-out URIs"),
        "grantTypes" | "grant_types" => ("a grant type", "the grant types"),
        "allowedScopes" | "allowed_scopes" => ("a scope", "the allowed scopes"),
        "label" => ("a name", "the name"),
        _ => return format!("changed a setting of {target}"),
    };
    match part.as_bytes().first() {
        Some(b'+') => format!("added {one} to {target}"),
        Some(b'-') => format!("took {one} from {target}"),
        _ => format!("changed {what} of {target}"),
    }
}

fn who(row: &EventRow) -> String {
    name(&row.data.actor).unwrap_or_else(|| "Someone".to_owned())
}

/// The user whom an event concerns, whoever acted.
fn known_user(row: &EventRow) -> Option<String> {
    row.data.targets.iter().chain([&row.data.actor]).find(|e| e.kind == "User").and_then(name)
}

fn user(row: &EventRow) -> String {
    known_user(row).or_else(|| name(&row.data.actor)).unwrap_or_else(|| "Someone".to_owned())
}

fn app(row: &EventRow) -> String {
    let is_app = |e: &&Entity| e.kind == "PublicClientApp" || e.kind == "AppInstance";
    let entity = row.data.targets.iter().chain(std::iter::once(&row.data.actor)).find(is_app);
    entity.and_then(name).unwrap_or_else(|| "An app".to_owned())
}

fn server(row: &EventRow) -> String {
    let entity = row.data.targets.iter().find(|e| e.kind == SERVER);
    entity.and_then(name).unwrap_or_else(|| "An authorization server".to_owned())
}

/// What it was done to. The server it was done at stands beside it.
fn target(row: &EventRow) -> String {
    let targets = &row.data.targets;
    let thing = targets.iter().find(|e| e.kind != SERVER).or_else(|| targets.first());
    thing.and_then(name).unwrap_or_else(|| "something".to_owned())
}

/// A user is known by the login, everything else by the name that people gave it.
fn name(entity: &Entity) -> Option<String> {
    let (first, second) = if entity.kind == "User" {
        (&entity.alternate_id, &entity.display_name)
    } else {
        (&entity.display_name, &entity.alternate_id)
    };
    let known = |name: &&String| !name.is_empty() && name.as_str() != "unknown";
    [first, second].into_iter().find(known).map(|name| visible(name))
}

/// A text in which nothing is hidden: control characters and those that turn or join what stands around them
/// are written out, and what is too long for a sentence is cut.
#[must_use]
pub fn visible(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown = String::with_capacity(text.len().min(LONGEST + 8));
    for c in text.chars() {
        push_visible(&mut shown, c);
        if shown.len() > LONGEST {
            break;
        }
    }
    bounded(&shown, LONGEST)
}

/// The same in full, however long it is.
#[must_use]
pub fn visible_whole(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    shown
}

fn push_visible(shown: &mut String, c: char) {
    if is_hidden(c) {
        shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
    } else {
        shown.push(c);
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
#[path = "words_tests.rs"]
pub(super) mod tests;
