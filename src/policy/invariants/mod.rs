//! What must always hold of every decision and every check before sending, whatever comes in.

mod world;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use vestnik_contract::ChannelId;

use self::world::{
    World, any_moment, calm_world, ceilings, contact_hours, family, minute, near_a_change_of_the_clock,
    records, span, world, zone,
};
use super::fixture::{channel, citizen, consent, jurisdiction};
use super::{Facts, Quiet, Zones, consent_in_force, preference_for, strictest};
use crate::domain::{
    Basis, Ceilings, Consent, ConsentAction, ConsentOrigin, ContactHistory, ContactHours, Outcome, Plan,
    Priority, Reason, Recheck,
};

fn plan_of(world: &World) -> Option<Plan> {
    match world.decide().outcome {
        Outcome::Push(plan) => Some(plan),
        Outcome::Close { .. } => None,
    }
}

/// What is in force by another way of reckoning: reading the records in the order they were said,
/// with a STOP that only the citizen can lift.
fn by_reading(records: &[Consent], channel: &ChannelId) -> Option<ConsentAction> {
    let mut said: Vec<_> = records.iter().filter(|record| record.covers(channel, &family())).collect();
    said.sort_by_key(|record| (record.at, record.action == ConsentAction::Withdrawn, record.seq));
    let (mut standing, mut stopped) = (None, false);
    for record in said {
        let imported = record.origin == ConsentOrigin::Import;
        if imported && stopped && record.action == ConsentAction::Granted {
            continue;
        }
        stopped = if imported { stopped } else { record.action == ConsentAction::Withdrawn };
        standing = Some(record.action);
    }
    standing
}

/// Whether the wall clocks of every zone show contact hours.
fn is_open(hours: &ContactHours, zones: &Zones, at: Timestamp) -> bool {
    zones.iter().all(|zone| {
        let local = at.to_zoned(zone.clone());
        let weekend = [Weekday::Saturday, Weekday::Sunday].contains(&local.weekday());
        let span = match (hours.holidays.contains(&local.date()), weekend) {
            (true, _) => hours.holiday,
            (false, true) => hours.weekend,
            (false, false) => Some(hours.workday),
        };
        span.is_some_and(|span| span.contains(local.time()))
    })
}

fn minutes(from: Timestamp, days: i64) -> impl Iterator<Item = Timestamp> {
    (0..days * 1440).map(move |after| from + SignedDuration::from_mins(after))
}

fn zones_of(home: Option<String>) -> Zones {
    let mut citizen = citizen();
    citizen.profile.zone = home;
    Zones::of(&citizen, &jurisdiction())
}

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn consent_the_newest_record_decides_and_an_import_never_lifts_a_stop(records in records()) {
        for id in ["sms", "portal", "pigeon"] {
            let on = channel(id);
            prop_assert_eq!(consent_in_force(&records, &on, &family()), by_reading(&records, &on));
        }
    }

    #[test]
    fn consent_no_step_and_no_sending_without_consent_or_law(world in world(minute().boxed())) {
        let has_ground = |on: &ChannelId| {
            world.basis() == Basis::Law
                || by_reading(&world.citizen.consents, on) == Some(ConsentAction::Granted)
        };
        for step in plan_of(&world).iter().flat_map(|plan| &plan.steps) {
            prop_assert!(has_ground(&step.channel), "{} is planned", step.channel);
        }
        for facts in &world.channels {
            if let Recheck::Go { .. } = world.recheck(&facts.id, &[], Timestamp::MAX, None) {
                prop_assert!(has_ground(&facts.id), "{} is sent on", facts.id);
            }
        }
    }

    #[test]
    fn consent_after_a_stop_for_all_nothing_goes_but_by_law(mut world in world(minute().boxed())) {
        let stop = consent(None, None, ConsentAction::Withdrawn, ConsentOrigin::Reply, 30);
        world.citizen.consents.push(stop);
        prop_assume!(world.basis() == Basis::Consent);
        prop_assert_eq!(plan_of(&world), None);
        for facts in &world.channels {
            let checked = world.recheck(&facts.id, &[], Timestamp::MAX, None);
            prop_assert!(matches!(checked, Recheck::Skip(_)), "{:?}", checked);
        }
    }

    #[test]
    fn consent_a_law_obeys_a_withdrawal_while_another_channel_is_left(mut world in world(minute().boxed())) {
        for rule in world.policy.classes.values_mut() {
            rule.basis = Basis::Law;
        }
        prop_assume!(world.basis() == Basis::Law);
        let planned: Vec<_> = plan_of(&world).into_iter().flat_map(|plan| plan.steps).map(|step| step.channel).collect();
        let withdrawn = |on: &&ChannelId| by_reading(&world.citizen.consents, on) == Some(ConsentAction::Withdrawn);
        let count = planned.iter().filter(withdrawn).count();
        prop_assert!(count == 0 || count == planned.len());
    }

    /// Invariant 5.
    #[test]
    fn quiet_every_push_is_due_in_contact_hours_unless_it_is_urgent(world in calm_world()) {
        let Some(plan) = plan_of(&world) else { return Ok(()) };
        prop_assume!(world.is_push(&plan.steps[0].channel) && world.facts.priority != Priority::Urgent);
        prop_assert!(is_open(&world.jurisdiction.contact_hours, &world.zones(), plan.due_at));
    }

    /// Invariant 5: deferred to a moment that will come, and never dropped for it.
    #[test]
    fn quiet_nothing_is_sent_outside_of_contact_hours_unless_it_is_urgent(world in calm_world()) {
        prop_assume!(world.facts.priority != Priority::Urgent);
        let on = channel("sms");
        match world.recheck(&on, &[], Timestamp::MAX, None) {
            Recheck::Go { .. } => {
                prop_assert!(is_open(&world.jurisdiction.contact_hours, &world.zones(), world.now));
            }
            Recheck::Defer { until, .. } => {
                prop_assert!(until > world.now);
                prop_assert!(is_open(&world.jurisdiction.contact_hours, &world.zones(), until));
            }
            Recheck::Skip(_) | Recheck::Close(..) => {}
        }
    }

    #[test]
    fn quiet_no_earlier_minute_was_permitted(
        (home, from) in prop_oneof![(zone(), minute()), near_a_change_of_the_clock()],
        hours in contact_hours(),
    ) {
        let zones = zones_of(home);
        let found = Quiet { hours: &hours, zones: &zones, wishes: &[] }.next_permitted(from);
        let is_open = |at: &Timestamp| is_open(&hours, &zones, *at);
        prop_assert!(found.is_none_or(|at| is_open(&at)));
        let before = minutes(from, 3).take_while(|at| found.is_none_or(|found| *at < found)).find(is_open);
        prop_assert_eq!(before, None);
    }

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

    #[test]
    fn jurisdiction_no_step_and_no_sending_on_a_channel_it_forbids(world in world(minute().boxed())) {
        for step in plan_of(&world).iter().flat_map(|plan| &plan.steps) {
            prop_assert!(world.jurisdiction.channels.contains(&step.channel));
        }
        for facts in world.channels.iter().filter(|facts| !world.jurisdiction.channels.contains(&facts.id)) {
            let checked = world.recheck(&facts.id, &[], Timestamp::MAX, None);
            prop_assert_eq!(checked, Recheck::Skip(Reason::JurisdictionForbids));
        }
    }

    #[test]
    fn addresses_no_step_without_an_active_one(world in world(minute().boxed())) {
        for step in plan_of(&world).iter().flat_map(|plan| &plan.steps) {
            let active = |on: &ChannelId| world.citizen.addresses.iter().any(|entry| entry.channel == *on && entry.closed.is_none());
            prop_assert!(active(&step.channel));
        }
    }

    #[test]
    fn preference_the_order_of_the_plan_is_the_citizens(world in world(minute().boxed())) {
        let Some(plan) = plan_of(&world) else { return Ok(()) };
        let preferred = preference_for(&world.citizen, &family()).and_then(|one| one.channels.as_ref());
        let order = preferred.unwrap_or(&world.policy.order);
        let places: Vec<_> = plan.steps.iter().map(|step| order.iter().position(|on| *on == step.channel)).collect();
        prop_assert!(places.iter().all(Option::is_some), "a step outside of the order");
        prop_assert!(places.is_sorted(), "{:?}", places);
    }

    #[test]
    fn trace_every_channel_is_considered_exactly_once(world in world(minute().boxed())) {
        let decision = world.decide();
        prop_assume!(!matches!(decision.outcome, Outcome::Close { reason: Reason::ExpiredOnArrival, .. }));
        let preferred = preference_for(&world.citizen, &family()).and_then(|one| one.channels.clone());
        let mut expected: Vec<_> = preferred.unwrap_or_default();
        expected.extend(world.policy.order.clone());
        let mut considered: Vec<_> = decision.trace.channels.iter().map(|(on, _)| on.clone()).collect();
        expected.sort_unstable();
        expected.dedup();
        considered.sort_unstable();
        prop_assert_eq!(considered, expected);
        let used = |reason: Reason| matches!(reason, Reason::Chosen | Reason::LawOverrides);
        let chosen: Vec<_> = decision.trace.channels.iter().filter(|(_, reason)| used(*reason)).map(|(on, _)| on).collect();
        let planned = plan_of(&world);
        let planned: Vec<_> = planned.iter().flat_map(|plan| &plan.steps).map(|step| &step.channel).collect();
        prop_assert_eq!(chosen, planned);
    }

    #[test]
    fn inbox_whatever_is_pushed_stands_there_too(world in world(minute().boxed())) {
        let decision = world.decide();
        prop_assert!(decision.inbox || !matches!(decision.outcome, Outcome::Push(_)));
    }

    #[test]
    fn plan_what_was_decided_goes_when_it_is_due_if_nothing_changes(
        world in prop_oneof![calm_world().boxed(), world(minute().boxed()).boxed()],
    ) {
        let Some(plan) = plan_of(&world) else { return Ok(()) };
        prop_assert_eq!(world.recheck_when_due(&plan), Recheck::Go { reserve: plan.reserve, left_out: vec![] });
    }

    #[test]
    fn plan_it_is_due_after_now_and_before_it_expires(world in calm_world()) {
        let Some(plan) = plan_of(&world) else { return Ok(()) };
        prop_assert!(world.now <= plan.due_at && plan.due_at < world.expires_at());
        prop_assert!(world.facts.not_before.is_none_or(|asked| asked <= plan.due_at));
        prop_assert_eq!(plan.deferred.is_some(), plan.due_at > world.now);
    }

    #[test]
    fn nothing_panics_at_the_ends_of_time(world in world(any_moment().boxed()), expires_at in any_moment()) {
        let _ = world.decide();
        for facts in &world.channels {
            let _ = world.recheck(&facts.id, &[channel("sms")], expires_at, world.facts.act_by);
        }
    }
}

proptest! {
    // Counting sixteen days minute by minute takes its time.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn quiet_a_wish_is_kept_for_eight_days_or_gives_way(
        home in zone(),
        from in minute(),
        hours in contact_hours(),
        wishes in prop::collection::vec(span(), 1..3),
    ) {
        let zones = zones_of(home);
        let is_wished = |at: &Timestamp| {
            zones.iter().all(|zone| wishes.iter().all(|span| span.contains(zone.to_datetime(*at).time())))
        };
        let Some(lawful) = minutes(from, 8).find(|at| is_open(&hours, &zones, *at)) else { return Ok(()) };
        let wished = minutes(lawful, 8).find(|at| is_wished(at) && is_open(&hours, &zones, *at));
        let found = Quiet { hours: &hours, zones: &zones, wishes: &wishes }.next_permitted(from);
        prop_assert_eq!(found, Some(wished.unwrap_or(lawful)));
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
