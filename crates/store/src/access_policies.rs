//! Access policies and their rules.

use crate::macros::{execute, fetch_all, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::id::{AccessPolicyId, AccessRuleId, GroupId, ServerId};

impl Tx {
    /// Access policies of a server, in the order in which they are asked.
    pub async fn access_policies(&mut self, server: ServerId) -> Result<Vec<AccessPolicy>> {
        const SQL: &str =
            "SELECT * FROM access_policies WHERE tenant_id = $1 AND server_id = $2 ORDER BY priority, id";
        fetch_all!(self, AccessPolicy, SQL, self.tenant, server)
    }

    /// One access policy of a server.
    pub async fn access_policy(
        &mut self,
        server: ServerId,
        id: AccessPolicyId,
    ) -> Result<Option<AccessPolicy>> {
        const SQL: &str = "SELECT * FROM access_policies WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        fetch_optional!(self, AccessPolicy, SQL, self.tenant, server, id)
    }

    /// Creates an access policy. [`StoreError::Conflict`] when its name is taken at the server.
    pub async fn insert_access_policy(&mut self, p: &AccessPolicy) -> Result<()> {
        const SQL: &str =
            "INSERT INTO access_policies (tenant_id, server_id, id, name, description, priority, status,
            clients, version, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,1,$9,$9)";
        execute!(
            self,
            SQL,
            self.tenant,
            p.server_id,
            p.id,
            &p.name,
            &p.description,
            p.priority,
            p.status,
            &p.clients,
            p.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes an access policy back if it is still at the version that was read.
    pub async fn update_access_policy(&mut self, p: &AccessPolicy, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE access_policies SET name = $4, description = $5, priority = $6, status = $7, clients = $8,
            updated_at = $9, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND id = $3 AND version = $10";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            p.server_id,
            p.id,
            &p.name,
            &p.description,
            p.priority,
            p.status,
            &p.clients,
            now,
            p.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes an access policy with its rules.
    pub async fn delete_access_policy(&mut self, server: ServerId, id: AccessPolicyId) -> Result<bool> {
        const SQL: &str = "DELETE FROM access_policies WHERE tenant_id = $1 AND server_id = $2 AND id = $3";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, id).map(|n| n > 0)
    }

    /// Rules of all access policies of a server, in the order in which they are asked within their policies.
    pub async fn access_rules(&mut self, server: ServerId) -> Result<Vec<AccessRule>> {
        const SQL: &str =
            "SELECT * FROM access_rules WHERE tenant_id = $1 AND server_id = $2 ORDER BY priority, id";
        fetch_all!(self, AccessRule, SQL, self.tenant, server)
    }

    /// Rules of all servers that name a group, server by server, as they are asked.
    pub async fn access_rules_naming(&mut self, group: GroupId, limit: i64) -> Result<Vec<AccessRule>> {
        const SQL: &str =
            "SELECT * FROM access_rules WHERE tenant_id = $1 AND CAST(group_ids AS TEXT) LIKE $2
            ORDER BY server_id, policy_id, priority, id LIMIT $3";
        fetch_all!(self, AccessRule, SQL, self.tenant, format!("%\"{group}\"%"), limit)
    }

    /// One rule of an access policy.
    pub async fn access_rule(
        &mut self,
        server: ServerId,
        policy: AccessPolicyId,
        id: AccessRuleId,
    ) -> Result<Option<AccessRule>> {
        const SQL: &str =
            "SELECT * FROM access_rules WHERE tenant_id = $1 AND server_id = $2 AND policy_id = $3
            AND id = $4";
        fetch_optional!(self, AccessRule, SQL, self.tenant, server, policy, id)
    }

    /// Creates a rule. [`StoreError::Conflict`] when its name is taken in the policy.
    pub async fn insert_access_rule(&mut self, r: &AccessRule) -> Result<()> {
        const SQL: &str =
            "INSERT INTO access_rules (tenant_id, server_id, policy_id, id, name, priority, status, grant_types,
            user_ids, group_ids, scopes, access_token_seconds, refresh_idle_seconds, refresh_absolute_seconds,
            version, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,1,$15,$15)";
        execute!(
            self,
            SQL,
            self.tenant,
            r.server_id,
            r.policy_id,
            r.id,
            &r.name,
            r.priority,
            r.status,
            &r.grant_types,
            &r.user_ids,
            &r.group_ids,
            &r.scopes,
            r.access_token_seconds,
            r.refresh_idle_seconds,
            r.refresh_absolute_seconds,
            r.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes a rule back if it is still at the version that was read.
    pub async fn update_access_rule(&mut self, r: &AccessRule, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE access_rules SET name = $5, priority = $6, status = $7, grant_types = $8, user_ids = $9,
            group_ids = $10, scopes = $11, access_token_seconds = $12, refresh_idle_seconds = $13,
            refresh_absolute_seconds = $14, updated_at = $15, version = version + 1
            WHERE tenant_id = $1 AND server_id = $2 AND policy_id = $3 AND id = $4 AND version = $16";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            r.server_id,
            r.policy_id,
            r.id,
            &r.name,
            r.priority,
            r.status,
            &r.grant_types,
            &r.user_ids,
            &r.group_ids,
            &r.scopes,
            r.access_token_seconds,
            r.refresh_idle_seconds,
            r.refresh_absolute_seconds,
            now,
            r.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// Deletes a rule.
    pub async fn delete_access_rule(
        &mut self,
        server: ServerId,
        policy: AccessPolicyId,
        id: AccessRuleId,
    ) -> Result<bool> {
        const SQL: &str =
            "DELETE FROM access_rules WHERE tenant_id = $1 AND server_id = $2 AND policy_id = $3
            AND id = $4";
        self.config_changed();
        execute!(self, SQL, self.tenant, server, policy, id).map(|n| n > 0)
    }
}
