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

    /// Takes out of the waiting, in their order, those whose turn it is, as long as there is `room` for
    /// one after so many others. The rest stays in its order. Where a limit held somebody back, says
    /// too how long it is until it may let somebody pass.
    pub fn pass<T>(
        &self,
        waiting: &mut VecDeque<T>,
        citizen: impl Fn(&T) -> CitizenKey,
        room: impl Fn(&T, usize) -> bool,
    ) -> (Vec<T>, Option<Duration>) {
        let (mut passing, mut stay) = (Vec::new(), VecDeque::new());
        let (mut token, mut wait) = (false, None);
        let mut hold =
            |until: Duration| wait = Some(wait.map_or(until, |sooner: Duration| sooner.min(until)));
        while let Some(one) = waiting.pop_front_if(|one| room(one, passing.len())) {
            // A token that the route gave is kept for the next where a citizen has no turn yet.
            if !token && let Err(until) = self.take() {
                waiting.push_front(one);
                hold(until);
                break;
            }
            let turn = self.turn_of(citizen(&one));
            token = turn.is_err();
            match turn {
                Ok(()) => passing.push(one),
                Err(until) => {
                    hold(until);
                    stay.push_back(one);
                }
            }
        }
        stay.append(waiting);
        *waiting = stay;
        (passing, wait)
    }

    /// Takes a token of the route, or says how long it is until there is one.
    fn take(&self) -> Result<(), Duration> {
        let Some(limiter) = &self.all else { return Ok(()) };
        limiter.check().map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
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

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as it is asked for")]
    fn citizen(number: &u8) -> CitizenKey {
        CitizenKey([*number; 32])
    }

    fn at_most(most: usize) -> impl Fn(&u8, usize) -> bool {
        move |_, passed| passed < most
    }

    /// Invariant 6.
    #[test]
    fn limits_hold_for_all_and_for_each() {
        let limits = Limits::new(NonZeroU32::new(50), NonZeroU32::new(60));
        assert_eq!((0..100).filter(|_| limits.take().is_ok()).count(), 5);
        let (one, other) = (CitizenKey([1; 32]), CitizenKey([2; 32]));
        assert!(limits.turn_of(one).is_ok());
        assert!(limits.turn_of(one).unwrap_err() <= Duration::from_secs(1));
        assert!(limits.turn_of(other).is_ok());
        limits.forget_old();
        assert!(limits.turn_of(one).is_err(), "who just had a turn is not forgotten");
        let free = Limits::new(None, None);
        assert!((0..10_000).all(|_| free.take().is_ok() && free.turn_of(one).is_ok()));
    }

    #[test]
    fn without_limits_only_the_room_counts() {
        let mut waiting: VecDeque<u8> = [1, 1, 2, 3, 4].into();
        let limits = Limits::new(None, None);
        assert_eq!(limits.pass(&mut waiting, citizen, at_most(3)), (vec![1, 1, 2], None));
        assert_eq!(limits.pass(&mut waiting, citizen, at_most(0)), (vec![], None));
        assert_eq!(limits.pass(&mut waiting, citizen, |one, _| *one < 4), (vec![3], None));
        assert_eq!(waiting, [4]);
    }

    #[test]
    fn who_has_no_turn_yet_keeps_the_place_and_is_waited_for() {
        let limits = Limits::new(None, NonZeroU32::new(60));
        let mut waiting: VecDeque<u8> = [1, 1, 2, 1, 3, 4].into();
        let (passing, wait) = limits.pass(&mut waiting, citizen, at_most(3));
        assert_eq!((passing, &waiting), (vec![1, 2, 3], &[1, 1, 4].into()));
        assert!(wait.unwrap() <= Duration::from_secs(1));
    }

    #[test]
    fn a_route_without_tokens_is_waited_for_and_wastes_no_ones_turn() {
        let limits = Limits::new(NonZeroU32::new(20), NonZeroU32::new(1));
        let mut waiting: VecDeque<u8> = [1, 1, 2, 3].into();
        let (passing, wait) = limits.pass(&mut waiting, citizen, at_most(9));
        assert_eq!((passing, &waiting), (vec![1, 2], &[1, 3].into()));
        assert!(wait.unwrap() <= Duration::from_millis(100));
        assert!(limits.turn_of(citizen(&3)).is_ok());
    }
}
