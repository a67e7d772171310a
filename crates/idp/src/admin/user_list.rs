//! The list of users: pages in the order of creation, a search by prefix, and three filters.

use super::user_filter::UserFilter;
use super::users::UserView;
use super::{AdminError, Caller, Page};
use crate::{Ctx, Idp};
use signet_domain::id::UserId;
use signet_domain::user::{User, UserStatus};
use signet_store::{StoreError, Tx};
use std::collections::HashMap;

/// Most users on a page, and how many there are unless fewer are asked for.
pub const MAX_LIMIT: i64 = 200;
/// Users that a search gives unless more are asked for.
pub const SEARCH_LIMIT: i64 = 10;
/// The status of a user whose login is locked.
pub const LOCKED_OUT: &str = "LOCKED_OUT";
/// Most locked logins that are looked at.
const MAX_LOCKED: i64 = 1000;

/// What is asked of the list.
#[derive(Debug, Clone, Default)]
pub struct UserQuery {
    /// Beginning of a login, e-mail, given or family name.
    pub q: Option<String>,
    /// A filter.
    pub filter: Option<String>,
    /// Cursor.
    pub after: Option<String>,
    /// Most users.
    pub limit: Option<i64>,
}

impl Idp {
    /// A page of users.
    ///
    /// # Errors
    /// [`AdminError::Filter`], [`AdminError::Cursor`], [`AdminError::SearchAndFilter`].
    pub async fn admin_users(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        query: &UserQuery,
    ) -> Result<Page<UserView>, AdminError> {
        let filter = query.filter.as_deref().map(UserFilter::parse).transpose()?;
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let limit = query.limit.map(|limit| limit.min(MAX_LIMIT));
        match (&query.q, filter) {
            (Some(_), Some(_)) => Err(AdminError::SearchAndFilter),
            (Some(q), None) => {
                let users = tx.users_with_prefix(&q.to_lowercase(), limit.unwrap_or(SEARCH_LIMIT)).await?;
                Ok(Page { items: with_locks(&mut tx, ctx, users).await?, next: None })
            }
            (None, Some(UserFilter::Id(key) | UserFilter::Login(key))) => {
                let found = match Self::find_user(&mut tx, ctx, caller, &key).await {
                    Ok(user) if key != "me" => vec![user],
                    Ok(_) | Err(AdminError::NotFound { .. }) => Vec::new(),
                    Err(error) => return Err(error),
                };
                Ok(Page { items: with_locks(&mut tx, ctx, found).await?, next: None })
            }
            (None, Some(UserFilter::Status(status))) if status == LOCKED_OUT => locked(&mut tx, ctx).await,
            (None, Some(UserFilter::Status(status))) => {
                let known = UserStatus::parse(&status)
                    .ok_or_else(|| AdminError::Filter(format!("'{status}' is not a status of users")))?;
                self.user_page(&mut tx, ctx, query, Some(known)).await
            }
            (None, None) => self.user_page(&mut tx, ctx, query, None).await,
        }
    }

    /// A page of the users who have an administrator's role.
    ///
    /// # Errors
    /// [`AdminError::Cursor`].
    pub async fn administrators(
        &self,
        ctx: &Ctx,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<UserView>, AdminError> {
        const LIST: &str = "administrators";
        let after = self.open_cursor(ctx, LIST, after)?.map(UserId);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let found = tx.administrators(after, limit + 1).await?;
        let Page { items, next } = self.page_of(ctx, LIST, found, limit, |user| user.id.0);
        Ok(Page { items: with_locks(&mut tx, ctx, items).await?, next })
    }

    async fn user_page(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        query: &UserQuery,
        status: Option<UserStatus>,
    ) -> Result<Page<UserView>, AdminError> {
        let list = status.map_or_else(|| "users".to_owned(), |status| format!("users {status}"));
        let after = self.open_cursor(ctx, &list, query.after.as_deref())?.map(UserId);
        let limit = query.limit.unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
        let found = match status {
            Some(status) => tx.users_with_status(status, after, limit + 1).await?,
            None => tx.users(after, limit + 1).await?,
        };
        let Page { items, next } = self.page_of(ctx, &list, found, limit, |user| user.id.0);
        let mut items = with_locks(tx, ctx, items).await?;
        if status == Some(UserStatus::Active) {
            items.retain(|view| view.locked_until.is_none());
        }
        Ok(Page { items, next })
    }
}

/// Users with their locks. Where more logins are locked than are looked at at once, each is asked for by itself.
pub(crate) async fn with_locks(
    tx: &mut Tx,
    ctx: &Ctx,
    users: Vec<User>,
) -> Result<Vec<UserView>, StoreError> {
    let locked = tx.locked_logins("", ctx.now, MAX_LOCKED).await?;
    let are_all = i64::try_from(locked.len()).is_ok_and(|n| n < MAX_LOCKED);
    let locked: HashMap<_, _> = locked.into_iter().collect();
    let mut views = Vec::with_capacity(users.len());
    for user in users {
        let locked_until = match locked.get(&user.login_key) {
            None if !are_all => tx.locked_until(&user.login_key, ctx.now).await?,
            known => known.copied(),
        };
        views.push(UserView { user, locked_until });
    }
    Ok(views)
}

async fn locked(tx: &mut Tx, ctx: &Ctx) -> Result<Page<UserView>, AdminError> {
    let mut items = Vec::new();
    for (login, until) in tx.locked_logins("", ctx.now, MAX_LIMIT).await? {
        if let Some(user) = tx.user_by_login(&login).await?.filter(User::is_active) {
            items.push(UserView { user, locked_until: Some(until) });
        }
    }
    Ok(Page { items, next: None })
}
