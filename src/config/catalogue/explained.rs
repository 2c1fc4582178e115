//! What a citizen is told of a notification, in the shipped words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{DateTime, date, time};
use vestnik_contract::ChannelId;

use super::*;
use crate::domain::{Advice, FinalState, Hours, Localized, Reason};
use crate::notice::{Account, Explanation, Fate, InInbox, Way};

fn renderer() -> Renderer {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let identity = load_identity(&config).unwrap();
    load_catalogue(&config, Some(identity)).unwrap().1.unwrap()
}

fn noon() -> DateTime {
    date(2026, 6, 17).at(12, 0, 0, 0)
}

fn sms() -> ChannelId {
    ChannelId::new("sms").unwrap()
}

fn account<'a>() -> Account<'a> {
    Account {
        title: None,
        received_at: noon(),
        ended: None,
        inbox: InInbox::Nothing,
        ways: Vec::new(),
        advice: BTreeMap::new(),
        stopped_on: Some(date(2026, 6, 1)),
        hours: Some(Hours { from: time(9, 0, 0, 0), until: time(20, 0, 0, 0) }),
    }
}

fn way(fate: Fate) -> Way {
    Way { channel: sms(), fate, by_law: false }
}

/// The last of what is said of this account, in each language.
fn said(renderer: &Renderer, account: &Account<'_>, of: impl Fn(Explanation) -> Vec<String>) -> Vec<String> {
    Locale::ALL.map(|locale| of(renderer.explain(account, locale).unwrap()).pop().unwrap()).into()
}

/// Whole sentences, of which no two are the same in any language.
fn are_whole_and_differ(texts: impl Iterator<Item = Vec<String>>) {
    let mut seen = BTreeSet::new();
    for text in texts.flatten() {
        assert!(text.ends_with('.') && text.chars().next().unwrap().is_uppercase(), "{text}");
        assert!(!text.contains(['{', '$', '\u{2068}']), "{text}");
        assert!(seen.insert(text.clone()), "twice: {text}");
    }
}

#[test]
fn every_end_has_words_of_its_own_in_every_language() {
    let renderer = renderer();
    let ends = FinalState::ALL.into_iter().map(|state| Some((state, Reason::Chosen, noon()))).chain([None]);
    are_whole_and_differ(ends.map(|ended| {
        let ways = vec![way(Fate::Unused(Reason::Chosen))];
        said(&renderer, &Account { ended, ways, ..account() }, |told| told.told)
    }));
}

#[test]
fn every_reason_has_words_of_its_own_in_every_language() {
    let renderer = renderer();
    let channels = |told: Explanation| told.channels.into_iter().map(|one| one.text).collect();
    are_whole_and_differ(Reason::ALL.iter().map(|reason| {
        said(&renderer, &Account { ways: vec![way(Fate::Unused(*reason))], ..account() }, channels)
    }));
}

#[test]
fn all_advice_has_words_of_its_own_in_every_language() {
    let renderer = renderer();
    are_whole_and_differ(Advice::ALL.into_iter().map(|advice| {
        let advice = [(advice, vec![sms()])].into();
        said(&renderer, &Account { advice, ..account() }, |told| told.advice)
    }));
    let stopped = |stopped_on| {
        let advice = [(Advice::Start, vec![sms()])].into();
        said(&renderer, &Account { advice, stopped_on, ..account() }, |told| told.advice)
    };
    for (with, without) in stopped(Some(date(2026, 6, 1))).into_iter().zip(stopped(None)) {
        assert!(with.contains("2026") && !without.contains("2026"), "{with} {without}");
    }
}

#[test]
fn what_became_of_it_on_a_channel_is_told_with_its_moments() {
    let renderer = renderer();
    let later = date(2026, 6, 18).at(9, 30, 0, 0);
    let table = [
        (Fate::Planned, "SMS: we will write here if the message does not reach you otherwise."),
        (Fate::Due(later, None), "SMS: we will write on 18 June 2026 at 9:30 or soon after."),
        (
            Fate::Due(later, Some(Reason::QuietHours)),
            "SMS: we will write on 18 June 2026 at 9:30 or soon after. We do not write in quiet hours.",
        ),
        (Fate::Sending, "SMS: our message is being sent right now."),
        (Fate::Sent(noon()), "SMS: we wrote on 17 June 2026 at 12:00."),
        (
            Fate::Arrived(noon(), later),
            "SMS: we wrote on 17 June 2026 at 12:00, and the message arrived on 18 June 2026 at 9:30.",
        ),
        (
            Fate::Opened(noon(), later),
            "SMS: we wrote on 17 June 2026 at 12:00, and the message was opened on 18 June 2026 at 9:30.",
        ),
        (
            Fate::Failed(noon(), Reason::Rejected),
            "SMS: we wrote on 17 June 2026 at 12:00. The service that carries our messages did not accept the \
             text.",
        ),
    ];
    let ways = table.map(|(fate, _)| way(fate)).into();
    let told = renderer.explain(&Account { ways, ..account() }, Locale::En).unwrap();
    for ((_, expected), found) in table.iter().zip(&told.channels) {
        assert_eq!(found.text, *expected);
    }
    let by_law = Way { by_law: true, ..way(Fate::Sent(noon())) };
    let told = renderer.explain(&Account { ways: vec![by_law], ..account() }, Locale::En).unwrap();
    assert!(told.channels[0].text.contains("12:00. You asked us not to write to you here. But the law"));
}

#[test]
fn whether_it_stands_in_the_inbox_is_told() {
    let renderer = renderer();
    let inbox = [InInbox::Stands(None), InInbox::Stands(Some(noon())), InInbox::Erased];
    are_whole_and_differ(inbox.into_iter().map(|inbox| {
        said(&renderer, &Account { inbox, ..account() }, |mut told| {
            told.told.truncate(2);
            told.told
        })
    }));
    let told = renderer.explain(&Account { inbox: InInbox::Erased, ..account() }, Locale::En).unwrap().told;
    assert_eq!(told[1], "We have erased your data. This message is no longer in your account on the portal.");
}

#[test]
fn the_reason_of_the_end_is_told_once() {
    let renderer = renderer();
    let title = Localized { ru: "Д".into(), uk: "Д".into(), en: "Birth grant".into() };
    let ended = Some((FinalState::InboxOnly, Reason::NoAddress, noon()));
    let told = |ways| {
        let inbox = InInbox::Stands(Some(noon()));
        let account = Account { title: Some(&title), ended, ways, inbox, ..account() };
        renderer.explain(&account, Locale::En).unwrap().told
    };
    let of_a_channel = told(vec![way(Fate::Unused(Reason::NoAddress))]);
    assert_eq!(
        of_a_channel,
        [
            "We had to tell you about this: “Birth grant”. We learned of it on 17 June 2026 at 12:00.",
            "You opened it in your account on the portal on 17 June 2026 at 12:00.",
            "It did not reach you in any other way.",
        ]
    );
    assert_eq!(told(Vec::new())[3], "We do not have your address or number for this way.");
}
