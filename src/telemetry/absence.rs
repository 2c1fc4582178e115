//! Tells that something the gateway works with is away: once when it goes, once a minute for how long,
//! and once when it is back, however many wait for it and however often they try.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

/// How often it is told that it is still away.
const EVERY: Duration = Duration::from_mins(1);

/// How it stands with something that may be away.
#[derive(Debug)]
pub struct Absence {
    what: &'static str,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    waiting: usize,
    /// Since when it is away, and when that was told last.
    away: Option<(Instant, Instant)>,
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
        Self { what, state: Mutex::new(State { waiting: 0, away: None }) }
    }

    /// A try came to nothing, for this reason, and will be made again.
    pub fn wait(&self, why: &str) -> Waiter<'_> {
        let told = self.state().begin(Instant::now());
        self.tell(told.as_ref(), why);
        Waiter(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: Option<&Told>, why: &str) {
        let what = self.what;
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
        if self.away.is_some() {
            return self.still(now);
        }
        self.away = Some((now, now));
        Some(Told::Away)
    }

    fn still(&mut self, now: Instant) -> Option<Told> {
        let (since, told) = self.away.as_mut()?;
        if now.duration_since(*told) < EVERY {
            return None;
        }
        *told = now;
        Some(Told::StillAway(now.duration_since(*since)))
    }

    fn answered(&mut self, now: Instant) -> Option<Told> {
        if self.waiting > 1 {
            return None;
        }
        self.away.take().map(|(since, _)| Told::Back(now.duration_since(since)))
    }

    fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.away = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_that_it_goes_each_minute_how_long_and_once_that_it_is_back() {
        let mut state = State { waiting: 0, away: None };
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
}
