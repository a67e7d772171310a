//! An administrator at the console, without a browser: forms as they stand, with some fields filled in.

use signet_testkit::{Browser, Form, Reply, Tenant, Visitor, json};

use super::make::{User, user};

/// Somebody at the console.
pub(crate) struct Desk {
    pub(crate) tenant: Tenant,
    pub(crate) visitor: Visitor,
    pub(crate) password: String,
}

impl Desk {
    /// The demo's administrator.
    pub(crate) async fn of(tenant: &Tenant) -> Self {
        let admin = tenant.credentials.admin.clone();
        Self::signed_in(tenant, &admin.login, &admin.password).await
    }

    /// A new administrator with a role.
    pub(crate) async fn with_role(tenant: &Tenant, role: &str) -> (Self, User) {
        let user = user(tenant, "admin").await;
        let path = format!("/api/v1/users/{}/roles", user.id);
        let reply = tenant.api("POST", &path).json(&json!({ "type": role })).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.describe());
        (Self::signed_in(tenant, &user.login, &user.password).await, user)
    }

    async fn signed_in(tenant: &Tenant, login: &str, password: &str) -> Self {
        let (visitor, reply) = tenant.sign_in("/console", login, password).await;
        assert_eq!(reply.status, 200, "{}", reply.describe());
        assert_eq!(reply.url.path(), "/console");
        Self { tenant: tenant.clone(), visitor, password: password.to_owned() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.tenant.origin())
    }

    /// Whatever a path answers with.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.visitor.get(&self.url(path)).await
    }

    /// A page that is there.
    pub(crate) async fn page(&self, path: &str) -> Reply {
        self.get(path).await.expect(200)
    }

    /// Fills in the form on a page and sends it; what comes back is not followed.
    pub(crate) async fn send(&self, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let mut form = the_form(page);
        for (name, value) in fields {
            form.set(name, value);
        }
        self.visitor.submit(page, &form).await
    }

    /// Opens a form, fills it in, sends it, and follows to the page that is reached.
    pub(crate) async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.page(path).await;
        let reply = self.send(&page, fields).await;
        self.visitor.follow(reply).await
    }

    /// Presses a button of a page, named by the end of the address that it posts to.
    pub(crate) async fn press(&self, path: &str, action: &str) -> Reply {
        let page = self.page(path).await;
        let form = page.page().forms().into_iter().find(|f| f.action.ends_with(action));
        let form = form.unwrap_or_else(|| panic!("no button for {action} on {path}: {}", page.text()));
        let reply = self.visitor.submit(&page, &form).await;
        self.visitor.follow(reply).await
    }
}

/// Signs the demo's administrator in at the console, in a browser.
pub(crate) async fn sign_in(browser: &Browser, tenant: &Tenant) {
    let admin = &tenant.credentials.admin;
    browser.goto(&format!("{}/console", tenant.origin())).await;
    browser.fill("#login", &admin.login).await;
    browser.fill("#password", &admin.password).await;
    browser.click("form [type=submit]").await;
    browser.wait_for(".console main").await;
}

/// The form that a page is about: the one that isn't the sign-out of the frame.
pub(crate) fn the_form(page: &Reply) -> Form {
    let forms = page.page().forms();
    let form = forms.into_iter().find(|f| f.method == "POST" && !leaves(f));
    form.unwrap_or_else(|| panic!("no form: {}", page.describe()))
}

/// Whether it is the frame's sign-out; a user's page has another one, for the user.
fn leaves(form: &Form) -> bool {
    form.action.ends_with("sign-out") && !form.action.contains("/users/")
}

/// What a page shows this once, by the label in front of it.
pub(crate) fn shown(page: &Reply, label: &str) -> String {
    let page = page.page();
    let (labels, values) = (page.all("dl.facts dt"), page.all("dl.facts dd code"));
    let at = labels.iter().position(|l| l == label).unwrap_or_else(|| panic!("no {label}: {}", page.text()));
    values[at].clone()
}
