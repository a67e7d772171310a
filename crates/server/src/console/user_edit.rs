//! Changing a user: the profile, the password, the role.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::rows::user_url;
use super::user::{self, may_change};
use super::user_new::{Chosen, chosen_password, password_fields, renews, shown_once};
use super::words;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value};
use signet_domain::user::{AdminRole, User};
use signet_idp::admin::users::{UserInput, UserView};
use signet_idp::admin::{Access, AdminError, Area, Expected};
use signet_idp::syslog::visible;
use signet_web::{Field, FormPage, Link, Pick, Section};

/// Members of the profile beside login, e-mail and names, that the console knows.
pub(super) const MORE: &[(&str, &str)] = &[
    ("displayName", "Display name"),
    ("title", "Title"),
    ("department", "Department"),
    ("mobilePhone", "Mobile phone"),
    ("preferredLanguage", "Language"),
    ("timezone", "Time zone"),
];

/// The other members that a profile may have, which the API and imports set.
pub(super) const OTHERS: &[(&str, &str)] = &[
    ("honorificPrefix", "Honorific prefix"),
    ("middleName", "Middle name"),
    ("honorificSuffix", "Honorific suffix"),
    ("nickName", "Nickname"),
    ("gender", "Gender"),
    ("birthdate", "Date of birth"),
    ("secondEmail", "Second email"),
    ("primaryPhone", "Phone"),
    ("locale", "Locale"),
    ("userType", "User type"),
    ("employeeNumber", "Employee number"),
    ("organization", "Organization"),
    ("division", "Division"),
    ("costCenter", "Cost center"),
    ("manager", "Manager"),
    ("managerId", "Manager’s id"),
    ("streetAddress", "Street"),
    ("city", "City"),
    ("state", "State"),
    ("zipCode", "Postal code"),
    ("countryCode", "Country"),
    ("postalAddress", "Postal address"),
    ("profileUrl", "Profile page"),
    ("picture", "Picture"),
    ("website", "Website"),
];

/// The fields of what [`OTHERS`] names.
fn other_fields(value: &dyn Fn(&str) -> String) -> Vec<Field> {
    OTHERS.iter().map(|(name, label)| Field::line(*name, *label, value(name))).collect()
}

/// The fields of a profile.
pub(super) fn profile_fields(value: &dyn Fn(&str) -> String) -> Vec<Field> {
    let mut fields = vec![
        Field::line("login", "Login", value("login"))
            .required()
            .help("An e-mail address, or a short name that gets the tenant's domain."),
        Field::line("email", "Email", value("email")).required(),
        Field::line("firstName", "Given name", value("firstName")),
        Field::line("lastName", "Family name", value("lastName")),
    ];
    fields.extend(MORE.iter().map(|(name, label)| Field::line(*name, *label, value(name))));
    fields
}

/// The profile that a form sends: every member that the form has, so an emptied one is cleared.
pub(super) fn sent(form: &Form) -> Map<String, Value> {
    let others = MORE.iter().chain(OTHERS).map(|(name, _)| *name);
    let names = ["login", "email", "firstName", "lastName"].into_iter().chain(others);
    names
        .filter(|name| form.has(name))
        .map(|name| (name.to_owned(), Value::String(form.text(name))))
        .collect()
}

fn member(user: &User, name: &str) -> String {
    match name {
        "login" => user.login.clone(),
        "email" => user.email.clone(),
        "firstName" => user.first_name.clone(),
        "lastName" => user.last_name.clone(),
        other => user.profile.get(other).and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

fn crumbs(view: &UserView) -> Vec<Link> {
    let url = user_url(&view.user.id.to_string());
    vec![Link::new("Users", "/console/users"), Link::new(visible(&view.user.login), url)]
}

/// A form about a user.
pub(super) fn form_of(admin: &Admin, view: &UserView, title: &str, page: &str, submit: &str) -> FormPage {
    let action = format!("{}/{page}", user_url(&view.user.id.to_string()));
    admin.form((title, Section::Users), crumbs(view), action, submit)
}

/// The user of a form, whom this administrator may change.
pub(super) async fn changeable(admin: &Admin, id: &str) -> Result<UserView> {
    admin.must(Area::Users, Access::Write)?;
    let view = user::find(admin, id).await?;
    if may_change(admin, &view) { Ok(view) } else { Err(Failure::Forbidden) }
}

pub(super) fn done(view: &UserView, what: &str) -> Response {
    step::redirect(&format!("{}?done={what}", user_url(&view.user.id.to_string())))
}

fn edit_page(admin: &Admin, view: &UserView, version: &str, value: &dyn Fn(&str) -> String) -> FormPage {
    form_of(admin, view, "Edit profile", "edit", "Save")
        .carry("version", version)
        .reviewed()
        .fields(profile_fields(value))
        .folded("More attributes", other_fields(value))
}

fn edit_page_now(admin: &Admin, view: &UserView) -> FormPage {
    edit_page(admin, view, &view.user.version.to_string(), &|name| member(&view.user, name))
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = changeable(&admin, &id).await.map(|view| html::page(&edit_page_now(&admin, &view)));
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, (Area::Users, Access::Write))?;
        let view = changeable(&admin, &id).await?;
        let mut page = edit_page(&admin, &view, form.raw("version"), &|name| form.text(name));
        let mut asks = false;
        // Whoever has these two has the account, sooner or later.
        if ["login", "email"].iter().any(|name| form.text(name) != member(&view.user, name)) {
            page = admin.asking(page);
            asks = true;
        }
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &view)) {
            return Ok(answer);
        }
        if asks && !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let input = UserInput { profile: Some(sent(&form)), ..UserInput::default() };
        let key = view.user.id.to_string();
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_update_user(ctx, caller, &key, input, false, &expected).await {
            Ok(_) => Ok(done(&view, "edit")),
            Err(AdminError::Stale) => {
                let now = user::find(&admin, &id).await?;
                Ok(clashing(page, &edit_page_now(&admin, &now)))
            }
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

async fn password_page(admin: &Admin, view: &UserView, how: (&str, bool)) -> Result<FormPage> {
    let login = visible(&view.user.login);
    let page = form_of(admin, view, "Set a password", "password", "Set password")
        .intro(format!("Every session of {login} ends, and every token is revoked."))
        .fields(password_fields(admin, how, false).await?);
    Ok(admin.asking(page))
}

pub(super) async fn password(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Users, Access::SetPassword)?;
        let view = changeable(&admin, &id).await?;
        Ok(html::page(&password_page(&admin, &view, ("make", true)).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn set_password(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set = async {
        let form = admin.open(&headers, &body, (Area::Users, Access::SetPassword))?;
        let view = changeable(&admin, &id).await?;
        let renew = renews(&form);
        let mut page = password_page(&admin, &view, (form.raw("how"), renew)).await?;
        let chosen = chosen_password(&admin, &form, &view.user.login_key, &mut page).await?;
        let Some(Chosen { password: Some(password), made }) = chosen else { return Ok(refused(&page)) };
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.once(&form).await?;
        let input = UserInput { profile: None, password: Some(password), renew };
        let key = view.user.id.to_string();
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        match admin.idp().admin_update_user(ctx, caller, &key, input, false, &Expected::Any).await {
            Ok(_) => Ok(match made {
                Some(made) => shown_once(&admin, &visible(&view.user.login), (&made, renew), &user_url(&key)),
                None => done(&view, "password"),
            }),
            Err(error) => again(page, error),
        }
    };
    let set = set.await;
    admin.answer(set)
}

/// `from` is the role that was changed; the form carries it as its version.
fn role_page(admin: &Admin, view: &UserView, (from, chosen): (&str, &str)) -> FormPage {
    let mut picks = vec![Pick::new("", "None", chosen.is_empty()).help("An ordinary user.")];
    for role in AdminRole::ALL {
        let help = match role {
            AdminRole::Super => "Everything, this page included.",
            AdminRole::App => "Apps and authorization servers.",
            AdminRole::HelpDesk => "Users who are no administrators, and their passwords.",
            AdminRole::ReadOnly => "Sees everything, changes nothing.",
        };
        picks.push(Pick::new(role.as_str(), words::role(*role), chosen == role.as_str()).help(help));
    }
    let page = form_of(admin, view, "Change role", "role", "Change role")
        .carry("version", from)
        .reviewed()
        .fields([Field::radio("role", "Role", picks)]);
    admin.asking(page)
}

fn role_of(view: &UserView) -> &'static str {
    view.user.admin_role.map_or("", AdminRole::as_str)
}

fn role_page_now(admin: &Admin, view: &UserView) -> FormPage {
    role_page(admin, view, (role_of(view), role_of(view)))
}

pub(super) async fn role(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Roles, Access::Write)?;
        let view = user::find(&admin, &id).await?;
        Ok(html::page(&role_page_now(&admin, &view)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn set_role(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set = async {
        let form = admin.open(&headers, &body, (Area::Roles, Access::Write))?;
        let view = user::find(&admin, &id).await?;
        let mut page = role_page(&admin, &view, (form.raw("version"), form.raw("role")));
        let to = match form.raw("role") {
            "" => None,
            text => match AdminRole::ALL.iter().find(|r| r.as_str() == text) {
                Some(role) => Some(*role),
                None => {
                    page.wrong("role", "Choose one.");
                    return Ok(refused(&page));
                }
            },
        };
        if let Some(answer) = reviewed(&form, &mut page, &role_page_now(&admin, &view)) {
            return Ok(answer);
        }
        if role_of(&view) != form.raw("version") {
            return Ok(clashing(page, &role_page_now(&admin, &view)));
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (key, from) = (view.user.id.to_string(), view.user.admin_role.map(AdminRole::as_str));
        admin.idp().admin_set_role(&admin.ctx, &admin.caller, &key, from, to).await?;
        Ok(done(&view, "role"))
    };
    let set = set.await;
    admin.answer(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_idp::admin::profile::OTHER_MEMBERS;
    use std::collections::BTreeSet;

    #[test]
    fn every_member_of_a_profile_has_its_field() {
        let fields: BTreeSet<&str> = MORE.iter().chain(OTHERS).map(|(name, _)| *name).collect();
        assert_eq!(fields, OTHER_MEMBERS.iter().copied().collect());
        assert_eq!(fields.len(), MORE.len() + OTHERS.len(), "none twice");
    }
}
