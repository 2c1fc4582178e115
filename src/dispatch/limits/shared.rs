//! A limit that processes share: the script in Redis that takes for a whole batch at once.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use super::buckets::{Answer, Asked, Limit, MOST_AHEAD, Shares, Verdict};
use crate::domain::CitizenKey;
use crate::replicas::{Link, Script};

/// With whom limits are shared, and how.
#[derive(Debug, Clone)]
pub struct Sharing {
    /// The way to Redis.
    pub link: Link,
    /// What is shared, and what each process has for itself.
    pub shares: Shares,
}

/// A route's bucket and its citizens' turns, in Redis.
pub(super) struct Shared {
    link: Link,
    script: Script,
    name: String,
    /// Whether citizens have turns of their own.
    turns: bool,
    /// The intervals, as the script takes them.
    intervals: [u64; 2],
}

impl Shared {
    /// Of the route of this name, such as `sms/main`.
    pub fn new(link: Link, name: String, route: Limit, each: Limit) -> Self {
        let [interval, between] = [route, each].map(interval);
        Self {
            link,
            script: Script::new(include_str!("take.lua")),
            name,
            turns: between > 0,
            intervals: [interval, between],
        }
    }

    /// Lets those pass whose turn it is, in one round trip; `None` while Redis is away.
    pub async fn take(&self, asked: &[Asked], ahead: Duration) -> Option<Answer> {
        let turns = asked.iter().filter(|_| self.turns).map(|one| self.turn_of(one.citizen));
        let keys: Vec<_> = std::iter::once(self.bucket()).chain(turns).collect();
        let rooms = asked.iter().map(|one| u64::try_from(one.room).unwrap_or(u64::MAX));
        let settings = self.intervals.into_iter().chain([ahead, MOST_AHEAD].map(micros));
        let arguments: Vec<_> = settings.chain(rooms).collect();
        answer(&self.link.run(&self.script, &keys, &arguments).await?)
    }

    /// Lets one pass whose citizen has had the turn already: after how long it may be on the wire. Or says
    /// how long the route has none to give; `None` while Redis is away.
    pub async fn take_one(&self, ahead: Duration) -> Option<Result<Duration, Duration>> {
        let [interval, _] = self.intervals;
        let arguments = [interval, 0, micros(ahead), micros(MOST_AHEAD), 1];
        let answer = answer(&self.link.run(&self.script, &[self.bucket()], &arguments).await?)?;
        Some(match answer.verdicts.first() {
            Some(Verdict::In(after)) => Ok(*after),
            _ => Err(answer.wait.unwrap_or_default()),
        })
    }

    fn bucket(&self) -> String {
        format!("limit:{}", self.name)
    }

    /// The name of a citizen's turn: half of the keyed hash is enough to tell citizens apart.
    fn turn_of(&self, citizen: CitizenKey) -> String {
        format!("turn:{}:{}", self.name, BASE64URL_NOPAD.encode(&citizen.0[..16]))
    }
}

fn interval(limit: Limit) -> u64 {
    match limit {
        Limit::Paced { interval } => micros(interval),
        Limit::Free | Limit::Shut => 0,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// What the script gives; `None` where that is no answer of it.
fn answer(numbers: &[i64]) -> Option<Answer> {
    let (wait, verdicts) = numbers.split_first()?;
    let wait = u64::try_from(*wait).ok()?;
    Some(Answer {
        verdicts: verdicts.iter().copied().map(verdict).collect(),
        wait: (wait > 0).then(|| Duration::from_micros(wait)),
    })
}

fn verdict(number: i64) -> Verdict {
    match u64::try_from(number) {
        Ok(wait) => Verdict::NoTurn(Duration::from_micros(wait)),
        Err(_) => Verdict::In(Duration::from_micros(number.unsigned_abs() - 1)),
    }
}
