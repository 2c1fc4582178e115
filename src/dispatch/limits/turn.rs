//! Turns: when a message that a limit let pass may be on the wire.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::buckets::ON_THE_WAY;

/// The time of a message at the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    asked: Instant,
    from: Instant,
    until: Instant,
}

impl Turn {
    /// When it was asked for.
    #[must_use]
    pub fn asked(self) -> Instant {
        self.asked
    }

    /// From when on it may be on the wire.
    #[cfg(test)]
    pub(super) fn from(self) -> Instant {
        self.from
    }

    /// Waits for it; whether it is not over by then.
    pub async fn has_come(self) -> bool {
        sleep_until(self.from).await;
        Instant::now() <= self.until
    }
}

/// What is asked may be answered elsewhere, at some moment between the asking and the answer.
pub(super) struct Moment {
    asked: Instant,
    answered: Instant,
}

/// Who is answered late has at least so long all the same.
const AT_LEAST: Duration = Duration::from_millis(20);

impl Moment {
    pub fn asked() -> Self {
        let now = Instant::now();
        Self { asked: now, answered: now }
    }

    pub fn answered(self) -> Self {
        Self { answered: Instant::now(), ..self }
    }

    /// The turn so long after that moment: never before it, and over when it may be over.
    pub fn turn(&self, after: Duration) -> Turn {
        let from = self.answered + after;
        let until = (self.asked + after + ON_THE_WAY).max(from + AT_LEAST);
        Turn { asked: self.asked, from, until }
    }
}
