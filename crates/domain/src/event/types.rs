//! The names of everything that can happen, as log readers know them.

/// A type of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The name that filters use.
    pub name: &'static str,
    /// What happened, in words.
    pub message: &'static str,
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $konst:ident = $name:literal, $message:literal;)*) => {
        $($(#[$doc])* pub const $konst: EventType = EventType { name: $name, message: $message };)*

        /// Every type, in the order of declaration.
        pub const ALL: &[EventType] = &[$($konst),*];

        /// The type of a name.
        #[must_use]
        pub fn named(name: &str) -> Option<EventType> {
            ALL.iter().copied().find(|t| t.name == name)
        }
    };
}

event_types! {
    /// An authorization request at the org server was refused.
    ORG_AUTHORIZE = "app.oauth2.authorize", "OIDC authorization request";
    /// An authorization request at a custom server was refused.
    AS_AUTHORIZE = "app.oauth2.as.authorize", "OAuth2 authorization request";
    /// A code was issued by the org server.
    ORG_AUTHORIZE_CODE = "app.oauth2.authorize.code", "OIDC authorization code request";
    /// A code was issued by a custom server.
    AS_AUTHORIZE_CODE = "app.oauth2.as.authorize.code", "OAuth2 authorization code request";
    /// A user denied scopes.
    AS_SCOPE_DENIED = "app.oauth2.as.authorize.scope_denied", "OAuth2 authorization request denied by the user";
    /// A token request at the org server was refused.
    ORG_TOKEN_GRANT = "app.oauth2.token.grant", "OIDC token request";
    /// A token request at a custom server was refused.
    AS_TOKEN_GRANT = "app.oauth2.as.token.grant", "OAuth2 token request";
    /// Tokens were issued by the org server.
    ORG_ACCESS_TOKEN = "app.oauth2.token.grant.access_token", "OIDC access token is granted";
    /// Tokens were issued by a custom server.
    AS_ACCESS_TOKEN = "app.oauth2.as.token.grant.access_token", "OAuth2 access token is granted";
    /// An ID token was issued by the org server.
    ORG_ID_TOKEN = "app.oauth2.token.grant.id_token", "OIDC id token is granted";
    /// An ID token was issued by a custom server.
    AS_ID_TOKEN = "app.oauth2.as.token.grant.id_token", "OAuth2 id token is granted";
    /// A refresh token was issued by the org server.
    ORG_REFRESH_TOKEN = "app.oauth2.token.grant.refresh_token", "OIDC refresh token is granted";
    /// A refresh token was issued by a custom server.
    AS_REFRESH_TOKEN = "app.oauth2.as.token.grant.refresh_token", "OAuth2 refresh token is granted";
    /// A spent refresh token came back at the org server.
    ORG_DETECT_REUSE = "app.oauth2.token.detect_reuse", "OIDC refresh token reuse detected";
    /// A spent refresh token came back at a custom server.
    AS_DETECT_REUSE = "app.oauth2.as.token.detect_reuse", "OAuth2 refresh token reuse detected";
    /// A token of the org server was revoked.
    ORG_TOKEN_REVOKE = "app.oauth2.token.revoke", "OIDC token revocation request";
    /// A token of a custom server was revoked.
    AS_TOKEN_REVOKE = "app.oauth2.as.token.revoke", "OAuth2 token revocation request";
    /// A client that asked about a token, or revoked one, did not prove itself.
    INVALID_CLIENT = "app.oauth2.invalid_client_credentials", "Client authentication failed";
    /// A user agreed at the org server.
    ORG_CONSENT_GRANT = "app.oauth2.consent.grant", "User granted consent to app";
    /// A user agreed at a custom server.
    AS_CONSENT_GRANT = "app.oauth2.as.consent.grant", "User granted consent to app";
    /// A consent was withdrawn.
    AS_CONSENT_REVOKE = "app.oauth2.as.consent.revoke", "Consent to app was revoked";
    /// A server got a new signing key.
    AS_KEY_ROLLOVER = "app.oauth2.as.key.rollover", "Authorization server signing key was rolled";
    /// A server published another key to follow the one that signs.
    AS_KEY_PUBLISH = "app.oauth2.as.key.publish", "Authorization server signing key was published";
    /// A key whose last token has ended is published no longer.
    AS_KEY_REMOVE = "app.oauth2.as.key.remove", "Authorization server signing key was removed";
    /// A server's keys were replaced in an emergency, and what they had signed was refused at once.
    AS_KEY_REVOKE = "app.oauth2.as.key.revoke", "Authorization server signing keys were replaced";
    /// Everything that a server had issued was revoked.
    AS_REVOKE_ALL = "app.oauth2.as.token.revoke_all", "All tokens of authorization server were revoked";
    /// The fifth password attempt for one user within a second.
    USER_RATE_LIMITED = "user_rate_limited", "User was rate limited";
    /// Someone signed in, or failed to.
    SESSION_START = "user.session.start", "User login to Signet";
    /// Someone signed out.
    SESSION_END = "user.session.end", "User logout from Signet";
    /// An app was told of a sign-out, or could not be.
    BACKCHANNEL_LOGOUT = "app.oauth2.backchannel_logout", "App was told of the sign-out";
    /// Sessions of a user were ended by an administrator.
    SESSION_CLEAR = "user.session.clear", "User sessions were cleared";
    /// An administrator entered the console.
    SESSION_ADMIN = "user.session.access_admin_app", "User accessed the admin console";
    /// Someone was signed in to an app.
    SSO = "user.authentication.sso", "User single sign on to app";
    /// Too many wrong passwords.
    ACCOUNT_LOCK = "user.account.lock", "Max sign in attempts exceeded";
    /// An administrator unlocked a login.
    ACCOUNT_UNLOCK = "user.account.unlock_by_admin", "Admin unlocked user account";
    /// A password was set.
    PASSWORD_UPDATE = "user.account.update_password", "User password was updated";
    /// A profile was changed.
    PROFILE_UPDATE = "user.account.update_profile", "User profile was updated";
    /// A user was created.
    USER_CREATE = "user.lifecycle.create", "Create user";
    /// A user was activated.
    USER_ACTIVATE = "user.lifecycle.activate", "Activate user";
    /// A user was deactivated.
    USER_DEACTIVATE = "user.lifecycle.deactivate", "Deactivate user";
    /// A user was suspended.
    USER_SUSPEND = "user.lifecycle.suspend", "Suspend user";
    /// A suspension ended.
    USER_UNSUSPEND = "user.lifecycle.unsuspend", "Unsuspend user";
    /// A user was deleted.
    USER_DELETE = "user.lifecycle.delete.completed", "Delete user";
    /// An administrator role was given.
    PRIVILEGE_GRANT = "user.account.privilege.grant", "Grant user privilege";
    /// An administrator role was taken away.
    PRIVILEGE_REVOKE = "user.account.privilege.revoke", "Revoke user privilege";
    /// A password must be changed before the next sign-in.
    PASSWORD_EXPIRE = "user.account.expire_password", "User password was expired";
    /// An app was created.
    APP_CREATE = "application.lifecycle.create", "Create application";
    /// An app was changed.
    APP_UPDATE = "application.lifecycle.update", "Update application";
    /// An app was switched on.
    APP_ACTIVATE = "application.lifecycle.activate", "Activate application";
    /// An app was switched off.
    APP_DEACTIVATE = "application.lifecycle.deactivate", "Deactivate application";
    /// An app was deleted.
    APP_DELETE = "application.lifecycle.delete", "Delete application";
    /// An app registered itself, or was not let.
    CLIENT_REGISTER = "app.oauth2.client.lifecycle.create", "App registered itself";
    /// An app changed its own registration, or was not let.
    CLIENT_UPDATE = "app.oauth2.client.lifecycle.update", "App changed its registration";
    /// An app deleted its own registration, or it went because the app never got a token.
    CLIENT_DELETE = "app.oauth2.client.lifecycle.delete", "Registration of app was deleted";
    /// Who may register apps at a server was changed.
    REGISTRATION_UPDATE = "oauth2.as.registration.updated", "Registration at authorization server was changed";
    /// An initial access token was made.
    REGISTRATION_TOKEN_CREATE = "oauth2.as.registration.token.created", "Initial access token was created";
    /// An initial access token was revoked.
    REGISTRATION_TOKEN_REVOKE = "oauth2.as.registration.token.revoked", "Initial access token was revoked";
    /// A client secret was made.
    SECRET_CREATE = "app.oauth2.credentials.lifecycle.create", "Create client secret";
    /// A client secret was switched on.
    SECRET_ACTIVATE = "app.oauth2.credentials.lifecycle.activate", "Activate client secret";
    /// A client secret was switched off.
    SECRET_DEACTIVATE = "app.oauth2.credentials.lifecycle.deactivate", "Deactivate client secret";
    /// A client secret was deleted.
    SECRET_DELETE = "app.oauth2.credentials.lifecycle.delete", "Delete client secret";
    /// A server was created.
    AS_CREATE = "oauth2.as.created", "Authorization server was created";
    /// A server was changed.
    AS_UPDATE = "oauth2.as.updated", "Authorization server was updated";
    /// A server was switched on.
    AS_ACTIVATE = "oauth2.as.activated", "Authorization server was activated";
    /// A server was switched off.
    AS_DEACTIVATE = "oauth2.as.deactivated", "Authorization server was deactivated";
    /// A server was deleted.
    AS_DELETE = "oauth2.as.deleted", "Authorization server was deleted";
    /// A server got a gateway profile.
    GATEWAY_CREATE = "oauth2.as.gateway.created", "Gateway profile was created";
    /// A gateway profile was changed.
    GATEWAY_UPDATE = "oauth2.as.gateway.updated", "Gateway profile was updated";
    /// A gateway profile was deleted.
    GATEWAY_DELETE = "oauth2.as.gateway.deleted", "Gateway profile was deleted";
    /// A provision key was replaced.
    PROVISION_KEY_ROLL = "oauth2.as.gateway.provision_key.rolled", "Provision key was rolled";
    /// A provision key was used, or a wrong one was tried.
    PROVISION_KEY_USE = "oauth2.as.gateway.provision_key.used", "Provision key was used";
    /// An API key was made.
    API_KEY_CREATE = "app.api_key.create", "Create API key";
    /// An API key was deleted.
    API_KEY_DELETE = "app.api_key.delete", "Delete API key";
    /// A scope was created.
    SCOPE_CREATE = "oauth2.scope.created", "Scope was created";
    /// A scope was changed.
    SCOPE_UPDATE = "oauth2.scope.updated", "Scope was updated";
    /// A scope was deleted.
    SCOPE_DELETE = "oauth2.scope.deleted", "Scope was deleted";
    /// A claim of an authorization server was created.
    CLAIM_CREATE = "oauth2.claim.created", "Claim was created";
    /// A claim was changed.
    CLAIM_UPDATE = "oauth2.claim.updated", "Claim was updated";
    /// A claim was deleted.
    CLAIM_DELETE = "oauth2.claim.deleted", "Claim was deleted";
    /// An access policy of an authorization server was created.
    ACCESS_POLICY_CREATE = "policy.lifecycle.create", "Create policy";
    /// An access policy was changed.
    ACCESS_POLICY_UPDATE = "policy.lifecycle.update", "Update policy";
    /// An access policy was deleted.
    ACCESS_POLICY_DELETE = "policy.lifecycle.delete", "Delete policy";
    /// A rule of an access policy was created.
    ACCESS_RULE_CREATE = "policy.rule.add", "Add policy rule";
    /// A rule of an access policy was changed.
    ACCESS_RULE_UPDATE = "policy.rule.update", "Update policy rule";
    /// A rule of an access policy was deleted.
    ACCESS_RULE_DELETE = "policy.rule.delete", "Delete policy rule";
    /// A group was created.
    GROUP_CREATE = "group.lifecycle.create", "Create group";
    /// A group was changed.
    GROUP_UPDATE = "group.profile.update", "Update group profile";
    /// A group was deleted.
    GROUP_DELETE = "group.lifecycle.delete", "Delete group";
    /// A user came into a group.
    GROUP_MEMBER_ADD = "group.user_membership.add", "Add user to group membership";
    /// A user went out of a group.
    GROUP_MEMBER_REMOVE = "group.user_membership.remove", "Remove user from group membership";
    /// An API token was made.
    API_TOKEN_CREATE = "system.api_token.create", "Create API token";
    /// An API token was revoked.
    API_TOKEN_REVOKE = "system.api_token.revoke", "Revoke API token";
    /// An API credential was made.
    CREDENTIAL_CREATE = "system.api_credential.create", "Create API credential";
    /// An API credential was revoked.
    CREDENTIAL_REVOKE = "system.api_credential.revoke", "Revoke API credential";
    /// An API token was paused.
    API_TOKEN_PAUSE = "system.api_token.pause", "Pause API token";
    /// A paused API token may be used again.
    API_TOKEN_RESUME = "system.api_token.resume", "Resume API token";
    /// An API credential was paused.
    CREDENTIAL_PAUSE = "system.api_credential.pause", "Pause API credential";
    /// A paused API credential may be used again.
    CREDENTIAL_RESUME = "system.api_credential.resume", "Resume API credential";
    /// An API credential got a token, or was refused one.
    CREDENTIAL_TOKEN = "system.api_credential.token.grant", "API credential token request";
    /// A token of an API credential was revoked.
    CREDENTIAL_TOKEN_REVOKE = "system.api_credential.token.revoke", "API credential token was revoked";
    /// 90 % of the account's hourly quota are used.
    QUOTA_WARNING = "system.org.rate_limit.warning", "Rate limit warning";
    /// The account's hourly quota is used up.
    QUOTA_VIOLATION = "system.org.rate_limit.violation", "Rate limit violation";
    /// A rate policy refused a token request.
    RATE_POLICY_REFUSED = "policy.rate_limit.refused", "Token request was refused by a rate policy";
    /// A rate policy that is tried out would have refused a token request.
    RATE_POLICY_DRY_RUN = "policy.rate_limit.dry_run", "Token request would have been refused by a rate policy";
    /// A rate policy was created.
    RATE_POLICY_CREATE = "policy.rate_limit.create", "Create rate policy";
    /// A rate policy was changed.
    RATE_POLICY_UPDATE = "policy.rate_limit.update", "Update rate policy";
    /// A rate policy was deleted.
    RATE_POLICY_DELETE = "policy.rate_limit.delete", "Delete rate policy";
    /// Redis can't be used: rate policies that count there count on each node.
    LIMITS_DEGRADED = "system.limits.degraded", "Rate policies count on each node, Redis is away";
    /// Redis can be used again.
    LIMITS_RESTORED = "system.limits.restored", "Rate policies count in Redis again";
    /// A search of the log was kept.
    SAVED_SEARCH_CREATE = "system.log.search.create", "Create saved search";
    /// A search of the log was forgotten.
    SAVED_SEARCH_DELETE = "system.log.search.delete", "Delete saved search";
    /// An access token was shown to userinfo. Only refusals are told.
    USERINFO = "app.oauth2.userinfo", "UserInfo request";
    /// An app asked what a token is good for. Only refusals are told.
    TOKEN_INTROSPECT = "app.oauth2.token.introspect", "Token introspection request";
    /// An administrator asked what a token or a secret is that somebody found.
    TOKEN_INSPECT = "app.oauth2.token.inspect", "Token was inspected";
    /// An alert was created.
    ALERT_CREATE = "system.alert.create", "Create alert";
    /// An alert was changed, switched on or off, or muted.
    ALERT_UPDATE = "system.alert.update", "Update alert";
    /// An alert was deleted.
    ALERT_DELETE = "system.alert.delete", "Delete alert";
    /// As many events as an alert waits for happened in its window.
    ALERT_FIRE = "system.alert.fire", "Alert fired";
    /// Somebody took note of what an alert had told.
    ALERT_ACKNOWLEDGE = "system.alert.acknowledge", "Acknowledge alert";
    /// A webhook was created.
    WEBHOOK_CREATE = "system.webhook.create", "Create webhook";
    /// A webhook was changed.
    WEBHOOK_UPDATE = "system.webhook.update", "Update webhook";
    /// A webhook was deleted.
    WEBHOOK_DELETE = "system.webhook.delete", "Delete webhook";
    /// A webhook got another secret.
    WEBHOOK_SECRET_ROLL = "system.webhook.secret.roll", "Roll webhook secret";
    /// A webhook was told something, or could not be.
    WEBHOOK_DELIVER = "system.webhook.deliver", "Webhook was told";
    /// The look of the pages for users was changed.
    BRAND_UPDATE = "system.brand.update", "Update brand";
    /// The look of the pages for users went back to what it was at first.
    BRAND_RESET = "system.brand.reset", "Reset brand";
    /// The rules for passwords and sessions were changed.
    SECURITY_UPDATE = "system.security.update", "Update security settings";
    /// The rules for passwords and sessions went back to what they were at first.
    SECURITY_RESET = "system.security.reset", "Reset security settings";
    /// Every session of the tenant was ended.
    SESSIONS_END = "system.sessions.end", "End all sessions";
    /// The log was read through the API or the console.
    LOG_READ = "system.log.read", "System log was read";
    /// A list was taken as a file: of users.
    REPORT_DOWNLOAD = "analytics.reports.export.download", "Report was downloaded";
    /// How long the log is kept was changed.
    LOG_RETENTION_UPDATE = "system.log.retention.update", "System log retention was changed";
    /// The log was put on hold: nothing of it goes.
    LOG_HOLD_START = "system.log.hold.start", "System log was put on hold";
    /// A hold of the log was ended.
    LOG_HOLD_END = "system.log.hold.end", "Hold of the system log was ended";
    /// A tenant was created.
    TENANT_CREATE = "system.tenant.create", "Tenant was created";
    /// A tenant was suspended by the operator.
    TENANT_SUSPEND = "system.tenant.suspend", "Tenant was suspended";
    /// A tenant's suspension ended.
    TENANT_UNSUSPEND = "system.tenant.unsuspend", "Tenant was unsuspended";
    /// A tenant was deleted by the operator. It is erased later.
    TENANT_DELETE = "system.tenant.delete", "Tenant was deleted";
    /// A deleted tenant was restored.
    TENANT_RESTORE = "system.tenant.restore", "Tenant was restored";
    /// Nothing is left of a deleted tenant. Only the operator's log has it.
    TENANT_ERASE = "system.tenant.erase", "Tenant was erased";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ALL.iter().map(|t| t.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
