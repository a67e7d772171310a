//! The quick starts of docs/quickstarts, filled with an app's own values. They are those very pages, which the tests
//! execute: what is shown works as it stands, but for the secret.

use super::curl::quoted;
use signet_domain::app::{App, AppKind};
use signet_web::{Fact, Snippet};

/// The issuer in the pages.
const ISSUER: &str = "http://localhost:8080/oauth2/default";
/// The scope that the pages' API asks for.
pub(super) const API_SCOPE: &str = "orders:read";
/// What stands where the secret belongs.
const SECRET: &str = "the secret that was shown when it was made";
/// Scopes as the pages ask for them, the longest first: one begins with another.
const SCOPES: [&str; 3] = [
    "openid profile email offline_access orders:read",
    "openid profile email offline_access",
    "openid profile email",
];
/// How the pages write their own origin, where they don't ask the browser for it.
const HOMES: [&str; 5] = [
    "http://localhost:${PORT}/",
    "http://localhost:{PORT}/",
    "http://localhost:{port}/",
    r#"http://localhost:" + port + "/"#,
    "SITE http://localhost:3000\n",
];
/// How the pages are told another port.
const PORTS: [(&str, &str); 6] = [
    ("ISSUER=http", "PORT={} ISSUER=http"),
    ("\nnpm run dev", "\nnpm run dev -- --port {}"),
    ("allow_origins=[\"http://localhost:5173\"]", "allow_origins=[\"http://localhost:{}\"]"),
    ("Listen 127.0.0.1:3000", "Listen 127.0.0.1:{}"),
    ("ServerName localhost:3000", "ServerName localhost:{}"),
    ("SITE http://localhost:3000", "SITE http://localhost:{}"),
];

/// The values of an app and its server.
pub(super) struct Own<'a> {
    pub(super) client_id: &'a str,
    pub(super) redirect_uris: &'a [String],
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    /// Whether the app would get a scope.
    pub(super) gets: &'a dyn Fn(&str) -> bool,
    /// A scope for the API, if the app would get one.
    pub(super) api_scope: Option<&'a str>,
}

/// A quick start.
pub(super) struct Guide {
    /// As an address names it.
    pub(super) slug: &'static str,
    /// As people name it.
    pub(super) name: &'static str,
    /// For which apps it is.
    pub(super) kind: AppKind,
    /// What must be there before.
    pub(super) needs: &'static str,
    text: &'static str,
    /// Where it runs while nothing else is said.
    origin: &'static str,
    /// The path of its redirect URI; empty where nobody signs in.
    path: &'static str,
    /// Where its reader begins, in a browser.
    begins: Option<&'static str>,
}

macro_rules! guide {
    ($slug:literal, $name:literal, $kind:ident, $needs:literal, $origin:literal, $path:literal, $begins:literal) => {
        Guide {
            slug: $slug,
            name: $name,
            kind: AppKind::$kind,
            needs: $needs,
            text: include_str!(concat!("../../../../../docs/quickstarts/", $slug, ".md")),
            origin: $origin,
            path: $path,
            begins: Some($begins),
        }
    };
}

const APT: &str =
    "sudo apt install apache2 libapache2-mod-auth-openidc, then sudo a2enmod auth_openidc headers.";

/// One of a service, which signs nobody in.
macro_rules! service {
    ($slug:literal, $name:literal, $needs:literal) => {
        Guide { begins: None, ..guide!($slug, $name, Service, $needs, "", "", "") }
    };
}

/// The API that programs call, for those whose page has none.
const API: &str = include_str!("../../../../../docs/quickstarts/api.md");
/// The first page.
const FIRST: &str = include_str!("../../../../../docs/quickstarts/README.md");

/// All of them.
#[rustfmt::skip]
pub(super) const GUIDES: [Guide; 12] = [
    guide!("express", "Express", Web, "Node 20 or newer.", "http://localhost:3000", "/callback", "/login"),
    guide!("nextjs", "Next.js", Web, "The app router, on the server: the browser gets no token.",
        "http://localhost:3000", "/callback", "/"),
    guide!("fastapi", "FastAPI", Web, "Python 3.10 or newer.", "http://localhost:3000", "/callback", "/login"),
    guide!("go", "Go", Web, "Go 1.26 or newer.", "http://localhost:3000", "/callback", "/login"),
    guide!("rust", "Rust", Web, "axum and openidconnect.", "http://localhost:3000", "/callback", "/login"),
    Guide { needs: APT, ..guide!("apache", "Apache", Web, "", "http://localhost:3000", "/app/callback", "/app/") },
    guide!("react", "React", Browser, "", "http://localhost:5173", "/", "/"),
    Guide { begins: None, ..guide!("native-python", "Python", Native, "Python 3.10 or newer.", "http://127.0.0.1", "/callback", "") },
    service!("service-python", "Python", "Python 3.10 or newer."),
    service!("service-node", "Node", "Node 20 or newer."),
    service!("service-go", "Go", "Go 1.26 or newer."),
    service!("service-rust", "Rust", "oauth2 and reqwest."),
];

impl Guide {
    /// Whether it fits what an app is and may do.
    pub(super) fn fits(&self, app: &App) -> bool {
        let grant = if self.signs_in() { "authorization_code" } else { "client_credentials" };
        self.kind == app.kind && app.allows_grant(grant)
    }

    /// Whether it signs people in.
    pub(super) fn signs_in(&self) -> bool {
        !self.path.is_empty()
    }

    /// The redirect URI that it has while the app has none that fits.
    pub(super) fn usual_redirect_uri(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// The origin of a registered redirect URI that it can have: its usual one if possible, else one on the reader's
    /// machine, else any.
    pub(super) fn home<'a>(&self, own: &Own<'a>) -> Option<&'a str> {
        let origins = own.redirect_uris.iter().filter_map(|uri| {
            let origin = uri.strip_suffix(self.path)?;
            let (scheme, host) = origin.split_once("://")?;
            // A program on a device takes any port of its own machine, and no other address.
            let here =
                self.kind != AppKind::Native || origin == self.origin || host.starts_with("127.0.0.1:");
            let plain = scheme.starts_with("http") && !host.is_empty() && !host.contains(['/', '?']);
            (plain && here).then_some(origin)
        });
        origins.min_by_key(|origin| (*origin != self.origin, !origin.starts_with("http://localhost")))
    }

    /// Where its reader begins.
    pub(super) fn begins(&self, own: &Own<'_>) -> Option<String> {
        Some(format!("{}{}", self.home(own).unwrap_or(self.origin), self.begins?))
    }

    /// Its code, file by file, and at the end an API that checks a token.
    pub(super) fn steps(&self, own: &Own<'_>) -> Vec<Snippet> {
        let run = "Install it, and run it once the files below are there";
        let mut steps: Vec<Snippet> = self.files(self.text, run, own).collect();
        if self.kind == AppKind::Web {
            steps.extend(self.call(own));
        } else {
            let run = "The API that checks its tokens: install it, and run it once the file below is there";
            steps.extend(self.files(API, run, own));
        }
        steps
    }

    /// A page's commands, under this title, and its files. What has neither is a remark about something else.
    fn files<'p>(
        &'p self,
        page: &'p str,
        run: &'p str,
        own: &'p Own<'_>,
    ) -> impl Iterator<Item = Snippet> + 'p {
        blocks(page).filter_map(move |(info, code)| {
            let title = match info.split_once(' ') {
                Some((_, file)) => file,
                None if info == "sh" => run,
                None => return None,
            };
            Some(Snippet { title: title.to_owned(), code: self.fill(code, own) })
        })
    }

    /// A call of the API that the page has.
    fn call(&self, own: &Own<'_>) -> Option<Snippet> {
        let (_, code) = blocks(FIRST).find(|(info, _)| *info == "sh call")?;
        let home = self.home(own).unwrap_or(self.origin);
        let code = code.replace("http://localhost:3000", home).replace("$URL/oauth2/default", ISSUER);
        let title = "Call its API with the token of a service app, whose id and secret you put in";
        Some(Snippet { title: title.to_owned(), code: self.fill(&code, own) })
    }

    fn fill(&self, code: &str, own: &Own<'_>) -> String {
        let mut code = code.to_owned();
        if let Some(known) = SCOPES.iter().find(|known| code.contains(**known)) {
            let own =
                |scope| if scope == API_SCOPE { own.api_scope } else { (own.gets)(scope).then_some(scope) };
            let scopes: Vec<&str> = known.split(' ').filter_map(own).collect();
            code = code.replace(known, &scopes.join(" "));
        }
        if let Some(home) = self.home(own).filter(|home| *home != self.origin) {
            code = at_home(code, home);
        }
        // At the end, so that nothing is looked for in what an administrator wrote.
        code.replace("CLIENT_SECRET=…", &format!("CLIENT_SECRET='{SECRET}'"))
            .replace("your-client-secret", &format!("\"{SECRET}\""))
            .replace("api://default", own.audience)
            .replace(API_SCOPE, own.api_scope.unwrap_or(API_SCOPE))
            .replace(ISSUER, own.issuer)
            .replace("CLIENT_ID=…", &format!("CLIENT_ID={}", quoted(own.client_id)))
            .replace("your-client-id", own.client_id)
    }
}

/// The same at another port of this machine, or behind another origin.
fn at_home(code: String, home: &str) -> String {
    let port = home.strip_prefix("http://localhost:").filter(|port| port.parse::<u16>().is_ok());
    if let Some(port) = port {
        return PORTS.iter().fold(code, |code, (known, told)| code.replace(known, &told.replace("{}", port)));
    }
    HOMES
        .iter()
        .fold(code, |code, known| match known.strip_suffix("http://localhost:3000\n") {
            Some(define) => code.replace(known, &format!("{define}{home}\n")),
            None => code.replace(known, &format!("{home}/")),
        })
        .replace("allow_origins=[\"http://localhost:5173\"]", &format!("allow_origins=[\"{home}\"]"))
}

/// The fenced blocks of a page: what stands behind the fence, and what is inside.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'))
}

/// What any other library is set up with, from the tables of the first page.
pub(super) fn bare_values(own: &Own<'_>) -> Vec<Fact> {
    let rows = FIRST.split("## Bare values").nth(1).unwrap_or_default().lines();
    let cells = rows.filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let fact = |(name, value): (&str, &str)| {
        let url = value.strip_prefix('`')?.strip_suffix('`')?.strip_prefix(ISSUER)?;
        Some(Fact::code(name, format!("{}{url}", own.issuer)))
    };
    cells.filter_map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(guide: &Guide, redirect_uri: &str) -> String {
        let own = Own {
            client_id: "0oaTheApp",
            redirect_uris: &[redirect_uri.to_owned()],
            issuer: "https://acme.example/oauth2/default",
            audience: "api://acme",
            gets: &|scope| scope != "orders:read",
            api_scope: Some("read:things"),
        };
        guide.steps(&own).into_iter().map(|step| format!("# {}\n{}\n", step.title, step.code)).collect()
    }

    #[test]
    fn every_quick_start_has_the_apps_values_and_nothing_of_the_demos() {
        for guide in &GUIDES {
            let text = shown(guide, &guide.usual_redirect_uri());
            for own in ["https://acme.example/oauth2/default", "0oaTheApp"] {
                assert!(text.contains(own), "{}: {text}", guide.slug);
            }
            for demo in ["localhost:8080", "client-id", "client-secret", "…\n", "=…", "api://default"] {
                assert!(!text.contains(demo), "{} has {demo}: {text}", guide.slug);
            }
            let secret = matches!(guide.kind, AppKind::Web | AppKind::Service);
            assert_eq!(text.contains(SECRET), secret, "{}", guide.slug);
            assert!(text.contains("read:things") && !text.contains("orders:read"), "{}: {text}", guide.slug);
            let page = guide.text.replace(['`', '\n'], " ").replace("  ", " ").replace(" ,", ",");
            assert!(page.replace(" .", ".").contains(guide.needs), "{}: {page}", guide.slug);
        }
    }

    #[test]
    fn every_quick_start_returns_to_a_registered_redirect_uri() {
        for guide in GUIDES.iter().filter(|guide| guide.begins.is_some()) {
            let usual = shown(guide, &guide.usual_redirect_uri());
            assert_eq!(usual, shown(guide, "https://elsewhere.example/other"), "{}", guide.slug);
            let port = shown(guide, &format!("http://localhost:4711{}", guide.path));
            assert!(port.contains("4711"), "{}: {port}", guide.slug);
            assert!(!port.contains("localhost:3000\n"), "{}: {port}", guide.slug);
            let behind = shown(guide, &format!("https://shop.example{}", guide.path));
            assert!(behind.contains("https://shop.example"), "{}: {behind}", guide.slug);
        }
    }

    #[test]
    fn every_quick_start_ends_in_an_api_that_checks_the_token() {
        for guide in &GUIDES {
            let uri = format!("http://localhost:4711{}", guide.path);
            let own = Own {
                client_id: "0oaTheApp",
                redirect_uris: &[uri],
                issuer: "https://acme.example/oauth2/default",
                audience: "api://acme",
                gets: &|_| true,
                api_scope: None,
            };
            let steps = guide.steps(&own);
            assert!(steps.iter().all(|step| !step.title.is_empty()), "{}", guide.slug);
            let last = &steps.last().expect("a step").code;
            if guide.kind == AppKind::Web {
                assert!(last.contains("http://localhost:4711/api/orders"), "{}: {last}", guide.slug);
                assert!(
                    last.contains("https://acme.example/oauth2/default/v1/token"),
                    "{}: {last}",
                    guide.slug
                );
            } else {
                assert!(
                    last.contains("jwt.decode(") && last.contains("api://acme"),
                    "{}: {last}",
                    guide.slug
                );
            }
        }
    }

    #[test]
    fn a_program_on_a_device_returns_to_its_own_machine() {
        let guide = GUIDES.iter().find(|guide| guide.kind == AppKind::Native).expect("one");
        for (uri, fits) in [
            ("http://127.0.0.1/callback", true),
            ("http://127.0.0.1:4711/callback", true),
            ("https://app.example/callback", false),
            ("com.example.app:/callback", false),
            ("http://127.0.0.1/other", false),
        ] {
            let own = Own {
                client_id: "",
                redirect_uris: &[uri.to_owned()],
                issuer: "",
                audience: "",
                gets: &|_| true,
                api_scope: None,
            };
            assert_eq!(guide.home(&own).is_some(), fits, "{uri}");
        }
    }

    #[test]
    fn bare_values_are_those_of_the_first_page() {
        let own = Own {
            client_id: "",
            redirect_uris: &[],
            issuer: "https://acme.example/oauth2/default",
            audience: "",
            gets: &|_| true,
            api_scope: None,
        };
        let values = bare_values(&own);
        assert!(values.len() >= 9, "{values:?}");
        assert!(values.iter().all(|fact| fact.value.starts_with(own.issuer)), "{values:?}");
    }
}
