//! Circuit breaker: when a route fails again and again, it is left alone for a while. Pure.

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Permanence, SendErrorKind};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 10;

/// Failures in a row that are more than a hiccup.
const FEW: u32 = 3;

/// The first wait; it doubles with every try that fails.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);

/// No wait is longer.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// The state of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    until: Timestamp,
    wait: SignedDuration,
}

/// How many messages a route may be given now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As many as the limits allow.
    All,
    /// One, to see whether the provider is back.
    Probe,
    /// None before this moment.
    NotBefore(Timestamp),
    /// None, until it is asked again.
    Nothing,
}

impl Breaker {
    /// What the route may be given at `now`.
    #[must_use]
    pub fn admit(&self, now: Timestamp) -> Admission {
        match self.open {
            None => Admission::All,
            Some(open) if open.until <= now => Admission::Probe,
            Some(open) => Admission::NotBefore(open.until),
        }
    }

    /// Counts the outcome of a call. Only the provider being away counts as a failure: an answer,
    /// whatever it says, shows that it is there.
    pub fn record(&mut self, outcome: Result<(), SendErrorKind>, now: Timestamp) {
        match outcome {
            Err(SendErrorKind::Unavailable | SendErrorKind::Ambiguous) => self.failed(now),
            _ => *self = Self::default(),
        }
    }

    fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let wait = match self.open {
            // Calls that were under way when it opened say nothing new.
            Some(open) if now < open.until => return,
            Some(open) => (open.wait * 2).min(LONGEST_WAIT),
            None if self.failures >= FAILURES => FIRST_WAIT,
            None => return,
        };
        self.open = Some(Open { until: now + wait, wait });
    }

    /// Whether the provider answers: not after a few calls in a row in vain.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.failures < FEW
    }

    /// Whether the route is left alone.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

/// Watches for a sudden rise of "this address does not exist": it is far more likely that the
/// provider is confused than that all those citizens left at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpikeWatch {
    recent: u64,
    seen: u32,
}

/// Outcomes looked at.
const WINDOW: u32 = 64;

/// Permanent refusals among them that make a spike.
const SPIKE: u32 = 48;

impl SpikeWatch {
    /// Counts an outcome; whether it is part of a spike. Once there is one, each permanent refusal is,
    /// those of calls under way included, until enough other outcomes came or it is reset.
    pub fn record(&mut self, outcome: Result<(), SendErrorKind>) -> bool {
        let gone = outcome == Err(SendErrorKind::Unreachable(Permanence::Permanent));
        self.recent = self.recent << 1 | u64::from(gone);
        self.seen = (self.seen + 1).min(WINDOW);
        gone && self.seen == WINDOW && self.recent.count_ones() >= SPIKE
    }

    /// Forgets what it saw: somebody has looked at it.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_provider_answers_until_a_few_calls_in_a_row_were_in_vain() {
        let mut breaker = Breaker::default();
        let mut after = |outcome| {
            breaker.record(outcome, at(0));
            breaker.answers()
        };
        let away = Err(SendErrorKind::Unavailable);
        assert_eq!([after(away), after(Err(SendErrorKind::Ambiguous)), after(away)], [true, true, false]);
        assert!(after(Err(SendErrorKind::Rejected)), "an answer, whatever it says");
    }

    #[test]
    fn it_opens_after_failures_in_a_row_probes_and_doubles() {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES - 1 {
            breaker.record(Err(SendErrorKind::Unavailable), at(0));
        }
        breaker.record(Err(SendErrorKind::Rejected), at(0));
        for _ in 0..FAILURES - 1 {
            breaker.record(Err(SendErrorKind::Ambiguous), at(0));
            assert_eq!(breaker.admit(at(0)), Admission::All);
        }
        breaker.record(Err(SendErrorKind::Unavailable), at(0));
        assert_eq!(breaker.admit(at(0)), Admission::NotBefore(at(1)));
        breaker.record(Err(SendErrorKind::Unavailable), at(0));
        assert_eq!(breaker.admit(at(1)), Admission::Probe, "late failures do not prolong");
        breaker.record(Err(SendErrorKind::Unavailable), at(1));
        assert_eq!(breaker.admit(at(1)), Admission::NotBefore(at(3)));
        for _ in 0..20 {
            breaker.record(Err(SendErrorKind::Unavailable), at(10_000));
        }
        breaker.record(Ok(()), at(10_001));
        assert_eq!(breaker.admit(at(10_001)), Admission::All);
    }

    #[test]
    fn the_wait_has_an_end() {
        let mut breaker = Breaker::default();
        let mut now = at(0);
        for _ in 0..100 {
            breaker.record(Err(SendErrorKind::Unavailable), now);
            if let Admission::NotBefore(until) = breaker.admit(now) {
                assert!(until.duration_since(now) <= LONGEST_WAIT);
                now = until;
            }
        }
        assert!(breaker.is_open());
    }

    #[test]
    fn a_spike_is_many_of_the_last_and_not_a_few_of_a_few() {
        let gone = Err(SendErrorKind::Unreachable(Permanence::Permanent));
        let mut watch = SpikeWatch::default();
        let alarms = (0..WINDOW).filter(|_| watch.record(gone)).count();
        assert_eq!(alarms, 1, "only a full window can be a spike");
        assert!(watch.record(gone), "calls under way belong to it");
        assert!(!watch.record(Ok(())), "what arrives is believed");
        assert!((0..WINDOW - SPIKE).all(|_| !watch.record(Ok(()))) && !watch.record(gone), "it is over");
        watch.reset();
        let mixed = (0..1000).any(|n| watch.record(if n % 2 == 0 { gone } else { Ok(()) }));
        assert!(!mixed);
    }
}
