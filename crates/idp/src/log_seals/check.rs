//! Checking the log against its chain. Reads every event; changes nothing but that it seals what is there first.

use super::codes::{self, Entry, OfTenant};
use super::removed::Floor;
use super::{Head, Kind, Report};
use crate::{Idp, IdpError};
use aws_lc_rs::hmac;
use signet_domain::Time;
use signet_domain::id::{EventId, TenantId};
use signet_store::StoreError;
use signet_store::log_seals::{LogLink, LogSeal, Place, StoredEvent};
use signet_store::tenant_deletions::OPERATOR;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Links that are read at once.
const LINKS: i64 = 100;
/// Events that one link covers when what is there is sealed first.
const EVENTS: i64 = 2_000;
/// Events that lie ahead of all commits and are told.
const AHEAD: i64 = 200;

/// What is known of a tenant's log.
#[derive(Default)]
struct Log {
    /// Events that are there, as far as links name them.
    there: u64,
    /// Events that are gone with nothing after them so far: how many, and the first and last that is known by its id.
    gone: Gone,
    /// Runs that are gone and have something after them.
    between: Vec<Gone>,
}

#[derive(Default, Clone)]
struct Gone {
    events: i64,
    ends: Option<(Entry, Entry)>,
}

impl Gone {
    fn add(&mut self, entry: &Entry) {
        self.events += 1;
        self.ends = Some((self.ends.map_or(*entry, |(first, _)| first), *entry));
    }
}

impl Log {
    fn there(&mut self, events: u64) {
        self.there += events;
        if self.gone.events > 0 {
            self.between.push(std::mem::take(&mut self.gone));
        }
    }
}

struct Check<'a> {
    idp: &'a Idp,
    key: hmac::Key,
    report: Report,
    logs: BTreeMap<TenantId, Log>,
    names: HashMap<TenantId, String>,
    /// Floors that aren't Signet's.
    forged_floors: HashSet<TenantId>,
    /// The operator's events that seals name: they outlive the links that they came by.
    of_operator: HashSet<Uuid>,
}

impl Idp {
    /// Checks the log of all tenants against its chain, and the chain against a head that was noted outside.
    ///
    /// # Errors
    /// When the store fails. What is wrong with the log is in the report.
    pub async fn check_log(&self, noted: &[Head]) -> Result<Report, IdpError> {
        let mut check = Check {
            idp: self,
            key: self.secrets().log_key(),
            report: Report::default(),
            logs: BTreeMap::new(),
            names: HashMap::from([(OPERATOR, "the operator".to_owned())]),
            forged_floors: HashSet::new(),
            of_operator: HashSet::new(),
        };
        // What was just done is looked at, too. A chain that can't go on is looked at as it is.
        loop {
            match self.seal_log(EVENTS).await {
                Ok(step) if step.more => {}
                Ok(_) => break,
                Err(IdpError::Internal(why)) => {
                    check.report.note(format!("Nothing more is sealed: {why}."));
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        check.all(noted).await?;
        Ok(check.report)
    }
}

/// Where the next link has to go on.
struct End {
    number: i64,
    code: Vec<u8>,
    /// Not known of a base.
    to: Option<Place>,
}

impl Check<'_> {
    async fn all(&mut self, noted: &[Head]) -> Result<(), IdpError> {
        let mut heads: BTreeMap<i64, Vec<&Head>> = BTreeMap::new();
        for head in noted {
            heads.entry(head.number).or_default().push(head);
        }
        let mut end = self.base().await?;
        let mut first = None;
        let older = heads.split_off(&(end.number + 1));
        for head in std::mem::replace(&mut heads, older).into_values().flatten() {
            let sentence = "is older than what is kept of the chain: it says nothing any more";
            self.report.note(format!("The head {}:{} {sentence}.", head.number, head.epoch));
        }
        loop {
            let links = self.idp.store().unscoped_links(end.number, LINKS).await?;
            if links.is_empty() {
                break;
            }
            for link in links {
                for head in heads.remove(&link.number).unwrap_or_default() {
                    if Head::of(&link).code != head.code {
                        self.off_head(head, "is another one by now").await?;
                    }
                }
                self.link(&end, &link).await?;
                first = first.or(Some(Place::from(link.from)));
                self.report.head = Some(Head::of(&link).to_string());
                end = End { number: link.number, code: link.code, to: Some(link.to.into()) };
            }
        }
        for head in heads.into_values().flatten() {
            self.off_head(head, "is gone").await?;
        }
        self.outside(first.unwrap_or(Place::BEGINNING)).await?;
        let sealed_to = end.to.unwrap_or(Place::BEGINNING);
        self.report.unsealed = self.idp.store().unscoped_events_after(sealed_to).await?;
        self.conclude().await
    }

    /// Where the chain begins.
    async fn base(&mut self) -> Result<End, IdpError> {
        let (number, code) = match self.idp.chain_base(&self.key).await? {
            Ok(base) => base,
            Err(number) => {
                let what =
                    format!("that the chain begins after link {number} was not said by this deployment");
                self.report.find(Kind::Forged, what);
                (0, Vec::new())
            }
        };
        Ok(End { number, code, to: None })
    }

    /// A head that was noted doesn't fit. After a restore it can't.
    async fn off_head(&mut self, head: &Head, what: &str) -> Result<(), IdpError> {
        if self.idp.is_excused(&self.key, head).await? {
            let sentence = "was noted before the store was restored from a backup: it says nothing any more";
            self.report.note(format!("The head {}:{} {sentence}.", head.number, head.epoch));
        } else {
            let sentence = format!("link {} was noted as the last one, and {what}", head.number);
            self.report.find(Kind::CutOff, sentence);
        }
        Ok(())
    }

    /// Whether what follows was there a moment ago and isn't kept any longer.
    async fn is_pruned(&self, number: i64) -> Result<bool, IdpError> {
        Ok(self.idp.chain_base(&self.key).await?.is_ok_and(|(base, _)| base >= number))
    }

    async fn link(&mut self, end: &End, link: &LogLink) -> Result<(), IdpError> {
        self.report.links += 1;
        let goes_on = link.number == end.number + 1;
        if !goes_on && !self.is_pruned(link.number - 1).await? {
            let sentence = match link.number - end.number - 1 {
                1 => format!("link {} is gone", end.number + 1),
                _ => format!("links {} to {} are gone", end.number + 1, link.number - 1),
            };
            self.report.find(Kind::ChainBroken, sentence);
        }
        let follows = !goes_on
            || (codes::same(&link.previous, &end.code)
                && end.to.is_none_or(|to| to == Place::from(link.from)));
        let is_ours = codes::same(&codes::of_link(&self.key, link), &link.code);
        let (true, true, Some(tenants)) = (is_ours, follows, OfTenant::read_all(&link.tenants)) else {
            let sentence = "was not made by this deployment";
            self.report.find(
                Kind::Forged,
                format!("link {} of {} {sentence}", link.number, link.sealed_at.rfc3339()),
            );
            return Ok(());
        };
        let events = match self.idp.store().unscoped_events_between(link.from.into(), link.to.into()).await {
            Ok(events) => events,
            // A row that holds what no column of its kind may hold.
            Err(StoreError::Internal(why)) => {
                self.report
                    .find(Kind::Altered, format!("an event under link {} can't be read: {why}", link.number));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut lying: BTreeMap<TenantId, HashMap<Uuid, StoredEvent>> = BTreeMap::new();
        let mut twins = Vec::new();
        for event in events {
            // No two have one id, as long as the index that sees to it is there.
            twins.extend(lying.entry(event.tenant_id).or_default().insert(event.id, event));
        }
        for twin in twins {
            self.extra(twin.tenant_id, std::iter::once(twin)).await?;
        }
        let mut seals: HashMap<TenantId, LogSeal> = HashMap::new();
        for seal in self.idp.store().unscoped_seals(link.number).await? {
            seals.insert(seal.tenant_id, seal);
        }
        for of in &tenants {
            let there = lying.remove(&of.tenant).unwrap_or_default();
            self.seal(link, of, seals.remove(&of.tenant), there).await?;
        }
        for (tenant, there) in lying {
            self.extra(tenant, there.into_values()).await?;
        }
        Ok(())
    }

    async fn seal(
        &mut self,
        link: &LogLink,
        of: &OfTenant,
        seal: Option<LogSeal>,
        mut there: HashMap<Uuid, StoredEvent>,
    ) -> Result<(), IdpError> {
        let Some(seal) = seal else {
            if self.floor(of.tenant).await? > of.newest || self.is_pruned(link.number).await? {
                return Ok(());
            }
            if there.is_empty() {
                self.logs.entry(of.tenant).or_default().gone.events += of.events;
            } else {
                let name = self.name(of.tenant).await?;
                self.report
                    .find(Kind::ChainBroken, format!("the seal of {name} in link {} is gone", link.number));
            }
            return Ok(());
        };
        let code = codes::of_seal(&self.key, link.number, of.tenant, &seal.entries);
        let (true, Some(entries)) = (codes::same(&code, &of.code), Entry::read_all(&seal.entries)) else {
            let name = self.name(of.tenant).await?;
            let sentence =
                format!("the seal of {name} in link {} was not made by this deployment", link.number);
            self.report.find(Kind::Forged, sentence);
            self.logs.entry(of.tenant).or_default().there(u64::try_from(there.len()).unwrap_or(u64::MAX));
            return Ok(());
        };
        if of.tenant == OPERATOR {
            self.of_operator.extend(entries.iter().map(|entry| entry.id));
            // Some may be carried over from links that are not kept any longer.
            for entry in &entries {
                if !there.contains_key(&entry.id)
                    && let Some(event) = self.idp.store().unscoped_operator_event(entry.id).await?
                {
                    there.insert(entry.id, event);
                }
            }
        }
        let missing = entries.iter().any(|entry| !there.contains_key(&entry.id));
        // Asked after the events: what went meanwhile is below it.
        let floor = if missing { self.floor(of.tenant).await? } else { Time(i64::MIN) };
        for entry in &entries {
            match there.remove(&entry.id) {
                Some(event) if codes::same(&codes::of_event(&self.key, &event), &entry.code) => {
                    self.report.events += 1;
                    self.logs.entry(of.tenant).or_default().there(1);
                }
                Some(event) => {
                    self.logs.entry(of.tenant).or_default().there(1);
                    let name = self.name(of.tenant).await?;
                    let (id, at) = (EventId(event.id), entry.published.rfc3339());
                    self.report
                        .find(Kind::Altered, format!("event {id} of {name}, {at}, is not what it was"));
                }
                None if entry.published < floor => {}
                None => self.logs.entry(of.tenant).or_default().gone.add(entry),
            }
        }
        self.extra(of.tenant, there.into_values()).await
    }

    /// Events that lie among sealed ones and are in no seal.
    async fn extra(
        &mut self,
        tenant: TenantId,
        events: impl Iterator<Item = StoredEvent>,
    ) -> Result<(), IdpError> {
        for event in events {
            // Retention may have come to its seal sooner.
            if event.published >= self.floor(tenant).await? {
                let name = self.name(tenant).await?;
                let (id, at) = (EventId(event.id), event.published.rfc3339());
                let sentence =
                    format!("event {id} of {name}, {at}, lies where none was when the log was sealed");
                self.report.find(Kind::Inserted, sentence);
            }
        }
        Ok(())
    }

    /// Events where no link looks: before the first one, and where no commit can lie yet.
    async fn outside(&mut self, first: Place) -> Result<(), IdpError> {
        let before = self.idp.store().unscoped_events_up_to(first).await?;
        let ahead = self.idp.store().unscoped_events_ahead(AHEAD).await?;
        let mut of: BTreeMap<TenantId, Vec<StoredEvent>> = BTreeMap::new();
        let is_known = |event: &StoredEvent| {
            event.tenant_id == OPERATOR
                && event.place() > Place::BEGINNING
                && self.of_operator.contains(&event.id)
        };
        for event in before.into_iter().filter(|event| !is_known(event)).chain(ahead) {
            of.entry(event.tenant_id).or_default().push(event);
        }
        for (tenant, events) in of {
            self.extra(tenant, events.into_iter()).await?;
        }
        Ok(())
    }

    /// Says what is gone, now that it is known what came after.
    async fn conclude(&mut self) -> Result<(), IdpError> {
        let ended = self.idp.ended_tenants(&self.key).await?;
        for (tenant, log) in std::mem::take(&mut self.logs) {
            let all: i64 = log.gone.events + log.between.iter().map(|gone| gone.events).sum::<i64>();
            if all == 0 {
                continue;
            }
            let name = self.name(tenant).await?;
            if ended.contains(&tenant) {
                self.report.note(format!("{name} was deleted, with {all} events that had been sealed."));
                continue;
            }
            for gone in &log.between {
                self.report.find(Kind::Removed, format!("{} of {name}, from the middle", told(gone)));
            }
            if log.gone.events > 0 && log.there == 0 {
                let sentence = format!(
                    "all {} sealed events of {name} are gone, and nothing says that it was deleted",
                    log.gone.events
                );
                self.report.find(Kind::Emptied, sentence);
            } else if log.gone.events > 0 {
                self.report.find(Kind::CutOff, format!("{} of {name}, from the end", told(&log.gone)));
            }
        }
        Ok(())
    }

    /// Before when a tenant's log isn't kept any longer, as far as Signet signed it.
    async fn floor(&mut self, tenant: TenantId) -> Result<Time, IdpError> {
        if let Floor::At(floor) = self.idp.log_floor(&self.key, tenant).await? {
            return Ok(floor);
        }
        if self.forged_floors.insert(tenant) {
            let name = self.name(tenant).await?;
            let sentence =
                format!("what says since when the log of {name} is kept was not written by this deployment");
            self.report.find(Kind::Forged, sentence);
        }
        Ok(Time(i64::MIN))
    }

    async fn name(&mut self, tenant: TenantId) -> Result<String, IdpError> {
        if let Some(name) = self.names.get(&tenant) {
            return Ok(name.clone());
        }
        let name = self.idp.store().unscoped_tenant_name(tenant).await?;
        let name = name.map_or_else(|| format!("tenant {tenant}"), |name| format!("tenant {name}"));
        self.names.insert(tenant, name.clone());
        Ok(name)
    }
}

fn told(gone: &Gone) -> String {
    match (gone.events, gone.ends) {
        (1, Some((entry, _))) => {
            format!("event {} of {} is gone", EventId(entry.id), entry.published.rfc3339())
        }
        (events, Some((first, last))) => format!(
            "{events} events are gone, {} of {} to {} of {},",
            EventId(first.id),
            first.published.rfc3339(),
            EventId(last.id),
            last.published.rfc3339()
        ),
        (events, None) => format!("{events} events are gone"),
    }
}
