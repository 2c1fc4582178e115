//! What citizens send back, and what it changes.

use vestnik_contract::{Address, ChannelId};

use crate::domain::{ConsentAction, FinalState, NoticeKind, Reason};
use crate::ledger::fixture::{World, address, citizen_id, new_address, nothing, route};
use crate::ledger::registry::Registration;
use crate::ledger::{ClosedBy, ClosedOrigin, Heard, Meaning, Outgoing};

/// What the senders of the tests say: on a channel, from an address, with a key.
pub(super) async fn says(
    world: &World,
    channel: &str,
    sender: &Address,
    key: &str,
    meaning: Meaning,
) -> usize {
    hear(world, channel, &[said(sender, key, meaning)]).await
}

fn said(sender: &Address, key: &str, meaning: Meaning) -> Heard {
    Heard { key: key.to_owned(), sender: sender.clone(), meaning, words: "words".to_owned() }
}

async fn hear(world: &World, channel: &str, heard: &[Heard]) -> usize {
    let channel = ChannelId::new(channel).unwrap();
    world.ledger.hear(&channel, &route(), heard, &world.rules).await.unwrap()
}

/// Of what was started, the texts.
fn texts(started: &[Outgoing]) -> Vec<&str> {
    started.iter().map(|one| one.message.text.as_str()).collect()
}

fn is_confirmation(text: &str) -> bool {
    text.contains("Stopped") || text.contains("We will write to you here")
}

pub(super) async fn nothing_is_started_after_a_stop(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    assert_eq!(says(&world, "sms", &address("sms", "anna"), "1", Meaning::Stop).await, 1);
    world.publish("2", "anna").await;
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    for id in ["1", "2"] {
        assert_eq!(world.ending(id).await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)), "{id}");
    }
    let started = world.send("sms").await;
    assert_eq!(started.len(), 1);
    assert!(started[0].message.text.contains("Stopped: channel."), "{:?}", texts(&started));
    assert_eq!((world.open_work().await, world.reserved("anna").await), (1, 0), "its receipt is awaited");
}

pub(super) async fn a_stop_is_confirmed_once_and_an_inbound_told_twice_changes_nothing(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    let stop = || said(&phone, "1", Meaning::Stop);
    assert_eq!(hear(&world, "sms", &[stop(), stop()]).await, 1);
    assert_eq!(hear(&world, "sms", &[stop()]).await, 0);
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!(view.consents.len(), 2, "the grant and the withdrawal");
    assert!(view.consents[1].evidence.starts_with("inbound "));
    assert_eq!(world.send_all().await, 1);
    // Another STOP of one who is stopped is on record and changes nothing.
    assert_eq!(says(&world, "sms", &phone, "2", Meaning::Stop).await, 1);
    assert_eq!(world.send_all().await, 0);
    // Given anew on the portal, it can be stopped anew.
    world.pass(1).await;
    world.says("anna", Some("sms"), ConsentAction::Granted).await;
    says(&world, "sms", &phone, "3", Meaning::Stop).await;
    assert_eq!(world.send_all().await, 1);
}

pub(super) async fn a_stop_for_all_reaches_every_channel_and_start_one(world: World) {
    world.citizen("anna", &["sms", "viber", "email"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::StopAll).await;
    assert!(texts(&world.send("sms").await)[0].contains("Stopped: all."));
    world.publish("1", "anna").await;
    assert_eq!(world.ending("1").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));

    says(&world, "sms", &phone, "2", Meaning::Start).await;
    assert!(texts(&world.send("sms").await)[0].contains("We will write to you here"));
    world.publish("2", "anna").await;
    let steps = world.notice("2").await.steps;
    assert_eq!((steps.len(), steps[0].planned.channel.as_str()), (1, "sms"));
}

pub(super) async fn a_start_makes_no_consent_out_of_nothing(world: World) {
    let id = citizen_id("anna");
    let addresses = vec![new_address("sms", &address("sms", "anna"))];
    let profile = Some(crate::ledger::fixture::profile());
    world.register(Registration { profile, addresses, ..nothing(id) }).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Start).await;
    world.says("anna", Some("sms"), ConsentAction::Withdrawn).await;
    says(&world, "sms", &phone, "2", Meaning::Start).await;
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!(view.consents.len(), 1, "what was said on the portal");
    assert_eq!(world.open_work().await, 0);
}

pub(super) async fn a_shared_phone_speaks_for_all_who_share_it(world: World) {
    let phone = address("sms", "home");
    for name in ["anna", "ivan"] {
        world.citizen(name, &["email"]).await;
        let addresses = vec![new_address("sms", &phone)];
        world.register(Registration { addresses, ..nothing(citizen_id(name)) }).await;
    }
    says(&world, "sms", &phone, "1", Meaning::Stop).await;
    assert_eq!(world.send("sms").await.len(), 1, "one STOP, one answer");
    for (id, name) in [("1", "anna"), ("2", "ivan")] {
        world.publish(id, name).await;
        let steps = world.notice(id).await.steps;
        assert_eq!((steps.len(), steps[0].planned.channel.as_str()), (1, "email"), "{name}");
    }
}

pub(super) async fn the_last_word_of_a_batch_holds(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.citizen("ivan", &["sms"]).await;
    let (anna, ivan) = (address("sms", "anna"), address("sms", "ivan"));
    let batch = [
        said(&anna, "1", Meaning::Stop),
        said(&ivan, "2", Meaning::Stop),
        said(&anna, "3", Meaning::Start),
        said(&ivan, "4", Meaning::Start),
        said(&ivan, "5", Meaning::Stop),
    ];
    assert_eq!(hear(&world, "sms", &batch).await, 5);
    world.publish("1", "anna").await;
    world.publish("2", "ivan").await;
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    let sent = world.send("sms").await;
    let (answers, told): (Vec<_>, Vec<_>) = texts(&sent).into_iter().partition(|text| is_confirmation(text));
    assert_eq!((answers.len(), told.len()), (5, 1));
}

pub(super) async fn a_link_ties_an_address_to_its_citizen_once(world: World) {
    let anna = world.citizen("anna", &["email"]).await;
    let telegram = ChannelId::new("telegram").unwrap();
    world.says("anna", None, ConsentAction::Withdrawn).await;
    let token = world.ledger.create_link(&anna, &telegram).await.unwrap().unwrap();
    assert!(token.len() <= 64 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    let chat = Address::new("77");
    let link = || Meaning::Link { token: token.clone() };
    says(&world, "telegram", &chat, "1", link()).await;
    assert_eq!(world.closed("anna", "telegram").await, [None]);
    assert_eq!(world.send("telegram").await[0].message.recipient, chat);
    world.publish("1", "anna").await;
    assert_eq!(world.notice("1").await.steps[0].planned.channel, telegram);

    // Nobody else can use it, nor one that is over or for another channel.
    says(&world, "telegram", &Address::new("88"), "2", link()).await;
    let over = Meaning::Link { token: world.ledger.create_link(&anna, &telegram).await.unwrap().unwrap() };
    let elsewhere =
        Meaning::Link { token: world.ledger.create_link(&anna, &telegram).await.unwrap().unwrap() };
    says(&world, "viber", &Address::new("99"), "3", elsewhere).await;
    world.pass(3600).await;
    says(&world, "telegram", &Address::new("88"), "4", over).await;
    assert_eq!(world.closed("anna", "telegram").await, [None]);
    assert!(world.closed("anna", "viber").await.is_empty());
    assert_eq!(world.ledger.create_link(&citizen_id("nobody"), &telegram).await.unwrap(), None);
}

pub(super) async fn a_link_on_viber_is_not_confirmed(world: World) {
    let anna = world.citizen("anna", &[]).await;
    let viber = ChannelId::new("viber").unwrap();
    let token = world.ledger.create_link(&anna, &viber).await.unwrap().unwrap();
    says(&world, "viber", &Address::new("u=="), "1", Meaning::Link { token }).await;
    assert_eq!((world.closed("anna", "viber").await, world.open_work().await), (vec![None], 0));
}

fn by_registry() -> ClosedBy {
    ClosedBy { origin: ClosedOrigin::Registry, evidence: "form 7".to_owned(), actor: None }
}

pub(super) async fn a_block_closes_the_address_and_a_word_opens_it(world: World) {
    world.citizen("anna", &["telegram"]).await;
    let chat = address("telegram", "anna");
    world.publish("1", "anna").await;
    says(&world, "telegram", &chat, "1", Meaning::Blocked).await;
    assert_eq!(world.closed("anna", "telegram").await, [Some("blocked".to_owned())]);
    assert_eq!(world.send_all().await, 0);
    assert_eq!(world.ending("1").await, Some((FinalState::InboxOnly, Reason::AddressClosed)));
    says(&world, "telegram", &chat, "2", Meaning::Unblocked).await;
    assert_eq!(world.closed("anna", "telegram").await, [None]);
    // A send that met the block before we heard of it.
    let telegram = ChannelId::new("telegram").unwrap();
    world
        .ledger
        .close_address(&citizen_id("anna"), &telegram, &chat, "unreachable", &by_registry())
        .await
        .unwrap();
    says(&world, "telegram", &chat, "3", Meaning::Blocked).await;
    assert_eq!(world.closed("anna", "telegram").await, [Some("blocked".to_owned())]);
    says(&world, "telegram", &chat, "4", Meaning::Text).await;
    assert_eq!((world.closed("anna", "telegram").await, world.open_work().await), (vec![None], 0));
}

pub(super) async fn what_the_registry_closed_stays_closed(world: World) {
    world.citizen("anna", &["sms"]).await;
    let (sms, phone) = (ChannelId::new("sms").unwrap(), address("sms", "anna"));
    world
        .ledger
        .close_address(&citizen_id("anna"), &sms, &phone, "not_hers_any_more", &by_registry())
        .await
        .unwrap();
    for (key, meaning) in [("1", Meaning::Unblocked), ("2", Meaning::Stop), ("3", Meaning::Blocked)] {
        says(&world, "sms", &phone, key, meaning).await;
    }
    assert_eq!(world.closed("anna", "sms").await, [Some("not_hers_any_more".to_owned())]);
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!(view.consents.len(), 1, "it speaks for her no more");
}

pub(super) async fn words_of_strangers_are_kept(world: World) {
    let stranger = Address::new("+380000000000");
    for (key, meaning) in [("1", Meaning::Stop), ("2", Meaning::Text), ("3", Meaning::Blocked)] {
        assert_eq!(says(&world, "sms", &stranger, key, meaning.clone()).await, 1);
        assert_eq!(says(&world, "sms", &stranger, key, meaning).await, 0);
    }
    let unknown = Meaning::Link { token: "made-up".to_owned() };
    assert_eq!(says(&world, "telegram", &stranger, "1", unknown).await, 1);
    assert_eq!(world.open_work().await, 0);
}

pub(super) async fn one_click_unsubscribes_and_says_so_once(world: World) {
    world.citizen("anna", &["email"]).await;
    world.publish("1", "anna").await;
    let url = world.send("email").await[0].message.unsubscribe.clone().unwrap().url;
    let token = url.path().strip_prefix("/unsubscribe/").unwrap();
    let token = world.ledger.open_stop_token(token).unwrap();
    assert!(world.ledger.stop(&token).await.unwrap());
    assert!(!world.ledger.stop(&token).await.unwrap());
    assert_eq!(world.ledger.open_stop_token("made-up"), None);
    let view = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    assert_eq!(view.consents.len(), 2);
    assert!(view.consents[1].evidence.starts_with("one-click unsubscribe of notice "));
    world.publish("2", "anna").await;
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    assert_eq!(world.notice("1").await.kind, NoticeKind::Entitlement);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// What may happen to Anna before her last STOP.
    async fn happen(world: &World, step: u8, key: &str) {
        let phone = address("sms", "anna");
        let meaning = match step {
            0 => Meaning::Stop,
            1 => Meaning::StopAll,
            2 => Meaning::Start,
            3 => Meaning::Blocked,
            4 => Meaning::Text,
            5 => return world.says("anna", Some("sms"), ConsentAction::Granted).await,
            6 => return world.publish(key, "anna").await,
            _ => return world.pass(i64::from(step)).await,
        };
        says(world, "sms", &phone, key, meaning).await;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever happened before, and whatever was on its way: after STOP only its confirmation
        /// is started, and once.
        #[test]
        fn after_a_stop_nothing_is_started_but_its_confirmation(
            steps in prop::collection::vec(0..9_u8, 0..12),
            for_all in any::<bool>(),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let world = World::sqlite().await;
                world.citizen("anna", &["sms"]).await;
                for (number, step) in steps.into_iter().enumerate() {
                    happen(&world, step, &number.to_string()).await;
                }
                world.publish("on-its-way", "anna").await;
                let claimed = world.claim("sms").await;
                let stop = if for_all { Meaning::StopAll } else { Meaning::Stop };
                let view = async || world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
                says(&world, "sms", &address("sms", "anna"), "last", stop.clone()).await;
                let said = view().await.consents.len();
                assert_eq!(says(&world, "sms", &address("sms", "anna"), "last", stop).await, 0);
                assert_eq!(view().await.consents.len(), said, "told twice it changes nothing");
                world.publish("afterwards", "anna").await;

                let started = world.ledger.start(&claimed, &world.rules).await.unwrap();
                let later = world.send("sms").await;
                let texts: Vec<_> = texts(&started).into_iter().chain(texts(&later)).collect();
                assert!(texts.iter().all(|text| is_confirmation(text)), "{texts:?}");
                assert!(view().await.consents.iter().rev().any(|one| one.action == ConsentAction::Withdrawn));
            });
        }
    }
}

pub(super) async fn an_inbound_whose_key_nobody_can_keep_is_heard_once(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    for (key, meaning) in [("a\0b".to_owned(), Meaning::Stop), ("x".repeat(100_000), Meaning::Start)] {
        assert_eq!(says(&world, "sms", &phone, &key, meaning.clone()).await, 1);
        assert_eq!(says(&world, "sms", &phone, &key, meaning).await, 0);
    }
}
