//! How long to wait before a connection is opened again.

use std::time::Duration;

/// Waits that double from the first to the greatest, each taken between half of itself and all, so
/// that many gateways do not come back at one moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
    wait: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, wait: first.min(max) }
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (wait * 2).min(self.max);
        wait.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// The connection stood for so long: if for longer than the wait before it, it was good, and
    /// waits begin anew. One that breaks at once each time is waited for ever longer.
    pub(crate) fn stood_for(&mut self, time: Duration) {
        if time > self.wait {
            self.wait = self.first.min(self.max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_begin_anew_after_a_good_connection() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, second * 5);
        for most in [1, 2, 4, 5, 5] {
            let wait = backoff.next();
            assert!(wait <= second * most && wait * 2 >= second * most, "{wait:?} of {most}");
        }
        backoff.stood_for(second);
        assert!(backoff.next() > second, "it broke at once");
        backoff.stood_for(second * 60);
        assert!(backoff.next() <= second);
    }
}
