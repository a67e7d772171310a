//! Holds every sample page to what all pages promise.

use signet_web::samples::{self, HOSTILE, Sample};

/// Names and attributes of every start tag, read the way a browser would: quotes hide everything but themselves.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>').unwrap_or(rest.len());
            let attribute = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix('=') {
                let quote = after.chars().next().filter(|c| "\"'".contains(*c));
                assert!(quote.is_some(), "an attribute without quotes: {attribute}");
                let inner = &after[1..];
                let close = quote.and_then(|quote| inner.find(quote)).unwrap_or(inner.len());
                value = inner[..close].to_owned();
                rest = &inner[(close + 1).min(inner.len())..];
            }
            attributes.push((attribute, value));
        }
        tags.push((name, attributes));
    }
    tags
}

fn value<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
}

/// Runs a check over every sample.
fn each(check: impl Fn(&Sample, &str)) {
    let all = samples::all();
    assert!(all.len() > 45, "{} samples", all.len());
    for sample in &all {
        let html = sample.html.as_deref().unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        check(sample, html);
    }
}

#[test]
fn nothing_is_inline_that_the_policy_would_refuse() {
    each(|sample, html| {
        for (tag, attributes) in tags(html) {
            assert_ne!(tag, "style", "{}", sample.name);
            for (attribute, value) in &attributes {
                assert_ne!(attribute, "style", "{} <{tag}>", sample.name);
                assert!(!attribute.starts_with("on"), "{} <{tag} {attribute}>", sample.name);
                assert!(
                    !value.trim_start().starts_with("javascript:"),
                    "{} <{tag} {attribute}>",
                    sample.name
                );
            }
            if tag == "script" {
                let source = value(&attributes, "src").unwrap_or_default();
                assert!(signet_web::asset(source).is_some(), "{}: an inline or unknown script", sample.name);
            }
        }
        for script in html.split("<script").skip(1) {
            assert!(script.contains("></script>"), "{}: a script with content", sample.name);
        }
    });
}

#[test]
fn hostile_text_is_escaped() {
    let hostile = samples::all().into_iter().filter(|sample| sample.name.contains("hostile")).count();
    assert!(hostile >= 8, "{hostile} hostile samples");
    each(|sample, html| {
        assert!(!html.contains("<script>"), "{}", sample.name);
        assert!(!html.contains(HOSTILE), "{}", sample.name);
        if sample.name.ends_with("hostile") {
            assert!(html.contains("&#60;script&#62;"), "{}: where did it go?", sample.name);
        }
    });
}

#[test]
fn every_form_that_posts_to_us_carries_a_token_and_no_other_does() {
    each(|sample, html| {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let posts = form.split('>').next().unwrap_or_default().contains("method=\"post\"");
            let tokens = form.matches("<input type=\"hidden\" name=\"csrf\" value=\"").count();
            // The answer goes to the app, which mustn't learn a token of ours; and GET would put it into the URL.
            let expected = usize::from(posts && !sample.name.starts_with("form_post"));
            assert_eq!(tokens, expected, "{}: {form}", sample.name);
        }
    });
}

#[test]
fn every_page_has_one_heading_a_language_a_title_and_landmarks() {
    each(|sample, html| {
        let tags = tags(html);
        let count = |name: &str| tags.iter().filter(|(tag, _)| tag == name).count();
        for name in ["html", "main", "h1"] {
            assert_eq!(count(name), 1, "{} <{name}>", sample.name);
        }
        // Drawings have titles of their own.
        let head = html.split("</head>").next().unwrap_or_default();
        assert_eq!(head.matches("<title>").count(), 1, "{}", sample.name);
        assert!(tags.iter().any(|(tag, attributes)| tag == "html" && value(attributes, "lang").is_some()));
        assert!(!html.contains("<title> ·"), "{}: no title", sample.name);
        assert!(html.contains("<a class=\"skip\" href=\"#main\">"), "{}", sample.name);
    });
}

#[test]
fn ids_are_unique_and_what_refers_to_one_finds_it() {
    each(|sample, html| {
        let tags = tags(html);
        let mut ids: Vec<_> = tags.iter().filter_map(|(_, attributes)| value(attributes, "id")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{}: an id appears twice", sample.name);
        for (tag, attributes) in &tags {
            for reference in ["for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"]
            {
                // Some of them take several, with spaces between.
                for id in value(attributes, reference).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(&id), "{} <{tag} {reference}={id:?}>", sample.name);
                }
            }
        }
    });
}

#[test]
fn every_field_is_labelled() {
    each(|sample, html| {
        let mut before = String::new();
        for (tag, attributes) in tags(html) {
            // A field that stands at the beginning of its label needs no more.
            let inside = std::mem::replace(&mut before, tag.clone()) == "label";
            let hidden = value(&attributes, "type") == Some("hidden");
            if (tag == "input" || tag == "select") && !hidden && !inside {
                let id = value(&attributes, "id").unwrap_or_default();
                assert!(html.contains(&format!("for=\"{id}\"")), "{} <{tag} id={id:?}>", sample.name);
            }
            if value(&attributes, "type") == Some("password") {
                let hint = value(&attributes, "autocomplete").unwrap_or_default();
                assert!(["current-password", "new-password"].contains(&hint), "{}", sample.name);
            }
        }
    });
}

#[test]
fn every_asset_and_icon_in_use_exists() {
    let sprite = signet_web::asset(signet_web::asset_url("vendor/lucide/icons.svg"));
    let sprite = String::from_utf8_lossy(sprite.map_or(&[], |asset| asset.plain.bytes));
    each(|sample, html| {
        for (_, attributes) in tags(html) {
            for address in ["href", "src"].into_iter().filter_map(|name| value(&attributes, name)) {
                let Some(("", _)) = address.split_once("/assets/") else { continue };
                let (file, icon) = address.split_once('#').unwrap_or((address, ""));
                assert!(signet_web::asset(file).is_some(), "{}: {file}", sample.name);
                let symbol = format!("<symbol id=\"{icon}\"");
                assert!(icon.is_empty() || sprite.contains(&symbol), "{}: icon {icon}", sample.name);
            }
        }
    });
}

#[test]
fn what_stylesheets_refer_to() {
    for (url, asset) in signet_web::assets() {
        if !url.ends_with(".css") {
            continue;
        }
        let css = String::from_utf8_lossy(asset.plain.bytes);
        let folder = &url[..=url.rfind('/').unwrap_or_default()];
        for part in css.split("url(\"").skip(1) {
            let file = part.split('"').next().unwrap_or_default();
            assert!(signet_web::asset(&format!("{folder}{file}")).is_some(), "{url}: {file}");
        }
    }
}

/// Before they are compressed. The log's page has the most; a page for users has half of that.
#[test]
fn no_page_loads_much_script() {
    for sample in samples::all() {
        let html = sample.html.unwrap_or_default();
        let urls =
            html.split("<script ").skip(1).filter_map(|tag| tag.split("src=\"").nth(1)?.split('"').next());
        let bytes: usize = urls.filter_map(signet_web::asset).map(|file| file.plain.bytes.len()).sum();
        let most = if html.contains("id=\"palette\"") { 11_000 } else { 5_000 };
        assert!(bytes < most, "{}: {bytes} bytes of script", sample.name);
    }
}
