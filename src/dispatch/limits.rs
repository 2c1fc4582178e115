//! A route's limits within the process: messages per second, and per citizen.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, QuantaClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::domain::CitizenKey;

/// The limits of one route. Without a limit everything passes.
pub struct Limits {
    all: Option<DefaultDirectRateLimiter>,
    each: Option<DefaultKeyedRateLimiter<CitizenKey>>,
    clock: QuantaClock,
}

impl Limits {
    /// Limits of so many messages a second in all, and a minute to one citizen. Messages are
    /// spread: no more than a tenth of a second's worth passes at once.
    #[must_use]
    pub fn new(per_second: Option<NonZeroU32>, per_citizen_per_minute: Option<NonZeroU32>) -> Self {
        let all = per_second.map(|rate| {
            let burst = NonZeroU32::new(rate.get() / 10).unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct(Quota::per_second(rate).allow_burst(burst))
        });
        let each = per_citizen_per_minute
            .map(|rate| RateLimiter::keyed(Quota::per_minute(rate).allow_burst(NonZeroU32::MIN)));
        Self { all, each, clock: QuantaClock::default() }
    }

    /// Waits until one message may pass.
    pub async fn ready(&self) {
        if let Some(limiter) = &self.all {
            limiter.until_ready().await;
        }
    }

    /// Takes out of the waiting those whose turn it is, at most `most`; one token of the route has been
    /// taken already. The others stay. Says too after which wait, of at most `longest`, somebody's turn
    /// may come who had none.
    pub fn pass<T>(
        &self,
        waiting: &mut VecDeque<T>,
        citizen: impl Fn(&T) -> CitizenKey,
        most: usize,
        longest: Duration,
    ) -> (Vec<T>, Duration) {
        let (mut passing, mut shortest) = (Vec::new(), longest);
        for _ in 0..waiting.len() {
            let more = passing.is_empty() || (passing.len() < most && self.take());
            if !more {
                break;
            }
            let Some(one) = waiting.pop_front() else { break };
            match self.turn_of(citizen(&one)) {
                Ok(()) => passing.push(one),
                Err(wait) => {
                    shortest = shortest.min(wait);
                    waiting.push_back(one);
                }
            }
        }
        (passing, shortest)
    }

    /// Whether one more message may pass now.
    #[must_use]
    fn take(&self) -> bool {
        self.all.as_ref().is_none_or(|limiter| limiter.check().is_ok())
    }

    /// Takes this citizen's turn, or says how long it is until there is one.
    fn turn_of(&self, citizen: CitizenKey) -> Result<(), Duration> {
        let Some(limiter) = &self.each else { return Ok(()) };
        limiter.check_key(&citizen).map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }

    /// Forgets citizens whose turn has come again.
    pub fn forget_old(&self) {
        if let Some(limiter) = &self.each {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_for_all_and_for_each() {
        let limits = Limits::new(NonZeroU32::new(50), NonZeroU32::new(60));
        assert_eq!((0..100).filter(|_| limits.take()).count(), 5);
        let (one, other) = (CitizenKey([1; 32]), CitizenKey([2; 32]));
        assert!(limits.turn_of(one).is_ok());
        assert!(limits.turn_of(one).unwrap_err() <= Duration::from_secs(1));
        assert!(limits.turn_of(other).is_ok());
        limits.forget_old();
        assert!(limits.turn_of(one).is_err(), "who just had a turn is not forgotten");
        let free = Limits::new(None, None);
        assert!((0..10_000).all(|_| free.take() && free.turn_of(one).is_ok()));
    }

    #[test]
    fn who_may_not_pass_yet_stays_and_nobody_is_lost() {
        let citizen = |number: &u8| CitizenKey([*number; 32]);
        for limits in [Limits::new(NonZeroU32::new(30), None), Limits::new(None, NonZeroU32::new(60))] {
            let everybody: Vec<u8> = [1, 1, 2, 3, 4, 4, 5, 6].into();
            let mut waiting = VecDeque::from(everybody.clone());
            let (passing, wait) = limits.pass(&mut waiting, citizen, 4, Duration::from_secs(9));
            assert!((1..=4).contains(&passing.len()) && wait <= Duration::from_secs(9), "{passing:?}");
            let mut all: Vec<_> = passing.into_iter().chain(waiting).collect();
            all.sort_unstable();
            assert_eq!(all, everybody);
        }
    }
}
