//! The contact budget: that it holds through any life, that a part of it stays for deadlines, and who
//! yields to whom.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use proptest::sample::Index;

use super::drawn::{ceilings, classes, kept};
use super::world::{FAMILY, World, calm_world};
use super::{cases, is_open, plan_of};
use crate::domain::{
    Ceilings, Class, ContactHistory, Decision, KeptForDeadlines, Mode, NoticeKind, Outcome, Plan, Recheck,
};
use crate::policy::fixture::{NOWHERE, channel};
use crate::policy::{Facts, Holder, ItemFacts, RecheckInput, Yield, make_room, strictest};

/// How many pushes stand on the day, in its ISO week and in its month, counted one by one.
fn counted(history: &ContactHistory, day: Date) -> [u64; 3] {
    let of = |same: &dyn Fn(Date) -> bool| {
        history.days.iter().filter(|(other, _)| same(**other)).map(|(_, count)| u64::from(*count)).sum()
    };
    let week = |day: Date| (day.iso_week_date().year(), day.iso_week_date().week());
    [
        of(&|other| other == day),
        of(&|other| week(other) == week(day)),
        of(&|other| (other.year(), other.month()) == (day.year(), day.month())),
    ]
}

fn is_within(history: &ContactHistory, ceilings: Ceilings, day: Date) -> bool {
    let most = [ceilings.per_day, ceilings.per_week, ceilings.per_month];
    counted(history, day)
        .into_iter()
        .zip(most)
        .all(|(count, most)| most.is_none_or(|most| count <= u64::from(most)))
}

/// What is left of ceilings when a part is kept.
fn rest(all: Ceilings, kept: KeptForDeadlines) -> Ceilings {
    let rest = |most: Option<u32>, kept: Option<u32>| Some(most?.saturating_sub(kept.unwrap_or(0)));
    Ceilings {
        per_day: rest(all.per_day, kept.per_day),
        per_week: rest(all.per_week, kept.per_week),
        per_month: rest(all.per_month, kept.per_month),
    }
}

/// A world in which nothing has been sent yet, and nothing is asked for but to be sent.
fn fresh(start: World, limits: Ceilings) -> World {
    let mut world = World { history: ContactHistory::default(), facts: Facts::default(), ..start };
    world.policy.budget = limits;
    world
}

/// A push that holds a place and waits for its moment.
#[derive(Debug, Clone)]
struct Place {
    class: Class,
    /// An introduction that a campaign made.
    introduces: bool,
    plan: Plan,
    day: Date,
    expires_at: Timestamp,
    deadline: Option<Timestamp>,
}

impl Place {
    fn of(world: &World, decision: Decision) -> Option<Self> {
        let Outcome::Push(plan) = decision.outcome else { return None };
        let (class, day) = (world.class, plan.reserve?);
        let (expires_at, deadline) = (world.expires_at(), world.deadline());
        Some(Self { class, introduces: false, plan, day, expires_at, deadline })
    }
}

/// Who yields to what the world decides on now.
fn who_yields(world: &World, decided: &Decision, places: &[Place]) -> Option<Yield> {
    let items: Vec<_> = places
        .iter()
        .map(|place| [ItemFacts { topic: &FAMILY, class: place.class, guarded: &NOWHERE }])
        .collect();
    let holders: Vec<_> = places
        .iter()
        .zip(&items)
        .map(|(place, items)| {
            let introduces = place.introduces;
            let kind = if introduces { NoticeKind::Introduction } else { NoticeKind::Entitlement };
            let items: &[ItemFacts<'_>] = if introduces { &[] } else { items };
            let check = RecheckInput { kind, ..world.check(&place.plan.steps[0].channel, items) };
            let check = RecheckInput { expires_at: place.expires_at, deadline: place.deadline, ..check };
            Holder { check, class: place.class, day: place.day, due_at: place.plan.due_at }
        })
        .collect();
    make_room(&world.input(), decided, &holders)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// Invariant 4.
    #[test]
    fn budget_holds_through_any_life(
        start in calm_world(),
        limits in ceilings(),
        turns in prop::collection::vec((0..200_000_i64, prop::option::of(any::<Index>())), 1..40),
    ) {
        let mut world = World { history: ContactHistory::default(), ..start };
        world.policy.budget = limits;
        world.facts = Facts::default();
        let ceilings = strictest(limits, world.jurisdiction.ceilings);
        let mut held: Vec<Date> = Vec::new();
        for (seconds, which) in turns {
            world.now += SignedDuration::from_secs(seconds);
            let taken = match which {
                Some(which) if !held.is_empty() => check_one(&mut world, &mut held, which),
                _ => decide_one(&mut world, &mut held),
            };
            if let Some(day) = taken {
                prop_assert!(is_within(&world.history, ceilings, day), "{:?}", counted(&world.history, day));
            }
        }
    }

    /// Those without a deadline never take the last places; those with one may.
    #[test]
    fn budget_a_part_stays_for_deadlines(
        start in calm_world(),
        limits in ceilings(),
        kept in kept(),
        turns in prop::collection::vec((0..200_000_i64, any::<bool>()), 1..40),
    ) {
        let mut world = fresh(start, limits);
        let kept = KeptForDeadlines { mode: Mode::Enforce, deadline_days: 60, ..kept };
        world.policy.kept_for_deadlines = kept;
        let all = strictest(limits, world.jurisdiction.ceilings);
        for (seconds, soon) in turns {
            world.now += SignedDuration::from_secs(seconds);
            let today = world.zones().day(world.now);
            world.facts.act_by = soon.then(|| today.saturating_add(20.days()));
            let Some(day) = plan_of(&world).and_then(|plan| plan.reserve) else { continue };
            world.hold(day);
            let most = if soon { all } else { rest(all, kept) };
            prop_assert!(is_within(&world.history, most, day), "{:?}", counted(&world.history, day));
        }
    }

    /// And it is told later, never dropped, and the budget holds all the while.
    #[test]
    fn budget_a_lower_class_yields_and_never_a_higher(
        start in calm_world(),
        limits in ceilings(),
        turns in prop::collection::vec((0..60_000_i64, classes(), any::<bool>(), any::<bool>()), 1..30),
    ) {
        let mut world = fresh(start, limits);
        let all = strictest(limits, world.jurisdiction.ceilings);
        let mut places: Vec<Place> = Vec::new();
        for (seconds, class, soon, introduces) in turns {
            world.now += SignedDuration::from_secs(seconds);
            world.class = class;
            let today = world.zones().day(world.now);
            world.facts.act_by = soon.then(|| today.saturating_add(3.days()));
            places.retain(|place| place.plan.due_at > world.now);
            let mut decided = world.decide();
            if let Some(Yield { holder, until, reserve, decision }) = who_yields(&world, &decided, &places) {
                let place = &mut places[holder];
                prop_assert!(place.class > class, "{:?} yields to {class:?}", place.class);
                prop_assert!(place.plan.due_at <= until && until < place.expires_at);
                prop_assert!(is_open(&world.jurisdiction.contact_hours, &world.zones(), until));
                let day = reserve.unwrap();
                *world.history.days.get_mut(&place.day).unwrap() -= 1;
                world.hold(day);
                (place.plan.due_at, place.day) = (until, day);
                decided = decision;
            }
            if let Some(place) = Place::of(&world, decided) {
                world.hold(place.day);
                places.push(Place { introduces: introduces && class == Class::Campaign, ..place });
            }
            for place in &places {
                prop_assert!(is_within(&world.history, all, place.day), "{:?}", counted(&world.history, place.day));
            }
        }
    }
}

/// Decides on one more notification. Returns the day that its first step holds a place on.
fn decide_one(world: &mut World, held: &mut Vec<Date>) -> Option<Date> {
    let day = plan_of(world)?.reserve?;
    world.hold(day);
    held.push(day);
    Some(day)
}

/// Checks one of the steps that hold a place: it is sent, or waits on with another place, or gives
/// its place back. Returns the day that it holds a place on afterwards.
fn check_one(world: &mut World, held: &mut Vec<Date>, which: Index) -> Option<Date> {
    let mine = held.swap_remove(which.index(held.len()));
    let checked = world.recheck(&channel("sms"), &[], Timestamp::MAX, Some(mine));
    if let Some(count) = world.history.days.get_mut(&mine) {
        *count -= 1;
    }
    let (Recheck::Go { reserve, .. } | Recheck::Defer { reserve, .. }) = checked else { return None };
    let day = reserve?;
    world.hold(day);
    if matches!(checked, Recheck::Defer { .. }) {
        held.push(day);
    }
    Some(day)
}
