//! On what terms a server issues tokens: what its access policies say, how long the tokens live, and what the
//! claims are made of besides app and user.

use crate::access_policy::{Asked, decide};
use crate::cache::ServerConfig;
use crate::{Ctx, Idp, IdpError, configured_claims};
use signet_domain::access_policy::{AccessPolicy, AccessRule, EVERYONE};
use signet_domain::app::App;
use signet_domain::group::Group;
use signet_domain::user::User;
use signet_oauth::{OAuthError, ScopeSet};

/// Most groups of one user that are looked at; more can be had, and the claim says that they are too many.
const GROUPS: i64 = 1_000;

/// What holds for one issuance.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Life of the access token in seconds.
    pub access_seconds: i64,
    /// Seconds after which the refresh token ends unused.
    pub refresh_idle_seconds: i64,
    /// Seconds after which the token family ends.
    pub refresh_absolute_seconds: i64,
    /// The policy and the rule that decided, as `(id, name)`; none where the server has no policies.
    pub decided_by: Option<[(String, String); 2]>,
    /// The user's groups, by name, if somebody asks about them.
    pub groups: Vec<Group>,
}

impl Idp {
    /// The terms of a server for an app and a user.
    ///
    /// # Errors
    /// `access_denied` when the server's policies don't allow it.
    pub(crate) async fn terms(
        &self,
        ctx: &Ctx,
        config: &ServerConfig,
        app: &App,
        user: Option<&User>,
        grant_type: &str,
        scopes: &ScopeSet,
    ) -> Result<Terms, OAuthError> {
        let groups = match user {
            Some(user) if needs_groups(config, scopes) => self.groups_of(ctx, user).await?,
            _ => Vec::new(),
        };
        let group_ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
        let user_id = user.map(|user| user.id.to_string());
        let asked = Asked {
            client_id: &app.client_id,
            user: user_id.as_deref().map(|id| (id, group_ids.as_slice())),
            grant_type,
            scopes,
        };
        let verdict = decide(&config.policies, &asked, |_| {});
        let decided = verdict.allowed()?;
        let server = &config.server;
        let rule = decided.map(|(_, rule)| rule);
        let or = |of_rule: Option<i64>, of_server: i64| of_rule.unwrap_or(of_server);
        Ok(Terms {
            access_seconds: or(rule.and_then(|r| r.access_token_seconds), server.access_token_seconds),
            refresh_idle_seconds: or(rule.and_then(|r| r.refresh_idle_seconds), server.refresh_idle_seconds),
            refresh_absolute_seconds: or(
                rule.and_then(|r| r.refresh_absolute_seconds),
                server.refresh_absolute_seconds,
            ),
            decided_by: decided.map(named),
            groups,
        })
    }

    /// The groups of a user, by name.
    pub(crate) async fn groups_of(&self, ctx: &Ctx, user: &User) -> Result<Vec<Group>, IdpError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.groups_of(user.id, GROUPS).await?)
    }
}

fn named((policy, rule): (&AccessPolicy, &AccessRule)) -> [(String, String); 2] {
    [(policy.id.to_string(), policy.name.clone()), (rule.id.to_string(), rule.name.clone())]
}

/// Whether anything asks about the user's groups: most servers never do, and need no statement for it.
fn needs_groups(config: &ServerConfig, scopes: &ScopeSet) -> bool {
    let by_rule = config.policies.iter().flat_map(|p| &p.rules).flat_map(|r| &r.group_ids.0);
    configured_claims::ask_for_groups(&config.claims, scopes) || by_rule.into_iter().any(|id| id != EVERYONE)
}
