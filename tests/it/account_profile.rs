//! One's own profile at the account pages: the name, as far as it is one's own, and the time zone.

use signet_testkit::{Reply, Shared, Tenant, TestApp, Visitor, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::{Desk, the_form};

on_each_engine! {
    the_profile_is_changed_by_whose_it_is,
    what_is_no_name_and_no_zone_is_refused,
    names_are_the_administrators_where_the_tenant_says_so,
}

async fn form(acme: &Tenant, visitor: &Visitor) -> Reply {
    visitor.get(&format!("{}/account/profile", acme.origin())).await.expect(200)
}

async fn send(visitor: &Visitor, page: &Reply, fields: &[(&str, &str)]) -> Reply {
    let mut form = the_form(page);
    for (name, value) in fields {
        form.set(name, value);
    }
    visitor.submit(page, &form).await
}

async fn the_profile_is_changed_by_whose_it_is(app: Shared) {
    let acme = app.acme();
    let (person, client) = (Person::new(&acme).await, NewApp::web().make(&acme).await);
    let (visitor, page) = acme.sign_in("/login", &person.login, &person.password).await;
    assert!(page.page().text().contains("Time zone UTC"), "{}", page.page().text());
    let ways = page.page().attributes(".ways a", "href");
    assert_eq!(ways, ["/account/profile", "/account/password"]);
    let edit = form(&acme, &visitor).await;
    let typed = [("firstName", " Ada "), ("lastName", "King"), ("timezone", "asia/kolkata")];
    let saved = send(&visitor, &edit, &typed).await;
    let told = visitor.follow(saved.expect(303)).await.expect(200).page();
    let text = told.text();
    assert!(text.contains("Your profile is saved.") && text.contains("Ada King"), "{text}");
    assert!(text.contains("Time zone Asia/Kolkata") && text.contains("UTC+5:30"), "{text}");
    assert_eq!(told.all("[aria-labelledby=activity] .strong")[0], "The profile was changed");
    // Tokens say it, and the log says who.
    let flow = person.code(&acme, &client, "openid profile").await;
    let tokens = flow.redeem(&acme, &client).await;
    let userinfo =
        acme.get("/oauth2/default/v1/userinfo").bearer(&tokens.access_token).await.expect(200).json();
    assert_eq!([&userinfo["name"], &userinfo["zoneinfo"]], ["Ada King", "Asia/Kolkata"]);
    let filter = format!(r#"eventType eq "user.account.update_profile" and actor.id eq "{}""#, person.id);
    let event = acme.wait_for_logs(&filter, 1).await.pop().expect("an event");
    let change = event["target"][0]["detailEntry"].to_string();
    assert_eq!(event["target"][0]["id"], json!(person.id), "{event}");
    assert!(change.contains("Asia/Kolkata") && change.contains("King"), "{change}");
    // Once more as it is: nothing has changed, and nothing is told.
    let edit = form(&acme, &visitor).await;
    assert_eq!(the_form(&edit).get("firstName"), Some("Ada"), "without the spaces around it");
    send(&visitor, &edit, &[]).await.expect(303);
    assert_eq!(acme.wait_for_logs(&filter, 1).await.len(), 1);
    // What is nobody else's stays as it was.
    let own = acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
    assert_eq!([&own["profile"]["login"], &own["profile"]["email"]], [&person.login, &person.login]);
    // In German, too; and empty is none.
    let url = format!("{}/account/profile", acme.origin());
    let german = visitor.send(visitor.call("GET", &url).header("accept-language", "de")).await.expect(200);
    assert!(german.text().contains("Vorname"), "{}", german.page().text());
    send(&visitor, &german, &[("firstName", ""), ("lastName", ""), ("timezone", "")]).await.expect(303);
    let page = visitor.get(&format!("{}/account", acme.origin())).await.expect(200).page();
    assert!(page.text().contains("Time zone UTC") && !page.text().contains("King"), "{}", page.text());
}

async fn what_is_no_name_and_no_zone_is_refused(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let edit = form(&acme, &visitor).await;
    for zone in ["Moon/Base", "../../etc/passwd", "+05:30", &"x".repeat(300)] {
        let refused = send(&visitor, &edit, &[("timezone", zone), ("firstName", "Kept")]).await.expect(422);
        assert_eq!(
            refused.page().all("#timezone-error"),
            ["There is no such time zone. Choose one from the list."]
        );
        assert_eq!(the_form(&refused).get("firstName"), Some("Kept"), "what was typed stays");
    }
    let refused = send(&visitor, &edit, &[("firstName", &"n".repeat(257))]).await.expect(422);
    assert_eq!(refused.page().all("#firstName-error").len(), 1, "{}", refused.page().text());
    // What no field of a browser sends gets no page of it.
    send(&visitor, &edit, &[("firstName", "a\u{1}b")]).await.expect(400);
    // Nothing but the form's own members is taken.
    let others =
        [("login", "root@acme.test"), ("email", "x@y.test"), ("adminRole", "SUPER_ADMIN"), ("title", "CEO")];
    let mut form = the_form(&edit);
    for (name, value) in others {
        form.set(name, value);
    }
    visitor.submit(&edit, &form).await.expect(303);
    let own = acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
    assert_eq!([&own["profile"]["login"], &own["profile"]["email"]], [&person.login, &person.login]);
    assert!(own["profile"].get("title").is_none(), "{own}");
}

async fn names_are_the_administrators_where_the_tenant_says_so(app: TestApp) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let open = form(&acme, &visitor).await;
    let desk = Desk::of(&acme).await;
    let edit = desk.page("/console/security/edit").await;
    let asked = desk.send(&edit, &[("account.ownNames", "administrators")]).await.expect(200);
    let text = asked.page().text();
    assert!(text.contains("Users change their own → Only administrators change them"), "{text}");
    let saved = desk.visitor.follow(desk.send(&asked, &[]).await).await.expect(200);
    assert!(saved.text().contains("Only administrators change them"), "{}", saved.page().text());
    let rules = acme.api("GET", "/api/v1/security").await.expect(200).json();
    assert_eq!(rules["account"], json!({ "ownNames": false }));
    // A form that was opened before isn't saved in part.
    let fields = [("firstName", "Root"), ("timezone", "Europe/Berlin")];
    let refused = send(&visitor, &open, &fields).await.expect(422);
    assert!(refused.text().contains("Your name is kept by your organization"), "{}", refused.page().text());
    let read = async || acme.api("GET", &format!("/api/v1/users/{}", person.id)).await.expect(200).json();
    let own = read().await;
    assert!(own["profile"].get("timezone").is_none() && own["profile"]["firstName"] != "Root", "{own}");
    let now = form(&acme, &visitor).await;
    assert_eq!(the_form(&now).get("firstName"), None);
    send(&visitor, &now, &[("timezone", "Europe/Berlin")]).await.expect(303);
    assert_eq!(read().await["profile"]["timezone"], "Europe/Berlin");
}
