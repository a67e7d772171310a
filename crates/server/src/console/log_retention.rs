//! How long the system log is kept: what would go is shown before it is saved, and a hold stops it.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::settings::{PATH, WRITE};
use super::words;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_domain::log_retention::{DAYS, LogRetention};
use signet_idp::admin::AdminError;
use signet_idp::admin::log_retention::{LogPreview, LogRetentionSettings};
use signet_idp::syslog::visible;
use signet_web::{Action, Fact, Field, FormPage, Link, Section, SettingsPart};

async fn now(admin: &Admin) -> Result<LogRetention> {
    Ok(admin.idp().admin_log_retention(&admin.ctx).await?)
}

fn days(n: i64) -> String {
    words::count(usize::try_from(n).unwrap_or(0), "day")
}

/// What the page of settings shows of it.
pub(super) async fn part(admin: &Admin) -> Result<SettingsPart> {
    let (retention, writes) = (now(admin).await?, admin.may(WRITE.0, WRITE.1));
    let held = retention.is_held();
    let mut facts = vec![Fact::text("Events are kept for", days(retention.days))];
    facts.extend(hold_facts(admin, &retention));
    let action = if held {
        Action::ask("End the hold…", format!("{PATH}/log/release"))
            .explain("What is older than the log is kept goes then.")
            .dangerous()
    } else {
        Action::ask("Put on hold…", format!("{PATH}/log/hold"))
            .explain("Nothing of the log goes until someone ends it: for an investigation, or a court.")
    };
    Ok(SettingsPart {
        id: "log",
        title: "System log".to_owned(),
        sentence: Some(if held {
            "The log is on hold: nothing of it goes, however old it is.".to_owned()
        } else {
            "Older events are deleted for ever, a few at a time.".to_owned()
        }),
        facts,
        edit: if writes { vec![Link::new("Change", format!("{PATH}/log"))] } else { Vec::new() },
        actions: if writes { vec![action] } else { Vec::new() },
    })
}

fn hold_facts(admin: &Admin, retention: &LogRetention) -> Vec<Fact> {
    let (Some(reason), Some(by), Some(at)) = (&retention.hold_reason, &retention.hold_by, retention.hold_at)
    else {
        return Vec::new();
    };
    vec![
        Fact::text("On hold", visible(reason)),
        Fact::text("By", visible(by)),
        Fact::text("Since", admin.moment(at).shown),
    ]
}

fn crumbs() -> Vec<Link> {
    vec![Link::new("Settings", PATH)]
}

fn edit_page(admin: &Admin, text: &str, version: &str) -> FormPage {
    let title = ("How long the log is kept", Section::Settings);
    let page = admin.edit_form(title, crumbs(), format!("{PATH}/log"), version);
    let help = format!(
        "From {} to {}. If something would go, you see how much of it before it does.",
        DAYS.start(),
        words::number(*DAYS.end())
    );
    page.fields([Field::number("days", "Days", text).required().help(help)])
}

fn edit_page_of(admin: &Admin, now: &LogRetention) -> FormPage {
    edit_page(admin, &now.days.to_string(), &now.version.to_string())
}

pub(super) async fn edit(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&edit_page_of(&admin, &now(&admin).await?)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

/// The form again with what would go, and a question for the password.
fn preview_page(admin: &Admin, preview: &LogPreview, before: &LogRetention, version: &str) -> FormPage {
    let text = preview.days.to_string();
    let mut page = edit_page(admin, &text, version).carry("sure", &text).dangerous();
    let found = preview.would_go;
    let many = words::count(usize::try_from(found.events).unwrap_or(0), "event");
    let many = if found.more { format!("More than {many}") } else { many };
    page.submit = format!("Keep {}", days(preview.days));
    page.intro = Some(if before.is_held() {
        "Nothing goes while the log is on hold. When that ends, this goes for ever.".to_owned()
    } else {
        "This goes within minutes, for ever.".to_owned()
    });
    page.facts = vec![
        Fact::text("Kept until now for", days(before.days)),
        Fact::text("Goes", many),
        Fact::text("Those before", admin.moment(preview.before).shown),
    ];
    if let Some(oldest) = found.oldest.filter(|_| found.events > 0) {
        page.facts.push(Fact::text("The oldest is from", admin.moment(oldest).shown));
    }
    admin.asking(page)
}

pub(super) async fn save(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let before = now(&admin).await?;
        let (typed, version) = (form.text("days"), form.raw("version"));
        let wanted = form.number("days").ok().flatten().unwrap_or(-1);
        let mut page = edit_page(&admin, &typed, version);
        if DAYS.contains(&wanted) && wanted < before.days {
            let preview = admin.idp().admin_log_preview(&admin.ctx, wanted).await?;
            page = preview_page(&admin, &preview, &before, version);
            if let Some(answer) = reviewed(&form, &mut page, &edit_page_of(&admin, &before)) {
                return Ok(answer);
            }
            // What was typed since then has to be seen first, too.
            if form.raw("sure") != wanted.to_string() {
                return Ok(html::page_with(StatusCode::OK, &page, &[]));
            }
            if !admin.confirmed(&form, &mut page).await? {
                return Ok(refused(&page));
            }
        } else if let Some(answer) = reviewed(&form, &mut page, &edit_page_of(&admin, &before)) {
            return Ok(answer);
        }
        put(&admin, &form, (wanted, before.hold_reason), page, "log").await
    };
    let saved = saved.await;
    admin.answer(saved)
}

async fn put(
    admin: &Admin,
    form: &Form,
    (days, hold): (i64, Option<String>),
    page: FormPage,
    done: &str,
) -> Result<Response> {
    let settings = LogRetentionSettings { days, hold };
    let (ctx, caller) = (&admin.ctx, &admin.caller);
    match admin.idp().admin_put_log_retention(ctx, caller, settings, &form.expected()).await {
        Ok(_) => Ok(step::redirect(&format!("{PATH}?done={done}"))),
        Err(AdminError::Stale) => Ok(clashing(page, &edit_page_of(admin, &now(admin).await?))),
        Err(error) => again(page, error),
    }
}

fn hold_page(admin: &Admin, reason: &str, version: &str) -> FormPage {
    let title = ("Put the system log on hold", Section::Settings);
    admin
        .form(title, crumbs(), format!("{PATH}/log/hold"), "Put on hold")
        .intro(
            "Nothing of the log goes, however old it is, until someone ends the hold. The log tells of both.",
        )
        .carry("version", version)
        .fields([Field::line("hold.reason", "Why", reason)
            .required()
            .help("Such as the number of a case. Every administrator who reads the log sees it.")])
}

pub(super) async fn ask_hold(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&hold_page(&admin, "", &now(&admin).await?.version.to_string())))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn hold(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let held = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let reason = form.text("hold.reason");
        let page = hold_page(&admin, &reason, form.raw("version"));
        let days = now(&admin).await?.days;
        put(&admin, &form, (days, Some(reason)), page, "hold").await
    };
    let held = held.await;
    admin.answer(held)
}

/// Asks for the password: what a hold kept is gone for ever a minute after it.
async fn release_page(admin: &Admin) -> Result<FormPage> {
    let now = now(admin).await?;
    let preview = admin.idp().admin_log_preview(&admin.ctx, now.days).await?;
    let title = ("End the hold of the system log", Section::Settings);
    let mut page = admin
        .form(title, crumbs(), format!("{PATH}/log/release"), "End the hold")
        .carry("version", now.version.to_string())
        .dangerous();
    let with = preview_page(admin, &preview, &now, "");
    page.intro = Some("What is older than the log is kept goes within minutes, for ever.".to_owned());
    page.facts = hold_facts(admin, &now).into_iter().chain(with.facts.into_iter().skip(1)).collect();
    Ok(admin.asking(page))
}

pub(super) async fn ask_release(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&release_page(&admin).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn release(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let released = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = release_page(&admin).await?;
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        let days = now(&admin).await?.days;
        put(&admin, &form, (days, None), page, "release").await
    };
    let released = released.await;
    admin.answer(released)
}
