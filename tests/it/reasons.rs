//! docs/ERRORS.md lists what happens: each of its reasons is given somewhere in the source.

use signet_oauth::Reason;

use crate::cases::sources;

#[test]
fn every_documented_reason_is_given() {
    let text: String = sources(&["crates"])
        .into_iter()
        .filter(|(path, _)| !path.ends_with("reason.rs"))
        .map(|(_, text)| text)
        .collect();
    let unused: Vec<_> =
        Reason::ALL.iter().filter(|reason| !text.contains(&format!("Reason::{reason:?}"))).collect();
    assert!(unused.is_empty(), "documented, and never given: {unused:?}");
}
