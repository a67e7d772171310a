//! The time zone of the console: chosen by each administrator, and shown on every page.

use signet_testkit::{Reply, Shared, on_each_engine};

use crate::support::desk::Desk;

on_each_engine! {
    an_administrator_chooses_the_zone_of_every_page,
    a_zone_that_there_is_not_is_refused_and_the_way_back_stays_in_the_console,
}

/// The last sign-in of the only user on a page: in full, and as it is shown.
fn last_sign_in(page: &Reply) -> (String, String) {
    let page = page.page();
    let full = page.attributes("td.time time", "datetime").remove(0);
    (full, page.all("td.time time").remove(0))
}

/// Minutes since midnight of the first clock in a text.
fn minutes(text: &str) -> i32 {
    let at = text.find(':').expect("a clock");
    let number = |part: &str| part.parse::<i32>().expect("a number");
    number(&text[at - 2..at]) * 60 + number(&text[at + 1..at + 3])
}

async fn an_administrator_chooses_the_zone_of_every_page(app: Shared) {
    let acme = app.acme();
    let (desk, admin) = Desk::with_role(&acme, "READ_ONLY_ADMIN").await;
    let other = Desk::of(&acme).await;
    let users = format!("/console/users?q={}", admin.login.replace('@', "%40"));
    let page = desk.page(&users).await;
    let before = last_sign_in(&page);
    assert!(before.1.ends_with(" UTC"), "{}", before.1);
    let link = page.page().attributes(".account a", "href").remove(0);
    // Without summer time, so that the test holds all year; and as nobody spells it.
    let saved = desk.send(&desk.page(&link).await, &[("timezone", " asia/kolkata ")]).await;
    assert_eq!(saved.status, 303, "{}", saved.describe());
    let back = saved.location();
    assert_eq!(
        (back.path(), back.query()),
        ("/console/users", None),
        "what came with the address stays behind"
    );
    // A search of the log is gone back to as it was.
    let search = desk.page("/console/log?range=7d&q=ada&next=%2Fx").await;
    let link = search.page().attributes(".account a", "href").remove(0);
    assert_eq!(link, "/console/zone?next=%2Fconsole%2Flog%3Fq%3Dada%26range%3D7d");
    let page = desk.page(&users).await;
    let after = last_sign_in(&page);
    assert_eq!(after.0, before.0, "the tooltip stays in UTC");
    assert!(after.1.ends_with(" UTC+5:30"), "{}", after.1);
    assert_eq!(minutes(&after.1), (minutes(&before.1) + 330) % (24 * 60), "{} {}", before.1, after.1);
    assert!(page.page().text().contains("Time zone: UTC+5:30"), "the frame names it");
    let user = desk.page(&format!("/console/users/{}", admin.id)).await.text();
    assert!(user.contains("UTC+5:30") && user.contains("Asia/Kolkata"), "{user}");
    assert!(
        last_sign_in(&other.page(&users).await).1.ends_with(" UTC"),
        "another one's pages are as they were"
    );
    // A change as any other, by whom it was.
    let filter = format!("eventType eq \"user.account.update_profile\" and actor.id eq \"{}\"", admin.id);
    let events = acme.wait_for_logs(&filter, 1).await;
    assert_eq!(events[0]["target"][0]["id"], admin.id.as_str(), "{}", events[0]);
    let cleared = desk.fill("/console/zone", &[("timezone", "")]).await.expect(200);
    assert_eq!(cleared.url.path(), "/console");
    assert_eq!(last_sign_in(&desk.page(&users).await), before);
}

async fn a_zone_that_there_is_not_is_refused_and_the_way_back_stays_in_the_console(app: Shared) {
    let acme = app.acme();
    for role in ["HELP_DESK_ADMIN", "APP_ADMIN"] {
        let (desk, _) = Desk::with_role(&acme, role).await;
        let form = desk.page("/console/zone?next=%2F%2Fevil.test").await;
        for nonsense in ["Moon/Base", "../../etc/passwd", "+01:00"] {
            let refused = desk.send(&form, &[("timezone", nonsense)]).await;
            assert_eq!(refused.status, 422, "{nonsense}: {}", refused.describe());
            assert!(refused.text().contains("There is no such time zone"), "{nonsense}");
        }
        let link = desk.page("/console").await.page().attributes(".account a", "href").remove(0);
        assert_eq!(link, "/console/zone", "no way back but the console’s beginning");
        let saved = desk.send(&form, &[("timezone", "America/Phoenix")]).await;
        assert_eq!((saved.status, saved.location().path()), (303, "/console"), "{role}");
        let page = desk.page("/console").await.page();
        assert!(page.text().contains("Time zone: UTC\u{2212}7"), "{role}: {}", page.text());
        assert!(page.text().contains(" UTC\u{2212}7, against the same hours"), "{role}: {}", page.text());
    }
}
