//! What holds of the state machine whatever happens, in whatever order.

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;
use vestnik_contract::{ChannelId, Permanence, ReceiptState, SendErrorKind};

use super::{Cascade, Change, Input, Joining, advance};
use crate::domain::{
    AttemptId, AttemptOutcome, Awaits, CitizenKey, Class, Evidence, FinalState, Happening, Item, Notice,
    NoticeId, NoticeKind, NotificationKey, PlannedStep, Priority, Reason, RetrySchedule, SourceId, SourceRef,
    Step, StepState, TopicId, Window,
};

const BEGIN: i64 = 1_800_000_000;

/// Something that may happen, with numbers in place of what is not known before: which attempt,
/// which item.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Start,
    Defer(i64),
    Skip,
    Expire,
    Withdraw(usize),
    Join(i64),
    Accepted(usize, u32),
    Failed(usize, SendErrorKind),
    Receipt(usize, ReceiptState),
    Timer,
    Cancel(usize),
    Wait(i64),
}

fn kinds() -> impl Strategy<Value = SendErrorKind> {
    prop_oneof![
        Just(SendErrorKind::Unavailable),
        Just(SendErrorKind::Throttled),
        Just(SendErrorKind::Ambiguous),
        Just(SendErrorKind::Unreachable(Permanence::Permanent)),
        Just(SendErrorKind::Unreachable(Permanence::Soft)),
        Just(SendErrorKind::Rejected),
        Just(SendErrorKind::Misconfigured),
    ]
}

fn receipts() -> impl Strategy<Value = ReceiptState> {
    prop_oneof![
        4 => Just(ReceiptState::Delivered),
        2 => Just(ReceiptState::Read),
        1 => Just(ReceiptState::Complained),
        1 => Just(ReceiptState::Unreachable(Permanence::Permanent)),
        1 => Just(ReceiptState::Rejected),
        1 => Just(ReceiptState::Expired),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Start),
        1 => (0..10_000_i64).prop_map(Event::Defer),
        1 => Just(Event::Skip),
        1 => Just(Event::Expire),
        1 => (0..4_usize).prop_map(Event::Withdraw),
        2 => (0..1000_i64).prop_map(Event::Join),
        4 => (0..6_usize, 1..4_u32).prop_map(|(attempt, parts)| Event::Accepted(attempt, parts)),
        4 => (0..6_usize, kinds()).prop_map(|(attempt, kind)| Event::Failed(attempt, kind)),
        4 => (0..6_usize, receipts()).prop_map(|(attempt, state)| Event::Receipt(attempt, state)),
        3 => Just(Event::Timer),
        1 => (0..4_usize).prop_map(Event::Cancel),
        3 => (0..10_000_i64).prop_map(Event::Wait),
    ]
}

fn notices() -> impl Strategy<Value = Notice> {
    let awaits = prop_oneof![Just(Awaits::Accepted), Just(Awaits::Delivered), Just(Awaits::Read)];
    (1..4_usize, vec(awaits, 1..5), any::<bool>(), any::<bool>()).prop_map(|(items, awaits, inbox, open)| {
        let notice = notice(items, &awaits, inbox);
        let at = Timestamp::from_second(BEGIN).unwrap();
        Notice { window: open.then_some(Window { earliest: at, latest: at }), ..notice }
    })
}

pub(super) fn notice(items: usize, awaits: &[Awaits], inbox: bool) -> Notice {
    let at = Timestamp::from_second(BEGIN).unwrap();
    let step = |(number, awaits): (usize, &Awaits)| {
        let channel = ChannelId::new(&format!("channel{number}")).unwrap();
        Step::planned(PlannedStep { channel, awaits: *awaits, wait_seconds: 600 })
    };
    let mut steps: Vec<_> = awaits.iter().enumerate().map(step).collect();
    steps[0].state = StepState::Due { at };
    Notice {
        id: NoticeId(Uuid::from_u128(7)),
        citizen: CitizenKey([7; 32]),
        kind: NoticeKind::Entitlement,
        priority: Priority::Normal,
        items: (0..items).map(item).collect(),
        on_behalf_of: None,
        steps,
        current: 0,
        not_before: None,
        expires_at: at + SignedDuration::from_hours(24),
        deadline: None,
        window: None,
        answers: None,
        inbox,
        config: "test".into(),
        closed: None,
    }
}

fn item(number: usize) -> Item {
    Item {
        notification: NotificationKey(Uuid::from_u128(number as u128)),
        reference: SourceRef { source: SourceId::new("fund").unwrap(), id: number.to_string() },
        measure: None,
        topic: TopicId::new("family").unwrap(),
        class: Class::Entitlement,
        expires_at: None,
        closed: None,
    }
}

/// A notice with all that happened to it.
pub(super) struct World {
    pub(super) notice: Notice,
    pub(super) now: Timestamp,
    idempotent: bool,
    attempts: Vec<AttemptId>,
    receipts: std::collections::BTreeMap<(AttemptId, u32), ReceiptState>,
    closings: Vec<usize>,
    held: std::collections::BTreeSet<usize>,
}

impl World {
    pub(super) fn new(notice: Notice, idempotent: bool) -> Self {
        let closings = vec![0; notice.items.len()];
        Self {
            notice,
            now: Timestamp::from_second(BEGIN).unwrap(),
            idempotent,
            attempts: Vec::new(),
            receipts: std::collections::BTreeMap::new(),
            closings,
            held: std::collections::BTreeSet::new(),
        }
    }

    fn attempt(&self, number: usize) -> Option<AttemptId> {
        (!self.attempts.is_empty()).then(|| self.attempts[number % self.attempts.len()])
    }

    pub(super) fn happen(&mut self, event: &Event) {
        let input = match event {
            Event::Start => {
                if !matches!(self.notice.step().map(|step| step.state), Some(StepState::Due { .. })) {
                    return;
                }
                let attempt = AttemptId(Uuid::from_u128(1000 + self.attempts.len() as u128));
                self.attempts.push(attempt);
                Input::Start { attempt, reserve: Some(jiff::civil::date(2027, 1, 15)), wait_until: None }
            }
            Event::Defer(seconds) => Input::Defer {
                until: self.now + SignedDuration::from_secs(*seconds),
                reason: Reason::QuietHours,
                reserve: Some(jiff::civil::date(2027, 1, 16)),
            },
            Event::Skip => Input::Skip(Reason::AddressClosed),
            Event::Expire => Input::End(FinalState::Expired, Reason::Expired),
            Event::Withdraw(item) => Input::Withdraw(vec![*item], Reason::ConsentWithdrawn),
            Event::Join(seconds) => self.joining(*seconds),
            Event::Cancel(item) => Input::Cancel(vec![*item], Reason::CancelledBySource),
            Event::Timer => Input::Timer,
            Event::Wait(seconds) => {
                self.now += SignedDuration::from_secs(*seconds);
                return;
            }
            Event::Accepted(number, parts) => {
                let Some(attempt) = self.attempt(*number) else { return };
                Input::Accepted { attempt, parts: *parts }
            }
            Event::Failed(number, kind) => {
                let Some(attempt) = self.attempt(*number) else { return };
                Input::Failed { attempt, kind: *kind, code: None, retry_after: None }
            }
            Event::Receipt(number, state) => {
                let Some(input) = self.receipt(*number, *state) else { return };
                input
            }
        };
        self.apply(&input);
    }

    /// One more, which puts all off by so many seconds.
    fn joining(&self, seconds: i64) -> Input {
        let due_at = self.now + SignedDuration::from_secs(seconds);
        Input::Join(Box::new(Joining {
            item: item(self.notice.items.len()),
            priority: Priority::Normal,
            expires_at: due_at + SignedDuration::from_hours(1),
            not_before: None,
            deadline: None,
            window: Window { earliest: self.now, latest: due_at },
            due_at,
            reserve: Some(jiff::civil::date(2027, 1, 15)),
        }))
    }

    /// A receipt for a part that was accepted, as the ledger passes it on: only what says more.
    fn receipt(&mut self, number: usize, state: ReceiptState) -> Option<Input> {
        let attempt = self.attempt(number)?;
        let (step, at) = self.notice.find(attempt)?;
        let parts = self.notice.steps[step].attempts[at].parts;
        let part = (0..parts).find(|part| self.receipts.get(&(attempt, *part)) != Some(&state))?;
        let before = self.receipts.insert((attempt, part), state);
        Some(Input::Receipt { attempt, before, state })
    }

    fn apply(&mut self, input: &Input) {
        let before = self.notice.clone();
        let cascade = Cascade {
            retry: RetrySchedule { first_seconds: 5, longest_seconds: 60, tries: 3 },
            idempotent: self.idempotent,
        };
        let change = advance(&mut self.notice, input.clone(), self.now, &cascade);
        self.closings.resize(self.notice.items.len(), 0);
        self.check(&before, input, &change);
        let json = serde_json::to_string(&self.notice).unwrap();
        assert_eq!(serde_json::from_str::<Notice>(&json).unwrap(), self.notice, "the row says it all");
    }

    fn check(&mut self, before: &Notice, input: &Input, change: &Change) {
        if self.notice.items.len() > before.items.len() {
            assert!(before.is_open_to_others() && self.attempts.is_empty(), "nothing joins what was sent");
            assert!(self.notice.expires_at >= before.expires_at, "nobody's time is cut short");
        }
        for (item, what) in &change.entries {
            match what {
                Happening::Closed { .. } => self.closings[*item] += 1,
                Happening::Started { .. } => {
                    assert!(before.closed.is_none(), "nothing starts after the end");
                    self.not_twice(before);
                }
                _ => {}
            }
        }
        assert!(self.closings.iter().all(|count| *count <= 1), "an item closes once");
        if let (Some(was), Some(is)) = (before.closed, self.notice.closed)
            && was != is
        {
            assert!(is.state.evidence() > was.state.evidence(), "{was:?} became {is:?} by {input:?}");
        }
        for (step, _) in &change.reserve {
            self.held.insert(*step);
        }
        for step in &change.release {
            assert_eq!(
                self.notice.steps[*step].evidence(),
                Evidence::None,
                "what may have been sent stays spent"
            );
            self.held.remove(step);
        }
        for (number, step) in self.notice.steps.iter().enumerate() {
            assert_eq!(step.reserved.is_some(), self.held.contains(&number), "reservations are told");
        }
        if self.notice.closed.is_some() {
            assert!(
                self.notice.items.iter().all(|item| item.closed.is_some()),
                "items end with their notice"
            );
            let idle = |step: &Step| !matches!(step.state, StepState::Due { .. } | StepState::Planned);
            assert!(self.notice.steps.iter().all(idle), "no step waits after the end");
        } else {
            let step = self.notice.step().expect("an open notice has a step to work on");
            let working =
                matches!(step.state, StepState::Due { .. } | StepState::Started | StepState::Awaiting { .. });
            assert!(working, "an open notice is never stuck: {step:?}");
        }
    }

    /// Invariant 3: a step is sent again only when the earlier sends are known to have failed.
    fn not_twice(&self, before: &Notice) {
        let step = &before.steps[before.current];
        let may_have_arrived = step
            .attempts
            .iter()
            .filter(|attempt| attempt.evidence() != Evidence::None)
            .any(|attempt| !self.idempotent || attempt.outcome != AttemptOutcome::Ambiguous);
        assert!(!may_have_arrived, "sent again: {:?}", step.attempts);
    }

    /// Invariant 2: with nothing but time and failures left, every notice comes to an end.
    fn finish(&mut self) {
        for _ in 0..200 {
            if self.notice.closed.is_some() {
                return;
            }
            let Some(step) = self.notice.step() else { break };
            let event = match step.state {
                StepState::Due { at } => {
                    self.now = self.now.max(at);
                    Event::Start
                }
                StepState::Started => Event::Failed(self.attempts.len() - 1, SendErrorKind::Ambiguous),
                StepState::Awaiting { until } => {
                    self.now = self.now.max(until);
                    Event::Timer
                }
                _ => break,
            };
            self.happen(&event);
        }
        assert!(self.notice.closed.is_some(), "stuck: {:?}", self.notice);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_notice_ends_once_whatever_happens(
        notice in notices(),
        idempotent in any::<bool>(),
        events in vec(events(), 0..60),
    ) {
        let mut world = World::new(notice, idempotent);
        for event in &events {
            world.happen(event);
        }
        world.finish();
        let open: Vec<_> = world.closings.iter().filter(|count| **count != 1).collect();
        prop_assert!(open.is_empty(), "every item ends exactly once");
    }
}
