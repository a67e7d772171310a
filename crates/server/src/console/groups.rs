//! Groups: the list, and one of them with who is in it.

use super::access_policies::policy_url;
use super::admin::Admin;
use super::failure::Result;
use super::next::encoded;
use super::prefix::{Asked, PAGE, or_the_first};
use super::rows::{brief, user_url};
use super::server_page::server_url;
use super::words::{self, number};
use crate::html;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use signet_domain::group::Group;
use signet_domain::user::User;
use signet_idp::admin::group_use::{GroupUse, MOST_MEMBERS, MOST_USES};
use signet_idp::admin::{Access, Area, Page};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Action, Fact, GroupEntry, GroupList, GroupPage, Link, MemberRow, Paging, Section};

pub(super) const PATH: &str = "/console/groups";
pub(super) const WRITE: (Area, Access) = (Area::Groups, Access::Write);
/// Events on a group's page, and how far back in days.
const DAYS: i64 = 90;

/// Its address.
pub(super) fn url_of(group: &Group) -> String {
    format!("{PATH}/{}", group.id)
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show_all(&admin, &params).await)
}

async fn show_all(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(Area::Groups)?;
    let asked = Asked::read(params, PATH);
    let found = asked.page(|after| admin.idp().admin_groups(&admin.ctx, asked.q, after, Some(PAGE))).await?;
    let sizes = admin.idp().admin_group_sizes(&admin.ctx, &found.items).await?;
    let row = |group: &Group| GroupEntry {
        url: url_of(group),
        name: visible(&group.name),
        description: visible(&group.description),
        members: size(sizes.get(&group.id).copied()),
        changed: admin.moment(group.members_changed_at),
    };
    let mut console = admin.frame("Groups", Section::Groups);
    console.notice =
        params.get("done").filter(|d| *d == "delete").map(|_| "The group is deleted.".to_owned());
    let nothing_yet = "A group puts users under one name, which access policies and tokens can ask for.";
    Ok(html::page(&GroupList {
        console,
        create: admin.may(Area::Groups, Access::Write).then(|| Link::new("New group", format!("{PATH}/new"))),
        action: PATH.to_owned(),
        q: asked.q.unwrap_or_default().to_owned(),
        count: asked.count(&found, "group"),
        empty: asked.empty(&found, nothing_yet),
        paging: asked.paging(&found),
        groups: found.items.iter().map(row).collect(),
    }))
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    admin.answer(show(&admin, &id, &params).await)
}

async fn show(admin: &Admin, id: &str, params: &Params) -> Result<Response> {
    admin.must_see(Area::Groups)?;
    let group = admin.idp().admin_group(&admin.ctx, id).await?;
    let sees_users = admin.may(Area::Users, Access::Read);
    let found = match sees_users {
        true => {
            or_the_first(params.get("after"), |after| {
                admin.idp().admin_group_members(&admin.ctx, id, after, Some(PAGE))
            })
            .await?
        }
        false => Page { items: Vec::new(), next: None },
    };
    let recent = if admin.may(Area::Logs, Access::Read) {
        let rows = admin.idp().console_group_past(&admin.ctx, group.id, DAYS).await?;
        Some(brief(admin, &rows).await?)
    } else {
        None
    };
    let sizes = admin.idp().admin_group_sizes(&admin.ctx, std::slice::from_ref(&group)).await?;
    let used_by: Option<Vec<Link>> = match admin.may(Area::Apps, Access::Read) {
        true => Some(admin.idp().admin_group_use(&admin.ctx, &group).await?.iter().map(used_by).collect()),
        false => None,
    };
    let many = |links: &Vec<Link>| i64::try_from(links.len()).is_ok_and(|n| n >= MOST_USES);
    let writes = admin.may(Area::Groups, Access::Write);
    let url = url_of(&group);
    let mut console = admin.frame(&visible(&group.name), Section::Groups);
    console.notice = params.get("done").and_then(told).map(str::to_owned);
    let edit = [("Add members", "members/new"), ("Edit", "edit")];
    Ok(html::page(&GroupPage {
        console,
        back: Link::new("Groups", PATH),
        description: visible(&group.description),
        beyond: (!sees_users)
            .then_some("They stand here for whoever may read users. Your role doesn’t reach them."),
        members: found.items.iter().map(|user| member(user, writes.then_some(&url))).collect(),
        paging: Paging {
            newer: None,
            older: found.next.map(|cursor| format!("{url}?after={}", encoded(&cursor))),
            note: None,
        },
        facts: facts(admin, &group, size(sizes.get(&group.id).copied())),
        used_by_note: used_by
            .as_ref()
            .filter(|links| many(links))
            .map(|_| format!("At most {MOST_USES} rules and {MOST_USES} claims are named here.")),
        used_by,
        recent,
        edit: if writes {
            edit.iter().map(|(label, page)| Link::new(*label, format!("{url}/{page}"))).collect()
        } else {
            Vec::new()
        },
        actions: if writes {
            let explain = "Its members stay, without it. Rules that name it let nobody in by it any more.";
            vec![Action::ask("Delete…", format!("{url}/delete")).explain(explain).dangerous()]
        } else {
            Vec::new()
        },
    }))
}

fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "create" => "The group is created.",
        "edit" => "The group is saved.",
        "join-all" => "The users are in the group: from the next token on.",
        "join" => "The user is in the group: from the next token on.",
        "leave" => "The user is out of the group: from the next token on.",
        _ => return None,
    })
}

/// Somebody in the group; `group` is its address for who may take them out.
fn member(user: &User, group: Option<&String>) -> MemberRow {
    let remove = |group: &String| Action::post("Remove", format!("{group}/members/{}/remove", user.id));
    MemberRow {
        url: user_url(&user.id.to_string()),
        login: visible(&user.login),
        name: visible(format!("{} {}", user.first_name, user.last_name).trim()),
        status: words::user_status(user.status, false),
        remove: group.map(remove),
    }
}

/// `12`, or that there are more than were counted.
fn size(members: Option<i64>) -> String {
    let members = members.unwrap_or_default();
    if members > MOST_MEMBERS { format!("over {}", number(MOST_MEMBERS)) } else { number(members) }
}

/// What asks for a group, as a link to it.
fn used_by(by: &GroupUse) -> Link {
    match by {
        GroupUse::Rule(of) => {
            let (server, policy, rule) = &**of;
            let label = format!("Rule {} of {}, {}", rule.name, policy.name, server.name);
            Link::new(visible(&label), policy_url(server, policy))
        }
        GroupUse::Claim(of) => {
            let (server, claim) = &**of;
            Link::new(visible(&format!("Claim {}, {}", claim.name, server.name)), server_url(server))
        }
    }
}

fn facts(admin: &Admin, group: &Group, members: String) -> Vec<Fact> {
    let moment = |at| admin.moment(at).shown;
    vec![
        Fact::code("Id", group.id.to_string()),
        Fact::text("Members", members),
        Fact::text("Created", moment(group.created_at)),
        Fact::text("Members changed", moment(group.members_changed_at)),
    ]
}
