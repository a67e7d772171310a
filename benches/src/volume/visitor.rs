//! Somebody with a browser: signs in and looks at pages.

use super::pages::{Page, Who};
use crate::node::{Node, text};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Visitor {
    port: u16,
    host: String,
    cookies: Vec<(String, String)>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Until its last byte.
    pub(super) took: Duration,
}

impl Answer {
    /// What it begins with.
    pub(super) fn start(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}

/// Everybody who asks for pages.
pub(super) struct Visitors {
    admin: Visitor,
    operator: Visitor,
    /// The header of a management API token.
    token: String,
}

impl Visitors {
    pub(super) async fn of(node: &Node) -> Self {
        let (acme, operator) = (node.acme(), &node.credentials["operator"]);
        let (host, operators) = (node.host(), format!("127.0.0.1:{}", node.port));
        let admin = Visitor::sign_in(node.port, &host, "/console/sign-in", &acme["admin"]).await;
        let operator = Visitor::sign_in(node.port, &operators, "/sign-in", operator).await;
        let token = format!("authorization: SSWS {}\r\n", text(&acme["api_token"]));
        Self { admin, operator, token }
    }

    pub(super) async fn ask(&mut self, page: &Page) -> Answer {
        match page.who {
            Who::Operator => self.operator.send("GET", &page.path, "", "").await,
            Who::Api => self.admin.send("GET", &page.path, &self.token, "").await,
            Who::Admin | Who::Nobody => self.admin.send("GET", &page.path, "", "").await,
        }
    }
}

impl Visitor {
    /// Signs in at a form.
    async fn sign_in(port: u16, host: &str, form: &str, who: &Value) -> Self {
        let mut visitor = Self { port, host: host.to_owned(), cookies: Vec::new() };
        let page = visitor.send("GET", form, "", "").await;
        let html = String::from_utf8(page.body).unwrap();
        let after = html.split_once("name=\"csrf\"").expect("a form").1;
        let csrf = after.split('"').nth(1).expect("its token").to_owned();
        let (login, password) = (text(&who["login"]).replace('@', "%40"), text(&who["password"]));
        let body = format!("csrf={csrf}&login={login}&password={password}");
        let kind = "content-type: application/x-www-form-urlencoded\r\n";
        let answer = visitor.send("POST", form, kind, &body).await;
        assert!(answer.status == 303 || answer.status == 302, "no sign-in at {host}: {}", answer.status);
        visitor
    }

    async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n{headers}connection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            cookies.join("; "),
            body.len()
        );
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let took = began.elapsed();
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let status = head[9..12].parse().unwrap();
        Answer { status, body: bytes.split_off(end + 4), took }
    }
}
