//! What every use case is told: whose tenant, when, and which request.

use signet_domain::Time;
use signet_domain::app::App;
use signet_domain::brand::Brand;
use signet_domain::event::{Entity, Event, EventType, RequestFacts};
use signet_domain::id::{AppId, TenantId};
use signet_domain::server::{Server, ServerKind};
use signet_domain::tenant::Tenant;
use signet_domain::user::User;
use std::sync::Arc;

/// The surroundings of one request. The clock is read once, here.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The tenant that the request's host belongs to.
    pub tenant: Arc<Tenant>,
    /// The instant of the request.
    pub now: Time,
    /// The request.
    pub request: RequestFacts,
    /// The languages that whoever reads the answer wants, the best first: tags (BCP 47) with spaces between, as
    /// `ui_locales` has them. Empty where nobody said.
    pub locales: String,
    /// Whether whoever reads the answer chose dark colours, or light ones; none where nobody chose.
    pub dark: Option<bool>,
    /// How the tenant's pages for users look; none where nobody has said, and where no such page is asked for.
    pub brand: Option<Arc<Brand>>,
    /// The login of the administrator who only tries what an app does, for the log.
    pub trial_by: Option<String>,
}

impl Ctx {
    /// Of a request of which nothing else is known.
    #[must_use]
    pub fn new(tenant: Arc<Tenant>, now: Time, request: RequestFacts) -> Self {
        Self { tenant, now, request, locales: String::new(), dark: None, brand: None, trial_by: None }
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    /// The same for a reader for whom an app wants these languages before the browser's own.
    #[must_use]
    pub fn preferring(mut self, ui_locales: Option<&str>) -> Self {
        if let Some(wanted) = ui_locales {
            self.locales = format!("{wanted} {}", self.locales);
        }
        self
    }
}

/// The log's view of a user.
#[must_use]
pub fn user_entity(user: &User) -> Entity {
    Entity::new("User", user.id, &user.login, &user.display_name())
}

/// The log's view of an app that acts.
#[must_use]
pub fn app_entity(app: &App) -> Entity {
    Entity::new("PublicClientApp", &app.client_id, &app.client_id, &app.label)
}

/// The log's view of a client that did not prove itself: its id is shown only where it has the shape of one.
#[must_use]
pub fn stranger(client_id: Option<&str>) -> Entity {
    let shown = client_id.filter(|id| AppId::parse(id).is_some()).unwrap_or("unknown");
    Entity::new("PublicClientApp", shown, shown, shown)
}

/// The log's view of a person of whom nothing is known.
#[must_use]
pub fn nobody() -> Entity {
    Entity::new("User", "unknown", "unknown", "unknown")
}

/// The log's view of an app that is administered.
#[must_use]
pub fn app_instance(app: &App) -> Entity {
    Entity::new("AppInstance", app.id, &app.client_id, &app.label)
}

/// The log's view of a server.
#[must_use]
pub fn server_entity(server: &Server) -> Entity {
    Entity::new("AuthorizationServer", server.id, &server.slug, &server.name)
}

/// Picks the type of an event by the kind of server: the two have names of their own in the log.
#[must_use]
pub fn by_kind(server: &Server, org: EventType, custom: EventType) -> EventType {
    match server.kind {
        ServerKind::Org => org,
        ServerKind::Custom => custom,
    }
}

/// Ties an event to an app and a server.
pub trait At {
    /// Ties the event to a server.
    #[must_use]
    fn at(self, server: &Server) -> Self;
    /// Ties the event to an app.
    #[must_use]
    fn by(self, app: &App) -> Self;
    /// Ties the event to the user it concerns.
    #[must_use]
    fn of(self, user: &User) -> Self;
}

impl At for Event {
    fn at(mut self, server: &Server) -> Self {
        self.server_id = Some(server.id.to_string());
        self.debug("authorizationServer", server.slug.as_str()).target(server_entity(server))
    }

    fn by(mut self, app: &App) -> Self {
        self.client_id = Some(app.client_id.clone());
        self
    }

    fn of(mut self, user: &User) -> Self {
        self.user_id = Some(user.id.to_string());
        self
    }
}
