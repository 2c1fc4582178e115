//! A route's limits: messages per second, and per citizen and minute. Alone a process keeps them by
//! itself. Several take what a limit allows from one bucket in Redis, all but a small reserve, of which
//! each has a share of its own: on that it lives while it is cut off. The two add up to the limit
//! whoever takes from which, so nothing has to be agreed on when Redis goes or comes.

mod buckets;
mod shared;
mod turn;

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use buckets::Verdict;
pub use buckets::{Answer, Asked, Buckets, Limit, Shares, ahead};
use shared::Shared;
pub use shared::Sharing;
use turn::Moment;
pub use turn::Turn;

use crate::domain::CitizenKey;

/// The limits of one route. Without a limit everything passes.
pub struct Limits {
    /// What this process may take by itself: all there is, or its share of the reserve.
    own: Buckets,
    shared: Option<Shared>,
    /// Until when citizens have no turn, where that is known: they need not be asked for again.
    held: HashMap<CitizenKey, Duration>,
    began: Instant,
    forgot: Duration,
}

/// How many are asked for at once at most.
const MOST: usize = 512;

/// How often those are forgotten whose turn has come again.
const FORGET_EVERY: Duration = Duration::from_secs(1);

impl Limits {
    /// Limits of so many messages a second in all, and a minute to one citizen, for this process alone.
    #[must_use]
    pub fn alone(per_second: Option<NonZeroU32>, per_citizen_per_minute: Option<NonZeroU32>) -> Self {
        let route = per_second.map(Limit::per_second).unwrap_or_default();
        let each = per_citizen_per_minute.map(Limit::per_minute).unwrap_or_default();
        Self::of(Buckets::full(route, each), None)
    }

    /// The same limits, for all processes together that use the route of this name, such as `sms/main`.
    #[must_use]
    pub fn shared(
        per_second: Option<NonZeroU32>,
        per_citizen_per_minute: Option<NonZeroU32>,
        Sharing { link, shares }: Sharing,
        name: String,
    ) -> Self {
        if per_second.is_none() && per_citizen_per_minute.is_none() {
            return Self::alone(None, None);
        }
        let (route, own_route) = parts(shares, per_second, Limit::per_second);
        let (each, own_each) = parts(shares, per_citizen_per_minute, Limit::per_minute);
        let own = Buckets::empty(own_route, own_each, Duration::ZERO);
        Self::of(own, Some(Shared::new(link, name, route, each)))
    }

    fn of(own: Buckets, shared: Option<Shared>) -> Self {
        let (held, began, forgot) = (HashMap::new(), Instant::now(), Duration::ZERO);
        Self { own, shared, held, began, forgot }
    }

    /// Takes out of the waiting, in their order, those whose turn it is within the time `ahead`, as long as
    /// there is `room`: how many may pass for one to be among them. The rest stays in its order. Where a
    /// limit held somebody back, says too how long it is until it may let somebody pass.
    pub async fn pass<T>(
        &mut self,
        waiting: &mut VecDeque<T>,
        citizen: impl Fn(&T) -> CitizenKey,
        room: impl Fn(&T) -> usize,
        ahead: Duration,
    ) -> (Vec<(T, Turn)>, Option<Duration>) {
        let now = self.began.elapsed();
        self.forget_old(now);
        let mut held_for = None;
        let (mut places, mut asked) = (Vec::new(), Vec::new());
        for (place, one) in waiting.iter().enumerate() {
            let citizen = citizen(one);
            match self.held.get(&citizen) {
                Some(until) if *until > now => held_for = sooner(held_for, Some(until.saturating_sub(now))),
                _ if asked.len() < MOST => {
                    places.push(place);
                    asked.push(Asked { citizen, room: room(one) });
                }
                _ => break,
            }
        }
        let moment_of = Moment::asked();
        let Answer { verdicts, wait } = self.take(&asked, ahead).await;
        let moment_of = moment_of.answered();
        let now = self.began.elapsed();
        let mut turns = vec![None; waiting.len()];
        for ((place, one), verdict) in places.into_iter().zip(&asked).zip(verdicts) {
            match verdict {
                Verdict::In(after) => turns[place] = Some(moment_of.turn(after)),
                Verdict::NoTurn(wait) => {
                    held_for = sooner(held_for, Some(wait));
                    self.held.insert(one.citizen, now + wait);
                }
            }
        }
        (take_out(waiting, turns), sooner(wait, held_for))
    }

    /// Lets one pass that was let pass before, and did not reach the wire in time; or says how long it is
    /// until it may. Its citizen has had the turn.
    pub async fn pass_again(&mut self, ahead: Duration) -> Result<Turn, Duration> {
        let moment_of = Moment::asked();
        let shared = match &self.shared {
            Some(shared) => shared.take_one(ahead).await,
            None => None,
        };
        let after = shared.unwrap_or_else(|| self.own.take_one(self.began.elapsed(), ahead));
        after.map(|after| moment_of.answered().turn(after))
    }

    async fn take(&mut self, asked: &[Asked], ahead: Duration) -> Answer {
        if asked.first().is_none_or(|first| first.room == 0) {
            return Answer::default();
        }
        if let Some(shared) = &self.shared
            && let Some(answer) = shared.take(asked, ahead).await
        {
            return answer;
        }
        self.own.take(asked, self.began.elapsed(), ahead)
    }

    fn forget_old(&mut self, now: Duration) {
        if now.saturating_sub(self.forgot) >= FORGET_EVERY {
            self.forgot = now;
            self.held.retain(|_, until| *until > now);
            self.own.forget_old(now);
        }
    }
}

/// What of a limit all processes take together, and what this one may take by itself.
fn parts(shares: Shares, most: Option<NonZeroU32>, limit: fn(NonZeroU32) -> Limit) -> (Limit, Limit) {
    let Some(most) = most else { return (Limit::Free, Limit::Free) };
    let (together, alone) = shares.of(most);
    (limit(together), alone.map_or(Limit::Shut, limit))
}

fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// Takes out of the waiting those that have a turn, and leaves the rest in its order.
fn take_out<T>(waiting: &mut VecDeque<T>, turns: Vec<Option<Turn>>) -> Vec<(T, Turn)> {
    let mut passing = Vec::new();
    let mut stay = VecDeque::with_capacity(waiting.len());
    for (one, turn) in waiting.drain(..).zip(turns) {
        match turn {
            Some(turn) => passing.push((one, turn)),
            None => stay.push_back(one),
        }
    }
    *waiting = stay;
    passing
}

#[cfg(test)]
mod tests;
