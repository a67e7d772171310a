//! A new group, its settings, its members, its end.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::groups::{PATH, WRITE, url_of};
use super::review::reviewed;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::group::Group;
use signet_idp::admin::groups::GroupSettings;
use signet_idp::admin::{AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Field, FormPage, Link, Section};

fn crumbs(group: Option<&Group>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Groups", PATH)];
    crumbs.extend(group.map(|group| Link::new(visible(&group.name), url_of(group))));
    crumbs
}

fn fields(page: FormPage, name: &str, description: &str) -> FormPage {
    page.fields([
        Field::line("name", "Name", name)
            .required()
            .help("Tokens with the scope groups carry it, and claims filter by it."),
        Field::line("description", "Description", description),
    ])
}

fn sent(form: &Form) -> GroupSettings {
    GroupSettings { name: form.text("name"), description: form.text("description") }
}

fn new_page(admin: &Admin, settings: &GroupSettings) -> FormPage {
    let title = ("New group", Section::Groups);
    let page = admin.form(title, crumbs(None), format!("{PATH}/new"), "Create group");
    fields(page, &settings.name, &settings.description)
}

fn edit_page(admin: &Admin, group: &Group, version: &str, settings: &GroupSettings) -> FormPage {
    let action = format!("{}/edit", url_of(group));
    let page = admin.edit_form(("Edit group", Section::Groups), crumbs(Some(group)), action, version);
    fields(page, &settings.name, &settings.description)
}

fn edit_page_now(admin: &Admin, group: &Group) -> FormPage {
    let now = GroupSettings { name: group.name.clone(), description: group.description.clone() };
    edit_page(admin, group, &group.version.to_string(), &now)
}

async fn find(admin: &Admin, id: &str) -> Result<Group> {
    Ok(admin.idp().admin_group(&admin.ctx, id).await?)
}

fn done(group: &Group, what: &str) -> Response {
    step::redirect(&format!("{}?done={what}", url_of(group)))
}

pub(super) async fn new(admin: Admin) -> Response {
    let empty = GroupSettings { name: String::new(), description: String::new() };
    let shown = admin.must(Area::Groups, WRITE.1).map(|()| html::page(&new_page(&admin, &empty)));
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let settings = sent(&form);
        let page = new_page(&admin, &settings);
        match admin.idp().admin_create_group(&admin.ctx, &admin.caller, settings).await {
            Ok(group) => Ok(done(&group, "create")),
            Err(error) => again(page, error),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Groups, WRITE.1)?;
        Ok(html::page(&edit_page_now(&admin, &find(&admin, &id).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (group, settings) = (find(&admin, &id).await?, sent(&form));
        let mut page = edit_page(&admin, &group, form.raw("version"), &settings);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &group)) {
            return Ok(answer);
        }
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_replace_group(ctx, caller, &id, settings, &form.expected()).await {
            Ok(group) => Ok(done(&group, "edit")),
            Err(AdminError::Stale) => Ok(clashing(page, &edit_page_now(&admin, &find(&admin, &id).await?))),
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn member_page(admin: &Admin, group: &Group, logins: &str) -> FormPage {
    let action = format!("{}/members/new", url_of(group));
    let page = admin.form(("Add members", Section::Groups), crumbs(Some(group)), action, "Add");
    let field = Field::lines("logins", "Logins", logins, 6).required();
    page.fields([field.help("One a line: whole logins, or ids of users. All are added, or none.")])
}

pub(super) async fn new_member(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Groups, WRITE.1)?;
        Ok(html::page(&member_page(&admin, &find(&admin, &id).await?, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn add_member(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let added = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let group = find(&admin, &id).await?;
        let logins = form.lines("logins");
        let mut page = member_page(&admin, &group, form.raw("logins"));
        if logins.is_empty() {
            page.wrong("logins", "Type one login at least.");
            return Ok(refused(&page));
        }
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        let unknown = match admin.idp().admin_add_group_members(ctx, caller, &id, &logins).await {
            Ok(unknown) if unknown.is_empty() => {
                return Ok(done(&group, if logins.len() == 1 { "join" } else { "join-all" }));
            }
            Ok(unknown) => unknown,
            Err(error) => return again(page, error),
        };
        let names: Vec<String> = unknown.iter().map(|login| visible(login)).collect();
        let nobody = match names.as_slice() {
            [one] => format!("Nobody here has the login {one}."),
            many => format!("Nobody here has these logins: {}.", many.join(", ")),
        };
        page.wrong("logins", format!("{nobody} Compare with the list of users; nobody was added."));
        Ok(refused(&page))
    };
    let added = added.await;
    admin.answer(added)
}

pub(super) async fn remove_member(
    admin: Admin,
    Path((id, user)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let removed = async {
        admin.open(&headers, &body, WRITE)?;
        let group = find(&admin, &id).await?;
        admin.idp().admin_set_group_member(&admin.ctx, &admin.caller, (&id, &user), false).await?;
        Ok(done(&group, "leave"))
    };
    let removed = removed.await;
    admin.answer(removed)
}

fn delete_page(admin: &Admin, group: &Group) -> FormPage {
    let action = format!("{}/delete", url_of(group));
    let page = admin.form(("Delete a group", Section::Groups), crumbs(Some(group)), action, "Delete");
    let page = page.intro(format!(
        "{} is gone for good. Its members stay; rules that name it let nobody in by it any more.",
        visible(&group.name)
    ));
    admin.asking(page.dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Groups, WRITE.1)?;
        Ok(html::page(&delete_page(&admin, &find(&admin, &id).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = delete_page(&admin, &find(&admin, &id).await?);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_delete_group(&admin.ctx, &admin.caller, &id).await?;
        Ok(step::redirect(&format!("{PATH}?done=delete")))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}
