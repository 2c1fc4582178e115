//! Where the time comes from: the only place that reads the system clock.
//!
//! Everything else is handed a [`Clock`], or a moment read from one, so that a test or a simulation
//! can say what time it is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ClockFn;

/// Tells the time. Clones tell the same time.
#[derive(Clone)]
pub struct Clock(ClockFn);

impl Clock {
    /// The system's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system clock")]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The same clock in the form that a channel crate takes.
    #[must_use]
    pub fn function(&self) -> ClockFn {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// A clock that stands still until it is told to move, for tests and simulations. Clones share
/// their hands.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that stands at this moment.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// The handle to pass to the code that asks for the time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock(Arc::new(move || hands.now()))
    }

    /// Where the clock stands.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.with_hands(|at| *at)
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, to: Timestamp) {
        self.with_hands(|at| *at = to);
    }

    /// Moves the clock by this much. At either end of the calendar it stays there.
    pub fn advance(&self, by: SignedDuration) {
        self.with_hands(|at| *at = at.saturating_add(by).unwrap_or(*at));
    }

    /// A timestamp is never left half written, so a panic elsewhere while the lock was held does
    /// no harm.
    fn with_hands<T>(&self, act: impl FnOnce(&mut Timestamp) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A clock that begins at a chosen moment, runs at the pace of real time, and leaps forward when told
/// to: for the demonstration, which shows days in seconds. Clones share their hands.
#[derive(Debug, Clone)]
pub struct LeapingClock {
    begun: Instant,
    /// The moment it began at, moved by every leap.
    origin: Arc<Mutex<Timestamp>>,
}

impl LeapingClock {
    /// A clock that shows this moment now.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self { begun: Instant::now(), origin: Arc::new(Mutex::new(at)) }
    }

    /// The handle to pass to the code that asks for the time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock(Arc::new(move || hands.now()))
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let origin = *self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        origin + SignedDuration::try_from(self.begun.elapsed()).unwrap_or(SignedDuration::MAX)
    }

    /// Moves the clock forward to this moment; it never goes back.
    pub fn leap_to(&self, to: Timestamp) {
        let ahead = to.duration_since(self.now());
        if ahead.is_positive() {
            let mut origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner);
            *origin = origin.saturating_add(ahead).unwrap_or(*origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-03-29T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let manual = ManualClock::new(noon());
        let clock = manual.clock();
        assert_eq!(clock.now(), noon());

        manual.advance(SignedDuration::from_mins(90));
        assert_eq!(clock.now(), "2026-03-29T13:30:00Z".parse().unwrap());
        assert_eq!(manual.now(), clock.now());

        manual.set(noon());
        assert_eq!(clock.now(), noon());
    }

    #[test]
    fn a_channel_sees_the_same_time() {
        let manual = ManualClock::new(noon());
        let function = manual.clock().function();
        manual.advance(SignedDuration::from_secs(1));
        assert_eq!(function(), manual.now());
    }

    #[test]
    fn a_manual_clock_stays_at_the_end_of_the_calendar() {
        let manual = ManualClock::new(Timestamp::MAX);
        manual.advance(SignedDuration::from_hours(1));
        assert_eq!(manual.now(), Timestamp::MAX);
    }

    #[test]
    fn a_leaping_clock_runs_on_and_leaps_forward_only() {
        let leaping = LeapingClock::new(noon());
        let clock = leaping.clock();
        let before = clock.now();
        assert!(before >= noon());
        leaping.leap_to(noon() - SignedDuration::from_hours(1));
        assert!(clock.now() >= before);
        leaping.leap_to(noon() + SignedDuration::from_hours(24));
        assert!(clock.now() >= noon() + SignedDuration::from_hours(24));
        assert!(clock.now() < noon() + SignedDuration::from_hours(25));
    }

    #[test]
    fn the_system_clock_does_not_go_back() {
        let clock = Clock::system();
        let before = clock.now();
        assert!(clock.now() >= before);
    }
}
