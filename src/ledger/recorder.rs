//! The recorder: outcomes from all lanes and receipts from all providers, put on record together in
//! batches.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::error;
use vestnik_contract::{ChannelId, Receipt, RouteId};

use super::pace::Pace;
use super::receive::Told;
use super::retry::{by_halves, insist, soon};
use super::rules::Rules;
use super::{Finished, Ledger, LedgerError};

/// Outcomes in one commit at most, and as many times that providers told something.
const BATCH: usize = 500;

/// Receipts, and whoever waits for their commit.
type Brought = (Told, oneshot::Sender<()>);

/// Receipts that wait for the recorder.
#[derive(Default)]
pub(super) struct Waiting {
    /// `None` while no recorder takes them.
    told: Mutex<Option<Vec<Brought>>>,
    bell: Notify,
}

impl Waiting {
    /// Brings receipts, unless nobody takes them. What comes of it says whether they were committed.
    fn bring(&self, told: Told) -> Option<oneshot::Receiver<()>> {
        let (sender, committed) = oneshot::channel();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.push((told, sender));
        self.bell.notify_one();
        Some(committed)
    }

    fn take(&self) -> Vec<Brought> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(told) = told.as_mut() else { return Vec::new() };
        let rest = told.split_off(told.len().min(BATCH));
        if !rest.is_empty() {
            self.bell.notify_one();
        }
        std::mem::replace(told, rest)
    }

    /// Whether receipts are taken from here on. Who waits when they are not any more sees to it alone.
    fn open(&self, open: bool) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = open.then(Vec::new);
    }
}

impl Ledger {
    /// Takes receipts of one route, as [`receive`](Self::receive) does; where a [recorder](run) is at
    /// work, together with what else it has to put on record.
    pub async fn told(
        &self,
        channel: &ChannelId,
        route: &RouteId,
        receipts: &[Receipt],
        rules: &Rules,
    ) -> Result<(), LedgerError> {
        let told = Told { channel: channel.clone(), route: route.clone(), receipts: receipts.to_vec() };
        if let Some(committed) = self.waiting.bring(told)
            && committed.await.is_ok()
        {
            return Ok(());
        }
        soon(|| self.receive(channel, route, receipts, rules)).await.map(drop)
    }
}

/// Puts on record what lanes and providers say until every lane is gone. While the ledger is away,
/// outcomes are kept and tried again: the process must be cut to lose one, and then its attempt is
/// ambiguous. A provider is not kept waiting for that long.
pub async fn run(mut outcomes: mpsc::Receiver<Finished>, ledger: Arc<Ledger>, rules: Arc<Rules>) {
    let mut pace = Pace::default();
    ledger.waiting.open(true);
    loop {
        let mut finished = Vec::new();
        let gone = tokio::select! {
            count = outcomes.recv_many(&mut finished, BATCH) => count == 0,
            () = ledger.waiting.bell.notified() => false,
        };
        pace.turn().await;
        while finished.len() < BATCH
            && let Ok(one) = outcomes.try_recv()
        {
            finished.push(one);
        }
        record(&finished, &ledger, &rules).await;
        if gone {
            break;
        }
    }
    ledger.waiting.open(false);
}

async fn record(finished: &[Finished], ledger: &Ledger, rules: &Rules) {
    let (told, waiting): (Vec<_>, Vec<_>) = ledger.waiting.take().into_iter().unzip();
    if finished.is_empty() && told.is_empty() {
        return;
    }
    if soon(|| ledger.record(finished, &told, rules)).await.is_ok() {
        for committed in waiting {
            // Whoever waited may have gone away.
            let _ = committed.send(());
        }
        return;
    }
    drop(waiting);
    ledger.waiting.open(false);
    finish(finished, ledger, rules).await;
    ledger.waiting.open(true);
}

async fn finish(batch: &[Finished], ledger: &Ledger, rules: &Rules) {
    // Kept until the process is cut: a stop waits for outcomes as it waits for calls.
    let never = CancellationToken::new();
    let parts = by_halves(batch, |part| insist(&never, move || ledger.finish(part, rules))).await;
    for (part, outcome) in parts {
        if let (Some(one), Err(error)) = (part.first(), outcome) {
            let error = &error as &dyn std::error::Error;
            error!(notice = %one.notice, error, "an outcome cannot be put on record: its attempt will be ambiguous");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;
    use vestnik_contract::{Accepted, ReceiptState};

    use super::*;
    use crate::domain::{FinalState, Reason};
    use crate::ledger::Outgoing;
    use crate::ledger::fixture::{World, receipt, route};

    fn sms() -> ChannelId {
        ChannelId::new("sms").unwrap()
    }

    /// The outcome of an attempt that the provider named so.
    fn taken(outgoing: &Outgoing, reference: &str) -> Finished {
        Finished {
            notice: outgoing.notice,
            citizen: outgoing.citizen,
            attempt: outgoing.attempt,
            channel: sms(),
            route: route(),
            recipient: outgoing.message.recipient.clone(),
            result: Ok(Accepted { references: vec![reference.into()] }),
        }
    }

    #[tokio::test]
    async fn outcomes_and_receipts_are_on_record_and_one_that_cannot_be_stands_in_nobodys_way() {
        let world = World::sqlite().await;
        for name in ["anna", "ivan"] {
            world.citizen(name, &["sms"]).await;
            world.publish(name, name).await;
        }
        let started = world.start("sms").await;
        // A notice that nobody can read any more.
        let mut tx = world.ledger.store().begin().await.unwrap();
        let mut row = tx.notices(&[started[1].notice]).await.unwrap().remove(0);
        row.notice = "broken".to_owned();
        tx.save_notices(&[row]).await.unwrap();
        tx.commit().await.unwrap();

        let (outcomes, outcomes_in) = mpsc::channel(8);
        let mut recorder = JoinSet::new();
        recorder.spawn(run(outcomes_in, world.ledger.clone(), world.rules.clone()));
        outcomes.send(taken(&started[1], "2")).await.unwrap();
        outcomes.send(taken(&started[0], "1")).await.unwrap();
        let said = [receipt("1", ReceiptState::Delivered)];
        let told = async || world.ledger.told(&sms(), &route(), &said, &world.rules).await;
        told().await.unwrap();
        drop(outcomes);
        recorder.join_next().await.unwrap().unwrap();
        world.pass(0).await;
        let delivered = Some((FinalState::Delivered, Reason::ReceiptDelivered));
        assert_eq!(world.ending("anna").await, delivered);
        told().await.unwrap();
        assert_eq!(world.story("anna").await, ["decided", "started", "sent", "delivered", "closed"]);
    }

    #[tokio::test]
    async fn who_waits_when_the_ledger_is_away_sees_to_it_alone() {
        let waiting = Waiting::default();
        let told = || Told { channel: sms(), route: route(), receipts: Vec::new() };
        assert!(waiting.bring(told()).is_none(), "nobody takes them");
        waiting.open(true);
        let committed = waiting.bring(told()).unwrap();
        waiting.open(false);
        assert!(committed.await.is_err());
        waiting.open(true);
        let committed = waiting.bring(told()).unwrap();
        for (_, sender) in waiting.take() {
            sender.send(()).unwrap();
        }
        assert!(committed.await.is_ok());
    }
}
