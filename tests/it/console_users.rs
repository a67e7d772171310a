//! Users in the console: made, changed, shut out, let back in, deleted.

use std::time::Duration;

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::{Desk, shown, the_form};
use crate::support::make::{step, unique, user};

on_each_engine! {
    a_user_is_made_with_a_password_that_is_shown_once,
    mistakes_stand_beside_their_fields_and_what_was_typed_stays,
    a_profile_is_edited_and_logged_with_before_and_after,
    ad_03_an_edit_of_something_that_changed_is_refused,
    a_life_from_suspension_to_deletion,
    sessions_and_grants_are_ended_one_by_one,
    wb_24_dangerous_changes_ask_for_the_password_again,
    wb_08_a_form_sent_twice_does_its_work_once,
    misspelt_logins_are_found,
    all_of_a_profile_is_shown_and_edited,
    a_search_stays_in_its_part_of_the_list,
}

fn new_user(login: &str) -> Vec<(&'static str, String)> {
    vec![
        ("login", login.to_owned()),
        ("email", format!("{}@mail.test", unique("mail"))),
        ("firstName", "Ada".to_owned()),
        ("lastName", "Lovelace".to_owned()),
    ]
}

fn as_fields<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(n, v)| (*n, v.as_str())).collect()
}

async fn a_user_is_made_with_a_password_that_is_shown_once(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let login = format!("{}@acme.test", unique("fresh"));
    let made = desk.fill("/console/users/new", &as_fields(&new_user(&login))).await.expect(200);
    let password = shown(&made, "Password");
    app.canaries().add(&password);
    let (visitor, reply) = acme.sign_in("/login", &login, &password).await;
    let mut choice = the_form(&reply);
    choice.set("new", "a-phrase-of-ones-own");
    let reply = visitor.submit(&reply, &choice).await.expect(303);
    assert_eq!(reply.location().path(), "/account", "{}", reply.describe());
    assert!(visitor.get(&format!("{}/account", acme.origin())).await.expect(200).text().contains("Lovelace"));
    let url = made.page().attributes("a.button.primary", "href").pop().unwrap();
    let page = desk.page(&url).await;
    assert!(page.text().contains("Ada Lovelace") && !page.text().contains(&password));
    let typed = format!("{}@acme.test", unique("typed"));
    let mut fields = new_user(&typed);
    let typed_one = [("how", "type"), ("password", "Rather-Long-7-Words"), ("renew", "")];
    fields.extend(typed_one.map(|(name, value)| (name, value.to_owned())));
    let reply = desk.fill("/console/users/new", &as_fields(&fields)).await.expect(200);
    assert!(reply.text().contains("The user is created."), "{}", reply.text());
    let (_, reply) = acme.sign_in("/login", &typed, "Rather-Long-7-Words").await;
    assert_eq!(reply.url.path(), "/account");
}

async fn mistakes_stand_beside_their_fields_and_what_was_typed_stays(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let taken = user(&acme, "taken").await;
    let page = desk.page("/console/users/new").await;
    let wrong = [
        ("login", "a b"),
        ("email", "nobody"),
        ("title", "<b>Countess</b>"),
        ("how", "type"),
        ("password", "short"),
    ];
    let reply = desk.send(&page, &wrong).await.expect(422);
    assert!(reply.page().all("#login-error").len() == 1 && reply.page().all("#email-error").len() == 1);
    assert_eq!(reply.page().attributes("#login", "aria-describedby"), ["login-error login-help"]);
    assert_eq!(the_form(&reply).get("title"), Some("<b>Countess</b>"));
    assert_eq!(the_form(&reply).get("password"), Some(""), "a password never comes back");
    assert!(reply.text().contains("&#60;b&#62;Countess") || reply.text().contains("&lt;b&gt;Countess"));
    let mended =
        [("login", taken.login.as_str()), ("email", "a@mail.test"), ("password", "long-enough-for-all")];
    let reply = desk.send(&reply, &mended).await.expect(422);
    assert_eq!(reply.page().all("#login-error"), ["This is taken already. Choose another."]);
    let reply = desk.send(&reply, &[("login", &unique("mended")), ("password", "long-enough-for-all")]).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
}

async fn a_profile_is_edited_and_logged_with_before_and_after(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let user = user(&acme, "edited").await;
    let path = format!("/console/users/{}/edit", user.id);
    let reply = desk.fill(&path, &[("firstName", "Grace"), ("department", "Compilers")]).await.expect(200);
    assert!(reply.text().contains("The profile is saved.") && reply.text().contains("Compilers"));
    let filter = format!("eventType eq \"user.account.update_profile\" and target.id eq \"{}\"", user.id);
    let event = acme.wait_for_logs(&filter, 1).await.remove(0);
    assert_eq!(event["debugContext"]["debugData"]["door"], "console");
    let detail = &event["target"][0]["detailEntry"];
    assert!(detail["from"].as_str().unwrap().contains("Test"), "{event}");
    assert!(detail["to"].as_str().unwrap().contains("Grace"), "{event}");
    let cleared = desk.fill(&path, &[("department", "")]).await.expect(200);
    let profile = cleared.page().all("section[aria-labelledby=profile] dd");
    assert!(!profile.iter().any(|fact| fact.contains("Compilers")), "{profile:?}");
    let history = cleared.page().all("section[aria-labelledby=history] li").remove(0);
    assert!(history.contains("Compilers"), "what it was is in the history: {history}");
}

async fn ad_03_an_edit_of_something_that_changed_is_refused(app: Shared) {
    let acme = app.acme();
    let (desk, other) = (Desk::of(&acme).await, Desk::of(&acme).await);
    let user = user(&acme, "contested").await;
    let path = format!("/console/users/{}/edit", user.id);
    let (mine, theirs) = (desk.page(&path).await, other.page(&path).await);
    other.send(&theirs, &[("firstName", "Theirs")]).await.expect(303);
    let clash = desk.send(&mine, &[("firstName", "Mine"), ("title", "Dr")]).await.expect(412);
    let text = clash.page().text();
    assert!(text.contains("Theirs") && text.contains("Mine"), "{text}");
    let read = acme.api("GET", &format!("/api/v1/users/{}", user.id)).await.expect(200).json();
    assert_eq!(read["profile"]["firstName"], "Theirs", "nothing was overwritten");
    desk.send(&clash, &[]).await.expect(303);
    let read = acme.api("GET", &format!("/api/v1/users/{}", user.id)).await.expect(200).json();
    assert_eq!(read["profile"]["firstName"], "Mine", "saving again is a decision");
    let mut unversioned = the_form(&desk.page(&path).await);
    unversioned.remove("version").set("firstName", "Nobody");
    desk.visitor.submit(&mine, &unversioned).await.expect(412);

    let made = NewApp::web().make(&acme).await;
    let path = format!("/console/apps/{}/edit", made.id);
    let (mine, theirs) = (desk.page(&path).await, other.page(&path).await);
    other.send(&theirs, &[("redirect_uris", "https://theirs.example/cb")]).await.expect(303);
    let clash = desk.send(&mine, &[("label", "Mine")]).await.expect(412);
    assert!(clash.text().contains("https://theirs.example/cb"), "both versions are shown");
    let read = acme.api("GET", &format!("/api/v1/apps/{}", made.id)).await.expect(200).json();
    assert_ne!(read["label"], "Mine");
}

async fn a_life_from_suspension_to_deletion(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let user = user(&acme, "mortal").await;
    let path = format!("/console/users/{}", user.id);
    assert!(desk.press(&path, "/suspend").await.text().contains("is suspended"));
    let listed = async |status: &str| {
        let list = desk.page(&format!("/console/users?status={status}")).await.page();
        list.attributes("td.first a", "href").contains(&path)
    };
    assert_eq!(
        (listed("SUSPENDED").await, listed("DEPROVISIONED").await, listed("ADMINISTRATORS").await),
        (true, false, false)
    );
    assert!(desk.press(&path, "/unsuspend").await.text().contains("may sign in again"));
    assert_eq!(desk.get(&format!("{path}/delete")).await.status, 409, "deactivated first");
    let gone = desk.fill(&format!("{path}/deactivate"), &[]).await.expect(200);
    assert!(gone.text().contains("The user is deactivated."));
    assert!(desk.press(&path, "/activate").await.text().contains("is activated"));
    desk.fill(&format!("{path}/deactivate"), &[]).await.expect(200);
    let ask = desk.page(&format!("{path}/delete")).await;
    let reply = desk.send(&ask, &[("typed", "somebody else")]).await.expect(422);
    assert_eq!(reply.page().all("#typed-error"), ["That is not the login."]);
    let reply = desk.fill(&format!("{path}/delete"), &[("typed", &user.login)]).await.expect(200);
    assert!(reply.text().contains("The user is deleted."));
    assert_eq!(desk.get(&path).await.status, 404);
}

async fn sessions_and_grants_are_ended_one_by_one(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let flow = person.code(&acme, &client, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &client).await;
    let path = format!("/console/users/{}", person.id);
    let ended = desk.press(&path, "/end").await.expect(200);
    assert!(ended.text().contains("That session has ended."));
    assert!(!acme.is_active(&client, &tokens.access_token).await, "its tokens end with it");
    let flow = person.code(&acme, &client, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &client).await;
    assert!(acme.is_active(&client, &tokens.access_token).await);
    let revoked = desk.press(&path, "/revoke").await.expect(200);
    assert!(revoked.text().contains("access has ended"));
    assert!(!acme.is_active(&client, &tokens.access_token).await);
}

async fn wb_24_dangerous_changes_ask_for_the_password_again(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let user = user(&acme, "victim").await;
    let client = NewApp::web().make(&acme).await;
    let fresh = desk.page(&format!("/console/users/{}/password", user.id)).await;
    assert_eq!(the_form(&fresh).get("your_password"), None, "not asked just after the sign-in");
    app.clock().advance(Duration::from_secs(11 * 60)).await;
    let forms = [
        format!("/console/users/{}/password", user.id),
        format!("/console/users/{}/role", user.id),
        format!("/console/apps/{}/secrets/new", client.id),
        format!("/console/apps/{}/edit", client.id),
        "/console/credentials/tokens/new".to_owned(),
        "/console/credentials/clients/new".to_owned(),
    ];
    for path in &forms {
        let page = desk.page(path).await;
        assert_eq!(the_form(&page).get("your_password"), Some(""), "{path}");
        let named = [("name", "sudo"), ("label", "sudo"), ("how", "make")];
        desk.send(&page, &named).await.expect(422);
        let wrong: Vec<_> = named.into_iter().chain([("your_password", "not-my-password")]).collect();
        if path == &forms[0] {
            let reply = desk.send(&page, &wrong).await.expect(422);
            assert_eq!(reply.page().all("#your_password-error"), ["That is not your password."]);
        }
    }
    let unchanged = acme.api("GET", &format!("/api/v1/apps/{}", client.id)).await.expect(200).json();
    assert_ne!(unchanged["label"], "sudo");
    let page = desk.page(&forms[0]).await;
    let reply = desk.send(&page, &[("your_password", &desk.password)]).await.expect(200);
    app.canaries().add(&shown(&reply, "Password"));
    let refused = acme.wait_for_logs("debugContext.debugData.asked eq \"again\"", 1).await;
    assert_eq!(refused[0]["outcome"]["result"], "FAILURE");
}

async fn wb_08_a_form_sent_twice_does_its_work_once(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let path = format!("/console/apps/{}/secrets/new", client.id);
    let page = desk.page(&path).await;
    let (first, second) = futures_util::future::join(desk.send(&page, &[]), desk.send(&page, &[])).await;
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    desk.send(&page, &[]).await.expect(409);
    let secrets = acme.api("GET", &format!("/api/v1/apps/{}/credentials/secrets", client.id)).await;
    assert_eq!(secrets.expect(200).json().as_array().unwrap().len(), 2);
    let made = if first.status == 200 { &first } else { &second };
    app.canaries().add(&shown(made, "Client secret"));
    let name = unique("twice");
    let page = desk.page("/console/credentials/tokens/new").await;
    let shown_once = desk.send(&page, &[("name", &name)]).await.expect(200);
    app.canaries().add(&shown(&shown_once, "API token"));
    desk.send(&page, &[("name", &name)]).await.expect(409);
    let list = desk.page("/console/credentials").await;
    assert_eq!(list.page().all("td.first").iter().filter(|cell| **cell == name).count(), 1);
}

async fn misspelt_logins_are_found(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("wilhelmina");
    let login = format!("{name}@people.test");
    let body = signet_testkit::json!({ "profile": { "login": login, "email": login, "firstName": "Wilhelmina",
        "lastName": "Quince" } });
    let id = acme.api("POST", "/api/v1/users").json(&body).await.expect(200).json();
    let page = format!("/console/users/{}", id["id"].as_str().unwrap());

    // Who was meant, whichever letters are wrong.
    for typed in [name.replacen("lm", "ml", 1), name.replacen("wi", "iw", 1), name.replacen("elm", "em", 1)] {
        let found = desk.page(&format!("/console/users?q={typed}")).await.page();
        assert!(found.text().contains("Nothing matches"), "{typed}: {}", found.text());
        let alike = found.all("[aria-labelledby=alike] .first");
        assert!(alike.contains(&login), "{typed}: {alike:?}");
    }
    let nobody = desk.page("/console/users?q=xqzzyxqzzy").await.page();
    assert!(nobody.all("[aria-labelledby=alike] .first").is_empty(), "{}", nobody.text());
    let globex = Desk::of(&app.globex()).await;
    let theirs = globex.page(&format!("/console/users?q={}", name.replacen("lm", "ml", 1))).await.page();
    assert!(!theirs.text().contains(&login), "{}", theirs.text());

    // What the user may have typed, each once, and nothing of who typed another name.
    let misspelt = login.replacen("helm", "hlem", 1);
    for typed in [misspelt.as_str(), &misspelt, "somebody.else@people.test"] {
        acme.sign_in("/login", typed, "whatever it was").await;
    }
    let shown = desk.page(&page).await.page();
    let refused = shown.all("[aria-labelledby=misspelt] .event .what");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains(&misspelt), "{refused:?}");
    let (help, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let shown = help.page(&page).await.page();
    assert!(shown.all("[aria-labelledby=misspelt]").is_empty(), "an event of nobody is for who sees the log");
}

async fn all_of_a_profile_is_shown_and_edited(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let user = user(&acme, "attributes").await;
    let body = json!({ "profile": { "employeeNumber": "E-17", "costCenter": "4711", "city": "Ulm" } });
    acme.api("POST", &format!("/api/v1/users/{}", user.id)).json(&body).await.expect(200);
    let page = desk.page(&format!("/console/users/{}", user.id)).await.page();
    let facts = page.all("section[aria-labelledby=profile] dd");
    for value in ["E-17", "4711", "Ulm"] {
        assert!(facts.iter().any(|fact| fact.contains(value)), "{value}: {facts:?}");
    }
    let path = format!("/console/users/{}/edit", user.id);
    let saved = desk.fill(&path, &[("employeeNumber", "E-18"), ("city", "")]).await.expect(200).page();
    let history = saved.all("section[aria-labelledby=history] li").remove(0);
    assert!(history.contains("E-17 → E-18") && history.contains("Ulm → none"), "{history}");
    let profile =
        acme.api("GET", &format!("/api/v1/users/{}", user.id)).await.expect(200).json()["profile"].clone();
    assert_eq!((&profile["employeeNumber"], &profile["costCenter"]), (&json!("E-18"), &json!("4711")));
    assert_eq!(profile.get("city"), None);
    // A form that doesn't have them leaves them alone.
    let page = desk.page(&path).await;
    let mut form = the_form(&page);
    form.remove("costCenter").set("title", "Dr");
    desk.visitor.submit(&page, &form).await.expect(303);
    let profile =
        acme.api("GET", &format!("/api/v1/users/{}", user.id)).await.expect(200).json()["profile"].clone();
    assert_eq!((&profile["costCenter"], &profile["title"]), (&json!("4711"), &json!("Dr")));
}

async fn a_search_stays_in_its_part_of_the_list(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let stem = unique("stem");
    let (on, off) = (user(&acme, &stem).await, user(&acme, &stem).await);
    step(&acme, &off, "suspend").await;
    let (helper, person) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let found = |page: &signet_testkit::Page| page.all("table.list td.first");
    let search = async |query: &str| desk.page(&format!("/console/users?{query}")).await.page();
    let all = search(&format!("q={stem}")).await;
    assert_eq!(found(&all).len(), 2, "{:?}", found(&all));
    // The tabs keep what is searched for, and the search its tab.
    let tab = all.attributes("nav[aria-label='Users by status'] a", "href");
    let suspended = tab.iter().find(|url| url.contains("status=SUSPENDED")).expect("a tab");
    assert!(suspended.contains(&stem), "{suspended}");
    let part = desk.page(suspended).await.page();
    assert_eq!(found(&part), [off.login.as_str()]);
    assert_eq!(part.attributes("form[role=search] input[name=status]", "value"), ["SUSPENDED"]);
    let active = search(&format!("q={stem}&status=ADMINISTRATORS")).await;
    assert!(found(&active).is_empty() && !active.text().contains(&on.login), "{}", active.text());
    // Who may do what is told in the list.
    let row = search(&format!("q={}&status=ADMINISTRATORS", person.login)).await;
    assert!(row.all("table.list tbody tr")[0].contains("Help desk"), "{}", row.text());
    drop(helper);
}
