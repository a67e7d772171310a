//! Choosing light or dark at the operator's pages: for this browser.

use super::session;
use super::tenants::PATH as TENANTS;
use super::visit::Visit;
use crate::theme;
use axum::extract::Form;
use axum::response::Response;
use serde::Deserialize;
use signet_domain::event::RequestFacts;
use signet_web::Hidden;

const PATH: &str = "/theme";
const HOME: &str = "/";

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Chosen {
    csrf: String,
    theme: String,
    next: String,
}

/// Where the choice is sent to from a page, and where it leads back to: the page, without what came with its address.
/// What a form led to has no address of its own.
pub(super) fn form(request: &RequestFacts) -> Hidden {
    let here = if request.is_safe { request.path.as_str() } else { HOME };
    Hidden::new(PATH, back(here))
}

/// One of the operator's own pages; the first for any other address.
fn back(wanted: &str) -> &str {
    let below = wanted.strip_prefix(TENANTS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_plain = wanted.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-".contains(&b));
    if below && is_plain && !wanted.contains("//") { wanted } else { HOME }
}

pub(super) async fn post(visit: Visit, Form(chosen): Form<Chosen>) -> Response {
    if !visit.sent(&chosen.csrf) {
        return session::not_ours(&visit.ctx);
    }
    let cookie = (session::theme_cookie(&visit.app), visit.app.config().is_https());
    theme::keep(cookie, &chosen.theme, back(&chosen.next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_leads_to_the_operators_own_pages() {
        for own in ["/", "/tenants", "/tenants/new", "/tenants/acme/suspend"] {
            assert_eq!(back(own), own);
        }
        for other in [
            "",
            "/tenantsx",
            "//evil.example",
            "/tenants//evil.example",
            "/tenants/../sign-in",
            "/tenants?q=x",
            "/tenants\\evil",
            "/sign-in",
            "https://evil.example/tenants",
        ] {
            assert_eq!(back(other), HOME, "{other:?}");
        }
    }
}
