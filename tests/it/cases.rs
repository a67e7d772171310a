//! `tests/cases.toml` is true: every test it promises exists, and every other row says what it waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[test]
fn every_case_has_its_test_or_says_what_it_waits_for() {
    let cases: BTreeMap<String, toml::Table> =
        toml::from_str(include_str!("../cases.toml")).expect("cases.toml is a table of tables");
    let functions = test_functions();
    let mut faults = Vec::new();
    for (id, row) in &cases {
        let text = |member: &str| row.get(member).and_then(toml::Value::as_str).unwrap_or_default();
        let prefix = format!("{}_", id.to_lowercase().replace('-', "_"));
        let found = functions.iter().any(|name| name.starts_with(&prefix));
        let promised = row.get("test").and_then(toml::Value::as_bool) == Some(true);
        let unknown = row.keys().find(|key| !["star", "means", "test", "waits"].contains(&key.as_str()));
        if let Some(key) = unknown {
            faults.push(format!("{id}: nobody reads `{key}`"));
        } else if text("means").is_empty() {
            faults.push(format!("{id}: doesn't say what it means"));
        } else if promised && !text("waits").is_empty() {
            faults.push(format!("{id}: both tested and waiting"));
        } else if promised && !found {
            faults.push(format!("{id}: no test is called {prefix}…"));
        } else if !promised && text("waits").is_empty() {
            faults.push(format!("{id}: neither tested nor waiting for anything"));
        }
    }
    faults.extend(unlisted(&functions, &cases));
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// Tests that are named after a case that isn't in the table, or that is said to wait.
fn unlisted(functions: &BTreeSet<String>, cases: &BTreeMap<String, toml::Table>) -> Vec<String> {
    let groups: BTreeSet<String> =
        cases.keys().filter_map(|id| id.split('-').next()).map(str::to_lowercase).collect();
    let mut faults = Vec::new();
    for name in functions {
        let mut words = name.splitn(3, '_');
        let (Some(group), Some(number), Some(_)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        if !groups.contains(group) || !number.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let id = format!("{}-{number}", group.to_uppercase());
        match cases.get(&id) {
            None => faults.push(format!("{id}: {name} is a test of no listed case")),
            Some(row) if !row.contains_key("test") => {
                faults.push(format!("{id}: {name} exists, so the row can say `test = true`"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The names of all functions in the integration tests and the crates.
pub(crate) fn test_functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in sources(&["tests/it", "crates", "web"]) {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("fn ") {
                let name = line[at + 3..].split(|c: char| !c.is_alphanumeric() && c != '_').next();
                names.extend(name.map(str::to_owned));
            }
        }
    }
    names
}

/// The Rust files below these directories of the project, with their text.
pub(crate) fn sources(dirs: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for dir in dirs {
        rust_files(&root.join(dir), &mut files);
    }
    let read = |file: PathBuf| (file.clone(), std::fs::read_to_string(&file).expect("a source file"));
    files.into_iter().map(read).collect()
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a source directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            into.push(path);
        }
    }
}
