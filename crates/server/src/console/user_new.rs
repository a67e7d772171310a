//! A new user.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, refused};
use super::rows::user_url;
use super::user_edit::profile_fields;
use super::user_groups;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_idp::admin::users::{Creation, UserInput};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Secret;
use signet_web::{Fact, Field, FormPage, Link, Pick, Section, ShownOnce};

const PATH: &str = "/console/users/new";
/// Fields of the profile that stand open: login, e-mail and the two names. The others may wait.
const NAMED: usize = 4;

/// How the password comes about, and whether it is for one sign-in only.
pub(super) async fn password_fields(
    admin: &Admin,
    (chosen, renew): (&str, bool),
    may_wait: bool,
) -> Result<Vec<Field>> {
    let least = admin.idp().security(&admin.ctx).await?.min_length;
    let typed = format!("At least {least} characters. A few words are better than a short riddle.");
    let pick = |value: &str, label: &str, help: &str| Pick::new(value, label, chosen == value).help(help);
    let mut picks =
        vec![pick("make", "Make one", "It is shown to you once."), pick("type", "Type one", &typed)];
    if may_wait {
        picks.push(pick("none", "None yet", "The user can't sign in until one is set."));
    }
    Ok(vec![
        Field::radio("how", "How it is set", picks),
        Field::password("password", "The password, if you type one", "new-password"),
        Field::checks(
            "renew",
            "What follows",
            vec![
                Pick::new("true", "The next sign-in asks for a new password", renew)
                    .help("So that nobody but the user knows it."),
            ],
        ),
    ])
}

/// Whether the form says so.
pub(super) fn renews(form: &Form) -> bool {
    form.ticked("renew", "true")
}

/// A password that was chosen for a login.
#[derive(Default)]
pub(super) struct Chosen {
    /// What it becomes; none yet where that was chosen.
    pub(super) password: Option<Secret>,
    /// The same, if it was made.
    pub(super) made: Option<String>,
}

/// What was chosen; none after the page has been told what is wrong.
pub(super) async fn chosen_password(
    admin: &Admin,
    form: &Form,
    login: &str,
    page: &mut FormPage,
) -> Result<Option<Chosen>> {
    Ok(match (form.raw("how"), form.secret("password")) {
        ("make", _) => {
            let made = admin.idp().new_password(&admin.ctx, login).await?;
            Some(Chosen { password: Some(Secret::from(made.as_str())), made: Some(made) })
        }
        ("none", _) => Some(Chosen::default()),
        ("type", Some(typed)) => Some(Chosen { password: Some(typed), made: None }),
        ("type", None) => {
            page.wrong("password", "Type a password, or let one be made.");
            None
        }
        _ => {
            page.wrong("how", "Choose one.");
            None
        }
    })
}

async fn page(
    admin: &Admin,
    value: impl Fn(&str) -> String,
    groups: &[String],
    how: (&str, bool),
) -> Result<FormPage> {
    let password = password_fields(admin, how, true).await?;
    let mut first = profile_fields(&value);
    let rest = first.split_off(first.len().min(NAMED));
    let groups = user_groups::question(admin, groups).await?;
    Ok(admin
        .form(("New user", Section::Users), vec![Link::new("Users", "/console/users")], PATH, "Create user")
        .fields(first.into_iter().chain(groups))
        .folded("More about the user", rest)
        .group("Password", password))
}

pub(super) async fn get(admin: Admin) -> Response {
    let shown = async {
        admin.must(Area::Users, Access::Write)?;
        Ok(html::page(&page(&admin, |_| String::new(), &[], ("make", true)).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    admin.answer(create(&admin, &headers, &body).await)
}

async fn create(admin: &Admin, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let form = admin.open(headers, body, (Area::Users, Access::Write))?;
    let groups = user_groups::named(&form);
    let mut page = page(admin, |name| form.text(name), &groups, (form.raw("how"), renews(&form))).await?;
    let Some(groups) = user_groups::chosen(admin, &groups, &mut page).await? else {
        return Ok(refused(&page));
    };
    let login = form.text("login");
    let Some(Chosen { password, made }) = chosen_password(admin, &form, &login, &mut page).await? else {
        return Ok(refused(&page));
    };
    let renew = renews(&form);
    let input = UserInput { profile: Some(super::user_edit::sent(&form)), password, renew };
    let how = Creation { activate: true, groups };
    let view = match admin.idp().admin_create_user(&admin.ctx, &admin.caller, input, how).await {
        Ok(view) => view,
        Err(error) => return again(page, error),
    };
    let url = user_url(&view.user.id.to_string());
    match made {
        None => Ok(step::redirect(&format!("{url}?done=create"))),
        Some(made) => Ok(shown_once(admin, &visible(&view.user.login), (&made, renew), &url)),
    }
}

/// A password that was just made, and whether it has to be replaced at the next sign-in.
pub(super) fn shown_once(admin: &Admin, login: &str, (password, renew): (&str, bool), url: &str) -> Response {
    let then = if renew {
        "The next sign-in asks for a new one."
    } else {
        "The user can change it on the account page."
    };
    html::page(&ShownOnce {
        console: admin.frame(&format!("The password of {login}"), Section::Users),
        crumbs: vec![Link::new("Users", "/console/users"), Link::new(login, url)],
        sentence: format!("Hand it over where nobody listens. {then}"),
        values: vec![Fact::code("Login", login), Fact::code("Password", password)],
        snippet: None,
        next: Link::new("Go to the user", url),
    })
}
