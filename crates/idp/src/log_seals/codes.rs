//! The codes, and how links and seals are written down.

use aws_lc_rs::{constant_time, hmac};
use serde_json::Value;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_store::log_seals::{LogLink, Place, StoredEvent};
use uuid::Uuid;

/// Bytes of an event's code: half an HMAC, as RFC 2104 section 5 allows.
pub(super) const EVENT_CODE: usize = 16;

/// An HMAC over parts, each with its length, so that no two lists of parts read alike.
struct Coder(hmac::Context);

impl Coder {
    fn new(key: &hmac::Key, what: &str) -> Self {
        let mut coder = Self(hmac::Context::with_key(key));
        coder.part(what.as_bytes());
        coder
    }

    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn number(&mut self, number: i64) {
        self.part(&number.to_be_bytes());
    }

    fn place(&mut self, place: Place) {
        self.number(place.epoch);
        self.number(place.txid);
        self.number(place.seq);
    }

    fn perhaps(&mut self, bytes: Option<&[u8]>) {
        // What is not there differs from what is empty.
        self.number(i64::from(bytes.is_some()));
        self.part(bytes.unwrap_or_default());
    }

    fn end(self) -> Vec<u8> {
        self.0.sign().as_ref().to_vec()
    }
}

/// An event's code: over every column.
pub(super) fn of_event(key: &hmac::Key, e: &StoredEvent) -> [u8; EVENT_CODE] {
    let mut coder = Coder::new(key, "event");
    coder.part(e.tenant_id.0.as_bytes());
    coder.place(e.place());
    coder.part(e.id.as_bytes());
    coder.number(e.published.0);
    for text in [&e.event_type, &e.severity, &e.outcome, &e.actor_id, &e.ip, &e.words] {
        coder.part(text.as_bytes());
    }
    for text in [&e.reason, &e.user_id, &e.client_id, &e.server_id, &e.jti] {
        coder.perhaps(text.as_deref().map(str::as_bytes));
    }
    coder.part(e.request_id.as_bytes());
    for id in [&e.session_id, &e.flow_id, &e.grant_id] {
        coder.perhaps(id.as_ref().map(|id| &id.as_bytes()[..]));
    }
    coder.part(&canonical(&e.data));
    let code = coder.end();
    std::array::from_fn(|i| code[i])
}

/// JSON in one form: PostgreSQL keeps neither the order of members nor the space between them.
fn canonical(json: &str) -> Vec<u8> {
    fn write(value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                out.push(b'{');
                for (name, value) in members {
                    out.extend(Value::from(name.as_str()).to_string().bytes());
                    out.push(b':');
                    write(value, out);
                    out.push(b',');
                }
                out.push(b'}');
            }
            Value::Array(values) => {
                out.push(b'[');
                for value in values {
                    write(value, out);
                    out.push(b',');
                }
                out.push(b']');
            }
            other => out.extend(other.to_string().bytes()),
        }
    }
    // Nothing that Signet wrote is other than JSON.
    let Ok(value) = serde_json::from_str(json) else { return [b"not JSON: ", json.as_bytes()].concat() };
    let mut out = Vec::with_capacity(json.len());
    write(&value, &mut out);
    out
}

/// The code of a tenant's seal.
pub(super) fn of_seal(key: &hmac::Key, number: i64, tenant: TenantId, entries: &[u8]) -> Vec<u8> {
    let mut coder = Coder::new(key, "seal");
    coder.number(number);
    coder.part(tenant.0.as_bytes());
    coder.part(entries);
    coder.end()
}

/// The code of a link.
pub(super) fn of_link(key: &hmac::Key, link: &LogLink) -> Vec<u8> {
    let mut coder = Coder::new(key, "link");
    coder.number(link.number);
    coder.place(link.from.into());
    coder.place(link.to.into());
    coder.number(link.sealed_at.0);
    coder.part(&link.tenants);
    coder.part(&link.previous);
    coder.end()
}

/// The code of a tenant's floor.
pub(super) fn of_floor(key: &hmac::Key, tenant: TenantId, before: Time) -> Vec<u8> {
    let mut coder = Coder::new(key, "floor");
    coder.part(tenant.0.as_bytes());
    coder.number(before.0);
    coder.end()
}

/// The code of the chain's beginning.
pub(super) fn of_base(key: &hmac::Key, number: i64, link_code: &[u8]) -> Vec<u8> {
    let mut coder = Coder::new(key, "base");
    coder.number(number);
    coder.part(link_code);
    coder.end()
}

/// The code of an epoch that began with a restore.
pub(super) fn of_restore(key: &hmac::Key, epoch: i64) -> Vec<u8> {
    let mut coder = Coder::new(key, "restore");
    coder.number(epoch);
    coder.end()
}

/// What shows that Signet wrote an event that tells of a tenant's end.
pub(super) fn of_end(key: &hmac::Key, event: Uuid, tenant: TenantId) -> String {
    let mut coder = Coder::new(key, "end");
    coder.part(event.as_bytes());
    coder.part(tenant.0.as_bytes());
    crate::admin::caller::hex(&coder.end())
}

/// Compares codes.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// An event in a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) published: Time,
    pub(super) code: [u8; EVENT_CODE],
}

impl Entry {
    const BYTES: usize = 16 + 8 + EVENT_CODE;

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.id.as_bytes());
        out.extend(self.published.0.to_be_bytes());
        out.extend(self.code);
    }

    /// The events of a seal; nothing if it isn't whole.
    pub(super) fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let (entries, rest) = bytes.as_chunks::<{ Self::BYTES }>();
        let read = |entry: &[u8; Self::BYTES]| {
            Some(Self {
                id: Uuid::from_slice(entry.get(..16)?).ok()?,
                published: Time(i64::from_be_bytes(entry.get(16..24)?.try_into().ok()?)),
                code: entry.get(24..)?.try_into().ok()?,
            })
        };
        if rest.is_empty() { entries.iter().map(read).collect() } else { None }
    }
}

/// A tenant in a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfTenant {
    pub(super) tenant: TenantId,
    pub(super) events: i64,
    pub(super) newest: Time,
    /// The seal's.
    pub(super) code: [u8; 32],
}

impl OfTenant {
    const BYTES: usize = 16 + 8 + 8 + 32;

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.tenant.0.as_bytes());
        out.extend(self.events.to_be_bytes());
        out.extend(self.newest.0.to_be_bytes());
        out.extend(self.code);
    }

    /// The tenants of a link; nothing if it isn't whole.
    pub(super) fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let (tenants, rest) = bytes.as_chunks::<{ Self::BYTES }>();
        let read = |one: &[u8; Self::BYTES]| {
            Some(Self {
                tenant: TenantId(Uuid::from_slice(one.get(..16)?).ok()?),
                events: i64::from_be_bytes(one.get(16..24)?.try_into().ok()?),
                newest: Time(i64::from_be_bytes(one.get(24..32)?.try_into().ok()?)),
                code: one.get(32..)?.try_into().ok()?,
            })
        };
        if rest.is_empty() { tenants.iter().map(read).collect() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> StoredEvent {
        StoredEvent {
            tenant_id: TenantId(Uuid::from_u128(1)),
            epoch: 1,
            txid: 2,
            seq: 3,
            id: Uuid::from_u128(2),
            published: Time(4),
            event_type: "a".into(),
            severity: "INFO".into(),
            outcome: "SUCCESS".into(),
            reason: None,
            actor_id: "b".into(),
            user_id: None,
            client_id: Some(String::new()),
            server_id: None,
            ip: "::1".into(),
            request_id: Uuid::from_u128(3),
            session_id: None,
            flow_id: None,
            grant_id: None,
            jti: None,
            words: "a b".into(),
            data: r#"{"b":1,"a":["x",{"d":2,"c":null}]}"#.into(),
        }
    }

    #[test]
    fn every_column_counts() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let code = of_event(&key, &event());
        let same_json =
            StoredEvent { data: r#"{ "a": ["x", {"c": null, "d": 2}], "b": 1 }"#.into(), ..event() };
        assert_eq!(of_event(&key, &same_json), code);
        let some = |text: &str| Some(text.to_owned());
        let changed = [
            StoredEvent { tenant_id: TenantId(Uuid::from_u128(9)), ..event() },
            StoredEvent { epoch: 2, ..event() },
            StoredEvent { txid: 3, ..event() },
            StoredEvent { seq: 4, ..event() },
            StoredEvent { id: Uuid::from_u128(9), ..event() },
            StoredEvent { published: Time(5), ..event() },
            StoredEvent { event_type: "ab".into(), ..event() },
            StoredEvent { severity: "WARN".into(), ..event() },
            StoredEvent { outcome: "FAILURE".into(), ..event() },
            StoredEvent { reason: some(""), ..event() },
            StoredEvent { actor_id: "c".into(), ..event() },
            StoredEvent { user_id: some("u"), ..event() },
            StoredEvent { client_id: None, ..event() },
            StoredEvent { server_id: some("s"), ..event() },
            StoredEvent { ip: "::2".into(), ..event() },
            StoredEvent { request_id: Uuid::from_u128(9), ..event() },
            StoredEvent { session_id: Some(Uuid::nil()), ..event() },
            StoredEvent { flow_id: Some(Uuid::nil()), ..event() },
            StoredEvent { grant_id: Some(Uuid::nil()), ..event() },
            StoredEvent { jti: some("j"), ..event() },
            StoredEvent { words: "a".into(), ..event() },
            StoredEvent { data: r#"{"b":1,"a":["x",{"d":2}]}"#.into(), ..event() },
            StoredEvent { data: "{".into(), ..event() },
        ];
        let mut codes: Vec<_> = changed.iter().map(|event| of_event(&key, event)).collect();
        codes.push(code);
        codes.push(of_event(&hmac::Key::new(hmac::HMAC_SHA256, b"other"), &event()));
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        let entry = Entry { id: Uuid::from_u128(5), published: Time(-6), code: [7; EVENT_CODE] };
        let one =
            OfTenant { tenant: TenantId(Uuid::from_u128(8)), events: 9, newest: Time(10), code: [11; 32] };
        let (mut entries, mut tenants) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            entry.write(&mut entries);
            one.write(&mut tenants);
        }
        assert_eq!(Entry::read_all(&entries), Some(vec![entry; 3]));
        assert_eq!(OfTenant::read_all(&tenants), Some(vec![one; 3]));
        entries.pop();
        tenants.pop();
        assert_eq!((Entry::read_all(&entries), OfTenant::read_all(&tenants)), (None, None));
    }
}
