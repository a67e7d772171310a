//! Today at a glance.

use super::admin::Admin;
use super::failure::Result;
use super::rows::{Apps, app_url, event_url, user_url};
use super::words::{count, number};
use super::{alerts, credentials, next, when};
use crate::html;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::alert::{Alert, AlertFiring};
use signet_idp::admin::{Access, Area};
use signet_idp::console::overview::{Figure as Sum, LISTED, LOCKED, Overview as Day};
use signet_idp::quota;
use signet_idp::syslog;
use signet_web::{Change, Figure, Link, Need, Outcome, Overview, Section};

/// Refusals from which on it is worth saying that most come from one app.
const WORTH_NAMING: i64 = 4;
/// Needs of one kind that stand open.
const SHOWN: usize = 5;
/// Firings that nobody took note of, newest first.
const FIRED: i64 = 3;

pub(super) async fn get(admin: Admin) -> Response {
    admin.answer(show(&admin).await)
}

async fn show(admin: &Admin) -> Result<Response> {
    let day = admin.idp().console_overview(&admin.ctx, admin.zone().day_of(admin.ctx.now)).await?;
    let senders = day.password_apps.iter().map(|app| &app.client_id);
    let named = senders.chain(day.most_refused.iter().map(|(id, _)| id)).cloned();
    let apps = Apps::by_client_id(admin, named.collect()).await?;
    let sees_log = admin.may(Area::Logs, Access::Read);
    let fired = if sees_log { admin.idp().open_firings(&admin.ctx, FIRED).await? } else { Vec::new() };
    Ok(html::page(&Overview {
        console: admin.frame("Overview", Section::Overview),
        period: period(admin, &day),
        figures: figures(&day, &apps, admin.ctx.now, sees_log),
        needs: needs(admin, &day, &apps, &fired),
        changes: if sees_log { changes(admin, &day) } else { Vec::new() },
        changes_url: (sees_log && !day.changes.is_empty())
            .then(|| "/console/log?outcome=changed&range=30d".to_owned()),
    }))
}

fn period(admin: &Admin, overview: &Day) -> String {
    let (zone, day) = (admin.zone(), overview.day);
    format!(
        "{} to {}, against the same hours on {}",
        zone.pattern(day.since, "%a %-d %b, %H:%M"),
        zone.told(admin.ctx.now, "%H:%M"),
        zone.pattern(day.week_ago, "%-d %b")
    )
}

fn figures(day: &Day, apps: &Apps, now: Time, sees_log: bool) -> Vec<Figure> {
    let since = next::encoded(&when::exact(day.day.since));
    let link = |filter: &str| {
        sees_log.then(|| format!("/console/log?since={since}&machines=show&filter={}", next::encoded(filter)))
    };
    let figure = |label: &str, sum: &Sum, note: Option<String>, filter: &str| Figure {
        label: label.to_owned(),
        value: number(sum.total),
        note: note.or_else(|| Some(against(sum))),
        spark: if sum.total > 0 { sum.hours.clone() } else { Vec::new() },
        url: link(filter),
        ..Figure::default()
    };
    let most = day.most_refused.as_ref().filter(|(_, n)| *n >= WORTH_NAMING && *n * 2 > day.refused.total);
    let most = most.and_then(|(id, n)| {
        apps.get(Some(id)).map(|app| format!("{} from {}", number(*n), syslog::visible(&app.label)))
    });
    vec![
        figure(
            "Sign-ins",
            &day.sign_ins,
            None,
            "eventType eq \"user.session.start\" and outcome.result eq \"SUCCESS\"",
        ),
        Figure {
            parts: grants(day),
            ..figure("Tokens", &day.tokens, None, "eventType ew \"token.grant.access_token\"")
        },
        figure("Refused", &day.refused, most, "outcome.result ne \"SUCCESS\""),
        calls_left(day, now),
    ]
}

/// The grants by which tokens were got.
fn grants(day: &Day) -> Option<String> {
    let grant = |(name, tokens): &(String, i64)| {
        let name = match name.as_str() {
            "client_credentials" => "for machines",
            "authorization_code" => "by code",
            "refresh_token" => "by refresh",
            "password" => "by password",
            _ => "otherwise",
        };
        format!("{} {name}", number(*tokens))
    };
    let grants: Vec<String> = day.grants.iter().map(grant).collect();
    (!grants.is_empty()).then(|| grants.join(", "))
}

fn calls_left(day: &Day, now: Time) -> Figure {
    let left = day.quota.remaining;
    let open = day.quota.reset_seconds > 0;
    let note = if open {
        format!("all {} back in {}", number(quota::LIMIT), when::span(day.quota.resets_at.since(now)))
    } else {
        "full".to_owned()
    };
    Figure {
        label: "API calls left".to_owned(),
        value: number(left),
        unit: Some(format!("of {}", number(quota::LIMIT))),
        note: Some(note),
        meter: Some((left.unsigned_abs(), quota::LIMIT.unsigned_abs())),
        url: Some("/console/limits".to_owned()),
        ..Figure::default()
    }
}

/// How the day compares.
fn against(sum: &Sum) -> String {
    match (sum.total, sum.last_week) {
        (0, 0) => "none a week ago either".to_owned(),
        (_, 0) => "none a week ago".to_owned(),
        (now, then) if now == then => "the same as then".to_owned(),
        (now, then) if now >= then.saturating_mul(10) => format!("{} then", number(then)),
        (now, then) => {
            let change = (now - then).saturating_mul(100) / then;
            let sign = if now > then { "+" } else { "" };
            if change == 0 { format!("{} then", number(then)) } else { format!("{sign}{} %", number(change)) }
        }
    }
}

/// Most urgent first: what is broken now, what will break, what could be better.
fn needs(admin: &Admin, day: &Day, apps: &Apps, fired: &[(Alert, AlertFiring)]) -> Vec<Need> {
    let mut needs: Vec<Need> = fired.iter().map(|(alert, firing)| alert_need(admin, alert, firing)).collect();
    if !day.has_apps {
        needs.extend(first_steps(admin));
    }
    if day.quota.remaining * 10 <= quota::LIMIT {
        needs.push(quota_need(day, admin.ctx.now));
    }
    if admin.may(Area::Users, Access::Read) {
        let all = ("locked logins", Link::new("All locked out", "/console/users?status=LOCKED_OUT"));
        needs.extend(folded(locks(day, admin.ctx.now), LOCKED, all));
    }
    if admin.may(Area::Apps, Access::Read) {
        let all = || Link::new("All apps", "/console/apps");
        needs.extend(folded(passwords(admin, day, apps), LISTED, ("apps that send passwords", all())));
        needs.extend(folded(secrets(admin, day), LISTED, ("unused secrets", all())));
        let all = ("due keys", Link::new("All servers", super::server_page::PATH));
        needs.extend(folded(keys(admin, day), LISTED, all));
    }
    if admin.may(Area::Callers, Access::Read) {
        let all = ("unused API credentials", Link::new("All API credentials", credentials::PATH));
        needs.extend(folded(unused(admin, day), LISTED, all));
    }
    needs
}

/// What is of one kind: the first few, and the others folded below the last of them. What was too much to list is
/// said, with the way to all of it.
fn folded(all: impl Iterator<Item = Need>, most: i64, (what, link): (&str, Link)) -> Vec<Need> {
    let mut all: Vec<Need> = all.collect();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let rest = all.get(most).map(|need| Need {
        kind: need.kind,
        sentence: format!("There are more than {most} {what}"),
        detail: Some(format!("The first {most} stand above.")),
        action: Some(link),
        more: Vec::new(),
    });
    all.truncate(most);
    if all.len() > SHOWN + 1 {
        let more = all.split_off(SHOWN);
        if let Some(last) = all.last_mut() {
            last.more = more;
        }
    }
    all.extend(rest);
    all
}

/// What a new tenant begins with.
fn first_steps(admin: &Admin) -> impl Iterator<Item = Need> {
    let steps = [
        (
            Area::Apps,
            "There is no app yet",
            "It signs people in, or acts for itself.",
            "New app",
            "/console/apps/new",
        ),
        (Area::Users, "Users are yours to make", "Here, or by the API.", "New user", "/console/users/new"),
        (
            Area::Settings,
            "The sign-in page has the first look",
            "Your logo and colour make it yours.",
            "Branding",
            "/console/branding/edit",
        ),
    ];
    steps.into_iter().filter(|(area, ..)| admin.may(*area, Access::Write)).map(
        |(_, sentence, detail, label, url)| Need {
            kind: Outcome::Changed,
            sentence: sentence.to_owned(),
            detail: Some(detail.to_owned()),
            action: Some(Link::new(label, url)),
            more: Vec::new(),
        },
    )
}

fn alert_need(admin: &Admin, alert: &Alert, firing: &AlertFiring) -> Need {
    Need {
        kind: Outcome::Throttled,
        sentence: format!("{}: {}", syslog::visible(&alert.name), alerts::told(firing)),
        detail: Some(format!("alert of {}", admin.moment(firing.fired_at).shown)),
        action: Some(Link::new("See the alert", alerts::url_of(alert))),
        more: Vec::new(),
    }
}

fn quota_need(day: &Day, now: Time) -> Need {
    let (kind, sentence) = match day.quota.remaining {
        0 => (Outcome::Refused, "This hour’s API calls are used up; further ones are refused"),
        _ => (Outcome::Throttled, "Nine tenths of this hour’s API calls are used"),
    };
    Need {
        kind,
        sentence: sentence.to_owned(),
        detail: Some(format!("full again in {}", when::span(day.quota.resets_at.since(now)))),
        action: Some(Link::new("See limits", "/console/limits")),
        more: Vec::new(),
    }
}

fn locks(day: &Day, now: Time) -> impl Iterator<Item = Need> {
    day.locked.iter().map(move |lock| Need {
        kind: Outcome::Refused,
        sentence: format!("{} is locked after too many wrong passwords", syslog::visible(&lock.login)),
        detail: Some(format!("for another {}", when::span(lock.until.since(now)))),
        action: Some(match lock.user {
            Some(user) => Link::new("See the user", user_url(&user.to_string())),
            None => Link::new("See the log", "/console/log?outcome=refused"),
        }),
        more: Vec::new(),
    })
}

fn passwords(admin: &Admin, day: &Day, apps: &Apps) -> impl Iterator<Item = Need> {
    let several = |n: i64, noun: &str| count(usize::try_from(n).unwrap_or(0), noun);
    day.password_apps.iter().filter_map(move |sender| {
        let app = apps.get(Some(&sender.client_id))?;
        let requests = count(usize::try_from(sender.requests).unwrap_or(0), "request");
        let used = sender.used.map(|by| {
            let (users, from) = (several(by.users, "user"), several(by.addresses, "address"));
            format!(", for {users} from {from}, last {}", admin.brief(by.last_at).shown)
        });
        Some(Need {
            kind: Outcome::Throttled,
            sentence: format!("{} still sends passwords", syslog::visible(&app.label)),
            detail: Some(format!(
                "{requests} in 7 days{}. Move it to authorization code with PKCE.",
                used.unwrap_or_default()
            )),
            action: Some(Link::new("See the app", &app.url)),
            more: Vec::new(),
        })
    })
}

fn secrets(admin: &Admin, day: &Day) -> impl Iterator<Item = Need> {
    day.idle_secrets.iter().map(move |secret| {
        let idle = admin.ctx.now.since(secret.last_used_at.unwrap_or(secret.created_at));
        Need {
            kind: Outcome::Changed,
            sentence: format!(
                "The secret of {} made on {} is unused",
                syslog::visible(&secret.label),
                admin.zone().pattern(secret.created_at, "%-d %b %Y")
            ),
            detail: Some(format!("for {}", when::span(idle))),
            action: Some(Link::new("See the app", app_url(&secret.app_id.to_string()))),
            more: Vec::new(),
        }
    })
}

fn unused(admin: &Admin, day: &Day) -> impl Iterator<Item = Need> {
    day.idle_credentials.iter().map(move |credential| {
        let idle = admin.ctx.now.since(credential.last_used_at.unwrap_or(credential.created_at));
        Need {
            kind: Outcome::Changed,
            sentence: format!("The API credential {} is unused", syslog::visible(&credential.name)),
            detail: Some(format!("for {}", when::span(idle))),
            action: Some(Link::new(
                "See the credential",
                format!("{}/clients/{}", credentials::PATH, credential.id),
            )),
            more: Vec::new(),
        }
    })
}

fn keys(admin: &Admin, day: &Day) -> impl Iterator<Item = Need> {
    day.old_keys.iter().map(move |key| Need {
        kind: Outcome::Changed,
        sentence: format!("The signing key of {} is due", syslog::visible(&key.name)),
        detail: Some(format!(
            "It signs since {}, and the server rolls none by itself.",
            admin.zone().pattern(key.activated_at, "%-d %b %Y")
        )),
        action: Some(Link::new("See the keys", format!("/console/servers/{}#keys", key.server_id))),
        more: Vec::new(),
    })
}

fn changes(admin: &Admin, day: &Day) -> Vec<Change> {
    let changes = day.changes.iter().map(|event| Change {
        time: admin.brief(event.published),
        sentence: syslog::sentence(event),
        url: event_url(event),
    });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_compared_in_words_that_are_true() {
        let said = |total, last_week| against(&Sum { total, last_week, ..Sum::default() });
        assert_eq!(said(106, 100), "+6 %");
        assert_eq!(said(94, 100), "−6 %");
        assert_eq!(said(0, 8), "−100 %");
        assert_eq!(said(5, 0), "none a week ago");
        assert_eq!(said(0, 0), "none a week ago either");
        assert_eq!(said(7, 7), "the same as then");
        assert_eq!(said(1001, 1000), "1,000 then");
        assert_eq!(said(5000, 10), "10 then");
    }

    #[test]
    fn a_list_that_stops_says_so() {
        let need = |n: usize| Need {
            kind: Outcome::Changed,
            sentence: n.to_string(),
            detail: None,
            action: None,
            more: Vec::new(),
        };
        let listed = |n: usize| folded((0..n).map(need), 25, ("things", Link::new("All", "/all")));
        assert_eq!((listed(6).len(), listed(25).len(), listed(25)[4].more.len()), (6, 5, 20));
        let cut = listed(26);
        assert_eq!((cut.len(), cut[4].more.len()), (6, 20));
        let rest = &cut[5];
        assert_eq!(rest.sentence, "There are more than 25 things");
        assert_eq!(rest.action.as_ref().map(|link| link.url.as_str()), Some("/all"));
    }
}
