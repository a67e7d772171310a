//! Style sheets and scripts on the wire: compressed for who takes that, and cached without mixing the two forms up.

use std::io::Read as _;

use flate2::read::GzDecoder;
use signet_testkit::{Reply, Shared, Tenant, on_each_engine};

on_each_engine! {
    assets_are_compressed_for_who_takes_gzip,
    assets_that_are_held_already_are_not_sent_again,
    pages_are_never_compressed,
}

/// A font stands for everything that is compressed in itself.
const FONT: &str = "vendor/geist/geist-latin-wght-normal.woff2";

async fn fetch(tenant: &Tenant, method: &str, name: &str, headers: &[(&str, &str)]) -> Reply {
    let call = tenant.call(method, signet_web::asset_url(name));
    headers.iter().fold(call, |call, (name, value)| call.header(name, value)).await
}

fn file(name: &str) -> &'static [u8] {
    signet_web::asset(signet_web::asset_url(name)).expect("a file").plain.bytes
}

async fn assets_are_compressed_for_who_takes_gzip(app: Shared) {
    let acme = app.acme();
    for name in ["base.css", "console.css", "app.js", "vendor/lucide/icons.svg"] {
        let plain = fetch(&acme, "GET", name, &[]).await.expect(200);
        assert_eq!(plain.body, file(name), "{name}");
        assert_eq!(plain.header("content-encoding"), None, "{name}");
        let small = fetch(&acme, "GET", name, &[("accept-encoding", "gzip, br")]).await.expect(200);
        assert_eq!(small.header("content-encoding"), Some("gzip"), "{name}");
        assert!(small.body.len() * 3 < plain.body.len() * 2, "{name}: {}", small.body.len());
        let mut unpacked = Vec::new();
        GzDecoder::new(small.body.as_slice()).read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, file(name), "{name}");
        assert_ne!(small.header("etag").expect("a tag"), plain.header("etag").expect("a tag"), "{name}");
        for reply in [&plain, &small] {
            assert_eq!(reply.header("vary"), Some("Accept-Encoding"), "{name}");
            let kept = reply.header("cache-control").unwrap_or_default();
            assert!(kept.contains("immutable"), "{name}: {kept}");
        }
        assert_eq!(small.header("content-type"), plain.header("content-type"), "{name}");
    }
    for refusal in ["gzip;q=0", "identity", "br", "*;q=0", "gzip;q=0, *"] {
        let reply = fetch(&acme, "GET", "base.css", &[("accept-encoding", refusal)]).await.expect(200);
        assert_eq!(reply.header("content-encoding"), None, "{refusal}");
        assert_eq!(reply.body, file("base.css"), "{refusal}");
    }
    let font = fetch(&acme, "GET", FONT, &[("accept-encoding", "gzip")]).await.expect(200);
    assert_eq!((font.header("content-encoding"), font.header("vary")), (None, None));
    assert_eq!(font.body, file(FONT));
}

async fn assets_that_are_held_already_are_not_sent_again(app: Shared) {
    let acme = app.acme();
    for coding in ["identity", "gzip"] {
        let accept = ("accept-encoding", coding);
        let whole = fetch(&acme, "GET", "base.css", &[accept]).await.expect(200);
        let tag = whole.header("etag").expect("a tag").to_owned();
        let head = fetch(&acme, "HEAD", "base.css", &[accept]).await.expect(200);
        assert!(head.body.is_empty());
        for name in ["etag", "vary", "content-type", "content-encoding", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{coding}: {name}");
        }
        assert_eq!(head.header("content-length"), Some(whole.body.len().to_string().as_str()), "{coding}");
        for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let reply =
                    fetch(&acme, method, "base.css", &[accept, ("if-none-match", &held)]).await.expect(304);
                assert!(reply.body.is_empty(), "{held}");
                assert_eq!(reply.header("etag"), Some(tag.as_str()), "{held}");
                assert_eq!(reply.header("vary"), Some("Accept-Encoding"), "{held}");
            }
        }
        let other = if coding == "gzip" { "identity" } else { "gzip" };
        let reply =
            fetch(&acme, "GET", "base.css", &[("accept-encoding", other), ("if-none-match", &tag)]).await;
        assert_eq!(reply.status, 200, "the other form's tag is no reason to send nothing");
    }
}

/// Their length would tell what a secret in them has in common with what a stranger put beside it.
async fn pages_are_never_compressed(app: Shared) {
    let acme = app.acme();
    for path in ["/", "/login", "/console/sign-in", "/nowhere", "/docs/api"] {
        let page = acme.get(path).header("accept-encoding", "gzip, deflate, br, zstd").await;
        assert_eq!(page.header("content-encoding"), None, "{path}");
    }
}
