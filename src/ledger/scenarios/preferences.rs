//! Preferences: versions with their sources, and what is refused.

use std::slice::from_ref;

use jiff::civil::time;
use vestnik_contract::ChannelId;

use crate::domain::{DayHours, Hours, Locale, Preference, TopicId, Wish};
use crate::ledger::fixture::{World, citizen_id, nothing};
use crate::ledger::registry::{NewPreference, Refusal, Registration};
use crate::ledger::{SetBy, SetOrigin};

fn for_all() -> Preference {
    Preference { topic: None, channels: None, hours: None, locale: None, bundling: None }
}

fn by(evidence: &str) -> SetBy {
    SetBy { origin: SetOrigin::Registry, evidence: evidence.to_owned(), actor: None }
}

fn asks(name: &str, preferences: &[Preference]) -> Registration {
    let new = |preference: &Preference| NewPreference { preference: preference.clone(), by: by("form 7") };
    Registration { preferences: preferences.iter().map(new).collect(), ..nothing(citizen_id(name)) }
}

pub(super) async fn each_change_of_a_preference_is_a_version(world: World) {
    world.citizen("anna", &["sms"]).await;
    let (anna, topic) = (citizen_id("anna"), TopicId::new("family").unwrap());
    let english = Preference { locale: Some(Locale::En), ..for_all() };
    let family = Preference { topic: Some(topic.clone()), ..english.clone() };
    for preferences in [&[for_all(), family.clone()][..], from_ref(&family), &[english.clone(), for_all()]] {
        world.clock.advance(jiff::SignedDuration::from_secs(1));
        world.register(asks("anna", preferences)).await;
    }
    assert!(world.ledger.remove_preference(&anna, Some(&topic), &by("call 1")).await.unwrap());
    assert!(!world.ledger.remove_preference(&anna, Some(&topic), &by("call 2")).await.unwrap());
    assert!(!world.ledger.remove_preference(&citizen_id("nobody"), None, &by("call 3")).await.unwrap());
    let versions = world.ledger.preference_history(&anna).await.unwrap().unwrap();
    let of = |topic: Option<&TopicId>| {
        let versions = versions.iter().filter(move |version| version.topic.as_ref() == topic);
        versions
            .map(|version| (version.number, version.preference.clone(), version.by.evidence.as_str()))
            .collect::<Vec<_>>()
    };
    let form = "form 7";
    assert_eq!(of(None), [(1, Some(for_all()), form), (2, Some(english), form), (3, Some(for_all()), form)]);
    assert_eq!(of(Some(&topic)), [(1, Some(family), form), (2, None, "call 1")]);
    let shown = world.ledger.citizen(&anna).await.unwrap().unwrap();
    assert_eq!(shown.preferences, [for_all()]);
    assert!(world.ledger.preference_history(&citizen_id("nobody")).await.unwrap().is_none());
}

pub(super) async fn a_preference_without_a_chance_is_refused_alone(mut world: World) {
    world.change(|setting| {
        setting.jurisdiction.channels.remove("viber");
    });
    for name in ["anna", "ben"] {
        world.citizen(name, &["sms"]).await;
    }
    let order = |names: &[&str]| {
        let channels = names.iter().map(|name| ChannelId::new(name).unwrap()).collect();
        Preference { channels: Some(channels), ..for_all() }
    };
    let night = Hours { from: time(20, 0, 0, 0), until: time(9, 0, 0, 0) };
    let never = Wish::ByDay(DayHours { workday: Some(night), weekend: None, holiday: Some(night) });
    let batch = [
        asks("anna", &[for_all(), order(&["sms", "viber"])]),
        asks("anna", &[Preference { hours: Some(never), ..for_all() }]),
        asks("ben", &[Preference { hours: Some(Wish::EveryDay(night)), ..order(&["sms"]) }]),
    ];
    let answers = world.ledger.register(&batch, &world.rules).await.unwrap();
    let forbidden = Refusal::ForbiddenChannel { preference: 1, channel: 1 };
    // Weekends open at ten, when the night is over; but evenings of weekends end at six.
    let never = Refusal::NeverOpens { preference: 0 };
    assert_eq!(answers, [Err(forbidden), Err(never), Err(never)]);
    for name in ["anna", "ben"] {
        assert!(world.ledger.preference_history(&citizen_id(name)).await.unwrap().unwrap().is_empty());
    }
    let good = [asks("anna", &[order(&["viber"])]), asks("ben", &[order(&["sms"])])];
    let answers = world.ledger.register(&good, &world.rules).await.unwrap();
    assert_eq!(answers, [Err(Refusal::ForbiddenChannel { preference: 0, channel: 0 }), Ok(())], "one alone");
}
