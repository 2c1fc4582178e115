//! A lane at work over a real ledger, with a channel that says what it is told to say.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use vestnik_contract::{ChannelId, Permanence, SendErrorKind};

use super::*;
use crate::dispatch::{Alarm, starter};
use crate::domain::Notification;
use crate::ledger::Outgoing;
use crate::ledger::fixture::{self, World, notify};
use crate::ledger::recorder;
use crate::ledger::slots::{Slot, Slots as _};
use crate::ledger::store::PauseRow;

/// A lane of the channel `sms` with the starter and the recorder behind it.
struct Stage {
    world: World,
    pauses: watch::Sender<Pauses>,
    alarms: mpsc::Receiver<RouteAlarm>,
    health: RouteHealth,
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

fn options() -> LaneOptions {
    LaneOptions {
        concurrency: 4,
        kept_for_urgent: 1,
        ahead: 8,
        lease: fixture::LEASE,
        per_second: None,
        per_citizen_per_minute: None,
        poll: Duration::from_millis(20),
    }
}

/// What a lane of this world is given, without limits that others share.
fn context(
    world: &World,
    pauses: watch::Receiver<Pauses>,
    starts: Starts,
    outcomes: mpsc::Sender<Finished>,
    alarms: mpsc::Sender<RouteAlarm>,
) -> LaneContext {
    let (ledger, rules, clock) = (world.ledger.clone(), world.rules.clone(), world.clock.clock());
    LaneContext { ledger, rules, clock, pauses, starts, sharing: None, outcomes, alarms }
}

impl Stage {
    fn open(world: World, options: LaneOptions) -> Self {
        let (outcomes, outcomes_in) = mpsc::channel(64);
        let (starts, starts_in) = Starts::new();
        let (alarms_out, alarms) = mpsc::channel(64);
        let (pauses, pauses_in) = watch::channel(Pauses::default());
        let stopping = CancellationToken::new();
        let context = context(&world, pauses_in, starts, outcomes, alarms_out);
        let channel = world.rules.channels[&sms()].clone();
        let lane = Lane::new(context, options, fixture::route(), channel);
        let (health, mut tasks) = (lane.health(), JoinSet::new());
        tasks.spawn(lane.run(stopping.clone()));
        let (ledger, rules) = (world.ledger.clone(), world.rules.clone());
        tasks.spawn(starter::run(starts_in, ledger.clone(), rules.clone(), stopping.clone()));
        tasks.spawn(recorder::run(outcomes_in, ledger, rules));
        Self { world, pauses, alarms, health, stopping, tasks }
    }

    /// Publishes a notification for each of so many new citizens; they are called after it.
    async fn publish(&self, prefix: &str, count: usize, change: impl Fn(&mut Notification)) {
        let mut batch = Vec::new();
        for number in 0..count {
            let name = format!("{prefix}{number}");
            self.world.citizen(&name, &["sms", "viber"]).await;
            let mut notification = fixture::notification(&name, &name);
            change(&mut notification);
            batch.push(notify(notification));
        }
        self.world.submit(&batch).await;
    }

    fn sent(&self) -> Vec<String> {
        let sent = self.world.channel("sms").sent();
        sent.iter().map(|message| message.recipient.expose().to_owned()).collect()
    }

    async fn until_sent(&self, count: usize) {
        until(async || self.sent().len() >= count).await;
    }

    fn pause(&self, reroute: bool) {
        let at = self.world.clock.now();
        let (reason, person) = (String::new(), String::new());
        let row = PauseRow { channel: sms(), route: None, reroute, reason, person, at, expires_at: None };
        self.pauses.send_replace(Pauses::new(vec![row]));
    }

    /// Lets the lane come to its end.
    async fn close(mut self) -> World {
        self.stopping.cancel();
        while let Some(task) = self.tasks.join_next().await {
            task.unwrap();
        }
        self.world
    }
}

fn sms() -> ChannelId {
    ChannelId::new("sms").unwrap()
}

/// Waits for something that must come.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let patience = Duration::from_mins(1);
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(patience, waiting).await.expect("it never came");
}

fn plain(_: &mut Notification) {}

#[tokio::test]
async fn all_that_is_due_is_sent_once() {
    let stage = Stage::open(World::sqlite().await, options());
    stage.publish("citizen", 50, plain).await;
    stage.until_sent(50).await;
    let world = stage.close().await;
    let sent = world.channel("sms").sent();
    let different: BTreeSet<_> = sent.iter().map(|message| message.recipient.expose()).collect();
    assert_eq!((sent.len(), different.len()), (50, 50));
    assert_eq!(world.story("citizen7").await, ["decided", "started", "sent"]);
}

#[tokio::test]
async fn what_is_urgent_overtakes_what_was_claimed_before_it() {
    let stage = Stage::open(World::sqlite().await, options());
    stage.world.channel("sms").hold();
    stage.publish("normal", 20, plain).await;
    stage.until_sent(3).await;
    stage.publish("urgent", 2, |notification| notification.priority = Priority::Urgent).await;
    stage.until_sent(4).await;
    assert!(stage.sent()[3].starts_with("sms-urgent"), "one call is kept for what is urgent");
    stage.world.channel("sms").let_go();
    stage.until_sent(22).await;
    assert!(stage.sent()[4].starts_with("sms-urgent"));
    stage.close().await;
}

/// Invariant 6.
#[tokio::test]
async fn a_limit_holds_back_who_had_a_turn_and_nobody_else() {
    let limited = LaneOptions { per_citizen_per_minute: NonZeroU32::new(1), ..options() };
    let stage = Stage::open(World::sqlite().await, limited);
    stage.world.citizen("anna", &["sms"]).await;
    stage.world.citizen("olena", &["sms"]).await;
    let batch = [("1", "anna"), ("2", "anna"), ("3", "olena")];
    let batch = batch.map(|(id, name)| notify(fixture::notification(id, name)));
    stage.world.submit(&batch).await;
    stage.until_sent(2).await;
    let sent = stage.sent();
    let world = stage.close().await;
    assert_eq!(sent, ["sms-anna", "sms-olena"]);
    assert_eq!(world.claim("sms").await.len(), 1, "what was held back is given back at the end");
}

#[tokio::test]
async fn a_paused_route_gives_back_what_it_had_in_hand() {
    let stage = Stage::open(World::sqlite().await, options());
    stage.world.channel("sms").hold();
    stage.publish("citizen", 10, plain).await;
    stage.until_sent(3).await;
    stage.pause(false);
    assert!(stage.health.trouble().unwrap().starts_with("paused"), "whoever asks how it stands is told");
    let mut free = 0;
    until(async || {
        free += stage.world.claim("sms").await.len();
        free == 7
    })
    .await;
    stage.world.channel("sms").let_go();
    let world = stage.close().await;
    assert_eq!(world.channel("sms").sent().len(), 3);
}

#[tokio::test]
async fn what_only_other_processes_can_send_is_left_to_them() {
    let stage = Stage::open(World::sqlite().await, options());
    stage.world.channel("sms").hold();
    stage.publish("citizen", 10, plain).await;
    stage.until_sent(3).await;
    stage.world.channel("sms").is_elsewhere(true);
    assert_eq!(stage.health.trouble().as_deref(), Some("bound too often"));
    let mut free = 0;
    until(async || {
        free += stage.world.claim("sms").await.len();
        free == 7
    })
    .await;
    stage.world.channel("sms").let_go();
    stage.publish("late", 5, plain).await;
    until(async || stage.world.claim("sms").await.len() == 5).await;
    assert_eq!(stage.sent().len(), 3, "what had begun");
    stage.world.channel("sms").is_elsewhere(false);
    stage.publish("again", 5, plain).await;
    stage.until_sent(8).await;
    assert_eq!(stage.health.trouble(), None);
    stage.close().await;
}

#[tokio::test]
async fn work_of_a_rerouted_channel_goes_to_the_next_step() {
    let stage = Stage::open(World::sqlite().await, options());
    stage.pause(true);
    stage.publish("citizen", 10, plain).await;
    let mut there = 0;
    until(async || {
        there += stage.world.claim("viber").await.len();
        there == 10
    })
    .await;
    let world = stage.close().await;
    assert!(world.channel("sms").sent().is_empty());
}

#[tokio::test]
async fn in_a_spike_addresses_stay_open_and_the_route_raises_an_alarm() {
    let mut stage = Stage::open(World::sqlite().await, options());
    for _ in 0..80 {
        stage.world.channel("sms").refuse(SendErrorKind::Unreachable(Permanence::Permanent));
    }
    stage.publish("citizen", 80, plain).await;
    stage.until_sent(80).await;
    assert_eq!(stage.alarms.recv().await.unwrap().what, Alarm::UnreachableSpike);
    let world = stage.close().await;
    let mut closed = 0;
    for number in 0..80 {
        closed += world.closed(&format!("citizen{number}"), "sms").await.iter().flatten().count();
    }
    assert_eq!(closed, 63, "only those before it was a spike");
}

#[tokio::test]
async fn a_provider_that_is_away_is_left_alone_and_probed_with_one_message() {
    let stage = Stage::open(World::sqlite().await, options());
    for _ in 0..50 {
        stage.world.channel("sms").refuse(SendErrorKind::Unavailable);
    }
    stage.publish("citizen", 30, plain).await;
    stage.until_sent(10).await;
    // What is not sent is given back; calls that were under way come to their end.
    let mut free = 0;
    until(async || {
        free += stage.world.claim("sms").await.len();
        free + stage.sent().len() == 30
    })
    .await;
    assert_eq!(stage.health.trouble().as_deref(), Some("the provider does not answer"));
    let sent = stage.sent().len();
    assert!((10..=13).contains(&sent), "{sent}");

    stage.world.clock.advance(SignedDuration::from_secs(2));
    stage.publish("late", 5, plain).await;
    let mut free = 0;
    until(async || {
        free += if stage.sent().len() > sent { stage.world.claim("sms").await.len() } else { 0 };
        free == 4
    })
    .await;
    assert_eq!(stage.close().await.channel("sms").sent().len(), sent + 1);
}

/// The calls of a lane alone, without the lane: messages started, and the slots that they get.
struct Line {
    calls: Arc<Calls>,
    finished: mpsc::Receiver<Finished>,
    started: Vec<Outgoing>,
    world: World,
    /// Kept, so that there are pauses to be asked for.
    _pauses: watch::Sender<Pauses>,
}

impl Line {
    async fn open(count: usize, options: LaneOptions) -> Self {
        let world = World::sqlite().await;
        for number in 0..count {
            let name = format!("citizen{number}");
            world.citizen(&name, &["sms"]).await;
            world.publish(&name, &name).await;
        }
        let started = world.start("sms").await;
        let (outcomes, finished) = mpsc::channel(count);
        let (sender, pauses) = watch::channel(Pauses::default());
        let context = context(&world, pauses, Starts::new().0, outcomes, mpsc::channel(1).0);
        let route = Arc::new(Route::new(world.rules.channels[&sms()].clone(), fixture::route()));
        let calls = Arc::new(Calls::new(context, &options, route));
        calls.set_idle(true);
        Self { calls, finished, started, world, _pauses: sender }
    }

    /// A slot for each message, once the limits give it.
    async fn slots(&self) -> Vec<Box<dyn Slot>> {
        let (lane, mut slots) = (FreeSlots(Arc::downgrade(&self.calls)), Vec::new());
        for outgoing in &self.started {
            until(async || {
                let slot = lane.take(&[(outgoing.citizen, Priority::Normal)]).await.remove(0);
                let taken = slot.is_some();
                slots.extend(slot);
                taken
            })
            .await;
        }
        slots
    }
}

/// Invariant 6: what was let pass one by one, and was held up together, does not go out together.
#[tokio::test]
async fn messages_that_were_held_up_on_their_way_take_their_turns_anew() {
    let (count, per_second) = (8, 20);
    let limited = LaneOptions { per_second: NonZeroU32::new(per_second), concurrency: 9, ..options() };
    let mut line = Line::open(count, limited).await;
    let slots = line.slots().await;
    let held_up = Instant::now();
    for (slot, outgoing) in slots.into_iter().zip(line.started) {
        slot.send(outgoing);
    }
    for _ in 0..count {
        assert!(line.finished.recv().await.unwrap().result.is_ok());
    }
    // Of all that passed, at most four had turns of less than a tenth of a second ago, or ahead.
    let turns = u32::try_from(count).unwrap() - 4 - 1;
    assert!(held_up.elapsed() >= turns * Duration::from_secs(1) / per_second, "they went out together");
}

#[tokio::test]
async fn who_waits_for_a_turn_anew_has_the_time_that_is_left_of_the_lease() {
    let lease = Duration::from_secs(20);
    let limited = LaneOptions { per_second: NonZeroU32::new(1), lease, ..options() };
    let mut line = Line::open(1, limited).await;
    line.world.channel("sms").hold();
    tokio::time::pause();
    let slot = line.slots().await.remove(0);
    tokio::time::advance(Duration::from_millis(200)).await;
    let began = Instant::now();
    slot.send(line.started.remove(0));
    let result = line.finished.recv().await.unwrap().result;
    assert_eq!(result.unwrap_err().kind(), SendErrorKind::Ambiguous, "it was called, and had no answer");
    // A second of the lease is kept for the outcome; the clock stands still but for the waits.
    assert_eq!(began.elapsed().as_secs(), lease.as_secs() - 1);
    let late = began.elapsed().subsec_millis();
    assert!(late < 100, "{late} ms more than are left");
}
