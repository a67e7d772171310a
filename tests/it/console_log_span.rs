//! A span of the log's histogram, drawn with the mouse.

use signet_testkit::{Browser, Shared, json, on_each_engine};

use crate::support::desk::sign_in;

on_each_engine! { a_span_of_time_is_drawn_over_the_bars }

/// The middle of the n-th bar, on the page, and where the bar leads.
async fn bar(browser: &Browser, n: usize) -> (f64, f64, String) {
    let script = "const bar = document.querySelectorAll('.histogram svg > a')[arguments[0]];
        const box = bar.querySelector('.hit').getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, bar.getAttribute('href')]";
    let found = browser.script(script, &[json!(n)]).await;
    let number = |at: usize| found[at].as_f64().expect("a number");
    (number(0), number(1), found[2].as_str().expect("an address").to_owned())
}

/// The mouse goes down at one place and comes up at another.
async fn draw(browser: &Browser, from: (f64, f64), to: (f64, f64)) {
    for (what, (x, y), buttons) in
        [("mousePressed", from, 1), ("mouseMoved", to, 1), ("mouseReleased", to, 0)]
    {
        let event =
            json!({ "type": what, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 });
        browser.cdp("Input.dispatchMouseEvent", event).await;
    }
}

/// A parameter of an address.
fn of<'u>(url: &'u str, name: &str) -> &'u str {
    let after = url.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in {url}")).1;
    after.split('&').next().unwrap_or_default()
}

async fn a_span_of_time_is_drawn_over_the_bars(app: Shared) {
    let acme = app.acme();
    let browser = Browser::start().await;
    browser.viewport(1440, 900).await;
    sign_in(&browser, &acme).await;
    let log = format!("{}/console/log", acme.origin());
    browser.goto(&format!("{log}?range=1h&outcome=SUCCESS")).await;
    let (third, sixth) = (bar(&browser, 2).await, bar(&browser, 5).await);
    // Backwards is as good.
    draw(&browser, (sixth.0, sixth.1), (third.0, third.1)).await;
    let url = browser.wait_for_url(&format!("{log}?")).await;
    assert_eq!((of(&url, "since"), of(&url, "until")), (of(&third.2, "since"), of(&sixth.2, "until")));
    assert_eq!(of(&url, "outcome"), "SUCCESS");

    // One bar is a link, and nothing more.
    browser.goto(&format!("{log}?range=1h")).await;
    let last = browser.count(".histogram svg > a").await - 1;
    let (x, y, href) = bar(&browser, last).await;
    draw(&browser, (x, y), (x, y)).await;
    let url = browser.wait_for_url(&format!("{}{}", acme.origin(), &href[..href.len().min(30)])).await;
    assert_eq!(of(&url, "until"), of(&href, "until"));
    browser.assert_quiet().await;
}
