//! Consent as evidence, whoever writes it.

use jiff::SignedDuration;
use vestnik_contract::{ChannelId, Permanence, SendErrorKind};

use crate::domain::{Consent, ConsentAction, FinalState, Locale, Reason};
use crate::ledger::fixture::{
    World, address, citizen_id, new_address, nothing, notification, notify, profile, refused, route,
};
use crate::ledger::registry::{Death, NewAddress, Refusal, Registration};
use crate::ledger::{ClosedOrigin, ErasedBy, Fault, Finding, Heard, Meaning, StopToken, Testimony, Wanted};

pub(crate) async fn consent_is_chained_whoever_writes_it(world: World) {
    let anna = world.citizen("anna", &["sms", "email"]).await;
    let sms = ChannelId::new("sms").unwrap();
    let said = |at: i64| Consent {
        locale: Some(Locale::Uk),
        actor: Some("window 4".to_owned()),
        at: world.clock.now() - jiff::SignedDuration::from_secs(at),
        ..world.consent(Some("email"), ConsentAction::Granted)
    };
    let twice = |at| Registration { consents: vec![said(at), said(at + 1)], ..nothing(anna.clone()) };
    let answers = world.ledger.register(&[twice(10), twice(20)], &world.rules).await.unwrap();
    assert_eq!(answers, [Ok(()), Ok(())]);
    for (key, meaning) in [("1", Meaning::StopAll), ("2", Meaning::Start)] {
        let heard = Heard { key: key.into(), sender: address("sms", "anna"), meaning, words: String::new() };
        world.ledger.hear(&sms, &route(), &[heard], &world.rules).await.unwrap();
    }
    world.submit(&[notify(notification("1", "anna"))]).await;
    let token =
        StopToken { citizen: world.key("anna"), channel: sms.clone(), notice: world.notice("1").await.id };
    assert!(world.ledger.stop(&token).await.unwrap());

    let history = world.ledger.consent_history(&anna).await.unwrap().unwrap();
    let numbers: Vec<_> = history.records.iter().map(|record| record.number.unwrap()).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    assert!(history.whole && history.records[1].consent.actor.as_deref() == Some("window 4"));
    assert!(history.records[5].consent.evidence.starts_with("inbound "));
    assert_eq!(history.records[5].consent.actor.as_deref(), Some("citizen"));
    let verified = world.ledger.verify_consents(&anna).await.unwrap().unwrap();
    assert_eq!((verified.records, verified.older, verified.findings.len()), (8, 0, 0));
    let (all, last) = world.ledger.verify_consents_after(None, 10).await.unwrap();
    assert_eq!((all, last), (verified, Some(world.key("anna"))));
    assert!(world.ledger.consent_history(&citizen_id("nobody")).await.unwrap().is_none());
}

async fn hears(world: &World, channel: &str, name: &str, key: &str, meaning: Meaning) {
    let heard = Heard { key: key.into(), sender: address(channel, name), meaning, words: String::new() };
    let channel = ChannelId::new(channel).unwrap();
    world.ledger.hear(&channel, &route(), &[heard], &world.rules).await.unwrap();
}

pub(crate) async fn a_block_is_written_with_its_evidence(world: World) {
    world.citizen("anna", &["telegram", "sms"]).await;
    hears(&world, "telegram", "anna", "1", Meaning::Blocked).await;
    world.publish("1", "anna").await;
    let outgoing = world.start("sms").await.remove(0);
    world.finish("sms", &outgoing, refused(SendErrorKind::Unreachable(Permanence::Permanent))).await;
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    let by: Vec<_> = view.addresses.into_iter().map(|one| one.closed.unwrap().by.unwrap()).collect();
    assert!(by.iter().all(|by| by.origin == ClosedOrigin::Provider && by.actor.is_none()));
    assert!(by[0].evidence.starts_with("inbound "), "{by:?}");
    assert_eq!(by[1].evidence, format!("attempt {}", outgoing.attempt.0));
    hears(&world, "telegram", "anna", "2", Meaning::Unblocked).await;
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert!(view.addresses[0].closed.is_none());
}

pub(crate) async fn a_record_that_cannot_be_understood_is_told_with_its_citizen(world: World) {
    for name in ["anna", "boris", "clara"] {
        world.citizen(name, &["sms"]).await;
        world.says(name, Some("sms"), ConsentAction::Withdrawn).await;
    }
    world.by_another_hand("UPDATE consent SET action = 'GRANTED' WHERE seq = 3").await;
    let anna = world.ledger.consent_history(&citizen_id("anna")).await.unwrap().unwrap();
    assert!(anna.whole && anna.unreadable.is_empty());
    let boris = world.ledger.consent_history(&citizen_id("boris")).await.unwrap().unwrap();
    assert_eq!((boris.records.len(), boris.unreadable, boris.whole), (1, vec![Some(1)], false));

    let (all, _) = world.ledger.verify_consents_after(None, 10).await.unwrap();
    assert_eq!((all.citizens, all.records), (3, 6));
    let [found] = all.findings.as_slice() else { panic!("{:?}", all.findings) };
    assert_eq!(found.id, Some(citizen_id("boris")));
    assert_eq!(found.finding, Finding { fault: Fault::Changed, number: Some(1) });
    let one = world.ledger.verify_consents(&citizen_id("boris")).await.unwrap().unwrap();
    assert_eq!(one.findings, all.findings);
    assert!(world.ledger.consent_history(&citizen_id("clara")).await.unwrap().unwrap().whole);
}

pub(crate) async fn drift_is_what_a_provider_closed_and_the_citizen_wants(world: World) {
    for name in ["anna", "boris", "clara"] {
        world.citizen(name, &["telegram"]).await;
        hears(&world, "telegram", name, name, Meaning::Blocked).await;
    }
    // Boris takes it back himself, and Clara has another address.
    world.clock.advance(SignedDuration::from_secs(1));
    world.says("boris", Some("telegram"), ConsentAction::Withdrawn).await;
    let other = new_address("telegram", &address("telegram", "clara at work"));
    world.register(Registration { addresses: vec![other], ..nothing(citizen_id("clara")) }).await;
    let catalogue = &world.rules.catalogue;
    let (drift, last) = world.ledger.drift_after(None, 10, catalogue).await.unwrap();
    let [one] = drift.as_slice() else { panic!("{}", drift.len()) };
    assert_eq!(
        (one.citizen.clone(), one.reason.as_str(), one.wanted),
        (citizen_id("anna"), "blocked", Wanted::Consent)
    );
    assert!(world.ledger.drift_after(last, 10, catalogue).await.unwrap().0.is_empty());

    assert!(world.ledger.drift_is_due().await.unwrap());
    let report = world.ledger.count_drift(catalogue).await.unwrap();
    assert_eq!((report.counts.len(), report.counts[0].addresses), (1, 1));
    assert_eq!(world.ledger.drift_report().await.unwrap(), Some(report));
    assert!(!world.ledger.drift_is_due().await.unwrap());
    world.clock.advance(SignedDuration::from_hours(24));
    assert!(world.ledger.drift_is_due().await.unwrap());
}

/// Erases a citizen; gives how many addresses, consent records and notifications the act names.
async fn erase(world: &World, name: &str) -> (usize, usize, usize) {
    let erasure = world.ledger.erase(&citizen_id(name), "Olena Koval", "request 118").await.unwrap().unwrap();
    let act = &erasure.act;
    let counts = (act.addresses.len(), act.consents.len(), act.notifications.len());
    assert!(!serde_json::to_string(act).unwrap().contains(name), "nothing in it is personal");
    erasure.commit().await.unwrap();
    counts
}

pub(crate) async fn an_erased_citizen_keeps_the_chain_whole(world: World) {
    let anna = world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    hears(&world, "sms", "anna", "1", Meaning::StopAll).await;
    assert!(world.ledger.erase(&anna, "Olena Koval", "a try").await.unwrap().is_some());
    assert!(
        world.ledger.citizen(&anna).await.unwrap().is_some(),
        "what is not committed leaves all as it was"
    );
    assert_eq!(erase(&world, "anna").await, (2, 2, 1));

    let history = world.ledger.consent_history(&anna).await.unwrap().unwrap();
    assert!(history.whole && history.erased_at.is_some());
    assert!(history.records.iter().all(|one| one.consent.evidence.is_empty() && one.consent.actor.is_none()));
    assert!(world.ledger.citizen(&anna).await.unwrap().is_none());
    assert!(world.ledger.inbox(&anna, None, 10).await.unwrap().is_empty());
    assert!(world.ledger.erase(&anna, "Olena Koval", "again").await.unwrap().is_none());
    let sms = ChannelId::new("sms").unwrap();
    assert_eq!(world.ledger.create_link(&anna, &sms).await.unwrap(), None);
    let row = world.row("1").await;
    assert!(row.params.is_empty() && world.ledger.notification(&row.reference).await.unwrap().is_some());
}

pub(crate) async fn the_act_of_an_erasure_names_what_never_stood_in_the_inbox(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    world.publish("sent", "anna").await;
    world.cancel("taken back").await;
    world.publish("taken back", "anna").await;
    let by = Testimony { evidence: "act 118".to_owned(), actor: Some("Olena Koval".to_owned()) };
    let death = Some(Death { deceased: true, by });
    world.register(Registration { death, ..nothing(anna.clone()) }).await;
    world.publish("after the death", "anna").await;
    assert_eq!(world.ledger.inbox(&anna, None, 10).await.unwrap().len(), 1);

    let erasure = world.ledger.erase(&anna, "Olena Koval", "request 118").await.unwrap().unwrap();
    let told: Vec<_> = erasure
        .act
        .notifications
        .iter()
        .map(|one| (one.reference.id.as_str(), one.state.map(FinalState::as_str)))
        .collect();
    let ended = [("after the death", Some("suppressed")), ("taken back", Some("cancelled"))];
    assert_eq!(told, [ended[0], ended[1], ("sent", Some("suppressed"))]);
    erasure.commit().await.unwrap();
}

pub(crate) async fn who_was_erased_and_by_which_act_is_known_until_they_come_back(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    assert_eq!(world.ledger.erased(&anna).await.unwrap(), None);
    assert_eq!(world.ledger.erased(&citizen_id("nobody")).await.unwrap(), None);
    let erasure = world.ledger.erase(&anna, "Olena Koval", "request 118").await.unwrap().unwrap();
    let (citizen, at) = (erasure.act.citizen.clone(), erasure.act.at);
    erasure.commit().await.unwrap();
    let by = ErasedBy { person: "Olena Koval".to_owned(), reason: "request 118".to_owned() };
    let kept = world.ledger.erased(&anna).await.unwrap().unwrap();
    assert_eq!((kept.citizen, kept.by), (citizen, Some(by)));
    assert_eq!(kept.at.as_millisecond(), at.as_millisecond());
    assert!(world.ledger.erase(&anna, "another", "again").await.unwrap().is_none());

    world.clock.advance(SignedDuration::from_secs(1));
    let consents = vec![world.consent(None, ConsentAction::Granted)];
    world.register(Registration { profile: Some(profile()), consents, ..nothing(anna.clone()) }).await;
    assert_eq!(world.ledger.erased(&anna).await.unwrap(), None);
    assert!(world.ledger.citizen(&anna).await.unwrap().is_some());
}

pub(crate) async fn an_erased_citizen_stops_nobody_elses_batch(world: World) {
    for name in ["anna", "boris"] {
        world.citizen(name, &["sms"]).await;
    }
    world.publish("1", "anna").await;
    world.publish("2", "boris").await;
    erase(&world, "anna").await;
    assert_eq!(world.send_all().await, 1);
    assert_eq!(world.ending("1").await, Some((FinalState::Unreachable, Reason::NoSuchCitizen)));
    let both = [notify(notification("3", "anna")), notify(notification("4", "boris"))];
    world.submit(&both).await;
    assert_eq!(world.ending("3").await, Some((FinalState::Unreachable, Reason::NoSuchCitizen)));
    assert_eq!(world.send_all().await, 1);
    hears(&world, "sms", "anna", "1", Meaning::Stop).await;
    let (verified, _) = world.ledger.verify_consents_after(None, 10).await.unwrap();
    assert_eq!((verified.citizens, verified.findings.len()), (2, 0));
}

pub(crate) async fn an_erased_address_stays_suppressed(world: World) {
    let anna = world.citizen("anna", &["sms", "telegram"]).await;
    world.publish("1", "anna").await;
    erase(&world, "anna").await;
    let phone = new_address("sms", &address("sms", "anna"));
    let registration = Registration {
        profile: Some(profile()),
        addresses: vec![phone.clone()],
        consents: vec![world.consent(None, ConsentAction::Granted)],
        ..nothing(anna.clone())
    };
    let again = world.ledger.register(std::slice::from_ref(&registration), &world.rules).await.unwrap();
    assert_eq!(again, [Err(Refusal::Erased)], "the consent was given before");

    // Whoever else brings the number: it is not written to, until it was just used or confirmed.
    let boris = world.citizen("boris", &[]).await;
    let bring =
        |phone: &NewAddress| Registration { addresses: vec![phone.clone()], ..nothing(boris.clone()) };
    world.register(bring(&phone)).await;
    assert_eq!(world.closed("boris", "sms").await, [Some("erased".to_owned())]);
    world.register(bring(&NewAddress { reopen: true, ..phone.clone() })).await;
    assert_eq!(world.closed("boris", "sms").await, [None]);

    // Anna comes back herself; what was sealed before her erasure stops nothing.
    world.clock.advance(SignedDuration::from_secs(1));
    let consents = vec![world.consent(None, ConsentAction::Granted)];
    let chat = new_address("telegram", &address("telegram", "anna"));
    world.register(Registration { consents, addresses: vec![phone, chat], ..registration }).await;
    assert_eq!(world.closed("anna", "sms").await, [None], "the number is confirmed by now");
    assert_eq!(world.closed("anna", "telegram").await, [Some("erased".to_owned())]);
    world.publish("2", "anna").await;
    world.send_all().await;
    assert!(world.channel("sms").sent().len() == 1);
    let history = world.ledger.consent_history(&anna).await.unwrap().unwrap();
    assert_eq!((history.records.len(), history.whole, history.erased_at), (2, true, None));
    assert_eq!(world.ledger.inbox(&anna, None, 10).await.unwrap().len(), 1);
}
