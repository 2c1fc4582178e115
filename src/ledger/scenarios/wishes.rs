//! What citizens wish by a reply: topics, language, hours.

use jiff::civil::time;
use vestnik_contract::{Address, ChannelId};

use super::replies::says;
use crate::domain::{
    ConsentAction, ConsentOrigin, FinalState, Hours, Locale, Preference, Reason, TopicId, Wish,
};
use crate::ledger::fixture::{World, address, citizen_id, new_address, nothing};
use crate::ledger::registry::{NewPreference, Registration};
use crate::ledger::{Meaning, PreferenceVersion, SetBy, SetOrigin};

fn topic(id: &str) -> TopicId {
    TopicId::new(id).unwrap()
}

fn hours(from: i8, until: i8) -> Hours {
    Hours { from: time(from, 0, 0, 0), until: time(until, 0, 0, 0) }
}

async fn versions(world: &World, name: &str) -> Vec<PreferenceVersion> {
    world.ledger.preference_history(&citizen_id(name)).await.unwrap().unwrap()
}

/// What is sent by SMS now.
async fn sent(world: &World) -> Vec<(String, String)> {
    world.send("sms").await.into_iter().map(|one| (one.message.locale, one.message.text)).collect()
}

pub(super) async fn a_topic_is_stopped_everywhere_by_a_reply(world: World) {
    world.citizen("anna", &["sms", "viber", "email"]).await;
    let phone = address("sms", "anna");
    for key in ["1", "2"] {
        says(&world, "sms", &phone, key, Meaning::StopTopic(topic("family"))).await;
    }
    let sent = sent(&world).await;
    assert!(sent.len() == 1 && sent[0].1.contains("Stopped: topic."), "once: {sent:?}");
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    let stop = &view.consents[1];
    assert_eq!((view.consents.len(), &stop.channel, &stop.topic), (2, &None, &Some(topic("family"))));
    assert_eq!((stop.action, stop.origin), (ConsentAction::Withdrawn, ConsentOrigin::Reply));
    assert!(stop.evidence.starts_with("inbound "));
    world.publish("1", "anna").await;
    assert_eq!(world.ending("1").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    let history = world.ledger.consent_history(&citizen_id("anna")).await.unwrap().unwrap();
    assert!(history.whole);
}

pub(super) async fn a_language_is_set_by_a_reply_and_confirmed_in_it(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Language(Locale::Uk)).await;
    assert!(versions(&world, "anna").await.is_empty(), "it is hers already");
    for key in ["2", "3"] {
        says(&world, "sms", &phone, key, Meaning::Language(Locale::En)).await;
    }
    let answers = sent(&world).await;
    assert!(answers.len() == 1 && answers[0].0 == "en", "once, in the new language: {answers:?}");
    assert!(answers[0].1.contains("In your language."));
    let versions = versions(&world, "anna").await;
    assert_eq!((versions.len(), versions[0].by.origin), (1, SetOrigin::Reply));
    assert!(versions[0].by.evidence.starts_with("inbound "));
    assert_eq!(versions[0].preference.as_ref().unwrap().locale, Some(Locale::En));
    world.publish("1", "anna").await;
    assert_eq!(sent(&world).await[0].0, "en");
    says(&world, "sms", &phone, "4", Meaning::Language(Locale::Uk)).await;
    assert_eq!(sent(&world).await[0].0, "uk", "and back");
}

pub(super) async fn hours_are_set_by_a_reply_for_every_topic(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    let channels = Some(vec![ChannelId::new("sms").unwrap()]);
    let of_family =
        Preference { topic: Some(topic("family")), channels, hours: None, locale: None, bundling: None };
    let by = SetBy { origin: SetOrigin::Registry, evidence: "form".to_owned(), actor: None };
    let preferences = vec![NewPreference { preference: of_family.clone(), by }];
    world.register(Registration { preferences, ..nothing(anna.clone()) }).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Hours(Some(hours(14, 18)))).await;
    assert!(sent(&world).await[0].1.contains("Hours: span 14:00 18:00."));
    let wish = Some(Wish::EveryDay(hours(14, 18)));
    let view = async || world.ledger.citizen(&anna).await.unwrap().unwrap().preferences;
    assert!(view().await.iter().all(|one| one.hours == wish) && view().await.len() == 2);
    let kept = view().await.into_iter().find(|one| one.topic.is_some()).unwrap();
    assert_eq!(kept.channels, of_family.channels, "the rest of the preference stays");
    // At noon it is too early for her.
    world.publish("1", "anna").await;
    assert!(sent(&world).await.is_empty());
    world.pass(2 * 3600).await;
    assert_eq!(sent(&world).await.len(), 1);
    says(&world, "sms", &phone, "2", Meaning::Hours(None)).await;
    assert!(sent(&world).await[0].1.contains("Hours: any"));
    assert!(view().await.iter().all(|one| one.hours.is_none()));
    assert_eq!(versions(&world, "anna").await.len(), 5, "one by the registry, and two by each reply");
}

pub(super) async fn hours_that_never_open_are_answered_and_change_nothing(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    for (key, meaning) in [("1", Meaning::Hours(Some(hours(22, 6)))), ("2", Meaning::NoSuchHours)] {
        says(&world, "sms", &phone, key, meaning).await;
        assert!(sent(&world).await[0].1.contains("No such hours."), "{key}");
    }
    assert!(versions(&world, "anna").await.is_empty());
}

pub(super) async fn wishes_of_strangers_change_nothing_and_answers_are_limited(world: World) {
    let stranger = Address::new("+380000000000");
    let wishes = || {
        [
            Meaning::Language(Locale::En),
            Meaning::Hours(Some(hours(10, 18))),
            Meaning::NoSuchHours,
            Meaning::StopTopic(topic("family")),
        ]
    };
    for (number, meaning) in wishes().into_iter().enumerate() {
        assert_eq!(says(&world, "sms", &stranger, &number.to_string(), meaning).await, 1);
    }
    assert_eq!(world.open_work().await, 0);

    world.citizen("anna", &["sms"]).await;
    let addresses = vec![new_address("sms", &address("sms", "home"))];
    world.register(Registration { addresses, ..nothing(citizen_id("anna")) }).await;
    for number in 0..12_u8 {
        let locale = if number % 2 == 0 { Locale::En } else { Locale::Ru };
        let home = address("sms", "home");
        says(&world, "sms", &home, &format!("flip {number}"), Meaning::Language(locale)).await;
    }
    assert_eq!(versions(&world, "anna").await.len(), 12, "each is done");
    let sent = world.send("sms").await;
    assert_eq!(sent.len(), 10, "and answered within the limits");
    assert!(sent.iter().all(|one| one.message.recipient == address("sms", "home")));
}
