//! `tests/conformance.toml` is true: each module of the certification plans has tests that exist, or says why its
//! feature is off.

use std::collections::{BTreeMap, BTreeSet};

use signet_testkit::{App, Callback, Shared, Value, on_each_engine, serde_json};

use crate::cases::test_functions;
use crate::support::apps::Person;

on_each_engine! {
    the_app_of_the_guide_signs_in_without_a_challenge,
}

/// docs/CONFORMANCE.md says how to make the suite's apps.
async fn the_app_of_the_guide_signs_in_without_a_challenge(app: Shared) {
    let acme = app.acme();
    let guide = include_str!("../../docs/CONFORMANCE.md");
    let body = guide.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an app");
    let body = body.replace("{suite}", "suite.example").replace("{alias}", "signet");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let made = acme.api("POST", "/api/v1/apps").json(&body).await.expect(200).json();
    let client = &made["credentials"]["oauthClient"];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let web = App {
        client_id: text(&client["client_id"]),
        client_secret: Some(text(&client["client_secret"])),
        redirect_uri: text(&body["settings"]["oauthClient"]["redirect_uris"][0]),
        scopes: Vec::new(),
    };
    let scopes = "openid profile email address phone offline_access";
    let request = acme.authorize(&web, scopes).without("code_challenge").without("code_challenge_method");
    let person = Person::new(&acme).await;
    let callback: Callback = acme.visitor().authorize(&request, &person.login, &person.password).await;
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", &web.redirect_uri),
    ];
    let tokens = acme.token_as(&web, &redeem).await.tokens();
    acme.refresh(&web, tokens.refresh()).await.tokens();
}

/// How many modules each plan has.
const PLANS: &[(&str, usize)] = &[
    ("basic", 38),
    ("config", 1),
    ("form_post_basic", 38),
    ("rp_initiated_logout", 11),
    ("backchannel_logout", 2),
    ("frontchannel_logout", 2),
    ("session_management", 2),
    ("dynamic", 23),
    ("third_party_initiated_login", 2),
];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Names of test functions.
    #[serde(default)]
    test: Vec<String>,
    /// Why the feature is off.
    #[serde(default)]
    off: String,
}

type Plan = BTreeMap<String, Row>;

#[test]
fn every_module_has_a_test_or_a_reason() {
    let mut plans: BTreeMap<String, Plan> =
        toml::from_str(include_str!("../conformance.toml")).expect("conformance.toml is a table of plans");
    // The form post plan is the basic one with another response mode; its own test comes on top.
    let form_post: Plan = toml::from_str::<BTreeMap<String, Plan>>(include_str!("../conformance.toml"))
        .expect("the same file")
        .remove("basic")
        .expect("the basic plan")
        .into_iter()
        .map(|(name, mut row)| {
            if row.off.is_empty() {
                row.test.push("every_answer_can_come_as_a_form".to_owned());
            }
            (name, row)
        })
        .collect();
    plans.insert("form_post_basic".to_owned(), form_post);

    let functions = test_functions();
    let mut faults = Vec::new();
    for (plan, modules) in PLANS {
        let found = plans.get(*plan).map_or(0, BTreeMap::len);
        if found != *modules {
            faults.push(format!("{plan}: {found} modules instead of {modules}"));
        }
    }
    let known: BTreeSet<&str> = PLANS.iter().map(|(plan, _)| *plan).collect();
    for (plan, rows) in &plans {
        if !known.contains(plan.as_str()) {
            faults.push(format!("{plan}: no such plan"));
        }
        for (module, row) in rows {
            if row.test.is_empty() == row.off.is_empty() {
                faults.push(format!("{plan}/{module}: needs either tests or a reason"));
            }
            for test in row.test.iter().filter(|test| !functions.contains(test.as_str())) {
                faults.push(format!("{plan}/{module}: there is no test {test}"));
            }
            if !row.off.is_empty() && !row.off.ends_with('.') {
                faults.push(format!("{plan}/{module}: the reason is no sentence"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
