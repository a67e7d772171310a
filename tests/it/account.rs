//! The account page: what is open, what apps hold, the password.

use signet_testkit::{Shared, on_each_engine};

use crate::support::apps::{NewApp, Person};
use crate::support::desk::the_form;

on_each_engine! { what_is_open_can_be_ended, the_password_is_changed_by_the_old_one }

async fn what_is_open_can_be_ended(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let client = NewApp::web().make(&acme).await;
    let flow = person.code(&acme, &client, "openid offline_access").await;
    let tokens = flow.redeem(&acme, &client).await;
    let (visitor, page) = acme.sign_in("/login", &person.login, &person.password).await;
    assert_eq!(page.url.path(), "/account");
    assert_eq!(page.page().all(".things form").len(), 3, "two sessions and one app");
    acme.password(&client, &person.login, "not the password", "openid").await.expect(400);
    let lately = visitor.get(&format!("{}/account", acme.origin())).await.expect(200);
    let lately = lately.page().all("[aria-labelledby=activity] .strong");
    assert_eq!(lately[..2], ["A wrong password Refused", "Signed in"], "{lately:?}");
    let forms = page.page().forms();
    let revoke = forms.iter().find(|f| f.action.ends_with("/revoke")).unwrap();
    let reply = visitor.submit(&page, revoke).await.expect(303);
    assert!(!acme.is_active(&client, &tokens.access_token).await);
    let page = visitor.follow(reply).await.expect(200);
    assert!(page.text().contains("access has ended"));
    let lately = page.page().all("[aria-labelledby=activity] .strong");
    assert!(lately[0].ends_with("was taken back"), "{lately:?}");
    let other = page.page().attributes(".things form", "action");
    let mine = page.page().attributes(".things li:has(.note) form", "action");
    let other = other.iter().find(|action| !mine.contains(action)).unwrap();
    let forms = page.page().forms();
    let end = forms.iter().find(|f| &f.action == other).unwrap();
    visitor.submit(&page, end).await.expect(303);
    let gone = flow.visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(gone.location().path(), "/login", "the other browser is signed out");
    visitor.submit(&page, end).await.expect(404);
    let mut foreign = end.clone();
    foreign.set("csrf", "no-such-token");
    visitor.submit(&page, &foreign).await.expect(403);
    let stranger = Person::new(&acme).await;
    let (theirs, their_page) = acme.sign_in("/login", &stranger.login, &stranger.password).await;
    let mut form = the_form(&their_page);
    form.action.clone_from(&mine[0]);
    theirs.submit(&their_page, &form).await.expect(404);
    visitor.get(&format!("{}/account", acme.origin())).await.expect(200);
}

async fn the_password_is_changed_by_the_old_one(app: Shared) {
    let acme = app.acme();
    let person = Person::new(&acme).await;
    let (visitor, _) = acme.sign_in("/login", &person.login, &person.password).await;
    let page = visitor.get(&format!("{}/account/password", acme.origin())).await.expect(200);
    let send = async |old: &str, new: &str| {
        let mut form = the_form(&page);
        form.set("old", old).set("new", new);
        visitor.submit(&page, &form).await
    };
    let reply = send("wrong-password", "another-long-phrase").await.expect(422);
    assert_eq!(reply.page().all("#old-error"), ["That is not your password."]);
    let reply = send(&person.password, "short").await.expect(422);
    assert!(reply.page().all("#new-error")[0].contains("at least 8"));
    send(&person.password, "another-long-phrase").await.expect(200);
    let after = visitor.get(&format!("{}/account", acme.origin())).await;
    assert_eq!(after.location().path(), "/login", "every session has ended");
    let (_, reply) = acme.sign_in("/login", &person.login, &person.password).await;
    assert_eq!(reply.url.path(), "/login", "the old one is dead");
    let (_, reply) = acme.sign_in("/login", &person.login, "another-long-phrase").await;
    assert_eq!(reply.url.path(), "/account");
}
