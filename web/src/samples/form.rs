//! The console's forms.

use super::{HOSTILE, LONG, Sample, console, csrf, sample, shell, some, time};
use crate::{
    Account, AccountForm, Action, ActivityRow, Clash, CredentialPage, Fact, Field, FieldChange, FormPage,
    Hidden, Language, Link, Pick, Review, Section, ShownOnce, Status, Tone,
};

pub(super) fn all() -> Vec<Sample> {
    let page = FormPage::new(
        console("New app", Section::Apps),
        vec![Link::new("Apps", "/console/apps"), Link::new(HOSTILE, "/console/apps/0oa1")],
        "/console/apps/new",
        "Create app",
    )
    .intro("A web app keeps a secret on its own server and signs people in.")
    .carry("version", "3")
    .fields([
        Field::line("label", "Name", "Storefront").required().help("Users read it when they sign in."),
        Field::lines("redirect_uris", "Redirect URIs", "https://shop.example/cb", 4)
            .mono()
            .help("One a line."),
    ])
    .group(
        "Tokens",
        [
            Field::checks(
                "grant_types",
                "Grants",
                vec![
                    Pick::new("authorization_code", "Authorization code", true).help("People sign in."),
                    Pick::new("password", "Password", false),
                ],
            ),
            Field::radio(
                "consent_method",
                "Consent",
                vec![Pick::new("REQUIRED", "Ask", true), Pick::new("TRUSTED", "Trust", false)],
            ),
            Field::select("rotation", "Refresh tokens", vec![Pick::new("ROTATE", "Rotate", true)]),
            Field::number("leeway", "Leeway in seconds", "30"),
            Field::password("password", "Your password", "current-password").required(),
        ],
    );
    let mut wrong = page.clone();
    for name in ["label", "redirect_uris", "grant_types", "consent_method", "rotation", "leeway", "password"]
    {
        wrong.wrong(name, format!("{HOSTILE} {LONG}"));
    }
    wrong.wrong("nowhere", HOSTILE);
    wrong.clashes =
        vec![Clash { label: "Name".to_owned(), theirs: LONG.to_owned(), yours: HOSTILE.to_owned() }];
    let mut review = page.clone().reviewed();
    review.review = Some(Review {
        changes: vec![
            FieldChange::of_value("label", "Name", LONG, HOSTILE),
            FieldChange::of_value("leeway", "Leeway in seconds", "", "30"),
        ],
        shown: true,
        by_itself: false,
    });
    let shown = ShownOnce {
        console: console("The secret of Storefront", Section::Apps),
        crumbs: vec![Link::new("Apps", "/console/apps")],
        sentence: "Put both into the app's configuration.".to_owned(),
        values: vec![Fact::code("Client ID", "0oa7k2q9Xv3bN8mL1c5d"), Fact::code("Client secret", LONG)],
        snippet: some("curl -u ID:SECRET https://acme.example/oauth2/default/v1/token"),
        next: Link::new("Go to the app", "/console/apps/0oa1"),
    };
    let credential = CredentialPage {
        console: console("ci-deploy", Section::Credentials),
        back: Link::new("API credentials", "/console/credentials"),
        kind: "API token".to_owned(),
        status: Status::new("On", Tone::Good),
        facts: vec![Fact::code("Id", "00t1"), Fact::text("Acts as", HOSTILE)],
        actions: vec![Action::ask("Revoke", "/console/credentials/tokens/1/revoke").dangerous()],
    };
    let german = |title| shell(title).language(Language::German);
    let account = Account {
        theme: "/account/theme".to_owned(),
        shell: shell("Your account"),
        csrf: csrf(),
        login: LONG.to_owned(),
        notice: some("That session has ended."),
        facts: vec![Fact::text("Name", HOSTILE)],
        sessions: Vec::new(),
        allowed: Vec::new(),
        activity: vec![
            ActivityRow {
                sentence: "Signed in".to_owned(),
                time: time("today, 13:55 UTC"),
                by: "Firefox on Linux".to_owned(),
                from: "203.0.113.9".to_owned(),
                refused: false,
            },
            ActivityRow {
                sentence: format!("{LONG} was allowed access"),
                time: time("today, 13:54 UTC"),
                by: HOSTILE.to_owned(),
                from: String::new(),
                refused: true,
            },
        ],
        profile: Link::new("Edit profile", "/account/profile"),
        password: Link::new("Change password", "/account/password"),
        sign_out: Link::new("Sign out", "/oauth2/v1/logout"),
    };
    let password = AccountForm {
        shell: shell("Change your password"),
        sentence: "You are signed out everywhere.",
        csrf: csrf(),
        hidden: vec![Hidden::new("ticket", HOSTILE)],
        action: "/account/password".to_owned(),
        login: Some(HOSTILE.to_owned()),
        fields: vec![Field::password("old", "Your password now", "current-password").required()],
        submit: "Change password",
        back: Link::new("Back to your account", "/account"),
    };
    let profile = AccountForm {
        shell: shell("Your profile"),
        sentence: "",
        hidden: Vec::new(),
        action: "/account/profile".to_owned(),
        login: None,
        fields: vec![
            Field::line("firstName", "First name", HOSTILE),
            Field::line("lastName", "Last name", LONG),
            Field::line("timezone", "Time zone", "Europe/Berlin").help("As in Europe/Berlin. Empty is UTC."),
        ],
        submit: "Save",
        ..password.clone()
    };
    vec![
        sample("account", &account),
        sample("account-de", &Account { shell: german("Ihr Konto"), ..account.clone() }),
        sample("account-password", &password),
        sample("account-password-de", &AccountForm { shell: german("Passwort"), ..password.clone() }),
        sample("account-profile", &profile),
        sample("form", &page),
        sample("form-wrong", &wrong),
        sample("form-unchanged", &page.clone().reviewed()),
        sample("form-review", &review),
        sample("form-danger", &page.dangerous()),
        sample("shown-once", &shown),
        sample("credential", &credential),
    ]
}
