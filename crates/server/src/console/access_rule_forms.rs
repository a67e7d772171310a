//! Rules of an access policy: adding, changing, deleting.

use super::access_policies::{one, policy_crumbs, policy_url};
use super::access_policy_forms::{state, ticks};
use super::access_rule_fields::{GRANTS, GROUPS, SCOPES, TIMES, Typed, USERS};
use super::admin::Admin;
use super::duration;
use super::failure::{Failure, Result};
use super::form::{again, clashing, refused};
use super::policies::grant_label;
use super::review::reviewed;
use super::server_forms::WRITE;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::access_policy::{AccessPolicy, AccessRule, EVERYONE};
use signet_domain::server::Server;
use signet_idp::admin::access_rules::GRANT_TYPES;
use signet_idp::admin::server_rules::{REFRESH_MINUTES, TOKEN_MINUTES};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Choice, Field, FormPage, Link, Pick, Section};

/// Groups to tick.
const LISTED: i64 = 100;

/// A server, one of its policies, and a rule of that.
struct Place {
    server: Server,
    policy: AccessPolicy,
    rule: Option<AccessRule>,
}

impl Place {
    async fn of(admin: &Admin, id: &str, policy: &str) -> Result<Self> {
        let (server, found) = one(admin, id, policy).await?;
        Ok(Self { server, policy: found.policy, rule: None })
    }

    async fn with_rule(admin: &Admin, (id, policy, rule): (&str, &str, &str)) -> Result<Self> {
        let (server, found) = one(admin, id, policy).await?;
        let missing = Failure::Missing("There is no such rule here. It may have been deleted.");
        let rule = found.rules.into_iter().find(|row| row.id.to_string() == rule).ok_or(missing)?;
        Ok(Self { server, policy: found.policy, rule: Some(rule) })
    }

    fn url(&self) -> String {
        let rules = format!("{}/rules", policy_url(&self.server, &self.policy));
        self.rule.as_ref().map_or_else(|| format!("{rules}/new"), |rule| format!("{rules}/{}", rule.id))
    }

    fn done(&self, what: &str) -> Response {
        step::redirect(&format!("{}?done={what}", policy_url(&self.server, &self.policy)))
    }
}

async fn groups(admin: &Admin) -> Result<(Vec<Choice>, bool)> {
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let groups = tx.groups_with_prefix("", LISTED).await?;
    let mut known = vec![Choice::new(EVERYONE, "Everyone", false)];
    known.extend(groups.iter().map(|g| Choice::new(g.id.to_string(), visible(&g.name), false)));
    Ok((known, groups.len() < LISTED as usize))
}

fn lifetimes(server: &Server, times: &[String; 3]) -> Vec<Field> {
    let labels = ["Access token", "Refresh token, unused", "Refresh token, in all"];
    let of_server =
        [server.access_token_seconds, server.refresh_idle_seconds, server.refresh_absolute_seconds];
    let bounds = [TOKEN_MINUTES, REFRESH_MINUTES, REFRESH_MINUTES];
    let fields = TIMES.into_iter().zip(labels).zip(times).zip(of_server.into_iter().zip(bounds));
    let field = |(((name, label), typed), (seconds, bounds)): (((&str, &str), &String), (i64, _))| {
        let of_server = duration::written(seconds / 60);
        let help = format!("{} Empty: the server’s {of_server}.", duration::range(&bounds));
        Field::line(name, label, typed).help(help)
    };
    fields.map(field).collect()
}

async fn page(admin: &Admin, place: &Place, version: &str, typed: &Typed) -> Result<FormPage> {
    let s = &typed.settings;
    let (title, submit) = match &place.rule {
        Some(rule) => (visible(&rule.name), "Save"),
        None => ("New rule".to_owned(), "Add rule"),
    };
    let crumbs = policy_crumbs(&place.server, Some(&place.policy));
    let mut page = admin.form((&title, Section::Servers), crumbs, place.url(), submit);
    if place.rule.is_some() {
        page = page.carry("version", version).reviewed();
        page.elsewhere = Some(Link::new("Delete this rule…", format!("{}/delete", place.url())));
    }
    let (known, whole) = groups(admin).await?;
    let mut people = ticks((GROUPS, "Groups", "Other groups, by id"), known, whole, &s.groups);
    if admin.may(Area::Users, Access::Read) {
        people.push(Field::lines(USERS, "Users", typed.logins.join("\n"), 3).help("One login a line."));
    }
    let grants = GRANT_TYPES.iter().map(|g| {
        let pick = Pick::new(*g, grant_label(g), s.grant_types.iter().any(|on| on == g));
        if *g == "client_credentials" {
            pick.help("The app acts for itself: nobody is asked about.")
        } else {
            pick
        }
    });
    let what = [
        Field::checks(GRANTS, "Grants", grants.collect())
            .help("Refreshing is asked about as the grant it goes on."),
        Field::line(SCOPES, "Scopes", s.scopes.join(" "))
            .mono()
            .help("Separated by spaces; * for any. A request that asks for another one isn’t let through."),
    ];
    let page = page.fields([
        Field::line("name", "Name", s.name.clone()).required(),
        state(s.status, "It is asked in its turn.", "As if it weren’t there."),
    ]);
    let page = page
        .group("Whom it lets through", people)
        .group("With what", what)
        .group("How long tokens live", lifetimes(&place.server, &typed.times));
    Ok(admin.asking(page))
}

async fn page_now(admin: &Admin, place: &Place, rule: &AccessRule) -> Result<FormPage> {
    page(admin, place, &rule.version.to_string(), &Typed::of(admin, rule).await?).await
}

/// What is wrong with the people stands beside the groups.
fn beside(error: AdminError) -> AdminError {
    match error {
        AdminError::Invalid { subject, causes } => {
            let words = |cause: String| match cause.strip_prefix("conditions.people: ") {
                Some(_) => format!("{GROUPS}: name a group or a user; everyone is one, too"),
                None => cause,
            };
            AdminError::Invalid { subject, causes: causes.into_iter().map(words).collect() }
        }
        other => other,
    }
}

pub(super) async fn new(admin: Admin, Path((id, policy)): Path<(String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let place = Place::of(&admin, &id, &policy).await?;
        Ok(html::page(&page(&admin, &place, "", &Typed::fresh()).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn create(
    admin: Admin,
    Path((id, policy)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let place = Place::of(&admin, &id, &policy).await?;
        let typed = Typed::sent(&admin, &form, None);
        let mut page = page(&admin, &place, "", &typed).await?;
        let Some(settings) = typed.settings(&admin, &mut page).await? else { return Ok(refused(&page)) };
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, place.server.id.to_string());
        match admin.idp().admin_create_access_rule(ctx, caller, (&key, &policy), settings).await {
            Ok(_) => Ok(place.done("rule")),
            Err(error) => again(page, duration::told(beside(error), &form)),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path((id, policy, rule)): Path<(String, String, String)>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let place = Place::with_rule(&admin, (&id, &policy, &rule)).await?;
        let rule = place.rule.clone().ok_or(AdminError::Stale)?;
        Ok(html::page(&page_now(&admin, &place, &rule).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(
    admin: Admin,
    Path((id, policy, rule)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let place = Place::with_rule(&admin, (&id, &policy, &rule)).await?;
        let typed = Typed::sent(&admin, &form, place.rule.as_ref());
        let mut page = page(&admin, &place, form.raw("version"), &typed).await?;
        let now = place.rule.clone().ok_or(AdminError::Stale)?;
        if let Some(answer) = reviewed(&form, &mut page, &page_now(&admin, &place, &now).await?) {
            return Ok(answer);
        }
        let Some(settings) = typed.settings(&admin, &mut page).await? else { return Ok(refused(&page)) };
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, place.server.id.to_string());
        let (keys, expected) = ((key.as_str(), policy.as_str(), rule.as_str()), form.expected());
        match admin.idp().admin_replace_access_rule(ctx, caller, keys, settings, &expected).await {
            Ok(_) => Ok(place.done("rule")),
            Err(AdminError::Stale) => {
                let place = Place::with_rule(&admin, (&id, &policy, &rule)).await?;
                let now = place.rule.clone().ok_or(AdminError::Stale)?;
                Ok(clashing(page, &page_now(&admin, &place, &now).await?))
            }
            Err(error) => again(page, duration::told(beside(error), &form)),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, place: &Place) -> FormPage {
    let crumbs = policy_crumbs(&place.server, Some(&place.policy));
    let action = format!("{}/delete", place.url());
    let page = admin.form(("Delete a rule", Section::Servers), crumbs, action, "Delete");
    let name = place.rule.as_ref().map_or_else(String::new, |rule| visible(&rule.name));
    admin.asking(page.intro(format!("What {name} alone allowed is refused from now on.")).dangerous())
}

pub(super) async fn ask_delete(
    admin: Admin,
    Path((id, policy, rule)): Path<(String, String, String)>,
) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let place = Place::with_rule(&admin, (&id, &policy, &rule)).await?;
        Ok(html::page(&delete_page(&admin, &place)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path((id, policy, rule)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let place = Place::with_rule(&admin, (&id, &policy, &rule)).await?;
        let mut page = delete_page(&admin, &place);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let (ctx, caller, key) = (&admin.ctx, &admin.caller, place.server.id.to_string());
        admin.idp().admin_delete_access_rule(ctx, caller, (&key, &policy, &rule)).await?;
        Ok(place.done("rule-delete"))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}
