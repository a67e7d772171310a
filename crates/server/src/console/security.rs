//! What the tenant asks of passwords and how long sessions last. Every change is seen before it is saved.

use super::admin::Admin;
use super::duration;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::review::reviewed;
use super::security_fields::{Draft, changes, facts_of_account, facts_of_passwords, facts_of_sessions};
use super::session_end;
use super::words;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_domain::security::{NIST_MIN_LENGTH, SecuritySettings};
use signet_idp::admin::security::{SecurityInput, SecurityPreview};
use signet_idp::admin::{Access, AdminError, Area};
use signet_web::{Action, Fact, FormPage, Link, Review, Section, SettingsPage, SettingsPart};

pub(super) const PATH: &str = "/console/security";
pub(super) const WRITE: (Area, Access) = (Area::Settings, Access::Write);
/// The form with what NIST SP 800-63B-4 asks for filled in.
const PRESET: &str = "preset=nist";

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = show(&admin, query.as_deref().unwrap_or_default()).await;
    admin.answer(shown)
}

async fn show(admin: &Admin, query: &str) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let settings = admin.idp().admin_security(&admin.ctx).await?;
    let (input, writes) = (SecurityInput::of(&settings), admin.may(WRITE.0, WRITE.1));
    let change = || if writes { vec![Link::new("Change", format!("{PATH}/edit"))] } else { Vec::new() };
    let mut actions = Vec::new();
    if writes && !settings.meets_nist() {
        actions.push(
            Action::ask("Use the NIST preset…", format!("{PATH}/edit?{PRESET}"))
                .explain("Fills in what NIST SP 800-63B asks for. You see it before it is saved."),
        );
    }
    let passwords = SettingsPart {
        id: "passwords",
        title: "Passwords".to_owned(),
        sentence: Some(
            "For passwords that are set from now on. There are no rules about digits or capitals and no end after \
             some months: NIST SP 800-63B forbids both, because they lead to weaker passwords."
                .to_owned(),
        ),
        facts: facts_of_passwords(&input).into_iter().chain([nist(&settings)]).collect(),
        edit: change(),
        actions,
    };
    let mut facts = facts_of_sessions(&input);
    if settings.version > 0 {
        facts.push(Fact::text("Last changed", admin.moment(settings.updated_at).shown));
    }
    let reset = Action::ask("Reset to the first rules…", format!("{PATH}/reset"));
    let sessions = SettingsPart {
        id: "sessions",
        title: "Sessions".to_owned(),
        sentence: Some("Shorter limits end sessions at once. Longer ones bring none back.".to_owned()),
        facts,
        edit: change(),
        actions: if !writes {
            Vec::new()
        } else if input == SecurityInput::default() {
            vec![session_end::action()]
        } else {
            vec![reset, session_end::action()]
        },
    };
    let account = SettingsPart {
        id: "account",
        title: "Account pages".to_owned(),
        sentence: Some(
            "What users see of themselves at /account: they change the password and the time zone there in any case."
                .to_owned(),
        ),
        facts: facts_of_account(&input),
        edit: change(),
        actions: Vec::new(),
    };
    let mut console = admin.frame("Security", Section::Security);
    console.notice = query.strip_prefix("done=").and_then(told).map(str::to_owned);
    Ok(html::page(&SettingsPage { console, parts: vec![passwords, sessions, account] }))
}

fn nist(settings: &SecuritySettings) -> Fact {
    let value = match (settings.meets_nist(), settings.min_length < NIST_MIN_LENGTH) {
        (true, _) => "Met".to_owned(),
        (_, true) => format!("Not met: passwords alone need at least {NIST_MIN_LENGTH} characters"),
        (..) => "Not met: users sign in anew after 30 days at most".to_owned(),
    };
    Fact::text("NIST SP 800-63B, §2.1.3 and §3.1.1.2", value)
}

fn told(done: &str) -> Option<&'static str> {
    match done {
        "edit" => Some("Saved. It holds from now on."),
        "end-sessions" => Some("All sessions but yours have ended."),
        "reset" => Some("The rules are the first ones again."),
        _ => None,
    }
}

pub(super) fn crumbs() -> Vec<Link> {
    vec![Link::new("Security", PATH)]
}

fn page(admin: &Admin, draft: &Draft, version: &str) -> FormPage {
    let title = ("Change the rules", Section::Security);
    let mut page = draft.fields(admin.edit_form(title, crumbs(), format!("{PATH}/edit"), version));
    page.submit = "Continue".to_owned();
    // It shows what changes, and what follows from it, before anything is saved.
    page.review = Some(Review { by_itself: true, ..Review::default() });
    page
}

fn page_of(admin: &Admin, settings: &SecuritySettings) -> FormPage {
    page(admin, &Draft::of(&SecurityInput::of(settings)), &settings.version.to_string())
}

async fn page_now(admin: &Admin, query: &str) -> Result<FormPage> {
    let settings = admin.idp().admin_security(&admin.ctx).await?;
    let (mut input, preset) = (SecurityInput::of(&settings), query == PRESET);
    if preset {
        input = input.toward_nist();
    }
    let mut page = page(admin, &Draft::of(&input), &settings.version.to_string());
    page.differs_from(&page_of(admin, &settings));
    Ok(if preset {
        page.intro("Filled in with what NIST SP 800-63B asks for where a password is all that is given. Nothing is saved yet.")
    } else {
        page
    })
}

pub(super) async fn edit(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&page_now(&admin, query.as_deref().unwrap_or_default()).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

/// How many sessions of those that were looked at.
pub(super) fn many(ends: usize, more: bool) -> String {
    let many = words::count(ends, "session");
    if more { format!("{many} of the newest, and older ones") } else { many }
}

/// The page with what would change, and a question for the password where something becomes weaker.
fn with_changes(admin: &Admin, mut page: FormPage, preview: &SecurityPreview) -> FormPage {
    let weaker = preview.after.is_weaker_than(&preview.before);
    page.review = None;
    page.facts = changes(&SecurityInput::of(&preview.before), &SecurityInput::of(&preview.after));
    page.intro = Some(match weaker {
        true => "This changes. Some of it lets more through than before.".to_owned(),
        false => "This changes. Nothing is saved yet.".to_owned(),
    });
    if preview.ends > 0 || preview.more {
        page.facts.push(Fact::text("Ends at once", many(preview.ends, preview.more)));
    }
    if preview.would_end(&admin.signed_in.session, admin.ctx.now) {
        page.facts.push(Fact::text("Your own session", "Ends: you sign in again"));
    }
    if weaker { admin.asking(page.dangerous()) } else { page }
}

pub(super) async fn save(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let draft = Draft::read(&form);
        put(&admin, &form, &draft, page(&admin, &draft, form.raw("version"))).await
    };
    let saved = saved.await;
    admin.answer(saved)
}

async fn put(admin: &Admin, form: &Form, draft: &Draft, mut page: FormPage) -> Result<Response> {
    let (ctx, caller, input) = (&admin.ctx, &admin.caller, draft.input());
    let now = page_now(admin, "").await?;
    page.differs_from(&now);
    let preview = match admin.idp().admin_security_preview(ctx, &input).await {
        Ok(preview) => preview,
        Err(error) => return again(page, duration::told(error, form)),
    };
    let seen = form.raw("version") == preview.before.version.to_string();
    if seen && SecurityInput::of(&preview.after) != SecurityInput::of(&preview.before) {
        page = with_changes(admin, page.carry("sure", draft.typed()), &preview);
        page.submit = "Save".to_owned();
        // What was typed since then has to be seen first, too.
        if form.reviews() || form.raw("sure") != draft.typed() {
            return Ok(html::page_with(StatusCode::OK, &page, &[]));
        }
        if page.danger && !admin.confirmed(form, &mut page).await? {
            return Ok(refused(&page));
        }
    }
    if let Some(answer) = reviewed(form, &mut page, &now) {
        return Ok(answer);
    }
    match admin.idp().admin_put_security(ctx, caller, input, &form.expected()).await {
        Ok(_) => Ok(step::redirect(&format!("{PATH}?done=edit"))),
        Err(AdminError::Stale) => Ok(clashing(page, &page_now(admin, "").await?)),
        Err(error) => again(page, duration::told(error, form)),
    }
}

async fn reset_page(admin: &Admin) -> Result<FormPage> {
    let preview = admin.idp().admin_security_preview(&admin.ctx, &SecurityInput::default()).await?;
    let title = ("Reset the rules", Section::Security);
    let version = preview.before.version.to_string();
    let page = admin.form(title, crumbs(), format!("{PATH}/reset"), "Reset").carry("version", version);
    let mut page = with_changes(admin, page, &preview);
    page.intro = Some("Passwords and sessions get the rules back with which the tenant began.".to_owned());
    Ok(page)
}

pub(super) async fn ask_reset(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&reset_page(&admin).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn reset(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let done = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let mut page = reset_page(&admin).await?;
        if page.danger && !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        match admin.idp().admin_reset_security(&admin.ctx, &admin.caller, &form.expected()).await {
            Ok(()) => Ok(step::redirect(&format!("{PATH}?done=reset"))),
            Err(AdminError::Stale) => {
                page.problems
                    .push("Someone else changed the rules meanwhile. This is what changes now.".to_owned());
                Ok(html::page_with(StatusCode::PRECONDITION_FAILED, &page, &[]))
            }
            Err(error) => again(page, error),
        }
    };
    let done = done.await;
    admin.answer(done)
}
