//! Reasons in words for the people who run a tenant. They may be told what the caller is not: that a secret
//! was wrong, say, or that an account doesn't exist.

mod table;

use signet_oauth::Reason;
use table::{PHRASES, TABLE};

/// What is said about a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    /// The end of the sentence "… was refused: …".
    pub(super) phrase: String,
    /// Why it happened.
    pub(super) why: String,
    /// What to do, if there is anything.
    pub(super) fix: Option<String>,
}

/// What is said about a reason; for those without words of their own, what the protocol says.
pub(super) fn explain(reason: &str) -> Explained {
    if let Some((_, phrase, why, fix)) = TABLE.iter().find(|row| row.0 == reason) {
        return Explained {
            phrase: (*phrase).to_owned(),
            why: (*why).to_owned(),
            fix: Some((*fix).to_owned()),
        };
    }
    let phrase = match PHRASES.iter().find(|(name, _)| *name == reason) {
        Some((_, phrase)) => (*phrase).to_owned(),
        None => reason.replace('_', " ").to_lowercase(),
    };
    let Ok(known) = reason.parse::<Reason>() else {
        return Explained { why: format!("The reason is: {phrase}."), phrase, fix: None };
    };
    let (why, fix) = match known.default_description().split_once("; ") {
        Some((why, fix)) => (format!("{why}."), Some(capital(fix))),
        None => (known.default_description().to_owned(), None),
    };
    Explained { phrase, why, fix }
}

/// The reasons whose phrase, at the end of a sentence, has a part in it.
pub(crate) fn reasons_told_with(part: &str) -> impl Iterator<Item = &'static str> {
    let phrases = TABLE.iter().map(|row| (row.0, row.1)).chain(PHRASES.iter().copied());
    phrases.filter(move |(_, phrase)| phrase.to_lowercase().contains(part)).map(|(name, _)| name)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_explained() {
        for reason in Reason::ALL {
            let said = explain(reason.as_str());
            // Parameters by name, in quotes; the reason's own name is for machines.
            let mut words = said.phrase.split(' ');
            let plain = words.all(|word| !word.contains('_') || word.starts_with('\''));
            assert!(!said.phrase.is_empty() && plain, "{reason}: {}", said.phrase);
            assert!(said.why.ends_with('.'), "{reason}: {}", said.why);
            assert!(said.fix.is_none_or(|fix| fix.ends_with('.')), "{reason}");
        }
    }

    #[test]
    fn the_table_names_reasons_that_exist_and_each_once() {
        let upper = |name: &str| name.chars().all(|c| c.is_uppercase() || c == '_');
        let own = |name: &str| {
            ["unknown_token", "rate_limit_exceeded", "revoked_client", "paused_client"].contains(&name)
                || name.starts_with("backchannel_logout_")
                || name.starts_with("webhook_")
        };
        let names: Vec<&str> = TABLE.iter().map(|row| row.0).chain(PHRASES.iter().map(|row| row.0)).collect();
        for (n, name) in names.iter().enumerate() {
            assert!(name.parse::<Reason>().is_ok() || upper(name) || own(name), "{name}");
            assert!(!names[..n].contains(name), "{name} twice");
        }
        for reason in Reason::ALL {
            assert!(names.contains(&reason.as_str()), "{reason} has no phrase");
        }
    }

    /// `docs/ERRORS.md`, as the tables have it.
    fn document() -> String {
        use std::fmt::Write as _;
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        codes.sort_by_key(|code| code.as_str());
        codes.dedup();
        let mut text = String::from(HEAD);
        for code in codes {
            let _ =
                write!(text, "\n## {code}\n\n| reason | status | why | what to do |\n|---|---|---|---|\n");
            for reason in Reason::ALL.iter().filter(|reason| reason.code() == code) {
                let said = explain(reason.as_str());
                let fix = said.fix.unwrap_or_else(|| "–".to_owned());
                let _ = writeln!(text, "| `{reason}` | {} | {} | {fix} |", reason.status(), said.why);
            }
        }
        text
    }

    const HEAD: &str = "# Errors

Every refusal of the protocol's endpoints has an `error` and an `error_description` for the app, and one event in the
system log whose `outcome.reason` says more than the app may know. Look the reason up here; the console shows the same
words. Where several reasons have one `error` and one description, that is so that nobody can guess accounts or apps.

This page is written from the tables in the source: `SIGNET_WRITE_DOCS=1 cargo test -p signet-idp errors_are_documented`.
";

    #[test]
    fn errors_are_documented() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
        let text = document();
        if std::env::var_os("SIGNET_WRITE_DOCS").is_some() {
            assert!(std::fs::write(&path, &text).is_ok(), "docs/ERRORS.md can't be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "docs/ERRORS.md is old: run this test with SIGNET_WRITE_DOCS=1");
    }
}
