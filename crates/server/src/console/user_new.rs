//! A new user.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, refused};
use super::rows::user_url;
use super::user_edit::profile_fields;
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

/// How the password comes about.
pub(super) fn password_fields(chosen: &str, may_wait: bool) -> Vec<Field> {
    let pick = |value: &str, label: &str, help: &str| Pick::new(value, label, chosen == value).help(help);
    let mut picks = vec![
        pick("make", "Make one", "It is shown to you once. The user can change it on the account page."),
        pick("type", "Type one", "At least 8 characters. A few words are better than a short riddle."),
    ];
    if may_wait {
        picks.push(pick("none", "None yet", "The user can't sign in until one is set."));
    }
    vec![
        Field::radio("how", "How it is set", picks),
        Field::password("password", "The password, if you type one", "new-password"),
    ]
}

/// What was chosen; `Err` after the page has been told what is wrong.
pub(super) fn chosen_password(
    admin: &Admin,
    form: &Form,
    page: &mut FormPage,
) -> std::result::Result<(Option<Secret>, Option<String>), ()> {
    match form.raw("how") {
        "make" => {
            let made = admin.idp().entropy().password();
            Ok((Some(Secret::from(made.as_str())), Some(made)))
        }
        "none" => Ok((None, None)),
        "type" => match form.secret("password") {
            Some(typed) => Ok((Some(typed), None)),
            None => {
                page.wrong("password", "Type a password, or let one be made.");
                Err(())
            }
        },
        _ => {
            page.wrong("how", "Choose one.");
            Err(())
        }
    }
}

fn page(admin: &Admin, value: &dyn Fn(&str) -> String, how: &str) -> FormPage {
    admin
        .form(("New user", Section::Users), vec![Link::new("Users", "/console/users")], PATH, "Create user")
        .fields(profile_fields(value))
        .group("Password", password_fields(how, true))
}

pub(super) async fn get(admin: Admin) -> Response {
    let shown = admin
        .must(Area::Users, Access::Write)
        .map(|()| html::page(&page(&admin, &|_| String::new(), "make")));
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    admin.answer(create(&admin, &headers, &body).await)
}

async fn create(admin: &Admin, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    let form = admin.open(headers, body, (Area::Users, Access::Write))?;
    let mut page = page(admin, &|name| form.text(name), form.raw("how"));
    let Ok((password, made)) = chosen_password(admin, &form, &mut page) else {
        return Ok(refused(&page));
    };
    let input = UserInput { profile: Some(super::user_edit::sent(&form)), password };
    let how = Creation { activate: true, change_password: false };
    let view = match admin.idp().admin_create_user(&admin.ctx, &admin.caller, input, how).await {
        Ok(view) => view,
        Err(error) => return again(page, error),
    };
    let url = user_url(&view.user.id.to_string());
    match made {
        None => Ok(step::redirect(&format!("{url}?done=create"))),
        Some(made) => Ok(shown_once(admin, &visible(&view.user.login), &made, &url)),
    }
}

/// A password that was just made.
pub(super) fn shown_once(admin: &Admin, login: &str, password: &str, url: &str) -> Response {
    html::page(&ShownOnce {
        console: admin.frame(&format!("The password of {login}"), Section::Users),
        crumbs: vec![Link::new("Users", "/console/users"), Link::new(login, url)],
        sentence: "Hand it over where nobody listens. The user can change it on the account page.".to_owned(),
        values: vec![Fact::code("Login", login), Fact::code("Password", password)],
        snippet: None,
        next: Link::new("Go to the user", url),
    })
}
