//! What a search of the log looks for, as people and alerts write it down, and its conditions.

use super::about;
use super::directory::of_user;
use super::kinds::{self, equals};
use crate::syslog::{Kind, filter, reasons_told_with, types_told_with};
use signet_domain::alert::SearchTerms;
use signet_store::log_query::{Condition, MAX_WORDS, TextField};

/// Most characters of one word.
const MAX_WORD: usize = 100;

/// Characters of a word below which it is looked for in the event alone: every sentence has an "a" in it.
const SHORTEST: usize = 3;
/// Most reasons and types that a word may stand for; one that stands for more tells nothing apart.
const MOST_SENSES: usize = 24;

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
    let chosen = [about::condition(&terms.kind), outcome(&terms.outcome)];
    let mut all: Vec<Condition> = chosen.into_iter().flatten().collect();
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

/// The words of a search: what all must hold, so that each is found where it stands in an event, or in the sentence that
/// the console shows for it.
///
/// # Errors
/// A sentence, when there are too many or one is too long.
pub fn words(q: &str) -> Result<Vec<Condition>, String> {
    let words: Vec<&str> = q.split_whitespace().collect();
    if words.len() > MAX_WORDS {
        return Err(format!("A search takes at most {MAX_WORDS} words."));
    }
    if words.iter().any(|w| w.chars().count() > MAX_WORD) {
        return Err(format!("A word in a search has at most {MAX_WORD} characters."));
    }
    Ok(words.into_iter().map(word).collect())
}

fn word(word: &str) -> Condition {
    let folded = word.to_lowercase();
    let itself = Condition::Word(folded.clone());
    if folded.chars().count() < SHORTEST {
        return itself;
    }
    let types: Vec<Condition> =
        types_told_with(&folded).map(|name| equals(TextField::EventType, name)).collect();
    let reasons: Vec<Condition> =
        reasons_told_with(&folded).map(|name| equals(TextField::Reason, name)).collect();
    let mut senses = vec![itself];
    if types.len() + reasons.len() <= MOST_SENSES {
        if !types.is_empty() {
            senses.push(Condition::All(vec![kinds::succeeded(), Condition::Any(types)]));
        }
        senses.extend(reasons);
    }
    match folded.as_str() {
        "refused" => senses.push(kinds::refusals()),
        "throttled" => senses.push(kinds::condition(Kind::Throttled)),
        _ => {}
    }
    if senses.len() == 1 { senses.remove(0) } else { Condition::Any(senses) }
}

/// The whole: what must hold.
///
/// # Errors
/// The term that can't be understood, and why.
pub fn read(terms: &SearchTerms) -> Result<Condition, (&'static str, String)> {
    if !terms.outcome.is_empty() && outcome(&terms.outcome).is_none() {
        let known = "must be one of notable, refused, throttled, changed, allowed";
        return Err(("outcome", known.to_owned()));
    }
    if !terms.kind.is_empty() && about::condition(&terms.kind).is_none() {
        let known = about::names().collect::<Vec<_>>().join(", ");
        return Err(("kind", format!("must be one of {known}")));
    }
    let words = words(&terms.q).map_err(|wrong| ("q", wrong))?;
    let mut all = vec![filter::parse(&terms.filter).map_err(|error| ("filter", error.summary))?];
    all.extend(narrowing(terms));
    all.extend(words);
    Ok(Condition::All(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senses(text: &str) -> usize {
        match word(text) {
            Condition::Any(senses) => senses.len(),
            Condition::Word(_) => 1,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_word_is_looked_for_in_the_sentences_too() {
        let reason = |name: &str| equals(TextField::Reason, name);
        let Condition::Any(wrong) = word("WRONG") else { panic!("one sense") };
        assert_eq!(wrong[0], Condition::Word("wrong".to_owned()));
        assert!(wrong.contains(&reason("invalid_password_credentials")), "{wrong:?}");
        let Condition::Any(created) = word("created") else { panic!("one sense") };
        assert!(created.iter().any(|sense| matches!(sense, Condition::All(_))), "{created:?}");
        assert_eq!((senses("bob@acme.test"), senses("a"), senses("{app}")), (1, 1, 1));
        for words in ["refused", "throttled", "registered", "account", "the", "app", "token"] {
            assert!(senses(words) <= MOST_SENSES + 3, "{words}");
        }
    }
}
