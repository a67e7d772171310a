//! Trying an app's sign-in from the console.

use signet_testkit::{Shared, json, on_each_engine};

use crate::clients::program::visit;
use crate::support::apps::{NewApp, Person};
use crate::support::desk::Desk;

on_each_engine! { an_app_is_tried_step_by_step_with_no_more_rights_than_it_has }

async fn an_app_is_tried_step_by_step_with_no_more_rights_than_it_has(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (web, person) = (NewApp::web().make(&acme).await, Person::new(&acme).await);
    let secret = web.client_secret.clone().expect("a secret");
    let path = format!("/console/apps/{}/try", web.id);
    let page = desk.page(&path).await;
    assert!(desk.page(&format!("/console/apps/{}/start", web.id)).await.text().contains(&path));
    desk.send(&page, &[("redirect_uris", "x"), ("redirect_uri", "https://evil.example/cb")])
        .await
        .expect(422);
    let asked = desk.send(&page, &[]).await.expect(200);
    let open = asked.page().attributes("a[target=_blank]", "href").remove(0);
    assert!(asked.page().all("table code").contains(&"code_challenge".to_owned()), "{}", asked.page().text());
    let landed = visit(&acme.visitor(), &open, &person).await;
    assert!(landed.starts_with(&web.redirect_uri), "{landed}");

    // Another's answer is no answer, and the code stays good.
    for (answer, says) in [
        (landed.replace("state=", "state=x"), "Its state isn’t the one"),
        (landed.replace("iss=", "iss=x"), "Another server answered"),
        ("https://app.example/cb".to_owned(), "neither a code nor an error"),
    ] {
        let reply = desk.send(&asked, &[("answer", &answer), ("client_secret", &secret)]).await.expect(422);
        assert!(reply.page().all("#answer-error").join(" ").contains(says), "{}", reply.page().text());
    }
    let refused =
        desk.send(&asked, &[("answer", "?error=access_denied&error_description=no")]).await.expect(200);
    assert!(refused.page().text().contains("access_denied: no"), "{}", refused.page().text());
    // Only with the app's own secret.
    for wrong in ["", "not-the-secret-of-this-app"] {
        let reply = desk.send(&asked, &[("answer", &landed), ("client_secret", wrong)]).await.expect(200);
        assert!(reply.page().text().contains("invalid_client"), "{}", reply.page().text());
    }
    let reply = desk.send(&asked, &[("answer", &landed), ("client_secret", &secret)]).await.expect(200);
    let page = reply.page();
    for told in
        ["It works", "The ID token", &person.id, &person.login, "The one that was sent.", "Ends today"]
    {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    assert!(!reply.text().contains(&secret), "the secret isn't shown");
    let filter = format!(
        r#"eventType eq "app.oauth2.as.token.grant.access_token" and actor.id eq "{}""#,
        web.client_id
    );
    let event = acme.wait_for_logs(&filter, 1).await.pop().expect("its event");
    assert_eq!(
        event["debugContext"]["debugData"]["trialBy"],
        json!(acme.credentials.admin.login),
        "{event:#}"
    );
    // A code works once here, too.
    let again = desk.send(&asked, &[("answer", &landed), ("client_secret", &secret)]).await.expect(200);
    assert!(again.page().text().contains("invalid_grant"), "{}", again.page().text());

    // What only the app itself could do isn't offered.
    for other in [
        NewApp::service().make(&acme).await,
        NewApp::web().oauth("dpop_bound_access_tokens", true.into()).make(&acme).await,
    ] {
        desk.get(&format!("/console/apps/{}/try", other.id)).await.expect(409);
        assert!(!desk.page(&format!("/console/apps/{}/start", other.id)).await.text().contains("/try"));
    }
}
