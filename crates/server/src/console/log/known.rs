//! The names of those whom changes name by their ids alone.

use crate::console::admin::Admin;
use crate::console::failure::Result;
use serde_json::Value;
use signet_domain::event::EventRow;
use signet_domain::id::{GroupId, UserId};
use signet_idp::admin::{Access, Area};
use std::collections::{BTreeSet, HashMap};

/// Most ids that are looked up for a page; the others are told as they are.
const MOST: usize = 50;

/// The fields that hold ids.
const FIELDS: &[&str] = &["clients", "groups", "users"];

/// Names by ids.
#[derive(Debug, Default)]
pub(in crate::console) struct Known(HashMap<String, String>);

impl Known {
    /// Looks up apps, groups, and users for who may look at them, that the changes of events name.
    pub(in crate::console) async fn of(
        admin: &Admin,
        events: impl IntoIterator<Item = &EventRow>,
    ) -> Result<Self> {
        let ids: BTreeSet<String> = events.into_iter().flat_map(ids).collect();
        let mut names = HashMap::new();
        if ids.is_empty() {
            return Ok(Self(names));
        }
        let sees_users = admin.may(Area::Users, Access::Read);
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        for id in ids.into_iter().take(MOST) {
            let name = if let Some(group) = GroupId::parse(&id) {
                tx.group(group).await?.map(|group| group.name)
            } else if let Some(user) = UserId::parse(&id).filter(|_| sees_users) {
                tx.user(user).await?.map(|user| user.login)
            } else {
                admin.idp().app(&admin.ctx, &id).await?.map(|config| config.app.label.clone())
            };
            names.extend(name.map(|name| (id, name)));
        }
        Ok(Self(names))
    }

    /// The name of what has an id.
    pub(super) fn name(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}

fn ids(event: &EventRow) -> Vec<String> {
    let sides =
        event.data.targets.iter().flat_map(|target| [target.detail.get("from"), target.detail.get("to")]);
    let states = sides.flatten().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let of_state = |state: Value| -> Vec<String> {
        let lists = FIELDS.iter().filter_map(|field| state[field].as_array()).flatten();
        lists.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    states.flat_map(of_state).collect()
}
