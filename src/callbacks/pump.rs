//! The pump: reads a provider that pushes on its own connection or is polled, and acknowledges what
//! is on record.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;
use vestnik_contract::{ChannelId, EventBatch, EventSource, RouteId, SendError, SendErrorKind};

use super::take;
use crate::duties::Duty;
use crate::ledger::pace::Pace;
use crate::ledger::retry::insist;
use crate::ledger::{Ledger, Rules};
use crate::telemetry::Absence;

/// The first wait after a failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// No wait is longer, whatever a provider asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A provider refuses our credentials or settings where it should bring events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
}

/// Reads one route's events.
pub struct Pump {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The configuration in force.
    pub rules: Arc<Rules>,
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// What is read.
    pub source: Arc<dyn EventSource>,
    /// Where refusals are told, once for each time that the provider refuses. One that nobody takes
    /// in time is dropped: the next try tells it again.
    pub refusals: mpsc::Sender<Refusal>,
    /// How often to look whether this process may read, where one at a time may.
    pub look_every: Duration,
}

impl Pump {
    /// Reads until `stopping`; where the provider lets one process at a time read, whenever that is the
    /// duty of this one.
    pub async fn run(self, stopping: CancellationToken) {
        if !self.source.is_exclusive() {
            return self.read(&stopping).await;
        }
        let name = format!("events {}/{}", self.channel, self.route);
        let duty = Duty { ledger: self.ledger.clone(), name, look_every: self.look_every };
        duty.run(|| self.read(&stopping), || self.source.stand_by(), &stopping).await;
    }

    /// Reads until `stopping`. Failures are paced: each try after one waits twice as long as the one
    /// before, or as long as the provider asks.
    async fn read(&self, stopping: &CancellationToken) {
        let away = Absence::of(format!("the provider who brings events to {}/{}", self.channel, self.route));
        let (mut wait, mut pace) = (Wait::default(), Pace::default());
        while let Some(next) = stopping.run_until_cancelled(self.source.next()).await {
            match next {
                Ok(batch) => {
                    away.answered();
                    if self.keep(batch, &away, stopping).await {
                        wait = Wait::default();
                        pace.turn().await;
                    } else {
                        stopping.run_until_cancelled(tokio::time::sleep(wait.after(None))).await;
                    }
                }
                Err(error) => {
                    self.tell(&away, &error);
                    let wait = wait.after(error.wait());
                    stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
                }
            }
        }
    }

    /// Puts a batch on record, as often as it takes, and acknowledges it; `false` if that cannot be
    /// done. What was not acknowledged comes again.
    async fn keep(&self, batch: EventBatch, away: &Absence, stopping: &CancellationToken) -> bool {
        let Self { ledger, rules, channel, route, .. } = self;
        let kept = insist(stopping, || take(ledger, rules, channel, route, &batch.events)).await;
        if let Err(error) = kept {
            error!(%channel, error = &error as &dyn std::error::Error, "events are not on record and will come again");
            return false;
        }
        if let Err(error) = self.source.acknowledge(batch.token).await {
            self.tell(away, &error);
        }
        true
    }

    fn tell(&self, away: &Absence, error: &SendError) {
        away.failed(&error.to_string());
        if error.kind() == SendErrorKind::Misconfigured {
            let Self { channel, route, .. } = self;
            let refusal = Refusal { channel: channel.clone(), route: route.clone() };
            let _ = self.refusals.try_send(refusal);
        }
    }
}

/// How long to wait between tries.
struct Wait(Duration);

impl Default for Wait {
    fn default() -> Self {
        Self(FIRST_WAIT)
    }
}

impl Wait {
    /// The wait before the next try: what was asked for, but never less than our own.
    fn after(&mut self, asked: Option<Duration>) -> Duration {
        let own = self.0;
        self.0 = (own * 2).min(LONGEST_WAIT);
        asked.unwrap_or(own).clamp(own, LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_obey_the_provider() {
        let mut wait = Wait::default();
        let waits: Vec<_> = (0..12).map(|_| wait.after(None)).collect();
        assert_eq!(waits[..3], [200, 400, 800].map(Duration::from_millis));
        assert_eq!(waits[11], LONGEST_WAIT);
        let mut wait = Wait::default();
        assert_eq!(wait.after(Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(wait.after(Some(Duration::ZERO)), Duration::from_millis(400));
        assert_eq!(wait.after(Some(Duration::MAX)), LONGEST_WAIT);
    }
}
