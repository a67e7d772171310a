//! kill -9 in the middle of 64 clients, then a restart. The clients write down and fsync every answer before
//! they go on; afterwards each answer is held against the server, which must still stand by all of them.

use serde::{Deserialize, Serialize};
use signet_testkit::{App, CodeFlow, Tenant, TestApp, json, on_each_engine, serde_json, tokio};
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

on_each_engine! { every_acknowledged_answer_survives_a_kill }

const CLIENTS: usize = 64;
/// Answers after which the server is killed.
const ENOUGH: usize = 600;

/// One answer of the server, as its client wrote it down.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
enum Answer {
    Spent { code: String },
    Issued { jti: String },
    Rotated { client: usize, to: String },
    Revoked { client: usize, token: String },
}

/// The clients' record: a file that is synced before a client takes its next step.
#[derive(Clone)]
struct Record {
    file: Arc<Mutex<File>>,
    written: Arc<AtomicUsize>,
}

impl Record {
    fn at(path: &std::path::Path) -> Self {
        Self { file: Arc::new(Mutex::new(File::create(path).unwrap())), written: Arc::default() }
    }

    fn write(&self, answer: &Answer) {
        let mut file = self.file.lock().unwrap();
        serde_json::to_writer(&mut *file, answer).unwrap();
        file.write_all(b"\n").unwrap();
        file.sync_data().unwrap();
        self.written.fetch_add(1, Ordering::SeqCst);
    }
}

async fn every_acknowledged_answer_survives_a_kill(app: TestApp) {
    let path = app.data_dir().join("answers.jsonl");
    let record = Record::at(&path);
    let flows = flows(&app).await;
    let killed = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = flows
        .iter()
        .cloned()
        .enumerate()
        .map(|(n, flow)| tokio::spawn(client(n, app.acme(), flow, record.clone(), killed.clone())))
        .collect();
    while record.written.load(Ordering::SeqCst) < ENOUGH {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.kill9();
    killed.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    app.start_again().await;
    let text = std::fs::read_to_string(&path).unwrap();
    let answers: Vec<Answer> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(answers.len() >= ENOUGH, "only {} answers", answers.len());
    verify(&app.acme(), &flows, &answers).await;
}

/// As many codes as there are clients, from one browser.
async fn flows(app: &TestApp) -> Vec<CodeFlow> {
    let acme = app.acme();
    let browser = acme.browser_app();
    let (login, password) = acme.user();
    let first = acme.code_flow(&browser, "openid offline_access").await;
    let mut flows = vec![first.clone()];
    while flows.len() < CLIENTS {
        let request = acme.authorize(&browser, "openid offline_access");
        let callback = first.visitor.authorize(&request, login, password).await;
        let code = callback.code().to_owned();
        flows.push(CodeFlow { code, verifier: request.verifier.clone(), ..first.clone() });
    }
    flows
}

/// Redeems a code, then refreshes and asks for machine tokens until the server is gone; one in four gives its
/// refresh token back after a while.
async fn client(n: usize, acme: Tenant, flow: CodeFlow, record: Record, killed: Arc<AtomicBool>) {
    let (browser, service) = (acme.browser_app(), acme.service());
    let mut refresh: Option<String> = None;
    let mut turn = 0;
    while !killed.load(Ordering::SeqCst) {
        turn += 1;
        let form: Vec<(&str, &str)> = match (&refresh, turn % 3) {
            (None, 1) => vec![
                ("grant_type", "authorization_code"),
                ("code", &flow.code),
                ("redirect_uri", &flow.redirect_uri),
                ("code_verifier", &flow.verifier),
            ],
            (Some(token), 1) => vec![("grant_type", "refresh_token"), ("refresh_token", token)],
            _ => vec![("grant_type", "client_credentials"), ("scope", "orders:read")],
        };
        let machine = form[0].1 == "client_credentials";
        let who = if machine { &service } else { &browser };
        let Ok(reply) = acme.token_as(who, &form).try_send().await else { return };
        if reply.status != 200 {
            // The server was shutting its doors: nothing was acknowledged.
            return;
        }
        let tokens = reply.tokens();
        if !machine && refresh.is_none() {
            record.write(&Answer::Spent { code: flow.code.clone() });
        }
        record.write(&Answer::Issued { jti: tokens.access().claims["jti"].as_str().unwrap().to_owned() });
        if let Some(next) = tokens.refresh_token {
            record.write(&Answer::Rotated { client: n, to: next.clone() });
            refresh = Some(next);
        }
        if n.is_multiple_of(4)
            && turn > 6
            && let Some(token) = refresh.clone()
        {
            give_back(n, &acme, &browser, &token, &record).await;
            return;
        }
    }
}

async fn give_back(n: usize, acme: &Tenant, browser: &App, token: &str, record: &Record) {
    let form = [("token", token), ("client_id", browser.client_id.as_str())];
    if let Ok(reply) = acme.call("POST", "/oauth2/default/v1/revoke").form(form).try_send().await
        && reply.status == 200
    {
        record.write(&Answer::Revoked { client: n, token: token.to_owned() });
    }
}

async fn verify(acme: &Tenant, flows: &[CodeFlow], answers: &[Answer]) {
    let browser = acme.browser_app();
    let jtis: Vec<&str> = answers
        .iter()
        .filter_map(|a| if let Answer::Issued { jti } = a { Some(jti.as_str()) } else { None })
        .collect();
    for some in jtis.chunks(50) {
        let filter = some
            .iter()
            .map(|j| format!("debugContext.debugData.jti eq \"{j}\""))
            .collect::<Vec<_>>()
            .join(" or ");
        let found = acme.logs(&[("filter", &filter)]).await;
        assert_eq!(found.len(), some.len(), "an issued token has no event, or two");
    }
    let revoked: Vec<usize> = answers
        .iter()
        .filter_map(|a| if let Answer::Revoked { client, .. } = a { Some(*client) } else { None })
        .collect();
    for answer in answers {
        if let Answer::Revoked { token, .. } = answer {
            acme.refresh(&browser, token).await.expect_oauth_error(400, "invalid_grant");
        }
    }
    for n in (0..CLIENTS).filter(|n| !n.is_multiple_of(4) && !revoked.contains(n)) {
        let last = answers.iter().rev().find_map(|a| match a {
            Answer::Rotated { client, to } if *client == n => Some(to),
            _ => None,
        });
        if let Some(token) = last {
            let reply = acme.refresh(&browser, token).await;
            assert_eq!(reply.status, 200, "an acknowledged refresh token is gone: {}", reply.describe());
        }
    }
    for answer in answers {
        if let Answer::Spent { code } = answer {
            let flow = flows.iter().find(|f| f.code == *code).unwrap();
            acme.redeem(&browser, flow).await.expect_oauth_error(400, "invalid_grant");
        }
    }
    let everyone = acme.api("GET", "/api/v1/users").await.expect(200).json();
    assert_ne!(everyone, json!([]), "the directory survived too");
}
