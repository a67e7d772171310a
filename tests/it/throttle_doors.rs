//! The throttle goes by user alone: no server, header, connection or failed client changes the count.

use std::time::Duration;

use signet_testkit::{App, on_each_engine, tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::frozen::Frozen;
use crate::support::make;
use crate::support::ropg::{expect_throttled, fill, password_request, statuses, try_password};

on_each_engine! {
    rl_11_all_servers_share_the_window,
    rl_13_claimed_addresses_change_nothing,
    rl_14_streams_get_the_same_four,
    rl_14_pipelines_and_held_back_bodies_get_the_same_four,
    rl_16_wrong_client_secrets_leave_the_user_alone,
    rl_17_a_grant_that_the_app_may_not_use_leaves_the_user_alone,
    rl_18_a_missing_password_leaves_the_user_alone,
    rl_39_other_doors_neither_fill_nor_free_it,
}

async fn rl_11_all_servers_share_the_window(app: Frozen) {
    let acme = app.acme();
    let web = make::web_app(&acme, &["password"]).await;
    let user = make::user(&acme, "rl11").await;
    let mut servers = vec![acme.clone(), acme.at_org()];
    for _ in 0..3 {
        servers.push(acme.at_server(&make::server(&acme).await));
    }
    for (n, server) in servers.iter().enumerate() {
        let reply = try_password(server, &web, &user.login, &user.password).await;
        assert_eq!(reply.status, if n < 4 { 200 } else { 429 }, "server {n}: {}", reply.describe());
    }
    // Nor does another app help.
    expect_throttled(try_password(&acme, &acme.web(), &user.login, &user.password).await, "another app");
}

async fn rl_13_claimed_addresses_change_nothing(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl13").await);
    fill(&acme, &web, &user).await;
    let params = [
        ("grant_type", "password"),
        ("username", user.login.as_str()),
        ("password", &user.password),
        ("scope", "openid"),
    ];
    let claims = [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-for", "203.0.113.8, 198.51.100.4"),
        ("x-forwarded-for", "not an address, ::::"),
        ("forwarded", "for=203.0.113.9;proto=https"),
        ("x-real-ip", "203.0.113.10"),
        ("cf-connecting-ip", "203.0.113.11"),
        ("true-client-ip", "203.0.113.12"),
        ("x-client-ip", "203.0.113.13"),
        ("x-tenant-id", "globex"),
    ];
    for (name, value) in claims {
        let reply = acme.token_as(&web, &params).header(name, value).await;
        expect_throttled(reply, &format!("{name}: {value}"));
        // One that has an event of its own.
        let reply = acme.token_as(&web, &[("grant_type", "unheard of")]).header(name, value).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.describe());
        let filter = format!(r#"client.ipAddress eq "{value}""#);
        let found = acme.logs(&[("filter", &filter)]).await;
        assert!(found.is_empty(), "nobody's word is taken for the address: {found:#?}");
    }
    let filter = format!(r#"eventType eq "user_rate_limited" and target.id eq "{}""#, user.id);
    for event in acme.wait_for_logs(&filter, 1).await {
        assert_eq!(event["client"]["ipAddress"], "127.0.0.1");
    }
}

async fn rl_14_streams_get_the_same_four(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl14").await);
    let http2 = acme.over(&acme.http().http2());
    let attempts: Vec<_> = (0..100)
        .map(|_| {
            let (tenant, web, user) = (http2.clone(), web.clone(), user.clone());
            tokio::spawn(async move { try_password(&tenant, &web, &user.login, &user.password).await.status })
        })
        .collect();
    let mut found = Vec::new();
    for attempt in attempts {
        found.push(attempt.await.expect("an attempt"));
    }
    assert_eq!(found.iter().filter(|status| **status == 200).count(), 4, "{found:?}");
    assert_eq!(found.iter().filter(|status| **status == 429).count(), 96, "{found:?}");
}

fn count(text: &str, status: u16) -> usize {
    text.matches(&format!("HTTP/1.1 {status} ")).count()
}

async fn rl_14_pipelines_and_held_back_bodies_get_the_same_four(app: Frozen) {
    let acme = app.acme();
    let web = make::post_app(&acme).await;
    // All at once down one connection.
    let user = make::user(&acme, "rl14-pipeline").await;
    let answers = app.raw(&password_request(&acme, &web, &user).repeat(12)).await;
    let text = String::from_utf8_lossy(&answers).into_owned();
    assert_eq!((count(&text, 200), count(&text, 429)), (4, 8), "{text}");
    // Trickled heads, and bodies let go together: what counts is when they are admitted.
    let user = make::user(&acme, "rl14-held").await;
    let bytes = password_request(&acme, &web, &user);
    let mut connections = Vec::new();
    for n in 0..20 {
        let mut stream = app.connect().await;
        stream.write_all(&bytes[..10 + n]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        stream.write_all(&bytes[10 + n..bytes.len() - 1]).await.unwrap();
        connections.push(stream);
    }
    for stream in &mut connections {
        stream.write_all(&bytes[bytes.len() - 1..]).await.unwrap();
    }
    let mut statuses = Vec::new();
    for stream in &mut connections {
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        statuses.push(String::from_utf8_lossy(&start[9..]).into_owned());
    }
    assert_eq!(statuses.iter().filter(|status| *status == "200").count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| *status == "429").count(), 16, "{statuses:?}");
}

async fn rl_16_wrong_client_secrets_leave_the_user_alone(app: Frozen) {
    let acme = app.acme();
    // An app of its own: guesses at its secret are limited by source, and the clock stands still for everybody.
    let (web, user) = (make::web_app(&acme, &["password"]).await, make::user(&acme, "rl16").await);
    let wrong = App { client_secret: Some("not-the-secret-of-this-app".to_owned()), ..web.clone() };
    let unknown = App { client_id: "0oa0000000000000000000000".to_owned(), ..wrong.clone() };
    // Fewer than the hundred after which the source itself is limited.
    for _ in 0..3 {
        let tries: Vec<_> = (0..50)
            .map(|n| {
                let (acme, user) = (acme.clone(), user.clone());
                let app = if n % 2 == 0 { wrong.clone() } else { unknown.clone() };
                tokio::spawn(async move { try_password(&acme, &app, &user.login, &user.password).await })
            })
            .collect();
        for each in tries {
            each.await.expect("an attempt").expect_oauth_error(401, "invalid_client");
        }
    }
    assert_eq!(statuses(&acme, &web, &user, 5).await, [200, 200, 200, 200, 429]);
}

async fn rl_17_a_grant_that_the_app_may_not_use_leaves_the_user_alone(app: Frozen) {
    let acme = app.acme();
    let user = make::user(&acme, "rl17").await;
    for client in [acme.service(), acme.browser_app()] {
        for _ in 0..6 {
            let reply = try_password(&acme, &client, &user.login, &user.password).await;
            reply.expect_oauth_error(400, "unauthorized_client");
        }
    }
    assert_eq!(statuses(&acme, &acme.web(), &user, 5).await, [200, 200, 200, 200, 429]);
}

async fn rl_18_a_missing_password_leaves_the_user_alone(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl18").await);
    let login = user.login.as_str();
    for _ in 0..3 {
        for params in [
            vec![("grant_type", "password"), ("username", login), ("scope", "openid")],
            vec![("grant_type", "password"), ("username", login), ("password", ""), ("scope", "openid")],
        ] {
            acme.token_as(&web, &params).await.expect_oauth_error(400, "invalid_request");
        }
        let params = [
            ("grant_type", "password"),
            ("username", login),
            ("password", &user.password),
            ("scope", "no such"),
        ];
        acme.token_as(&web, &params).await.expect_oauth_error(400, "invalid_scope");
    }
    assert_eq!(statuses(&acme, &web, &user, 5).await, [200, 200, 200, 200, 429]);
}

async fn rl_39_other_doors_neither_fill_nor_free_it(app: Frozen) {
    let acme = app.acme();
    let (web, user) = (acme.web(), make::user(&acme, "rl39").await);
    for _ in 0..5 {
        acme.code_flow_as(&web, "openid", &user.login, &user.password).await;
    }
    fill(&acme, &web, &user).await;
    expect_throttled(try_password(&acme, &web, &user.login, &user.password).await, "after the form's five");
    acme.code_flow_as(&web, "openid", &user.login, &user.password).await;
    expect_throttled(try_password(&acme, &web, &user.login, &user.password).await, "after one more");
}
