//! Which rule decides for an app, a user and scopes, and why each one before it doesn't.

use super::access_ask::{Question, answered, unanswered};
use super::access_names::lifetimes;
use super::access_policies::{list_url, policy_url};
use super::admin::Admin;
use super::failure::Result;
use super::policies::grant_label;
use super::server_page::{find, server_url};
use crate::html;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::access_policy::{ANY_SCOPE, AccessRule};
use signet_domain::server::Server;
use signet_idp::access_policy::{Outcome, PolicyWithRules};
use signet_idp::admin::access_policies::{Answer as Decision, AskedOne, WouldAsk};
use signet_idp::admin::{Access, Area};
use signet_idp::syslog::visible;
use signet_web::{Answer, AnswerStep, FormPage, Link, Status, Tone};

const INTRO: &str = "Which rule of the access policies would decide, and why each one before it doesn’t. Nothing is \
                     issued. Whether the app may use the grant at all is its own settings’ matter.";

async fn page(admin: &Admin, server: &Server, question: &Question) -> Result<FormPage> {
    question.page(admin, server, ("Which rule decides", "policies/why", "Ask"), INTRO).await
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
        let (idp, ctx) = (admin.idp(), &admin.ctx);
        let ask = match question.ask() {
            Ok(ask) => ask,
            Err(error) => return unanswered(page, error),
        };
        match idp.admin_evaluate_access(ctx, &admin.caller, &key, &ask).await {
            Ok(decision) => {
                let (server, policies) = idp.admin_access_policies(ctx, &key).await?;
                let told = Told { admin: &admin, server: &server, policies: &policies, ask: &ask };
                let preview = question.url_by_id(&admin, &format!("{}/preview", server_url(&server))).await;
                let mut answer = told.answer(&decision).await?;
                answer.links = vec![
                    Link::new("Preview tokens", preview),
                    Link::new("Access policies", list_url(&server)),
                ];
                Ok(answered(page, answer))
            }
            Err(error) => unanswered(page, error),
        }
    };
    let shown = shown.await;
    admin.answer(shown)
}

/// What is needed to tell a decision.
struct Told<'a> {
    admin: &'a Admin,
    server: &'a Server,
    policies: &'a [PolicyWithRules],
    ask: &'a WouldAsk,
}

impl Told<'_> {
    fn rule(&self, id: &str) -> Option<&AccessRule> {
        self.policies.iter().flat_map(|p| &p.rules).find(|rule| rule.id.to_string() == id)
    }

    async fn answer(&self, decision: &Decision) -> Result<Answer> {
        let last = decision.steps.iter().rev().find(|step| step.outcome == Outcome::Allowed);
        let decided = last.and_then(|step| step.rule.as_ref().map(|rule| (step, rule)));
        let mut note = None;
        let (status, sentence) = match (decided, decision.allowed) {
            (Some((step, (id, rule))), _) => {
                if let Some(row) = self.rule(id) {
                    note = Some(format!("Lifetimes: {}.", lifetimes(row, self.server)));
                }
                let sentence =
                    format!("The rule {} of the policy {} decides.", visible(rule), visible(&step.policy.1));
                (Status::new("Allowed", Tone::Good), sentence)
            }
            (None, true) => {
                let open = "No policy is in force, so the server serves whatever the app may do.";
                (Status::new("Allowed", Tone::Good), open.to_owned())
            }
            (None, false) => {
                let sentence = match decision.reason {
                    Some("scope_denied") => "No rule lets all of these scopes through: access_denied.",
                    _ => "No rule lets this through: access_denied.",
                };
                (Status::new("Refused", Tone::Bad), sentence.to_owned())
            }
        };
        let mut answer = Answer::new(status, sentence);
        answer.note = note;
        answer.steps = decision.steps.iter().map(|step| self.step(step)).collect();
        Ok(answer)
    }

    fn step(&self, step: &AskedOne) -> AnswerStep {
        let (id, name) = &step.policy;
        let policy = self.policies.iter().find(|p| p.policy.id.to_string() == *id);
        // It was deleted in between: then its old address says so.
        let url = policy.map_or_else(
            || format!("{}/policies/{id}", server_url(self.server)),
            |p| policy_url(self.server, &p.policy),
        );
        let (what, within) = match &step.rule {
            Some((rule, own)) if self.admin.may(Area::Apps, Access::Write) => {
                (Link::new(visible(own), format!("{url}/rules/{rule}")), visible(name))
            }
            Some((_, own)) => (Link::new(visible(own), url), visible(name)),
            None => (Link::new(visible(name), url), String::new()),
        };
        let status = match step.outcome {
            Outcome::Allowed => Status::new("Decides", Tone::Good),
            _ => Status::new("No", Tone::Quiet),
        };
        AnswerStep { what, within, status, why: self.why(step) }
    }

    fn why(&self, step: &AskedOne) -> String {
        match step.outcome {
            Outcome::Inactive => "It is off.".to_owned(),
            Outcome::OtherApp => "It doesn’t name this app.".to_owned(),
            Outcome::NoRule => {
                let policy = self.policies.iter().find(|p| p.policy.id.to_string() == step.policy.0);
                match policy.is_some_and(|p| p.rules.is_empty()) {
                    true => "It has no rules yet.".to_owned(),
                    false => "None of its rules fits.".to_owned(),
                }
            }
            Outcome::GrantType => {
                format!("It doesn’t allow the grant {}.", grant_label(&self.ask.grant_type))
            }
            Outcome::User => "It names neither this user nor one of the user’s groups.".to_owned(),
            Outcome::Scope => {
                let rule = step.rule.as_ref().and_then(|(id, _)| self.rule(id));
                let known =
                    |scope: &str| rule.is_none_or(|r| r.scopes.iter().any(|s| s == ANY_SCOPE || s == scope));
                let missing: Vec<String> =
                    self.ask.scopes.iter().map(|s| s.as_str()).filter(|s| !known(s)).map(visible).collect();
                format!("It doesn’t allow {}.", missing.join(", "))
            }
            Outcome::Allowed => "Everything fits.".to_owned(),
        }
    }
}
