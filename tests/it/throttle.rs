//! The throttle of password grants: four attempts per user in any half-open second.

use std::sync::Arc;
use std::time::Duration;

use signet_testkit::{Engine, TestApp, on_each_engine, tokio};

use crate::support::frozen::Frozen;
use crate::support::make::{self, User};
use crate::support::ropg::{
    admissions, expect_never_five_in_a_second, expect_proof, expect_proof_of_killed, expect_throttled, fill,
    statuses, try_password,
};

on_each_engine! {
    rl_01_the_fifth_in_a_second_is_refused,
    rl_02_a_slot_frees_after_exactly_one_second,
    rl_04_four_a_second_evenly_are_never_refused,
    rl_05_a_long_burst_gets_four_in_every_second,
    rl_19_the_right_password_gets_the_same_refusal,
    rl_21_others_are_unaffected,
    rl_22_the_namesake_elsewhere_is_unaffected,
    rl_23_unknown_logins_are_throttled_alike,
    rl_26_a_clock_that_steps_admits_nobody_and_refuses_nobody_longer,
    rl_30_a_restart_gives_no_new_slots,
}

async fn rl_01_the_fifth_in_a_second_is_refused(app: Frozen) {
    let acme = app.acme();
    let user = make::user(&acme, "rl01").await;
    assert_eq!(statuses(&acme, &acme.web(), &user, 7).await, [200, 200, 200, 200, 429, 429, 429]);
}

/// The demo user, for whoever has a server of their own.
fn demo_user(app: &TestApp) -> User {
    let acme = app.acme();
    let (login, password) = acme.user();
    User { id: String::new(), login: login.to_owned(), password: password.to_owned() }
}

async fn rl_02_a_slot_frees_after_exactly_one_second(app: TestApp) {
    let (acme, user) = (app.acme(), demo_user(&app));
    let (web, clock) = (acme.web(), app.clock());
    let start = clock.freeze().await;
    fill(&acme, &web, &user).await;
    for (after, status) in
        [(0, 429), (1, 429), (999_000, 429), (999_999, 429), (1_000_000, 200), (1_000_001, 200)]
    {
        clock.set(start + after).await;
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        assert_eq!(reply.status, status, "{after} µs after the four: {}", reply.describe());
    }
    // Four late in one clock second and four early in the next are eight within a tenth of a second.
    let second = (start / 1_000_000 + 10) * 1_000_000;
    clock.set(second + 950_000).await;
    fill(&acme, &web, &user).await;
    clock.set(second + 1_050_000).await;
    assert_eq!(statuses(&acme, &web, &user, 4).await, [429; 4], "the window slides");
}

async fn rl_04_four_a_second_evenly_are_never_refused(app: TestApp) {
    let (acme, user) = (app.acme(), demo_user(&app));
    let (web, clock) = (acme.web(), app.clock());
    let start = clock.freeze().await;
    for step in 0..=240 {
        clock.set(start + step * 250_000).await;
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        assert_eq!(reply.status, 200, "attempt {step} at {} ms: {}", step * 250, reply.describe());
    }
}

async fn rl_05_a_long_burst_gets_four_in_every_second(app: TestApp) {
    let (acme, user) = (app.acme(), demo_user(&app));
    let (web, clock) = (acme.web(), app.clock());
    let start = clock.freeze().await;
    let mut admitted = Vec::new();
    for step in 0..1_000 {
        let at = start + step * 10_000;
        clock.set(at).await;
        let reply = try_password(&acme, &web, &user.login, &user.password).await;
        match reply.status {
            200 => admitted.push(at),
            429 => {
                let recent = admitted.iter().filter(|t| at - **t < 1_000_000).count();
                assert_eq!(recent, 4, "refused with only {recent} admissions in the last second");
            }
            _ => panic!("{}", reply.describe()),
        }
    }
    assert_eq!(admitted.len(), 40, "{admitted:?}");
    expect_never_five_in_a_second(&admitted);
    expect_proof(&acme).await;
    let logged = acme.wait_for_logs(r#"eventType eq "app.oauth2.as.token.grant.access_token""#, 40).await;
    assert_eq!(admissions(&logged), admitted, "the log alone tells when attempts were admitted");
}

async fn rl_19_the_right_password_gets_the_same_refusal(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl19").await);
    fill(&acme, &web, &user).await;
    let right = try_password(&acme, &web, &user.login, &user.password).await;
    let wrong = try_password(&acme, &web, &user.login, "not the password at all").await;
    let (right, wrong) = (expect_throttled(right, "right"), expect_throttled(wrong, "wrong"));
    assert_eq!(crate::support::ropg::comparable(&right), crate::support::ropg::comparable(&wrong));
}

async fn rl_21_others_are_unaffected(app: Frozen) {
    let acme = app.acme();
    let web = acme.web();
    let (alice, bob) = (make::user(&acme, "rl21-alice").await, make::user(&acme, "rl21-bob").await);
    let flood = tokio::spawn({
        let (acme, web, alice) = (acme.clone(), web.clone(), alice.clone());
        async move { statuses(&acme, &web, &alice, 200).await }
    });
    assert_eq!(statuses(&acme, &web, &bob, 5).await, [200, 200, 200, 200, 429]);
    let flood = flood.await.expect("the flood");
    assert_eq!(flood.iter().filter(|status| **status == 200).count(), 4);
}

async fn rl_22_the_namesake_elsewhere_is_unaffected(app: Frozen) {
    let (acme, globex) = (app.acme(), app.globex());
    let login = format!("{}@shared.test", make::unique("rl22"));
    let (here, there) = (make::user_named(&acme, &login).await, make::user_named(&globex, &login).await);
    assert_eq!(statuses(&acme, &acme.web(), &here, 5).await, [200, 200, 200, 200, 429]);
    assert_eq!(statuses(&globex, &globex.web(), &there, 5).await, [200, 200, 200, 200, 429]);
}

async fn rl_23_unknown_logins_are_throttled_alike(app: Frozen) {
    let acme = app.acme();
    let (web, known) = (acme.web(), make::user(&acme, "rl23").await);
    let unknown = User { login: format!("{}@acme.test", make::unique("rl23-nobody")), ..known.clone() };
    assert_eq!(statuses(&acme, &web, &unknown, 5).await, [400, 400, 400, 400, 429]);
    fill(&acme, &web, &known).await;
    let known = try_password(&acme, &web, &known.login, &known.password).await;
    let unknown = try_password(&acme, &web, &unknown.login, &unknown.password).await;
    assert_eq!(crate::support::ropg::comparable(&known), crate::support::ropg::comparable(&unknown));
}

async fn rl_26_a_clock_that_steps_admits_nobody_and_refuses_nobody_longer(app: TestApp) {
    let (acme, user) = (app.acme(), demo_user(&app));
    let (web, clock) = (acme.web(), app.clock());
    let start = clock.freeze().await;
    fill(&acme, &web, &user).await;
    // Back by an hour: no new slots, and no wait beyond a second.
    let back = start - 3_600_000_000;
    clock.set(back).await;
    let reply = try_password(&acme, &web, &user.login, &user.password).await;
    assert_eq!(expect_throttled(reply, "an hour earlier").header("retry-after"), Some("1"));
    clock.set(back + 999_999).await;
    assert_eq!(statuses(&acme, &web, &user, 1).await, [429]);
    clock.set(back + 1_000_000).await;
    assert_eq!(statuses(&acme, &web, &user, 5).await, [200, 200, 200, 200, 429]);
    // Forward by two: a new second, and not more than one.
    clock.set(back + 7_200_000_000).await;
    assert_eq!(statuses(&acme, &web, &user, 5).await, [200, 200, 200, 200, 429]);
}

/// Attempts go on while the server dies and comes back, by the real clock.
async fn rl_30_a_restart_gives_no_new_slots(engine: Engine) {
    let app = Arc::new(TestApp::start(engine).await);
    let (acme, user) = (app.acme(), demo_user(&app));
    let web = acme.web();
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    // One of them may be too slow, on a busy machine, to fill a window alone.
    let hammers = [0; 4].map(|_| {
        let (acme, web, user, tell) = (acme.clone(), web.clone(), user.clone(), tell.clone());
        tokio::spawn(async move {
            let params = [
                ("grant_type", "password"),
                ("username", user.login.as_str()),
                ("password", &user.password),
                ("scope", "openid"),
            ];
            loop {
                let reply = acme.token_as(&web, &params).try_send().await;
                // Nobody listens any more: the test is over.
                if tell.send(reply.map_or(0, |reply| reply.status)).is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    });
    let mut statuses = Vec::new();
    for life in 1..=4 {
        // Each life admits somebody and dies in the middle of a window that is full.
        for awaited in [200, 429] {
            loop {
                let status = heard.recv().await.expect("the attempts go on");
                statuses.push(status);
                assert!([0, 200, 429, 503].contains(&status), "{statuses:?}");
                if status == awaited {
                    break;
                }
            }
        }
        if life < 4 {
            app.restart().await;
            while let Ok(status) = heard.try_recv() {
                statuses.push(status);
            }
        }
    }
    drop(heard);
    for hammer in hammers {
        hammer.await.expect("the attempts");
    }
    let issued = [("filter", r#"eventType eq "app.oauth2.as.token.grant.access_token""#)];
    let admitted = admissions(&acme.logs(&issued).await);
    assert!(admitted.len() > 4, "only {} admissions in four lives: {statuses:?}", admitted.len());
    expect_proof_of_killed(&acme).await;
    if engine == Engine::Sqlite {
        assert!(statuses.contains(&503), "the memory was lost, so a second has to pass: {statuses:?}");
    }
}
