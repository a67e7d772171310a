//! The console's first page: what needs an administrator.

use signet_testkit::{TestApp, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;

on_each_engine! { apps_that_send_passwords_are_named_with_their_users }

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
    assert!(needs.contains("3 requests in 7 days, for 2 users, last "), "{needs}");
    assert!(page.attributes(".needs a", "href").contains(&format!("/console/apps/{}", client.id)));
}
