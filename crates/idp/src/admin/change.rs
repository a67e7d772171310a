//! Changes: all or nothing, and what was before and after.

use super::AdminError;
use crate::{Ctx, Idp, IdpError};
use serde_json::{Map, Value};
use signet_domain::event::{Entity, Event};
use signet_store::{StoreError, Tx};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// The work of a change.
pub(crate) type Work<'t, R> = Pin<Box<dyn Future<Output = Result<R, AdminError>> + Send + 't>>;

/// What refusals leave behind for the caller, since the store only knows its own errors.
type Slot = Arc<Mutex<Option<AdminError>>>;

impl Idp {
    /// Runs a change; a refusal rolls it back like a failure does.
    pub(crate) async fn change<R, F>(&self, ctx: &Ctx, work: F) -> Result<R, AdminError>
    where
        R: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, R> + Send + 'static,
    {
        let slot = Slot::default();
        let refusals = slot.clone();
        let written = self
            .store()
            .tenant(ctx.tenant_id())
            .write(move |tx| Box::pin(async move { work(tx).await.map_err(|e| keep(e, &refusals)) }))
            .await;
        written.map_err(|error| {
            slot.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| error.into())
        })
    }
}

fn keep(error: AdminError, slot: &Slot) -> StoreError {
    match error {
        AdminError::Failed(IdpError::Store(error)) => error,
        refusal => {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
            StoreError::Stale
        }
    }
}

/// The members of an object that the log may show, by name.
pub(crate) type Facts = Vec<(&'static str, Value)>;

/// What differs between two states.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Diff {
    /// `label` changed, `+redirectUris` grew, `-redirectUris` shrank, `redirectUris` has another order.
    pub(crate) names: Vec<String>,
    from: Map<String, Value>,
    to: Map<String, Value>,
}

impl Diff {
    pub(crate) fn of(before: Facts, after: Facts) -> Self {
        let mut diff = Self::default();
        for ((name, from), (_, to)) in before.into_iter().zip(after) {
            if from == to {
                continue;
            }
            match (&from, &to) {
                (Value::Array(old), Value::Array(new)) => {
                    let grew = new.iter().any(|v| !old.contains(v));
                    let shrank = old.iter().any(|v| !new.contains(v));
                    if grew {
                        diff.names.push(format!("+{name}"));
                    }
                    if shrank {
                        diff.names.push(format!("-{name}"));
                    }
                    // Another order, or one entry more often.
                    if !grew && !shrank {
                        diff.names.push(name.to_owned());
                    }
                }
                _ => diff.names.push(name.to_owned()),
            }
            diff.from.insert(name.to_owned(), from);
            diff.to.insert(name.to_owned(), to);
        }
        diff
    }

    /// The first state of something: each member came from nothing.
    pub(crate) fn made(facts: Facts) -> Self {
        let nothing = facts.iter().map(|(name, _)| (*name, Value::Null)).collect();
        Self::of(nothing, facts)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Puts the difference into an event about a target.
    pub(crate) fn into_event(self, event: Event, target: Entity) -> Event {
        let event = event.debug("changed", self.names.join(","));
        let (from, to) = fitting(self.from, self.to);
        event.target(target.with("from", from).with("to", to))
    }
}

/// The longest text of a state in the log, in bytes.
const STATE_BYTES: usize = 4096;

/// How much of a value is kept, ever less until all of a state fits: characters of a text, entries of a list.
const KEPT: [(usize, usize); 4] = [(512, 20), (128, 10), (64, 3), (12, 1)];

/// Both states as texts that fit into an event, and can still be read as JSON. What is too long is left out by and by: of
/// lists what stayed the same, then the rest of long texts and lists. Whatever is cut says how long it was.
fn fitting(from: Map<String, Value>, to: Map<String, Value>) -> (String, String) {
    let (mut from, mut to) = (Value::Object(from), Value::Object(to));
    let both = |from: &Value, to: &Value| (from.to_string(), to.to_string());
    let fit = |(from, to): &(String, String)| from.len() <= STATE_BYTES && to.len() <= STATE_BYTES;
    let mut texts = both(&from, &to);
    if !fit(&texts) {
        leave_out_what_stayed(&mut from, &mut to);
        texts = both(&from, &to);
    }
    for (characters, entries) in KEPT {
        if fit(&texts) {
            break;
        }
        texts = both(&cut(&from, characters, entries), &cut(&to, characters, entries));
    }
    // Longer than any state is even so.
    let bound = |text: String| {
        let too_long = text.len() > STATE_BYTES;
        if too_long { "{}".to_owned() } else { text }
    };
    (bound(texts.0), bound(texts.1))
}

fn leave_out_what_stayed(from: &mut Value, to: &mut Value) {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return };
    for (name, old) in from {
        if let (Value::Array(old), Some(Value::Array(new))) = (old, to.get_mut(name)) {
            let both: Vec<Value> = old.iter().filter(|v| new.contains(v)).cloned().collect();
            // An order that changed is all that there is to tell.
            if both.len() < old.len() || new.iter().any(|v| !both.contains(v)) {
                old.retain(|v| !both.contains(v));
                new.retain(|v| !both.contains(v));
                if !both.is_empty() {
                    let stayed = Value::from(format!("… ({} unchanged)", both.len()));
                    old.push(stayed.clone());
                    new.push(stayed);
                }
            }
        }
    }
}

fn cut(value: &Value, characters: usize, entries: usize) -> Value {
    match value {
        Value::String(text) if text.chars().count() > characters + 24 => {
            let kept: String = text.chars().take(characters).collect();
            format!("{kept}… ({} characters)", text.chars().count()).into()
        }
        Value::Array(list) => {
            let mut kept: Vec<Value> =
                list.iter().take(entries).map(|one| cut(one, characters, entries)).collect();
            if kept.len() < list.len() {
                kept.push(format!("… ({} entries)", list.len()).into());
            }
            kept.into()
        }
        Value::Object(members) => {
            let cut = |(name, one): (&String, &Value)| (name.clone(), cut(one, characters, entries));
            members.iter().map(cut).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        assert!(text.len() <= STATE_BYTES, "{} bytes", text.len());
        serde_json::from_str(text).unwrap()
    }

    fn told(before: Facts, after: Facts) -> (Value, Value) {
        let diff = Diff::of(before, after);
        let (from, to) = fitting(diff.from, diff.to);
        (read(&from), read(&to))
    }

    #[test]
    fn what_fits_is_told_whole() {
        let (from, to) = told(vec![("uris", json!(["x", "y"]))], vec![("uris", json!(["y", "z"]))]);
        assert_eq!((from, to), (json!({ "uris": ["x", "y"] }), json!({ "uris": ["y", "z"] })));
    }

    #[test]
    fn a_long_list_tells_what_came_and_went() {
        let uris = |but: usize| -> Value {
            let uri = |n| format!("https://app.example/{}/{n}", "x".repeat(100));
            (0..100).filter(|n| *n != but).map(uri).collect()
        };
        let before = vec![("uris", uris(7)), ("label", json!("a"))];
        let (from, to) = told(before, vec![("uris", uris(8)), ("label", json!("b"))]);
        let one = |n| json!([format!("https://app.example/{}/{n}", "x".repeat(100)), "… (98 unchanged)"]);
        assert_eq!(
            (from, to),
            (json!({ "uris": one(8), "label": "a" }), json!({ "uris": one(7), "label": "b" }))
        );
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let long: Value = (0..100).map(|n| format!("{n}{}", "ü".repeat(1000))).collect();
        let before = vec![("uris", json!([])), ("text", json!("é".repeat(9000))), ("on", json!(false))];
        let (from, to) = told(before, vec![("uris", long), ("text", json!("short")), ("on", json!(true))]);
        assert_eq!((&from["on"], &to["on"], &to["text"]), (&json!(false), &json!(true), &json!("short")));
        let text = from["text"].as_str().unwrap();
        assert!(text.starts_with("éé") && text.ends_with("… (9000 characters)"), "{text}");
        let uris = to["uris"].as_array().unwrap();
        let last = uris.last().unwrap().as_str().unwrap();
        assert_eq!(last, format!("… (100 entries)"));
        assert!(uris.len() > 1 && uris[0].as_str().unwrap().ends_with("… (1001 characters)"), "{uris:?}");
        // However many members are long, each is named.
        let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let all = |c: &str| names.iter().map(|name| (*name, json!(c.repeat(5000)))).collect::<Facts>();
        let (from, to) = told(all("x"), all("y"));
        assert_eq!((from.as_object().unwrap().len(), to.as_object().unwrap().len()), (12, 12));
    }

    #[test]
    fn a_list_tells_what_came_and_went() {
        let before = vec![("label", json!("a")), ("uris", json!(["x", "y"])), ("same", json!(1))];
        let after = vec![("label", json!("b")), ("uris", json!(["y", "z"])), ("same", json!(1))];
        let diff = Diff::of(before.clone(), after);
        assert_eq!(diff.names, ["label", "+uris", "-uris"]);
        assert_eq!(diff.from.get("label"), Some(&json!("a")));
        assert!(Diff::of(before.clone(), before).is_empty());
        let turned = Diff::of(vec![("uris", json!(["x", "y"]))], vec![("uris", json!(["y", "x"]))]);
        assert_eq!(turned.names, ["uris"], "another order is a change, too");
    }
}
