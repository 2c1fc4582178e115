//! Random worlds: citizens, rules, histories and notifications of every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use vestnik_contract::ChannelId;

use super::drawn::{
    classes, enabled, facts, history, minute, some_citizen, some_jurisdiction, some_policy, wish,
};
use crate::domain::{
    Basis, Citizen, Class, ClassRule, ContactHistory, Decision, GuardRule, Introduction, Jurisdiction, Mode,
    NoticeKind, Plan, Policy, Preference, Priority, Recheck, TopicId,
};
use crate::policy::fixture::{CHANNELS, channel, citizen, jurisdiction, policy, topic};
use crate::policy::{
    ChannelFacts, DecideInput, Facts, Introduced, ItemFacts, PausedIntroductions, RecheckInput, Zones,
    deadline, decide, expiry, recheck,
};

/// All that a decision depends on.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub facts: Facts,
    pub class: Class,
    /// Where the guard has paused its template.
    pub guarded: BTreeSet<ChannelId>,
    /// Where the guard has paused introductions.
    pub paused: BTreeSet<ChannelId>,
    /// What is known of the citizen there.
    pub known: BTreeMap<ChannelId, Introduced>,
    pub citizen: Citizen,
    pub policy: Policy,
    pub jurisdiction: Jurisdiction,
    pub history: ContactHistory,
    pub channels: Vec<ChannelFacts>,
    pub now: Timestamp,
}

pub(super) static FAMILY: LazyLock<TopicId> = LazyLock::new(family);

pub(super) fn family() -> TopicId {
    topic("family")
}

impl World {
    pub(super) fn decide(&self) -> Decision {
        decide(&self.input())
    }

    /// All that is decided by.
    pub(super) fn input(&self) -> DecideInput<'_> {
        DecideInput {
            facts: self.facts,
            topic: &FAMILY,
            class: self.class,
            guarded: &self.guarded,
            introductions: self.introductions(),
            citizen: &self.citizen,
            policy: &self.policy,
            jurisdiction: &self.jurisdiction,
            history: &self.history,
            channels: &self.channels,
            now: self.now,
        }
    }

    fn introductions(&self) -> PausedIntroductions<'_> {
        PausedIntroductions { on: &self.paused, known: &self.known }
    }

    pub(super) fn zones(&self) -> Zones {
        Zones::of(&self.citizen, &self.jurisdiction)
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        expiry(&self.facts, &self.policy, &self.zones(), self.now)
    }

    /// The check of a step of a notice with this one item, at the world's `now`.
    pub(super) fn recheck(
        &self,
        on: &ChannelId,
        later: &[ChannelId],
        expires_at: Timestamp,
        reserved: Option<Date>,
    ) -> Recheck {
        self.recheck_by(self.deadline(), on, later, expires_at, reserved)
    }

    /// By when the citizen has to act, as seen at the world's `now`.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        deadline(&self.facts, &self.zones(), self.now)
    }

    fn recheck_by(
        &self,
        deadline: Option<Timestamp>,
        on: &ChannelId,
        later: &[ChannelId],
        expires_at: Timestamp,
        reserved: Option<Date>,
    ) -> Recheck {
        let items = [ItemFacts { topic: &FAMILY, class: self.class, guarded: &self.guarded }];
        let check = self.check(on, &items);
        recheck(&RecheckInput { later, expires_at, deadline, reserved, ..check })
    }

    /// The check of a step of a notice with these items that never expires and holds no place.
    pub(super) fn check<'a>(&'a self, on: &'a ChannelId, items: &'a [ItemFacts<'a>]) -> RecheckInput<'a> {
        RecheckInput {
            channel: on,
            later: &[],
            kind: NoticeKind::Entitlement,
            answers: None,
            items,
            introductions: self.introductions(),
            priority: self.facts.priority,
            expires_at: Timestamp::MAX,
            deadline: None,
            not_before: self.facts.not_before,
            reserved: None,
            citizen: &self.citizen,
            policy: &self.policy,
            jurisdiction: &self.jurisdiction,
            history: &self.history,
            now: self.now,
        }
    }

    /// The check of the first step of a plan, when it is due and nothing has changed but that its
    /// place in the budget is held.
    pub(super) fn recheck_when_due(&self, plan: &Plan) -> Recheck {
        let mut then = self.clone();
        then.now = plan.due_at;
        if let Some(day) = plan.reserve {
            then.hold(day);
        }
        let channels: Vec<_> = plan.steps.iter().map(|step| step.channel.clone()).collect();
        then.recheck_by(self.deadline(), &channels[0], &channels[1..], self.expires_at(), plan.reserve)
    }

    pub(super) fn hold(&mut self, day: Date) {
        let count = self.history.days.entry(day).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn is_push(&self, channel: &ChannelId) -> bool {
        self.policy.channels[channel].push
    }

    pub(super) fn basis(&self) -> Basis {
        self.policy.classes.get(&self.class).map_or(Basis::Consent, |rule| rule.basis)
    }

    /// The same world, where everything goes on this ground.
    pub(super) fn on(mut self, basis: Basis) -> Self {
        self.policy.classes.entry(self.class).or_insert(ClassRule {
            basis,
            budget: true,
            inbox: true,
            bundle: false,
        });
        self.policy.classes.values_mut().for_each(|rule| rule.basis = basis);
        self
    }
}

/// A world at one of these moments, odd in every way that a world can be odd.
pub(super) fn world(moments: impl Strategy<Value = Timestamp> + Clone) -> impl Strategy<Value = World> {
    (
        facts(moments.clone()),
        classes(),
        some_citizen(),
        some_policy(),
        some_jurisdiction(),
        history(),
        enabled(),
        moments,
    )
        .prop_map(|(facts, class, citizen, policy, jurisdiction, history, channels, now)| World {
            facts,
            class,
            guarded: BTreeSet::new(),
            paused: BTreeSet::new(),
            known: BTreeMap::new(),
            citizen,
            policy,
            jurisdiction,
            history,
            channels,
            now,
        })
}

/// A world in which the guard has paused the template on some channels.
pub(super) fn guarded_world() -> impl Strategy<Value = World> {
    (calm_world(), classes(), subsequence(&CHANNELS[..], 0..=CHANNELS.len())).prop_map(
        |(world, class, guarded)| {
            let guarded = guarded.into_iter().map(channel).collect();
            let mut world = World { class, guarded, ..world };
            world.policy.guard = GuardRule { mode: Mode::Enforce, ..GuardRule::default() };
            world
        },
    )
}

/// A world in which the guard has paused introductions on some channels, on some of which the citizen was
/// introduced.
pub(super) fn world_of_strangers() -> impl Strategy<Value = World> {
    let known =
        prop_oneof![Just(Introduced::Never), Just(Introduced::Underway), minute().prop_map(Introduced::At),];
    let known = btree_map(select(&CHANNELS[..]).prop_map(channel), known, 0..CHANNELS.len());
    (guarded_world(), subsequence(&CHANNELS[..], 0..=CHANNELS.len()), known).prop_map(
        |(world, paused, known)| {
            let paused = paused.into_iter().map(channel).collect();
            let mut world = World { guarded: BTreeSet::new(), paused, known, ..world };
            world.policy.introduction = Introduction { mode: Mode::Enforce, lead_seconds: 600 };
            world
        },
    )
}

/// A world in which most things can be sent: the fixture's citizen, channels and rules with random
/// hours, ceilings, zones and dates.
pub(super) fn calm_world() -> impl Strategy<Value = World> {
    (world(minute().boxed()), option::of(wish()), any::<Index>()).prop_map(|(odd, hours, first)| {
        let mut calm = World {
            citizen: citizen(),
            policy: policy(),
            channels: crate::policy::fixture::enabled(),
            ..odd
        };
        calm.jurisdiction.channels = jurisdiction().channels;
        calm.policy.order.rotate_left(first.index(CHANNELS.len()));
        calm.policy.budget = odd.policy.budget;
        calm.policy.kept_for_deadlines = odd.policy.kept_for_deadlines;
        calm.citizen.profile = odd.citizen.profile;
        let wish = Preference { topic: None, channels: None, hours, locale: None, bundling: None };
        calm.citizen.preferences = vec![wish];
        calm
    })
}

/// Such a world in which nothing is urgent.
pub(super) fn unhurried_world() -> impl Strategy<Value = World> {
    calm_world().prop_map(|mut calm| {
        if calm.facts.priority == Priority::Urgent {
            calm.facts.priority = Priority::Normal;
        }
        calm
    })
}
