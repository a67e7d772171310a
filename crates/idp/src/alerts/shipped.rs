//! The alerts that every tenant has from birth. Migrations give them to tenants that are older.

use signet_domain::Time;
use signet_domain::alert::{Alert, SearchTerms};
use signet_domain::id::{AlertId, TenantId};
use signet_store::sqlx_types::Json;

/// What comes with every tenant.
struct Shipped {
    /// What it watches.
    watches: &'static str,
    name: &'static str,
    filter: &'static str,
    at_least: i64,
    window_minutes: i64,
    times_usual: i64,
}

const SHIPPED: &[Shipped] = &[
    Shipped {
        watches: "quota",
        name: "API quota at 90 %",
        filter: r#"eventType eq "system.org.rate_limit.warning""#,
        at_least: 1,
        window_minutes: 60,
        times_usual: 0,
    },
    Shipped {
        watches: "administrator",
        name: "Administrator role given",
        filter: r#"eventType eq "user.account.privilege.grant" and outcome.result eq "SUCCESS""#,
        at_least: 1,
        window_minutes: 5,
        times_usual: 0,
    },
    Shipped {
        watches: "api_token",
        name: "API token or credential made",
        filter: r#"(eventType eq "system.api_token.create" or eventType eq "system.api_credential.create") and outcome.result eq "SUCCESS""#,
        at_least: 1,
        window_minutes: 5,
        times_usual: 0,
    },
    Shipped {
        watches: "signing_key",
        name: "Signing key rolled",
        filter: r#"eventType eq "app.oauth2.as.key.rollover" or eventType eq "app.oauth2.as.key.revoke""#,
        at_least: 1,
        window_minutes: 5,
        times_usual: 0,
    },
    Shipped {
        watches: "refusals",
        name: "Refusals, five times the usual",
        filter: r#"(eventType eq "user.session.start" or eventType eq "app.oauth2.token.grant" or eventType eq "app.oauth2.as.token.grant" or eventType eq "user_rate_limited" or eventType eq "policy.rate_limit.refused" or eventType eq "system.org.rate_limit.violation") and outcome.result ne "SUCCESS""#,
        at_least: 20,
        window_minutes: 60,
        times_usual: 5,
    },
];

/// Their rows for a tenant.
pub(crate) fn shipped(tenant: TenantId, now: Time, id: impl Fn() -> AlertId) -> Vec<Alert> {
    let row = |one: &Shipped| Alert {
        tenant_id: tenant,
        id: id(),
        name: one.name.to_owned(),
        shipped: Some(one.watches.to_owned()),
        enabled: true,
        muted_until: None,
        search: Json(SearchTerms { filter: one.filter.to_owned(), ..SearchTerms::default() }),
        at_least: one.at_least,
        window_minutes: one.window_minutes,
        times_usual: one.times_usual,
        heard: Json::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    SHIPPED.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::terms;
    use signet_domain::Entropy;

    fn rows() -> Vec<Alert> {
        shipped(TenantId(uuid::Uuid::nil()), Time(1), || Entropy::default().id(Time(1)))
    }

    #[test]
    fn each_can_be_read_and_names_its_events() {
        for alert in rows() {
            let condition = terms::read(&alert.search).expect(&alert.name);
            assert!(condition.event_types().is_some(), "{} looks at every event", alert.name);
        }
    }

    #[test]
    fn older_tenants_get_the_same_by_migration() {
        for engine in ["sqlite", "postgres"] {
            let read = |name: &str| {
                let path = format!("{}/../../migrations/{engine}/{name}.sql", env!("CARGO_MANIFEST_DIR"));
                std::fs::read_to_string(path).expect("a migration")
            };
            let sql = read("0016_alerts") + &read("0036_alert_on_refusals");
            for alert in rows() {
                let search = serde_json::to_string(&alert.search.0).expect("JSON");
                let watches = alert.shipped.expect("a name");
                for part in [search.as_str(), alert.name.as_str(), watches.as_str()] {
                    assert!(sql.contains(&format!("'{part}'")), "{engine}: {part}");
                }
            }
        }
    }
}
