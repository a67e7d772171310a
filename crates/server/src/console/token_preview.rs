//! What the tokens of an app and a user would say.

use super::access_ask::{Question, answered, unanswered};
use super::admin::Admin;
use super::failure::Result;
use super::server_page::{find, server_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value};
use signet_domain::server::Server;
use signet_idp::admin::token_preview::{Preview, Previewed};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Answer, FormPage, Link, Snippet, Status, Tone};

const INTRO: &str = "What the tokens of this server would say to an app about a user, as claims, scopes and access \
                     policies are now. Nothing is issued, and nobody is told.";

async fn page(admin: &Admin, server: &Server, question: &Question) -> Result<FormPage> {
    question.page(admin, server, ("Preview tokens", "preview", "Show"), INTRO).await
}

pub(super) async fn get(admin: Admin, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let shown = async {
        admin.must_see(Area::Apps)?;
        let (server, _) = find(&admin, &id).await?;
        Ok(html::page(&page(&admin, &server, &Question::asked(&admin, query).await?).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn post(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let shown = async {
        let form = admin.open(&headers, &body, (Area::Apps, Access::Read))?;
        let (server, _) = find(&admin, &id).await?;
        let question = Question::sent(&form);
        let page = page(&admin, &server, &question).await?;
        let key = server.id.to_string();
        let previewed = match question.ask() {
            Ok(ask) => admin.idp().admin_preview_tokens(&admin.ctx, &admin.caller, &key, &ask).await,
            Err(error) => Err(error),
        };
        match previewed {
            Ok(preview) => {
                let mut answer = told(preview);
                let why = format!("{}/policies/why", server_url(&server));
                answer.links.push(Link::new("Which rule decides", question.url_by_id(&admin, &why).await));
                Ok(answered(page, answer))
            }
            Err(error) => unanswered(page, error),
        }
    };
    let shown = shown.await;
    admin.answer(shown)
}

fn told(preview: Preview) -> Answer {
    match preview {
        Preview::Refused(sentence) => Answer::new(Status::new("Refused", Tone::Bad), visible(&sentence)),
        Preview::Tokens(previewed) => issued(*previewed),
    }
}

fn issued(previewed: Previewed) -> Answer {
    let sentence = match previewed.decided_by {
        Some((policy, rule)) => {
            format!("The rule {} of the policy {} allows it.", visible(&rule), visible(&policy))
        }
        None => "The server has no access policy in force, so it serves what its apps may do.".to_owned(),
    };
    let mut answer = Answer::new(Status::new("Issued", Tone::Good), sentence);
    let note = "Issued tokens also have an id of their own (jti), and where they apply the grant, the session and \
                the nonce.";
    answer.note = Some(note.to_owned());
    answer.blocks.push(block("Access token", &previewed.access));
    answer.blocks.extend(previewed.id.as_ref().map(|claims| block("ID token", claims)));
    answer.blocks.extend(previewed.userinfo.as_ref().map(|claims| block("Userinfo", claims)));
    answer
}

/// Claims as they stand in a token, with nothing hidden in them.
pub(super) fn block(title: &str, claims: &Map<String, Value>) -> Snippet {
    let json = serde_json::to_string_pretty(claims).unwrap_or_default();
    let lines: Vec<String> = json.lines().map(visible).collect();
    Snippet { title: title.to_owned(), code: lines.join("\n") }
}
