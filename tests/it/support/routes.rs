//! Routes as the source has them: a new one joins every test that goes by them.

/// A path, whether it answers GET, and whether it takes forms.
pub(crate) type Route = (String, bool, bool);

/// Every route of the admin console.
pub(crate) fn of_console() -> Vec<Route> {
    routes_in(include_str!("../../../crates/server/src/console/mod.rs"))
}

/// Every route of the pages for users: sign-in, consent, the account.
pub(crate) fn of_users() -> Vec<Route> {
    routes_in(include_str!("../../../crates/server/src/pages/mod.rs"))
}

/// Every route of the pages of whoever is signed in.
pub(crate) fn of_account() -> Vec<Route> {
    of_users().into_iter().filter(|(path, ..)| path.starts_with("/account")).collect()
}

/// Every other route of a tenant's pages: its home, the first administrator's, the documentation, the demo.
pub(crate) fn of_tenants() -> Vec<Route> {
    let sources = [
        include_str!("../../../crates/server/src/routes.rs"),
        include_str!("../../../crates/server/src/setup.rs"),
        include_str!("../../../crates/server/src/docs.rs"),
        include_str!("../../../crates/server/src/demo.rs"),
    ];
    let all = sources.into_iter().flat_map(routes_in);
    all.filter(|(path, ..)| !path.starts_with("/assets/")).collect()
}

/// Every route of the operator's pages.
pub(crate) fn of_operator() -> Vec<Route> {
    routes_in(include_str!("../../../crates/server/src/operator/mod.rs"))
}

fn routes_in(source: &str) -> Vec<Route> {
    let packed: String = source.split_whitespace().collect();
    let found = packed.split(".route(\"").skip(1).map(|rest| {
        let (path, handlers) = rest.split_once("\",").expect("a path and handlers");
        let handlers = handlers.split(".route(\"").next().unwrap_or_default();
        let gets = handlers.starts_with("get(");
        (path.to_owned(), gets, handlers.starts_with("post(") || handlers.contains(").post("))
    });
    found.collect()
}

/// The host of an origin, as cookies know it: without its port.
pub(crate) fn host(origin: &str) -> &str {
    let host = origin.split("://").nth(1).unwrap_or(origin);
    host.split([':', '/']).next().unwrap_or(host)
}
