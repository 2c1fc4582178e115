//! Check codes: what is answered to whom, and how often.

use vestnik_contract::{Address, ChannelId, SendErrorKind};

use super::replies::says;
use crate::domain::NoticeId;
use crate::ledger::fixture::{World, address, citizen_id, notification, notify, reference, refused, route};
use crate::ledger::store::CodeRow;
use crate::ledger::{Heard, Meaning, Verdict};
use crate::notice::{CheckCode, Sent};

/// A code that nothing carries.
fn forged() -> CheckCode {
    "0000-0000".parse().unwrap()
}

fn code(world: &World, notice: NoticeId) -> CheckCode {
    world.rules.check_key.code(notice)
}

fn on(channel: Option<&str>) -> Sent {
    let channel = channel.map(|id| ChannelId::new(id).unwrap());
    Sent { day: "2026-06-17".parse().unwrap(), channel }
}

async fn asked(world: &World, who: &str, code: CheckCode) -> Verdict {
    world.ledger.check(who, code, &world.rules).await.unwrap()
}

pub(crate) async fn a_code_is_answered_and_says_nothing_of_the_content(world: World) {
    world.citizen("anna", &["viber", "sms"]).await;
    world.publish("1", "anna").await;
    let shown = code(&world, world.notice("1").await.id);
    assert_eq!(asked(&world, "a", shown).await, Verdict::Ours(vec![on(None)]), "it stands in the inbox");
    let started = world.start("sms").await.remove(0);
    world.finish("sms", &started, refused(SendErrorKind::Rejected)).await;
    assert_eq!(
        asked(&world, "a", shown).await,
        Verdict::Ours(vec![on(None)]),
        "the operator of SMS did not take it"
    );
    assert_eq!(world.send("viber").await.len(), 1);
    assert_eq!(asked(&world, "a", shown).await, Verdict::Ours(vec![on(Some("viber"))]));

    let operator = world.ledger.shown_with(shown).await.unwrap();
    let [one] = operator.as_slice() else { panic!("{operator:?}") };
    assert_eq!(one.notifications, [reference("1")]);
    assert_eq!((one.sent.len(), one.sent[0].channel.as_str()), (1, "viber"));
    assert!(one.inbox_at.is_some() && !serde_json::to_string(one).unwrap().contains("anna"));

    world.citizen("boris", &[]).await;
    world.publish("2", "boris").await;
    let entry = world.ledger.inbox(&citizen_id("boris"), None, 1).await.unwrap().remove(0);
    let lone = code(&world, NoticeId(entry.id));
    assert!(entry.text.contains(&lone.to_string()));
    assert_eq!(asked(&world, "a", lone).await, Verdict::Ours(vec![on(None)]));
    let operator = world.ledger.shown_with(lone).await.unwrap();
    assert_eq!((operator[0].kind, &operator[0].notifications), (None, &vec![reference("2")]));
    assert!(world.ledger.shown_with(forged()).await.unwrap().is_empty());
}

pub(crate) async fn two_notices_of_one_code_are_both_told(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.citizen("boris", &["email"]).await;
    world.submit(&[notify(notification("1", "anna")), notify(notification("2", "boris"))]).await;
    world.send_all().await;
    let (one, other) = (world.notice("1").await.id, world.notice("2").await.id);
    let shared = code(&world, one);
    let mut tx = world.ledger.store().begin().await.unwrap();
    let at = tx.now();
    tx.add_codes(&[CodeRow { code: shared.number(), notice: other, notification: None, at }]).await.unwrap();
    tx.commit().await.unwrap();
    let told = vec![on(Some("email")), on(Some("sms"))];
    assert_eq!(asked(&world, "a", shared).await, Verdict::Ours(told));
    assert_eq!(world.ledger.shown_with(shared).await.unwrap().len(), 2);
}

pub(crate) async fn wrong_codes_are_limited_and_counted(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let right = code(&world, world.notice("1").await.id);
    for _ in 0..10 {
        assert_eq!(asked(&world, "a", forged()).await, Verdict::NotOurs);
    }
    let Verdict::TooMany { again } = asked(&world, "a", right).await else { panic!("it is limited") };
    assert_eq!(again.to_string(), "2026-06-17T10:00:00Z");
    assert!(matches!(asked(&world, "b", right).await, Verdict::Ours(_)), "another asker is not");
    let many = (0..30).map(|_| asked(&world, "c", forged()));
    let verdicts = futures_util::future::join_all(many).await;
    let wrong = verdicts.iter().filter(|verdict| **verdict == Verdict::NotOurs).count();
    assert_eq!(wrong, 10, "also of one who asks many times at once");
    world.pass(3600).await;
    assert!(matches!(asked(&world, "a", right).await, Verdict::Ours(_)), "in the next hour it is answered");
}

pub(crate) async fn a_code_by_message_is_answered_on_the_same_channel(world: World) {
    world.citizen("anna", &["viber", "sms"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let right = code(&world, world.notice("1").await.id);
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Check(right)).await;
    says(&world, "sms", &phone, "1", Meaning::Check(right)).await;
    says(&world, "sms", &phone, "2", Meaning::Check(forged())).await;
    says(&world, "sms", &Address::new("a stranger"), "3", Meaning::Check(right)).await;
    let answers = world.send("sms").await;
    let mut texts: Vec<_> = answers.iter().map(|one| one.message.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(texts.len(), 2, "an inbound told twice is answered once, and a stranger never: {texts:?}");
    assert!(texts[0].contains("Not ours.") && texts[1].contains("Ours: 17 червня 2026 року, SMS."));
    let answer = code(&world, answers[0].notice);
    assert!(matches!(asked(&world, "a", answer).await, Verdict::Ours(_)), "an answer has a code of its own");

    for key in 4..=20 {
        says(&world, "sms", &phone, &key.to_string(), Meaning::Check(right)).await;
    }
    assert_eq!(world.send("sms").await.len(), 8, "ten answers in an hour");
    assert_eq!(world.reserved("anna").await, 1, "answers do not count in the contact budget");
}

pub(crate) async fn an_erased_citizen_leaves_a_code_that_names_nobody(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let shown = code(&world, world.notice("1").await.id);
    let erasure =
        world.ledger.erase(&citizen_id("anna"), "Olena Koval", "request 118").await.unwrap().unwrap();
    erasure.commit().await.unwrap();
    assert_eq!(
        asked(&world, "a", shown).await,
        Verdict::Ours(vec![on(Some("sms"))]),
        "it was ours all the same"
    );
    says(&world, "sms", &address("sms", "anna"), "1", Meaning::Check(shown)).await;
    assert_eq!(world.open_work().await, 1, "the receipt of the notice; nobody is answered");
}

pub(crate) async fn what_is_said_to_be_not_from_us_is_kept_and_goes_with_its_reporter(world: World) {
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    for key in 0..12 {
        says(&world, "sms", &phone, &key.to_string(), Meaning::Scam { quotes: true }).await;
    }
    let words = "НЕ ВИ: підтвердьте картку, від +380 99 000 00 00".to_owned();
    let said = Heard {
        key: "20".to_owned(),
        sender: Address::new("a stranger"),
        meaning: Meaning::Scam { quotes: true },
        words: words.clone(),
    };
    world.ledger.hear(&ChannelId::new("sms").unwrap(), &route(), &[said], &world.rules).await.unwrap();
    let thanks = world.send("sms").await;
    assert_eq!(thanks.len(), 1, "thanks come once, and never to strangers");
    assert!(thanks[0].message.text.contains("Thanks for telling."));
    let ledger = &world.ledger;
    let reports = ledger.scam_reports(None, true, 99).await.unwrap();
    assert_eq!((reports.len(), reports.iter().filter(|one| one.known).count()), (11, 10));
    let (of_stranger, of_anna) = (reports[0].id, reports[1].id);
    let text = async |id| ledger.scam_report(id).await.unwrap().unwrap().1.map(|scam| scam.text);
    assert_eq!(text(of_anna).await.as_deref(), Some("words"));
    let (_, scam) = ledger.scam_report(of_stranger).await.unwrap().unwrap();
    let scam = scam.map(|scam| (scam.text, scam.sender));
    assert_eq!(
        scam,
        Some((words.clone(), Some("+380990000000".to_owned()))),
        "the words name the look-alike"
    );
    assert!(ledger.close_scam_report(of_anna, "Olena Koval", "the police has it").await.unwrap());
    assert!(!ledger.close_scam_report(of_anna, "Olena Koval", "again").await.unwrap());
    assert_eq!(ledger.scam_reports(None, true, 99).await.unwrap().len(), 10);

    ledger
        .erase(&citizen_id("anna"), "Olena Koval", "request 118")
        .await
        .unwrap()
        .unwrap()
        .commit()
        .await
        .unwrap();
    assert_eq!(text(of_anna).await, None, "it goes with the citizen");
    assert_eq!(text(of_stranger).await, Some(words));
}
