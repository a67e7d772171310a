//! Groups at the console.

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::apps::{Person, Server};
use crate::support::desk::{Desk, the_form};
use crate::support::groups::{group, join};
use crate::support::make::unique;

on_each_engine! {
    a_group_is_made_filled_emptied_and_deleted,
    several_are_put_into_a_group_or_nobody,
    a_new_user_is_in_the_groups_that_the_form_names,
    a_user_is_put_into_a_group_from_their_own_page,
    two_who_change_a_group_see_both_versions,
    a_help_desk_sees_groups_and_moves_nobody,
    a_group_says_how_many_it_has_and_what_asks_for_it,
}

async fn a_group_is_made_filled_emptied_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, person) = (unique("Night shift"), Person::new(&acme).await);
    let made =
        desk.fill("/console/groups/new", &[("name", &name), ("description", "After ten")]).await.expect(200);
    assert!(made.text().contains("The group is created.") && made.text().contains("After ten"));
    let path = made.url.path().to_owned();
    let taken = desk.page("/console/groups/new").await;
    let taken = desk.send(&taken, &[("name", &name.to_uppercase())]).await.expect(422);
    assert!(taken.text().contains("This is taken already."), "{}", taken.text());
    let form = desk.page(&format!("{path}/members/new")).await;
    let nobody = desk.send(&form, &[("logins", "nobody-has-this")]).await.expect(422);
    assert!(nobody.text().contains("Nobody here has the login nobody-has-this."), "{}", nobody.text());
    let joined = desk.fill(&format!("{path}/members/new"), &[("logins", &person.login)]).await.expect(200);
    assert!(joined.text().contains("The user is in the group") && joined.text().contains(&person.login));
    let user = desk.page(&format!("/console/users/{}", person.id)).await.page();
    assert_eq!(user.attributes("#groups ~ .links a", "href"), std::slice::from_ref(&path));
    let search = desk.page("/console/groups?q=night").await;
    assert!(search.text().contains(&name), "{}", search.text());
    let out = desk.press(&path, &format!("/members/{}/remove", person.id)).await;
    assert!(out.text().contains("The user is out of the group"), "{}", out.describe());
    let gone = desk.fill(&format!("{path}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The group is deleted."), "{}", gone.text());
    assert_eq!(desk.get(&path).await.status, 404);
}

async fn several_are_put_into_a_group_or_nobody(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let id = group(&acme, &unique("Whole shift")).await;
    let (one, two) = (Person::new(&acme).await, Person::new(&acme).await);
    let path = format!("/console/groups/{id}/members/new");
    let form = desk.page(&path).await;
    let members = async || {
        let listed = acme.api("GET", &format!("/api/v1/groups/{id}/users")).await.expect(200).json();
        let mut ids: Vec<String> = listed
            .as_array()
            .expect("a list")
            .iter()
            .map(|u| u["id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids
    };
    let typed = format!("{}\r\nnobody-1\r\n {} \r\nnobody-2\r\nme", one.login, two.id);
    let refused = desk.send(&form, &[("logins", &typed)]).await.expect(422);
    let said = refused.page().all("#logins-error").join(" ");
    assert!(said.contains("Nobody here has these logins: nobody-1, nobody-2, me."), "{said}");
    assert_eq!(members().await, Vec::<String>::new());
    let many = (0..101).map(|n| format!("u{n}")).collect::<Vec<_>>().join("\r\n");
    let refused = desk.send(&form, &[("logins", &many)]).await.expect(422);
    assert!(refused.page().all("#logins-error").join(" ").contains("At most 100 at once."));
    desk.send(&form, &[("logins", " \r\n ")]).await.expect(422);
    // One that stands there twice is added once.
    let typed = format!("{}\r\n{}\r\n{}", one.login, two.id, one.id);
    let done = desk.send(&form, &[("logins", &typed)]).await;
    let done = desk.visitor.follow(done).await.expect(200);
    assert!(done.text().contains("The users are in the group"), "{}", done.text());
    let mut both = vec![one.id.clone(), two.id.clone()];
    both.sort();
    assert_eq!(members().await, both);
    let filter = format!(r#"eventType eq "group.user_membership.add" and target.id eq "{id}""#);
    assert_eq!(acme.wait_for_logs(&filter, 2).await.len(), 2);
}

async fn a_new_user_is_in_the_groups_that_the_form_names(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let new = "/console/users/new";
    let (first, second) = (group(&acme, "Early").await, group(&acme, "Late").await);
    let fields = |login: &'static str, groups: &'static str| {
        [
            ("firstName", "New"),
            ("lastName", "User"),
            ("email", "new@mail.test"),
            ("login", login),
            ("how", "none"),
            ("groups", groups),
        ]
    };
    let page = desk.page(new).await;
    let offered = page.page().attributes("input[name=groups]", "value");
    assert!(offered.contains(&first) && offered.contains(&second), "{offered:?}");
    let refused = desk.send(&page, &fields("no-group@acme.test", "Nowhere")).await.expect(422);
    assert_eq!(refused.page().all("#groups-error"), ["No group is called Nowhere."]);
    acme.api("GET", "/api/v1/users/no-group@acme.test").await.expect(404);
    let mut form = the_form(&page);
    for (name, value) in fields("in-both@acme.test", "") {
        form.set(name, value);
    }
    form.remove("groups");
    form.fields.extend([&first, &second].map(|id| ("groups".to_owned(), id.clone())));
    let made = desk.visitor.submit(&page, &form).await;
    let made = desk.visitor.follow(made).await.expect(200);
    let links = made.page().attributes("#groups ~ .links a", "href");
    assert_eq!(links, [&first, &second].map(|id| format!("/console/groups/{id}")));
    for id in [&first, &second] {
        let filter = format!(r#"eventType eq "group.user_membership.add" and target.id eq "{id}""#);
        acme.wait_for_logs(&filter, 1).await;
    }
    // Who may make users and move nobody isn't asked.
    let (help, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let page = help.page(new).await;
    assert!(page.page().attributes("[name=groups]", "id").is_empty());
    let forged = help.send(&page, &fields("forged@acme.test", "Early")).await;
    assert_eq!(forged.status, 403, "{}", forged.describe());
    // With more than fit they are named, one a line.
    for n in 0..50 {
        group(&acme, &format!("More {n}")).await;
    }
    let page = desk.page(new).await;
    let made = desk.send(&page, &fields("by-name@acme.test", "late\r\nMore 7")).await;
    let made = desk.visitor.follow(made).await.expect(200);
    assert_eq!(made.page().attributes("#groups ~ .links a", "href").len(), 2);
}

async fn a_user_is_put_into_a_group_from_their_own_page(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, person) = (unique("Early shift"), Person::new(&acme).await);
    let id = group(&acme, &name).await;
    let path = format!("/console/users/{}", person.id);
    let page = desk.page(&path).await.page();
    assert_eq!(page.attributes("#groups ~ p a", "href"), [format!("{path}/groups/new")]);
    let form = desk.page(&format!("{path}/groups/new")).await;
    assert!(form.page().attributes("datalist option", "value").contains(&name), "it is suggested");
    let nobody = desk.send(&form, &[("group", "Night")]).await.expect(422);
    assert!(nobody.text().contains("No group has this name."), "{}", nobody.text());
    let joined = desk.send(&form, &[("group", &name.to_uppercase())]).await;
    let joined = desk.page(joined.location().path()).await;
    assert_eq!(joined.page().attributes("#groups ~ .links a", "href"), [format!("/console/groups/{id}")]);
    // Twice is once.
    desk.send(&form, &[("group", &id)]).await;
    assert_eq!(desk.page(&path).await.page().all("#groups ~ .links a"), [name]);
}

async fn two_who_change_a_group_see_both_versions(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (first, second, third) = (unique("first"), unique("second"), unique("third"));
    let path = format!("/console/groups/{}/edit", group(&acme, &first).await);
    let old = desk.page(&path).await;
    desk.fill(&path, &[("name", &second)]).await.expect(200);
    let clash = desk.send(&old, &[("name", &third)]).await.expect(412);
    for name in [&second, &third] {
        assert!(clash.text().contains(name.as_str()), "{name} in {}", clash.text());
    }
}

async fn a_help_desk_sees_groups_and_moves_nobody(app: Shared) {
    let acme = app.acme();
    let (desk, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let (id, person) = (group(&acme, &unique("doors")).await, Person::new(&acme).await);
    join(&acme, &id, &person.id).await;
    let page = desk.page(&format!("/console/groups/{id}")).await;
    assert!(page.text().contains(&person.login));
    let user = desk.page(&format!("/console/users/{}", person.id)).await.page();
    assert_eq!((user.all("#groups ~ .links a").len(), user.all("#groups ~ p a").len()), (1, 0));
    assert_eq!(desk.get(&format!("/console/users/{}/groups/new", person.id)).await.status, 403);
    assert!(!page.text().contains("/remove") && !page.text().contains("Add members"), "{}", page.text());
    for path in ["members/new", "edit", "delete"] {
        assert_eq!(desk.get(&format!("/console/groups/{id}/{path}")).await.status, 403, "{path}");
    }
}

async fn a_group_says_how_many_it_has_and_what_asks_for_it(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("Treasury");
    let id = group(&acme, &name).await;
    let path = format!("/console/groups/{id}");
    let used = async || desk.page(&path).await.page().all("section[aria-labelledby=used-by]").join(" ");
    assert!(used().await.contains("No access rule and no claim asks for this group."), "{}", used().await);
    for _ in 0..2 {
        join(&acme, &id, &Person::new(&acme).await.id).await;
    }
    let server = Server::new(&acme, json!({})).await;
    let base = format!("/api/v1/authorizationServers/{}", server.id);
    let post = async |path: &str, body| acme.api("POST", path).json(&body).await.expect(201).json();
    let clients = json!({ "clients": { "include": ["ALL_CLIENTS"] } });
    let policy = post(&format!("{base}/policies"), json!({ "name": "Money", "conditions": clients })).await;
    let policy = policy["id"].as_str().expect("an id").to_owned();
    let rule = json!({ "name": "tellers", "conditions": {
        "people": { "groups": { "include": [id] } },
        "grantTypes": { "include": ["password"] },
        "scopes": { "include": ["*"] },
    } });
    post(&format!("{base}/policies/{policy}/rules"), rule).await;
    let claim = json!({ "name": "desks", "claimType": "RESOURCE", "valueType": "GROUPS",
        "group_filter_type": "STARTS_WITH", "value": "Treas", "alwaysIncludeInToken": true });
    post(&format!("{base}/claims"), claim).await;
    let told = used().await;
    assert!(told.contains("Rule tellers of Money") && told.contains("Claim desks"), "{told}");
    let links = desk.page(&path).await.page().attributes("section[aria-labelledby=used-by] a", "href");
    assert!(links.contains(&format!("/console/servers/{}/policies/{policy}", server.id)), "{links:?}");
    for link in links {
        desk.page(&link).await.expect(200);
    }
    let facts = desk.page(&path).await.page().all("section[aria-labelledby=facts] dd");
    assert!(facts.iter().any(|fact| fact == "2"), "{facts:?}");
    let row = desk.page(&format!("/console/groups?q={}", name.to_lowercase())).await.page();
    assert!(row.all("table.list tbody tr")[0].contains("Members: 2"), "{}", row.text());
}
