//! A guess at what sent a request. It only helps people to read the log; nothing is decided by it.

/// What a `User-Agent` seems to come from, in the words of log readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) device: &'static str,
    pub(super) os: &'static str,
    pub(super) browser: &'static str,
}

/// Each mark stands before those that the same text also holds: Edge calls itself Chrome, Chrome Safari, an
/// iPhone a Mac, and Android a Linux.
const SYSTEMS: [(&str, &str, &str); 7] = [
    ("iPhone", "iOS", "Mobile"),
    ("iPad", "iPadOS", "Mobile"),
    ("Android", "Android", "Mobile"),
    ("Windows", "Windows", "Computer"),
    ("Mac OS X", "Mac OS X", "Computer"),
    ("CrOS", "Chrome OS", "Computer"),
    ("Linux", "Linux", "Computer"),
];

const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "EDGE"),
    ("OPR/", "OPERA"),
    ("Firefox/", "FIREFOX"),
    ("FxiOS/", "FIREFOX"),
    ("Chrome/", "CHROME"),
    ("CriOS/", "CHROME"),
];

pub(super) fn guess(user_agent: &str) -> Guess {
    let system = SYSTEMS.iter().find(|s| user_agent.contains(s.0));
    let browser = BROWSERS.iter().find(|b| user_agent.contains(b.0)).map(|b| b.1);
    let safari = user_agent.contains("Safari/").then_some("SAFARI");
    Guess {
        device: system.map_or("Unknown", |s| s.2),
        os: system.map_or("Unknown", |s| s.1),
        browser: browser.or(safari).unwrap_or("UNKNOWN"),
    }
}

/// What a sign-in seems to come from, for people: the browser's name and the system's, where they can be told.
#[must_use]
pub fn device(user_agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    let guess = guess(user_agent);
    let browser = match guess.browser {
        "EDGE" => Some("Edge"),
        "OPERA" => Some("Opera"),
        "FIREFOX" => Some("Firefox"),
        "CHROME" => Some("Chrome"),
        "SAFARI" => Some("Safari"),
        _ => None,
    };
    (browser, (guess.os != "Unknown").then_some(guess.os))
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn the_usual_ones_are_told_apart() {
        for (text, device, os, browser) in [
            ("curl/8.4.0", "Unknown", "Unknown", "UNKNOWN"),
            ("", "Unknown", "Unknown", "UNKNOWN"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 \
                 Safari/537.36 Edg/126.0",
                "Computer",
                "Windows",
                "EDGE",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 \
                 Mobile/15E148 Safari/604.1",
                "Mobile",
                "iOS",
                "SAFARI",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
                "Mobile",
                "Android",
                "CHROME",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko Firefox/127.0", "Computer", "Linux", "FIREFOX"),
        ] {
            let g = guess(text);
            assert_eq!((g.device, g.os, g.browser), (device, os, browser), "{text}");
        }
    }
}
