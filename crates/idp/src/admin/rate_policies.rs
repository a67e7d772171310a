//! Rate policies of a tenant.

use super::change::Diff;
use super::rate_policy_rules::{MAX_POLICIES, RatePolicySettings, facts};
use super::{AdminError, Caller, Expected};
use crate::{Ctx, Idp};
use signet_domain::event::{Entity, types};
use signet_domain::id::RatePolicyId;
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, RateStrategy, WindowType};
use signet_store::Tx;
use signet_store::sqlx_types::Json;

impl Idp {
    /// All rate policies, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_rate_policies(&self, ctx: &Ctx) -> Result<Vec<RatePolicy>, AdminError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.rate_policies().await?)
    }

    /// One rate policy.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_rate_policy(&self, ctx: &Ctx, key: &str) -> Result<RatePolicy, AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// Creates a rate policy.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_rate_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: RatePolicySettings,
    ) -> Result<RatePolicy, AdminError> {
        let mut policy = self.draft_rate_policy(ctx);
        settings.put(&mut policy, self.redis().is_some())?;
        let event = caller.event(self, ctx, types::RATE_POLICY_CREATE);
        let event = Diff::made(facts(&policy)).into_event(event, entity(&policy));
        let made = policy.clone();
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_rate_policy(&policy).await.map_err(|e| AdminError::taken("name", e))?;
                if tx.rate_policies().await?.len() > MAX_POLICIES {
                    return Err(AdminError::too_many(
                        "ratePolicy",
                        "a tenant",
                        MAX_POLICIES,
                        "rate policies",
                    ));
                }
                Ok(tx.append(&event).await?)
            })
        })
        .await?;
        Ok(made)
    }

    /// Replaces a rate policy. What was counted stays counted.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_rate_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: RatePolicySettings,
        expected: &Expected,
    ) -> Result<RatePolicy, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = find(tx, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                // A policy that counts in Redis keeps its strategy while the deployment has none.
                let has_redis = idp.redis().is_some() || before.strategy == RateStrategy::Redis;
                settings.put(&mut after, has_redis)?;
                let diff = Diff::of(facts(&before), facts(&after));
                if !diff.is_empty() {
                    tx.update_rate_policy(&after, ctx.now).await.map_err(|e| AdminError::taken("name", e))?;
                    let event = caller.event(&idp, &ctx, types::RATE_POLICY_UPDATE);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                find(tx, &key).await
            })
        })
        .await
    }

    /// Deletes a rate policy.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_rate_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let policy = find(tx, &key).await?;
                tx.delete_rate_policy(policy.id).await?;
                let event = caller.event(&idp, &ctx, types::RATE_POLICY_DELETE).target(entity(&policy));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// A policy that isn't stored and counts nothing yet.
    pub(crate) fn draft_rate_policy(&self, ctx: &Ctx) -> RatePolicy {
        let id: RatePolicyId = self.entropy().id(ctx.now);
        RatePolicy {
            tenant_id: ctx.tenant_id(),
            id,
            name: String::new(),
            enabled: true,
            dry_run: false,
            identifier: RateIdentifier::Tenant,
            header_name: None,
            path: None,
            grant_types: Json(Vec::new()),
            limits: Json(Vec::new()),
            window_sizes: Json(Vec::new()),
            window_type: WindowType::Sliding,
            namespace: id.to_string(),
            strategy: RateStrategy::Local,
            sync_rate_ms: -1,
            disable_penalty: false,
            hide_client_headers: false,
            retry_after_jitter_max: 0,
            error_code: 429,
            error_message: String::new(),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        }
    }
}

async fn find(tx: &mut Tx, key: &str) -> Result<RatePolicy, AdminError> {
    let policy = match RatePolicyId::parse(key) {
        Some(id) => tx.rate_policy(id).await?,
        None => None,
    };
    policy.ok_or_else(|| AdminError::not_found(key, "RatePolicy"))
}

/// The log's view of a rate policy.
pub(crate) fn entity(policy: &RatePolicy) -> Entity {
    Entity::new("RatePolicy", policy.id, &policy.namespace, &policy.name)
}
