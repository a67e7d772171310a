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
    /// `label` changed, `+redirectUris` grew, `-redirectUris` shrank.
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
                    if new.iter().any(|v| !old.contains(v)) {
                        diff.names.push(format!("+{name}"));
                    }
                    if old.iter().any(|v| !new.contains(v)) {
                        diff.names.push(format!("-{name}"));
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
        let text =
            |map: Map<String, Value>| signet_domain::event::bounded(&Value::Object(map).to_string(), 4096);
        event.target(target.with("from", text(self.from)).with("to", text(self.to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_tells_what_came_and_went() {
        let before = vec![("label", json!("a")), ("uris", json!(["x", "y"])), ("same", json!(1))];
        let after = vec![("label", json!("b")), ("uris", json!(["y", "z"])), ("same", json!(1))];
        let diff = Diff::of(before.clone(), after);
        assert_eq!(diff.names, ["label", "+uris", "-uris"]);
        assert_eq!(diff.from.get("label"), Some(&json!("a")));
        assert!(Diff::of(before.clone(), before).is_empty());
    }
}
