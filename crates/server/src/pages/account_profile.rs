//! One's own profile: the name, where the tenant lets users change it, and the time zone.

use super::account::{self, Visit, broken, sent, visit};
use super::{language, step};
use crate::App;
use crate::console::zone::{self, Zone};
use crate::extract::Tenant;
use crate::html;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use signet_idp::admin::AdminError;
use signet_oauth::Params;
use signet_web::{AccountForm, Csrf, Field, Link};

pub(super) const PATH: &str = "/account/profile";
const FIRST: &str = "firstName";
const LAST: &str = "lastName";
const ZONE: &str = "timezone";

/// What the form holds.
struct Draft {
    /// First and last.
    names: [String; 2],
    zone: String,
}

impl Draft {
    fn of(visit: &Visit) -> Self {
        let user = &visit.me.user;
        Self { names: [user.first_name.clone(), user.last_name.clone()], zone: zone::chosen(user).to_owned() }
    }

    fn typed(params: &Params) -> Self {
        let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
        Self { names: [text(FIRST), text(LAST)], zone: text(ZONE) }
    }
}

pub(super) async fn get(State(app): State<App>, Tenant(ctx): Tenant, headers: HeaderMap) -> Response {
    match visit(app, ctx, &headers).await {
        Ok(visit) => {
            let response = page(&visit, StatusCode::OK, &Draft::of(&visit), [None, None]).await;
            visit.browser.keep(&visit.ctx, response)
        }
        Err(response) => response,
    }
}

/// The form, with what is wrong with the name and with the zone.
async fn page(visit: &Visit, status: StatusCode, draft: &Draft, wrong: [Option<&str>; 2]) -> Response {
    let own_names = match visit.app.idp().security(&visit.ctx).await {
        Ok(rules) => rules.own_names,
        Err(error) => return broken(&visit.ctx, error),
    };
    let texts = &language::texts(&visit.ctx).profile;
    let [bad_name, bad_zone] = wrong.map(|text| text.map(str::to_owned));
    let [first, last] = &draft.names;
    let mut fields = Vec::new();
    if own_names {
        let name = |name: &str, label: &str, value: &str, autocomplete| Field {
            autocomplete,
            ..Field::line(name, label, value)
        };
        fields.push(Field { error: bad_name, ..name(FIRST, texts.first_name, first, "given-name") });
        fields.push(name(LAST, texts.last_name, last, "family-name"));
    }
    let zones = zone::choices(visit.ctx.now);
    let zone = Field::line(ZONE, texts.zone, &draft.zone).suggest(zones).help(texts.zone_help);
    fields.push(Field { error: bad_zone, ..zone });
    let form = AccountForm {
        shell: language::shell(&visit.ctx, texts.heading),
        sentence: if own_names { "" } else { texts.names_are_kept },
        csrf: Csrf::new(visit.browser.csrf(&visit.app, &visit.ctx)),
        hidden: Vec::new(),
        action: PATH.to_owned(),
        login: None,
        fields,
        submit: texts.save,
        back: Link::new(language::texts(&visit.ctx).password.back, account::PATH),
    };
    html::page_with(status, &form, &[])
}

pub(super) async fn save(
    State(app): State<App>,
    Tenant(ctx): Tenant,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (v, params) = match sent(app, ctx, &headers, &body).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let (draft, texts) = (Draft::typed(&params), &language::texts(&v.ctx).profile);
    let named = Zone::named(&draft.zone);
    let wrong = async |wrong| page(&v, StatusCode::UNPROCESSABLE_ENTITY, &draft, wrong).await;
    if named.is_none() && !draft.zone.is_empty() {
        return wrong([None, Some(texts.no_zone)]).await;
    }
    let own_names = match v.app.idp().security(&v.ctx).await {
        Ok(rules) => rules.own_names,
        Err(error) => return broken(&v.ctx, error),
    };
    // A form that was opened before names became the administrators': nothing of it is saved in silence.
    if !own_names && params.get(FIRST).or(params.get(LAST)).is_some() {
        return wrong([None, None]).await;
    }
    let [first, last] = &draft.names;
    let names = own_names.then_some([first.as_str(), last.as_str()]);
    let zone = named.as_ref().map_or("", Zone::name);
    match v.app.idp().account_change_profile(&v.ctx, &v.me, names, zone).await {
        Ok(()) => step::redirect(&format!("{}?done=profile", account::PATH)),
        Err(AdminError::Invalid { .. }) => wrong([Some(texts.bad_name), None]).await,
        Err(AdminError::Failed(error)) => broken(&v.ctx, error),
        Err(_) => language::wrong(&v.ctx, StatusCode::CONFLICT, |errors| errors.changed),
    }
}
