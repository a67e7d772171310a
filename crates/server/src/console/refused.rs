//! Since when each node refuses a user who was cut off.

use super::admin::Admin;
use super::failure::Result;
use super::user_actions::Deed;
use super::when;
use signet_domain::Time;
use signet_idp::admin::users::UserView;
use signet_idp::cutoffs::{CutOff, NodeRefusal, Since};
use signet_web::{RefusalRow, Refused};
use uuid::Uuid;

/// Seconds for which a sign-out everywhere is told of: its address may be opened again at any time.
const RECENT_SECONDS: i64 = 10 * 60;

/// What is shown of a user who is shut out, or who was just signed out everywhere.
pub(super) async fn section(admin: &Admin, view: &UserView, done: Option<&str>) -> Result<Option<Refused>> {
    let (user, now) = (&view.user, admin.ctx.now);
    let shut_out = user.status.is_shut_out();
    if !shut_out && done.and_then(Deed::parse) != Some(Deed::SignOut) {
        return Ok(None);
    }
    let found = admin.idp().console_user_cutoff(&admin.ctx, user.id).await?;
    // One of before the status is about something else.
    let fits = |cut: &CutOff| match shut_out {
        true => user.status_changed_at.is_none_or(|changed| cut.at >= changed),
        false => now.since(cut.at) <= RECENT_SECONDS * Time::SECOND,
    };
    Ok(found.filter(fits).map(|cut| refused(admin, &cut, shut_out)))
}

fn refused(admin: &Admin, cut: &CutOff, shut_out: bool) -> Refused {
    let waits = cut.nodes.iter().any(|node| node.since == Since::Unsaid);
    let title = match (cut.nodes.len(), waits) {
        (0 | 1, false) => "Refused",
        (_, false) => "Refused on every node",
        (_, true) => "Refused, node by node",
    };
    let what = if shut_out {
        "A node refuses the user’s sign-ins, sessions and tokens from that moment at the latest."
    } else {
        "A node refuses the sessions and tokens that the user had from that moment at the latest."
    };
    Refused {
        title: title.to_owned(),
        nodes: cut.nodes.iter().map(|node| row(admin, cut, node)).collect(),
        what: what.to_owned(),
        waits,
    }
}

fn row(admin: &Admin, cut: &CutOff, node: &NodeRefusal) -> RefusalRow {
    let exact = |at| admin.zone().moment_exact(at, admin.ctx.now);
    let (since, note) = match node.since {
        Since::Said(at) => (Some(exact(at)), format!("{} after the change", when::span(at.since(cut.at)))),
        Since::Began(at) => (Some(exact(at)), "when it began, after the change".to_owned()),
        Since::Unsaid => (None, "not yet".to_owned()),
    };
    let gone = if node.live { "" } else { "; it has left since" };
    RefusalRow { node: node_name(node.node, node.own), since, note: format!("{note}{gone}") }
}

/// `This node`, `Node 7f3a90c1`: the last characters, which differ where the first ones tell the time.
pub(crate) fn node_name(node: Uuid, own: bool) -> String {
    if own {
        return "This node".to_owned();
    }
    let text = node.simple().to_string();
    format!("Node {}", &text[text.len() - 8..])
}
