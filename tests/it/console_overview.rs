//! The console's first page: what needs an administrator.

use signet_testkit::{Page, TestApp, json, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::rows::Rows;

on_each_engine! {
    apps_that_send_passwords_are_named_with_their_users,
    a_key_that_is_rolled_by_hand_is_due_after_90_days,
    what_is_more_than_a_few_is_folded_and_not_dropped,
    the_day_is_the_administrator_s_own,
}

async fn apps_that_send_passwords_are_named_with_their_users(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let quiet = desk.page("/console").await.page();
    assert!(quiet.text().contains("Nothing needs you"), "{}", quiet.text());
    let client = NewApp::web().label("Till").make(&acme).await;
    for times in [2, 1] {
        let person = Person::new(&acme).await;
        for _ in 0..times {
            acme.password(&client, &person.login, &person.password, "openid").await.expect(200);
        }
    }
    acme.wait_for_logs(r#"eventType eq "app.oauth2.as.token.grant.access_token""#, 3).await;
    let page = desk.page("/console").await.page();
    let needs = page.all(".needs li").join("\n");
    assert!(needs.contains("Till still sends passwords"), "{needs}");
    assert!(needs.contains("3 requests in 7 days, for 2 users from 1 address, last "), "{needs}");
    assert!(page.all(".figure-parts").join(" ").contains("3 by password"), "{}", page.text());
    assert!(page.attributes(".needs a", "href").contains(&format!("/console/apps/{}", client.id)));
}

async fn a_key_that_is_rolled_by_hand_is_due_after_90_days(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let rows = Rows::of(&app).await;
    // A server has a key from its first token on.
    acme.client_credentials(&acme.service(), "orders:read").await.expect(200);
    rows.run("UPDATE signing_keys SET activated_at = activated_at - 89 * CAST(86400000000 AS BIGINT)").await;
    rows.run("UPDATE servers SET key_rotation_days = 0 WHERE slug = 'default'").await;
    let needs = desk.page("/console").await.page().all(".needs li").join("\n");
    assert!(!needs.contains("signing key"), "{needs}");
    rows.run("UPDATE signing_keys SET activated_at = activated_at - 2 * CAST(86400000000 AS BIGINT)").await;
    let page = desk.page("/console").await.page();
    let needs = page.all(".needs li").join("\n");
    assert_eq!(needs.matches("signing key").count(), 1, "what rolls by itself is nobody's work: {needs}");
    assert!(needs.contains("The signing key of default is due"), "{needs}");
    let keys =
        page.attributes(".needs a", "href").into_iter().find(|href| href.ends_with("#keys")).expect("a way");
    assert!(!desk.page(&keys).await.page().all("#keys").is_empty(), "{keys}");
}

async fn what_is_more_than_a_few_is_folded_and_not_dropped(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    for n in 0..8 {
        let body = json!({ "name": format!("report {n}"), "scope": "READ_ALL" });
        acme.api("POST", "/api/v1/api-credentials").json(&body).await.expect(201);
    }
    let rows = Rows::of(&app).await;
    rows.run("UPDATE credentials SET created_at = created_at - 91 * CAST(86400000000 AS BIGINT)").await;
    let page = desk.page("/console").await.page();
    assert_eq!(page.all(".needs summary"), ["4 more like these"], "eight, and the demo's");
    let all = page.all(".needs li").join("\n");
    for n in 0..8 {
        assert!(all.contains(&format!("The API credential report {n} is unused")), "{all}");
    }
    assert!(all.contains("for 91 days"), "{all}");
}

async fn the_day_is_the_administrator_s_own(app: TestApp) {
    let acme = app.acme();
    // Ten past one in Kolkata on 25 November, and still the day before in UTC.
    app.clock().set(1_795_549_200 * 1_000_000).await;
    let (desk, admin) = Desk::with_role(&acme, "SUPER_ADMIN").await;
    let profile = json!({ "profile": { "timezone": "Asia/Kolkata" } });
    acme.api("POST", &format!("/api/v1/users/{}", admin.id)).json(&profile).await.expect(200);
    let today = async || desk.page("/console").await.page();
    let before = today().await;
    assert!(
        before.text().contains("Wed 25 Nov, 00:00 to 01:10 UTC+5:30, against the same hours on 18 Nov"),
        "{}",
        before.text()
    );
    let signed_in =
        |page: &Page| page.all(".figure").into_iter().find(|f| f.contains("Sign-ins")).expect("a figure");
    assert!(signed_in(&before).contains("none a week ago"), "{}", signed_in(&before));
    // Signed in before the day began, and in the half hour in which it did.
    for (minutes, signed) in [(-80, "0"), (-60, "1"), (-5, "2")] {
        app.clock().set((1_795_549_200 + minutes * 60) * 1_000_000).await;
        let person = Person::new(&acme).await;
        acme.sign_in("/login", &person.login, &person.password).await;
        app.clock().set(1_795_549_200 * 1_000_000).await;
        let told = signed_in(&today().await);
        assert!(told.contains(signed), "{minutes}: {told}");
    }
}
