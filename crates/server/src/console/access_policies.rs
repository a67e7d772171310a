//! Access policies of an authorization server: the list in order, one of them with its rules, and their places.

use super::access_names::{Names, apps_of, rule_facts};
use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::Form;
use super::server_forms::{WRITE, crumbs};
use super::server_page::{find, server_url};
use super::words::{count, on_or_off};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::claim::InForce;
use signet_domain::server::Server;
use signet_idp::access_policy::PolicyWithRules;
use signet_idp::admin::access_order::Past;
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{
    AccessPolicyList, AccessPolicyPage, AccessPolicyRow, AccessRuleRow, Action, Empty, Fact, Hidden, Link,
    Move, Section,
};

/// The list's address.
pub(super) fn list_url(server: &Server) -> String {
    format!("{}/policies", server_url(server))
}

/// A policy's address.
pub(super) fn policy_url(server: &Server, policy: &AccessPolicy) -> String {
    format!("{}/{}", list_url(server), policy.id)
}

/// The way to a policy, or to the list.
pub(super) fn policy_crumbs(server: &Server, policy: Option<&AccessPolicy>) -> Vec<Link> {
    let mut crumbs = crumbs(Some(server));
    crumbs.push(Link::new("Access policies", list_url(server)));
    crumbs.extend(policy.map(|policy| Link::new(visible(&policy.name), policy_url(server, policy))));
    crumbs
}

pub(super) fn why_link(server: &Server) -> Link {
    Link::new("Which rule decides", format!("{}/why", list_url(server)))
}

/// A server by its id, with its policies in order.
pub(super) async fn all(admin: &Admin, id: &str) -> Result<(Server, Vec<PolicyWithRules>)> {
    let (server, _) = find(admin, id).await?;
    Ok(admin.idp().admin_access_policies(&admin.ctx, &server.id.to_string()).await?)
}

/// A server by its id, with one of its policies.
pub(super) async fn one(admin: &Admin, id: &str, policy: &str) -> Result<(Server, PolicyWithRules)> {
    let (server, _) = find(admin, id).await?;
    Ok(admin.idp().admin_access_policy(&admin.ctx, &server.id.to_string(), policy).await?)
}

/// What a server's policies mean as they are now.
pub(super) fn says(policies: &[PolicyWithRules]) -> String {
    let active = policies.iter().filter(|p| p.policy.status == InForce::Active).count();
    match (policies.len(), active) {
        (0, _) => {
            "This server serves whatever its apps may do. Its first policy turns that round: from then on it \
                   refuses what no rule allows."
                .to_owned()
        }
        (_, 0) => "No policy is in force, so this server serves whatever its apps may do.".to_owned(),
        (_, 1) => "One policy is in force. What none of its rules allows is refused.".to_owned(),
        (_, n) => format!(
            "{n} policies are in force and asked in order. The first rule that fits decides; what none allows is \
             refused."
        ),
    }
}

/// The moves of an entry of a list: up past the one before it, down past the one after it.
fn moves(ids: &[String], at: usize, url: &str) -> Vec<Move> {
    let to = |label: &'static str, path: &str, past: Option<&String>| {
        past.map(|id| Move { label, url: format!("{url}/{path}"), past: Hidden::new("past", id.as_str()) })
    };
    let before = at.checked_sub(1).and_then(|at| ids.get(at));
    [to("Up", "up", before), to("Down", "down", ids.get(at + 1))].into_iter().flatten().collect()
}

pub(super) async fn list(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show_all(&admin, &id, params.get("done")).await;
    admin.answer(shown)
}

async fn show_all(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (server, policies) = all(admin, id).await?;
    let writes = admin.may(Area::Apps, Access::Write);
    let ids: Vec<String> = policies.iter().map(|p| p.policy.id.to_string()).collect();
    let mut rows = Vec::new();
    for (at, PolicyWithRules { policy, rules }) in policies.iter().enumerate() {
        let url = policy_url(&server, policy);
        rows.push(AccessPolicyRow {
            name: visible(&policy.name),
            status: on_or_off(policy.status == InForce::Active),
            apps: apps_of(admin, policy).await?,
            rules: count(rules.len(), "rule"),
            moves: if writes { moves(&ids, at, &url) } else { Vec::new() },
            url,
        });
    }
    let mut console = admin.frame("Access policies", Section::Servers);
    console.notice = match done {
        Some("delete") => Some("The access policy is deleted.".to_owned()),
        Some("move") => Some("The order is changed.".to_owned()),
        _ => None,
    };
    let create = writes.then(|| Link::new("New access policy", format!("{}/new", list_url(&server))));
    Ok(html::page(&AccessPolicyList {
        console,
        crumbs: crumbs(Some(&server)),
        says: says(&policies),
        create: create.clone(),
        why: why_link(&server),
        empty: rows.is_empty().then(|| Empty::NothingYet {
            sentence:
                "A policy names apps, and its rules say which users get which scopes from them, by which \
                       grants and for how long."
                    .to_owned(),
            action: create,
        }),
        policies: rows,
    }))
}

pub(super) async fn get(
    admin: Admin,
    Path((id, policy)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show(&admin, (&id, &policy), params.get("done")).await;
    admin.answer(shown)
}

fn told(done: Option<&str>, policy: &AccessPolicy) -> Option<String> {
    let on = policy.status == InForce::Active;
    let text = match done? {
        "create" if on => "The access policy is created.",
        "create" => "The access policy is created, and off. Give it its rules, then switch it on.",
        "edit" => "The settings are saved.",
        "on" if on => "The access policy is in force: on this node now, on others within a second.",
        "off" if !on => "The access policy is off.",
        "rule" => "The rule is saved.",
        "rule-delete" => "The rule is deleted.",
        "move" => "The order is changed.",
        _ => return None,
    };
    Some(text.to_owned())
}

async fn show(admin: &Admin, (id, policy): (&str, &str), done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let (server, PolicyWithRules { policy, rules }) = one(admin, id, policy).await?;
    let writes = admin.may(Area::Apps, Access::Write);
    let url = policy_url(&server, &policy);
    let names = Names::of(admin, &rules).await?;
    let ids: Vec<String> = rules.iter().map(|rule| rule.id.to_string()).collect();
    let row = |(at, rule): (usize, &AccessRule)| {
        let own = format!("{url}/rules/{}", rule.id);
        let active = rule.status == InForce::Active;
        let (label, to) = if active { ("Switch off", "off") } else { ("Switch on", "on") };
        AccessRuleRow {
            name: visible(&rule.name),
            status: on_or_off(active),
            facts: rule_facts(rule, &server, &names),
            moves: if writes { moves(&ids, at, &own) } else { Vec::new() },
            switch: writes.then(|| Action::post(label, format!("{own}/{to}"))),
            url: writes.then_some(own),
        }
    };
    let on = policy.status == InForce::Active;
    let warning = (on && rules.iter().all(|rule| rule.status != InForce::Active)).then(|| {
        "It is in force without a rule that is: it lets nobody through, and the server refuses what no other policy’s \
         rule allows."
            .to_owned()
    });
    let rows = rules.iter().enumerate().map(row).collect();
    let mut console = admin.frame(&visible(&policy.name), Section::Servers);
    console.notice = told(done, &policy);
    Ok(html::page(&AccessPolicyPage {
        console,
        crumbs: policy_crumbs(&server, None),
        status: on_or_off(on),
        warning,
        description: visible(&policy.description),
        rules: rows,
        add_rule: writes.then(|| Link::new("Add a rule", format!("{url}/rules/new"))),
        why: why_link(&server),
        facts: vec![
            Fact::text("Apps", apps_of(admin, &policy).await?),
            Fact::text("Priority", policy.priority.to_string()),
            Fact::text("Made", admin.moment(policy.created_at).shown),
            Fact::text("Changed", admin.moment(policy.updated_at).shown),
            Fact::code("Id", policy.id.to_string()),
        ],
        edit: if writes { vec![Link::new("Settings", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&policy, &url) } else { Vec::new() },
    }))
}

fn actions(policy: &AccessPolicy, url: &str) -> Vec<Action> {
    let switch = if policy.status == InForce::Active {
        Action::post("Switch off", format!("{url}/off")).explain(
            "As if it weren’t there. A server without a policy in force serves whatever its apps may do.",
        )
    } else {
        Action::post("Switch on", format!("{url}/on"))
            .explain("It is asked again; what no rule allows is refused.")
    };
    let delete = Action::ask("Delete…", format!("{url}/delete"));
    vec![switch, delete.explain("With its rules, for good.").dangerous()]
}

/// What a button of a policy or a rule does.
#[derive(Clone, Copy)]
enum Deed {
    Move,
    Switch(InForce),
}

/// The deed of an address's last part. Nobody is asked for a password to hear that there is none.
fn deed(action: &str) -> Result<Deed> {
    match action {
        "up" | "down" => Ok(Deed::Move),
        "on" => Ok(Deed::Switch(InForce::Active)),
        "off" => Ok(Deed::Switch(InForce::Inactive)),
        _ => Err(Failure::Missing("There is nothing at this address.")),
    }
}

/// Where a button of [`moves`] puts its entry.
fn past(action: &str, form: &Form) -> Past {
    let neighbour = form.raw("past").to_owned();
    if action == "up" { Past::Before(neighbour) } else { Past::After(neighbour) }
}

/// The question before a button of the list does its work.
async fn pressed(
    admin: &Admin,
    form: &Form,
    (server, policy): (&Server, &AccessPolicy),
    action: String,
) -> Result<Option<Response>> {
    let crumbs = policy_crumbs(server, Some(policy));
    let page = admin.form(("Change who gets tokens", Section::Servers), crumbs, action, "Change");
    admin.pressed(form, page.carry("past", form.raw("past"))).await
}

/// Moves a policy, or switches it on or off.
pub(super) async fn set(
    admin: Admin,
    Path((id, policy, action)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let deed = deed(&action)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        let (idp, ctx, caller, key) = (admin.idp(), &admin.ctx, &admin.caller, server.id.to_string());
        let keys = (key.as_str(), policy.as_str());
        let address = format!("{}/{action}", policy_url(&server, &found.policy));
        if let Some(question) = pressed(&admin, &form, (&server, &found.policy), address).await? {
            return Ok(question);
        }
        match deed {
            Deed::Move => {
                idp.admin_move_access_policy(ctx, caller, keys, past(&action, &form)).await?;
                Ok(step::redirect(&format!("{}?done=move", list_url(&server))))
            }
            Deed::Switch(to) => {
                idp.admin_set_access_policy_status(ctx, caller, keys, to).await?;
                Ok(step::redirect(&format!("{}?done={action}", policy_url(&server, &found.policy))))
            }
        }
    };
    let set = set.await;
    admin.answer(set)
}

/// Moves a rule, or switches it on or off.
pub(super) async fn set_rule(
    admin: Admin,
    Path((id, policy, rule, action)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let deed = deed(&action)?;
        let (server, found) = one(&admin, &id, &policy).await?;
        if !found.rules.iter().any(|row| row.id.to_string() == rule) {
            return Err(Failure::Missing("There is no such rule here. It may have been deleted."));
        }
        let (idp, ctx, caller, key) = (admin.idp(), &admin.ctx, &admin.caller, server.id.to_string());
        let keys = (key.as_str(), policy.as_str(), rule.as_str());
        let address = format!("{}/rules/{rule}/{action}", policy_url(&server, &found.policy));
        if let Some(question) = pressed(&admin, &form, (&server, &found.policy), address).await? {
            return Ok(question);
        }
        let done = match deed {
            Deed::Move => {
                idp.admin_move_access_rule(ctx, caller, keys, past(&action, &form)).await?;
                "move"
            }
            Deed::Switch(to) => {
                idp.admin_set_access_rule_status(ctx, caller, keys, to).await?;
                "rule"
            }
        };
        Ok(step::redirect(&format!("{}?done={done}", policy_url(&server, &found.policy))))
    };
    let set = set.await;
    admin.answer(set)
}
