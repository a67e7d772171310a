//! In which order access policies and rules are asked, and which of them are in force.

use super::access_policies::{find_policy, find_rule, policy_entity, rule_entity};
use super::access_rules::{policy_facts, rule_facts};
use super::change::Diff;
use super::{AdminError, Caller};
use crate::ctx::At;
use crate::{Ctx, Idp};
use signet_domain::access_policy::{AccessPolicy, AccessRule};
use signet_domain::claim::InForce;
use signet_domain::event::types;
use signet_domain::server::Server;
use signet_store::Tx;

/// Where an entry of an ordered list goes: past its neighbour, by the neighbour's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Past {
    /// Before the one that is asked just before it.
    Before(String),
    /// After the one that is asked just after it.
    After(String),
}

/// Who changes what, for its events.
struct Change<'a> {
    idp: &'a Idp,
    ctx: &'a Ctx,
    caller: &'a Caller,
    server: &'a Server,
}

impl Change<'_> {
    async fn policy(
        &self,
        tx: &mut Tx,
        before: &AccessPolicy,
        after: &AccessPolicy,
    ) -> Result<(), AdminError> {
        let diff = Diff::of(policy_facts(before), policy_facts(after));
        if diff.is_empty() {
            return Ok(());
        }
        tx.update_access_policy(after, self.ctx.now).await?;
        let event = self.caller.event(self.idp, self.ctx, types::ACCESS_POLICY_UPDATE).at(self.server);
        Ok(tx.append(&diff.into_event(event, policy_entity(after))).await?)
    }

    async fn rule(
        &self,
        tx: &mut Tx,
        policy: &AccessPolicy,
        before: &AccessRule,
        after: &AccessRule,
    ) -> Result<(), AdminError> {
        let diff = Diff::of(rule_facts(before), rule_facts(after));
        if diff.is_empty() {
            return Ok(());
        }
        tx.update_access_rule(after, self.ctx.now).await?;
        let event = self.caller.event(self.idp, self.ctx, types::ACCESS_RULE_UPDATE).at(self.server);
        let event = event.target(policy_entity(policy));
        Ok(tx.append(&diff.into_event(event, rule_entity(after))).await?)
    }
}

impl Idp {
    /// Moves an access policy past the one that is asked just before or just after it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], and [`AdminError::Stale`] when the two are no longer neighbours.
    pub async fn admin_move_access_policy(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy): (&str, &str),
        past: Past,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, key) = (server.to_owned(), policy.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, _) = find_policy(tx, &server, &key).await?;
                tx.lock_server(server.id).await?;
                let policies = tx.access_policies(server.id).await?;
                let ids: Vec<_> = policies.iter().map(|p| (p.id.to_string(), p.priority)).collect();
                let order = moved(&ids, &key, &past).ok_or(AdminError::Stale)?;
                let change = Change { idp: &idp, ctx: &ctx, caller: &caller, server: &server };
                for (before, priority) in policies.iter().zip(order) {
                    let after = AccessPolicy { priority, ..before.clone() };
                    change.policy(tx, before, &after).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Moves a rule past the one that is asked just before or just after it in its policy.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], and [`AdminError::Stale`] when the two are no longer neighbours.
    pub async fn admin_move_access_rule(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy, rule): (&str, &str, &str),
        past: Past,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy) = (server.to_owned(), policy.to_owned());
        let key = rule.to_owned();
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy, _) = find_rule(tx, &server, &policy, &key).await?;
                tx.lock_server(server.id).await?;
                let mut rules = tx.access_rules(server.id).await?;
                rules.retain(|rule| rule.policy_id == policy.id);
                let ids: Vec<_> = rules.iter().map(|r| (r.id.to_string(), r.priority)).collect();
                let order = moved(&ids, &key, &past).ok_or(AdminError::Stale)?;
                let change = Change { idp: &idp, ctx: &ctx, caller: &caller, server: &server };
                for (before, priority) in rules.iter().zip(order) {
                    let after = AccessRule { priority, ..before.clone() };
                    change.rule(tx, &policy, before, &after).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Puts an access policy in force or out of it. What else it says isn't looked at, so that one which names an
    /// app that is gone can be switched off.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_set_access_policy_status(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy): (&str, &str),
        status: InForce,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy) = (server.to_owned(), policy.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, before) = find_policy(tx, &server, &policy).await?;
                let change = Change { idp: &idp, ctx: &ctx, caller: &caller, server: &server };
                change.policy(tx, &before, &AccessPolicy { status, ..before.clone() }).await
            })
        })
        .await
    }

    /// Puts a rule in force or out of it. What else it says isn't looked at.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_set_access_rule_status(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, policy, rule): (&str, &str, &str),
        status: InForce,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, policy, rule) = (server.to_owned(), policy.to_owned(), rule.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, policy, before) = find_rule(tx, &server, &policy, &rule).await?;
                let change = Change { idp: &idp, ctx: &ctx, caller: &caller, server: &server };
                change.rule(tx, &policy, &before, &AccessRule { status, ..before.clone() }).await
            })
        })
        .await
    }
}

/// The priorities of a list after two neighbours in it change places; `None` if they are none. They exchange their
/// own where all differ; otherwise everything is numbered anew, since between equals the id decides.
fn moved(list: &[(String, i64)], one: &str, past: &Past) -> Option<Vec<i64>> {
    let place = |id: &str| list.iter().position(|(known, _)| known == id);
    let one = place(one)?;
    let other = match past {
        Past::Before(other) => place(other).filter(|other| other + 1 == one)?,
        Past::After(other) => place(other).filter(|other| *other == one + 1)?,
    };
    let mut priorities: Vec<i64> = list.iter().map(|(_, priority)| *priority).collect();
    if priorities.windows(2).any(|pair| pair[0] >= pair[1]) {
        priorities = (1..).take(list.len()).collect();
    }
    priorities.swap(one, other);
    Some(priorities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(priorities: &[i64]) -> Vec<(String, i64)> {
        ["a", "b", "c"].iter().zip(priorities).map(|(id, priority)| ((*id).to_owned(), *priority)).collect()
    }

    fn before(id: &str) -> Past {
        Past::Before(id.to_owned())
    }

    fn after(id: &str) -> Past {
        Past::After(id.to_owned())
    }

    #[test]
    fn neighbours_change_places() {
        assert_eq!(moved(&list(&[1, 5, 9]), "a", &after("b")), Some(vec![5, 1, 9]));
        assert_eq!(moved(&list(&[1, 5, 9]), "c", &before("b")), Some(vec![1, 9, 5]));
        // Of equals the order is that of their ids, so each gets a place of its own.
        assert_eq!(moved(&list(&[1, 1, 1]), "c", &before("b")), Some(vec![1, 3, 2]));
        for (one, past) in [
            ("a", after("c")),
            ("a", after("a")),
            ("a", after("x")),
            ("x", after("a")),
            // It has gone the other way meanwhile.
            ("a", before("b")),
            ("b", after("a")),
        ] {
            assert_eq!(moved(&list(&[1, 2, 3]), one, &past), None, "{one} {past:?}");
        }
    }
}
