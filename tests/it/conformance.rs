//! `tests/conformance.toml` is true: each module of the certification plans has tests that exist, or says why its
//! feature is off.

use std::collections::{BTreeMap, BTreeSet};

use crate::cases::test_functions;

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
