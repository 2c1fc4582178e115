//! A citizen's own page: what is changed there is evidence at once, and what it says of messages.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::time;
use vestnik_contract::ChannelId;

use crate::domain::{
    ConsentAction, ConsentOrigin, FinalState, Hours, Locale, MeasureId, Notification, Reason, TopicId, Wish,
};
use crate::ledger::fixture::{World, citizen_id, notification, notify};
use crate::ledger::{Change, Ground, Opened, Origin, PageLink, PageView, SetOrigin, Unheard};

fn channels(names: &[&str]) -> Vec<ChannelId> {
    names.iter().map(|name| ChannelId::new(name).unwrap()).collect()
}

fn topics(names: &[&str]) -> BTreeSet<TopicId> {
    names.iter().map(|name| TopicId::new(name).unwrap()).collect()
}

/// A visit to a citizen's page by a link of the portal.
struct Visit<'a> {
    world: &'a World,
    link: PageLink,
}

impl<'a> Visit<'a> {
    async fn of(world: &'a World, name: &str) -> Self {
        let made = world.ledger.create_page_link(&citizen_id(name), &world.rules).await.unwrap();
        let (url, _) = made.unwrap();
        let token = url.path().strip_prefix("/p/").unwrap();
        let Opened::Good(link) = world.ledger.open_page_link(token, world.clock.now()) else {
            panic!("the link is good")
        };
        Self { world, link }
    }

    async fn page(&self) -> PageView {
        self.world.ledger.page(&self.link, &self.world.rules).await.unwrap().unwrap()
    }

    /// Changes something on a page that shows how it stands now.
    async fn change(&self, change: Change) -> Result<(), Unheard> {
        let seen = self.page().await.citizen.consents.len();
        self.change_seen(seen, change).await
    }

    async fn change_seen(&self, seen: usize, change: Change) -> Result<(), Unheard> {
        self.world.ledger.change(&self.link, (Locale::Uk, seen), &change, &self.world.rules).await.unwrap()
    }

    async fn switch(&self, order: &[&str], on: &[&str]) -> Result<(), Unheard> {
        let (order, on) = (channels(order), channels(on).into_iter().collect());
        self.change(Change::Channels { order, on }).await
    }

    /// The channels in their order, with a minus where they are off, and the topics that are on.
    async fn stands(&self) -> (Vec<String>, Vec<String>) {
        let choices = self.page().await.choices;
        let name = |(channel, on): &(ChannelId, bool)| format!("{}{channel}", if *on { "" } else { "-" });
        let on = choices.topics.iter().filter(|(_, on)| *on);
        (choices.channels.iter().map(name).collect(), on.map(|(topic, _)| topic.to_string()).collect())
    }
}

pub(super) async fn what_is_changed_on_the_page_is_evidence_and_holds_at_once(world: World) {
    let anna = world.citizen("anna", &["sms", "email"]).await;
    let visit = Visit::of(&world, "anna").await;
    assert_eq!(
        visit.stands().await,
        (vec!["sms".into(), "email".into()], vec!["family".into(), "pension".into()])
    );

    visit.switch(&["email", "sms"], &["email", "sms"]).await.unwrap();
    visit.switch(&["email", "sms"], &["email"]).await.unwrap();
    visit.change(Change::Topics(topics(&["family"]))).await.unwrap();
    assert_eq!(visit.stands().await, (vec!["email".into(), "-sms".into()], vec!["family".into()]));
    world.publish("1", "anna").await;
    assert_eq!((world.send("email").await.len(), world.send("sms").await.len()), (1, 0));
    let pension = Notification {
        measure: MeasureId::new("pension").unwrap(),
        life_event: "pension_age".parse().unwrap(),
        ..notification("2", "anna")
    };
    world.submit(&[notify(pension)]).await;
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));

    let history = world.ledger.consent_history(&anna).await.unwrap().unwrap();
    let Origin::Portal(number) = visit.link.origin else { panic!("by the portal") };
    let said: Vec<_> = history.records[1..].iter().map(|record| &record.consent).collect();
    assert!(history.whole && said.len() == 2);
    for consent in said {
        assert_eq!((consent.action, consent.origin), (ConsentAction::Withdrawn, ConsentOrigin::Portal));
        assert_eq!(consent.evidence, format!("own page, by link {number} of the portal"));
        assert_eq!((consent.locale, consent.actor.as_deref()), (Some(Locale::Uk), Some("citizen")));
        assert!(consent.wording.is_some());
    }

    visit.change(Change::StopAll).await.unwrap();
    visit.change(Change::StopAll).await.unwrap();
    assert_eq!(visit.stands().await.0, ["-email", "-sms"]);
    world.publish("3", "anna").await;
    assert_eq!(world.ending("3").await.unwrap().0, FinalState::InboxOnly);
    assert!(visit.page().await.can_resume);
    visit.change(Change::Resume).await.unwrap();
    assert_eq!(visit.stands().await, (vec!["email".into(), "-sms".into()], vec!["family".into()]));
    assert!(!visit.page().await.can_resume);
}

pub(super) async fn preferences_of_the_page_are_versions(world: World) {
    let anna = world.citizen("anna", &["sms", "email"]).await;
    let visit = Visit::of(&world, "anna").await;
    let hours =
        |from, until| Some(Wish::EveryDay(Hours { from: time(from, 0, 0, 0), until: time(until, 0, 0, 0) }));
    visit.change(Change::Language(Locale::Uk)).await.unwrap();
    visit.change(Change::Hours(hours(10, 12))).await.unwrap();
    visit.change(Change::Hours(hours(10, 12))).await.unwrap();
    assert_eq!(visit.change(Change::Hours(hours(6, 9))).await, Err(Unheard::NeverOpens));
    visit.change(Change::Hours(None)).await.unwrap();
    visit.change(Change::Alike("pension".parse().unwrap())).await.unwrap();
    let versions = world.ledger.preference_history(&anna).await.unwrap().unwrap();
    let told: Vec<_> = versions.iter().map(|one| one.preference.clone().unwrap()).collect();
    assert_eq!(told.iter().map(|one| one.hours).collect::<Vec<_>>(), [None, hours(10, 12), None]);
    assert!(told.iter().all(|one| one.locale == Some(Locale::Uk)));
    assert!(versions.iter().all(|one| one.by.origin == SetOrigin::Page), "and the source of each is told");
}

pub(super) async fn an_old_page_undoes_no_stop(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    let visit = Visit::of(&world, "anna").await;
    let seen = visit.page().await.citizen.consents.len();
    world.says("anna", None, ConsentAction::Withdrawn).await;
    let (order, on) = (channels(&["email", "sms"]), channels(&["sms", "email"]).into_iter().collect());
    let saved = visit.change_seen(seen, Change::Channels { order, on }).await;
    assert_eq!(saved, Err(Unheard::Stale));
    assert_eq!(visit.change_seen(seen, Change::Topics(topics(&["family"]))).await, Err(Unheard::Stale));
    assert_eq!(visit.change_seen(seen, Change::Resume).await, Err(Unheard::Stale));
    assert_eq!(visit.change_seen(seen, Change::StopAll).await, Ok(()), "to stop is always heard");
    assert_eq!(visit.stands().await.0, ["-sms", "-email"]);

    for (order, on) in [
        (&["sms"][..], &["sms"][..]),
        (&["sms", "sms"], &["sms"]),
        (&["sms", "email", "viber"], &["viber"]),
        (&["sms", "email"], &["viber"]),
    ] {
        assert_eq!(visit.switch(order, on).await, Err(Unheard::Stale), "{order:?} {on:?}");
    }
    assert_eq!(visit.change(Change::Topics(topics(&["family"]))).await, Err(Unheard::Nowhere));
    assert_eq!(visit.change(Change::Topics(topics(&["moon"]))).await, Err(Unheard::Stale));
}

pub(super) async fn a_link_changes_only_so_much_in_an_hour(world: World) {
    world.citizen("anna", &["sms"]).await;
    let visit = Visit::of(&world, "anna").await;
    let mut taken = 0;
    while visit.change(Change::Language([Locale::Uk, Locale::Ru][taken % 2])).await == Ok(()) {
        taken += 1;
    }
    assert!((90..=100).contains(&taken), "{taken}");
    assert_eq!(visit.change(Change::StopAll).await, Ok(()), "to stop is always heard");
    assert_eq!(visit.change(Change::Resume).await, Err(Unheard::TooMany));
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(visit.change(Change::Resume).await, Ok(()));
}

pub(super) async fn the_page_says_why_a_message_came(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let law = MeasureId::new("birth_record").unwrap();
    world.submit(&[notify(Notification { measure: law, ..notification("2", "anna") })]).await;
    world.send("sms").await;
    world.citizen("boris", &[]).await;
    world.publish("3", "boris").await;

    let told = Visit::of(&world, "anna").await.page().await.told;
    let of: Vec<_> = told.iter().map(|one| (one.entry.measure.as_str(), one.sent.len())).collect();
    assert_eq!(of, [("birth_record", 1), ("birth_grant", 1)], "the newest first");
    assert_eq!(told[0].sent[0].ground, Ground::Law);
    let agreed = Ground::Consent { at: world.clock.now(), origin: ConsentOrigin::Portal };
    assert_eq!(told[1].sent[0].ground, agreed);
    assert_eq!((told[1].source.as_str(), told[1].sent[0].channel.as_str()), ("family_fund", "sms"));
    let told = Visit::of(&world, "boris").await.page().await.told;
    assert!(told.len() == 1 && told[0].sent.is_empty(), "it stands in the inbox alone");
}

pub(super) async fn nobody_has_a_page_once_erased(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    let visit = Visit::of(&world, "anna").await;
    world.ledger.erase(&anna, "a clerk", "on request").await.unwrap().unwrap().commit().await.unwrap();
    assert!(world.ledger.page(&visit.link, &world.rules).await.unwrap().is_none());
    assert_eq!(visit.change_seen(0, Change::StopAll).await, Err(Unheard::Gone));
    assert!(world.ledger.create_page_link(&anna, &world.rules).await.unwrap().is_none());
}
