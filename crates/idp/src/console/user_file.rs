//! The users as a file: part by part, each read by itself.

use crate::admin::user_list::with_locks;
use crate::admin::users::UserView;
use crate::authorize::SignedIn;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::types;
use signet_domain::id::UserId;
use signet_domain::user::{User, UserStatus};
use signet_store::Tx;

/// Users that are read at once.
const PART: i64 = 500;

/// Which users a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserPart {
    /// All of them.
    Everybody,
    /// Those whose login is locked.
    LockedOut,
    /// Those with a status.
    Status(UserStatus),
    /// Those with a role.
    Administrators,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct UserSearch {
    /// Beginning of a login, e-mail, given or family name.
    pub q: Option<String>,
    /// Among whom.
    pub part: UserPart,
}

/// Where a file goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserPlace {
    /// Where it begins.
    First,
    /// After a user.
    After(UserId),
    /// After a locked login.
    AfterLogin(String),
}

/// A part of a file.
#[derive(Debug)]
pub struct UserFilePart {
    /// In the order of creation, the locked ones in that of logins; may be empty though there are more.
    pub users: Vec<UserView>,
    /// Where the others are, if there may be any.
    pub next: Option<UserPlace>,
}

impl Idp {
    /// A part of the users for a file, and where it goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_users_part(
        &self,
        ctx: &Ctx,
        search: &UserSearch,
        place: &UserPlace,
    ) -> Result<UserFilePart, IdpError> {
        let q = search.q.as_deref().map(str::to_lowercase);
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        // What few begin with, an index knows; what many begin with is found on the way through all.
        if let (Some(q), UserPlace::First) = (&q, place) {
            let found = tx.users_with_prefix(q, PART).await?;
            if !is_full(&found) {
                let mut users = with_locks(&mut tx, ctx, found).await?;
                users.retain(|view| search.part.has(view));
                return Ok(UserFilePart { users, next: None });
            }
        }
        let (found, next) = match search.part {
            UserPart::LockedOut => locked(&mut tx, ctx, place).await?,
            part => by_creation(&mut tx, part, place).await?,
        };
        let mut users = with_locks(&mut tx, ctx, found).await?;
        users.retain(|view| search.part.has(view) && q.as_ref().is_none_or(|q| begins(&view.user, q)));
        Ok(UserFilePart { users, next })
    }

    /// Notes in the log that somebody takes a list of users, and of which.
    ///
    /// # Errors
    /// When the store fails: then there is no list.
    pub async fn note_console_users_export(
        &self,
        ctx: &Ctx,
        signed_in: &SignedIn,
        (part, q): (&str, Option<&str>),
    ) -> Result<(), IdpError> {
        let event = self.event_at_console(ctx, signed_in, types::REPORT_DOWNLOAD);
        let mut event = event.debug("export", "csv").debug("report", "users");
        if !part.is_empty() {
            event = event.debug("part", part);
        }
        if let Some(q) = q {
            event = event.debug("search", q);
        }
        self.record(ctx, vec![event]).await?;
        Ok(())
    }
}

impl UserPart {
    fn has(self, view: &UserView) -> bool {
        match self {
            Self::Everybody => true,
            Self::LockedOut => view.locked_until.is_some() && view.user.is_active(),
            Self::Status(status) => view.user.status == status,
            Self::Administrators => view.user.admin_role.is_some(),
        }
    }
}

/// Whether it is what the store's search by the same letters finds.
fn begins(user: &User, q: &str) -> bool {
    let folded = [&user.email, &user.first_name, &user.last_name].map(|text| text.to_lowercase());
    user.login_key.starts_with(q) || folded.iter().any(|text| text.starts_with(q))
}

fn is_full<T>(found: &[T]) -> bool {
    i64::try_from(found.len()).is_ok_and(|n| n >= PART)
}

async fn by_creation(
    tx: &mut Tx,
    part: UserPart,
    place: &UserPlace,
) -> Result<(Vec<User>, Option<UserPlace>), IdpError> {
    let after = match place {
        UserPlace::After(id) => Some(*id),
        UserPlace::First | UserPlace::AfterLogin(_) => None,
    };
    let found = match part {
        UserPart::Status(status) => tx.users_with_status(status, after, PART).await?,
        UserPart::Administrators => tx.administrators(after, PART).await?,
        UserPart::Everybody | UserPart::LockedOut => tx.users(after, PART).await?,
    };
    let last = found.last().filter(|_| is_full(&found));
    let next = last.map(|user| UserPlace::After(user.id));
    Ok((found, next))
}

async fn locked(
    tx: &mut Tx,
    ctx: &Ctx,
    place: &UserPlace,
) -> Result<(Vec<User>, Option<UserPlace>), IdpError> {
    let after = match place {
        UserPlace::AfterLogin(login) => login,
        UserPlace::First | UserPlace::After(_) => "",
    };
    let logins = tx.locked_logins(after, ctx.now, PART).await?;
    let mut found = Vec::new();
    for (login, _) in &logins {
        found.extend(tx.user_by_login(login).await?);
    }
    let next = if is_full(&logins) { logins.into_iter().next_back() } else { None };
    Ok((found, next.map(|(login, _)| UserPlace::AfterLogin(login))))
}
