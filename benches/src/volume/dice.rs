//! Chance that falls the same way in every run.

use signet_domain::Time;
use uuid::Uuid;

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound, all as likely.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Below a bound, the small ones much likelier: a tenth of all numbers comes up half of the time.
    pub(super) fn skewed(&mut self, bound: u64) -> u64 {
        let share = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((share * share * share) * bound as f64) as u64
    }

    /// An id as the server makes them.
    pub(super) fn id(&mut self, at: Time) -> Uuid {
        let random: [u8; 16] = (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes();
        let mut ten = [0; 10];
        ten.copy_from_slice(&random[..10]);
        let millis = u64::try_from(at.0 / 1000).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &ten).into_uuid()
    }
}
