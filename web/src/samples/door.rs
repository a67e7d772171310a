use super::{HOSTILE, LONG, RTL, Sample, csrf, sample, shell, some, time};
use crate::{
    ApiDocs, ChooseAccount, Consent, DecodedToken, DemoCallback, DemoStep, Door, ErrorPage, Fact, FormPost,
    Hidden, Home, Language, Link, Logo, LogoutConfirm, Operation, OperationGroup, ScopeLine, Setup, Shell,
    SignIn, SignedOut, SigningOut, Theme,
};

const ISSUER: &str = "http://localhost:8080/oauth2/default";

pub(super) fn all() -> Vec<Sample> {
    [sign_in(), choose_account(), consent(), ends(), way(), demo(), docs()].concat()
}

/// The shell of a page in German.
fn german(title: &str) -> Shell {
    shell(title).language(Language::German)
}

fn sign_in() -> Vec<Sample> {
    let page = SignIn {
        shell: shell("Sign in"),
        csrf: csrf(),
        action: "/signin".to_owned(),
        flow: "f10w".to_owned(),
        door: Door::App("Storefront".to_owned()),
        login: String::new(),
        error: None,
        sentence: None,
        pages: vec![Link::new("The app’s privacy policy", "https://shop.example/privacy")],
        help: Some(Link::new("Can’t sign in?", "/signin/help")),
    };
    let error = SignIn {
        login: "ada@acme.test".to_owned(),
        error: some("That name and password don’t match. Check both, or reset the password."),
        ..page.clone()
    };
    let mut dark = error.clone();
    dark.shell.theme = Some(Theme::Dark);
    let hostile = SignIn {
        shell: Shell::new(HOSTILE, HOSTILE).note(HOSTILE),
        door: Door::App(HOSTILE.to_owned()),
        login: HOSTILE.to_owned(),
        error: some(HOSTILE),
        flow: HOSTILE.to_owned(),
        action: HOSTILE.to_owned(),
        ..page.clone()
    };
    let long = SignIn {
        shell: Shell {
            help: Some(Link::new("Help", "mailto:help@acme.test")),
            logo: Some(Logo::new(crate::asset_url("mark.svg"), (1024, 16))),
            ..Shell::new(LONG, "Sign in")
        },
        door: Door::App(LONG.to_owned()),
        login: LONG.to_owned(),
        sentence: Some(("de".to_owned(), HOSTILE.to_owned())),
        help: None,
        ..page.clone()
    };
    let console = SignIn { door: Door::Console, flow: String::new(), ..page.clone() };
    let operator =
        SignIn { shell: Shell::new("Signet", "Sign in"), door: Door::Operator, help: None, ..page.clone() };
    vec![
        sample("sign_in", &page),
        sample("sign_in-error", &error),
        sample("sign_in-dark", &dark),
        sample("sign_in-hostile", &hostile),
        sample("sign_in-long", &long),
        sample("sign_in-console", &console),
        sample("sign_in-operator", &operator),
        sample("sign_in-de", &SignIn { shell: german("Anmelden"), ..error }),
    ]
}

fn choose_account() -> Vec<Sample> {
    let page = ChooseAccount {
        shell: shell("Choose an account"),
        csrf: csrf(),
        action: "/login/account".to_owned(),
        flow: "f10w".to_owned(),
        app_name: "Storefront".to_owned(),
        account: "00u3v8k1w9".to_owned(),
        name: "Ada Lovelace".to_owned(),
        login: "ada@acme.test".to_owned(),
        another: "/login?flow=f10w".to_owned(),
    };
    let hostile = ChooseAccount {
        app_name: HOSTILE.to_owned(),
        account: HOSTILE.to_owned(),
        name: RTL.to_owned(),
        login: LONG.to_owned(),
        ..page.clone()
    };
    let shell = german("Konto auswählen");
    vec![
        sample("choose_account", &page),
        sample("choose_account-hostile", &hostile),
        sample("choose_account-de", &ChooseAccount { shell, ..page }),
    ]
}

fn consent() -> Vec<Sample> {
    let line = |name: &str, sentence: &str, required| ScopeLine {
        name: name.to_owned(),
        sentence: sentence.to_owned(),
        required,
    };
    let page = Consent {
        shell: shell("Allow Storefront?"),
        csrf: csrf(),
        action: "/consent".to_owned(),
        flow: "f10w".to_owned(),
        app_name: "Storefront".to_owned(),
        login: "ada@acme.test".to_owned(),
        account: "00u3v8k1w9".to_owned(),
        change_account: "/consent/switch".to_owned(),
        scopes: vec![
            line("openid", "Know who you are", true),
            line("profile", "See your name and picture", false),
            line("offline_access", "Stay connected when you are away", false),
        ],
        return_host: "localhost:5173".to_owned(),
        unvouched: false,
        pages: Vec::new(),
    };
    let hostile = Consent {
        shell: Shell::new(RTL, "Allow?"),
        app_name: HOSTILE.to_owned(),
        login: LONG.to_owned(),
        scopes: vec![line(HOSTILE, HOSTILE, true), line(LONG, RTL, false)],
        return_host: LONG.to_owned(),
        unvouched: true,
        pages: vec![
            Link::new("The app’s privacy policy", "https://shop.example/privacy"),
            Link::new("The app’s terms of use", "https://shop.example/terms"),
        ],
        ..page.clone()
    };
    let shell = german("Zugriff erlauben");
    vec![
        sample("consent", &page),
        sample("consent-hostile", &hostile),
        sample("consent-de", &Consent { shell, ..page }),
    ]
}

fn ends() -> Vec<Sample> {
    let out = SignedOut {
        shell: shell("Signed out"),
        unregistered: false,
        back: Some(Link::new("Back to Storefront", "http://localhost:5173/")),
        sign_in: Some(Link::new("Sign in again", "/signin")),
    };
    let telling = SigningOut {
        shell: shell("Signed out"),
        frames: Vec::new(),
        unregistered: false,
        back: None,
        sign_in: Some(Link::new("Sign in", "/login")),
    };
    let going = SigningOut {
        back: Some(Link::new("Continue to storefront.example", "http://localhost:5173/")),
        sign_in: None,
        ..telling.clone()
    };
    let confirm = LogoutConfirm {
        shell: shell("Sign out?"),
        csrf: csrf(),
        action: "/signout".to_owned(),
        fields: vec![Hidden::new("client_id", "app_storefront")],
        login: "ada@acme.test".to_owned(),
        app_name: some("Storefront"),
        unregistered: false,
        stay: Some(Link::new("Stay signed in", "/")),
    };
    let setup = Setup {
        shell: shell("Set up"),
        csrf: csrf(),
        action: "/setup".to_owned(),
        flow: "s3tup".to_owned(),
        login: String::new(),
        error: None,
        min_length: 12,
        expires: Some(time("Wed 25 Nov 14:02")),
    };
    let again = Setup {
        login: LONG.to_owned(),
        error: some("The two passwords differ. Type both again."),
        expires: None,
        ..setup.clone()
    };
    let hostile = LogoutConfirm {
        login: HOSTILE.to_owned(),
        fields: vec![Hidden::new("state", HOSTILE)],
        app_name: some(RTL),
        unregistered: true,
        stay: None,
        ..confirm.clone()
    };
    vec![
        sample("signed_out", &out),
        sample("signing_out", &telling),
        sample("signing_out-going", &going),
        sample("signing_out-de", &SigningOut { shell: german("Abgemeldet"), ..telling.clone() }),
        sample("signing_out-hostile", &SigningOut { sign_in: Some(Link::new(HOSTILE, "/")), ..telling }),
        sample(
            "signed_out-bare",
            &SignedOut { unregistered: true, back: None, sign_in: None, ..out.clone() },
        ),
        sample("signed_out-de", &SignedOut { shell: german("Abgemeldet"), ..out }),
        sample("logout_confirm", &confirm),
        sample("logout_confirm-de", &LogoutConfirm { shell: german("Abmelden"), ..confirm.clone() }),
        sample("logout_confirm-hostile", &hostile),
        sample("setup", &setup),
        sample("setup-error", &again),
    ]
}

fn way() -> Vec<Sample> {
    let home = Home {
        shell: shell("Sign in"),
        account_url: "/account".to_owned(),
        console_url: "/console".to_owned(),
        docs_url: "/docs/api".to_owned(),
        discovery_url: "/.well-known/openid-configuration".to_owned(),
        issuer: ISSUER.to_owned(),
        apps: vec![Link::new("Try the demo web app", "/demo")],
    };
    let error = ErrorPage {
        shell: shell("Sign-in stopped"),
        status: 400,
        sentence:
            "Storefront asked to send you to an address that isn’t registered for it. Nothing was sent."
                .to_owned(),
        advice: some("Go back to the app and try again. If it stays like this, tell whoever runs it."),
        request_id: "01JD3M8Z7QK4T0V9X2Y6ABCDEF".to_owned(),
        detail: vec![
            Fact::code("error", "invalid_request"),
            Fact::text("reason", "redirect_uri isn’t registered"),
            Fact::code("redirect_uri", "http://localhost:5174/callback"),
        ],
        way_on: None,
    };
    let hostile = ErrorPage {
        shell: Shell::new(LONG, HOSTILE),
        status: 500,
        sentence: HOSTILE.to_owned(),
        advice: some(RTL),
        request_id: HOSTILE.to_owned(),
        detail: vec![Fact::code(HOSTILE, HOSTILE), Fact::text("reason", LONG).to(HOSTILE)],
        way_on: Some(Link::new("To the start", "/")),
    };
    let post = FormPost {
        shell: shell("Continue"),
        action: "http://localhost:3000/callback".to_owned(),
        fields: vec![Hidden::new("code", "c0de"), Hidden::new("state", HOSTILE)],
        app_name: "Storefront".to_owned(),
        refusal: None,
    };
    vec![
        sample("home", &home),
        sample("home-de", &Home { shell: german("Willkommen"), ..home.clone() }),
        sample("error", &error),
        sample("error-de", &ErrorPage { shell: german("Abgebrochen"), ..error.clone() }),
        sample("error-hostile", &hostile),
        sample("form_post", &post),
        sample(
            "form_post-refusal",
            &FormPost { refusal: some("Signet can’t answer this request."), ..post.clone() },
        ),
        sample("form_post-de", &FormPost { shell: german("Weiter"), ..post.clone() }),
    ]
}

fn demo() -> Vec<Sample> {
    let curl = format!(
        "curl -s {ISSUER}/v1/token \\\n  -u 0oa7k2q9:s3cr3t \\\n  -d grant_type=authorization_code \\\n  -d code=c0de \\\n  -d redirect_uri=http://localhost:8080/demo/callback \\\n  -d code_verifier=v3r1f13r"
    );
    let page = DemoCallback {
        shell: shell("Demo callback"),
        csrf: csrf(),
        app_name: "Demo web app".to_owned(),
        step: DemoStep::Code {
            code: "Zk3v9Jw0mB2rT8yQx5LhNcPdSfGa7EiU".to_owned(),
            answer: vec![Fact::code("state", "af0ifjsldkj"), Fact::code("iss", ISSUER)],
            action: "/demo/exchange".to_owned(),
            fields: vec![Hidden::new("code", "c0de")],
        },
        curl: Some(curl),
        notes: vec![
            "A second use of the code is refused, and revokes what the first one issued.".to_owned(),
            "The verifier proves that whoever redeems the code also asked for it (PKCE).".to_owned(),
        ],
        again: Some(Link::new("Start over", "/demo")),
    };
    let tokens = DemoStep::Tokens {
        answer: "{\n  \"token_type\": \"Bearer\",\n  \"expires_in\": 3600,\n  \"access_token\": \"eyJhbGciOiJSUzI1NiIsImtpZCI6ImFiYyJ9.eyJ2ZXIiOjF9.c2ln\",\n  \"scope\": \"openid profile\"\n}"
            .to_owned(),
        tokens: vec![DecodedToken {
            name: "Access token".to_owned(),
            note: "For the API. The app passes it on and doesn’t look inside.".to_owned(),
            header: "{\n  \"alg\": \"RS256\",\n  \"kid\": \"x1\",\n  \"typ\": \"at+jwt\"\n}".to_owned(),
            claims: format!(
                "{{\n  \"iss\": \"{ISSUER}\",\n  \"sub\": \"00u3v8k1w9\",\n  \"scp\": [\"openid\", \"profile\"],\n  \"exp\": 1795528927\n}}"
            ),
        }],
    };
    let refused = DemoStep::Refused { error: "access_denied".to_owned(), description: HOSTILE.to_owned() };
    vec![
        sample("demo-code", &page),
        sample("demo-tokens", &DemoCallback { step: tokens, curl: None, ..page.clone() }),
        sample(
            "demo-refused",
            &DemoCallback { step: refused, curl: None, app_name: HOSTILE.to_owned(), ..page },
        ),
    ]
}

fn docs() -> Vec<Sample> {
    let operation = |method: &str, path: &str, summary: &str, auth: &str| Operation {
        method: method.to_owned(),
        path: path.to_owned(),
        summary: summary.to_owned(),
        auth: auth.to_owned(),
    };
    let page = ApiDocs {
        shell: shell("API"),
        base_url: "http://localhost:8080".to_owned(),
        spec_url: "/openapi.json".to_owned(),
        intro: vec!["Everything that the console does can be done from a program. Calls are counted: 5,000 an hour for the whole account.".to_owned()],
        curl: some("curl -s http://localhost:8080/api/v1/users?limit=2 \\\n  -H 'Authorization: SSWS 00Qx…'"),
        groups: vec![
            OperationGroup {
                name: "Users".to_owned(),
                note: some("A login identifies a user within the tenant, whatever its case."),
                operations: vec![
                    operation("GET", "/api/v1/users", "Lists users, a page at a time", "Read Users"),
                    operation("POST", "/api/v1/users", "Creates a user, with a password or without", "Manage Users"),
                    operation("POST", "/api/v1/users/{id}/lifecycle/suspend", "Suspends a user", "Manage Users"),
                    operation("DELETE", "/api/v1/users/{id}", "Deactivates a user", "Manage Users"),
                ],
            },
            OperationGroup {
                name: "Log".to_owned(),
                note: None,
                operations: vec![operation("GET", "/api/v1/logs", HOSTILE, "Read All")],
            },
        ],
        links: vec![Link::new("Home", "/"), Link::new("Console", "/console")],
    };
    vec![sample("api_docs", &page)]
}
