//! The operator at their pages, without a browser.

use signet_testkit::{Reply, Shared, Visitor};

use super::desk::the_form;
use super::make::unique;

/// The browser of the operator, who is signed in.
pub(crate) struct Booth {
    pub(crate) visitor: Visitor,
    pub(crate) url: String,
}

impl Booth {
    /// Signs in.
    pub(crate) async fn of(app: &Shared) -> Self {
        let (visitor, url) = (app.acme().visitor(), app.operator_url().to_owned());
        let page = visitor.get(&format!("{url}/sign-in")).await.expect(200);
        let who = &app.credentials().operator;
        let mut form = the_form(&page);
        form.set("login", &who.login).set("password", &who.password);
        visitor.submit(&page, &form).await.expect(303);
        Self { visitor, url }
    }

    /// A page that is there.
    pub(crate) async fn page(&self, path: &str) -> Reply {
        self.visitor.get(&format!("{}{path}", self.url)).await.expect(200)
    }

    /// Opens the form about a tenant, fills it in and sends it.
    pub(crate) async fn fill(&self, path: &str, values: &[(&str, &str)]) -> Reply {
        let page = self.page(path).await;
        let mut form =
            page.page().forms().into_iter().find(|f| f.action.contains("/tenants/")).expect("a form");
        for (name, value) in values {
            form.set(name, value);
        }
        self.visitor.submit(&page, &form).await
    }

    /// Makes a tenant; its name, its address, and the page that tells of it.
    pub(crate) async fn tenant(&self, app: &Shared) -> (String, String, Reply) {
        let name = unique("tenant");
        let url = format!("http://{name}.localhost:{}", app.port());
        let values = [("name", name.as_str()), ("url", &url), ("default_domain", "example.com")];
        let made = self.fill("/tenants/new", &values).await.expect(200);
        (name, url, made)
    }
}
