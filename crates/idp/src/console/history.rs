//! What became of an app, a server or a user: the changes alone, which tokens and sign-ins would bury.

use super::directory::{BUDGET, latest_about};
use super::kinds::{any_type, equals, succeeded};
use crate::syslog::{Kind, kind_of};
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::types::{self, EventType};
use signet_domain::event::{EventRow, Outcome};
use signet_domain::id::{ServerId, UserId};
use signet_store::log_query::{Condition, TextField};
use std::cmp::Reverse;

/// How far back a history reaches, in days: as far as the log's longest range.
pub const HISTORY_DAYS: i64 = 90;
/// Changes in a history.
const CHANGES: u32 = 10;
/// How many events of each type are looked through.
const BUDGET_OF_TYPE: u32 = 1_000;
/// How the types begin that tell of an app, and of a server.
const OF_APP: &[&str] = &["application.", "app.oauth2.client.", "app.oauth2.credentials.", "app.api_key."];
const OF_SERVER: &[&str] = &["oauth2.", "app.oauth2.as.key.", "app.oauth2.as.token.revoke_all", "policy."];
const OF_GATEWAY: &[&str] = &["oauth2.as.gateway."];
const OF_USER: &[&str] = &["user.", "group."];

/// The filter that finds in the log what [`Idp::console_app_history`] goes by: a change that leaves tokens and consents
/// out, which end with every sign-out.
pub const LASTING: &str = r#"not (eventType ew ".token.revoke" or eventType ew ".consent.revoke")"#;

/// The types of changes whose names begin in one of these ways.
fn changes(starts: &[&str]) -> Vec<EventType> {
    let is_change = |t: &&EventType| kind_of(t.name, Outcome::Success, None) == Kind::Changed;
    let begins = |t: &&EventType| starts.iter().any(|start| t.name.starts_with(start));
    types::ALL.iter().filter(is_change).filter(begins).copied().collect()
}

impl Idp {
    /// An app's newest changes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_app_history(&self, ctx: &Ctx, client_id: &str) -> Result<Vec<EventRow>, IdpError> {
        self.history(ctx, &equals(TextField::ClientId, client_id), &changes(OF_APP)).await
    }

    /// An authorization server's newest changes, those of its scopes, claims, policies and keys included.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_server_history(
        &self,
        ctx: &Ctx,
        server: ServerId,
    ) -> Result<Vec<EventRow>, IdpError> {
        self.history(ctx, &equals(TextField::ServerId, &server.to_string()), &changes(OF_SERVER)).await
    }

    /// The newest changes of a server's gateway profile.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_gateway_history(
        &self,
        ctx: &Ctx,
        server: ServerId,
    ) -> Result<Vec<EventRow>, IdpError> {
        self.history(ctx, &equals(TextField::ServerId, &server.to_string()), &changes(OF_GATEWAY)).await
    }

    /// A user's newest changes, whoever made them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_user_history(&self, ctx: &Ctx, user: UserId) -> Result<Vec<EventRow>, IdpError> {
        let about = equals(TextField::UserId, &user.to_string());
        let changes = Condition::All(vec![succeeded(), any_type(&changes(OF_USER))]);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        latest_about(&mut tx, ctx, about, (changes, HISTORY_DAYS, CHANGES), BUDGET).await
    }

    /// The newest event about a user, who may be gone by now: who that was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_last_of_user(&self, ctx: &Ctx, user: UserId) -> Result<Option<EventRow>, IdpError> {
        let about = equals(TextField::UserId, &user.to_string());
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let any = (Condition::All(Vec::new()), HISTORY_DAYS, 1);
        Ok(latest_about(&mut tx, ctx, about, any, BUDGET).await?.pop())
    }

    /// Each of the types has its place in an index, so nothing else is passed over, however much of it there is.
    async fn history(
        &self,
        ctx: &Ctx,
        about: &Condition,
        types: &[EventType],
    ) -> Result<Vec<EventRow>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut found = Vec::new();
        for event_type in types {
            let of_type = equals(TextField::EventType, event_type.name);
            let wanted = Condition::All(vec![succeeded(), about.clone()]);
            let wanted = (wanted, HISTORY_DAYS, CHANGES);
            found.extend(latest_about(&mut tx, ctx, of_type, wanted, BUDGET_OF_TYPE).await?);
        }
        found.sort_by_key(|event| Reverse((event.published, event.epoch, event.txid, event.seq)));
        found.truncate(usize::try_from(CHANGES).unwrap_or(usize::MAX));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::filter;
    use signet_store::log_query::FREQUENT;

    #[test]
    fn histories_tell_of_changes_that_an_index_leads_to_and_of_no_token() {
        for starts in [OF_APP, OF_SERVER, OF_GATEWAY, OF_USER] {
            let changes = changes(starts);
            assert!(!changes.is_empty());
            for change in changes {
                assert!(!FREQUENT.contains(&change.name), "{}", change.name);
                assert!(!change.name.ends_with(".token.revoke"), "{}", change.name);
            }
        }
        assert!(changes(OF_APP).contains(&types::SECRET_CREATE));
        assert!(filter::parse(LASTING).is_ok());
    }
}
