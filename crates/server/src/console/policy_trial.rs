//! Trying a rate policy on the log before it is saved: who would have been refused.

use super::admin::Admin;
use super::form::Form;
use super::next;
use super::rows::{app_url, user_url};
use super::words::{count, number};
use signet_domain::id::{ServerId, UserId};
use signet_domain::rate_policy::RateIdentifier;
use signet_idp::IdpError;
use signet_idp::admin::rate_policy_rules::RatePolicySettings;
use signet_idp::admin::rate_simulation::{Refused, Simulation};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Choice, Trial, TrialFound, TrialRow};

/// Hours to choose from.
const HOURS: [(i64, &str); 4] =
    [(1, "the last hour"), (6, "the last 6 hours"), (12, "the last 12 hours"), (24, "the last 24 hours")];
/// Lines of the table.
const SHOWN: usize = 20;

/// How far back a trial goes; one of those there are to choose from.
#[derive(Clone, Copy)]
pub(super) struct Hours(usize);

impl Hours {
    /// What the form says; the first choice for anything else.
    pub(super) fn read(form: &Form) -> Self {
        let sent = form.text("hours");
        Self(HOURS.iter().position(|(hours, _)| hours.to_string() == sent).unwrap_or(0))
    }

    fn choices(self) -> Vec<Choice> {
        HOURS
            .iter()
            .enumerate()
            .map(|(n, (hours, label))| Choice::new(hours.to_string(), *label, n == self.0))
            .collect()
    }
}

/// Before anything was tried.
pub(super) fn untried() -> Trial {
    Trial { hours: Hours(0).choices(), found: None }
}

/// What the settings would have done.
pub(super) async fn tried(
    admin: &Admin,
    settings: RatePolicySettings,
    hours: Hours,
) -> Result<Trial, AdminError> {
    let (back, label) = HOURS[hours.0];
    let identifier = settings.identifier.clone();
    let found = admin.idp().admin_simulate_rate_policy(&admin.ctx, settings, back).await?;
    let mut rows = Vec::new();
    for one in found.refusals.iter().take(SHOWN) {
        rows.push(row(admin, &identifier, one).await?);
    }
    let found = TrialFound { sentence: sentence(&found, label), note: note(admin, &found), rows };
    Ok(Trial { hours: hours.choices(), found: Some(found) })
}

fn sentence(found: &Simulation, label: &str) -> String {
    let counted = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "request");
    match (found.requests, found.refused) {
        (0, _) => format!("In {label} there was no request that these settings count."),
        (requests, 0) => format!("Of {} in {label} none would have been refused.", counted(requests)),
        (requests, refused) => {
            format!(
                "Of {} in {label} {} would have been refused.",
                counted(requests),
                number(signed(refused))
            )
        }
    }
}

fn note(admin: &Admin, found: &Simulation) -> Option<String> {
    let mut notes = Vec::new();
    if found.truncated {
        let until = admin.zone().told(found.until, "%H:%M:%S");
        notes.push(format!("There is more in the log than is replayed: this is the time until {until}."));
    }
    if found.refusals.len() > SHOWN {
        notes.push(format!("These {SHOWN} were refused most often."));
    }
    Some(notes.join(" ")).filter(|n| !n.is_empty())
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

async fn row(admin: &Admin, identifier: &str, one: &Refused) -> Result<TrialRow, AdminError> {
    let (who, url) = named(admin, identifier, &one.counted).await?;
    Ok(TrialRow {
        who: visible(&who),
        url,
        passed: number(signed(one.admitted)),
        refused: number(signed(one.refused)),
        first: admin.brief(one.first),
        last: admin.brief(one.last),
    })
}

/// What is counted, by its name, and its page for who may see it.
async fn named(admin: &Admin, identifier: &str, counted: &str) -> Result<(String, Option<String>), IdpError> {
    let own = || (counted.to_owned(), None);
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    match RateIdentifier::parse(identifier) {
        Some(RateIdentifier::Tenant) => return Ok(("Everybody together".to_owned(), None)),
        Some(RateIdentifier::Ip) => {
            let sees = admin.may(Area::Logs, Access::Read);
            let url = format!("/console/log?range=24h&ip={}", next::encoded(counted));
            return Ok((counted.to_owned(), (sees && !counted.contains('/')).then_some(url)));
        }
        Some(RateIdentifier::Server) => {
            let Some(id) = ServerId::parse(counted) else { return Ok(own()) };
            let server = tx.server(id).await?;
            return Ok(server.map_or_else(own, |s| (s.name, Some(format!("/console/servers/{id}")))));
        }
        Some(RateIdentifier::User) => {
            if let Some(id) = UserId::parse(counted) {
                let sees = admin.may(Area::Users, Access::Read);
                let url = sees.then(|| user_url(counted));
                return Ok(tx.user(id).await?.map_or_else(own, |user| (user.login, url)));
            }
        }
        Some(RateIdentifier::App) => {}
        _ => return Ok(own()),
    }
    drop(tx);
    let app = admin.idp().app(&admin.ctx, counted).await?;
    Ok(app.map_or_else(own, |config| (config.app.label.clone(), Some(app_url(&config.app.id.to_string())))))
}
