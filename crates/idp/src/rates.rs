//! Rate policies at work: how many tokens may be created, decided before the costly part of making one.
//!
//! A request is asked about all policies that apply to it at once, after its client has proved itself and is
//! known to hold what it wants to redeem: a stranger can't use up anybody's allowance. The list of policies is
//! cached; a tenant without any pays for one look at an empty list.

mod behind;
mod stores;
mod subject;
mod told;

pub(crate) use stores::RateStores;
pub(crate) use subject::network;
pub use subject::{Header, Held, RateSubject, Subject};

use crate::admin::rate_policies::entity;
use crate::{Ctx, Idp, IdpError};
use signet_domain::Time;
use signet_domain::event::{Event, types};
use signet_domain::rate_policy::{RatePolicy, RateStrategy, WindowType};
use signet_limits::SECOND_US;
use signet_limits::counters::{Answer, Batch, Decision};
use signet_limits::sliding_window::Rule;
use std::sync::Arc;
use told::Told;

/// What the caller is told of one window of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowStanding {
    /// The policy's id.
    pub policy: String,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// Most tokens in it.
    pub limit: u32,
    /// Tokens left.
    pub remaining: u32,
    /// Seconds until the window ends, or until a refused call can pass.
    pub reset_seconds: u64,
    /// Whether it let the request pass.
    pub admitted: bool,
}

/// A refusal by a rate policy.
#[derive(Debug, Clone)]
pub struct RateRefusal {
    /// HTTP status.
    pub status: u16,
    /// `message` of the body.
    pub message: String,
    /// Seconds to wait, with jitter; none where the policy tells clients nothing.
    pub retry_after: Option<u64>,
    /// What the log is told.
    told: Told,
}

/// What became of one request.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    /// Where the visible windows stand, in the order of the policies.
    pub windows: Vec<WindowStanding>,
    /// The refusal, if there is one.
    pub refused: Option<Box<RateRefusal>>,
}

impl RateRefusal {
    /// Puts what the log is told into the refusal's event.
    pub(crate) fn put(&self, event: Event) -> Event {
        self.told.put(event)
    }
}

/// A policy that applies to a request, and what it counts there.
struct Applied<'a> {
    policy: &'a RatePolicy,
    key: u128,
    /// What is counted, for the log.
    what: String,
}

impl Applied<'_> {
    fn rules(&self) -> Vec<Rule> {
        let pairs = self.policy.limits.iter().zip(self.policy.window_sizes.iter());
        let sliding = self.policy.window_type == WindowType::Sliding;
        pairs
            .map(|(limit, size)| Rule { limit: *limit, window_us: i64::from(*size) * SECOND_US, sliding })
            .collect()
    }
}

impl Idp {
    /// Counts a refusal in the story of its policy, what it counts and its window, whose first one is logged.
    ///
    /// # Errors
    /// When the store fails; the refusal must not be answered as such then.
    pub(crate) async fn refused_by_policy(
        &self,
        ctx: &Ctx,
        refusal: &RateRefusal,
        event: Event,
    ) -> Result<(), IdpError> {
        self.tell_in_story(ctx, "policy", &refusal.told, event).await
    }

    /// The rate policies that are in force.
    async fn rate_policies(&self, ctx: &Ctx) -> Result<Arc<[RatePolicy]>, IdpError> {
        let part = self.part(ctx);
        if let Some(policies) = part.rate_policies() {
            return Ok(policies);
        }
        let mut policies = self.store().tenant(ctx.tenant_id()).read().await?.rate_policies().await?;
        policies.retain(|policy| policy.enabled);
        let policies: Arc<[RatePolicy]> = policies.into();
        part.put_rate_policies(policies.clone());
        Ok(policies)
    }

    /// Asks all rate policies about one token request. A refusal is a value; what the policies that are tried
    /// out would have refused is logged here.
    ///
    /// # Errors
    /// When a store that must decide is gone, or node memory is full: no token may be created then.
    pub async fn ask_rates(&self, ctx: &Ctx, subject: &Subject<'_>) -> Result<Rates, IdpError> {
        let policies = self.rate_policies(ctx).await?;
        let counts = |p: &&RatePolicy| p.grant_types.iter().any(|g| g == subject.grant_type());
        if !policies.iter().any(|p| counts(&p)) {
            return Ok(Rates::default());
        }
        let Some(known) = self.rate_subject(ctx, subject, &policies).await? else {
            return Ok(Rates::default());
        };
        let applied: Vec<Applied<'_>> =
            policies.iter().filter(counts).filter_map(|p| self.applied(ctx, p, &known)).collect();
        let mut rates = Rates::default();
        for place in stores::Place::ALL {
            let here: Vec<&Applied<'_>> = applied.iter().filter(|a| place.holds(a.policy)).collect();
            if here.is_empty() {
                continue;
            }
            let mut batch = Batch::of(ctx.tenant_id().0.as_u128());
            for one in &here {
                batch.ask(one.key, one.rules(), !one.policy.disable_penalty, one.policy.dry_run);
            }
            let decided = self.decide_at(ctx, *place, &batch, &here).await?;
            self.collect(ctx, &known, &here, &batch, &decided, &mut rates).await?;
            if rates.refused.is_some() {
                break;
            }
        }
        Ok(rates)
    }

    /// What a policy counts of a request; `None` when it doesn't apply.
    fn applied<'a>(&self, ctx: &Ctx, policy: &'a RatePolicy, known: &RateSubject<'_>) -> Option<Applied<'a>> {
        let (kind, value, shown) = known.counted(policy)?;
        // Policies can share counters only where they count in the same place.
        let message = format!("{}\0{}\0{kind}\0{value}", policy.strategy, policy.namespace);
        let hash = self.secrets().hash(crate::secrets::SecretKind::RateKey, ctx.tenant_id(), &message);
        let mut key = [0; 16];
        key.copy_from_slice(&hash[..16]);
        Some(Applied { policy, key: u128::from_be_bytes(key), what: format!("{kind} {shown}") })
    }

    async fn collect(
        &self,
        ctx: &Ctx,
        known: &RateSubject<'_>,
        applied: &[&Applied<'_>],
        batch: &Batch,
        (decision, store): &(Decision, &'static str),
        rates: &mut Rates,
    ) -> Result<(), IdpError> {
        let mut refusals: Vec<(&RatePolicy, Told)> = Vec::new();
        let mut tried_out = Vec::new();
        for ((one, question), answer) in applied.iter().zip(batch.questions()).zip(&decision.answers) {
            let told = |at: usize, answer: &Answer| Told {
                policy: entity(one.policy),
                key: one.key,
                what: one.what.clone(),
                store,
                now: decision.now,
                rule: question.rules[at],
                counter: answer.counters[at],
                reset_s: answer.standings[at].reset_s,
            };
            match answer.tightest().filter(|_| !answer.admitted) {
                Some(at) if one.policy.dry_run => {
                    let event = known.event(self, ctx, types::RATE_POLICY_DRY_RUN);
                    let told = told(at, answer);
                    tried_out.push((told.put(event), told));
                }
                Some(at) => refusals.push((one.policy, told(at, answer))),
                None => {}
            }
            if !one.policy.hide_client_headers && !one.policy.dry_run {
                rates.windows.extend(windows(one.policy, answer));
            }
        }
        if let Some((policy, told)) = refusals.into_iter().max_by_key(|(_, told)| told.reset_s) {
            rates.refused = Some(Box::new(self.refusal(policy, told)));
        }
        for (event, told) in tried_out {
            self.tell_in_story(ctx, "policy_dry_run", &told, event).await?;
        }
        Ok(())
    }

    fn refusal(&self, policy: &RatePolicy, told: Told) -> RateRefusal {
        let most = u64::try_from(policy.retry_after_jitter_max).unwrap_or(0);
        let mut random = [0; 8];
        self.entropy().fill(&mut random);
        let jitter = u64::from_le_bytes(random) % (most + 1);
        RateRefusal {
            status: u16::try_from(policy.error_code).unwrap_or(429),
            message: policy.error_message.clone(),
            retry_after: (!policy.hide_client_headers).then(|| told.reset_s.saturating_add(jitter)),
            told,
        }
    }

    /// The clock of node memory, and whether a test has set it.
    fn rate_clock(&self) -> signet_limits::counters::Clock {
        use signet_limits::counters::Clock;
        let fixed: Option<Time> = self.clock().override_now();
        fixed.map_or_else(|| Clock::Store(self.clock().now().0), |now| Clock::Fixed(now.0))
    }
}

fn windows(policy: &RatePolicy, answer: &Answer) -> Vec<WindowStanding> {
    let sizes = policy.window_sizes.iter().zip(&answer.standings);
    let standing = |(size, s): (&u32, &signet_limits::sliding_window::Standing)| WindowStanding {
        policy: policy.id.to_string(),
        window_seconds: *size,
        limit: s.limit,
        remaining: s.remaining,
        reset_seconds: s.reset_s,
        admitted: s.admitted,
    };
    sizes.map(standing).collect()
}

/// Whether a policy counts on this node alone.
fn node_only(policy: &RatePolicy) -> bool {
    policy.strategy == RateStrategy::Local || policy.sync_rate_ms < 0
}
