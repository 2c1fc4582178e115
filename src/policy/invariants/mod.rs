//! What must always hold of every decision and every check before sending, whatever comes in.

mod budget;
mod clock;
mod drawn;
mod world;

use jiff::Timestamp;
use proptest::prelude::*;
use vestnik_contract::ChannelId;

use self::clock::is_open;
use self::drawn::{any_moment, minute, records};
use self::world::{World, calm_world, family, guarded_world, unhurried_world, world, world_of_strangers};
use super::fixture::{channel, consent};
use super::{Introduced, consent_in_force, preference_for};
use crate::domain::{
    Basis, Consent, ConsentAction, ConsentOrigin, FinalState, Mode, Outcome, Plan, Priority, Reason, Recheck,
};

/// How many cases of each property: `PROPTEST_CASES`, or a thousand.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

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
    fn nothing_is_planned_for_or_sent_to_who_has_died(mut world in world(minute().boxed())) {
        world.citizen.deceased = true;
        prop_assert_eq!(plan_of(&world), None);
        for facts in &world.channels {
            let says = world.recheck(&facts.id, &[], Timestamp::MAX, None);
            prop_assert_eq!(says, Recheck::Close(FinalState::Suppressed, Reason::Deceased));
        }
    }

    #[test]
    fn consent_after_a_stop_for_all_nothing_goes_but_by_law(world in world(minute().boxed())) {
        let mut world = world.on(Basis::Consent);
        let stop = consent(None, None, ConsentAction::Withdrawn, ConsentOrigin::Reply, 30);
        world.citizen.consents.push(stop);
        prop_assert_eq!(plan_of(&world), None);
        for facts in &world.channels {
            let checked = world.recheck(&facts.id, &[], Timestamp::MAX, None);
            prop_assert!(matches!(checked, Recheck::Skip(_)), "{:?}", checked);
        }
    }

    #[test]
    fn consent_a_law_obeys_a_withdrawal_while_another_channel_is_left(world in world(minute().boxed())) {
        let world = world.on(Basis::Law);
        let planned: Vec<_> = plan_of(&world).into_iter().flat_map(|plan| plan.steps).map(|step| step.channel).collect();
        let withdrawn = |on: &&ChannelId| by_reading(&world.citizen.consents, on) == Some(ConsentAction::Withdrawn);
        let count = planned.iter().filter(withdrawn).count();
        prop_assert!(count == 0 || count == planned.len());
    }

    /// What the guard paused is not sent, but where a law demands it and nothing else is left.
    #[test]
    fn guard_no_step_and_no_sending_where_it_paused_but_by_law(world in guarded_world()) {
        let planned: Vec<_> = plan_of(&world).into_iter().flat_map(|plan| plan.steps).map(|step| step.channel).collect();
        let paused = planned.iter().filter(|on| world.guarded.contains(*on)).count();
        prop_assert!(paused == 0 || world.basis() == Basis::Law && paused == planned.len());
        for on in world.guarded.iter().filter(|_| world.basis() != Basis::Law) {
            let checked = world.recheck(on, &[], Timestamp::MAX, None);
            prop_assert!(matches!(checked, Recheck::Skip(_)), "{:?}", checked);
        }
    }

    /// What it passes over goes to the channels that are left, in their order; a rule that is only
    /// reported on changes nothing.
    #[test]
    fn guard_the_rest_of_the_plan_stays_as_it_is(world in guarded_world()) {
        let channels = |world: &World| -> Vec<_> {
            plan_of(world).into_iter().flat_map(|plan| plan.steps).map(|step| step.channel).collect()
        };
        let mut free = world.clone();
        free.policy.guard.mode = Mode::Report;
        let (with, without) = (channels(&world), channels(&free));
        let rest: Vec<_> = without.iter().filter(|on| !world.guarded.contains(*on)).cloned().collect();
        // Where no moment is left for a push, the plan keeps what makes no noise alone.
        let makes_noise = |plan: &[ChannelId]| plan.iter().any(|on| world.is_push(on));
        if makes_noise(&with) && makes_noise(&without) && !rest.is_empty() {
            prop_assert_eq!(with, rest);
        }
        let told: Vec<_> = free.decide().trace.would.into_iter().filter_map(|would| would.channel).collect();
        prop_assert_eq!(told.is_empty(), without.iter().all(|on| !world.guarded.contains(on)));
    }

    /// Where introductions are paused no stranger is pushed, but by what never waits for one; everybody
    /// else is sent what was sent before.
    #[test]
    fn guard_no_stranger_is_pushed_where_it_paused_introductions(world in world_of_strangers()) {
        let waits = world.basis() == Basis::Consent && world.facts.priority != Priority::Urgent;
        let introduced = |on: &ChannelId| matches!(world.known.get(on), Some(Introduced::At(_)));
        let kept = |on: &ChannelId| {
            waits && world.is_push(on) && world.paused.contains(on) && !introduced(on)
        };
        let mut free = world.clone();
        free.paused.clear();
        for step in plan_of(&world).iter().flat_map(|plan| &plan.steps) {
            prop_assert!(!kept(&step.channel), "{} is planned", step.channel);
        }
        for facts in &world.channels {
            let checked = world.recheck(&facts.id, &[], Timestamp::MAX, None);
            if kept(&facts.id) {
                prop_assert!(matches!(checked, Recheck::Skip(_)), "{checked:?}");
            } else {
                prop_assert_eq!(checked, free.recheck(&facts.id, &[], Timestamp::MAX, None));
            }
        }
    }

    /// Invariant 5.
    #[test]
    fn quiet_every_push_is_due_in_contact_hours_unless_it_is_urgent(world in unhurried_world()) {
        let Some(plan) = plan_of(&world) else { return Ok(()) };
        let makes_noise = world.is_push(&plan.steps[0].channel);
        prop_assert!(!makes_noise || is_open(&world.jurisdiction.contact_hours, &world.zones(), plan.due_at));
    }

    /// Invariant 5: deferred to a moment that will come, and never dropped for it.
    #[test]
    fn quiet_nothing_is_sent_outside_of_contact_hours_unless_it_is_urgent(world in unhurried_world()) {
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
        if let Outcome::Close { reason: Reason::ExpiredOnArrival, .. } = decision.outcome {
            prop_assert!(decision.trace.channels.is_empty(), "no channel could change it");
            return Ok(());
        }
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
