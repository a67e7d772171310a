//! Who is at the console, and the frame around every page.

use super::failure::{Failure, Result};
use super::next;
use super::theme_choice;
use super::zone::Zone;
use super::zone_choice;
use crate::extract::Tenant;
use crate::pages::browser::form_is_ours;
use crate::pages::step;
use crate::{App, cookie};
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use signet_domain::Time;
use signet_domain::session::SessionKind;
use signet_idp::admin::{Access, Area, Caller};
use signet_idp::authorize::SignedIn;
use signet_idp::{Ctx, Idp, console};
use signet_oauth::Params;
use signet_web::{Console, Csrf, Link, NavItem, Section, TimeText};

/// An administrator with a live session. Whoever has none is sent to the sign-in page.
pub(super) struct Admin {
    pub(super) app: App,
    pub(super) ctx: Ctx,
    pub(super) signed_in: SignedIn,
    pub(super) caller: Caller,
    /// What alerts told that nobody took note of, for who sees the log.
    open_alerts: i64,
    zone: Zone,
    /// The page that was asked for.
    here: String,
    cookie: String,
}

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Response> {
        Self::of(parts, app, Asks::Somebody).await
    }
}

/// An administrator whose page asks by itself, in a window that may be open all night.
pub(super) struct Watcher(pub(super) Admin);

impl FromRequestParts<App> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Response> {
        Admin::of(parts, app, Asks::ThePage).await.map(Self)
    }
}

/// Who asks: only people keep a session from ending.
enum Asks {
    Somebody,
    ThePage,
}

impl Admin {
    async fn of(parts: &mut Parts, app: &App, asks: Asks) -> std::result::Result<Self, Response> {
        let Tenant(ctx) =
            Tenant::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let cookie = cookie::get(&parts.headers, &cookie::name(&ctx.tenant, "console")).map(str::to_owned);
        let signed_in = match (&cookie, asks) {
            (Some(value), Asks::Somebody) => app.idp().session(&ctx, SessionKind::Console, value).await,
            (Some(value), Asks::ThePage) => app.idp().session_unused(&ctx, SessionKind::Console, value).await,
            (None, _) => Ok(None),
        };
        let signed_in = signed_in.map_err(|error| Failure::Broken(error).page(&ctx))?;
        match (signed_in, cookie) {
            (Some(signed_in), Some(cookie)) => match console::caller(&signed_in) {
                Some(caller) => {
                    let open_alerts = match caller.rights.may(Area::Logs, Access::Read) {
                        true => app.idp().open_alerts(&ctx).await,
                        false => Ok(0),
                    };
                    let open_alerts = open_alerts.map_err(|error| Failure::Broken(error).page(&ctx))?;
                    let (app, zone, here) = (app.clone(), Zone::of(&signed_in.user), wanted(parts));
                    Ok(Self { app, ctx, signed_in, caller, open_alerts, zone, here, cookie })
                }
                None => Err(step::redirect(&next::sign_in(&wanted(parts)))),
            },
            _ => Err(step::redirect(&next::sign_in(&wanted(parts)))),
        }
    }
}

/// The page that was asked for. After a form it is the console's beginning: the form has to be seen again.
fn wanted(parts: &Parts) -> String {
    if parts.method != Method::GET {
        return next::HOME.to_owned();
    }
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    uri.path_and_query().map_or_else(|| next::HOME.to_owned(), ToString::to_string)
}

impl Admin {
    pub(super) fn idp(&self) -> &Idp {
        self.app.idp()
    }

    /// The zone of the times that are shown to them.
    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// A time in their zone: `today, 14:02 UTC+1`.
    pub(super) fn moment(&self, time: Time) -> TimeText {
        self.zone.moment(time, self.ctx.now)
    }

    /// A time in their zone, for short lists: `14:02:07`, or with its day if that isn't today.
    pub(super) fn brief(&self, time: Time) -> TimeText {
        self.zone.brief(time, self.ctx.now)
    }

    /// Whether the role reaches this.
    pub(super) fn may(&self, area: Area, access: Access) -> bool {
        self.caller.rights.may(area, access)
    }

    /// Refuses who may not look at a part.
    pub(super) fn must_see(&self, area: Area) -> Result<()> {
        if self.may(area, Access::Read) { Ok(()) } else { Err(Failure::Forbidden) }
    }

    /// A page, or one that says why there is none.
    pub(super) fn answer(&self, result: Result<Response>) -> Response {
        result.unwrap_or_else(|failure| failure.page(&self.ctx))
    }

    /// Refuses a form that no page of this session sent.
    pub(super) fn check_form(&self, headers: &HeaderMap, params: &Params) -> Result<()> {
        self.check_token(headers, params.get("csrf").unwrap_or_default())
    }

    /// Refuses a form whose token isn't this session's.
    pub(super) fn check_token(&self, headers: &HeaderMap, token: &str) -> Result<()> {
        let ours = form_is_ours(&self.app, self.ctx.tenant_id(), &self.cookie, headers, token);
        if ours { Ok(()) } else { Err(Failure::NotOurForm) }
    }

    /// The frame of a page.
    pub(super) fn frame(&self, title: &str, current: Section) -> Console {
        Console {
            shell: step::shell(&self.ctx, title).asking(),
            csrf: Csrf::new(self.idp().secrets().csrf(self.ctx.tenant_id(), &self.cookie)),
            login: self.signed_in.user.login.clone(),
            sign_out: "/console/sign-out".to_owned(),
            zone: Some(Link::new(self.zone.label(self.ctx.now), zone_choice::url(&self.here))),
            theme: Some(theme_choice::form(&self.here)),
            nav: self.nav(),
            current,
            degraded: self.limits_degraded(),
            notice: None,
        }
    }

    /// What an administrator has to know of how limits are counted just now. The rest is the operator's.
    fn limits_degraded(&self) -> Option<String> {
        let sentence = "Redis doesn’t answer, so rate policies that count there count on each node, for its share: \
                        less may be let through than usual, and never more.";
        self.idp().degraded().contains(&"redis_lost").then(|| sentence.to_owned())
    }

    /// The parts that the role reaches.
    pub(super) fn nav(&self) -> Vec<NavItem> {
        let sees = |area: Area| self.may(area, Access::Read);
        [
            (true, Section::Overview, "/console"),
            (sees(Area::Logs), Section::Log, "/console/log"),
            (sees(Area::Logs), Section::Alerts, "/console/alerts"),
            (sees(Area::Users), Section::Users, "/console/users"),
            (sees(Area::Groups), Section::Groups, "/console/groups"),
            (sees(Area::Apps), Section::Apps, "/console/apps"),
            (sees(Area::Apps), Section::Servers, "/console/servers"),
            (sees(Area::Apps), Section::Gateways, super::gateways::PATH),
            (sees(Area::Logs), Section::Inspector, "/console/inspect"),
            (true, Section::Limits, "/console/limits"),
            (sees(Area::Callers), Section::Credentials, "/console/credentials"),
            (sees(Area::Settings), Section::Security, super::security::PATH),
            (sees(Area::Settings), Section::Branding, "/console/branding"),
            (sees(Area::Logs), Section::Settings, super::settings::PATH),
        ]
        .into_iter()
        .filter(|(shown, ..)| *shown)
        .map(|(_, section, url)| match (section, self.open_alerts) {
            (Section::Alerts, open @ 1..) => NavItem::new(section, url).badge(match open {
                1..=99 => open.to_string(),
                _ => "99+".to_owned(),
            }),
            _ => NavItem::new(section, url),
        })
        .collect()
    }
}
