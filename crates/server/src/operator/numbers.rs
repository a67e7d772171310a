//! What the page of a tenant says of it in numbers. Names, logins and whatever else is the tenant's own aren't read.

use crate::console::when::{self, span};
use crate::console::words::number;
use signet_domain::Time;
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_idp::admin::tenant_figures::{LATELY_DAYS, MOST_COUNTED, TenantInNumbers};
use signet_store::tenant_figures::TenantFigures;
use signet_web::Fact;

/// Since when the tenant is suspended, if it is.
pub(super) fn suspended(tenant: &Tenant, numbers: &TenantInNumbers, now: Time) -> Option<Fact> {
    (tenant.status == TenantStatus::Suspended).then(|| {
        let since = numbers.suspended_at.map(|at| when::moment(at, now).shown);
        Fact::text("Suspended since", since.unwrap_or_else(|| "longer than its log reaches back".to_owned()))
    })
}

/// How much there is of what, and when it was last used.
pub(super) fn facts(numbers: &TenantInNumbers, now: Time) -> Vec<Fact> {
    let figures = &numbers.figures;
    let opened = numbers
        .console_opened_at
        .map_or_else(|| "not as far as its log reaches back".to_owned(), |at| when::moment(at, now).shown);
    vec![
        Fact::text("Users", counted(figures.users)),
        Fact::text("Administrators", counted(figures.administrators)),
        Fact::text("Apps", counted(figures.apps)),
        Fact::text("Authorization servers", counted(figures.servers)),
        Fact::text("Last sign-in", last(figures.signed_in_at, now)),
        Fact::text("Console last opened", opened),
        Fact::text("System log", log(figures, now)),
    ]
}

/// `212`, `over 100,000`.
fn counted(n: i64) -> String {
    if n > MOST_COUNTED { format!("over {}", number(MOST_COUNTED)) } else { number(n) }
}

fn last(hour: Option<Time>, now: Time) -> String {
    hour.map_or_else(|| format!("none in {LATELY_DAYS} days"), |hour| when::hour(hour, now).shown)
}

/// `kept for 90 days, reaches back 12 days`.
fn log(figures: &TenantFigures, now: Time) -> String {
    let kept = match (figures.log_days, figures.log_held_at) {
        (None, _) => "being erased".to_owned(),
        (Some(_), Some(at)) => format!("on hold since {}", when::moment(at, now).shown),
        (Some(days), None) => format!("kept for {} days", number(days)),
    };
    match figures.log_since {
        Some(at) => format!("{kept}, reaches back {}", span(now.since(at))),
        None => format!("{kept}, empty"),
    }
}
