//! Tells that something the gateway works with is away: once when it goes, once a minute for how long,
//! and once when it is back, however many wait for it and however often they try.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};
use vestnik_contract::Outage;

/// How it stands with something that may be away.
#[derive(Debug)]
pub struct Absence {
    what: Cow<'static, str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    outage: Outage,
}

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Away,
    StillAway(Duration),
    Back(Duration),
}

/// Somebody who waits. Dropped without [`over`](Self::over), it has given up.
#[derive(Debug)]
pub struct Waiter<'a>(&'a Absence);

impl Absence {
    /// Nothing is away. `what` begins the sentence: "the ledger" is away.
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what: Cow::Borrowed(what), state: Mutex::new(State { waiting: 0, outage: Outage::new() }) }
    }

    /// The same for something whose name is known only now.
    #[must_use]
    pub fn of(what: String) -> Self {
        Self { what: Cow::Owned(what), state: Mutex::default() }
    }

    /// A try came to nothing, for this reason, and will be made again.
    pub fn wait(&self, why: &str) -> Waiter<'_> {
        let told = self.state().begin(Instant::now());
        self.tell(told.as_ref(), why);
        Waiter(self)
    }

    /// The same where only one asks: a try came to nothing, for this reason, and will be made again.
    pub fn failed(&self, why: &str) {
        let told = self.state().still(Instant::now());
        self.tell(told.as_ref(), why);
    }

    /// The only one who asks was answered.
    pub fn answered(&self) {
        let told = self.state().answered(Instant::now());
        self.tell(told.as_ref(), "");
    }

    /// Whether somebody waits for it now.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state().outage.is_on()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: Option<&Told>, why: &str) {
        let what = &self.what;
        match told {
            Some(Told::Away) => warn!(why, "{what} is away; it is tried again and again"),
            Some(Told::StillAway(so_long)) => warn!(why, seconds = so_long.as_secs(), "{what} is still away"),
            Some(Told::Back(after)) => info!(after_seconds = after.as_secs(), "{what} is back"),
            None => {}
        }
    }
}

impl Waiter<'_> {
    /// Another try came to nothing.
    pub fn still(&self, why: &str) {
        let told = self.0.state().still(Instant::now());
        self.0.tell(told.as_ref(), why);
    }

    /// It answered. Told once the last one who waited has been answered.
    pub fn over(self) {
        let told = self.0.state().answered(Instant::now());
        self.0.tell(told.as_ref(), "");
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.state().leave();
    }
}

impl State {
    fn begin(&mut self, now: Instant) -> Option<Told> {
        self.waiting += 1;
        self.still(now)
    }

    fn still(&mut self, now: Instant) -> Option<Told> {
        let was_away = self.outage.is_on();
        let so_long = self.outage.failed(now)?;
        Some(if was_away { Told::StillAway(so_long) } else { Told::Away })
    }

    fn answered(&mut self, now: Instant) -> Option<Told> {
        if self.waiting > 1 {
            return None;
        }
        self.outage.over(now).map(Told::Back)
    }

    fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.outage = Outage::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_that_it_goes_each_minute_how_long_and_once_that_it_is_back() {
        let mut state = State::default();
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(state.begin(at(0)), Some(Told::Away));
        assert_eq!((state.begin(at(1)), state.still(at(59))), (None, None));
        assert_eq!(state.still(at(60)), Some(Told::StillAway(Duration::from_mins(1))));
        assert_eq!(state.still(at(61)), None, "whoever of them tries");
        assert_eq!(state.answered(at(90)), None, "another one still waits");
        state.leave();
        assert_eq!(state.answered(at(91)), Some(Told::Back(Duration::from_secs(91))));
        state.leave();
        assert_eq!(state.begin(at(100)), Some(Told::Away));
        state.leave();
        assert_eq!(state.begin(at(101)), Some(Told::Away), "who gave up tells nothing");
    }

    #[test]
    fn it_is_away_as_long_as_somebody_waits() {
        let absence = Absence::new("something");
        assert!(!absence.is_on());
        let (first, second) = (absence.wait("of a test"), absence.wait("of a test"));
        first.over();
        assert!(absence.is_on());
        second.over();
        assert!(!absence.is_on());
        drop(absence.wait("of a test"));
        assert!(!absence.is_on(), "who waited has given up");
    }

    #[test]
    fn where_only_one_asks_nobody_has_to_be_counted() {
        let mut state = State::default();
        let began = Instant::now();
        assert_eq!(state.answered(began), None);
        assert_eq!((state.still(began), state.still(began)), (Some(Told::Away), None));
        assert_eq!(state.answered(began), Some(Told::Back(Duration::ZERO)));
    }
}
