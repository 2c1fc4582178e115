//! The arithmetic of limits: GCRA, the token bucket that is one moment in time. Pure: a moment is how
//! long ago a beginning was. Redis does the same arithmetic for all processes, in `take.lua`.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::CitizenKey;

/// A limit: so many in any span of time that begins anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limit {
    /// Everything passes.
    #[default]
    Free,
    /// One at an interval, after so many at once.
    Paced {
        /// From one to the next.
        interval: Duration,
        /// How many pass at once after a rest.
        burst: u32,
    },
    /// Nothing passes.
    Shut,
}

/// How long after a message was let pass it may reach the wire, at the latest. A limit of a second is kept
/// in a span longer by this, so that it holds at the wire too, however the ways of messages differ.
pub const ON_THE_WAY: Duration = Duration::from_millis(100);

/// Where nothing passes, it is looked again after this long.
const SHUT_FOR: Duration = Duration::from_millis(100);

impl Limit {
    /// At most so many in every second at the wire, which they reach within [`ON_THE_WAY`]: a twentieth of
    /// them at once, and the others spread, so that both together are no more.
    #[must_use]
    pub fn per_second(most: NonZeroU32) -> Self {
        Self::paced(most, (most.get() / 20).max(1), Duration::from_secs(1) + ON_THE_WAY)
    }

    /// At most so many in every minute, spread evenly.
    #[must_use]
    pub fn per_minute(most: NonZeroU32) -> Self {
        Self::paced(most, 1, Duration::from_mins(1))
    }

    fn paced(most: NonZeroU32, burst: u32, span: Duration) -> Self {
        let spread = u64::from(most.get() - burst + 1);
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX).div_ceil(spread);
        Self::Paced { interval: Duration::from_micros(micros), burst }
    }
}

/// How a limit is shared out among processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// The most processes there may be.
    pub replicas: NonZeroU32,
    /// How much of a limit they do not share, in hundredths: of it each has a part of its own, on which
    /// it lives while it is cut off from the others.
    pub reserve_percent: u8,
}

impl Shares {
    /// What of a limit all processes take together, and what each may take on its own besides. A reserve
    /// has at least one for each process; where that would be more than half of the limit there is none.
    #[must_use]
    pub fn of(self, most: NonZeroU32) -> (NonZeroU32, Option<NonZeroU32>) {
        let (all, replicas) = (u64::from(most.get()), u64::from(self.replicas.get()));
        let share = (all * u64::from(self.reserve_percent) / 100 / replicas).max(1);
        let rest = all.saturating_sub(share * replicas);
        let nonzero = |number: u64| u32::try_from(number).ok().and_then(NonZeroU32::new);
        match (nonzero(rest), nonzero(share)) {
            (Some(shared), Some(share)) if rest * 2 >= all => (shared, Some(share)),
            _ => (most, None),
        }
    }
}

/// One that waits to be let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// To whom it goes.
    pub citizen: CitizenKey,
    /// How many may pass for it to be among them.
    pub room: usize,
}

/// What became of those who asked, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// For each one looked at: nothing where it passes, or how long its citizen has no turn. Whoever
    /// stands behind these was not looked at.
    pub turns: Vec<Option<Duration>>,
    /// How long the route has nothing more to give, where that is why the rest was not looked at.
    pub wait: Option<Duration>,
}

/// A route's bucket and its citizens' turns.
#[derive(Debug)]
pub struct Buckets {
    route: Limit,
    /// When the route's bucket is full again (its "theoretical arrival time").
    full_at: Duration,
    each: Limit,
    /// When a citizen who is not on record may have had a turn at the latest.
    unknown_since: Option<Duration>,
    next_turn: HashMap<CitizenKey, Duration>,
}

impl Buckets {
    /// Buckets of which nothing was taken before.
    #[must_use]
    pub fn full(route: Limit, each: Limit) -> Self {
        let next_turn = HashMap::new();
        Self { route, full_at: Duration::ZERO, each, unknown_since: None, next_turn }
    }

    /// Buckets of which all may have been taken just before `now`.
    #[must_use]
    pub fn empty(route: Limit, each: Limit, now: Duration) -> Self {
        let full_at = match route {
            Limit::Paced { interval, burst } => now + interval.saturating_mul(burst),
            Limit::Free | Limit::Shut => now,
        };
        Self { full_at, unknown_since: Some(now), ..Self::full(route, each) }
    }

    /// Lets those pass whose turn it is, as far as the route gives.
    pub fn take(&mut self, asked: &[Asked], now: Duration) -> Answer {
        let (mut answer, mut passed) = (Answer::default(), 0);
        for one in asked {
            if passed >= one.room {
                break;
            }
            if let Err(wait) = self.route_gives(now) {
                answer.wait = Some(wait);
                break;
            }
            let turn = self.turn_of(one.citizen, now);
            if turn.is_none() {
                self.pay(now);
                passed += 1;
            }
            answer.turns.push(turn);
        }
        answer
    }

    /// Lets one pass whose citizen has had the turn already; or says how long the route has none to give.
    pub fn take_one(&mut self, now: Duration) -> Result<(), Duration> {
        self.route_gives(now).inspect(|()| self.pay(now))
    }

    /// Whether the route has one to give, or how long it has none.
    fn route_gives(&self, now: Duration) -> Result<(), Duration> {
        let wait = match self.route {
            Limit::Free => Duration::ZERO,
            Limit::Shut => SHUT_FOR,
            Limit::Paced { interval, burst } => {
                (self.full_at.max(now) + interval).saturating_sub(now + interval.saturating_mul(burst))
            }
        };
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    fn pay(&mut self, now: Duration) {
        if let Limit::Paced { interval, .. } = self.route {
            self.full_at = self.full_at.max(now) + interval;
        }
    }

    /// Takes this citizen's turn, or says how long it is until there is one.
    fn turn_of(&mut self, citizen: CitizenKey, now: Duration) -> Option<Duration> {
        let interval = match self.each {
            Limit::Free => return None,
            Limit::Shut => return Some(SHUT_FOR),
            Limit::Paced { interval, .. } => interval,
        };
        let unknown = self.unknown_since.map_or(Duration::ZERO, |since| since + interval);
        let wait = self.next_turn.get(&citizen).unwrap_or(&unknown).saturating_sub(now);
        if wait.is_zero() {
            self.next_turn.insert(citizen, now + interval);
            return None;
        }
        Some(wait)
    }

    /// Forgets citizens whose turn has come again.
    pub fn forget_old(&mut self, now: Duration) {
        self.next_turn.retain(|_, next| *next > now);
    }
}

#[cfg(test)]
mod tests;
