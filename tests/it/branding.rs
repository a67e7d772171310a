//! How a tenant's pages for users look: who may change it, what is refused, and that it stays the tenant's.

use std::time::Instant;

use signet_testkit::{Engine, Reply, Shared, Tenant, TestApp, Value, json, on_each_engine};

use crate::nodes::heeded;
use crate::support::desk::{Desk, the_form};
use crate::support::make::unique;
use crate::support::pictures::{chunk, png};
use crate::support::registering::{Registered, ordinary, server_with};

on_each_engine! {
    a_look_is_on_every_page_for_users_and_goes_again,
    tx_16_files_and_cursors_of_another_tenant_look_absent,
    what_is_no_look_is_refused,
    in_23_hostile_images_are_refused,
    ss_12_a_logo_is_stripped_and_served_from_here,
}

const BLUE: [u8; 3] = [0x22, 0x44, 0xaa];

async fn put(tenant: &Tenant, body: &Value) -> Reply {
    tenant.api("PUT", "/api/v1/brand").not_secret().json(body).await
}

async fn put_logo(tenant: &Tenant, kind: &str, bytes: &[u8]) -> Reply {
    tenant.api("PUT", "/api/v1/brand/logo").body(kind, bytes).await
}

/// The path of a logo's address.
fn path_of(brand: &Value) -> String {
    let href = brand["logo"]["href"].as_str().expect("a logo").to_owned();
    href[href.find("/brand/").expect("its path")..].to_owned()
}

/// What a page loads as its look: its stylesheet and its logo.
fn look_of(page: &Reply) -> (Option<String>, Option<String>) {
    let page = page.page();
    let sheets = page.attributes("link[rel=stylesheet]", "href");
    let sheet = sheets.into_iter().find(|url| url.starts_with("/brand/"));
    (sheet, page.attributes(".brand img", "src").pop())
}

async fn a_look_is_on_every_page_for_users_and_goes_again(app: TestApp) {
    let acme = app.acme();
    let first = acme.api("GET", "/api/v1/brand").await.expect(200);
    assert_eq!((first.header("etag"), &first.json()["lastUpdated"]), (Some("\"0\""), &Value::Null));
    let body = json!({
        "displayName": "Acme Stores", "colour": "#FC5", "help": "help@acme.test",
        "signInText": { "en": "Use your staff account.", "de": "Nutzen Sie Ihr Dienstkonto." },
    });
    let saved = put(&acme, &body).await.expect(200);
    assert_eq!((saved.header("etag"), &saved.json()["colour"]), (Some("\"1\""), &json!("#ffcc55")));
    let stale = acme.api("PUT", "/api/v1/brand").header("if-match", "\"0\"").not_secret().json(&body).await;
    assert_eq!(stale.status, 412, "{}", stale.describe());
    let stale = acme.api("PUT", "/api/v1/brand/logo").header("if-match", "\"7\"");
    assert_eq!(stale.body("image/png", &png(300, 50, BLUE)).await.status, 412);
    let brand = put_logo(&acme, "image/png", &png(300, 50, BLUE)).await.expect(200).json();
    let logo = path_of(&brand);

    let login = acme.visitor().get(&format!("{}/login", acme.origin())).await.expect(200);
    let (sheet, shown) = look_of(&login);
    let (sheet, shown) = (sheet.expect("a sheet"), shown.expect("a logo"));
    assert_eq!(shown, logo);
    let text = login.page().text();
    assert!(text.contains("Use your staff account."), "{text}");
    assert_eq!(login.page().attributes(".help a", "href"), ["mailto:help@acme.test"]);
    assert_eq!(
        login.page().attributes(".brand img", "alt"),
        ["Acme Stores"],
        "a wide one stands for the name"
    );
    let german = acme.visitor().with_languages("de").get(&format!("{}/login", acme.origin())).await;
    assert!(german.page().text().contains("Nutzen Sie Ihr Dienstkonto."), "{}", german.page().text());
    let (user, password) = acme.user();
    let (visitor, account) = acme.sign_in("/login", user, password).await;
    let signing_out = visitor.get(&format!("{}/oauth2/v1/logout", acme.origin())).await;
    let wrong = "/oauth2/default/v1/authorize?client_id=nobody&response_type=code";
    let wrong = visitor.get(&format!("{}{wrong}", acme.origin())).await;
    let missing = visitor.get(&format!("{}/nowhere", acme.origin())).await;
    let request = acme.authorize(&acme.web(), "openid").url();
    let at_app = acme.visitor().open(&request).await;
    for page in [&account, &signing_out, &wrong, &missing, &at_app] {
        assert_eq!(look_of(page), (Some(sheet.clone()), Some(logo.clone())), "{}", page.describe());
        assert!(page.page().title().contains("Acme Stores"), "{}", page.page().title());
    }
    let console = acme.visitor().get(&format!("{}/console/sign-in", acme.origin())).await;
    assert_eq!(look_of(&console), (None, None), "the console is Signet's");

    // Content has one address and one type, and is kept for ever.
    for (path, kind) in [(&sheet, "text/css; charset=utf-8"), (&logo, "image/png")] {
        let file = acme.get(path).await.expect(200);
        assert_eq!(file.header("content-type"), Some(kind));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(file.header("content-security-policy").is_some_and(|p| p.starts_with("default-src 'none'")));
    }
    let css = acme.get(&sheet).await.text();
    assert!(css.contains("--primary:#ffcc55") && css.contains("--primary-text:#000"), "{css}");

    if app.engine() == Engine::Postgres {
        let other = app.node().await;
        put(&acme, &json!({ "colour": "#114411" })).await.expect(200);
        let there = async || other.acme().get("/login").await;
        let is_new = |reply: &Reply| look_of(reply).0.is_some_and(|url| url != sheet);
        heeded(Instant::now(), there, is_new).await;
        let (sheet, _) = look_of(&there().await);
        let css = other.acme().get(&sheet.expect("a sheet")).await.expect(200).text();
        assert!(css.contains("#114411"), "{css}");
    }

    let changes = acme.wait_for_logs(r#"eventType eq "system.brand.update""#, 2).await;
    assert!(changes[0].to_string().contains("Use your staff account."), "{}", changes[0]);
    let hash = brand["logo"]["id"].as_str().expect("a hash");
    assert!(changes[1].to_string().contains(hash), "{}", changes[1]);
    acme.api("DELETE", "/api/v1/brand").header("if-match", "\"1\"").await.expect(412);
    acme.api("DELETE", "/api/v1/brand/logo").await.expect(204);
    acme.api("DELETE", "/api/v1/brand").await.expect(204);
    let login = acme.get("/login").await.expect(200);
    assert_eq!(look_of(&login), (None, None));
    assert_eq!(acme.get(&sheet).await.status, 404, "no stylesheet of the tenant's any more");
    assert_eq!(acme.wait_for_logs(r#"eventType eq "system.brand.reset""#, 1).await.len(), 1);
    let after = acme.api("GET", "/api/v1/brand").await.expect(200);
    assert_ne!(after.header("etag"), Some("\"1\""), "no version comes back");
    the_console_changes_it(&acme).await;
}

/// The same at the console: what was uploaded is kept through a wrong form, tried, and saved.
async fn the_console_changes_it(acme: &Tenant) {
    let desk = Desk::of(acme).await;
    let page = desk.page("/console/branding/edit").await;
    let form = the_form(&page);
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let send = async |colour: &str, deed: &str, kept: &str, file: &[u8]| {
        let (csrf, version) = (field("csrf"), field("version"));
        let texts = [
            ("csrf", csrf.as_str()),
            ("version", &version),
            ("colour", colour),
            ("do", deed),
            ("kept", kept),
            ("help", "https://help.acme.test/"),
        ];
        let mut body = Vec::new();
        for (name, value) in texts {
            let part = format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            b"--B\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"l;o.png\"\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--B--\r\n");
        let url = format!("{}/console/branding/edit", acme.origin());
        let call = desk.visitor.call("POST", &url).body("multipart/form-data; boundary=B", &body);
        desk.visitor.send(call).await
    };
    let wrong = send("red", "", "", &png(40, 40, BLUE)).await.expect(422);
    let kept = the_form(&wrong).get("kept").expect("the picture").to_owned();
    assert!(wrong.text().contains("six hexadecimal digits"), "{}", wrong.page().text());
    let none = send("#224", "", &kept, b"<svg onload=alert(1)>").await.expect(422);
    assert!(none.text().contains("SVG"), "{}", none.page().text());
    let tried = send("#224", "preview", &kept, b"").await.expect(200);
    assert_eq!(look_of(&acme.get("/login").await), (None, None), "nothing is saved yet");
    let policy = tried.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let frames = tried.page().attributes("iframe", "src");
    assert_eq!(frames.len(), 2);
    for frame in frames {
        let page = desk.page(&frame).await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
        assert!(page.text().contains(&kept) && page.text().contains("inert"), "{frame}");
        let sheet = page.page().attributes("link[rel=stylesheet]", "href").pop().expect("a sheet");
        let css = desk.page(&sheet).await;
        assert!(css.text().contains("--primary:#222244"), "{}", css.text());
    }
    assert_eq!(send("#224", "", &kept, b"").await.status, 303);
    let (sheet, logo) = look_of(&acme.get("/login").await);
    assert!(sheet.is_some() && logo.is_some_and(|logo| logo.contains(&kept)));
    // Whoever began before that is shown both.
    let clash = send("#335", "", &kept, b"").await.expect(412);
    assert!(clash.page().text().contains("#222244"), "{}", clash.page().text());
    desk.fill("/console/branding/reset", &[]).await.expect(200);
    assert_eq!(look_of(&acme.get("/login").await), (None, None));
}

async fn tx_16_files_and_cursors_of_another_tenant_look_absent(app: TestApp) {
    let (acme, globex) = (app.acme(), app.globex());
    put(&globex, &json!({ "colour": "#0a7" })).await.expect(200);
    let theirs = put_logo(&globex, "image/png", &png(64, 64, BLUE)).await.expect(200).json();
    let logo = path_of(&theirs);
    let (sheet, _) = look_of(&globex.get("/login").await);
    let sheet = sheet.expect("a sheet");
    globex.get(&logo).await.expect(200);
    globex.get(&sheet).await.expect(200);
    let nobodys = format!("/brand/{}.png", "0".repeat(64));
    let absent = acme.get(&nobodys).await.expect(404);
    for path in [&logo, &sheet, "/brand/x", "/brand/..png", "/brand/%00.css", &logo.replace(".png", ".webp")]
    {
        let reply = acme.get(path).await;
        let same = (reply.status, &reply.body, reply.header("content-type"));
        let refused = reply.status == 400 && path.contains("%00");
        assert!(
            refused || same == (404, &absent.body, absent.header("content-type")),
            "{path}: {}",
            reply.describe()
        );
    }
    // Nor can another's picture be taken over by its name.
    let desk = Desk::of(&acme).await;
    let hash = theirs["logo"]["id"].as_str().expect("a hash");
    for kept in [hash, &"0".repeat(64)] {
        let page = desk.page("/console/branding/edit").await;
        let reply = desk.send(&page, &[("kept", kept)]).await.expect(422);
        assert!(reply.text().contains("upload it again"), "{}", reply.page().text());
    }
    let preview = desk.page(&format!("/console/branding/preview?kept={hash}")).await;
    assert_eq!(look_of(&preview).1, None);

    // An export goes on from a cursor: another tenant's is none.
    let first = globex.api("GET", "/api/v1/logs").query([("limit", "1")]).await.expect(200);
    let link = first.headers_named("link").into_iter().find(|l| l.contains("next")).expect("more").to_owned();
    let cursor = link.split("after=").nth(1).and_then(|c| c.split(['&', '>']).next()).expect("a cursor");
    let mut seen = Vec::new();
    for cursor in [cursor, &unique("nobodys")] {
        let reply = acme.api("GET", &format!("/api/v1/logs?limit=1&after={cursor}")).await.expect(400);
        seen.push(reply.json()["errorCode"].clone());
        let page = desk.get(&format!("/console/log?after={cursor}")).await;
        assert!(!page.text().contains("@globex.test"), "{}", page.page().text());
    }
    assert_eq!(seen[0], seen[1]);
}

async fn what_is_no_look_is_refused(app: Shared) {
    let acme = app.acme();
    for (body, says) in [
        (json!({ "colour": "red" }), "hexadecimal"),
        (json!({ "colour": "#fff}body{display:none" }), "hexadecimal"),
        (json!({ "colour": "#fff;background:url(//evil.test)" }), "hexadecimal"),
        (json!({ "displayName": "" }), "1 to 100"),
        (json!({ "displayName": " Acme" }), "spaces"),
        (json!({ "displayName": "A\u{7}" }), "control"),
        (json!({ "displayName": "x".repeat(101) }), "1 to 100"),
        (json!({ "signInText": { "en": "x".repeat(201) } }), "1 to 200"),
        (json!({ "signInText": { "xx": "text" } }), "en, de"),
        (json!({ "help": "javascript:alert(1)" }), "https URL"),
        (json!({ "help": "a@b.test?cc=eve@evil.test" }), "https URL"),
        (json!({ "css": "body{}" }), "unknown field"),
    ] {
        let reply = put(&acme, &body).await.expect(400);
        assert!(reply.text().contains(says), "{body}: {}", reply.describe());
    }
}

async fn in_23_hostile_images_are_refused(app: Shared) {
    let acme = app.acme();
    let good = png(40, 40, BLUE);
    let script = b"<script>alert(document.domain)</script>".to_vec();
    let bomb = png(40, 40, BLUE);
    let bomb = [&bomb[..16], &30_000u32.to_be_bytes(), &30_000u32.to_be_bytes(), &bomb[24..]].concat();
    let moving = [&good[..33], &chunk(b"acTL", &[0; 8]), &good[33..]].concat();
    for (kind, bytes, status) in [
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), 415),
        ("text/html", good.clone(), 415),
        ("application/json", good.clone(), 415),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), 400),
        ("image/png", script.clone(), 400),
        ("image/jpeg", good.clone(), 400),
        ("image/png", [good.clone(), script.clone()].concat(), 400),
        ("image/png", bomb, 400),
        ("image/png", moving, 400),
        ("image/png", good[..good.len() - 1].to_vec(), 400),
        ("image/png", Vec::new(), 400),
        ("image/png", vec![0x89; 64 * 1024 + 1], 413),
        ("image/png", vec![0x89; 1_100_000], 413),
    ] {
        let size = bytes.len();
        let call = acme.api("PUT", "/api/v1/brand/logo").body(kind, &bytes);
        let reply = if size > 1 << 20 { call.unchecked().await } else { call.await };
        assert_eq!(reply.status, status, "{kind} of {size} bytes: {}", reply.describe());
    }
    assert_eq!(acme.api("GET", "/api/v1/brand").await.expect(200).json()["logo"], Value::Null);
}

async fn ss_12_a_logo_is_stripped_and_served_from_here(app: TestApp) {
    let acme = app.acme();
    let good = png(40, 40, BLUE);
    let hidden = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>");
    let with_more = [&good[..33], &hidden, &good[33..]].concat();
    let brand = put_logo(&acme, "image/png", &with_more).await.expect(200).json();
    let served = acme.get(&path_of(&brand)).await.expect(200);
    assert_eq!(served.body, good, "without what a picture doesn't need");
    let told = |name: &str| served.header(name).unwrap_or_default().to_owned();
    assert_eq!(
        (told("content-type"), told("x-content-type-options")),
        ("image/png".into(), "nosniff".into())
    );
    assert!(told("content-security-policy").contains("default-src 'none'"));
    // Pages load pictures from here alone, whatever an app says of itself.
    let page = acme.get("/login").await.expect(200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("img-src 'self';"), "{policy}");
    let server = server_with(&acme, &json!({ "mode": "OPEN" })).await;
    let mut metadata = ordinary();
    metadata["logo_uri"] = json!("https://evil.test/logo.svg");
    let stranger = Registered::new(&server, None, &metadata).await;
    assert!(stranger.told.get("logo_uri").is_none(), "{}", stranger.told);
    let page = server.tenant.visitor().open(&server.tenant.authorize_url(&stranger.app, "openid")).await;
    assert!(!page.text().contains("evil.test"), "{}", page.text());
}
