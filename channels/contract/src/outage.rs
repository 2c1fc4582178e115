//! How often it is worth telling that something is away.

use std::time::Duration;

use tokio::time::Instant;

/// How often it is told that it is still away.
const EVERY: Duration = Duration::from_mins(1);

/// How long something is away, and when that was told last: once when it goes, at most once a minute
/// that it is still away, and once when it is back.
#[derive(Debug, Default)]
pub struct Outage(Option<Told>);

#[derive(Debug)]
struct Told {
    since: Instant,
    last: Instant,
}

impl Outage {
    /// It is there.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether it is away.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A try came to nothing. Gives for how long it has been away, zero the first time, if that is to
    /// be told now.
    pub fn failed(&mut self, now: Instant) -> Option<Duration> {
        let Some(told) = &mut self.0 else {
            self.0 = Some(Told { since: now, last: now });
            return Some(Duration::ZERO);
        };
        if now.duration_since(told.last) < EVERY {
            return None;
        }
        told.last = now;
        Some(now.duration_since(told.since))
    }

    /// It answered, or nobody asks any more. Gives for how long it was away, if it was.
    pub fn over(&mut self, now: Instant) -> Option<Duration> {
        self.0.take().map(|told| now.duration_since(told.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_that_it_goes_each_minute_how_long_and_once_that_it_is_back() {
        let mut outage = Outage::new();
        let (began, seconds) = (Instant::now(), Duration::from_secs);
        assert_eq!(outage.over(began), None, "it was never away");
        let tries = [0, 1, 59, 60, 61, 119, 180].map(|at| outage.failed(began + seconds(at)));
        let told = [Some(0), None, None, Some(60), None, None, Some(180)].map(|told| told.map(seconds));
        assert_eq!(tries, told);
        assert!(outage.is_on());
        assert_eq!(outage.over(began + seconds(190)), Some(seconds(190)));
        assert_eq!((outage.is_on(), outage.over(began + seconds(191))), (false, None));
        assert_eq!(outage.failed(began + seconds(200)), Some(Duration::ZERO), "it goes again");
    }
}
