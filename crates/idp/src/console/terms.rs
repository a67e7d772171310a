//! What a search of the log looks for, as people and alerts write it down, and its conditions.

use super::directory::of_user;
use super::kinds::{self, equals};
use crate::syslog::{Kind, filter};
use signet_domain::alert::SearchTerms;
use signet_store::log_query::{Condition, MAX_WORDS, TextField};

/// Most characters of one word.
const MAX_WORD: usize = 100;

/// What events of an outcome have in common; `None` for a word that names none.
#[must_use]
pub fn outcome(name: &str) -> Option<Condition> {
    Some(match name {
        "notable" => kinds::not(kinds::condition(Kind::Allowed)),
        "refused" => kinds::condition(Kind::Refused),
        "throttled" => kinds::condition(Kind::Throttled),
        "changed" => kinds::condition(Kind::Changed),
        "allowed" => kinds::condition(Kind::Allowed),
        _ => return None,
    })
}

/// Everything but words and filter.
#[must_use]
pub fn narrowing(terms: &SearchTerms) -> Vec<Condition> {
    let mut all: Vec<Condition> = outcome(&terms.outcome).into_iter().collect();
    let mut add = |value: &str, condition: fn(&str) -> Condition| {
        if !value.is_empty() {
            all.push(condition(value));
        }
    };
    add(&terms.app, |client_id| equals(TextField::ClientId, client_id));
    add(&terms.user, of_user);
    add(&terms.ip, |ip| equals(TextField::Ip, ip));
    all
}

/// The words of a search.
///
/// # Errors
/// A sentence, when there are too many or one is too long.
pub fn words(q: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = q.split_whitespace().map(str::to_owned).collect();
    if words.len() > MAX_WORDS {
        return Err(format!("A search takes at most {MAX_WORDS} words."));
    }
    if words.iter().any(|w| w.chars().count() > MAX_WORD) {
        return Err(format!("A word in a search has at most {MAX_WORD} characters."));
    }
    Ok(words)
}

/// The whole: what must hold, and the words that must occur.
///
/// # Errors
/// The term that can't be understood, and why.
pub fn read(terms: &SearchTerms) -> Result<(Condition, Vec<String>), (&'static str, String)> {
    if !terms.outcome.is_empty() && outcome(&terms.outcome).is_none() {
        let known = "must be one of notable, refused, throttled, changed, allowed";
        return Err(("outcome", known.to_owned()));
    }
    let words = words(&terms.q).map_err(|wrong| ("q", wrong))?;
    let mut all = vec![filter::parse(&terms.filter).map_err(|error| ("filter", error.summary))?];
    all.extend(narrowing(terms));
    Ok((Condition::All(all), words))
}
