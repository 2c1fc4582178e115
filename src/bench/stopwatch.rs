//! When each notification was published, and when a provider had it.

use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::Serialize;

/// The moments of all notifications of an installation, by number. Each is noted once: what is sent
/// again changes nothing.
pub(super) struct Stopwatch {
    published: Vec<AtomicI64>,
    arrived: Vec<AtomicI64>,
    arrivals: AtomicUsize,
}

/// Nothing happened at the beginning of 1970.
const NOT_YET: i64 = 0;

impl Stopwatch {
    pub fn new(count: usize) -> Self {
        let none = || (0..count).map(|_| AtomicI64::new(NOT_YET)).collect();
        Self { published: none(), arrived: none(), arrivals: AtomicUsize::new(0) }
    }

    /// The notification with this number is being published.
    pub fn publish(&self, number: usize, at: Timestamp) {
        note(&self.published, number, at);
    }

    /// A provider has it.
    pub fn arrive(&self, number: usize, at: Timestamp) {
        if note(&self.arrived, number, at) {
            self.arrivals.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many a provider has.
    pub fn arrivals(&self) -> usize {
        self.arrivals.load(Ordering::Relaxed)
    }

    /// From publishing to the provider, of those of these that were published and have arrived.
    pub fn latency(&self, numbers: Range<usize>) -> Option<Latency> {
        let moment = |of: &[AtomicI64], number| {
            let moment = AtomicI64::load(of.get::<usize>(number)?, Ordering::Relaxed);
            (moment != NOT_YET).then_some(moment)
        };
        let took = numbers
            .filter_map(|number| Some(moment(&self.arrived, number)? - moment(&self.published, number)?));
        Latency::of(took.collect())
    }
}

fn note(moments: &[AtomicI64], number: usize, at: Timestamp) -> bool {
    let noted = |moment: &AtomicI64| {
        let at = at.as_microsecond();
        moment.compare_exchange(NOT_YET, at, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    };
    moments.get(number).is_some_and(noted)
}

/// How long it took from publishing to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// So many were looked at.
    pub samples: usize,
    /// Half of them were as fast or faster, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 were as fast or faster, in milliseconds.
    pub p99_ms: f64,
}

impl Latency {
    /// Of these, in microseconds; `None` of none.
    fn of(mut took: Vec<i64>) -> Option<Self> {
        took.sort_unstable();
        let (p50, p99) = (percentile(&took, 50)?, percentile(&took, 99)?);
        Some(Self { samples: took.len(), p50_ms: milliseconds(p50), p99_ms: milliseconds(p99) })
    }
}

/// The least of these sorted values that is not exceeded by so many of a hundred (nearest rank).
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[expect(clippy::cast_precision_loss, reason = "2^52 microseconds are more than a century")]
fn milliseconds(micros: i64) -> f64 {
    micros as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_800_000_000_000_000 + micros).unwrap()
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 99)), (Some(50), Some(99)));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 99)), (Some(7), Some(7)));
        assert_eq!(percentile(&[1, 2, 3], 99), Some(3));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn only_what_was_published_and_has_arrived_is_looked_at_and_once() {
        let watch = Stopwatch::new(4);
        for number in 0..3 {
            watch.publish(number, at(0));
        }
        watch.arrive(0, at(2_000));
        watch.arrive(0, at(9_000));
        watch.arrive(1, at(4_000));
        watch.arrive(3, at(5_000));
        watch.arrive(4, at(5_000));
        let expected = Latency { samples: 2, p50_ms: 2.0, p99_ms: 4.0 };
        assert_eq!(watch.latency(0..4), Some(expected));
        assert_eq!(watch.latency(2..4), None);
        assert_eq!(watch.arrivals(), 3);
    }
}
