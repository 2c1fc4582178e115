//! A lane's calls to its provider: so many at once, each from a started attempt to its outcome.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::error;

use super::breaker::Admission;
use super::lane::{LaneContext, LaneOptions};
use super::limits::{Limits, Turn, ahead};
use super::route::Route;
use crate::domain::{CitizenKey, Priority};
use crate::ledger::slots::{Slot, Slots};
use crate::ledger::{Finished, Outgoing};

/// The calls of one lane.
pub(super) struct Calls {
    /// Asked by the lane, and by who takes slots.
    pub limits: tokio::sync::Mutex<Limits>,
    route: Arc<Route>,
    context: LaneContext,
    most: usize,
    kept_for_urgent: usize,
    lease: Duration,
    slots: Arc<Semaphore>,
    under_way: Mutex<JoinSet<()>>,
    /// How long it takes from a turn that is asked for until its message is ready for the wire, in
    /// microseconds: about the most of late.
    way: AtomicU64,
    /// Whether nobody waits before what comes in.
    idle: AtomicBool,
}

/// What is left of a lease when its call is given up.
const TIME_OUT_MARGIN: Duration = Duration::from_secs(1);

impl Calls {
    /// No calls yet. What comes in waits until [`set_idle`](Self::set_idle).
    pub fn new(context: LaneContext, options: &LaneOptions, route: Arc<Route>) -> Self {
        let most = options.concurrency.max(1);
        let (all, each) = (options.per_second, options.per_citizen_per_minute);
        let limits = match &context.sharing {
            Some(sharing) => Limits::shared(all, each, sharing.clone(), route.name()),
            None => Limits::alone(all, each),
        };
        Self {
            limits: tokio::sync::Mutex::new(limits),
            route,
            context,
            most,
            kept_for_urgent: options.kept_for_urgent,
            lease: options.lease,
            slots: Arc::new(Semaphore::new(most)),
            under_way: Mutex::default(),
            way: AtomicU64::default(),
            idle: AtomicBool::new(false),
        }
    }

    /// Calls at once at most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many are under way.
    pub fn count(&self) -> usize {
        self.most - self.slots.available_permits()
    }

    /// Of so many calls those that only urgent work may use; at least one is left for the rest.
    pub fn kept_for_urgent(&self, calls: usize) -> usize {
        self.kept_for_urgent.min(calls - 1)
    }

    /// Waits until so many calls are free.
    pub async fn until_free(&self, calls: usize) {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        drop(self.slots.acquire_many(calls).await);
    }

    /// Says whether nobody waits before what comes in, which may then be sent at once.
    pub fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::Relaxed);
    }

    /// How far ahead turns are asked for, so that the limit is made use of.
    pub fn ahead(&self) -> Duration {
        ahead(Duration::from_micros(self.way.load(Ordering::Relaxed)))
    }

    /// Remembers how long the way of a message took.
    fn took(&self, way: Duration) {
        let way = u64::try_from(way.as_micros()).unwrap_or(u64::MAX);
        let before = self.way.load(Ordering::Relaxed);
        self.way.store(way.max(before - before / 16), Ordering::Relaxed);
    }

    /// Sends a message whose attempt is started, in its turn, once a call is free.
    pub async fn call(self: &Arc<Self>, outgoing: Outgoing, turn: Turn) {
        let Ok(slot) = self.slots.clone().acquire_owned().await else { return };
        self.spawn(outgoing, turn, slot);
    }

    fn spawn(self: &Arc<Self>, outgoing: Outgoing, turn: Turn, slot: OwnedSemaphorePermit) {
        self.took(turn.asked().elapsed());
        let calls = self.clone();
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        while under_way.try_join_next().is_some() {}
        under_way.spawn(async move {
            let finished = calls.carry_out(outgoing, turn).await;
            drop(slot);
            if calls.context.outcomes.send(finished).await.is_err() {
                error!("an outcome had no reader: its attempt will be ambiguous");
            }
        });
    }

    /// Waits for the message's turn where that has to be, and calls with what is left of the time.
    async fn carry_out(&self, outgoing: Outgoing, turn: Turn) -> Finished {
        let (began, time_out) = (Instant::now(), self.lease.saturating_sub(TIME_OUT_MARGIN));
        if tokio::time::timeout(time_out / 2, self.wait_for(turn)).await.is_err() {
            return self.route.held_back(outgoing);
        }
        let left = time_out.saturating_sub(began.elapsed());
        self.route.call(outgoing, left, &self.context.clock, &self.context.alarms).await
    }

    /// A message whose turn is over before it is ready for the wire takes another: those that were held up
    /// together would go out together.
    async fn wait_for(&self, mut turn: Turn) {
        while !turn.has_come().await {
            turn = self.another_turn().await;
        }
    }

    async fn another_turn(&self) -> Turn {
        loop {
            let turn = self.limits.lock().await.pass_again(self.ahead()).await;
            match turn {
                Ok(turn) => return turn,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Lets nothing more be called, and waits for the calls under way to be with the recorder.
    pub async fn close(&self) {
        self.set_idle(false);
        // Closed while all are held: nobody gets one in between.
        let all = self.slots.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await;
        self.slots.close();
        drop(all);
        let mut under_way =
            std::mem::take(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        while under_way.join_next().await.is_some() {}
    }

    /// Whether what comes in may be sent now.
    fn is_open(&self) -> bool {
        let now = self.context.clock.now();
        self.idle.load(Ordering::Relaxed)
            && self.context.pauses.borrow().of(self.route.channel.id(), &self.route.id, now).is_none()
            && matches!(self.route.admission(now), Admission::All)
    }

    /// A free call, if there is one for this priority.
    fn free(&self, priority: Priority) -> Option<OwnedSemaphorePermit> {
        let kept = if priority == Priority::Urgent { 0 } else { self.kept_for_urgent(self.most) };
        let slots = self.slots.clone();
        (slots.available_permits() > kept).then(|| slots.try_acquire_owned().ok())?
    }
}

/// Gives the free slots of a lane, as long as the lane is there.
pub(super) struct FreeSlots(pub Weak<Calls>);

struct Free {
    calls: Arc<Calls>,
    turn: Turn,
    slot: OwnedSemaphorePermit,
}

#[async_trait]
impl Slots for FreeSlots {
    async fn take(&self, asked: &[(CitizenKey, Priority)]) -> Vec<Option<Box<dyn Slot>>> {
        let mut taken: Vec<Option<Box<dyn Slot>>> = asked.iter().map(|_| None).collect();
        let Some(calls) = self.0.upgrade().filter(|calls| calls.is_open()) else { return taken };
        let mut waiting = VecDeque::new();
        for (number, (citizen, priority)) in asked.iter().enumerate() {
            waiting.extend(calls.free(*priority).map(|slot| (number, *citizen, slot)));
        }
        let (ahead, mut limits) = (calls.ahead(), calls.limits.lock().await);
        let (passing, _) = limits.pass(&mut waiting, |(_, citizen, _)| *citizen, |_| usize::MAX, ahead).await;
        for ((number, _, slot), turn) in passing {
            taken[number] = Some(Box::new(Free { calls: calls.clone(), turn, slot }));
        }
        taken
    }
}

impl Slot for Free {
    fn lease(&self) -> Duration {
        self.calls.lease
    }

    fn send(self: Box<Self>, outgoing: Outgoing) {
        self.calls.spawn(outgoing, self.turn, self.slot);
    }
}
