//! The token inspector: what a token or a secret is that somebody found. It is sent by POST alone, and what was sent
//! is in no address, no log, and not on the page that answers.

use super::admin::Admin;
use super::failure::{Failure, Result};
use super::form::Form;
use super::rows::{app_url, event_url, user_url};
use super::token_preview::block;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::event::EventRow;
use signet_domain::id::EventId;
use signet_idp::admin::{Access, Area};
use signet_idp::inspect::revoke::{Reach, revocable};
use signet_idp::inspect::{Found, Inspected, State, What};
use signet_idp::syslog::{sentence, visible};
use signet_oauth::Params;
use signet_web::{Action, Answer, Fact, Field, FormPage, Link, Pick, Section, Status, Tone};

pub(super) const PATH: &str = "/console/inspect";
const INTRO: &str = "Something that looks like a token lies in a ticket, a log or a repository: what is it, whose, and \
                     is it still good? It is looked up and forgotten. The log notes that you asked, and what was \
                     found.";

/// The question. What was asked before isn't in it.
fn page(admin: &Admin) -> FormPage {
    let page =
        admin.form(("Token inspector", Section::Inspector), Vec::new(), format!("{PATH}#answer"), "Inspect");
    page.intro(INTRO).asking().fields([Field::lines("found", "Token or secret", "", 5).required().mono().help(
        "An access, ID or refresh token, its jti, an authorization code, a client secret, an API token or API key, \
         an API credential’s secret or token.",
    )])
}

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let shown = admin.must_see(Area::Logs).map(|()| {
        let mut page = page(&admin);
        page.console.notice = match params.get("done") {
            Some("token") => Some("The access token is revoked.".to_owned()),
            Some("grant") => {
                Some("The grant is revoked, with every token that was issued under it.".to_owned())
            }
            _ => None,
        };
        html::page(&page)
    });
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let shown = async {
        let form = admin.open(&headers, &body, (Area::Logs, Access::Read))?;
        let mut page = page(&admin);
        let text = form.raw("found");
        if text.trim().is_empty() {
            page.wrong("found", "Paste a token, a jti or a secret.");
            return Ok(super::form::refused(&page));
        }
        page.answer = Some(match admin.idp().admin_inspect(&admin.ctx, &admin.caller, text).await? {
            Inspected::Found(found) => told(&admin, &found),
            Inspected::Unknown(searched) => unknown(&admin, searched),
        });
        Ok(html::page(&page))
    };
    let shown = shown.await;
    admin.answer(shown)
}

fn unknown(admin: &Admin, searched: Option<signet_domain::Time>) -> Answer {
    let note = match searched {
        Some(to) => format!(
            "The log was looked through back to {}. With the token itself, not its jti alone, older ones are found.",
            admin.moment(to).shown
        ),
        None => "Signet made nothing like this for this tenant, or it is so old that it was cleared away."
            .to_owned(),
    };
    let mut answer =
        Answer::new(Status::new("Unknown", Tone::Quiet), "This is no token and no secret of this tenant.");
    answer.note = Some(note);
    answer
}

fn told(admin: &Admin, found: &Found) -> Answer {
    let (status, note) = match found.state {
        State::Good => (Status::new("Still good", Tone::Warn), None),
        State::Ended(why) => (Status::new("Ended", Tone::Quiet), Some(why.to_owned())),
        State::Unclear(why) => (Status::new("Unclear", Tone::Warn), Some(why.to_owned())),
    };
    let mut links = Vec::new();
    links.extend(found.event.as_ref().map(|event| Link::new("The event that issued it", event_url(event))));
    links.extend(own_page(admin, found).map(|url| Link::new(format!("The {}", found.what.words()), url)));
    let mut answer = Answer::new(status, says(found));
    answer.note = note;
    answer.facts = facts(admin, found);
    answer.blocks.extend(found.claims.as_ref().map(|claims| block("What it says", claims)));
    answer.links = links;
    answer.actions.extend(found.event.as_ref().and_then(|event| revoke_action(admin, event)));
    answer
}

/// `This is an access token that Storefront got for ada@acme.test.`
fn says(found: &Found) -> String {
    let what = found.what.words();
    let article = if what.starts_with(['a', 'A', 'I']) { "an" } else { "a" };
    let app = found.app.as_ref().map(|app| visible(&app.label));
    let user = found.user.as_ref().map(|user| visible(&user.login));
    match (found.what, app, user) {
        (What::ApiToken, _, Some(user)) => format!("This is an API token of {user}."),
        (What::ClientSecret | What::ApiKey, Some(app), _) => format!("This is {article} {what} of {app}."),
        (_, Some(app), Some(user)) => format!("This is {article} {what} that {app} got for {user}."),
        (_, Some(app), None) => format!("This is {article} {what} that {app} got."),
        _ => format!("This is {article} {what}."),
    }
}

/// The page of an API token or an API credential.
fn own_page(admin: &Admin, found: &Found) -> Option<String> {
    let (id, _) = found.named.as_ref()?;
    let kind = match found.what {
        What::ApiToken => "tokens",
        What::CredentialSecret => "clients",
        _ => return None,
    };
    admin.may(Area::Callers, Access::Read).then(|| format!("/console/credentials/{kind}/{id}"))
}

fn facts(admin: &Admin, found: &Found) -> Vec<Fact> {
    let now = admin.ctx.now;
    let linked =
        |fact: Fact, url: String, area| if admin.may(area, Access::Read) { fact.to(url) } else { fact };
    let mut facts = Vec::new();
    if let Some(app) = &found.app {
        facts.push(linked(Fact::text("App", visible(&app.label)), app_url(&app.id.to_string()), Area::Apps));
    }
    if let Some(user) = &found.user {
        facts.push(linked(
            Fact::text("User", visible(&user.login)),
            user_url(&user.id.to_string()),
            Area::Users,
        ));
    }
    if let Some(server) = &found.server {
        let name = super::server_page::name_of(server);
        facts.push(linked(Fact::text("Server", name), super::server_page::server_url(server), Area::Apps));
    }
    let app = found.app.as_ref().map_or("", |app| app.label.as_str());
    if let Some((_, name)) = found.named.as_ref().filter(|(_, name)| !name.is_empty() && name != app) {
        facts.push(Fact::text("Name", visible(name)));
    }
    if let Some(event) = &found.event {
        facts.push(Fact::text("Issued", sentence(event)).to(event_url(event)));
    }
    facts.extend(found.issued.map(|at| Fact::text("Made", admin.moment(at).shown)));
    facts.extend(found.ends.map(|at| {
        let label = if at <= now { "Ended" } else { "Ends" };
        Fact::text(label, admin.moment(at).shown)
    }));
    if let Some(grant) = &found.grant {
        let state = match grant.revoked_at {
            Some(at) => format!("revoked {}", admin.moment(at).shown),
            None => "not revoked".to_owned(),
        };
        facts.push(Fact::text("Scopes", visible(&grant.scopes)));
        facts.push(Fact::text(
            "Grant",
            format!("{}, {state}", super::policies::grant_label(&grant.grant_type)),
        ));
        facts.push(Fact::code("Grant id", grant.id.to_string()));
    }
    facts.extend(found.jti.as_ref().map(|jti| Fact::code("jti", visible(jti))));
    // Only who has the key can use it.
    facts.extend(found.jkt.as_ref().map(|jkt| Fact::code("Bound to the key", visible(jkt))));
    facts
}

fn revoke_action(admin: &Admin, event: &EventRow) -> Option<Action> {
    let may = admin.may(Area::Apps, Access::Write) && !revocable(event).is_empty();
    let explain = "Asks first: this token alone, or the whole grant.";
    may.then(|| Action::ask("Revoke…", format!("{PATH}/{}/revoke", event.id)).explain(explain).dangerous())
}

async fn issued(admin: &Admin, id: &str) -> Result<EventRow> {
    let missing = Failure::Missing("There is no such event here, or it issued nothing that can be revoked.");
    let event = match EventId::parse(id) {
        Some(id) => admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?.event(id).await?,
        None => None,
    };
    event.filter(|event| !revocable(event).is_empty()).ok_or(missing)
}

fn revoke_page(admin: &Admin, event: &EventRow, chosen: &str) -> FormPage {
    let reach = revocable(event);
    let pick = |reach: &Reach| {
        match reach {
        Reach::Token => Pick::new("token", "This access token", chosen == "token")
            .help("It is refused at once. The app may get another one."),
        Reach::Grant => Pick::new("grant", "The grant", chosen == "grant")
            .help("Every access and refresh token that was issued under it. The app asks its user to sign in again."),
    }
    };
    let crumbs = vec![Link::new("Token inspector", PATH)];
    let action = format!("{PATH}/{}/revoke", event.id);
    let mut page = admin.form(("Revoke", Section::Inspector), crumbs, action, "Revoke").dangerous();
    page.facts = vec![
        Fact::text("Issued", sentence(event)).to(event_url(event)),
        Fact::text("Made", admin.moment(event.published).shown),
    ];
    page.facts.extend(event.grant_id.map(|id| Fact::code("Grant id", id.to_string())));
    let picks = reach.iter().map(pick).collect();
    admin.asking(page.fields([Field::radio("reach", "What is revoked", picks)]))
}

pub(super) async fn ask_revoke(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must_see(Area::Logs)?;
        admin.must(Area::Apps, Access::Write)?;
        Ok(html::page(&revoke_page(&admin, &issued(&admin, &id).await?, "")))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn revoke(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        let form: Form = admin.open(&headers, &body, (Area::Apps, Access::Write))?;
        admin.must_see(Area::Logs)?;
        let event = issued(&admin, &id).await?;
        let chosen = form.text("reach");
        let mut page = revoke_page(&admin, &event, &chosen);
        let reach = match chosen.as_str() {
            "token" if revocable(&event).contains(&Reach::Token) => Reach::Token,
            "grant" if revocable(&event).contains(&Reach::Grant) => Reach::Grant,
            _ => {
                page.wrong("reach", "Choose one.");
                return Ok(super::form::refused(&page));
            }
        };
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(super::form::refused(&page));
        }
        admin.idp().admin_revoke_issued_by(&admin.ctx, &admin.caller, event.id, reach).await?;
        Ok(step::redirect(&format!("{PATH}?done={chosen}")))
    };
    let revoked = revoked.await;
    admin.answer(revoked)
}
