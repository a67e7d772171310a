//! The limits in force, and what they refused.

mod drawings;
pub(super) mod past;

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::params;
use super::rows::{app_url, brief, user_url};
use super::words::number;
use super::zone::Zone;
use super::{next, policies, when};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::event::types;
use signet_idp::admin::pause::Pause;
use signet_idp::admin::{Access, Area};
use signet_idp::console::kinds::any_type;
use signet_idp::limits_use::{CallerUse, Hot, LimitsUse};
use signet_idp::syslog::visible;
use signet_idp::{policy_use, quota};
use signet_web::{Action, Caller, LimitsPage, Link, LogRow, PolicyUse, Quota, RefusedOften, Rule, Section};

/// Refusals on the page.
const SHOWN: u32 = 20;

/// Callers on the page, and users and apps.
const CALLERS: usize = 20;
const HOTTEST: usize = 6;

/// Rate policies on the page.
const POLICIES: usize = 20;

/// Routes that are named of a caller.
const ROUTES: usize = 3;

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let notice = match query.as_deref() {
        Some("done=pause") => Some("It is paused: whatever calls with it is refused."),
        Some("done=resume") => Some("It may call again."),
        _ => None,
    };
    admin.answer(show(&admin, notice).await)
}

/// Pauses what calls the API, or lets it go on.
pub(super) async fn post(
    admin: Admin,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    admin.answer(act(&admin, &id, &action, &headers, &body).await)
}

async fn act(admin: &Admin, id: &str, action: &str, headers: &HeaderMap, body: &[u8]) -> Result<Response> {
    admin.check_form(headers, &params(body)?)?;
    let what = match action {
        "pause" => Pause::Pause,
        "resume" => Pause::Resume,
        _ => return Err(Failure::Missing("There is nothing at this address.")),
    };
    if !admin.may(Area::Callers, Access::Write) {
        return Err(Failure::Forbidden);
    }
    admin.idp().admin_pause_caller(&admin.ctx, &admin.caller, id, what).await?;
    Ok(step::redirect(&format!("/console/limits?done={action}")))
}

async fn show(admin: &Admin, notice: Option<&str>) -> Result<Response> {
    let used = admin.idp().limits_use(&admin.ctx).await?;
    let sees_log = admin.may(Area::Logs, Access::Read);
    let sees_callers = admin.may(Area::Callers, Access::Read);
    let (throttled, throttled_sum) =
        if sees_log { drawings::throttled(&used, admin.zone()) } else { Default::default() };
    let mut console = admin.frame("Limits", Section::Limits);
    console.notice = notice.map(str::to_owned);
    Ok(html::page(&LimitsPage {
        console,
        quota: quota_of(&used, admin.zone(), admin.ctx.now),
        calls: drawings::calls(&used, admin.zone(), sees_callers),
        callers: if sees_callers { callers(admin, &used.callers) } else { Vec::new() },
        hottest: if sees_log { hottest(admin, &used) } else { Vec::new() },
        policies: if sees_log {
            used.policies.iter().take(POLICIES).map(policy).collect()
        } else {
            Vec::new()
        },
        throttled,
        throttled_sum,
        refusals: if sees_log { refusals(admin).await? } else { Vec::new() },
        log_url: sees_log.then(|| "/console/log?outcome=throttled&range=24h".to_owned()),
        rules: rules(),
        edit: [Link::new("Over time", past::PATH)]
            .into_iter()
            .chain(admin.may(Area::Apps, Access::Read).then(|| Link::new("Rate policies", policies::PATH)))
            .collect(),
    }))
}

fn callers(admin: &Admin, all: &[CallerUse]) -> Vec<Caller> {
    let may = admin.may(Area::Callers, Access::Write);
    let sees_log = admin.may(Area::Logs, Access::Read);
    let shown = all.iter().take(CALLERS).map(|caller| {
        let routes =
            caller.routes.iter().take(ROUTES).map(|(route, calls)| format!("{} {route}", number(*calls)));
        let what = if caller.paused { "resume" } else { "pause" };
        Caller {
            name: visible(&caller.name),
            calls: number(caller.calls),
            refused: if caller.refused > 0 {
                format!("{} refused", number(caller.refused))
            } else {
                String::new()
            },
            url: sees_log.then(|| format!("/console/log?q={}&range=24h", next::encoded(&caller.id))),
            routes: routes.collect::<Vec<_>>().join(", "),
            paused: caller.paused,
            action: may.then(|| Action {
                label: if caller.paused { "Resume".to_owned() } else { "Pause".to_owned() },
                url: format!("/console/limits/callers/{}/{what}", next::encoded(&caller.id)),
                explain: None,
                danger: !caller.paused,
                asks: false,
            }),
        }
    });
    shown.collect()
}

fn hottest(admin: &Admin, used: &LimitsUse) -> Vec<RefusedOften> {
    let row = |hot: &Hot, kind, url: Option<String>| RefusedOften {
        name: visible(&hot.name),
        url,
        kind,
        refusals: number(hot.refusals),
        last: admin.moment(hot.last_at),
    };
    let user = |hot: &Hot| hot.id.as_deref().filter(|_| admin.may(Area::Users, Access::Read)).map(user_url);
    let app = |hot: &Hot| hot.id.as_deref().filter(|_| admin.may(Area::Apps, Access::Read)).map(app_url);
    let users = used.users.iter().take(HOTTEST).map(|hot| row(hot, "User", user(hot)));
    users.chain(used.apps.iter().take(HOTTEST).map(|hot| row(hot, "App", app(hot)))).collect()
}

fn policy(used: &policy_use::PolicyUse) -> PolicyUse {
    let policy = &used.policy;
    let windows = policy.limits.iter().zip(policy.window_sizes.iter());
    let windows: Vec<_> =
        windows.map(|(limit, size)| format!("{} in {size} s", number(i64::from(*limit)))).collect();
    let refused = match (used.refused, used.would_refuse) {
        (0, 0) => "none".to_owned(),
        (refused, 0) => number(refused),
        (0, would) => format!("would be {}", number(would)),
        (refused, would) => format!("{}, and would be {}", number(refused), number(would)),
    };
    let hottest = used.hottest.iter().take(HOTTEST);
    PolicyUse {
        name: visible(&policy.name),
        url: Some(format!("/console/log?q={}&range=24h", policy.id)),
        state: match (policy.enabled, policy.dry_run) {
            (false, _) => "off",
            (true, true) => "tried out",
            (true, false) => "",
        },
        rule: format!("{}, by {}", windows.join(", "), policy.identifier),
        refused,
        hottest: hottest.map(|key| (visible(&key.counted), number(key.refusals))).collect(),
    }
}

fn pace(used: &LimitsUse, zone: &Zone, now: Time) -> String {
    let Some(at) = used.runs_out_at else { return String::new() };
    format!(
        "At {} calls a minute nothing is left at {}, in {}.",
        number(used.per_minute),
        zone.told(at, "%H:%M"),
        when::span(at.since(now))
    )
}

fn quota_of(use_now: &LimitsUse, zone: &Zone, now: Time) -> Quota {
    let standing = &use_now.quota;
    let used = (quota::LIMIT - standing.remaining).max(0);
    let (full, limit) = (number(quota::LIMIT), quota::LIMIT.unsigned_abs());
    let reset = if standing.reset_seconds == 0 {
        format!("All {full} are there. The hour begins with the first call.")
    } else {
        let at = zone.told(standing.resets_at, "%H:%M");
        let wait = when::span(standing.resets_at.since(now));
        let until = if standing.remaining == 0 { "Calls are refused until then. " } else { "" };
        format!("{until}The full {full} are back at {at}, in {wait}.")
    };
    Quota {
        used: used.unsigned_abs(),
        limit,
        shown: format!("{} of {full} used", number(used)),
        reset,
        pace: pace(use_now, zone, now),
    }
}

async fn refusals(admin: &Admin) -> Result<Vec<LogRow>> {
    let rows = {
        let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
        let day = admin.ctx.now.plus_secs(-when::DAY);
        tx.latest_matching(any_type(&[types::USER_RATE_LIMITED]), Some(day), SHOWN).await?
    };
    brief(admin, &rows).await
}

fn rules() -> Vec<Rule> {
    let rule = |name: &str, value: &str, fixed: bool, sentences: &[&str]| Rule {
        name: name.to_owned(),
        value: value.to_owned(),
        sentences: sentences.iter().map(|s| (*s).to_owned()).collect(),
        fixed,
    };
    vec![
        rule(
            "Password grant, per user",
            "4 in any second",
            true,
            &[
                "The fifth is refused with 429 until the oldest of the four is a second old, whichever app, server \
                 or address it comes from and whether its password is right.",
                "Refused attempts don’t count, and names that nobody has are treated alike.",
            ],
        ),
        rule(
            "Management API",
            "5,000 calls in an hour",
            true,
            &[
                "One count for the whole account, over all API tokens and credentials. The hour begins with its \
                 first call, and after it all 5,000 are back.",
                "Sign-ins, tokens and this console never wait for it.",
            ],
        ),
        rule(
            "Asking for the quota",
            "60 a minute, per token",
            true,
            &["GET /auth/rate_limit says what is left and isn’t counted as a call itself."],
        ),
        rule(
            "Wrong passwords, per login",
            "10 in 15 minutes",
            true,
            &[
                "From one address; 100 from all. The login is then locked for 15 minutes, and the right password is \
                 refused in the same words as a wrong one.",
                "An administrator unlocks it on the user’s page.",
            ],
        ),
    ]
}
