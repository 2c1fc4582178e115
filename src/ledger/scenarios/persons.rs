//! Wrong persons, shared addresses, and citizens who have died.

use jiff::SignedDuration;
use vestnik_contract::{Address, ChannelId, ReceiptState, SendErrorKind};

use super::replies::says;
use crate::domain::{FinalState, Reason, RegistryEventKind};
use crate::ledger::fixture::{World, address, citizen_id, new_address, nothing, refused};
use crate::ledger::registry::{Death, NewAddress, Registration};
use crate::ledger::store::Position;
use crate::ledger::suite::until_something_comes;
use crate::ledger::{ClosedOrigin, Meaning, NoCode, Testimony};

const DISPUTED: &str = "disputed";

fn sms() -> ChannelId {
    ChannelId::new("sms").unwrap()
}

fn clerk() -> Testimony {
    Testimony { evidence: "passport seen".to_owned(), actor: Some("Olena Koval".to_owned()) }
}

/// What the registry's owner is told of all citizens of these tests, by name.
async fn told(world: &World) -> Vec<(String, RegistryEventKind)> {
    let mut told = Vec::new();
    for name in ["anna", "ivan", "olga", "petro", "oksana"] {
        let record = world.ledger.registry_record(&citizen_id(name)).await.unwrap();
        told.extend(record.into_iter().flatten().map(|one| (name.to_owned(), one.kind)));
    }
    told
}

/// The texts that are sent by SMS now, with whom they go to.
async fn sent(world: &World) -> Vec<(String, String)> {
    let sent = world.send("sms").await;
    sent.into_iter().map(|one| (one.message.recipient.expose().to_owned(), one.message.text)).collect()
}

async fn share(world: &World, names: &[&str]) -> Address {
    let home = address("sms", "home");
    for name in names {
        world.citizen(name, &["email"]).await;
        let addresses = vec![new_address("sms", &home)];
        world.register(Registration { addresses, ..nothing(citizen_id(name)) }).await;
    }
    home
}

async fn code(world: &World, name: &str) -> String {
    let code = world.ledger.hand_out_code(&citizen_id(name), &sms(), None, &clerk()).await.unwrap();
    code.unwrap().code
}

/// A code that is not this one.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn dies(world: &World, name: &str, deceased: bool) {
    let death = Some(Death { deceased, by: clerk() });
    world.register(Registration { death, ..nothing(citizen_id(name)) }).await;
}

pub(super) async fn not_me_freezes_the_address_and_tells_the_registrys_owner(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    let phone = address("sms", "anna");
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    says(&world, "sms", &phone, "1", Meaning::NotMe).await;
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty(), "it was on its way");
    assert_eq!(world.closed("anna", "sms").await, [Some(DISPUTED.to_owned())]);
    let [(recipient, text)] = &sent(&world).await[..] else { panic!("one excuse") };
    assert!(*recipient == phone.expose() && text.contains("Not you."), "{text}");
    assert_eq!(told(&world).await, [("anna".to_owned(), RegistryEventKind::AddressDisputed)]);

    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    let closed = view.addresses.into_iter().find_map(|one| one.closed).unwrap().by.unwrap();
    assert!(closed.origin == ClosedOrigin::Reply && closed.evidence.starts_with("inbound "));
    let record = world.ledger.registry_record(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!((record.len(), &record[0].by.evidence), (1, &closed.evidence));
    // The other channel carries what the phone does not.
    assert_eq!(world.send("email").await.len(), 1);
    world.publish("2", "anna").await;
    assert_eq!(world.notice("2").await.steps[0].planned.channel.as_str(), "email");
}

pub(super) async fn not_me_on_a_shared_phone_is_of_whoever_was_written_to_last(world: World) {
    let home = share(&world, &["anna", "ivan", "olga"]).await;
    for (id, name) in [("1", "ivan"), ("2", "anna")] {
        world.publish(id, name).await;
        assert_eq!(world.send("sms").await.len(), 1, "{name}");
        world.receipt("sms", &format!("sms-{id}"), ReceiptState::Delivered).await;
        world.pass(25 * 3600).await;
    }
    says(&world, "sms", &home, "1", Meaning::NotMe).await;
    assert_eq!(world.closed("anna", "sms").await, [Some(DISPUTED.to_owned())]);
    for name in ["ivan", "olga"] {
        assert_eq!(world.closed(name, "sms").await, [None], "{name}");
    }
    assert_eq!(told(&world).await, [("anna".to_owned(), RegistryEventKind::AddressDisputed)]);
    assert_eq!(sent(&world).await.len(), 1);
    // What is for the others goes there still; once they are meant alone, that ends too.
    world.publish("3", "ivan").await;
    assert_eq!(sent(&world).await.len(), 1);
    says(&world, "sms", &home, "2", Meaning::NotMe).await;
    assert_eq!(world.closed("ivan", "sms").await, [Some(DISPUTED.to_owned())]);
    assert_eq!(world.closed("olga", "sms").await, [None]);
}

pub(super) async fn not_me_on_a_shared_phone_is_of_all_who_may_be_meant(world: World) {
    let home = share(&world, &["anna", "ivan", "olga"]).await;
    for (id, name) in [("1", "anna"), ("2", "ivan")] {
        world.publish(id, name).await;
        world.send("sms").await;
    }
    says(&world, "sms", &home, "1", Meaning::NotMe).await;
    let all = async |names: &[&str]| {
        let mut closed = Vec::new();
        for name in names {
            closed.push(world.closed(name, "sms").await[0].is_some());
        }
        closed
    };
    assert_eq!(all(&["anna", "ivan", "olga"]).await, [true, true, false], "both were written to");
    assert_eq!(sent(&world).await.len(), 1, "one reply, one excuse");

    let cottage = address("sms", "cottage");
    for name in ["petro", "oksana"] {
        world.citizen(name, &[]).await;
        let addresses = vec![new_address("sms", &cottage)];
        world.register(Registration { addresses, ..nothing(citizen_id(name)) }).await;
    }
    says(&world, "sms", &cottage, "2", Meaning::NotMe).await;
    assert_eq!(all(&["petro", "oksana"]).await, [true, true], "nobody was written to");
    assert_eq!(told(&world).await.len(), 4);
}

pub(super) async fn not_me_from_strangers_and_from_a_frozen_address_changes_nothing(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &Address::new("+380000000000"), "1", Meaning::NotMe).await;
    assert_eq!((told(&world).await.len(), world.open_work().await), (0, 0));
    says(&world, "sms", &phone, "2", Meaning::NotMe).await;
    assert_eq!(says(&world, "sms", &phone, "2", Meaning::NotMe).await, 0, "told twice");
    says(&world, "sms", &phone, "3", Meaning::NotMe).await;
    assert_eq!((told(&world).await.len(), sent(&world).await.len()), (1, 1));
    for (key, meaning) in [("4", Meaning::Text), ("5", Meaning::Stop), ("6", Meaning::Blocked)] {
        says(&world, "sms", &phone, key, meaning).await;
    }
    assert_eq!(world.closed("anna", "sms").await, [Some(DISPUTED.to_owned())]);
}

pub(super) async fn a_one_time_code_opens_the_address_again(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::NotMe).await;
    sent(&world).await;
    let first = code(&world, "anna").await;
    let code = code(&world, "anna").await;
    assert!(sent(&world).await.is_empty(), "nothing goes to the address before the code came back");
    if first != code {
        says(&world, "sms", &phone, "2", Meaning::OneTimeCode(first)).await;
        assert!(sent(&world).await[0].1.contains("Refused: wrong."), "another took its place");
    }
    says(&world, "sms", &phone, "3", Meaning::OneTimeCode(code.clone())).await;
    assert_eq!(world.closed("anna", "sms").await, [None]);
    assert!(sent(&world).await[0].1.contains("Verified."));
    let kinds: Vec<_> = told(&world).await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [RegistryEventKind::AddressDisputed, RegistryEventKind::AddressVerified]);
    let record = world.ledger.registry_record(&citizen_id("anna")).await.unwrap().unwrap();
    let by = &record[1].by;
    assert!(by.evidence.starts_with("inbound ") && by.evidence.ends_with("one-time code: passport seen"));
    assert_eq!(by.actor.as_deref(), Some("Olena Koval"));
    world.publish("1", "anna").await;
    assert_eq!(sent(&world).await.len(), 1);

    // It is good once.
    says(&world, "sms", &phone, "4", Meaning::NotMe).await;
    says(&world, "sms", &phone, "5", Meaning::OneTimeCode(code)).await;
    assert_eq!(world.closed("anna", "sms").await, [Some(DISPUTED.to_owned())]);
}

pub(super) async fn a_one_time_code_that_is_wrong_or_over_is_told_and_opens_nothing(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "dispute", Meaning::NotMe).await;
    sent(&world).await;
    let right = code(&world, "anna").await;
    let wrong = another(&right);
    for (number, answer) in (1..).zip(["wrong", "wrong", "wrong", "wrong", "over"]) {
        says(&world, "sms", &phone, &format!("{number}"), Meaning::OneTimeCode(wrong.clone())).await;
        assert!(sent(&world).await[0].1.contains(&format!("Refused: {answer}.")), "{number}");
    }
    says(&world, "sms", &phone, "too late", Meaning::OneTimeCode(right)).await;
    assert!(sent(&world).await[0].1.contains("Refused: over."));

    let right = code(&world, "anna").await;
    world.pass(30 * 60).await;
    says(&world, "sms", &phone, "expired", Meaning::OneTimeCode(right)).await;
    assert!(sent(&world).await[0].1.contains("Refused: over."));
    assert_eq!(world.closed("anna", "sms").await, [Some(DISPUTED.to_owned())]);
    assert_eq!(told(&world).await.len(), 1);

    // Nobody is answered for ever: by now ten tries in an hour are over.
    let again = code(&world, "anna").await;
    for number in 0..4 {
        let wrong = Meaning::OneTimeCode(another(&again));
        says(&world, "sms", &phone, &format!("again {number}"), wrong).await;
    }
    assert!(sent(&world).await.len() < 4);
}

pub(super) async fn a_one_time_code_is_handed_out_for_an_address_that_is_there(world: World) {
    world.citizen("anna", &["sms"]).await;
    let ask = async |name: &str, address: Option<&str>| {
        let address = address.map(Address::new);
        let asked = world.ledger.hand_out_code(&citizen_id(name), &sms(), address.as_ref(), &clerk()).await;
        asked.unwrap().map(drop)
    };
    assert_eq!(ask("nobody", None).await, Err(NoCode::NoSuchCitizen));
    assert_eq!(ask("anna", Some("sms-ivan")).await, Err(NoCode::NoSuchAddress));
    assert_eq!(ask("anna", Some("sms-anna")).await, Ok(()));
    let addresses = vec![new_address("sms", &address("sms", "second"))];
    world.register(Registration { addresses, ..nothing(citizen_id("anna")) }).await;
    assert_eq!(ask("anna", None).await, Err(NoCode::Several));
    says(&world, "sms", &address("sms", "second"), "1", Meaning::NotMe).await;
    assert_eq!(ask("anna", None).await, Ok(()));
    assert_eq!(sent(&world).await[0].0, "sms-second", "the excuse goes to who wrote, not to her other phone");
}

pub(super) async fn digits_that_nobody_awaits_are_for_a_person_to_read(world: World) {
    world.citizen("anna", &["sms"]).await;
    let stranger = Address::new("+380000000000");
    for (key, sender) in [("1", address("sms", "anna")), ("2", stranger)] {
        let digits = Meaning::OneTimeCode("101000".to_owned());
        assert_eq!(says(&world, "sms", &sender, key, digits).await, 1);
    }
    assert_eq!((world.open_work().await, told(&world).await.len()), (0, 0));
}

pub(super) async fn only_a_one_time_code_or_a_link_opens_what_is_disputed(world: World) {
    let anna = world.citizen("anna", &["telegram"]).await;
    let chat = address("telegram", "anna");
    says(&world, "telegram", &chat, "1", Meaning::NotMe).await;
    let confirmed = NewAddress { reopen: true, ..new_address("telegram", &chat) };
    world.register(Registration { addresses: vec![confirmed], ..nothing(anna.clone()) }).await;
    says(&world, "telegram", &chat, "2", Meaning::Start).await;
    assert_eq!(world.closed("anna", "telegram").await, [Some(DISPUTED.to_owned())]);
    let telegram = ChannelId::new("telegram").unwrap();
    let token = world.ledger.create_link(&anna, &telegram).await.unwrap().unwrap();
    says(&world, "telegram", &chat, "3", Meaning::Link { token }).await;
    assert_eq!(world.closed("anna", "telegram").await, [None]);
    let kinds: Vec<_> = told(&world).await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [RegistryEventKind::AddressDisputed, RegistryEventKind::AddressVerified]);
}

pub(super) async fn nothing_is_sent_to_who_has_died(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("sent", "anna").await;
    let [under_way] = &world.start("sms").await[..] else { panic!("one") };
    world.publish("pending", "anna").await;
    let claimed = world.claim("sms").await;
    dies(&world, "anna", true).await;
    let suppressed = Some((FinalState::Suppressed, Reason::Deceased));
    assert_eq!(world.ending("pending").await, suppressed);
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    // What was under way is not called back; where it failed nothing comes after it.
    assert_eq!(world.ending("sent").await, None);
    world.finish("sms", under_way, refused(SendErrorKind::Rejected)).await;
    assert_eq!(world.send_all().await, 0);
    assert_eq!(world.ending("sent").await, suppressed);
    world.publish("later", "anna").await;
    assert_eq!(world.ending("later").await, suppressed);
    assert!(world.ledger.inbox(&citizen_id("anna"), None, 9).await.unwrap().len() == 2, "not the later one");
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 0));
}

pub(super) async fn a_death_is_recorded_once_and_taken_back_by_a_named_person(world: World) {
    world.citizen("anna", &["sms"]).await;
    dies(&world, "anna", false).await;
    assert!(told(&world).await.is_empty(), "there was nothing to take back");
    dies(&world, "anna", true).await;
    dies(&world, "anna", true).await;
    let view = async || world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!(view().await.deceased_at, Some(world.clock.now()));
    world.publish("1", "anna").await;
    assert_eq!(world.ending("1").await, Some((FinalState::Suppressed, Reason::Deceased)));
    dies(&world, "anna", false).await;
    assert_eq!(view().await.deceased_at, None);
    world.publish("2", "anna").await;
    assert_eq!(world.send_all().await, 1);
    let record = world.ledger.registry_record(&citizen_id("anna")).await.unwrap().unwrap();
    let kinds: Vec<_> = record.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [RegistryEventKind::CitizenDeceased, RegistryEventKind::CitizenAlive]);
    assert!(record.iter().all(|one| one.by == clerk()));
}

pub(super) async fn a_relative_who_writes_is_answered(world: World) {
    world.citizen("anna", &["sms"]).await;
    dies(&world, "anna", true).await;
    says(&world, "sms", &address("sms", "anna"), "1", Meaning::Stop).await;
    assert!(sent(&world).await[0].1.contains("Stopped: channel."));
}

pub(super) async fn the_registrys_owner_is_told_nothing_of_the_erased(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    dies(&world, "anna", true).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let erasure = world.ledger.erase(&anna, "Olena Koval", "request 118").await.unwrap().unwrap();
    erasure.commit().await.unwrap();
    assert!(told(&world).await.is_empty());
    assert!(world.ledger.registry_record(&anna).await.unwrap().is_none());
    // Readers stop below the oldest transaction that is open on the server.
    let read = until_something_comes(async || {
        Ok(world.ledger.registry_events_after(Position::default(), 9).await.unwrap())
    });
    let read = read.await.unwrap();
    assert!(matches!(&read[..], [one] if one.citizen.is_none()), "its place is known still");
}
