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
    /// One at an interval.
    Paced {
        /// From one to the next.
        interval: Duration,
    },
    /// Nothing passes.
    Shut,
}

/// How long after its moment a message may reach the wire, at the latest. A limit of a second is kept in a
/// span longer by this, so that it holds at the wire too, however the ways of messages differ.
pub const ON_THE_WAY: Duration = Duration::from_millis(100);

/// No moment is given away further ahead. Who has lost what was given away waits for so long.
pub const MOST_AHEAD: Duration = Duration::from_secs(2);

/// Where nothing passes, it is looked again after this long.
const SHUT_FOR: Duration = Duration::from_millis(100);

/// How far ahead moments are taken where it takes so long from asking until a message is ready for the
/// wire: far enough that those of the next batch begin before those of this one are over.
#[must_use]
pub fn ahead(way: Duration) -> Duration {
    (way.saturating_mul(3) + ON_THE_WAY / 2).min(MOST_AHEAD)
}

impl Limit {
    /// At most so many in every second at the wire, which they reach within [`ON_THE_WAY`].
    #[must_use]
    pub fn per_second(most: NonZeroU32) -> Self {
        Self::paced(most, Duration::from_secs(1) + ON_THE_WAY)
    }

    /// At most so many in every minute.
    #[must_use]
    pub fn per_minute(most: NonZeroU32) -> Self {
        Self::paced(most, Duration::from_mins(1))
    }

    fn paced(most: NonZeroU32, span: Duration) -> Self {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX).div_ceil(most.get().into());
        Self::Paced { interval: Duration::from_micros(micros) }
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

/// What became of one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It passes, and may be on the wire after this long.
    In(Duration),
    /// Its citizen has no turn for so long.
    NoTurn(Duration),
}

/// What became of those who asked, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// For each one looked at; whoever stands behind these was not.
    pub verdicts: Vec<Verdict>,
    /// How long the route has nothing more to give, where that is why the rest was not looked at.
    pub wait: Option<Duration>,
}

/// A route's bucket and its citizens' turns.
#[derive(Debug)]
pub struct Buckets {
    route: Limit,
    /// The first moment that is not given away yet (the "theoretical arrival time" of GCRA).
    next_at: Duration,
    each: Limit,
    /// Until when a citizen who is not on record may have no turn.
    unknown_until: Duration,
    next_turn: HashMap<CitizenKey, Duration>,
}

impl Buckets {
    /// Buckets of which nothing was taken before.
    #[must_use]
    pub fn full(route: Limit, each: Limit) -> Self {
        let next_turn = HashMap::new();
        Self { route, next_at: Duration::ZERO, each, unknown_until: Duration::ZERO, next_turn }
    }

    /// Buckets of which all may have been taken that can be given away at `now`.
    #[must_use]
    pub fn empty(route: Limit, each: Limit, now: Duration) -> Self {
        let after = |limit| match limit {
            Limit::Paced { interval } => now + MOST_AHEAD + interval,
            Limit::Free | Limit::Shut => now,
        };
        Self { next_at: after(route), unknown_until: after(each), ..Self::full(route, each) }
    }

    /// Lets those pass whose turn it is, as far as the route gives within the time `ahead`.
    pub fn take(&mut self, asked: &[Asked], now: Duration, ahead: Duration) -> Answer {
        let (mut answer, mut passed) = (Answer::default(), 0);
        for one in asked {
            if passed >= one.room {
                break;
            }
            let moment = match self.route_gives(now, ahead) {
                Ok(moment) => moment,
                Err(wait) => {
                    answer.wait = Some(wait);
                    break;
                }
            };
            answer.verdicts.push(match self.turn_of(one.citizen, now, moment) {
                None => {
                    self.pay(moment);
                    passed += 1;
                    Verdict::In(moment.saturating_sub(now))
                }
                Some(wait) => Verdict::NoTurn(wait),
            });
        }
        answer
    }

    /// Lets one pass whose citizen has had the turn already: after how long it may be on the wire. Or says
    /// how long the route has none to give.
    pub fn take_one(&mut self, now: Duration, ahead: Duration) -> Result<Duration, Duration> {
        let moment = self.route_gives(now, ahead)?;
        self.pay(moment);
        Ok(moment.saturating_sub(now))
    }

    /// The next moment that the route has to give, or how long it has none.
    fn route_gives(&self, now: Duration, ahead: Duration) -> Result<Duration, Duration> {
        match self.route {
            Limit::Free => Ok(now),
            Limit::Shut => Err(SHUT_FOR),
            Limit::Paced { .. } => {
                let (moment, last) = (self.next_at.max(now), now + ahead.min(MOST_AHEAD));
                if moment <= last { Ok(moment) } else { Err(moment.saturating_sub(last)) }
            }
        }
    }

    fn pay(&mut self, moment: Duration) {
        if let Limit::Paced { interval } = self.route {
            self.next_at = moment + interval;
        }
    }

    /// Takes this citizen's turn for a moment, or says how long it is until there is one.
    fn turn_of(&mut self, citizen: CitizenKey, now: Duration, moment: Duration) -> Option<Duration> {
        let interval = match self.each {
            Limit::Free => return None,
            Limit::Shut => return Some(SHUT_FOR),
            Limit::Paced { interval } => interval,
        };
        let wait = self.next_turn.get(&citizen).unwrap_or(&self.unknown_until).saturating_sub(now);
        if wait.is_zero() {
            self.next_turn.insert(citizen, moment + interval);
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
