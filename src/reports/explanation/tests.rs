//! Stories of one notification, as its citizen is told them. The world's texts say their own names.

use vestnik_contract::{Permanence, ReceiptState, SendErrorKind};

use super::*;
use crate::domain::Notification;
use crate::ledger::fixture::{World, at, nothing, notification, notify, profile, reference};
use crate::ledger::registry::Registration;

async fn told(world: &World, id: &str) -> Explanation {
    let explained = explain(&world.ledger, &world.rules, &reference(id), None).await.unwrap();
    explained.unwrap()
}

/// The names of the texts that were said, each with the moments in it.
fn names(texts: &[String]) -> Vec<&str> {
    texts.iter().map(|text| text.split(' ').next().unwrap()).collect()
}

fn channels(told: &Explanation) -> Vec<String> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    told.channels.iter().map(|one| line(&one.text)).collect()
}

#[tokio::test]
async fn what_arrived_is_told_with_its_moments_and_what_would_have_come_elsewhere() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let due = told(&world, "1").await;
    assert_eq!(names(&due.told), ["told", "inbox", "open"]);
    assert!(due.told[0].contains("birth_grant") && due.told[0].contains("17 червня 2026 року о 12:00"));
    assert!(channels(&due).contains(&"SMS: due 17 червня 2026 року о 12:00".to_owned()), "{due:?}");

    world.send("sms").await;
    assert!(channels(&told(&world, "1").await).contains(&"SMS: sent 17 червня 2026 року о 12:00".to_owned()));
    world.pass(60).await;
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    let arrived = told(&world, "1").await;
    assert_eq!(arrived.locale, Locale::Uk);
    assert_eq!(names(&arrived.told), ["told", "inbox", "delivered"]);
    let expected = "SMS: arrived 17 червня 2026 року о 12:00 17 червня 2026 року о 12:01";
    assert!(channels(&arrived).contains(&expected.to_owned()), "{arrived:?}");
    assert!(channels(&arrived).contains(&"Viber: unused no_address".to_owned()), "{arrived:?}");
    assert_eq!(names(&arrived.advice), ["give_address"]);
    assert!(arrived.advice[0].contains("Viber, Telegram"), "{arrived:?}");
}

#[tokio::test]
async fn a_stop_is_told_with_its_day_until_it_is_taken_back() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    world.says("anna", Some("sms"), ConsentAction::Withdrawn).await;
    world.publish("1", "anna").await;
    let stopped = told(&world, "1").await;
    assert_eq!(names(&stopped.told), ["told", "inbox", "inbox_only"]);
    assert!(channels(&stopped).contains(&"SMS: unused consent_withdrawn".to_owned()), "{stopped:?}");
    assert_eq!(names(&stopped.advice), ["give_address", "start"]);
    assert!(stopped.advice[1].contains("SMS 17 червня 2026 року"), "{stopped:?}");
    world.pass(60).await;
    world.says("anna", Some("sms"), ConsentAction::Granted).await;
    assert_eq!(names(&told(&world, "1").await.advice), ["give_address"]);
}

#[tokio::test]
async fn what_failed_is_told_and_what_was_put_off_says_why() {
    let world = World::sqlite().await;
    world.citizen("anna", &["viber", "sms"]).await;
    world.channel("sms").refuse(SendErrorKind::Unreachable(Permanence::Permanent));
    world.publish("1", "anna").await;
    world.send("sms").await;
    let failed = told(&world, "1").await;
    let of_sms = "SMS: failed 17 червня 2026 року о 12:00 unreachable";
    assert!(channels(&failed).contains(&of_sms.to_owned()), "{failed:?}");
    assert_eq!(names(&failed.advice), ["give_address", "check_address"]);

    world.clock.advance(jiff::SignedDuration::from_hours(12));
    world.publish("2", "anna").await;
    let put_off = told(&world, "2").await;
    let of_viber = "Viber: put_off 18 червня 2026 року о 9:00 quiet_hours";
    assert!(channels(&put_off).contains(&of_viber.to_owned()), "{put_off:?}");
    assert!(names(&put_off.advice).contains(&"other_hours"), "{put_off:?}");
    assert!(put_off.advice.iter().any(|text| text.contains("9:00 20:00")), "{put_off:?}");
    world.cancel("2").await;
    let taken_back = told(&world, "2").await;
    assert_eq!(names(&taken_back.told), ["told", "inbox", "cancelled"]);
    assert!(
        channels(&taken_back).contains(&"Viber: unused cancelled_by_source".to_owned()),
        "{taken_back:?}"
    );
}

#[tokio::test]
async fn whose_data_were_erased_is_told_so_and_of_no_inbox() {
    let world = World::sqlite().await;
    let anna = world.citizen("anna", &["sms"]).await;
    // It stood in no inbox, so that nothing leads to what its source said of her.
    let expires_at = Some(at("2026-06-17T08:00:00Z"));
    world.submit(&[notify(Notification { expires_at, ..notification("late", "anna") })]).await;
    world.publish("sent", "anna").await;
    world.send("sms").await;
    world.publish("open", "anna").await;
    world.ledger.erase(&anna, "a clerk", "request 118").await.unwrap().unwrap().commit().await.unwrap();
    for id in ["sent", "open", "late"] {
        let erased = told(&world, id).await;
        assert_eq!(names(&erased.told)[1], "erased", "{erased:?}");
        assert_eq!(names(&erased.advice), ["register"], "{erased:?}");
        assert!(erased.channels.iter().all(|one| one.channel.as_str() != PORTAL), "{erased:?}");
    }
    world.publish("after", "anna").await;
    assert_eq!(names(&told(&world, "after").await.told)[1], "erased");

    // Who comes back finds nothing of before there.
    world.pass(60).await;
    let consents = vec![world.consent(None, ConsentAction::Granted)];
    world.register(Registration { profile: Some(profile()), consents, ..nothing(anna) }).await;
    for id in ["sent", "open", "late"] {
        assert_eq!(names(&told(&world, id).await.told)[1], "erased", "{id}");
    }
    world.publish("new", "anna").await;
    assert_eq!(names(&told(&world, "new").await.told)[1], "inbox");
}

#[tokio::test]
async fn who_is_not_known_is_told_how_to_be() {
    let world = World::sqlite().await;
    world.publish("1", "nobody").await;
    let told = told(&world, "1").await;
    assert_eq!(
        (told.locale, names(&told.told)),
        (Locale::En, vec!["told", "unreachable", "no_such_citizen"])
    );
    assert_eq!((told.channels.len(), names(&told.advice)), (0, vec!["register"]));
    let nothing = explain(&world.ledger, &world.rules, &reference("2"), None).await.unwrap();
    assert_eq!(nothing, None);
}
