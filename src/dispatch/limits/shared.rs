//! A limit that processes share: the script in Redis that takes for a whole batch at once.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;

use super::buckets::{Answer, Asked, Limit, Shares};
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
    /// The limits, as the script takes them.
    limits: [u64; 3],
}

impl Shared {
    /// Of the route of this name, such as `sms/main`.
    pub fn new(link: Link, name: String, route: Limit, each: Limit) -> Self {
        let ((interval, burst), (between, _)) = (in_micros(route), in_micros(each));
        Self {
            link,
            script: Script::new(include_str!("take.lua")),
            name,
            turns: between > 0,
            limits: [interval, burst, between],
        }
    }

    /// Lets those pass whose turn it is, in one round trip; `None` while Redis is away.
    pub async fn take(&self, asked: &[Asked]) -> Option<Answer> {
        let turns = asked.iter().filter(|_| self.turns).map(|one| self.turn_of(one.citizen));
        let keys: Vec<_> = std::iter::once(self.bucket()).chain(turns).collect();
        let rooms = asked.iter().map(|one| u64::try_from(one.room).unwrap_or(u64::MAX));
        let arguments: Vec<_> = self.limits.into_iter().chain(rooms).collect();
        answer(&self.link.run(&self.script, &keys, &arguments).await?)
    }

    /// Lets one pass whose citizen has had the turn already, or says how long the route has none to give;
    /// `None` while Redis is away.
    pub async fn take_one(&self) -> Option<Result<(), Duration>> {
        let [interval, burst, _] = self.limits;
        if interval == 0 {
            return Some(Ok(()));
        }
        let micros = self.link.run(&self.script, &[self.bucket()], &[interval, burst, 0, 1]).await?;
        Some(answer(&micros)?.wait.map_or(Ok(()), Err))
    }

    fn bucket(&self) -> String {
        format!("limit:{}", self.name)
    }

    /// The name of a citizen's turn: half of the keyed hash is enough to tell citizens apart.
    fn turn_of(&self, citizen: CitizenKey) -> String {
        format!("turn:{}:{}", self.name, BASE64URL_NOPAD.encode(&citizen.0[..16]))
    }
}

/// The interval and the burst of what is limited.
fn in_micros(limit: Limit) -> (u64, u64) {
    match limit {
        Limit::Paced { interval, burst } => {
            (u64::try_from(interval.as_micros()).unwrap_or(u64::MAX), burst.into())
        }
        Limit::Free | Limit::Shut => (0, 0),
    }
}

/// What the script gives; `None` where that is no answer of it.
fn answer(micros: &[i64]) -> Option<Answer> {
    let wait = |micros: &i64| match u64::try_from(*micros) {
        Ok(0) => None,
        Ok(micros) => Some(Duration::from_micros(micros)),
        // What does not make sense lets nobody pass.
        Err(_) => Some(Duration::from_secs(1)),
    };
    let (route, turns) = micros.split_first()?;
    Some(Answer { turns: turns.iter().map(wait).collect(), wait: wait(route) })
}
