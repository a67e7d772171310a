//! Searches of the log that administrators keep: each their own, and some for everybody.

use crate::admin::{Access, AdminError, Area, Caller};
use crate::authorize::SignedIn;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::{Entity, types};
use signet_domain::id::SavedSearchId;
use signet_domain::saved_search::SavedSearch;

/// Most searches of one administrator, and most that are everybody's.
pub const MAX_SEARCHES: i64 = 50;
/// Most characters of a name.
const MAX_NAME: usize = 60;
/// Most bytes of what is searched for.
const MAX_QUERY: usize = 4_000;

impl Idp {
    /// The searches that an administrator may choose from: their own and everybody's, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_saved_searches(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
    ) -> Result<Vec<SavedSearch>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        Ok(tx.saved_searches(signed_in.user.id).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], also for what is another administrator's own.
    pub async fn console_saved_search(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        key: &str,
    ) -> Result<SavedSearch, AdminError> {
        let missing = || AdminError::not_found(key, "SavedSearch");
        let id = SavedSearchId::parse(key).ok_or_else(missing)?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        tx.saved_search(id, signed_in.user.id).await?.ok_or_else(missing)
    }

    /// Keeps a search. One for everybody takes the right to change the log's settings.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Forbidden`].
    pub async fn console_save_search(
        &self,
        ctx: &Ctx,
        (caller, signed_in): (&Caller, &SignedIn),
        name: &str,
        query: &str,
        shared: bool,
    ) -> Result<SavedSearch, AdminError> {
        if shared && !caller.rights.may(Area::Logs, Access::Write) {
            return Err(AdminError::Forbidden);
        }
        let chars = name.chars().count();
        if !(1..=MAX_NAME).contains(&chars) || name.chars().any(char::is_control) {
            return Err(AdminError::invalid(
                "savedSearch",
                format!("name: must have 1 to {MAX_NAME} characters, all visible"),
            ));
        }
        if query.len() > MAX_QUERY {
            return Err(AdminError::invalid("savedSearch", "this search is too long to be kept"));
        }
        let search = SavedSearch {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            owner_id: (!shared).then_some(signed_in.user.id),
            name: name.to_owned(),
            query: query.to_owned(),
            made_by: signed_in.user.login.clone(),
            created_at: ctx.now,
        };
        let event = caller.event(self, ctx, types::SAVED_SEARCH_CREATE).target(entity(&search));
        let made = search.clone();
        self.change(ctx, move |tx| {
            Box::pin(async move {
                if tx.count_saved_searches(search.owner_id).await? >= MAX_SEARCHES {
                    let cause = format!("name: there are {MAX_SEARCHES} searches already; delete one");
                    return Err(AdminError::invalid("savedSearch", cause));
                }
                tx.insert_saved_search(&search).await?;
                Ok(tx.append(&event).await?)
            })
        })
        .await?;
        Ok(made)
    }

    /// Forgets a search. One for everybody takes the right to change the log's settings.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Forbidden`].
    pub async fn console_forget_search(
        &self,
        ctx: &Ctx,
        (caller, signed_in): (&Caller, &SignedIn),
        key: &str,
    ) -> Result<(), AdminError> {
        let search = self.console_saved_search(ctx, signed_in, key).await?;
        if search.owner_id.is_none() && !caller.rights.may(Area::Logs, Access::Write) {
            return Err(AdminError::Forbidden);
        }
        let event = caller.event(self, ctx, types::SAVED_SEARCH_DELETE).target(entity(&search));
        self.change(ctx, move |tx| {
            Box::pin(async move {
                if tx.delete_saved_search(search.id).await? {
                    tx.append(&event).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// The log's view of a search.
fn entity(search: &SavedSearch) -> Entity {
    Entity::new("SavedSearch", search.id, &search.name, &search.name)
}
