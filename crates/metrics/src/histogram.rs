//! A histogram of durations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds.
const BOUNDS: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000];

/// Durations by size, from half a millisecond to two and a half seconds.
pub struct Histogram {
    /// By the smallest bound that holds them; the last are those above all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    pub(crate) const fn new() -> Self {
        Self { buckets: [const { AtomicU64::new(0) }; BOUNDS.len() + 1], micros: AtomicU64::new(0) }
    }

    /// Records one.
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// The lines of Prometheus' text format.
    pub(crate) fn lines(&self, name: &str) -> String {
        let (mut text, mut below) = (String::new(), 0);
        for (n, bucket) in self.buckets.iter().enumerate() {
            below += bucket.load(Ordering::Relaxed);
            let bound = BOUNDS.get(n).map_or("+Inf".to_owned(), |bound| seconds(*bound));
            text.push_str(&format!("{name}_bucket{{le=\"{bound}\"}} {below}\n"));
        }
        let sum = seconds(self.micros.load(Ordering::Relaxed));
        text.push_str(&format!("{name}_sum {sum}\n{name}_count {below}\n"));
        text
    }
}

/// Microseconds as seconds, without a rounding of floats.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let histogram = Histogram::new();
        for micros in [500, 501, 9_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let text = histogram.lines("x");
        for line in [
            "x_bucket{le=\"0.0005\"} 1\n",
            "x_bucket{le=\"0.001\"} 2\n",
            "x_bucket{le=\"2.5\"} 2\n",
            "x_bucket{le=\"+Inf\"} 3\n",
            "x_sum 9.001001\n",
            "x_count 3\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
