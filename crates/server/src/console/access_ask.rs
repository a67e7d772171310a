//! Questions about an app, a user and scopes: what tokens would say, and which rule would decide. Nothing is issued.

use super::admin::Admin;
use super::app_start;
use super::failure::Result;
use super::form::{Form, again};
use super::next::encoded;
use super::policies::grant_label;
use super::server_forms::crumbs;
use super::server_page::server_url;
use crate::html;
use axum::response::Response;
use signet_domain::app::App;
use signet_domain::id::UserId;
use signet_domain::server::Server;
use signet_idp::admin::access_policies::WouldAsk;
use signet_idp::admin::access_rules::GRANT_TYPES;
use signet_idp::admin::token_preview::scopes_from;
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Choice, Field, FormPage, Link, Pick, Section};

/// Apps that are suggested.
const APPS: i64 = 100;

/// The apps of the tenant, oldest first, by client id and name; and whether these are all.
pub(super) async fn apps(admin: &Admin) -> Result<(Vec<Choice>, bool)> {
    let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
    let mut apps = tx.apps(None, APPS + 1).await?;
    let whole = apps.len() <= APPS as usize;
    apps.truncate(APPS as usize);
    Ok((apps.iter().map(|app| Choice::new(&app.client_id, visible(&app.label), false)).collect(), whole))
}

/// What was asked, as it was typed.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) client_id: String,
    pub(super) user: String,
    pub(super) grant_type: String,
    pub(super) scope: String,
}

impl Question {
    /// What is there before anything was asked.
    pub(super) fn fresh() -> Self {
        Self {
            client_id: String::new(),
            user: String::new(),
            grant_type: GRANT_TYPES[0].to_owned(),
            scope: "openid".to_owned(),
        }
    }

    /// About an app and the first grant that it may use; the user is still to be named where the grant has one.
    pub(super) fn about(app: &App) -> Self {
        let fresh = Self::fresh();
        let grant = GRANT_TYPES.iter().find(|grant| app.allows_grant(grant));
        let machine = grant.is_some_and(|grant| *grant == "client_credentials");
        Self {
            client_id: app.client_id.clone(),
            grant_type: grant.map_or(fresh.grant_type, |grant| (*grant).to_owned()),
            scope: if machine { String::new() } else { fresh.scope },
            user: fresh.user,
        }
    }

    /// What the page's address asks about, so that others can lead to it. It names a user by the id, for a login would
    /// be found in access logs; the form shows the login.
    pub(super) async fn asked(admin: &Admin, query: Option<String>) -> Result<Self> {
        let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
        let fresh = Self::fresh();
        let or = |name: &str, fresh: String| params.get(name).map_or(fresh, |asked| asked.trim().to_owned());
        let mut user = or("user", fresh.user);
        if let Some(id) = UserId::parse(&user)
            && admin.may(Area::Users, Access::Read)
        {
            let mut tx = admin.idp().store().tenant(admin.ctx.tenant_id()).read().await?;
            user = tx.user(id).await?.map_or(user, |user| user.login);
        }
        Ok(Self {
            client_id: or("client_id", fresh.client_id),
            user,
            grant_type: or("grant_type", fresh.grant_type),
            // An app without scopes is a question, too: about the server's default ones.
            scope: or("scope", if params.get("client_id").is_some() { String::new() } else { fresh.scope }),
        })
    }

    /// The pages of the server `default` that ask about an app, a user or both, as links. None where the role doesn't
    /// reach them or the server is gone.
    pub(super) async fn links(&self, admin: &Admin) -> Result<Vec<Link>> {
        let server = match admin.may(Area::Apps, Access::Read) {
            true => admin.idp().server(&admin.ctx, app_start::SERVER).await?,
            false => None,
        };
        let Some(server) = server else { return Ok(Vec::new()) };
        let page = |path: &str| self.url(&format!("{}/{path}", server_url(&server.server)));
        Ok(vec![
            Link::new("Which rule decides", page("policies/why")),
            Link::new("Preview tokens", page("preview")),
        ])
    }

    /// The address of a page that asks the same, with the user's id in the place of the login.
    pub(super) async fn url_by_id(&self, admin: &Admin, page: &str) -> String {
        let known = match self.user.as_str() {
            "" => None,
            login => admin.idp().admin_user(&admin.ctx, &admin.caller, login).await.ok(),
        };
        let user = known.map(|view| view.user.id.to_string()).unwrap_or_default();
        Self { user, ..self.clone() }.url(page)
    }

    /// The address of a page that asks the same.
    pub(super) fn url(&self, page: &str) -> String {
        let part = |(name, value): &(&str, &String)| format!("{name}={}", encoded(value));
        let parts = [
            ("client_id", &self.client_id),
            ("user", &self.user),
            ("grant_type", &self.grant_type),
            ("scope", &self.scope),
        ];
        let query: Vec<String> = parts.iter().filter(|(_, value)| !value.is_empty()).map(part).collect();
        format!("{page}?{}", query.join("&"))
    }

    pub(super) fn sent(form: &Form) -> Self {
        Self {
            client_id: form.text("client_id"),
            user: form.text("user"),
            grant_type: form.text("grant_type"),
            scope: form.text("scope"),
        }
    }

    /// As a question to the use cases.
    pub(super) fn ask(&self) -> std::result::Result<WouldAsk, AdminError> {
        if !GRANT_TYPES.contains(&self.grant_type.as_str()) {
            return Err(AdminError::invalid("grant_type", "grant_type: choose one of these"));
        }
        Ok(WouldAsk {
            client_id: self.client_id.clone(),
            user: Some(self.user.clone()).filter(|user| !user.is_empty()),
            grant_type: self.grant_type.clone(),
            scopes: scopes_from(&self.scope)?,
        })
    }

    /// The form that asks.
    pub(super) async fn page(
        &self,
        admin: &Admin,
        server: &Server,
        (title, path, submit): (&str, &str, &str),
        intro: &str,
    ) -> Result<FormPage> {
        let action = format!("{}/{path}#answer", server_url(server));
        let page = admin.form((title, Section::Servers), crumbs(Some(server)), action, submit);
        let grants = GRANT_TYPES.iter().map(|g| Pick::new(*g, grant_label(g), self.grant_type == *g));
        let mut fields = vec![
            Field::line("client_id", "App", self.client_id.clone())
                .required()
                .mono()
                .suggest(apps(admin).await?.0)
                .help("Its client id; begin to type its name, and choose."),
        ];
        if admin.may(Area::Users, Access::Read) {
            fields.push(
                Field::line("user", "User", self.user.clone())
                    .help("The login. Empty with client credentials, where the app acts for itself."),
            );
        }
        fields.push(Field::select("grant_type", "Grant", grants.collect()));
        fields.push(
            Field::line("scope", "Scopes", self.scope.clone())
                .mono()
                .help("Separated by spaces. Empty: the server’s default ones."),
        );
        Ok(page.intro(intro).fields(fields).asking())
    }
}

/// The form again with what can't be answered about, beside the field that names it.
pub(super) fn unanswered(mut page: FormPage, error: AdminError) -> Result<Response> {
    match error {
        AdminError::NotFound { kind: "AppInstance", .. } => {
            page.wrong("client_id", "No app here has this client id. Choose one from the list.");
            Ok(super::form::refused(&page))
        }
        AdminError::NotFound { kind: "User", .. } => {
            page.wrong("user", "Nobody here has this login. Compare it with the list of users.");
            Ok(super::form::refused(&page))
        }
        other => again(page, other),
    }
}

/// The form with its answer.
pub(super) fn answered(mut page: FormPage, answer: signet_web::Answer) -> Response {
    page.answer = Some(answer);
    html::page(&page)
}
