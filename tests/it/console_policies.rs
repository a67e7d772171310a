//! Rate policies in the console.

use signet_testkit::{Shared, TestApp, json, on_each_engine};

use crate::support::desk::{Desk, the_form};
use crate::support::make::unique;

on_each_engine! {
    a_rate_policy_is_made_changed_and_deleted,
    what_is_wrong_with_a_rate_policy_stands_beside_its_field,
    ad_03_two_administrators_at_one_rate_policy,
    a_draft_is_tried_before_it_is_saved,
}

const PATH: &str = "/console/rate-policies";

async fn a_rate_policy_is_made_changed_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("policy");
    let limits = desk.page("/console/limits").await;
    assert!(limits.page().attributes("a", "href").contains(&PATH.to_owned()), "the limits lead there");
    let fields =
        [("name", name.as_str()), ("limit", "1000"), ("window_size", "3600"), ("identifier", "user")];
    let made = desk.fill(&format!("{PATH}/new"), &fields).await.expect(200);
    assert!(made.text().contains("1,000 tokens in 1 hour, for each user"), "{}", made.page().text());
    let path = made.url.path().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    let api = || async { acme.api("GET", &format!("/api/v1/rate-policies/{id}")).await.expect(200).json() };
    let policy = api().await;
    // A new one refuses nothing until somebody says so.
    assert_eq!((&policy["enabled"], &policy["dry_run"]), (&json!(true), &json!(true)));
    assert_eq!((&policy["limit"], &policy["window_size"]), (&json!([1000]), &json!([3600])));
    for (action, enabled, dry_run, word) in [
        ("/enforce", true, false, "In force"),
        ("/off", false, false, "Off"),
        ("/dry-run", true, true, "Dry run"),
        ("/off", false, true, "Off"),
    ] {
        let page = desk.press(&path, action).await.expect(200);
        assert_eq!(page.page().all(".page-head .outcome"), [word], "{action}");
        let policy = api().await;
        assert_eq!((&policy["enabled"], &policy["dry_run"]), (&json!(enabled), &json!(dry_run)), "{action}");
    }
    let edited =
        desk.fill(&format!("{path}/edit"), &[("error_message", "Come back later")]).await.expect(200);
    assert!(edited.text().contains("Come back later"));
    let policy = api().await;
    // What the form didn't touch is as it was, and what is off comes back as it was.
    assert_eq!((&policy["enabled"], &policy["dry_run"]), (&json!(false), &json!(true)));
    assert_eq!((&policy["limit"], &policy["sync_rate"]), (&json!([1000]), &json!(-1)));
    let filter = format!("eventType eq \"policy.rate_limit.update\" and target.id eq \"{id}\"");
    assert_eq!(acme.wait_for_logs(&filter, 5).await.len(), 5);
    assert!(desk.page(PATH).await.page().text().contains(&name));
    let gone = desk.fill(&format!("{path}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The rate policy is deleted.") && !gone.page().text().contains(&name));
    for path in [path.clone(), format!("{path}/edit"), format!("{PATH}/none")] {
        assert_eq!(desk.get(&path).await.status, 404, "{path}");
    }
}

async fn what_is_wrong_with_a_rate_policy_stands_beside_its_field(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("wrong");
    let right = [("name", name.as_str()), ("limit", "3"), ("window_size", "30")];
    for (field, value, at, says) in [
        ("name", "", "name", "Must have 1 to 100 characters."),
        ("limit", "many", "limit", "The number of tokens must be from 1 to 100000000."),
        ("window_size", "", "limit", "Seconds must be from 1 to"),
        ("identifier", "header", "header_name", "Is required with identifier header."),
        ("identifier", "planet", "identifier", "Must be one of"),
        ("path", "/x", "path", "Only goes with identifier path."),
        ("strategy", "redis", "strategy", "This deployment has no Redis"),
        ("sync_rate", "often", "sync_rate", "Must be -1"),
        ("error_code", "200", "error_code", "Must be from 400 to 599."),
        ("namespace", "a b", "namespace", "Must have 1 to 64"),
    ] {
        let page = desk.page(&format!("{PATH}/new")).await;
        let mut fields = right.to_vec();
        fields.push((field, value));
        let reply = desk.send(&page, &fields).await.expect(422);
        let said = reply.page().all(&format!("#{at}-error"));
        assert!(said.iter().any(|s| s.contains(says)), "{field}={value}: {said:?} {}", reply.page().text());
        assert!(reply.page().text().contains("Nothing was saved."));
    }
    let page = desk.page(&format!("{PATH}/new")).await;
    let form = the_form(&page);
    let body = format!(
        "csrf={}&once={}&name={name}&identifier=app&state=off&window_type=fixed&strategy=local&error_code=429&\
         error_message=x&retry_after_jitter_max=0&grant_types=password&limit=3&window_size=30&limit=5&\
         window_size=30",
        form.get("csrf").unwrap(),
        form.get("once").unwrap()
    );
    let call = desk.visitor.call("POST", &format!("{}{PATH}/new", acme.origin()));
    let reply = desk.visitor.send(call.body("application/x-www-form-urlencoded", body.as_bytes())).await;
    assert_eq!(reply.expect(422).page().all("#limit-error"), ["Two windows have the same length."]);
}

async fn ad_03_two_administrators_at_one_rate_policy(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let name = unique("shared");
    // Off, so that it tells nothing of other tests' tokens.
    let fields = [("name", name.as_str()), ("limit", "3"), ("window_size", "30"), ("state", "off")];
    let path = desk.fill(&format!("{PATH}/new"), &fields).await.expect(200).url.path().to_owned();
    let (theirs, mine) = (desk.page(&format!("{path}/edit")).await, desk.page(&format!("{path}/edit")).await);
    assert_eq!(desk.send(&theirs, &[("limit", "7")]).await.status, 303);
    let clash = desk.send(&mine, &[("limit", "9")]).await.expect(412);
    let rows = clash.page().all("table.plain td");
    assert!(rows.contains(&"7 tokens in 30 seconds".to_owned()), "{rows:?}");
    assert!(rows.contains(&"9 tokens in 30 seconds".to_owned()), "{rows:?}");
    let saved = desk.send(&clash, &[]).await;
    assert!(desk.visitor.follow(saved).await.text().contains("9 tokens in 30 seconds"), "saved on insisting");
    let mut unversioned = the_form(&mine);
    unversioned.remove("version");
    desk.visitor.submit(&mine, &unversioned).await.expect(412);
}

async fn a_draft_is_tried_before_it_is_saved(app: TestApp) {
    let acme = app.acme();
    let now = app.clock().freeze().await;
    app.clock().set(now - now.rem_euclid(60_000_000) + 60_000_000).await;
    let desk = Desk::of(&acme).await;
    for _ in 0..5 {
        acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
        app.clock().advance(std::time::Duration::from_secs(1)).await;
    }
    acme.wait_for_logs(r#"eventType eq "app.oauth2.as.token.grant.access_token""#, 5).await;
    let page = desk.page(&format!("{PATH}/new")).await;
    let tries = [("name", "draft"), ("limit", "3"), ("window_size", "60"), ("do", "try"), ("hours", "6")];
    let tried = desk.send(&page, &tries).await.expect(200);
    let text = tried.page().text();
    assert!(text.contains("Of 5 requests in the last 6 hours 2 would have been refused."), "{text}");
    let cells = tried.page().all("#trial td");
    assert_eq!(&cells[1..3], ["3", "2"], "{cells:?}");
    assert_eq!(tried.page().attributes("#trial td a", "href").len(), 1, "the app, by its name");
    assert_eq!(the_form(&tried).get("name"), Some("draft"), "what was typed stays");
    let wider = desk.send(&tried, &[("limit", "5"), ("do", "try")]).await.expect(200);
    assert!(wider.page().text().contains("none would have been refused"), "{}", wider.page().text());
    let header = [("identifier", "header"), ("header_name", "X-Plan"), ("do", "try")];
    let reply = desk.send(&wider, &header).await.expect(422);
    assert!(reply.page().all("#identifier-error")[0].contains("can't be simulated"));
    assert_eq!(
        acme.api("GET", "/api/v1/rate-policies").await.expect(200).json(),
        json!([]),
        "nothing was made"
    );
    // The number of the form is still good: trying it was no sending.
    let made = desk.send(&wider, &[]).await;
    assert!(desk.visitor.follow(made).await.expect(200).text().contains("The rate policy is created."));
}
