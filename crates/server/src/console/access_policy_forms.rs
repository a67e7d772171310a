//! Making, changing and deleting access policies.

use super::access_ask::apps;
use super::access_policies::{list_url, one, policy_crumbs, policy_url};
use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::server_forms::WRITE;
use super::server_page::find;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::access_policy::{ALL_CLIENTS, AccessPolicy};
use signet_domain::claim::InForce;
use signet_domain::server::Server;
use signet_idp::admin::access_rules::AccessPolicySettings;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Choice, Field, FormPage, Pick, Section};

const CLIENTS: &str = "conditions.clients";

/// What can be ticked, and lines for what isn't among it: those are there when the list is cut, or names something
/// that is gone.
pub(super) fn ticks(
    (name, label, rest): (&'static str, &str, &str),
    known: Vec<Choice>,
    whole: bool,
    chosen: &[String],
) -> Vec<Field> {
    let others: Vec<String> =
        chosen.iter().filter(|id| known.iter().all(|one| one.value != **id)).cloned().collect();
    let picks = known.into_iter().map(|one| {
        let on = chosen.contains(&one.value);
        Pick::new(one.value, one.label, on)
    });
    let mut fields = vec![Field::checks(name, label, picks.collect())];
    if !whole || !others.is_empty() {
        fields.push(
            Field::lines(format!("{name}.more"), rest, others.join("\n"), 3).mono().help("One a line."),
        );
    }
    fields
}

/// What [`ticks`] sends.
pub(super) fn ticked(form: &Form, name: &str) -> Vec<String> {
    let mut all = form.all(name);
    all.extend(form.lines(&format!("{name}.more")));
    all
}

/// The two states of a policy or a rule.
pub(super) fn state(status: InForce, on: &str, off: &str) -> Field {
    let pick = |value: InForce, label: &str, help: &str| {
        Pick::new(value.as_str(), label, status == value).help(help)
    };
    Field::radio(
        "status",
        "State",
        vec![pick(InForce::Active, "In force", on), pick(InForce::Inactive, "Off", off)],
    )
}

/// The state that a form says; off for anything but in force.
pub(super) fn sent_state(form: &Form) -> InForce {
    InForce::parse(form.raw("status")).unwrap_or(InForce::Inactive)
}

/// Whether a server has none yet: with the first one in force it refuses what no rule allows.
async fn is_first(admin: &Admin, server: &Server) -> Result<bool> {
    let (_, policies) = admin.idp().admin_access_policies(&admin.ctx, &server.id.to_string()).await?;
    Ok(policies.is_empty())
}

fn fresh(is_first: bool) -> AccessPolicySettings {
    AccessPolicySettings {
        name: String::new(),
        description: String::new(),
        priority: None,
        status: if is_first { InForce::Inactive } else { InForce::Active },
        clients: Vec::new(),
    }
}

fn sent(form: &Form) -> AccessPolicySettings {
    AccessPolicySettings {
        name: form.text("name"),
        description: form.text("description"),
        // Its place is changed in the list.
        priority: None,
        status: sent_state(form),
        clients: ticked(form, CLIENTS),
    }
}

async fn fields(admin: &Admin, page: FormPage, s: &AccessPolicySettings) -> Result<FormPage> {
    let mut known = vec![Choice::new(ALL_CLIENTS, "Every app, also those that come later", false)];
    let (apps, whole) = apps(admin).await?;
    known.extend(apps);
    let page = page.fields([
        Field::line("name", "Name", s.name.clone()).required(),
        Field::line("description", "What it is for", s.description.clone()),
        state(s.status, "It is asked in its turn.", "As if it weren’t there."),
    ]);
    Ok(page.fields(ticks((CLIENTS, "Apps", "Other apps, by client id"), known, whole, &s.clients)))
}

async fn new_page(
    admin: &Admin,
    server: &Server,
    (s, is_first): (&AccessPolicySettings, bool),
) -> Result<FormPage> {
    let action = format!("{}/new", list_url(server));
    let title = ("New access policy", Section::Servers);
    let page = admin.form(title, policy_crumbs(server, None), action, "Create access policy");
    let intro = if is_first {
        "This is the server’s first policy. Once it is in force, every app is refused what no rule allows; so leave it \
         off until it has its rules."
    } else {
        "It is asked last; its place is changed in the list."
    };
    let page = fields(admin, page.intro(intro), s).await?;
    Ok(admin.asking(page))
}

async fn edit_page(
    admin: &Admin,
    (server, policy): (&Server, &AccessPolicy),
    version: &str,
    s: &AccessPolicySettings,
) -> Result<FormPage> {
    let action = format!("{}/edit", policy_url(server, policy));
    let crumbs = policy_crumbs(server, Some(policy));
    let page = admin.edit_form(("Settings", Section::Servers), crumbs, action, version);
    Ok(admin.asking(fields(admin, page, s).await?))
}

async fn edit_page_now(admin: &Admin, server: &Server, policy: &AccessPolicy) -> Result<FormPage> {
    let now = AccessPolicySettings::of(policy);
    edit_page(admin, (server, policy), &policy.version.to_string(), &now).await
}

pub(super) async fn new(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, _) = find(&admin, &id).await?;
        let is_first = is_first(&admin, &server).await?;
        Ok(html::page(&new_page(&admin, &server, (&fresh(is_first), is_first)).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn create(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, _) = find(&admin, &id).await?;
        let settings = sent(&form);
        let is_first = is_first(&admin, &server).await?;
        let mut page = new_page(&admin, &server, (&settings, is_first)).await?;
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let key = server.id.to_string();
        match admin.idp().admin_create_access_policy(&admin.ctx, &admin.caller, &key, settings).await {
            Ok((server, policy)) => {
                Ok(step::redirect(&format!("{}?done=create", policy_url(&server, &policy))))
            }
            Err(error) => again(page, error),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path((id, policy)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        Ok(html::page(&edit_page_now(&admin, &server, &found.policy).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(
    admin: Admin,
    Path((id, policy)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        let settings = sent(&form);
        let mut page = edit_page(&admin, (&server, &found.policy), form.raw("version"), &settings).await?;
        if let Some(answer) =
            reviewed(&form, &mut page, &edit_page_now(&admin, &server, &found.policy).await?)
        {
            return Ok(answer);
        }
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, server.id.to_string());
        let (keys, expected) = ((key.as_str(), policy.as_str()), form.expected());
        match admin.idp().admin_replace_access_policy(ctx, caller, keys, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{}?done=edit", policy_url(&server, &found.policy)))),
            Err(AdminError::Stale) => {
                let (server, now) = one(&admin, &id, &policy).await?;
                Ok(clashing(page, &edit_page_now(&admin, &server, &now.policy).await?))
            }
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, server: &Server, policy: &AccessPolicy) -> FormPage {
    let page = admin.form(
        ("Delete an access policy", Section::Servers),
        policy_crumbs(server, Some(policy)),
        format!("{}/delete", policy_url(server, policy)),
        "Delete",
    );
    let intro = format!(
        "{} and its rules are gone for good. What they alone allowed is refused, as long as another policy is in \
         force; without one the server serves whatever its apps may do.",
        visible(&policy.name)
    );
    admin.asking(page.intro(intro).dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path((id, policy)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        Ok(html::page(&delete_page(&admin, &server, &found.policy)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path((id, policy)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        let mut page = delete_page(&admin, &server, &found.policy);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let key = server.id.to_string();
        admin.idp().admin_delete_access_policy(&admin.ctx, &admin.caller, &key, &policy).await?;
        Ok(step::redirect(&format!("{}?done=delete", list_url(&server))))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}
