//! What the form of a rule says.

use super::access_policy_forms::{sent_state, ticked};
use super::admin::Admin;
use super::duration;
use super::failure::Result;
use super::form::Form;
use signet_domain::access_policy::{ANY_SCOPE, AccessRule, EVERYONE};
use signet_domain::claim::InForce;
use signet_domain::id::UserId;
use signet_idp::admin::access_rules::AccessRuleSettings;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::FormPage;

/// Names of fields.
pub(super) const GROUPS: &str = "conditions.people.groups";
pub(super) const USERS: &str = "conditions.people.users";
pub(super) const GRANTS: &str = "conditions.grantTypes";
pub(super) const SCOPES: &str = "conditions.scopes";
/// Most logins that are looked up; one more is refused as too many.
const LOGINS: usize = 101;
/// How long an access token lives, and a refresh token that is unused, and in all.
pub(super) const TIMES: [&str; 3] =
    ["accessTokenLifetimeMinutes", "refreshTokenWindowMinutes", "refreshTokenLifetimeMinutes"];

/// What the fields say. Users are named by their logins here.
pub(super) struct Typed {
    pub(super) settings: AccessRuleSettings,
    pub(super) logins: Vec<String>,
    /// What stands in the fields of [`TIMES`].
    pub(super) times: [String; 3],
}

impl Typed {
    pub(super) fn fresh() -> Self {
        let settings = AccessRuleSettings {
            name: String::new(),
            priority: None,
            status: InForce::Active,
            grant_types: vec!["authorization_code".to_owned()],
            users: Vec::new(),
            groups: vec![EVERYONE.to_owned()],
            scopes: vec![ANY_SCOPE.to_owned()],
            access_token_minutes: None,
            refresh_window_minutes: None,
            refresh_lifetime_minutes: None,
        };
        Self { settings, logins: Vec::new(), times: Default::default() }
    }

    /// A rule as it is, with logins in the place of ids where there is such a user.
    pub(super) async fn of(admin: &Admin, rule: &AccessRule) -> Result<Self> {
        let mut logins = Vec::new();
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        for id in rule.user_ids.iter() {
            let user = match UserId::parse(id) {
                Some(id) => tx.user(id).await?,
                None => None,
            };
            logins.push(user.map_or_else(|| id.clone(), |user| user.login));
        }
        let settings = AccessRuleSettings::of(rule);
        let times = [
            settings.access_token_minutes,
            settings.refresh_window_minutes,
            settings.refresh_lifetime_minutes,
        ];
        Ok(Self {
            settings,
            logins,
            times: times.map(|time| time.map(duration::written).unwrap_or_default()),
        })
    }

    /// What a form sends. Users stay as they are for who may not look at them.
    pub(super) fn sent(admin: &Admin, form: &Form, before: Option<&AccessRule>) -> Self {
        let sees_users = admin.may(Area::Users, Access::Read);
        let [access_token_minutes, refresh_window_minutes, refresh_lifetime_minutes] =
            TIMES.map(|name| duration::minutes(form, name));
        let settings = AccessRuleSettings {
            name: form.text("name"),
            priority: None,
            status: sent_state(form),
            grant_types: form.all(GRANTS),
            users: before.filter(|_| !sees_users).map_or_else(Vec::new, |rule| rule.user_ids.0.clone()),
            groups: ticked(form, GROUPS),
            scopes: form.raw(SCOPES).split_whitespace().map(str::to_owned).collect(),
            access_token_minutes,
            refresh_window_minutes,
            refresh_lifetime_minutes,
        };
        let logins = if sees_users { form.lines(USERS) } else { Vec::new() };
        Self { settings, logins, times: TIMES.map(|name| duration::shown(form.raw(name))) }
    }

    /// As settings, with the ids of those who were named; a name that nobody has stands beside its field.
    pub(super) async fn settings(
        &self,
        admin: &Admin,
        page: &mut FormPage,
    ) -> Result<Option<AccessRuleSettings>> {
        let mut settings = self.settings.clone();
        let mut strangers = Vec::new();
        for login in self.logins.iter().take(LOGINS) {
            match admin.idp().admin_user(&admin.ctx, &admin.caller, login).await {
                Ok(view) if login != "me" => settings.users.push(view.user.id.to_string()),
                Ok(_) | Err(AdminError::NotFound { .. }) => strangers.push(visible(login)),
                Err(error) => return Err(error.into()),
            }
        }
        if strangers.is_empty() {
            return Ok(Some(settings));
        }
        page.wrong(USERS, format!("Nobody here has this login: {}.", strangers.join(", ")));
        Ok(None)
    }
}
