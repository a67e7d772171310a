//! A page that fails says whether what was sent may have been saved.

use signet_testkit::{TestApp, on_each_engine};

use crate::support::desk::Desk;
use crate::support::rows::Rows;

on_each_engine! { a_page_that_fails_says_whether_something_was_saved }

async fn a_page_that_fails_says_whether_something_was_saved(app: TestApp) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let form = desk.page("/console/groups/new").await;
    // No statement about groups works from here on.
    Rows::of(&app).await.run("ALTER TABLE user_groups RENAME TO user_groups_elsewhere").await;
    let looked = desk.get("/console/groups").await.expect(500);
    assert!(looked.text().contains("nothing was changed"), "{}", looked.text());
    let sent = desk.send(&form, &[("name", "Night shift")]).await.expect(500);
    assert!(
        sent.text().contains("may or may not have been saved: look before you try again"),
        "{}",
        sent.text()
    );
    for page in [looked, sent] {
        assert!(page.page().text().contains("Something broke"), "{}", page.text());
    }
}
