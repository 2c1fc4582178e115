//! Jobs that only one process does at a time, under a fenced lease in the ledger.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;
use vestnik_contract::{Driver, Turn};

use crate::domain::{Mode, Offered, Standing};
use crate::ledger::retry::insist;
use crate::ledger::{DriftCount, Forgotten, GuardView, Horizons, Ledger, LedgerError, Rules};

/// A job that one process at a time does, and the others stand by to take over.
pub struct Duty {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// What the job is called in the ledger.
    pub name: String,
    /// How often to look whether the job is free.
    pub look_every: Duration,
}

/// For how long a job is held without a sign of life.
const HELD: Duration = Duration::from_secs(30);

impl Duty {
    /// Has the job done while this process holds it, until `stopping`, when `job` has to come to its end
    /// by itself. Calls `stand_by` while another process holds it. A process that cannot prolong its lease
    /// in time lets the job drop.
    pub async fn run<J: Future<Output = ()>>(
        self,
        mut job: impl FnMut() -> J,
        stand_by: impl Fn(),
        stopping: &CancellationToken,
    ) {
        let holder = Uuid::now_v7();
        while !stopping.is_cancelled() {
            if self.hold(holder).await {
                tokio::select! {
                    () = job() => {}
                    () = self.until_lost(holder) => {}
                }
            } else {
                stand_by();
                stopping.run_until_cancelled(tokio::time::sleep(self.look_every)).await;
            }
        }
        // One that cannot be let go is free when its lease is over.
        let _ = self.ledger.hold_duty(&self.name, holder, Duration::ZERO).await;
    }

    async fn hold(&self, holder: Uuid) -> bool {
        let held = self.ledger.hold_duty(&self.name, holder, HELD);
        matches!(tokio::time::timeout(HELD / 3, held).await, Ok(Ok(true)))
    }

    async fn until_lost(&self, holder: Uuid) {
        loop {
            tokio::time::sleep(HELD / 3).await;
            if !self.hold(holder).await {
                return;
            }
        }
    }
}

/// Has a driver do its work in turn with those of other processes: it is told that it is this process's turn
/// while this one has the duty. One that has it when `stopping` comes keeps it until the driver has ended, so
/// that the next finds nothing left open.
pub async fn take_turns(duty: Duty, driver: Driver, turn: Turn, stopping: &CancellationToken) {
    let (ended, stopping) = (CancellationToken::new(), stopping.child_token());
    let (name, waits) = (duty.name.clone(), AtomicBool::new(false));
    let hold = async || {
        info!(duty = name, "it is this process's turn");
        waits.store(false, Ordering::Relaxed);
        let _ours = Ours::begin(&turn);
        ended.cancelled().await;
    };
    let stand_by = || {
        if !waits.swap(true, Ordering::Relaxed) {
            info!(duty = name, "it is not this process's turn: standing by");
        }
    };
    let drive = async {
        driver.await;
        stopping.cancel();
        ended.cancel();
    };
    tokio::join!(drive, duty.run(hold, stand_by, &stopping));
}

/// It is this process's turn until this is dropped, with the job or before its end.
struct Ours<'a>(&'a Turn);

impl<'a> Ours<'a> {
    fn begin(turn: &'a Turn) -> Self {
        turn.send_replace(true);
        Self(turn)
    }
}

impl Drop for Ours<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

/// Rows of each kind in one transaction: few, so that nobody waits for it.
const BATCH: u32 = 500;

/// Between one batch and the next while there is more to forget.
const BETWEEN: Duration = Duration::from_millis(200);

/// Between looks when there was nothing more.
const EVERY: Duration = Duration::from_mins(5);

/// For how long the duty is held without a sign of life.
const LEASE: Duration = Duration::from_mins(15);

/// The duty of forgetting: until `stopping`, what is past its horizon goes in small batches.
pub async fn forget(ledger: Arc<Ledger>, horizons: Horizons, stopping: CancellationToken) {
    let holder = Uuid::now_v7();
    while !stopping.is_cancelled() {
        let batch = insist(&stopping, || ledger.forget(holder, LEASE, horizons, BATCH)).await;
        let wait = pace(&batch);
        match batch {
            Ok(forgotten) => count(forgotten.unwrap_or_default()),
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "what is past cannot be forgotten");
            }
        }
        stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
}

fn pace(batch: &Result<Option<Forgotten>, LedgerError>) -> Duration {
    let full = |(_, rows): (&str, u64)| rows >= u64::from(BATCH);
    let more = matches!(batch, Ok(Some(forgotten)) if forgotten.by_kind().into_iter().any(full));
    if more { BETWEEN } else { EVERY }
}

fn count(forgotten: Forgotten) {
    for (kind, rows) in forgotten.by_kind() {
        metrics::counter!("vestnik_forgotten_total", "kind" => kind).increment(rows);
    }
}

/// The duty of counting drift once a day, until `stopping`.
pub async fn count_drift(ledger: Arc<Ledger>, rules: Arc<Rules>, stopping: CancellationToken) {
    let duty = Duty { ledger: ledger.clone(), name: "drift".to_owned(), look_every: EVERY };
    duty.run(|| daily(&ledger, &rules, &stopping), || {}, &stopping).await;
}

async fn daily(ledger: &Ledger, rules: &Rules, stopping: &CancellationToken) {
    while !stopping.is_cancelled() {
        if let Err(error) = count_if_due(ledger, rules).await {
            error!(error = &error as &dyn std::error::Error, "drift cannot be counted");
        }
        stopping.run_until_cancelled(tokio::time::sleep(EVERY)).await;
    }
}

/// Counts where the last count is a day old, and tells the last count.
async fn count_if_due(ledger: &Ledger, rules: &Rules) -> Result<(), LedgerError> {
    let before = ledger.drift_report().await?;
    let now = if ledger.drift_is_due().await? {
        Some(ledger.count_drift(&rules.catalogue).await?)
    } else {
        before.clone()
    };
    for one in before.iter().flat_map(|report| &report.counts) {
        tell(one, 0);
    }
    now.iter().flat_map(|report| &report.counts).for_each(|one| tell(one, one.addresses));
    Ok(())
}

fn tell(kind: &DriftCount, addresses: u64) {
    let (channel, reason) = (kind.channel.to_string(), kind.reason.clone());
    let wanted = kind.wanted.as_str();
    let gauge =
        metrics::gauge!("vestnik_drift", "channel" => channel, "reason" => reason, "wanted" => wanted);
    gauge.set(f64::from(u32::try_from(addresses).unwrap_or(u32::MAX)));
}

/// The duty of the guard, until `stopping`: where too many decline a template on a channel it is warned of,
/// and paused. Where the rule is off there is nothing to do.
pub async fn guard(ledger: Arc<Ledger>, rules: Arc<Rules>, stopping: CancellationToken) {
    if rules.policy.guard.mode == Mode::Off {
        return;
    }
    let look_every = Duration::from_secs(rules.policy.guard.every_seconds.into());
    let duty = Duty { ledger: ledger.clone(), name: "guard".to_owned(), look_every };
    duty.run(|| judge(&ledger, &rules, &stopping), || {}, &stopping).await;
}

async fn judge(ledger: &Ledger, rules: &Rules, stopping: &CancellationToken) {
    let every = Duration::from_secs(rules.policy.guard.every_seconds.into());
    while !stopping.is_cancelled() {
        match ledger.guard(&rules.policy.guard).await {
            Ok(changed) => changed.iter().for_each(say),
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "the guard cannot judge");
            }
        }
        if let Ok(all) = ledger.guards().await {
            all.iter().for_each(show);
        }
        stopping.run_until_cancelled(tokio::time::sleep(every)).await;
    }
}

/// Tells whoever operates of a template that stands otherwise than before.
fn say(view: &GuardView) {
    let GuardView { channel, template, standing, counts, .. } = view;
    let (channel, template) = (channel.as_str(), template.as_str());
    let Offered { offered, declined } = *counts;
    match standing {
        Standing::Fine => info!(channel, template, offered, declined, "fewer decline it again"),
        Standing::Warned => warn!(channel, template, offered, declined, "more decline it than should"),
        Standing::OnTrial => {
            warn!(channel, template, offered, declined, "the guard is only reported on, and would pause it");
        }
        Standing::Paused => {
            let to_release = format!("vestnik guard release {channel} {template}");
            error!(
                channel,
                template, offered, declined, to_release, "the guard pauses it: too many decline it"
            );
        }
    }
}

/// Shows how a template stands: 0 fine, 1 warned, 2 on trial, 3 paused.
fn show(view: &GuardView) {
    let (channel, template) = (view.channel.to_string(), view.template.to_string());
    let gauge = metrics::gauge!("vestnik_guard_standing", "channel" => channel, "template" => template);
    gauge.set(match view.standing {
        Standing::Fine => 0.0,
        Standing::Warned => 1.0,
        Standing::OnTrial => 2.0,
        Standing::Paused => 3.0,
    });
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use tokio::task::JoinSet;

    use super::*;
    use crate::ledger::fixture::World;

    /// A driver of `take_turns` that ends when its adapter is dropped.
    struct Driven {
        turn: watch::Receiver<bool>,
        adapter: CancellationToken,
        stopping: CancellationToken,
        tasks: JoinSet<()>,
    }

    impl Driven {
        fn start(ledger: &Arc<Ledger>) -> Self {
            let (sender, turn) = watch::channel(false);
            let (adapter, stopping) = (CancellationToken::new(), CancellationToken::new());
            let (ledger, name) = (ledger.clone(), "session sms/main".to_owned());
            let duty = Duty { ledger, name, look_every: Duration::from_millis(5) };
            let (driver, stops) = (Box::pin(adapter.clone().cancelled_owned()), stopping.clone());
            let mut tasks = JoinSet::new();
            tasks.spawn(async move { take_turns(duty, driver, sender, &stops).await });
            Self { turn, adapter, stopping, tasks }
        }

        async fn until(&mut self, ours: bool) {
            let turned = self.turn.wait_for(|now| *now == ours);
            tokio::time::timeout(Duration::from_secs(10), turned).await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn a_turn_lasts_until_the_driver_has_ended_and_then_it_is_the_next_ones() {
        let world = World::sqlite().await;
        let mut first = Driven::start(&world.ledger);
        first.until(true).await;
        let mut second = Driven::start(&world.ledger);
        first.stopping.cancel();
        let held = world.ledger.hold_duty("session sms/main", Uuid::now_v7(), HELD).await;
        assert!(!held.unwrap(), "one that stops has its session until it is closed");
        assert!(*first.turn.borrow() && !*second.turn.borrow());
        first.adapter.cancel();
        second.until(true).await;
        first.tasks.join_next().await.unwrap().unwrap();
        let mut third = Driven::start(&world.ledger);
        third.stopping.cancel();
        third.adapter.cancel();
        third.tasks.join_next().await.unwrap().unwrap();
        assert!(!*third.turn.borrow() && *second.turn.borrow(), "who stood by lets nothing go");
    }

    #[test]
    fn a_full_batch_is_followed_soon_and_anything_else_after_a_while() {
        let some = |references| Forgotten { references, ..Forgotten::default() };
        assert_eq!(pace(&Ok(Some(some(u64::from(BATCH))))), BETWEEN);
        assert_eq!(pace(&Ok(Some(some(u64::from(BATCH) - 1)))), EVERY);
        assert_eq!(pace(&Ok(None)), EVERY, "another process has the duty");
        assert_eq!(pace(&Err(LedgerError::NotInCatalogue)), EVERY);
    }
}
