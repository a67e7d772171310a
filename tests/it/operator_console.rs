//! The operator's pages: a tenant is made, its administrator gets in, it is suspended and let back in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signet_testkit::{Reply, Shared, on_each_engine};

use crate::support::booth::Booth;
use crate::support::desk::the_form;
use crate::support::make::unique;
use crate::support::until::until;

on_each_engine! {
    a_tenant_is_made_and_its_administrator_gets_in,
    what_is_wrong_with_a_tenant_is_said,
    tenants_are_searched,
    a_tenant_is_suspended_by_its_name_and_a_password,
    a_tenant_is_told_in_numbers_and_nothing_else,
    a_tenant_is_deleted_and_restored_while_it_may_be,
    the_first_page_says_how_this_node_is,
}

async fn a_tenant_is_made_and_its_administrator_gets_in(app: Shared) {
    let booth = Booth::of(&app).await;
    let (name, url, made) = booth.tenant(&app).await;
    let link =
        made.page().all("dl.facts code").into_iter().find(|text| text.contains("token=")).expect("a link");
    app.canaries().add(link.rsplit('=').next().expect("a token"));
    assert!(link.starts_with(&format!("{url}/setup?")), "{link}");
    assert!(!booth.page(&format!("/tenants/{name}")).await.text().contains("token="), "shown once");
    assert!(
        booth
            .page(&format!("/tenants?after={}", name.trim_end_matches(|c: char| c != '-')))
            .await
            .text()
            .contains(&name)
    );
    let visitor = app.acme().visitor();
    let setup = visitor.get(&link).await.expect(200);
    let mut form = the_form(&setup);
    let password = "a long enough phrase";
    form.set("login", "first").set("password", password).set("password_again", password);
    visitor.submit(&setup, &form).await.expect(303);
    visitor.get(&link).await.expect(404);
    let door = visitor.open(&format!("{url}/console")).await.expect(200);
    let inside = visitor.sign_in(&door, "first@example.com", password).await.expect(200);
    assert_eq!(inside.url.path(), "/console", "{}", inside.describe());
    // It begins with the first steps.
    let first = inside.page().attributes("main a", "href");
    for step in ["/console/apps/new", "/console/users/new", "/console/branding/edit"] {
        assert!(first.iter().any(|link| link == step), "{first:?}");
    }
}

async fn what_is_wrong_with_a_tenant_is_said(app: Shared) {
    let booth = Booth::of(&app).await;
    let ours = format!("http://{}.localhost:{}", unique("wrong"), app.port());
    for (name, url, domain, told) in [
        ("Not A Name", ours.as_str(), "example.com", "lower-case letters"),
        ("fine", "http://login.example.com", "example.com", "use https"),
        ("fine", "ftp://x", "example.com", "ftp"),
        ("fine", &ours, "no domain", "write it like example.com"),
        ("acme", &ours, "example.com", "choose another"),
        ("fine", app.acme().origin(), "example.com", "choose another"),
        ("fine", app.operator_url(), "example.com", "choose another"),
        ("<b>", &ours, "example.com", "<b>"),
        ("", "", "", "can't be a tenant's name"),
    ] {
        let values = [("name", name), ("url", url), ("default_domain", domain)];
        let reply = booth.fill("/tenants/new", &values).await.expect(422);
        let alert = reply.page().all("[role=alert]").concat();
        assert!(alert.contains(told), "{name} {url} {domain}: {alert}");
        let kept = reply.page().attributes("#url", "value");
        assert_eq!(kept, [url], "what was typed stays");
    }
}

async fn tenants_are_searched(app: Shared) {
    let booth = Booth::of(&app).await;
    let base = unique("found");
    let url = |which: &str| format!("http://{which}.{base}.localhost:{}", app.port());
    for which in ["a", "b"] {
        let (name, url) = (format!("{base}-{which}"), url(which));
        let values = [("name", name.as_str()), ("url", &url), ("default_domain", "example.com")];
        booth.fill("/tenants/new", &values).await.expect(200);
    }
    let names = |page: &Reply| page.page().all("table.list .first .quiet");
    let both = [format!("{base}-a"), format!("{base}-b")];
    for (q, found) in [
        (base.clone(), &both[..]),
        (base.to_uppercase(), &both),
        (both[0].clone(), &both[..1]),
        (url("b"), &both[1..]),
        (format!("B.{base}"), &both[1..]),
    ] {
        let page = booth.page(&format!("/tenants?q={q}")).await;
        assert_eq!(names(&page), found, "{q}");
        assert_eq!(page.page().attributes("#q", "value"), [q], "what was typed stays");
    }
    // The pages behind the first one keep the search, and the way back, too.
    let second = booth.page(&format!("/tenants?q={base}&after={}", both[0])).await;
    assert_eq!(names(&second), both[1..]);
    let back = second.page().attributes(".paging [rel=prev]", "href").concat();
    assert_eq!(names(&booth.page(&back).await), both);

    let none = booth.page(&format!("/tenants?q=no-{base}")).await;
    assert!(names(&none).is_empty());
    assert!(none.page().all(".empty").concat().contains("Nothing matches"), "{}", none.page().text());
    assert!(none.page().attributes(".empty a", "href").iter().all(|url| url == "/tenants"));
    // What can't be searched for at all is answered, too.
    for odd in ["%00", "%25", "%ff", "_", &"x".repeat(300), "a&q=b", "a&after=%00"] {
        booth.page(&format!("/tenants?q={odd}")).await;
    }
}

async fn a_tenant_is_suspended_by_its_name_and_a_password(app: Shared) {
    let booth = Booth::of(&app).await;
    let (name, url, _) = booth.tenant(&app).await;
    let alive = async || app.http().get(&format!("{url}/login")).await.status;
    assert_eq!(alive().await, 200);
    let path = format!("/tenants/{name}/suspend");
    let own = app.credentials().operator.password.clone();
    for (typed, password, wrong) in [
        ("", own.as_str(), "typed"),
        ("acme", &own, "typed"),
        (&name, "", "your_password"),
        (&name, "guess", "your_password"),
    ] {
        let reply = booth.fill(&path, &[("typed", typed), ("your_password", password)]).await.expect(422);
        assert_eq!(reply.page().all(&format!("#{wrong}-error")).len(), 1, "{}", reply.describe());
        assert!(!reply.text().contains(&own));
    }
    assert_eq!(alive().await, 200);
    let done = booth.fill(&path, &[("typed", &name), ("your_password", &own)]).await;
    let page = booth.visitor.follow(done).await.expect(200);
    assert!(page.text().contains("Suspended"));
    until("the tenant is gone", async || alive().await == 404).await;
    let back = booth.fill(&format!("/tenants/{name}"), &[]).await;
    booth.visitor.follow(back).await.expect(200);
    until("the tenant is back", async || alive().await == 200).await;
}

async fn a_tenant_is_told_in_numbers_and_nothing_else(app: Shared) {
    let booth = Booth::of(&app).await;
    let (name, url, made) = booth.tenant(&app).await;
    let link =
        made.page().all("dl.facts code").into_iter().find(|text| text.contains("token=")).expect("a link");
    app.canaries().add(link.rsplit('=').next().expect("a token"));
    let page = format!("/tenants/{name}");
    let told = async || booth.page(&page).await.page().all("section[aria-labelledby=numbers] dl > div");
    // As it is made: its own server and `default`, and nobody in it.
    for fact in ["Users 0", "Administrators 0", "Apps 0", "Authorization servers 2", "none in 30 days"] {
        assert!(told().await.iter().any(|row| row.contains(fact)), "{fact}: {:?}", told().await);
    }
    let visitor = app.acme().visitor();
    let setup = visitor.get(&link).await.expect(200);
    let mut form = the_form(&setup);
    let (login, password) = (unique("secretive"), "a long enough phrase");
    form.set("login", &login).set("password", password).set("password_again", password);
    visitor.submit(&setup, &form).await.expect(303);
    let door = visitor.open(&format!("{url}/console")).await.expect(200);
    visitor.sign_in(&door, &format!("{login}@example.com"), password).await.expect(200);
    let list = visitor.get(&format!("{url}/console/users/new")).await.expect(200);
    let mut form = the_form(&list);
    let hidden = unique("=hidden");
    form.set("login", "second").set("email", "second@mail.test").set("firstName", &hidden).set("how", "none");
    visitor.submit(&list, &form).await.expect(303);
    let door = visitor.open(&format!("{url}/login")).await.expect(200);
    visitor.sign_in(&door, &format!("{login}@example.com"), password).await.expect(200);
    until("the sign-in is counted", async || told().await.iter().any(|row| row.contains("within 2 hours")))
        .await;
    for fact in ["Users 2", "Administrators 1", "Apps 0", "last opened today", "kept for 90 days"] {
        assert!(told().await.iter().any(|row| row.contains(fact)), "{fact}: {:?}", told().await);
    }
    let shown = booth.page(&page).await;
    for secret in [login.as_str(), "second", &hidden] {
        assert!(!shown.text().contains(secret), "{secret} is the tenant's own");
    }
    let console = format!("{url}/console");
    assert!(shown.page().attributes("dl.facts a", "href").contains(&console));
    assert!(!shown.page().text().contains("Suspended since"));
    let own = app.credentials().operator.password.clone();
    let values = [("typed", name.as_str()), ("your_password", &own)];
    let done = booth.fill(&format!("{page}/suspend"), &values).await;
    let shown = booth.visitor.follow(done).await.expect(200).page();
    assert!(shown.text().contains("Suspended since today"), "{}", shown.text());
    assert!(!shown.attributes("dl.facts a", "href").contains(&console), "it leads nowhere now");
}

async fn a_tenant_is_deleted_and_restored_while_it_may_be(app: Shared) {
    let booth = Booth::of(&app).await;
    let (name, url, _) = booth.tenant(&app).await;
    let alive = async || app.http().get(&format!("{url}/login")).await.status;
    let path = format!("/tenants/{name}/delete");
    let own = app.credentials().operator.password.clone();
    for (days, typed, password, wrong) in [
        ("0", name.as_str(), own.as_str(), "days"),
        ("x", &name, &own, "days"),
        ("30", "acme", &own, "typed"),
        ("30", &name, "guess", "your_password"),
    ] {
        let values = [("days", days), ("typed", typed), ("your_password", password)];
        let reply = booth.fill(&path, &values).await.expect(422);
        assert_eq!(reply.page().all(&format!("#{wrong}-error")).len(), 1, "{}", reply.describe());
    }
    assert_eq!(alive().await, 200);
    let done = booth.fill(&path, &[("typed", &name), ("your_password", &own)]).await;
    let page = booth.visitor.follow(done).await.expect(200);
    assert!(
        page.text().contains("Deleted") && page.text().contains("Erased after"),
        "{}",
        page.page().text()
    );
    until("the tenant is gone", async || alive().await == 404).await;
    let again = [("name", name.as_str()), ("url", &url), ("default_domain", "example.com")];
    booth.fill("/tenants/new", &again).await.expect(422);
    let back = booth.fill(&format!("/tenants/{name}"), &[]).await;
    booth.visitor.follow(back).await.expect(200);
    until("the tenant is back", async || alive().await == 200).await;

    let who = &app.credentials().operator;
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", who.login, who.password)));
    let api = async |method: &str, rest: &str| {
        let url = format!("{}/api/v1/tenants/{name}{rest}", app.operator_url());
        app.http().call(method, &url).header("authorization", &basic).await
    };
    api("DELETE", "?graceDays=0").await.expect(400);
    let deleted = api("DELETE", "?graceDays=2").await.expect(202).json();
    assert_eq!(deleted["status"], "DELETED");
    assert_eq!(api("GET", "").await.expect(200).json()["eraseAt"], deleted["eraseAt"]);
    api("DELETE", "").await.expect(412);
    api("POST", "/lifecycle/unsuspend").await.expect(400);
    until("it is gone again", async || alive().await == 404).await;
    assert_eq!(api("POST", "/lifecycle/restore").await.expect(200).json()["status"], "ACTIVE");
    api("POST", "/lifecycle/restore").await.expect(404);
    until("it is back again", async || alive().await == 200).await;
    let told = booth.page("/tenants/deleted").await.page().all(".things li").join("\n");
    for deed in ["deleted", "restored"] {
        assert!(told.contains(&format!("{deed} the tenant {name}")), "{told}");
    }
}

async fn the_first_page_says_how_this_node_is(app: Shared) {
    let booth = Booth::of(&app).await;
    let page = booth.page("/").await;
    let facts = page.page().all("dl.facts > div").join("\n");
    for job in ["Counts events by the hour", "Tells webhooks", "Erases deleted tenants"] {
        let row = page.page().all(".things li").into_iter().find(|row| row.contains(job));
        let row = row.unwrap_or_else(|| panic!("no {job}: {}", page.page().text()));
        assert!(row.contains("This node: ran") && !row.contains("Failed"), "{row}");
    }
    for fact in ["serves everything", "Nodes", "Heard of changes"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
}
