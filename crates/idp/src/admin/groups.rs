//! Groups of users, and who is in them.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected, Page};
use crate::ctx::{At, user_entity};
use crate::{Ctx, Idp};
use signet_domain::event::{Entity, types};
use signet_domain::group::Group;
use signet_domain::id::{GroupId, UserId};
use signet_domain::user::User;
use signet_store::Tx;

/// Most groups, or members of one, on a page, and how many there are unless fewer are asked for.
pub const MAX_LIMIT: i64 = 200;
/// Most users that are put into a group at once.
pub const MAX_AT_ONCE: usize = 100;
/// Most groups of one user that are listed.
const OF_USER: i64 = 1_000;
/// The list whose cursors the pages of groups have.
const LIST: &str = "groups";

/// A group as it is sent.
#[derive(Debug, Clone)]
pub struct GroupSettings {
    /// The name that people and tokens read.
    pub name: String,
    /// What it is for.
    pub description: String,
}

impl GroupSettings {
    fn put(self, group: &mut Group) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.name("name", &self.name, 1..=255);
        causes.text("description", &self.description, 0..=1024);
        causes.check("group")?;
        (group.name, group.description) = (self.name, self.description);
        Ok(())
    }
}

impl Idp {
    /// A page of groups: those whose name begins with `q`, by name, or all, in the order of creation.
    ///
    /// # Errors
    /// [`AdminError::Cursor`].
    pub async fn admin_groups(
        &self,
        ctx: &Ctx,
        q: Option<&str>,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<Group>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let limit = limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
        if let Some(q) = q {
            return Ok(Page { items: tx.groups_with_prefix(&q.to_lowercase(), limit).await?, next: None });
        }
        let after = self.open_cursor(ctx, LIST, after)?.map(GroupId);
        let found = tx.groups(after, limit + 1).await?;
        Ok(self.page_of(ctx, LIST, found, limit, |group| group.id.0))
    }

    /// One group.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_group(&self, ctx: &Ctx, key: &str) -> Result<Group, AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, key).await
    }

    /// Creates a group.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_group(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: GroupSettings,
    ) -> Result<Group, AdminError> {
        let mut group = Group {
            tenant_id: ctx.tenant_id(),
            id: self.entropy().id(ctx.now),
            name: String::new(),
            description: String::new(),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
            members_changed_at: ctx.now,
        };
        settings.put(&mut group)?;
        let event = caller.event(self, ctx, types::GROUP_CREATE).target(entity(&group));
        self.change(ctx, move |tx| {
            Box::pin(async move {
                tx.insert_group(&group).await.map_err(|e| AdminError::taken("name", e))?;
                tx.append(&event).await?;
                Ok(group)
            })
        })
        .await
    }

    /// Replaces name and description of a group.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_replace_group(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
        settings: GroupSettings,
        expected: &Expected,
    ) -> Result<Group, AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (key, expected) = (key.to_owned(), expected.clone());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let before = find(tx, &key).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after)?;
                let diff = Diff::of(facts(&before), facts(&after));
                if !diff.is_empty() {
                    tx.update_group(&after, ctx.now).await.map_err(|e| AdminError::taken("name", e))?;
                    let event = caller.event(&idp, &ctx, types::GROUP_UPDATE);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                find(tx, &key).await
            })
        })
        .await
    }

    /// Deletes a group. What named it, access rules for example, no longer lets its members in.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_group(&self, ctx: &Ctx, caller: &Caller, key: &str) -> Result<(), AdminError> {
        let (idp, ctx, caller, key) = (self.clone(), ctx.clone(), caller.clone(), key.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let group = find(tx, &key).await?;
                tx.delete_group(group.id).await?;
                let event = caller.event(&idp, &ctx, types::GROUP_DELETE).target(entity(&group));
                Ok(tx.append(&event).await?)
            })
        })
        .await
    }

    /// A page of a group's members, in the order of their creation.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Cursor`].
    pub async fn admin_group_members(
        &self,
        ctx: &Ctx,
        key: &str,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<User>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let group = find(&mut tx, key).await?;
        let limit = limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
        let list = format!("members {}", group.id);
        let after = self.open_cursor(ctx, &list, after)?.map(UserId);
        let found = tx.group_members(group.id, after, limit + 1).await?;
        Ok(self.page_of(ctx, &list, found, limit, |user| user.id.0))
    }

    /// Puts a user into a group, or takes them out; nothing is said of what was so before.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_set_group_member(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (group, user): (&str, &str),
        member: bool,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (group, user) = (group.to_owned(), user.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let group = find(tx, &group).await?;
                let user = match UserId::parse(&user) {
                    Some(id) => tx.user(id).await?,
                    None => None,
                }
                .ok_or_else(|| AdminError::not_found(&user, "User"))?;
                idp.set_member(tx, &ctx, &caller, (&group, &user), member).await
            })
        })
        .await
    }

    /// Puts users into a group, each named by login or id; when some name nobody, nobody is put in, and those are
    /// given back.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] without the group, [`AdminError::Invalid`] for more than [`MAX_AT_ONCE`].
    pub async fn admin_add_group_members(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        group: &str,
        users: &[String],
    ) -> Result<Vec<String>, AdminError> {
        if users.len() > MAX_AT_ONCE {
            return Err(AdminError::invalid("group", format!("logins: at most {MAX_AT_ONCE} at once")));
        }
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (group, users) = (group.to_owned(), users.to_vec());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let group = find(tx, &group).await?;
                let (mut found, mut unknown) = (Vec::new(), Vec::new());
                for key in users {
                    // Whoever reads a list isn't meant by it.
                    let user = match key.as_str() {
                        "me" => Err(AdminError::not_found(&key, "User")),
                        _ => Self::find_user(tx, &ctx, &caller, &key).await,
                    };
                    match user {
                        Ok(user) => found.push(user),
                        Err(AdminError::NotFound { .. }) => unknown.push(key),
                        Err(error) => return Err(error),
                    }
                }
                if unknown.is_empty() {
                    for user in &found {
                        idp.set_member(tx, &ctx, &caller, (&group, user), true).await?;
                    }
                }
                Ok(unknown)
            })
        })
        .await
    }

    pub(super) async fn set_member(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        caller: &Caller,
        (group, user): (&Group, &User),
        member: bool,
    ) -> Result<(), AdminError> {
        let (changed, kind) = if member {
            (tx.add_group_member(group.id, user.id, ctx.now).await?, types::GROUP_MEMBER_ADD)
        } else {
            (tx.remove_group_member(group.id, user.id, ctx.now).await?, types::GROUP_MEMBER_REMOVE)
        };
        if changed {
            let event = caller.event(self, ctx, kind).of(user);
            tx.append(&event.target(entity(group)).target(user_entity(user))).await?;
        }
        Ok(())
    }

    /// The groups of a user, by name.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_groups_of(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        key: &str,
    ) -> Result<Vec<Group>, AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let user = Self::find_user(&mut tx, ctx, caller, key).await?;
        Ok(tx.groups_of(user.id, OF_USER).await?)
    }
}

pub(super) async fn find(tx: &mut Tx, key: &str) -> Result<Group, AdminError> {
    let group = match GroupId::parse(key) {
        Some(id) => tx.group(id).await?,
        None => None,
    };
    group.ok_or_else(|| AdminError::not_found(key, "UserGroup"))
}

fn facts(group: &Group) -> Facts {
    vec![("name", group.name.as_str().into()), ("description", group.description.as_str().into())]
}

fn entity(group: &Group) -> Entity {
    Entity::new("UserGroup", group.id, &group.name, &group.name)
}
