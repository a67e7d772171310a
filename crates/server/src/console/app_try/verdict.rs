//! Why a trial came to no good, in the words of the answer and of the log.

use super::trial::Trial;
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::rows::event_url;
use signet_domain::app::App;
use signet_domain::event::{EventRow, Outcome};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::{self, visible};
use signet_oauth::OAuthError;
use signet_web::{Link, Status, Tone, TryVerdict};

/// What the app was told.
pub(super) fn refused(error: &str, told: &str) -> TryVerdict {
    TryVerdict {
        status: Status::new("Refused", Tone::Bad),
        sentence: format!("{}: {}", visible(error), visible(told)),
        fix: None,
        links: Vec::new(),
    }
}

fn by_the_log(mut verdict: TryVerdict, row: &EventRow) -> TryVerdict {
    verdict.fix = syslog::fix(row);
    verdict.links.push(Link::new("See it in the log", event_url(row)));
    verdict
}

/// The app's newest refusal since the trial began, for who may read the log.
pub(super) async fn refused_on_the_way(
    admin: &Admin,
    app: &App,
    trial: &Trial,
) -> Result<Option<TryVerdict>> {
    if !admin.may(Area::Logs, Access::Read) {
        return Ok(None);
    }
    let progress = admin.idp().console_app_progress(&admin.ctx, app, trial.began()).await?;
    Ok(progress.refusal.map(|row| {
        let sentence = [Some(syslog::sentence(&row)), syslog::why(&row)].into_iter().flatten();
        let sentence = sentence.collect::<Vec<_>>().join(" ");
        let verdict =
            TryVerdict { status: Status::new("Refused", Tone::Bad), sentence, fix: None, links: Vec::new() };
        by_the_log(verdict, &row)
    }))
}

/// What the app would be told, and what the log knows besides.
pub(super) async fn refusal(admin: &Admin, error: &OAuthError) -> Result<TryVerdict> {
    let body = error.body();
    let verdict = refused(body.error.as_str(), &body.error_description);
    if !admin.may(Area::Logs, Access::Read) {
        return Ok(verdict);
    }
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let rows = tx.events_of_request(admin.ctx.request.id).await?;
    Ok(match rows.iter().find(|row| row.outcome != Outcome::Success) {
        Some(row) => by_the_log(verdict, row),
        None => verdict,
    })
}
