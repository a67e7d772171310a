//! Trying an app's sign-in from the console.

use signet_testkit::{Reply, Shared, TestApp, Value, json, on_each_engine, serde_json};

use crate::clients::program::visit;
use crate::support::apps::{Made, NewApp, Person};
use crate::support::desk::{Desk, the_form};

on_each_engine! {
    an_app_is_tried_step_by_step,
    a_trial_is_its_own_sessions_and_soon_over,
}

fn path(app: &Made) -> String {
    format!("/console/apps/{}/try", app.id)
}

/// Where a trial's request is opened.
fn opened(asked: &Reply) -> String {
    asked.page().attributes("a[target=_blank]", "href").remove(0)
}

async fn an_app_is_tried_step_by_step(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let person = Person::new(&acme).await;
    for made in [NewApp::web().make(&acme).await, NewApp::browser().make(&acme).await] {
        let page = desk.page(&path(&made)).await;
        assert!(desk.page(&format!("/console/apps/{}/start", made.id)).await.text().contains(&path(&made)));
        let elsewhere = desk.send(&page, &[("redirect_uri", "https://evil.example/cb")]).await.expect(422);
        assert!(elsewhere.page().attributes("a[target=_blank]", "href").is_empty());
        let asked = desk.send(&page, &[("scope", "openid profile offline_access")]).await.expect(200);
        assert!(
            asked.page().all("table code").contains(&"code_challenge".to_owned()),
            "{}",
            asked.page().text()
        );
        let landed = visit(&acme.visitor(), &opened(&asked), &person).await;
        assert!(landed.starts_with(&made.redirect_uri), "{landed}");

        // Another's answer is no answer, and the code stays good.
        for (answer, says) in [
            (landed.replace("state=", "state=x"), "Its state isn’t the one"),
            (landed.replace("state=", "sta="), "Its state isn’t the one"),
            (landed.replace("iss=", "iss=x"), "Another server answered"),
            ("https://app.example/cb".to_owned(), "neither a code nor an error"),
        ] {
            let reply = desk.send(&asked, &[("answer", &answer)]).await.expect(422);
            assert!(reply.page().all("#answer-error").join(" ").contains(says), "{}", reply.page().text());
        }
        let state = landed.split(['?', '&']).find(|part| part.starts_with("state=")).expect("a state");
        let denied = format!("?error=access_denied&error_description=no&{state}");
        let denied = desk.send(&asked, &[("answer", &denied)]).await.expect(200);
        assert!(denied.page().text().contains("access_denied: no"), "{}", denied.page().text());

        let reply = desk.send(&asked, &[("answer", &landed)]).await.expect(200);
        let told = reply.page().text();
        for expected in [
            "It works",
            "The ID token",
            "What userinfo says",
            "code_verifier",
            "refresh_token",
            &person.id,
            &person.login,
            "The one that was sent.",
            "In the header: how it is signed.",
        ] {
            assert!(told.contains(expected), "{expected}: {told}");
        }
        if let Some(secret) = &made.client_secret {
            assert!(
                told.contains("$CLIENT_SECRET") && !reply.text().contains(secret),
                "the secret isn't known"
            );
        }
        // What is shown is good for nothing.
        let answer = reply.page().all("pre code").into_iter().find(|code| code.starts_with('{'));
        let tokens: Value = serde_json::from_str(&answer.expect("the answer")).expect("JSON");
        let token = tokens["access_token"].as_str().expect("a token");
        app.canaries().add(token);
        app.canaries().add(tokens["refresh_token"].as_str().expect("a refresh token"));
        assert_eq!(acme.userinfo(token).await.status, 401);

        // A code works once here, too, and the log names the administrator.
        let again = desk.send(&asked, &[("answer", &landed)]).await.expect(200);
        assert!(again.page().text().contains("invalid_grant"), "{}", again.page().text());
        let kind = "app.oauth2.as.token.grant.access_token";
        let filter = format!(r#"eventType eq "{kind}" and actor.id eq "{}""#, made.client_id);
        let event = acme.wait_for_logs(&filter, 1).await.pop().expect("its event");
        let by = &event["debugContext"]["debugData"]["trialBy"];
        assert_eq!(*by, json!(acme.credentials.admin.login), "{event:#}");
    }
    // What only the app itself could do isn't offered.
    for other in [
        NewApp::service().make(&acme).await,
        NewApp::web().oauth("dpop_bound_access_tokens", true.into()).make(&acme).await,
    ] {
        desk.get(&path(&other)).await.expect(409);
        assert!(!desk.page(&format!("/console/apps/{}/start", other.id)).await.text().contains("/try"));
    }
}

async fn a_trial_is_its_own_sessions_and_soon_over(app: TestApp) {
    let acme = app.acme();
    let (desk, person) = (Desk::of(&acme).await, Person::new(&acme).await);
    let (mut web, other) = (NewApp::web().make(&acme).await, NewApp::web().make(&acme).await);
    let asked = desk.send(&desk.page(&path(&web)).await, &[]).await.expect(200);
    let landed = visit(&acme.visitor(), &opened(&asked), &person).await;
    let trial = the_form(&asked).get("trial").expect("a trial").to_owned();
    // Somebody else's page, another app's, a changed one: each with a CSRF token that is right.
    let (another, _) = Desk::with_role(&acme, "APP_ADMIN").await;
    for (who, made) in [(&another, &web), (&desk, &other)] {
        let page = who.send(&who.page(&path(made)).await, &[]).await.expect(200);
        let reply = who.send(&page, &[("trial", &trial), ("answer", &landed)]).await.expect(409);
        assert!(reply.page().text().contains("wasn’t begun here"), "{}", reply.page().text());
    }
    desk.send(&asked, &[("trial", &trial[1..]), ("answer", &landed)]).await.expect(409);
    another.send(&asked, &[("answer", &landed)]).await.expect(403);
    let (reader, _) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    reader.get(&path(&web)).await.expect(403);
    Desk::of(&app.globex()).await.get(&path(&web)).await.expect(404);

    // A request that never reaches the app: the log's reason is shown here.
    web.change(&acme, "redirect_uris", json!(["https://app.example/elsewhere"])).await;
    acme.visitor().open(&opened(&asked)).await;
    let reply = desk.send(&asked, &[("answer", "")]).await.expect(422);
    assert!(reply.page().text().contains("See it in the log"), "{}", reply.page().text());
    // Nobody goes on with it later.
    app.clock().advance(std::time::Duration::from_secs(601)).await;
    let reply = desk.send(&asked, &[("answer", &landed)]).await.expect(409);
    assert!(reply.page().text().contains("longer than ten minutes"), "{}", reply.page().text());
}
