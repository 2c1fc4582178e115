//! Random lives on a real ledger: what must hold of policy holds of what is written and sent, whatever
//! is published, said, taken back, started and heard, in whatever order.
//!
//! Many citizens live one after another in one world, because a world costs more than a life.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use vestnik_contract::ReceiptState;

use super::fixture::{CHANNELS, World, notification, notify};
use super::store::Tx;
use super::{Answer, Outgoing};
use crate::domain::{
    Ceilings, Class, ConsentAction, KeptForDeadlines, MeasureId, Mode, Notice, Notification, StepState,
};
use crate::policy::{Quiet, Zones};

/// What may happen in a life.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A source publishes; the citizen has to act within three days, or not soon.
    Publish { class: Class, soon: bool },
    /// The citizen gives or takes consent, for everything.
    Say(ConsentAction),
    /// The source takes one back, counted from the first.
    Cancel(usize),
    /// So many minutes pass.
    Pass(i64),
    /// Every lane sends what is due.
    Send,
    /// A provider says that what was sent so many sends ago arrived.
    Arrived(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let class = select(vec![Class::LegalDuty, Class::Entitlement, Class::Entitlement, Class::Campaign]);
    prop_oneof![
        5 => (class, prop::bool::weighted(0.3)).prop_map(|(class, soon)| Deed::Publish { class, soon }),
        1 => select(vec![ConsentAction::Granted, ConsentAction::Withdrawn]).prop_map(Deed::Say),
        1 => (0..6_usize).prop_map(Deed::Cancel),
        3 => prop_oneof![1..90_i64, 60..1_500_i64].prop_map(Deed::Pass),
        4 => Just(Deed::Send),
        1 => (0..3_usize).prop_map(Deed::Arrived),
    ]
}

/// One citizen's life.
struct Life<'a> {
    world: &'a World,
    name: String,
    /// What was published, and whether it may be told without consent.
    published: Vec<(String, bool)>,
    consented: bool,
    /// What was sent, on which channel.
    sent: Vec<(&'static str, Outgoing)>,
}

const ALL: Ceilings = Ceilings { per_day: Some(2), per_week: Some(4), per_month: None };
const KEPT: KeptForDeadlines = KeptForDeadlines {
    mode: Mode::Enforce,
    deadline_days: 7,
    per_day: Some(1),
    per_week: Some(1),
    per_month: None,
};

impl<'a> Life<'a> {
    async fn begin(world: &'a World, number: usize) -> Self {
        let name = format!("citizen{number}");
        world.citizen(&name, &["sms", "viber", "email"]).await;
        Self { world, name, published: Vec::new(), consented: true, sent: Vec::new() }
    }

    async fn play(&mut self, deed: Deed) {
        match deed {
            Deed::Publish { class, soon } => self.publish(class, soon).await,
            Deed::Say(action) => {
                self.consented = action == ConsentAction::Granted;
                self.world.says(&self.name, None, action).await;
            }
            Deed::Cancel(number) => {
                if let Some((id, _)) = self.published.get(number) {
                    self.world.cancel(id).await;
                }
            }
            Deed::Pass(minutes) => self.world.pass(minutes * 60).await,
            Deed::Send => self.send().await,
            Deed::Arrived(ago) => self.arrived(ago).await,
        }
    }

    async fn publish(&mut self, class: Class, soon: bool) {
        let id = format!("{}-{}", self.name, self.published.len());
        let measure = match class {
            Class::LegalDuty => "birth_record",
            Class::Campaign => "baby_fair",
            _ => "birth_grant",
        };
        let today = self.zones().day(self.world.clock.now());
        let told = Notification {
            measure: MeasureId::new(measure).unwrap(),
            act_by: soon.then(|| today.saturating_add(3.days())),
            ..notification(&id, &self.name)
        };
        let answers = self.world.submit(&[notify(told)]).await;
        assert!(matches!(answers[..], [Answer::Accepted(_)]), "{answers:?}");
        self.published.push((id, class == Class::LegalDuty));
    }

    /// Invariants 1 and 5, at the moment of sending.
    async fn send(&mut self) {
        let law = &self.world.rules.strict;
        for channel in CHANNELS {
            let zones = self.zones();
            let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
            for outgoing in self.world.send(channel).await {
                assert!(quiet.is_lawful(self.world.clock.now()), "sent in quiet hours");
                let by_law = outgoing.message.text.contains("on record");
                assert!(self.consented || by_law, "sent without consent");
                self.sent.push((channel, outgoing));
            }
        }
    }

    async fn arrived(&mut self, ago: usize) {
        let Some((channel, _)) = self.sent.len().checked_sub(ago + 1).map(|at| &self.sent[at]) else {
            return;
        };
        let newest = self.world.channel(channel).sent().len();
        self.world.receipt(channel, &format!("{channel}-{newest}"), ReceiptState::Delivered).await;
    }

    fn zones(&self) -> Zones {
        Zones::all_of(&self.world.rules.strict)
    }

    async fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (id, _) in &self.published {
            if self.world.row(id).await.notice.is_some() {
                notices.push(self.world.notice(id).await);
            }
        }
        notices
    }

    /// Invariants 3 and 4, at every instant.
    async fn check(&self) {
        let notices = self.notices().await;
        let held = |of: &dyn Fn(&Notice) -> bool| -> Vec<Date> {
            let steps = notices.iter().filter(|notice| of(notice)).flat_map(|notice| &notice.steps);
            steps.filter_map(|step| step.reserved).collect()
        };
        assert_within(&held(&|_| true), [2, 4], "the budget");
        assert_within(&held(&|notice| notice.deadline.is_none()), [1, 3], "all but the part for deadlines");
        let mut tx = self.world.ledger.store().read().await.unwrap();
        let counted = reserved(&mut *tx, self).await;
        assert_eq!(counted, held(&|_| true).len(), "the ledger counts what the notices hold");
        let mut seen = BTreeSet::new();
        for (channel, outgoing) in &self.sent {
            assert!(seen.insert((outgoing.notice, *channel)), "sent twice on {channel}");
        }
    }

    async fn is_over(&self) -> bool {
        for (id, _) in &self.published {
            if self.world.ending(id).await.is_none() {
                return false;
            }
        }
        true
    }

    /// Invariant 2: whatever came in ends once.
    async fn end(mut self) {
        for _ in 0..90 {
            if self.is_over().await {
                break;
            }
            self.world.pass(12 * 3600).await;
            self.send().await;
        }
        self.check().await;
        for (id, _) in &self.published {
            let story = self.world.story(id).await;
            assert_eq!(story.iter().filter(|entry| *entry == "closed").count(), 1, "{story:?}");
            let row = self.world.row(id).await;
            assert!(row.closed.is_some());
        }
        for notice in self.notices().await {
            let open =
                |state| matches!(state, StepState::Planned | StepState::Due { .. } | StepState::Started);
            assert!(!notice.steps.iter().any(|step| open(step.state)), "{notice:?}");
        }
    }
}

async fn reserved(tx: &mut dyn Tx, life: &Life<'_>) -> usize {
    let since = jiff::civil::date(2020, 1, 1);
    let counts = tx.reservations(&[life.world.key(&life.name)], since).await.unwrap();
    counts.iter().map(|(_, _, count)| *count as usize).sum()
}

/// No more than so many on one day and in one ISO week.
fn assert_within(days: &[Date], [per_day, per_week]: [usize; 2], what: &str) {
    let week = |day: &Date| (day.iso_week_date().year(), day.iso_week_date().week());
    for day in days {
        let of_day = days.iter().filter(|other| *other == day).count();
        let of_week = days.iter().filter(|other| week(other) == week(day)).count();
        assert!(of_day <= per_day && of_week <= per_week, "{what}: {of_day} on {day}, {of_week} in its week");
    }
}

async fn many_lives_keep_what_must_hold(mut world: World, lives: usize) {
    world.change(|setting| {
        setting.policy.budget = ALL;
        setting.policy.kept_for_deadlines = KEPT;
        setting.policy.yielding.mode = Mode::Enforce;
    });
    let lives =
        std::env::var("VESTNIK_TEST_LIVES").ok().and_then(|lives| lives.parse().ok()).unwrap_or(lives);
    let mut runner = TestRunner::default();
    for number in 0..lives {
        let deeds = prop::collection::vec(deed(), 1..25).new_tree(&mut runner).unwrap().current();
        // Told by the test's output where one of its deeds breaks a rule.
        println!("life {number}: {deeds:?}");
        let mut life = Life::begin(&world, number).await;
        for deed in deeds {
            life.play(deed).await;
            life.check().await;
        }
        life.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_on_sqlite() {
    many_lives_keep_what_must_hold(World::sqlite().await, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_on_postgres() {
    many_lives_keep_what_must_hold(World::postgres().await, 12).await;
}
