//! Making tenants: a tenant, its org server, its server `default` and the alerts that it comes with, in one commit.

pub mod deletion;
mod restored;
pub mod rows;
mod setup;
mod url;

pub use setup::{SETUP_SECONDS, SetupError, SetupLink};
pub use url::{BaseUrl, split_authority};

use crate::{Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, RequestFacts, types};
use signet_domain::id::TenantId;
use signet_domain::login::canonical_domain;
use signet_domain::server::{ScopeRow, Server, ServerKind};
use signet_domain::tenant::{Tenant, TenantStatus};
use signet_store::StoreError;

/// What a tenant is made of.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Short unique name: lower-case letters, digits and hyphens.
    pub name: String,
    /// The name that people read; the short one if it is empty.
    pub display_name: String,
    /// Base URL.
    pub url: String,
    /// The domain that a login without one belongs to.
    pub default_domain: String,
    /// Made by the demo seed.
    pub demo: bool,
}

/// Why a tenant could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A member is not what it must be; the sentence says which and how it should be.
    #[error("{0}")]
    Invalid(String),
    /// Its name or host belongs to another tenant.
    #[error("there is a tenant with this name or URL already: choose another")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] IdpError),
}

impl From<StoreError> for TenantError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Taken,
            other => Self::Failed(other.into()),
        }
    }
}

impl Idp {
    /// Creates a tenant with its org server and its server `default`. Signing keys come with their first use.
    ///
    /// # Errors
    /// [`TenantError`].
    pub async fn create_tenant(
        &self,
        new: NewTenant,
        now: Time,
        request: &RequestFacts,
    ) -> Result<Tenant, TenantError> {
        let tenant = self.tenant_row(new, now).await?;
        let servers =
            [self.server_row(&tenant, ServerKind::Org), self.server_row(&tenant, ServerKind::Custom)];
        let scopes: Vec<ScopeRow> = servers.iter().flat_map(|s| self.system_scopes(s)).collect();
        let alerts = self.shipped_alerts(tenant.id, now);
        let mut event = self.tenant_event(&tenant, request);
        if let Some(before) = self.store().unscoped_erased_at_host(&tenant.host).await? {
            event = event.debug("hostWasOf", before.id.to_string());
        }
        let row = tenant.clone();
        self.store()
            .unscoped_insert_tenant(row, move |tx| {
                Box::pin(async move {
                    for server in &servers {
                        tx.insert_server(server).await?;
                    }
                    for scope in &scopes {
                        tx.insert_scope(scope).await?;
                    }
                    for alert in &alerts {
                        tx.insert_alert(alert).await?;
                    }
                    tx.append(&event).await
                })
            })
            .await?;
        Ok(tenant)
    }

    async fn tenant_row(&self, new: NewTenant, now: Time) -> Result<Tenant, TenantError> {
        check_name(&new.name).map_err(TenantError::Invalid)?;
        let url = BaseUrl::parse(&new.url).map_err(TenantError::Invalid)?;
        if !url.is_https() && !url.is_loopback() {
            let told = format!("{url} is plain http on a host that isn't this machine: use https");
            return Err(TenantError::Invalid(told));
        }
        let default_domain = canonical_domain(&new.default_domain).map_err(|_| {
            TenantError::Invalid(format!("{:?} is no domain: write it like example.com", new.default_domain))
        })?;
        let number = self.store().unscoped_last_tenant_number().await?.saturating_add(1);
        let display_name = if new.display_name.is_empty() { new.name.clone() } else { new.display_name };
        Ok(Tenant {
            id: self.entropy().id::<TenantId>(now),
            number,
            name: new.name,
            display_name,
            host: url.host(),
            url: url.to_string(),
            default_domain,
            status: TenantStatus::Active,
            demo: new.demo,
            config_version: 1,
            created_at: now,
        })
    }

    fn tenant_event(&self, tenant: &Tenant, request: &RequestFacts) -> Event {
        let (now, id) = (tenant.created_at, self.entropy().id(tenant.created_at));
        let target = Entity::new("Tenant", tenant.id, &tenant.name, &tenant.display_name);
        Event::new(id, now, types::TENANT_CREATE, Entity::system(), request)
            .target(target)
            .debug("url", tenant.url.as_str())
    }
}

/// What stands for a request where there is none: the command line.
#[must_use]
pub fn no_request(idp: &Idp, now: Time) -> RequestFacts {
    RequestFacts {
        id: idp.entropy().id(now),
        ip: String::new(),
        user_agent: String::new(),
        path: String::new(),
        is_safe: false,
    }
}

/// What can't be a tenant's name, since the operator's pages have it.
const PAGES: &[&str] = &["deleted", "new"];

fn check_name(name: &str) -> Result<(), String> {
    let good = (1..=63).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !PAGES.contains(&name)
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if good {
        return Ok(());
    }
    Err(format!("{name:?} can't be a tenant's name: use up to 63 lower-case letters, digits and hyphens"))
}

/// The scopes that come with every server, each with its name and sentence for people.
const SYSTEM_SCOPES: [(&str, &str, &str); 7] = [
    ("openid", "Sign-in", "Know that it is you"),
    ("profile", "Profile", "See your name and profile"),
    ("email", "E-mail", "See your e-mail address"),
    ("address", "Address", "See your postal address"),
    ("phone", "Phone", "See your phone number"),
    ("offline_access", "Offline access", "Keep access while you are away"),
    ("groups", "Groups", "See the groups you belong to"),
];

impl Idp {
    fn server_row(&self, tenant: &Tenant, kind: ServerKind) -> Server {
        let now = tenant.created_at;
        let (slug, name, audience, issuer) = match kind {
            ServerKind::Org => ("org", tenant.display_name.as_str(), tenant.url.clone(), tenant.url.clone()),
            ServerKind::Custom => {
                ("default", "default", "api://default".to_owned(), format!("{}/oauth2/default", tenant.url))
            }
        };
        let description = match kind {
            ServerKind::Org => "Signs people in to the tenant itself",
            ServerKind::Custom => "Issues tokens for your APIs",
        };
        // Listed first: the order of servers is that of their ids.
        let made = if kind == ServerKind::Org { now } else { Time(now.0.saturating_add(1000)) };
        Server {
            tenant_id: tenant.id,
            id: self.entropy().id(made),
            kind,
            slug: slug.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            audience,
            issuer,
            status: signet_domain::server::ServerStatus::Active,
            signing_alg: "RS256".to_owned(),
            key_rotation_days: crate::admin::servers::ROTATION_DAYS,
            session_management: false,
            access_token_seconds: 3600,
            id_token_seconds: 3600,
            refresh_idle_seconds: 7 * 86_400,
            refresh_absolute_seconds: 90 * 86_400,
            demo: tenant.demo,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn system_scopes(&self, server: &Server) -> Vec<ScopeRow> {
        let scope = |&(name, display_name, description): &(&str, &str, &str)| {
            rows::scope(self, server, (name, display_name, description), rows::ScopeSort::System)
        };
        SYSTEM_SCOPES.iter().map(scope).collect()
    }
}
