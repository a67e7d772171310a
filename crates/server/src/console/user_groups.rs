//! A user's groups, from the user's side.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, refused};
use super::groups::{self, WRITE};
use super::rows::user_url;
use super::user::find;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::group::Group;
use signet_idp::admin::users::UserView;
use signet_idp::admin::{AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Choice, Field, FormPage, Link, Pick, Section};

/// Groups that are suggested.
const SUGGESTED: i64 = 200;

/// Most groups that a new user's form offers by themselves.
const OFFERED: i64 = 50;

/// The groups of a user as links to their pages.
pub(super) fn links(groups: &[Group]) -> Vec<Link> {
    groups.iter().map(|group| Link::new(visible(&group.name), groups::url_of(group))).collect()
}

/// Where a user is put into a group.
pub(super) fn path(user: &str) -> String {
    format!("{}/groups/new", user_url(user))
}

async fn page(admin: &Admin, view: &UserView, group: &str) -> Result<FormPage> {
    let id = view.user.id.to_string();
    let crumbs =
        vec![Link::new("Users", "/console/users"), Link::new(visible(&view.user.login), user_url(&id))];
    let all = admin.idp().admin_groups(&admin.ctx, None, None, Some(SUGGESTED)).await?;
    let names = all.items.iter().map(|group| Choice::new(&*visible(&group.name), "", false));
    let field = Field::line("group", "Group", group).required().help("Its whole name, or its id.");
    Ok(admin
        .form(("Add to a group", Section::Users), crumbs, path(&id), "Add")
        .fields([field.suggest(names)]))
}

/// The question for the groups of a new user, for who may move people; none where there are no groups.
pub(super) async fn question(admin: &Admin, named: &[String]) -> Result<Option<Field>> {
    if !admin.may(Area::Groups, WRITE.1) {
        return Ok(None);
    }
    let all = admin.idp().admin_groups(&admin.ctx, None, None, Some(OFFERED)).await?;
    let pick = |group: &Group| {
        let id = group.id.to_string();
        let chosen = named.contains(&id);
        Pick::new(id, visible(&group.name), chosen)
    };
    Ok(match (all.items.is_empty(), all.next) {
        (true, _) => None,
        (false, None) => Some(Field::checks("groups", "Groups", all.items.iter().map(pick).collect())),
        (false, Some(_)) => {
            let field = Field::lines("groups", "Groups", named.join("\n"), 3);
            Some(field.help("One a line: whole names, or ids."))
        }
    })
}

/// Groups that one form may name.
const MOST: usize = 100;

/// Ids of the groups that a form names; none after the page has been told which there isn't.
pub(super) async fn chosen(
    admin: &Admin,
    named: &[String],
    page: &mut FormPage,
) -> Result<Option<Vec<String>>> {
    if named.is_empty() {
        return Ok(Some(Vec::new()));
    }
    admin.must(Area::Groups, WRITE.1)?;
    if named.len() > MOST {
        page.wrong("groups", format!("At most {MOST} at once."));
        return Ok(None);
    }
    let (mut ids, mut unknown) = (Vec::new(), Vec::new());
    for name in named {
        match group(admin, name).await? {
            Some(id) => ids.push(id),
            None => unknown.push(visible(name)),
        }
    }
    if unknown.is_empty() {
        return Ok(Some(ids));
    }
    page.wrong("groups", format!("No group is called {}.", unknown.join(", or ")));
    Ok(None)
}

/// The groups that a form names: boxes that are ticked, or lines.
pub(super) fn named(form: &Form) -> Vec<String> {
    let all = form.all("groups");
    all.iter()
        .flat_map(|value| value.lines())
        .map(|l| l.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect()
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Groups, WRITE.1)?;
        Ok(html::page(&page(&admin, &find(&admin, &id).await?, "").await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn add(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let added = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let view = find(&admin, &id).await?;
        let named = form.text("group");
        let mut page = page(&admin, &view, &named).await?;
        let Some(group) = group(&admin, &named).await? else {
            page.wrong("group", "No group has this name. Compare it with the list of groups.");
            return Ok(refused(&page));
        };
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_set_group_member(ctx, caller, (&group, &id), true).await {
            Ok(()) => Ok(step::redirect(&format!("{}?done=join", user_url(&id)))),
            Err(error) => again(page, error),
        }
    };
    let added = added.await;
    admin.answer(added)
}

/// The id of the group that somebody named.
pub(super) async fn group(admin: &Admin, named: &str) -> Result<Option<String>> {
    match admin.idp().admin_group(&admin.ctx, named).await {
        Ok(group) => return Ok(Some(group.id.to_string())),
        Err(AdminError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let same = |group: &Group| group.name.to_lowercase() == named.to_lowercase();
    let found = admin.idp().admin_groups(&admin.ctx, Some(named), None, None).await?;
    Ok(found.items.iter().find(|group| same(group)).map(|group| group.id.to_string()))
}
