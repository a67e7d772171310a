//! The log added up by who acted, by app or by address.

use super::params::{Key, Params};
use super::search::Asked;
use super::{PATH, chart};
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::words::number;
use crate::console::zone::Zone;
use signet_domain::id::UserId;
use signet_idp::console::groups::Named;
use signet_idp::syslog::visible;
use signet_store::log_query::{GroupBy, MAX_GROUPS};
use signet_web::{Empty, GroupRow, Groups, LogList};

/// The groups go on the page, in place of the events.
pub(super) async fn fill(
    admin: &Admin,
    (params, zone): (&Params, &Zone),
    asked: &Asked,
    by: GroupBy,
    page: &mut LogList,
) -> Result<()> {
    let view = admin.idp().console_log_groups(&admin.ctx, &asked.search, by).await?;
    let now = admin.ctx.now;
    if let Some(chart) = view.chart {
        page.histogram = chart::histogram(params, zone, &chart, &view.buckets, now);
    }
    if view.groups.is_empty() {
        let cleared = params.lasting().without(Key::Group).url(PATH);
        page.empty = Some(Empty::NoMatch { filters: page.chips.clone(), nearest: None, clear_url: cleared });
        return Ok(());
    }
    let mut notes = Vec::new();
    if view.more {
        notes.push(format!("These are the {MAX_GROUPS} with the most refusals."));
    }
    if let Some(at) = view.searched_to {
        notes.push(format!("Only events since {} are added up.", zone.brief(at, now).shown));
    }
    page.groups = Some(Groups {
        head: match by {
            GroupBy::Actor => "Who",
            GroupBy::App => "App",
            GroupBy::Address => "Address",
        },
        rows: view.groups.iter().map(|one| row(admin, (params, zone), by, one)).collect(),
        note: Some(notes.join(" ")).filter(|n| !n.is_empty()),
    });
    Ok(())
}

fn row(admin: &Admin, (params, zone): (&Params, &Zone), by: GroupBy, one: &Named) -> GroupRow {
    let group = &one.group;
    let mut marks = Vec::new();
    if one.tries_many_users() {
        marks.push("Many users");
    }
    if one.got_in() {
        marks.push("Let in after refusals");
    }
    GroupRow {
        name: match (&one.name, group.key.as_str()) {
            (Some(name), _) => visible(name),
            // Those that the log itself makes up for whoever has no account.
            (None, "system") if by == GroupBy::Actor => "Signet".to_owned(),
            (None, "unknown") if by == GroupBy::Actor => "Nobody known".to_owned(),
            (None, key) => visible(key),
        },
        url: narrowed(params, by, &group.key).url(PATH),
        events: number(group.total),
        refused: number(group.refused),
        users: number(group.refused_users),
        marks,
        last: zone.brief(group.last_at, admin.ctx.now),
    }
}

/// The events of one group.
fn narrowed(params: &Params, by: GroupBy, key: &str) -> Params {
    let each = params.lasting().without(Key::Group).with(Key::Machines, super::search::SHOW);
    match by {
        GroupBy::App => each.with(Key::App, key),
        GroupBy::Address => each.with(Key::Ip, key),
        GroupBy::Actor if UserId::parse(key).is_some() => each.with(Key::User, key),
        GroupBy::Actor => {
            let quoted = serde_json::Value::from(key).to_string();
            let own = format!("actor.id eq {quoted}");
            let filter = match params.get(Key::Filter) {
                "" => own,
                other => format!("({other}) and {own}"),
            };
            each.with(Key::Filter, &filter)
        }
    }
}
