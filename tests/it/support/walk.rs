//! Looking at pages in a real browser as their users would, in each width and each shade: what axe-core finds,
//! what the console says, where requests go, and whether anything pushes the page sideways. Every look leaves
//! pictures in `target/screenshots`.

use signet_testkit::{Browser, Value, json};

const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");

/// A way of looking: width, height, dark.
type Look = (u32, u32, bool);
/// With scripts, and without: between them every pair of width and shade.
const LOOKS: [Look; 2] = [(1440, 900, false), (360, 740, true)];
const PLAIN_LOOKS: [Look; 2] = [(1440, 900, true), (360, 740, false)];

/// A browser that walks pages and notes what is wrong with them.
pub(crate) struct Walk {
    pub(crate) browser: Browser,
    scripts: bool,
    shots: String,
    wrong: Vec<String>,
    seen: usize,
}

impl Walk {
    /// A browser whose pages may run scripts or not. Its pictures' names begin with `shots`.
    pub(crate) async fn start(shots: &str, scripts: bool) -> Self {
        let browser = Browser::start().await;
        Self { browser, scripts, shots: shots.to_owned(), wrong: Vec::new(), seen: 0 }
    }

    /// Opens a page and looks at it.
    pub(crate) async fn open(&mut self, name: &str, url: &str) {
        self.browser.scripting(self.scripts).await;
        self.browser.goto(url).await;
        self.look(name).await;
    }

    /// Looks at the page that is open, in every way.
    pub(crate) async fn look(&mut self, name: &str) {
        self.seen += 1;
        // The page has loaded with or without scripts; looking at it takes some.
        self.browser.scripting(true).await;
        self.browser.script(AXE, &[]).await;
        for (width, height, dark) in if self.scripts { LOOKS } else { PLAIN_LOOKS } {
            let shade = if dark { "dark" } else { "light" };
            let place = format!("{name} ({width} px, {shade})");
            self.browser.viewport(width, height).await;
            // Without movement: a colour half on its way to another is no colour of the page.
            self.browser.appearance(dark, true).await;
            self.axe(&place).await;
            self.sideways(&place).await;
            self.gaps(&place).await;
            self.browser.picture(&format!("{}-{name}-{width}-{shade}", self.shots)).await;
        }
        self.elsewhere(name).await;
        self.console(name).await;
        self.browser.scripting(self.scripts).await;
    }

    /// Everything axe-core knows.
    async fn axe(&mut self, place: &str) {
        let sizes = json!({ "target-size": { "enabled": true } });
        let options = json!({ "preload": false, "resultTypes": ["violations"], "rules": sizes });
        let found = self
            .browser
            .script_async(
                "const done = arguments[arguments.length - 1];
                 axe.run(document, arguments[0]).then(
                   (r) => done(r.violations.flatMap((v) => v.nodes.map((n) =>
                     `${v.id}: ${v.help}: ${n.target.join(' ')}: ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''}: ${n.html.slice(0, 160)}`))),
                   (e) => done([`axe failed: ${e}`]))",
                &[options],
            )
            .await;
        for one in found.as_array().cloned().unwrap_or_default() {
            self.note(place, one.as_str().unwrap_or_default());
        }
    }

    async fn sideways(&mut self, place: &str) {
        let wide = self
            .browser
            .script(
                "const root = document.documentElement;
                 if (root.scrollWidth <= innerWidth) return null;
                 const far = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
                 return `${root.scrollWidth} px wide: ${far.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(' | ')}`",
                &[],
            )
            .await;
        if let Some(wide) = wide.as_str() {
            self.note(place, wide);
        }
    }

    /// A table's rows reach its edge: a cell over columns that aren't shown would leave a gap beside the others.
    async fn gaps(&mut self, place: &str) {
        let script = "const far = (cells) => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right));
             const shown = (row) => [...row.cells].filter((cell) => cell.getClientRects().length);
             return [...document.querySelectorAll('table')].flatMap((table) => {
               const all = [...table.rows].filter((row) => getComputedStyle(row).display === 'table-row');
               const rows = all.filter((row) => row.parentNode.tagName === 'TBODY').map(shown).filter((cells) => cells.length > 1);
               const edge = table.getBoundingClientRect().right;
               const short = rows.find((cells) => far(cells) < edge - 2);
               return short ? [`${edge - far(short)} px beside ${short[0].parentNode.outerHTML.slice(0, 120)}`] : [];
             })";
        let short = self.browser.script(script, &[]).await;
        for one in short.as_array().cloned().unwrap_or_default() {
            self.note(place, one.as_str().unwrap_or_default());
        }
    }

    /// Nothing was asked of another origin.
    async fn elsewhere(&mut self, place: &str) {
        let script = "return performance.getEntriesByType('resource').map((e) => e.name)\
                      .filter((name) => new URL(name).origin !== location.origin)";
        let strangers = self.browser.script(script, &[]).await;
        for one in strangers.as_array().cloned().unwrap_or_default() {
            self.note(place, &format!("asks {one}"));
        }
    }

    /// The console is silent, but for the status of a page that is meant to have one.
    async fn console(&mut self, place: &str) {
        for line in self.browser.console().await {
            let status = ["403", "404", "409", "412", "422", "401", "400"];
            let told = ["SEVERE", "WARNING"].contains(&line.level.as_str());
            let meant = status.iter().any(|s| line.message.contains(&format!("status of {s}")));
            if told && !(meant && line.message.contains("Failed to load resource")) {
                self.note(place, &format!("console: {} {}", line.level, line.message));
            }
        }
    }

    pub(crate) fn note(&mut self, place: &str, wrong: &str) {
        self.wrong.push(format!("{place}: {wrong}"));
    }

    /// A value that the page answers with.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.browser.scripting(true).await;
        let answer = self.browser.script(script, &[]).await;
        self.browser.scripting(self.scripts).await;
        answer
    }

    /// Nothing was wrong with any page, and there were as many as that at least.
    pub(crate) fn end(self, pages: usize) {
        let count = self.wrong.len();
        assert!(self.wrong.is_empty(), "{count} things are wrong:\n{}", self.wrong.join("\n"));
        assert!(self.seen >= pages, "{} pages were seen", self.seen);
    }
}
