//! The console's first page: what needs an administrator.

use signet_testkit::{TestApp, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;
use crate::support::rows::Rows;

on_each_engine! {
    apps_that_send_passwords_are_named_with_their_users,
    a_key_that_is_rolled_by_hand_is_due_after_90_days,
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
