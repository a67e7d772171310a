//! Rate policies: the list, one of them, and its state.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::rows::brief;
use super::words::{lifetime, number};
use super::{next, when};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::event::types;
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, RateStrategy, WindowType};
use signet_idp::admin::rate_policy_rules::{RatePolicySettings, sync_rate_seconds};
use signet_idp::admin::{Access, Area, Expected};
use signet_idp::console::kinds::{any_type, equals};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_store::log_query::{Condition, TextField};
use signet_web::{Action, Empty, Fact, Link, PolicyList, PolicyPage, PolicyRow, Section, Status, Tone};

pub(super) const PATH: &str = "/console/rate-policies";
pub(super) const WRITE: (Area, Access) = (Area::Apps, Access::Write);
/// Refusals on a policy's page, and how far back in days.
const SHOWN: u32 = 20;
const DAYS: i64 = 7;

/// Its address.
pub(super) fn url_of(policy: &RatePolicy) -> String {
    format!("{PATH}/{}", policy.id)
}

/// The way to it.
pub(super) fn crumbs(policy: Option<&RatePolicy>) -> Vec<Link> {
    let mut crumbs = vec![Link::new("Limits", "/console/limits"), Link::new("Rate policies", PATH)];
    crumbs.extend(policy.map(|policy| Link::new(visible(&policy.name), url_of(policy))));
    crumbs
}

/// `3 tokens in 30 seconds and 100 in 1 hour, for each app`.
pub(super) fn says(policy: &RatePolicy) -> String {
    let windows =
        policy.limits.iter().zip(policy.window_sizes.iter()).enumerate().map(|(n, (limit, size))| {
            let limit = number(i64::from(*limit));
            let noun = match (n, limit.as_str()) {
                (0, "1") => " token",
                (0, _) => " tokens",
                _ => "",
            };
            format!("{limit}{noun} in {}", lifetime(i64::from(*size)))
        });
    let windows = windows.collect::<Vec<_>>().join(" and ");
    let whom = match policy.identifier {
        RateIdentifier::Tenant => "for the whole account".to_owned(),
        RateIdentifier::Server => "for each authorization server".to_owned(),
        RateIdentifier::App => "for each app".to_owned(),
        RateIdentifier::User => "for each user".to_owned(),
        RateIdentifier::Credential => "for each API credential".to_owned(),
        RateIdentifier::Ip => "for each address".to_owned(),
        RateIdentifier::Path => format!("at {}", visible(policy.path.as_deref().unwrap_or_default())),
        RateIdentifier::Header => {
            format!("for each value of {}", visible(policy.header_name.as_deref().unwrap_or_default()))
        }
    };
    format!("{windows}, {whom}")
}

fn status(policy: &RatePolicy) -> Status {
    match (policy.enabled, policy.dry_run) {
        (true, false) => Status::new("In force", Tone::Good),
        (true, true) => Status::new("Dry run", Tone::Warn),
        (false, _) => Status::new("Off", Tone::Quiet),
    }
}

/// A grant type as people read it.
pub(super) fn grant_label(grant: &str) -> &'static str {
    match grant {
        "authorization_code" => "Authorization code",
        "client_credentials" => "Client credentials",
        "password" => "Password",
        _ => "Refresh token",
    }
}

fn grants(policy: &RatePolicy) -> String {
    policy.grant_types.iter().map(|g| grant_label(g)).collect::<Vec<_>>().join(", ")
}

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show_all(&admin, params.get("done")).await;
    admin.answer(shown)
}

async fn show_all(admin: &Admin, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let policies = admin.idp().admin_rate_policies(&admin.ctx).await?;
    let row = |policy: &RatePolicy| PolicyRow {
        url: url_of(policy),
        name: visible(&policy.name),
        says: says(policy),
        grants: grants(policy),
        status: status(policy),
        changed: admin.moment(policy.updated_at),
    };
    let mut console = admin.frame("Rate policies", Section::Limits);
    console.notice = done.filter(|d| *d == "delete").map(|_| "The rate policy is deleted.".to_owned());
    let empty = policies.is_empty().then(|| Empty::NothingYet {
        sentence: "Without a rate policy tokens are limited by nothing but the fixed password limit."
            .to_owned(),
        action: None,
    });
    Ok(html::page(&PolicyList {
        console,
        back: Link::new("Limits", "/console/limits"),
        create: admin
            .may(Area::Apps, Access::Write)
            .then(|| Link::new("New rate policy", format!("{PATH}/new"))),
        policies: policies.iter().map(row).collect(),
        empty,
    }))
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = show(&admin, &id, params.get("done")).await;
    admin.answer(shown)
}

fn told(done: Option<&str>, policy: &RatePolicy) -> Option<String> {
    let text = match (done?, policy.enabled, policy.dry_run) {
        ("create", ..) => "The rate policy is created.",
        ("edit", ..) => "The settings are saved.",
        ("state", true, false) => "The rate policy is in force: on this node now, on others within a second.",
        ("state", true, true) => {
            "The rate policy refuses nothing any more. What it would refuse is in the log."
        }
        ("state", false, _) => "The rate policy is off.",
        _ => return None,
    };
    Some(text.to_owned())
}

async fn show(admin: &Admin, id: &str, done: Option<&str>) -> Result<Response> {
    admin.must_see(Area::Apps)?;
    let policy = admin.idp().admin_rate_policy(&admin.ctx, id).await?;
    let writes = admin.may(Area::Apps, Access::Write);
    let sees_log = admin.may(Area::Logs, Access::Read);
    let refusals = if sees_log {
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let since = admin.ctx.now.plus_secs(-DAYS * when::DAY);
        let rows = tx.latest_matching(refusals_by(&policy), Some(since), SHOWN).await?;
        drop(tx);
        Some(brief(admin, &rows).await?)
    } else {
        None
    };
    let filter = format!("target.id eq \"{}\"", policy.id);
    let mut console = admin.frame(&visible(&policy.name), Section::Limits);
    console.notice = told(done, &policy);
    let url = url_of(&policy);
    Ok(html::page(&PolicyPage {
        console,
        crumbs: crumbs(None),
        status: status(&policy),
        says: format!("{}.", says(&policy)),
        facts: facts(&policy, admin),
        refusals,
        log_url: sees_log.then(|| format!("/console/log?range=7d&filter={}", next::encoded(&filter))),
        edit: if writes { vec![Link::new("Settings", format!("{url}/edit"))] } else { Vec::new() },
        actions: if writes { actions(&policy) } else { Vec::new() },
    }))
}

fn refusals_by(policy: &RatePolicy) -> Condition {
    let refused = any_type(&[types::RATE_POLICY_REFUSED, types::RATE_POLICY_DRY_RUN]);
    Condition::All(vec![refused, equals(TextField::TargetId, &policy.id.to_string())])
}

fn facts(policy: &RatePolicy, admin: &Admin) -> Vec<Fact> {
    let window = match policy.window_type {
        WindowType::Sliding => "Sliding: the window before weighs on this one",
        WindowType::Fixed => "Fixed: each begins anew",
    };
    let answer = if policy.hide_client_headers { "without headers" } else { "with headers" };
    let mut facts = vec![
        Fact::text("Grants", grants(policy)),
        Fact::text("Windows", window),
        Fact::text("Counted in", counted_in(policy)),
        Fact::text("Refusal", format!("{}, {answer}", policy.error_code)),
        Fact::text("Says", visible(&policy.error_message)),
        Fact::text("Refused calls", if policy.disable_penalty { "don’t count" } else { "count, too" }),
    ];
    if policy.retry_after_jitter_max > 0 {
        facts.push(Fact::text(
            "Retry-After",
            format!("up to {} more", lifetime(policy.retry_after_jitter_max)),
        ));
    }
    facts.push(Fact::code("Namespace", &policy.namespace));
    facts.push(Fact::code("Id", policy.id.to_string()));
    facts.push(Fact::text("Changed", admin.moment(policy.updated_at).shown));
    facts
}

fn counted_in(policy: &RatePolicy) -> String {
    let place = match policy.strategy {
        RateStrategy::Local => return "each node’s memory".to_owned(),
        RateStrategy::Cluster => "the database",
        RateStrategy::Redis => "Redis",
    };
    match policy.sync_rate_ms {
        ..0 => format!("each node’s memory ({place} is not asked)"),
        0 => format!("{place}, with every request"),
        _ => format!("{place}, every {} s", sync_rate_seconds(policy)),
    }
}

fn actions(policy: &RatePolicy) -> Vec<Action> {
    let url = url_of(policy);
    let post =
        |label: &str, to: &str, explain: &str| Action::post(label, format!("{url}/{to}")).explain(explain);
    let enforce = post("Put in force", "enforce", "What is over the limit is refused.");
    let dry = post("Dry run", "dry-run", "It refuses nothing and logs what it would refuse.");
    let off = post("Switch off", "off", "It neither counts nor refuses.");
    let mut actions = match (policy.enabled, policy.dry_run) {
        (true, false) => vec![dry, off],
        (true, true) => vec![enforce, off],
        (false, _) => vec![enforce, dry],
    };
    let delete = Action::ask("Delete…", format!("{url}/delete"));
    actions.push(delete.explain("For good; what it did stays in the log.").dangerous());
    actions
}

/// Puts it in force, in a dry run, or off.
pub(super) async fn set(
    admin: Admin,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let set = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let (ctx, caller) = (&admin.ctx, &admin.caller);
        let policy = admin.idp().admin_rate_policy(ctx, &id).await?;
        let mut settings = settings_of(&policy);
        // Nobody is asked for a password to hear that there is no such address.
        (settings.enabled, settings.dry_run) = match action.as_str() {
            "enforce" => (true, false),
            "dry-run" => (true, true),
            "off" => (false, policy.dry_run),
            _ => return Err(Failure::Missing("There is nothing at this address.")),
        };
        if action != "enforce" {
            let (deed, address) = ("Refuse nothing any more", format!("{}/{action}", url_of(&policy)));
            let page = admin.form((deed, Section::Limits), crumbs(Some(&policy)), address, deed);
            if let Some(question) = admin.pressed(&form, page).await? {
                return Ok(question);
            }
        }
        let expected = Expected::Versions(vec![policy.version]);
        admin.idp().admin_replace_rate_policy(ctx, caller, &id, settings, &expected).await?;
        Ok(step::redirect(&format!("{}?done=state", url_of(&policy))))
    };
    let set = set.await;
    admin.answer(set)
}

/// A policy as its settings would be sent.
pub(super) fn settings_of(policy: &RatePolicy) -> RatePolicySettings {
    let numbers = |list: &[u32]| list.iter().copied().map(i64::from).collect();
    RatePolicySettings {
        name: policy.name.clone(),
        enabled: policy.enabled,
        dry_run: policy.dry_run,
        identifier: policy.identifier.as_str().to_owned(),
        header_name: policy.header_name.clone(),
        path: policy.path.clone(),
        grant_types: Some(policy.grant_types.0.clone()),
        limit: numbers(&policy.limits.0),
        window_size: numbers(&policy.window_sizes.0),
        window_type: policy.window_type.as_str().to_owned(),
        namespace: Some(policy.namespace.clone()),
        strategy: policy.strategy.as_str().to_owned(),
        sync_rate: sync_rate_seconds(policy).as_f64(),
        disable_penalty: policy.disable_penalty,
        hide_client_headers: policy.hide_client_headers,
        retry_after_jitter_max: policy.retry_after_jitter_max,
        error_code: policy.error_code,
        error_message: policy.error_message.clone(),
    }
}
