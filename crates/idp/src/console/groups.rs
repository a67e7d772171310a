//! The log added up by who acted, by app or by address: one address that tries many users, and a success after
//! failures.

use super::drawing::{self, Chart};
use super::log::LogSearch;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::id::{AppId, CredentialId, UserId};
use signet_store::Tx;
use signet_store::log_query::{Bucket, Budget, Group, GroupBy, MAX_GROUPS};

/// Most events that are added up: more than a page looks at, since one that tries many users takes its time.
const BUDGET: Budget = Budget { together: 25_000, apart: 6_250 };

/// Different users from whom on one source is said to try many.
pub const MANY_USERS: i64 = 5;
/// Refusals from whom on a success after them is worth a look.
pub const MANY_REFUSALS: i64 = 5;

/// A group by the name of what it has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The group.
    pub group: Group,
    /// A login, or the name of an app or an API credential, if the key is somebody's id.
    pub name: Option<String>,
}

impl Named {
    /// Whether many different users were refused here.
    #[must_use]
    pub fn tries_many_users(&self) -> bool {
        self.group.refused_users >= MANY_USERS
    }

    /// Whether something went well after many refusals, which were the most of what there was.
    #[must_use]
    pub fn got_in(&self) -> bool {
        let Group { total, refused, first_refused_at, last_allowed_at, .. } = &self.group;
        let after =
            first_refused_at.zip(*last_allowed_at).is_some_and(|(refused, allowed)| refused < allowed);
        *refused >= MANY_REFUSALS && refused * 2 >= *total && after
    }
}

/// A search, added up.
#[derive(Debug)]
pub struct GroupView {
    /// Most refusals first, then most events.
    pub groups: Vec<Named>,
    /// Whether there are more than are listed.
    pub more: bool,
    /// Since when events are added up, if that is later than was asked for.
    pub searched_to: Option<Time>,
    /// The drawing as it is.
    pub chart: Option<Chart>,
    /// What it shows.
    pub buckets: Vec<Bucket>,
}

impl Idp {
    /// What a search finds, added up, from its newest events.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn console_log_groups(
        &self,
        ctx: &Ctx,
        search: &LogSearch,
        by: GroupBy,
    ) -> Result<GroupView, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let (from, until) = (search.since.unwrap_or(Time(0)), search.until.unwrap_or(Time(i64::MAX)));
        let floor = tx.log_floor_of(&search.query(false), until, from, BUDGET).await?;
        let found = tx.log_groups(&search.query(false), by, floor, until, MAX_GROUPS).await?;
        let more = found.len() == MAX_GROUPS as usize;
        let drawing = drawing::of(&mut tx, search, ctx.now).await?;
        let mut groups = Vec::with_capacity(found.len());
        for group in found {
            let name = name_of(&mut tx, &group.key).await?;
            groups.push(Named { group, name });
        }
        let buckets = drawing.buckets.into_iter().map(|(bucket, _)| bucket).collect();
        let searched_to = (floor > from).then_some(floor);
        Ok(GroupView { groups, more, searched_to, chart: drawing.chart, buckets })
    }
}

/// The name of a user, an app or an API credential.
async fn name_of(tx: &mut Tx, key: &str) -> Result<Option<String>, IdpError> {
    if let Some(id) = UserId::parse(key) {
        return Ok(tx.user(id).await?.map(|user| user.login));
    }
    if let Some(id) = AppId::parse(key) {
        return Ok(tx.app(id).await?.map(|app| app.label));
    }
    if let Some(id) = CredentialId::parse(key) {
        return Ok(tx.credential(id).await?.map(|credential| credential.name));
    }
    Ok(tx.app_by_client_id(key).await?.map(|app| app.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(total: i64, refused: i64, users: i64, first_refused: i64, last_allowed: Option<i64>) -> Named {
        let group = Group {
            key: "192.0.2.1".to_owned(),
            total,
            refused,
            users,
            refused_users: users,
            addresses: 1,
            last_at: Time(9),
            first_refused_at: Some(Time(first_refused)),
            last_allowed_at: last_allowed.map(Time),
        };
        Named { group, name: None }
    }

    #[test]
    fn an_office_is_no_attack_and_a_guesser_who_got_in_is_one() {
        assert!(!named(1_000, 20, 4, 1, Some(9)).got_in(), "most went well");
        assert!(!named(9, 4, 1, 1, Some(9)).got_in(), "a few typing errors");
        assert!(!named(9, 9, 1, 1, None).got_in(), "nobody got in");
        assert!(!named(9, 8, 1, 5, Some(1)).got_in(), "refused after it went well");
        assert!(named(9, 8, 1, 1, Some(9)).got_in());
        assert!(named(9, 8, 5, 1, None).tries_many_users());
    }
}
