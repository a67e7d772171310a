//! The cursor in links: a place in the log, under a seal that holds it to the tenant and the search it came
//! from. So nobody can make one, change one, or use one elsewhere.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signet_domain::Time;
use signet_domain::id::TenantId;
use signet_store::log_query::{Order, Position};

const VERSION: u8 = 1;
const PLACE: usize = 1 + 4 * 8;
const SEAL: usize = 32;

/// What a cursor is only good for.
pub(crate) struct Search<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) order: Order,
    pub(crate) filter: &'a str,
    pub(crate) q: &'a str,
}

impl Search<'_> {
    fn seal(&self, key: &[u8; 32], place: &[u8]) -> hmac::Tag {
        let mut message = Vec::with_capacity(192);
        message.extend_from_slice(b"signet log cursor");
        message.extend_from_slice(self.tenant.0.as_bytes());
        message.push(match self.order {
            Order::Commit => 0,
            Order::Published => 1,
            Order::PublishedDescending => 2,
        });
        for text in [self.filter, self.q] {
            message.extend_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        }
        message.extend_from_slice(place);
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message)
    }

    /// The cursor of a place.
    pub(crate) fn cursor(&self, key: &[u8; 32], position: Position) -> String {
        let mut bytes = Vec::with_capacity(PLACE + SEAL);
        bytes.push(VERSION);
        for number in [position.published.0, position.epoch, position.txid, position.seq] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        let seal = self.seal(key, &bytes);
        bytes.extend_from_slice(seal.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place of a cursor; `None` unless this search gave it.
    pub(crate) fn position(&self, key: &[u8; 32], cursor: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|b| b.len() == PLACE + SEAL)?;
        let (place, seal) = bytes.split_at(PLACE);
        constant_time::verify_slices_are_equal(self.seal(key, place).as_ref(), seal).ok()?;
        let (version, numbers) = place.split_first()?;
        let mut numbers = numbers.chunks_exact(8).map(|n| n.try_into().map(i64::from_be_bytes).ok());
        let mut number = || numbers.next().flatten();
        let position =
            Position { published: Time(number()?), epoch: number()?, txid: number()?, seq: number()? };
        (*version == VERSION).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const KEY: [u8; 32] = [7; 32];
    const HERE: Position = Position { published: Time(1), epoch: 2, txid: i64::MAX, seq: -1 };

    fn search(tenant: u128, order: Order, filter: &'static str, q: &'static str) -> Search<'static> {
        Search { tenant: TenantId(Uuid::from_u128(tenant)), order, filter, q }
    }

    #[test]
    fn tx_10_a_cursor_is_good_for_its_own_search_only() {
        let own = search(1, Order::Commit, "f", "q");
        let cursor = own.cursor(&KEY, HERE);
        assert_eq!(own.position(&KEY, &cursor), Some(HERE));
        assert_eq!(own.position(&[8; 32], &cursor), None);
        for other in [
            search(2, Order::Commit, "f", "q"),
            search(1, Order::Published, "f", "q"),
            search(1, Order::Commit, "g", "q"),
            search(1, Order::Commit, "f", ""),
            search(1, Order::Commit, "q", "f"),
        ] {
            assert_eq!(other.position(&KEY, &cursor), None);
        }
    }

    #[test]
    fn tx_10_an_edited_cursor_is_none() {
        let own = search(1, Order::Commit, "", "");
        let cursor = own.cursor(&KEY, HERE);
        for at in 0..cursor.len() {
            let mut edited = cursor.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).expect("ASCII");
            assert_eq!(own.position(&KEY, &edited), None, "at {at}");
        }
        for text in ["", "' OR 1=1 --", "1767323045678_1", &cursor[1..], &format!("{cursor}A")] {
            assert_eq!(own.position(&KEY, text), None, "{text}");
        }
    }
}
