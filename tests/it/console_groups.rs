//! Groups at the console.

use signet_testkit::{Shared, on_each_engine};

use crate::support::apps::Person;
use crate::support::desk::Desk;
use crate::support::groups::{group, join};
use crate::support::make::unique;

on_each_engine! {
    a_group_is_made_filled_emptied_and_deleted,
    a_user_is_put_into_a_group_from_their_own_page,
    two_who_change_a_group_see_both_versions,
    a_help_desk_sees_groups_and_moves_nobody,
}

async fn a_group_is_made_filled_emptied_and_deleted(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, person) = (unique("Night shift"), Person::new(&acme).await);
    let made =
        desk.fill("/console/groups/new", &[("name", &name), ("description", "After ten")]).await.expect(200);
    assert!(made.text().contains("The group is created.") && made.text().contains("After ten"));
    let path = made.url.path().to_owned();
    let taken = desk.page("/console/groups/new").await;
    let taken = desk.send(&taken, &[("name", &name.to_uppercase())]).await.expect(422);
    assert!(taken.text().contains("This is taken already."), "{}", taken.text());
    let form = desk.page(&format!("{path}/members/new")).await;
    let nobody = desk.send(&form, &[("login", "nobody-has-this")]).await.expect(422);
    assert!(nobody.text().contains("Nobody here has this login."), "{}", nobody.text());
    let joined = desk.fill(&format!("{path}/members/new"), &[("login", &person.login)]).await.expect(200);
    assert!(joined.text().contains("The user is in the group") && joined.text().contains(&person.login));
    let user = desk.page(&format!("/console/users/{}", person.id)).await.page();
    assert_eq!(user.attributes("#groups ~ .links a", "href"), std::slice::from_ref(&path));
    let search = desk.page("/console/groups?q=night").await;
    assert!(search.text().contains(&name), "{}", search.text());
    let out = desk.press(&path, &format!("/members/{}/remove", person.id)).await;
    assert!(out.text().contains("The user is out of the group"), "{}", out.describe());
    let gone = desk.fill(&format!("{path}/delete"), &[]).await.expect(200);
    assert!(gone.text().contains("The group is deleted."), "{}", gone.text());
    assert_eq!(desk.get(&path).await.status, 404);
}

async fn a_user_is_put_into_a_group_from_their_own_page(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (name, person) = (unique("Early shift"), Person::new(&acme).await);
    let id = group(&acme, &name).await;
    let path = format!("/console/users/{}", person.id);
    let page = desk.page(&path).await.page();
    assert_eq!(page.attributes("#groups ~ p a", "href"), [format!("{path}/groups/new")]);
    let form = desk.page(&format!("{path}/groups/new")).await;
    assert!(form.page().attributes("datalist option", "value").contains(&name), "it is suggested");
    let nobody = desk.send(&form, &[("group", "Night")]).await.expect(422);
    assert!(nobody.text().contains("No group has this name."), "{}", nobody.text());
    let joined = desk.send(&form, &[("group", &name.to_uppercase())]).await;
    let joined = desk.page(joined.location().path()).await;
    assert_eq!(joined.page().attributes("#groups ~ .links a", "href"), [format!("/console/groups/{id}")]);
    // Twice is once.
    desk.send(&form, &[("group", &id)]).await;
    assert_eq!(desk.page(&path).await.page().all("#groups ~ .links a"), [name]);
}

async fn two_who_change_a_group_see_both_versions(app: Shared) {
    let acme = app.acme();
    let desk = Desk::of(&acme).await;
    let (first, second, third) = (unique("first"), unique("second"), unique("third"));
    let path = format!("/console/groups/{}/edit", group(&acme, &first).await);
    let old = desk.page(&path).await;
    desk.fill(&path, &[("name", &second)]).await.expect(200);
    let clash = desk.send(&old, &[("name", &third)]).await.expect(412);
    for name in [&second, &third] {
        assert!(clash.text().contains(name.as_str()), "{name} in {}", clash.text());
    }
}

async fn a_help_desk_sees_groups_and_moves_nobody(app: Shared) {
    let acme = app.acme();
    let (desk, _) = Desk::with_role(&acme, "HELP_DESK_ADMIN").await;
    let (id, person) = (group(&acme, &unique("doors")).await, Person::new(&acme).await);
    join(&acme, &id, &person.id).await;
    let page = desk.page(&format!("/console/groups/{id}")).await;
    assert!(page.text().contains(&person.login));
    let user = desk.page(&format!("/console/users/{}", person.id)).await.page();
    assert_eq!((user.all("#groups ~ .links a").len(), user.all("#groups ~ p a").len()), (1, 0));
    assert_eq!(desk.get(&format!("/console/users/{}/groups/new", person.id)).await.status, 403);
    assert!(!page.text().contains("/remove") && !page.text().contains("Add a member"), "{}", page.text());
    for path in ["members/new", "edit", "delete"] {
        assert_eq!(desk.get(&format!("/console/groups/{id}/{path}")).await.status, 403, "{path}");
    }
}
