//! Access policies and their rules at the console, and the question which rule decides.

use signet_testkit::{Form, Reply, Shared, Tenant, Value, json, on_each_engine};

use crate::support::apps::{NewApp, Person, Server};
use crate::support::desk::{Desk, the_form};
use crate::support::groups::group;
use crate::support::make::unique;

on_each_engine! {
    a_policy_with_a_rule_is_made_and_decides,
    policies_and_rules_change_places,
    what_is_wrong_with_a_rule_stands_beside_its_field,
    ad_03_two_administrators_at_one_rule,
    which_rule_decides_is_told_with_what_stopped_the_others,
    who_may_not_read_users_keeps_those_of_a_rule,
    a_refusal_leads_to_the_question_about_itself,
    an_app_and_a_user_lead_to_the_question_about_them,
    a_history_tells_changes_as_people_say_them,
}

fn policies(server: &Server) -> String {
    format!("/console/servers/{}/policies", server.id)
}

/// A form with boxes ticked, and nothing else ticked of that name.
fn tick(form: &mut Form, name: &str, values: &[&str]) {
    form.remove(name);
    form.fields.extend(values.iter().map(|value| (name.to_owned(), (*value).to_owned())));
}

async fn policy(desk: &Desk, server: &Server, name: &str, clients: &[&str]) -> String {
    let page = desk.page(&format!("{}/new", policies(server))).await;
    let mut form = the_form(&page);
    // The first one of a server is off unless somebody says otherwise.
    form.set("name", name).set("status", "ACTIVE");
    tick(&mut form, "conditions.clients", clients);
    let made = desk.visitor.submit(&page, &form).await;
    let made = desk.visitor.follow(made).await.expect(200);
    assert!(made.text().contains("The access policy is created."), "{}", made.page().text());
    made.url.path().to_owned()
}

async fn rule(desk: &Desk, policy: &str, fields: &[(&str, &str)]) -> Reply {
    desk.fill(&format!("{policy}/rules/new"), fields).await
}

async fn stored(tenant: &Tenant, server: &Server) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/policies", server.id);
    tenant.api("GET", &path).await.expect(200).json()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect()
}

async fn a_policy_with_a_rule_is_made_and_decides(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    server.scope("read", "IMPLICIT").await;
    let (web, person) = (NewApp::web().label("Payroll app").make(&acme).await, Person::new(&acme).await);
    let before = desk.page(&format!("/console/servers/{}", server.id)).await;
    assert!(before.text().contains("serves whatever its apps may do"), "{}", before.page().text());
    let url = policy(&desk, &server, "payroll", &[&web.client_id]).await;
    let refused = server.tenant.password(&web, &person.login, &person.password, "read").await;
    refused.expect_oauth_error(400, "access_denied");
    let fields = [
        ("name", "staff"),
        ("conditions.people.users", person.login.as_str()),
        ("conditions.people.groups", ""),
        ("conditions.grantTypes", "password"),
        ("conditions.scopes", "openid read"),
        ("accessTokenLifetimeMinutes", "7 min"),
    ];
    let page = desk.page(&format!("{url}/rules/new")).await;
    let mut form = the_form(&page);
    for (name, value) in fields {
        form.set(name, value);
    }
    form.remove("conditions.people.groups");
    let made = desk.visitor.submit(&page, &form).await;
    let made = desk.visitor.follow(made).await.expect(200);
    let text = made.page().text();
    for told in ["The rule is saved.", "staff", &person.login, "Password", "openid, read", "access 7 minutes"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    let token =
        server.tenant.password(&web, &person.login, &person.password, "read").await.expect(200).json();
    assert_eq!(token["expires_in"], 7 * 60);
    let list = desk.page(&policies(&server)).await;
    assert!(list.text().contains("Payroll app") && list.text().contains("1 rule"), "{}", list.page().text());
    // A rule and a policy are switched off and on.
    let links = made.page().attributes("ol a", "href");
    let own = links.iter().find(|href| href.contains("/rules/")).expect("the rule").clone();
    desk.press(&url, &format!("{own}/off")).await.expect(200);
    let refused = server.tenant.password(&web, &person.login, &person.password, "read").await;
    refused.expect_oauth_error(400, "access_denied");
    desk.press(&url, &format!("{own}/on")).await.expect(200);
    let off = desk.press(&url, &format!("{url}/off")).await;
    assert!(off.text().contains("The access policy is off."), "{}", off.page().text());
    let token =
        server.tenant.password(&web, &person.login, &person.password, "read").await.expect(200).json();
    assert_eq!(token["expires_in"], 60 * 60, "the server's own terms");
    assert!(desk.press(&url, &format!("{url}/on")).await.text().contains("is in force"));
    let edited = desk.fill(&format!("{url}/edit"), &[("description", "For the staff")]).await.expect(200);
    assert!(edited.text().contains("For the staff"));
    desk.fill(&format!("{own}/delete"), &[]).await.expect(200);
    assert_eq!(desk.get(&own).await.status, 404);
    let gone = desk.fill(&format!("{url}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The access policy is deleted."));
    for path in [
        url.clone(),
        format!("{url}/edit"),
        format!("{url}/rules/new"),
        format!("{}/none", policies(&server)),
    ] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
}

async fn policies_and_rules_change_places(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let list = policies(&server);
    let mut urls = Vec::new();
    for name in ["one", "two", "three"] {
        urls.push(policy(&desk, &server, name, &["ALL_CLIENTS"]).await);
    }
    let page = desk.page(&list).await;
    let moved = desk.press(&list, &format!("{}/up", urls[2])).await.expect(200);
    assert!(moved.text().contains("The order is changed."), "{}", moved.page().text());
    assert_eq!(names(&stored(&acme, &server).await), ["one", "three", "two"]);
    desk.press(&list, &format!("{}/down", urls[0])).await.expect(200);
    assert_eq!(names(&stored(&acme, &server).await), ["three", "one", "two"]);
    // The page from before shows an order that is no more: buttons that don't fit it any more change nothing.
    for button in [format!("{}/up", urls[2]), format!("{}/down", urls[1])] {
        let forms = page.page().forms();
        let old = forms.iter().find(|form| form.action.ends_with(&button)).unwrap();
        desk.visitor.submit(&page, old).await.expect(412);
    }
    assert_eq!(names(&stored(&acme, &server).await), ["three", "one", "two"]);
    let id = urls[2].rsplit('/').next().unwrap();
    let told = acme.wait_for_logs(&format!(r#"target.id eq "{id}""#), 3).await;
    assert_eq!(told[1]["debugContext"]["debugData"]["changed"], "priority", "{told:#?}");
    for name in ["a", "b"] {
        rule(&desk, &urls[0], &[("name", name)]).await.expect(200);
    }
    let second = desk.page(&urls[0]).await.page().attributes("ol a", "href").remove(1);
    desk.press(&urls[0], &format!("{second}/up")).await.expect(200);
    let id = urls[0].rsplit('/').next().unwrap();
    let path = format!("/api/v1/authorizationServers/{}/policies/{id}/rules", server.id);
    assert_eq!(names(&acme.api("GET", &path).await.expect(200).json()), ["b", "a"]);
    // Of those with the same place the id decides; moving one gives each a place of its own.
    let api = format!("/api/v1/authorizationServers/{}/policies", server.id);
    for one in stored(&acme, &server).await.as_array().unwrap() {
        let mut body = one.clone();
        body["priority"] = 5.into();
        let path = format!("{api}/{}", one["id"].as_str().unwrap());
        acme.api("PUT", &path).json(&body).await.expect(200);
    }
    assert_eq!(names(&stored(&acme, &server).await), ["one", "two", "three"]);
    desk.press(&list, &format!("{}/up", urls[1])).await.expect(200);
    let after = stored(&acme, &server).await;
    assert_eq!(names(&after), ["two", "one", "three"]);
    assert_eq!(after[2]["priority"], 3);
}

async fn what_is_wrong_with_a_rule_stands_beside_its_field(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let url = policy(&desk, &server, "all", &["ALL_CLIENTS"]).await;
    let access = "accessTokenLifetimeMinutes";
    for (field, value, at, says) in [
        ("name", "", "name", "Must have 1 to 100 characters."),
        ("conditions.people.groups", "", "conditions.people.groups", ""),
        (
            "conditions.people.users",
            "nobody-has-this",
            "conditions.people.users",
            "Nobody here has this login: nobody-has-this.",
        ),
        ("conditions.people.users", "me", "conditions.people.users", "Nobody here has this login: me."),
        ("conditions.grantTypes", "implicit", "conditions.grantTypes", "Must be of authorization_code"),
        ("conditions.scopes", "", "conditions.scopes", "Must have 1 to 100 entries."),
        ("conditions.scopes", "unheard", "conditions.scopes", "has no scope 'unheard'"),
        (access, "soon", access, "Write a time like 30 min, 12 h or 90 days."),
        (access, "2 min", access, "Must be from 5 min to 1 day."),
        ("refreshTokenLifetimeMinutes", "20", "refreshTokenWindowMinutes", "Must not be longer"),
    ] {
        let page = desk.page(&format!("{url}/rules/new")).await;
        let mut form = the_form(&page);
        form.set("name", "staff");
        if value.is_empty() && field.ends_with("groups") {
            form.remove(field);
        } else {
            form.set(field, value);
        }
        let reply = desk.visitor.submit(&page, &form).await.expect(422);
        let said = reply.page().all(&format!("[id='{at}-error']"));
        assert!(said.iter().any(|s| s.contains(says)), "{field}={value}: {said:?} {}", reply.page().text());
    }
    let page = desk.page(&format!("{}/new", policies(&server))).await;
    let reply = desk.send(&page, &[("name", "none")]).await.expect(422);
    assert_eq!(reply.page().all("[id='conditions.clients-error']"), ["Must have 1 to 100 entries."]);
    let reply = desk.send(&page, &[("name", "all"), ("conditions.clients", "ALL_CLIENTS")]).await.expect(422);
    assert_eq!(reply.page().all("#name-error"), ["This is taken already. Choose another."]);
    let mut form = the_form(&page);
    form.set("name", "foreign")
        .set("conditions.clients.more", &NewApp::web().make(&app.globex()).await.client_id);
    let reply = desk.visitor.submit(&page, &form).await.expect(422);
    assert!(reply.page().all("[id='conditions.clients-error']")[0].starts_with("There is no app"));
}

async fn ad_03_two_administrators_at_one_rule(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let url = policy(&desk, &server, "all", &["ALL_CLIENTS"]).await;
    rule(&desk, &url, &[("name", "staff")]).await.expect(200);
    let own = desk.page(&url).await.page().attributes("ol a", "href").remove(0);
    let (theirs, mine) = (desk.page(&own).await, desk.page(&own).await);
    assert_eq!(desk.send(&theirs, &[("conditions.scopes", "openid")]).await.status, 303);
    let clash = desk.send(&mine, &[("conditions.scopes", "profile")]).await.expect(412);
    assert_eq!(clash.page().all("table.plain td"), ["openid", "profile"], "both versions");
    let saved = desk.send(&clash, &[]).await;
    assert!(desk.visitor.follow(saved).await.page().text().contains("profile"), "saved on insisting");
    let settings = format!("{url}/edit");
    let (theirs, mine) = (desk.page(&settings).await, desk.page(&settings).await);
    assert_eq!(desk.send(&theirs, &[("name", "everyone")]).await.status, 303);
    let clash = desk.send(&mine, &[("name", "anyone")]).await.expect(412);
    assert_eq!(clash.page().all("table.plain td"), ["everyone", "anyone"]);
}

async fn which_rule_decides_is_told_with_what_stopped_the_others(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let staff = group(&acme, &unique("staff")).await;
    let why = format!("{}/why", policies(&server));
    let page = desk.page(&why).await;
    let ask = [
        ("client_id", web.client_id.as_str()),
        ("user", person.login.as_str()),
        ("grant_type", "password"),
        ("scope", "openid email"),
    ];
    let open = desk.send(&page, &ask).await.expect(200).page();
    assert!(open.all("#answer").join(" ").contains("No policy is in force"), "{}", open.text());
    let other = NewApp::service().make(&acme).await;
    policy(&desk, &server, "elsewhere", &[&other.client_id]).await;
    let url = policy(&desk, &server, "here", &["ALL_CLIENTS"]).await;
    let grants = "conditions.grantTypes";
    rule(&desk, &url, &[("name", "machines"), (grants, "client_credentials")]).await.expect(200);
    let group = [("name", "group"), (grants, "password"), ("conditions.people.groups", staff.as_str())];
    rule(&desk, &url, &group).await.expect(200);
    let narrow = [("name", "narrow"), (grants, "password"), ("conditions.scopes", "openid")];
    rule(&desk, &url, &narrow).await.expect(200);
    let shown = desk.send(&page, &ask).await.expect(200).page();
    let cells = shown.all("#answer td");
    let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
    let refused = shown.all("#answer .answer-line").join(" ");
    assert!(
        refused.contains("Refused") && refused.contains("No rule lets all of these scopes through"),
        "{refused}"
    );
    let whys: Vec<&str> = cells.chunks(3).map(|row| row[2]).collect();
    assert_eq!(
        whys,
        [
            "It doesn’t name this app.",
            "It doesn’t allow the grant Password.",
            "It names neither this user nor one of the user’s groups.",
            "It doesn’t allow email.",
            "None of its rules fits.",
        ],
        "{cells:?}"
    );
    let fits = [("name", "fits"), (grants, "password"), ("accessTokenLifetimeMinutes", "9")];
    rule(&desk, &url, &fits).await.expect(200);
    let shown = desk.send(&page, &ask).await.expect(200).page();
    let answer = shown.all("#answer").join(" ");
    assert!(answer.contains("The rule fits of the policy here decides."), "{answer}");
    assert!(answer.contains("access 9 minutes"), "{answer}");
    let token =
        server.tenant.password(&web, &person.login, &person.password, "openid email").await.expect(200);
    assert_eq!(token.json()["expires_in"], 9 * 60, "as it was told");
}

async fn who_may_not_read_users_keeps_those_of_a_rule(app: Shared) {
    let acme = app.acme();
    let boss = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let person = Person::new(&acme).await;
    let url = policy(&boss, &server, "all", &["ALL_CLIENTS"]).await;
    let fields = [("name", "staff"), ("conditions.people.users", person.login.as_str())];
    rule(&boss, &url, &fields).await.expect(200);
    let own = boss.page(&url).await.page().attributes("ol a", "href").remove(0);
    let (desk, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    for path in [&url, &own] {
        assert!(!desk.page(path).await.text().contains(&person.login), "{path}");
    }
    desk.fill(&own, &[("name", "team")]).await.expect(200);
    assert_eq!(the_form(&boss.page(&own).await).get("conditions.people.users"), Some(person.login.as_str()));
    let page = desk.page(&format!("{}/why", policies(&server))).await;
    let mut form = the_form(&page);
    form.set("client_id", &NewApp::web().make(&acme).await.client_id).set("user", &person.login);
    desk.visitor.submit(&page, &form).await.expect(403);
}

async fn a_refusal_leads_to_the_question_about_itself(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    server.scope("read", "IMPLICIT").await;
    let (web, other, person) =
        (NewApp::web().make(&acme).await, NewApp::service().make(&acme).await, Person::new(&acme).await);
    policy(&desk, &server, "others", &[&other.client_id]).await;
    let refused = server.tenant.password(&web, &person.login, &person.password, "openid read").await;
    refused.expect_oauth_error(400, "access_denied");
    let filter = format!(r#"outcome.reason eq "no_matching_policy" and client.id eq "{}""#, web.client_id);
    let event = acme.wait_for_logs(&filter, 1).await.remove(0);
    let page = desk.page(&format!("/console/log/{}", event["uuid"].as_str().expect("an id"))).await.page();
    // What is printed or passed on says the day, whenever it is read.
    let time = page.all("main time").join(" ");
    assert!(time.contains(&event["published"].as_str().expect("a time")[..4]), "{time}");
    let links = page.attributes("a", "href");
    let why = links.into_iter().find(|url| url.contains("/policies/why?")).expect("a link to the question");
    assert!(why.contains(&person.id) && !why.contains("acme.test"), "no login in an address: {why}");
    let asked = desk.page(&why).await;
    let form = the_form(&asked);
    let typed = ["client_id", "user", "grant_type", "scope"].map(|name| form.get(name).unwrap_or_default());
    assert_eq!(typed, [web.client_id.as_str(), &person.login, "password", "openid read"]);
    let answer = desk.send(&asked, &[]).await.expect(200).page();
    assert_eq!(answer.all("#answer").len(), 1, "{}", answer.text());
    // The preview leads there with what was asked, too.
    let preview =
        format!("/console/servers/{}/preview{}", server.id, &why[why.find('?').expect("a query")..]);
    let told = desk.send(&desk.page(&preview).await, &[]).await.expect(200).page();
    assert!(
        told.attributes("#answer a", "href").contains(&why),
        "{:?}",
        told.attributes("#answer a", "href")
    );
}

async fn an_app_and_a_user_lead_to_the_question_about_them(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, service, person) =
        (NewApp::web().make(&acme).await, NewApp::service().make(&acme).await, Person::new(&acme).await);
    let ways = async |page: &str| desk.page(page).await.page().attributes(".asks a", "href");
    let asked = async |url: &str| {
        let form = the_form(&desk.page(url).await);
        ["client_id", "user", "grant_type", "scope"].map(|name| form.get(name).unwrap_or_default().to_owned())
    };
    for (app, expected) in [
        (&web, [web.client_id.as_str(), "", "authorization_code", "openid"]),
        (&service, [service.client_id.as_str(), "", "client_credentials", ""]),
    ] {
        let ways = ways(&format!("/console/apps/{}", app.id)).await;
        assert_eq!(ways.len(), 2, "{ways:?}");
        for way in &ways {
            assert_eq!(asked(way).await, expected, "{way}");
        }
    }
    for way in ways(&format!("/console/users/{}", person.id)).await {
        assert_eq!(asked(&way).await, ["", person.login.as_str(), "authorization_code", "openid"], "{way}");
        assert!(!way.contains("acme.test"), "no login in an address: {way}");
    }
    // Who may not see apps isn't led there.
    let (helper, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let page = helper.page(&format!("/console/users/{}", person.id)).await.expect(200).page();
    assert_eq!(page.attributes(".asks a", "href"), Vec::<String>::new());
}

async fn a_history_tells_changes_as_people_say_them(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let server = Server::new(&acme, json!({})).await;
    let (web, person) = (NewApp::web().label("Payslips").make(&acme).await, Person::new(&acme).await);
    let url = policy(&desk, &server, "all", &["ALL_CLIENTS"]).await;
    let fields = [("name", "staff"), ("accessTokenLifetimeMinutes", "60 min")];
    rule(&desk, &url, &fields).await.expect(200);
    let own = desk.page(&url).await.page().attributes("ol a", "href").remove(0);
    let name = unique("Ledger");
    let staff = group(&acme, &name).await;
    let page = desk.page(&own).await;
    let mut form = the_form(&page);
    tick(&mut form, "conditions.people.groups", &[&staff]);
    form.set("conditions.people.users", &person.login).set("accessTokenLifetimeMinutes", "90 min");
    let saved = desk.visitor.submit(&page, &form).await;
    desk.visitor.follow(saved).await.expect(200);
    let page = desk.page(&format!("{url}/edit")).await;
    let mut form = the_form(&page);
    tick(&mut form, "conditions.clients", &[&web.client_id]);
    let saved = desk.visitor.submit(&page, &form).await;
    desk.visitor.follow(saved).await.expect(200);
    let history = desk.page(&format!("/console/servers/{}", server.id)).await.page();
    let history = history.all("section[aria-labelledby=history] li").join("\n");
    for told in
        [name.as_str(), &person.login, "1 hour → 90 minutes", "removed everyone", "Payslips", "every app"]
    {
        assert!(history.contains(told), "{told}: {history}");
    }
    for code in ["EVERYONE", "ALL_CLIENTS", staff.as_str(), &person.id, "Priority", "ACTIVE"] {
        assert!(!history.contains(code), "{code}: {history}");
    }
}
