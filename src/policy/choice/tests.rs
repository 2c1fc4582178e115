use ConsentAction::{Granted, Withdrawn};
use ConsentOrigin::{Import, Portal, Reply};
use proptest::prelude::*;

use super::*;
use crate::policy::fixture::{
    CHANNELS, at, channel, channels, citizen, closed, consent, enabled, jurisdiction, policy, preference,
    topic,
};
use crate::policy::stop_moment;

const TOPICS: [&str; 3] = ["family", "housing", "pension"];

fn now() -> Timestamp {
    at("2020-07-01T12:00:00Z")
}

fn choices(citizen: &Citizen) -> Choices {
    Choices::of(citizen, &policy(), &jurisdiction(), &enabled(), &TOPICS.map(topic))
}

/// The names of what is on.
fn on(citizen: &Citizen) -> (Vec<String>, Vec<String>) {
    let choices = choices(citizen);
    let topics = choices.topics.iter().filter(|(_, on)| *on).map(|(topic, _)| topic.to_string());
    (choices.channels_on().map(ToString::to_string).collect(), topics.collect())
}

fn hears(citizen: &mut Citizen, said: Vec<Said>) {
    for Said { channel, topic, action, at } in said {
        let on = channel.as_ref().map(ChannelId::as_str);
        let of = topic.as_ref().map(TopicId::as_str);
        citizen.consents.push(Consent { at, ..consent(on, of, action, Portal, 1) });
    }
}

fn set<T: Ord>(all: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    all.into_iter().collect()
}

#[test]
fn only_what_is_lawful_in_use_and_has_an_open_address_is_offered() {
    let mut citizen = citizen();
    citizen.addresses.retain(|entry| entry.channel != channel("viber"));
    for entry in &mut citizen.addresses {
        if entry.channel == channel("telegram") {
            entry.closed = Some(closed("blocked"));
        }
    }
    let (mut jurisdiction, mut policy) = (jurisdiction(), policy());
    jurisdiction.channels.remove(&channel("email"));
    let offered = |policy: &Policy| {
        let choices = Choices::of(&citizen, policy, &jurisdiction, &enabled(), &TOPICS.map(topic));
        choices.channels.into_iter().map(|(channel, _)| channel).collect::<Vec<_>>()
    };
    assert_eq!(offered(&policy), channels(&["sms", "portal"]));
    policy.channels.remove(&channel("portal"));
    assert_eq!(offered(&policy), channels(&["sms"]));
    assert_eq!(Choices::of(&citizen, &policy, &jurisdiction, &[], &TOPICS.map(topic)).channels, []);
}

#[test]
fn a_topic_that_is_off_stays_off_when_a_channel_is_switched() {
    let mut citizen = citizen();
    citizen.consents = vec![consent(None, None, Granted, Portal, 1)];
    let wanted = set(["family", "housing"].map(topic));
    let said = choices(&citizen).switch_topics(&citizen.consents, &wanted, now());
    assert_eq!(said.len(), 1);
    hears(&mut citizen, said);
    for wanted in [set(channels(&["sms", "email"])), set(channels(&CHANNELS)), set([])] {
        let said = choices(&citizen).switch_channels(&citizen.consents, &wanted, now());
        hears(&mut citizen, said);
        let (channels, topics) = on(&citizen);
        assert_eq!(set(channels), set(wanted.iter().map(ToString::to_string)));
        assert_eq!(topics, ["family", "housing"], "also while no channel is on");
    }
}

#[test]
fn who_never_said_anything_gets_all_topics_with_the_first_channel() {
    let mut citizen = citizen();
    citizen.consents = vec![];
    assert_eq!(on(&citizen), (vec![], TOPICS.map(str::to_owned).to_vec()));
    let said = choices(&citizen).switch_channels(&[], &set([channel("sms")]), now());
    assert_eq!(said.len(), 1, "one record for all topics");
    hears(&mut citizen, said);
    assert_eq!(on(&citizen), (vec!["sms".to_owned()], TOPICS.map(str::to_owned).to_vec()));
    // All topics off is nothing anywhere; a channel that is switched on then brings them back.
    let said = choices(&citizen).switch_topics(&citizen.consents, &set([]), now());
    hears(&mut citizen, said);
    assert_eq!(on(&citizen), (vec![], vec![]));
    let said = choices(&citizen).switch_channels(&citizen.consents, &set([channel("email")]), now());
    hears(&mut citizen, said);
    assert_eq!(on(&citizen).0, ["email"]);
}

#[test]
fn a_channel_that_a_preference_leaves_out_is_off_until_it_is_asked_for() {
    let mut citizen = citizen();
    citizen.consents = vec![consent(None, None, Granted, Portal, 1)];
    citizen.preferences = vec![preference(None, Some(&["sms", "email"]))];
    let choices = choices(&citizen);
    let shown: Vec<_> = choices.channels.iter().map(|(channel, on)| (channel.as_str(), *on)).collect();
    assert_eq!(
        shown,
        [("sms", true), ("email", true), ("viber", false), ("telegram", false), ("portal", false)]
    );
    let ordered: Vec<_> = choices.channels.iter().map(|(channel, _)| channel.clone()).collect();
    let order = |on: &[&str]| {
        preferred_order(&citizen, &policy(), &jurisdiction(), &ordered, &set(channels(on))).unwrap()
    };
    assert_eq!(order(&["sms", "email"]), channels(&["sms", "email"]));
    assert_eq!(order(&["sms"]), channels(&["sms", "email"]), "consent alone says that it is off");
    assert_eq!(order(&["sms", "viber"]), channels(&["sms", "email", "viber"]));
}

#[test]
fn the_order_of_policy_needs_no_preference() {
    let mut citizen = citizen();
    citizen.addresses.retain(|entry| [channel("sms"), channel("email")].contains(&entry.channel));
    let order = |ordered: &[&str]| {
        preferred_order(&citizen, &policy(), &jurisdiction(), &channels(ordered), &set([]))
    };
    assert_eq!(order(&["sms", "email"]), None);
    let expected = channels(&["email", "sms", "viber", "telegram", "portal"]);
    assert_eq!(order(&["email", "sms"]), Some(expected), "an address that comes later is not left out");
}

#[test]
fn a_place_is_taken_from_whoever_has_it() {
    let table = [
        ([1, 2, 3], ["viber", "sms", "email"]),
        ([1, 1, 3], ["sms", "viber", "email"]),
        ([2, 2, 3], ["sms", "viber", "email"]),
        ([1, 2, 1], ["email", "viber", "sms"]),
        ([3, 2, 3], ["sms", "email", "viber"]),
        ([3, 2, 1], ["email", "sms", "viber"]),
        ([1, 1, 1], ["sms", "email", "viber"]),
    ];
    for (places, expected) in table {
        let before = channels(&["viber", "sms", "email"]);
        assert_eq!(reordered(&before, &places), channels(&expected), "{places:?}");
    }
}

#[test]
fn only_the_citizens_own_stop_is_taken_back() {
    let granted = consent(Some("sms"), Some("family"), Granted, Portal, 1);
    let mut citizen = citizen();
    for (stops, back) in [(&[Import][..], 0), (&[Reply], 1), (&[Portal, Reply], 1), (&[Import, Portal], 0)] {
        citizen.consents = vec![granted.clone()];
        citizen.consents.extend(stops.iter().map(|origin| consent(None, None, Withdrawn, *origin, 2)));
        let said = choices(&citizen).taken_back(&citizen.consents, now());
        assert_eq!(said.len(), back, "{stops:?}");
        hears(&mut citizen, said);
        assert_eq!(on(&citizen).0.len(), back);
    }
}

proptest! {
    /// Whatever is on record: what is asked for is what is shown afterwards, nothing is said where
    /// nothing changes, and a STOP for everything can be taken back to just what was before.
    #[test]
    fn the_page_shows_what_was_chosen(
        said in prop::collection::vec((0..6_usize, 0..4_usize, any::<bool>(), 0..3_usize, 1..60_i8), 0..8),
        wanted_channels in prop::collection::btree_set(0..5_usize, 0..5),
        wanted_topics in prop::collection::btree_set(0..3_usize, 0..3),
    ) {
        let mut citizen = citizen();
        citizen.consents = (1..).zip(&said).map(|(seq, &(on, of, given, from, day))| {
            let action = if given { Granted } else { Withdrawn };
            let origin = [Portal, Reply, Import][from];
            let record = consent(CHANNELS.get(on).copied(), TOPICS.get(of).copied(), action, origin, day);
            Consent { seq, ..record }
        }).collect();

        let channels = set(wanted_channels.iter().map(|at| channel(CHANNELS[*at])));
        let said = choices(&citizen).switch_channels(&citizen.consents, &channels, now());
        hears(&mut citizen, said);
        let shown = choices(&citizen);
        prop_assert_eq!(set(shown.channels_on().cloned()), channels.clone());
        prop_assert_eq!(shown.switch_channels(&citizen.consents, &channels, now()), vec![]);

        if !channels.is_empty() {
            let topics = set(wanted_topics.iter().map(|at| topic(TOPICS[*at])));
            let said = shown.switch_topics(&citizen.consents, &topics, now());
            hears(&mut citizen, said);
            let shown = choices(&citizen);
            let on = set(shown.topics.iter().filter(|(_, on)| *on).map(|(topic, _)| topic.clone()));
            // Who switches all topics off is written to nowhere; their last words on each are kept in mind.
            let as_asked = if topics.is_empty() { shown.nowhere() } else { on == topics };
            prop_assert!(as_asked, "{:?}", shown);
            prop_assert!(topics.is_empty() || shown.switch_topics(&citizen.consents, &topics, now()).is_empty());
        }

        let in_force = |citizen: &Citizen| {
            let each = CHANNELS.map(|on| TOPICS.map(|of| granted(&citizen.consents, &channel(on), &topic(of))));
            each.concat()
        };
        let before = in_force(&citizen);
        prop_assert!(before.iter().any(|granted| *granted) || choices(&citizen).nowhere());
        if let Some(at) = stop_moment(&citizen.consents, None, now()) {
            let stop = Said { channel: None, topic: None, action: Withdrawn, at };
            hears(&mut citizen, vec![stop]);
            prop_assert!(choices(&citizen).nowhere() && !in_force(&citizen).contains(&true));
            let back = choices(&citizen).taken_back(&citizen.consents, now());
            hears(&mut citizen, back);
            prop_assert_eq!(in_force(&citizen), before);
        }
    }
}
