//! The limits in force, and what they refused.

use super::admin::Admin;
use super::failure::Result;
use super::rows::brief;
use super::when;
use super::words::number;
use crate::html;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::event::types;
use signet_idp::admin::{Access, Area};
use signet_idp::console::kinds::any_type;
use signet_idp::quota::{self, Standing};
use signet_web::{LimitsPage, LogRow, Quota, Rule, Section};

/// Refusals on the page.
const SHOWN: u32 = 20;

pub(super) async fn get(admin: Admin) -> Response {
    admin.answer(show(&admin).await)
}

async fn show(admin: &Admin) -> Result<Response> {
    let standing = admin.idp().quota(&admin.ctx).await?;
    let sees_log = admin.may(Area::Logs, Access::Read);
    Ok(html::page(&LimitsPage {
        console: admin.frame("Limits", Section::Limits),
        quota: quota_of(&standing, admin.ctx.now),
        callers: Vec::new(),
        refusals: if sees_log { refusals(admin).await? } else { Vec::new() },
        log_url: sees_log.then(|| "/console/log?outcome=throttled&range=24h".to_owned()),
        rules: rules(),
    }))
}

fn quota_of(standing: &Standing, now: Time) -> Quota {
    let used = (quota::LIMIT - standing.remaining).max(0);
    let (full, limit) = (number(quota::LIMIT), quota::LIMIT.unsigned_abs());
    let reset = if standing.reset_seconds == 0 {
        format!("All {full} are there. The hour begins with the first call.")
    } else {
        let at = when::pattern(standing.resets_at, "%H:%M UTC");
        let wait = when::span(standing.resets_at.since(now));
        let until = if standing.remaining == 0 { "Calls are refused until then. " } else { "" };
        format!("{until}The full {full} are back at {at}, in {wait}.")
    };
    Quota { used: used.unsigned_abs(), limit, shown: format!("{} of {full} used", number(used)), reset }
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
