use super::fixture::{Fixture, NOW, each};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, types};
use signet_store::log_query::{
    Budget, Condition, GroupBy, IdField, LogQuery, MAX_BUCKETS, Order, TextField, TextOp,
};
use std::collections::HashSet;
use std::time::Duration;

fn text(field: TextField, op: TextOp, value: &str) -> Condition {
    Condition::Text { field, op, value: value.into() }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn debug(name: &str) -> TextField {
    TextField::Debug(name.into())
}

/// Which of the three events a condition finds: 0 a sign-in, 1 a refused token, 2 a changed app.
async fn found(f: &Fixture, events: &[Event], condition: Condition) -> Vec<usize> {
    let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
    let query = LogQuery { condition, order: Order::Published, ..LogQuery::default() };
    let rows = tx.log(&query).await.expect("the search works");
    rows.iter().map(|r| events.iter().position(|e| e.id == r.id).expect("one of ours")).collect()
}

#[tokio::test]
async fn every_comparison_finds_what_it_says_on_both_engines() {
    use TextField as F;
    use TextOp as O;
    for f in each().await {
        let ada = f.event(types::SESSION_START, "ada");
        let mut refused = f
            .event(types::AS_TOKEN_GRANT, "bob")
            .failed("no_matching_policy")
            .debug("grantType", "password")
            .target(Entity::new("AuthorizationServer", "aus1", "default", "Default"))
            .target(Entity::new("PublicClientApp", "0oa1", "store", "Store%front_"));
        refused.client_id = Some("0oa1".into());
        let mut changed = f
            .event(types::APP_UPDATE, "éva")
            .debug("it's", "never found")
            .debug("changed", "'; DROP TABLE events; --")
            .target(Entity::new("AppInstance", "0oa2", "other", "Ötherapp"));
        changed.request.user_agent = String::new();
        changed.session_id = Some(f.entropy.id(NOW));
        let events = vec![ada, refused, changed];
        f.write(f.acme, events.clone()).await;

        let cases: Vec<(Condition, &[usize])> = vec![
            (Condition::Always, &[0, 1, 2]),
            (Condition::Never, &[]),
            (text(F::EventType, O::Equal, "user.session.start"), &[0]),
            (text(F::EventType, O::StartsWith, "app"), &[1, 2]),
            (text(F::EventType, O::EndsWith, "update"), &[2]),
            (
                text(F::EventType, O::EndsWith, "an ending longer than any of the texts it is looked for in"),
                &[],
            ),
            (text(F::Reason, O::Equal, "no_matching_policy"), &[1]),
            (text(F::Reason, O::NotEqual, "no_matching_policy"), &[0, 2]),
            (not(text(F::Reason, O::Equal, "no_matching_policy")), &[0, 2]),
            (not(text(F::Reason, O::Contains, "policy")), &[0, 2]),
            (Condition::TextPresent(F::Reason), &[1]),
            (not(Condition::TextPresent(F::Reason)), &[0, 2]),
            (text(F::ActorAlternateId, O::Contains, "b@acme"), &[1]),
            (text(F::ActorAlternateId, O::Contains, "B@ACME"), &[]),
            (text(F::ActorDisplayName, O::Greater, "bob"), &[2]),
            (text(F::ActorDisplayName, O::LessOrEqual, "bob"), &[0, 1]),
            (text(F::ActorDisplayName, O::StartsWith, "é"), &[2]),
            (text(F::ActorDisplayName, O::EndsWith, "va"), &[2]),
            (text(F::TargetId, O::Equal, "0oa1"), &[1]),
            (text(F::TargetId, O::NotEqual, "0oa1"), &[1, 2]),
            (not(text(F::TargetId, O::Equal, "0oa1")), &[0, 2]),
            (
                Condition::All(vec![
                    text(F::TargetType, O::Equal, "AuthorizationServer"),
                    text(F::TargetId, O::Equal, "0oa1"),
                ]),
                &[1],
            ),
            (text(F::TargetDisplayName, O::Contains, "%f"), &[1]),
            (text(F::TargetDisplayName, O::Contains, "St_re"), &[]),
            (text(F::TargetDisplayName, O::Greater, "T"), &[2]),
            (Condition::TextPresent(F::TargetId), &[1, 2]),
            (text(debug("grantType"), O::Equal, "password"), &[1]),
            (text(debug("changed"), O::Equal, "'; DROP TABLE events; --"), &[2]),
            (not(text(debug("absent"), O::Equal, "x")), &[0, 1, 2]),
            (Condition::TextPresent(debug("grantType")), &[1]),
            (Condition::TextPresent(F::UserAgent), &[0, 1]),
            (text(F::Url, O::Equal, "/oauth2/default/v1/token?"), &[0, 1, 2]),
            (text(F::Path, O::Equal, "/oauth2/default/v1/token"), &[0, 1, 2]),
            (text(F::Outcome, O::Equal, "FAILURE"), &[1]),
            (text(F::Severity, O::Equal, "WARN"), &[1]),
            (text(F::ClientId, O::Equal, "0oa1"), &[1]),
            (text(F::Message, O::Equal, "Update application"), &[2]),
            (text(F::ActorType, O::Equal, "User"), &[0, 1, 2]),
            (Condition::Id { field: IdField::Request, value: events[1].request.id.0 }, &[1]),
            (not(Condition::Id { field: IdField::Session, value: events[1].id.0 }), &[0, 1, 2]),
            (Condition::Id { field: IdField::Event, value: events[2].id.0 }, &[2]),
            (Condition::IdPresent(IdField::Session), &[2]),
            (Condition::All(vec![]), &[0, 1, 2]),
            (Condition::Any(vec![]), &[]),
            (
                Condition::Any(vec![
                    text(F::EventType, O::Equal, "user.session.start"),
                    Condition::TextPresent(F::Reason),
                ]),
                &[0, 1],
            ),
        ];
        for (condition, expected) in cases {
            let got = found(&f, &events, condition.clone()).await;
            assert_eq!(got, expected, "{condition:?} on {:?}", f.store.engine());
        }
    }
}

#[tokio::test]
async fn a_name_that_could_end_the_json_path_is_refused() {
    for f in each().await {
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        for name in ["", "a\"b", "a'b", "a.b", "ä"] {
            let condition = Condition::TextPresent(debug(name));
            assert!(tx.log(&LogQuery { condition, ..LogQuery::default() }).await.is_err(), "{name:?}");
        }
    }
}

/// All of these words.
fn all_of(words: &[&str]) -> Condition {
    Condition::All(words.iter().map(|word| Condition::Word((*word).to_owned())).collect())
}

#[tokio::test]
async fn words_are_found_in_any_case_and_all_of_them() {
    for f in each().await {
        let events = vec![f.event(types::USER_RATE_LIMITED, "ada").failed("user_rate_limited")];
        f.write(f.acme, events).await;
        f.write(f.acme, vec![f.event(types::SESSION_START, "ada")]).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        for (words, hits) in
            [(vec!["ADA@acme"], 2), (vec!["user_rate_limited", "ada"], 1), (vec!["%"], 0), (vec!["a_a@"], 0)]
        {
            let condition = all_of(&words);
            let rows = tx.log(&LogQuery { condition, ..LogQuery::default() }).await.expect("rows");
            assert_eq!(rows.len(), hits, "{words:?}");
        }
    }
}

#[tokio::test]
async fn bounded_pages_are_in_the_order_of_time_without_gap_or_repetition() {
    for f in each().await {
        let mut events: Vec<Event> = (0..7).map(|_| f.event(types::SSO, "ada")).collect();
        events[4].published = events[2].published;
        events.swap(0, 6); // committed in another order than they happened
        f.write(f.acme, events.clone()).await;
        f.write(f.globex, vec![f.event(types::SSO, "mallory")]).await;
        for order in [Order::Published, Order::PublishedDescending] {
            let mut query = LogQuery { order, limit: 3, since: Some(NOW), ..LogQuery::default() };
            let mut seen = Vec::new();
            loop {
                let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
                let page = tx.log_page(&query).await.expect("a page");
                seen.extend(page.events.iter().map(|e| (e.published, e.id)));
                if !page.more {
                    break;
                }
                query.after = page.end;
            }
            assert_eq!(seen.len(), 7);
            assert_eq!(seen.iter().map(|s| s.1).collect::<HashSet<_>>().len(), 7);
            let mut times: Vec<Time> = seen.iter().map(|s| s.0).collect();
            if order == Order::PublishedDescending {
                times.reverse();
            }
            assert!(times.is_sorted(), "{order:?}");
        }
    }
}

#[tokio::test]
async fn the_bounds_of_time_are_since_inclusive_and_until_exclusive() {
    for f in each().await {
        let events: Vec<Event> = (0..3).map(|_| f.event(types::SSO, "ada")).collect();
        f.write(f.acme, events.clone()).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let query = LogQuery {
            since: Some(events[0].published),
            until: Some(events[2].published),
            ..LogQuery::default()
        };
        assert_eq!(tx.log(&query).await.expect("rows").len(), 2);
        assert!(tx.log(&LogQuery { limit: 0, ..query }).await.expect("rows").is_empty());
    }
}

#[tokio::test]
async fn a_poller_gets_every_event_once_while_others_write() {
    for f in each().await {
        let (tasks, each_writes) = (6, 25);
        let f = std::sync::Arc::new(f);
        let writers: Vec<_> = (0..tasks)
            .map(|_| {
                let f = f.clone();
                tokio::spawn(async move {
                    for _ in 0..each_writes {
                        let events = vec![f.event(types::SSO, "ada"), f.event(types::SSO, "ada")];
                        f.write(f.acme, events).await;
                    }
                })
            })
            .collect();
        let mut query = LogQuery { order: Order::Commit, limit: 7, ..LogQuery::default() };
        let mut seen = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while seen.len() < tasks * each_writes * 2 && tokio::time::Instant::now() < deadline {
            let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
            let page = tx.log_page(&query).await.expect("a page");
            seen.extend(page.events.iter().map(|e| e.id));
            query.after = page.end;
            assert!(query.after.is_some(), "a poller can always go on");
            tokio::task::yield_now().await;
        }
        for writer in writers {
            writer.await.expect("the writer ends");
        }
        assert_eq!(seen.len(), tasks * each_writes * 2);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
    }
}

#[tokio::test]
async fn a_poller_waits_for_a_commit_that_began_earlier() {
    for f in each().await {
        if f.store.engine() == signet_store::Engine::Sqlite {
            continue;
        }
        use sqlx::Connection;
        let mut slow = sqlx::PgConnection::connect(&f.url).await.expect("a connection");
        sqlx::raw_sql("BEGIN; SELECT pg_current_xact_id()").execute(&mut slow).await.expect("it begins");
        f.write(f.acme, vec![f.event(types::SSO, "ada")]).await;

        let mut query = LogQuery { order: Order::Commit, ..LogQuery::default() };
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let page = tx.log_page(&query).await.expect("a page");
        assert!(page.events.is_empty(), "the slow commit may still write below this one");
        query.after = page.end;
        assert_eq!(f.store.unscoped_count_events(100).await.expect("a step"), 0);

        let bounded = tx.log(&LogQuery::default()).await.expect("rows");
        assert_eq!(bounded.len(), 1, "what is bounded doesn't wait");
        sqlx::raw_sql("COMMIT").execute(&mut slow).await.expect("it ends");
        f.count_events(100, 1).await;
        assert_eq!(tx.log(&query).await.expect("rows").len(), 1);
    }
}

#[tokio::test]
async fn tx_12_one_tenants_log_is_not_in_anothers() {
    for f in each().await {
        let event = f.event(types::SSO, "ada");
        f.write(f.acme, vec![event.clone()]).await;
        let mut tx = f.store.tenant(f.globex).read().await.expect("a reader");
        for order in [Order::Commit, Order::Published, Order::PublishedDescending] {
            let condition = Condition::Any(vec![
                Condition::Always,
                Condition::Word("ada".to_owned()),
                Condition::Id { field: IdField::Event, value: event.id.0 },
            ]);
            let query = LogQuery { condition, order, ..LogQuery::default() };
            assert!(tx.log(&query).await.expect("rows").is_empty());
        }
        let all = tx.log_count(&LogQuery::default(), Time(0), Time(i64::MAX)).await.expect("a count");
        assert_eq!(all.total, 0);
    }
}

#[tokio::test]
async fn a_histogram_has_all_its_buckets() {
    for f in each().await {
        let mut events: Vec<Event> = (0..4).map(|_| f.event(types::SSO, "ada")).collect();
        for (n, seconds) in [0, 1, 9, 10].into_iter().enumerate() {
            events[n].published = NOW.plus_secs(1_000_000 + seconds);
        }
        events[2] = events[2].clone().failed("access_denied");
        f.write(f.acme, events).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let (from, to) = (NOW.plus_secs(1_000_000), NOW.plus_secs(1_000_010));
        let refused = text(TextField::Outcome, TextOp::NotEqual, "SUCCESS");
        let buckets = tx.log_histogram(&LogQuery::default(), &refused, (from, to), 2 * Time::SECOND).await;
        let (buckets, of_kind): (Vec<_>, Vec<_>) = buckets.expect("buckets").into_iter().unzip();
        assert_eq!(buckets.iter().map(|b| b.total).collect::<Vec<_>>(), [2, 0, 0, 0, 1]);
        assert_eq!((buckets[4].refused, of_kind), (1, vec![0, 0, 0, 0, 1]));
        assert_eq!(buckets[1].start, from.plus_secs(2));
        let whole = tx.log_histogram(&LogQuery::default(), &refused, (from, to), i64::MAX).await;
        assert_eq!(whole.expect("one").iter().map(|(b, _)| b.total).collect::<Vec<_>>(), [3]);
        let many = tx.log_histogram(&LogQuery::default(), &refused, (Time(0), to), 1).await;
        assert_eq!(many.expect("some").len(), MAX_BUCKETS as usize);
        let latest = tx.latest_matching(Condition::TextPresent(TextField::Reason), None, 1).await;
        assert_eq!(latest.expect("rows").len(), 1);
    }
}

/// What concerns somebody lies under one index, what somebody did under another: pages go through both at once.
#[tokio::test]
async fn the_pages_of_a_user_have_everything_once_and_in_order() {
    for f in each().await {
        let ada = "00uada";
        let mut events = Vec::new();
        for n in 0..12 {
            let mut event = match n % 4 {
                // What ada did to another, what ada did to herself, what another did to ada, and what isn't hers.
                0 => f.event(types::USER_SUSPEND, "ada"),
                1 => f.event(types::PROFILE_UPDATE, "ada"),
                2 => f.event(types::SESSION_START, "eve"),
                _ => f.event(types::SESSION_START, "eve"),
            };
            event.user_id =
                [Some("00uother"), Some(ada), Some(ada), Some("00ueve")][n % 4].map(str::to_owned);
            event.published = NOW.plus_secs(i64::try_from(n).expect("few") / 3);
            events.push(event);
        }
        let hers: Vec<_> = (0..12).filter(|n| n % 4 != 3).map(|n| events[n].id).collect();
        f.write(f.acme, events).await;
        let is = |field| text(field, TextOp::Equal, ada);
        let condition = Condition::Any(vec![is(TextField::UserId), is(TextField::ActorId)]);
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        for order in [Order::Published, Order::PublishedDescending, Order::Commit] {
            let mut query = LogQuery { condition: condition.clone(), order, limit: 2, ..LogQuery::default() };
            let mut found = Vec::new();
            loop {
                let page = tx.log_page(&query).await.expect("a page");
                assert!(page.events.len() <= 2);
                found.extend(page.events.iter().map(|event| event.id));
                query.after = page.end;
                if !page.more {
                    break;
                }
            }
            if order == Order::PublishedDescending {
                found.reverse();
            }
            // On PostgreSQL a poller may have to wait for others.
            assert!(
                found == hers || order == Order::Commit && hers.starts_with(&found),
                "{order:?}: {found:?}"
            );
        }
        let (from, to) = (NOW.plus_secs(-9), NOW.plus_secs(9));
        let query = LogQuery { condition, ..LogQuery::default() };
        // Of each of the two ways, at most so many: the later end counts.
        for (apart, floor) in [(1, NOW.plus_secs(3)), (3, NOW.plus_secs(2)), (4, NOW.plus_secs(1)), (7, from)]
        {
            let budget = Budget { together: 0, apart };
            assert_eq!(tx.log_floor_of(&query, to, from, budget).await.expect("a floor"), floor, "{apart}");
        }
        assert_eq!(tx.log_count(&query, from, to).await.expect("a count").total, 9);
        assert_eq!(tx.log_times(&query, from, to).await.expect("times").len(), 9);
    }
}

#[tokio::test]
async fn in_26_a_condition_that_is_too_deep_is_an_error() {
    for f in each().await {
        let deep = (0..100).fold(Condition::Always, |inner, _| not(inner));
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        assert!(tx.log(&LogQuery { condition: deep, ..LogQuery::default() }).await.is_err());
    }
}

#[tokio::test]
async fn the_largest_condition_runs_on_both_engines() {
    for f in each().await {
        f.write(f.acme, vec![f.event(types::SSO, "ada")]).await;
        let clause = || text(TextField::TargetDisplayName, TextOp::EndsWith, "x");
        let deep = (0..31).fold(clause(), |inner, _| {
            Condition::Any(vec![clause(), Condition::All(vec![clause(), not(clause()), inner])])
        });
        for condition in [deep, Condition::Any(vec![clause(); 100]), Condition::All(vec![not(clause()); 100])]
        {
            // Ten words beside it, each of which may stand for many things.
            let senses = vec![text(TextField::Reason, TextOp::Equal, "x"); 24];
            let word = Condition::Any([vec![Condition::Word("ada".to_owned())], senses].concat());
            let condition = Condition::All(vec![Condition::All([vec![condition], vec![word; 10]].concat())]);
            let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
            tx.log(&LogQuery { condition, ..LogQuery::default() }).await.expect("the search works");
        }
    }
}

#[tokio::test]
async fn lg_14_pages_and_ids_are_found_by_an_index() {
    for f in each().await {
        let event = f.event(types::SESSION_START, "ada");
        f.write(f.acme, vec![event.clone()]).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let nothing = LogQuery {
            condition: Condition::All(vec![
                text(TextField::UserId, TextOp::Equal, "nobody"),
                Condition::Word("nowhere".to_owned()),
            ]),
            since: Some(Time(1)),
            ..LogQuery::default()
        };
        let by_request = Condition::Id { field: IdField::Request, value: event.request.id.0 };
        let by_id = Condition::Id { field: IdField::Event, value: event.id.0 };
        let by_ada = text(TextField::ActorId, TextOp::Equal, "ada");
        let of = |condition| LogQuery { condition, ..LogQuery::default() };
        for (query, indexes) in [
            (nothing, &["events_by_user", "events_by_time"][..]),
            (of(text(TextField::ClientId, TextOp::Equal, "app")), &["events_by_app", "events_by_time"]),
            (of(Condition::Rare), &["events_rare", "events_by_time"]),
            (
                of(text(TextField::EventType, TextOp::Equal, "group.lifecycle.create")),
                &["events_rare_by_type", "events_by_time"],
            ),
            (of(Condition::All(vec![by_ada, Condition::Rare])), &["events_rare_by_actor", "events_by_time"]),
            (of(text(TextField::Ip, TextOp::Equal, "203.0.113.9")), &["events_by_address", "events_by_time"]),
            (
                of(not(text(TextField::Outcome, TextOp::Equal, "SUCCESS"))),
                &["events_notable", "events_by_time"],
            ),
            (of(Condition::Always), &["events_by_time"]),
            (of(by_request), &["events_by_request", "events_by_time"]),
            (of(by_id), &["events_by_id", "events_by_time"]),
        ] {
            let plan = tx.log_plan(&query).await.expect("a plan").join("\n");
            assert!(indexes.iter().any(|index| plan.contains(index)), "{plan}");
            if f.store.engine() == signet_store::Engine::Sqlite {
                assert!(plan.contains(indexes[0]) && !plan.contains("SCAN e"), "{plan}");
            }
        }
    }
}

/// By app, by address: the index that has them in order has the whole log, too.
#[tokio::test]
async fn what_is_added_up_is_read_in_the_order_of_time() {
    for f in each().await {
        // PostgreSQL reads a table of one row as it likes.
        if f.store.engine() == signet_store::Engine::Postgres {
            continue;
        }
        f.write(f.acme, vec![f.event(types::SSO, "ada")]).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        for by in GroupBy::ALL {
            let plan = tx.log_groups_plan(&LogQuery::default(), by, NOW, NOW.plus_secs(9)).await;
            let plan = plan.expect("a plan").join("\n");
            assert!(
                plan.contains("events_by_time (tenant_id=? AND published>? AND published<?)"),
                "{by:?}: {plan}"
            );
        }
    }
}

#[tokio::test]
async fn a_floor_is_the_oldest_event_that_may_be_looked_at() {
    for f in each().await {
        let mut events = Vec::new();
        for n in 0..10 {
            let mut event = f.event(types::SESSION_START, "ada");
            event.published = NOW.plus_secs(n);
            events.push(event);
        }
        f.write(f.acme, events).await;
        let mut tx = f.store.tenant(f.acme).read().await.expect("a reader");
        let (from, to) = (NOW.plus_secs(-5), NOW.plus_secs(100));
        for (budget, floor) in
            [(1, NOW.plus_secs(9)), (3, NOW.plus_secs(7)), (10, NOW), (11, from), (0, NOW.plus_secs(9))]
        {
            assert_eq!(tx.log_floor(to, from, budget).await.expect("a floor"), floor, "{budget}");
        }
        assert_eq!(tx.log_floor(NOW.plus_secs(5), from, 2).await.expect("a floor"), NOW.plus_secs(3));
        // A way past others reaches back as far as there is anything.
        let rare = LogQuery { condition: Condition::Rare, ..LogQuery::default() };
        assert_eq!(tx.log_floor_of(&rare, to, from, Budget::of(24)).await.expect("a floor"), from);
        let all = LogQuery::default();
        assert_eq!(tx.log_floor_of(&all, to, from, Budget::of(3)).await.expect("a floor"), NOW.plus_secs(7));
        let times =
            tx.log_times(&LogQuery::default(), NOW.plus_secs(2), NOW.plus_secs(4)).await.expect("times");
        assert_eq!(times, [NOW.plus_secs(3), NOW.plus_secs(2)]);
    }
}
