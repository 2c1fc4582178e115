//! What is accepted, and what becomes of all of it.

use jiff::SignedDuration;
use jiff::civil::date;
use vestnik_contract::{Permanence, SendErrorKind};

use crate::domain::{FinalState, Priority, Reason};
use crate::ledger::fixture::{CHANNELS, World, address, at, citizen_id, notification, notify, reference};
use crate::ledger::{Answer, ExpiresBy, Moments, Submission};

/// Providers that fail in every way, by turns: all the same every notification ends, once.
pub(super) async fn nothing_accepted_is_lost(mut world: World) {
    world.change(|setting| setting.policy.budget.per_day = None);
    let people: [(&str, &[&str]); 4] =
        [("anna", &CHANNELS), ("ivan", &["sms"]), ("olha", &[]), ("petro", &["viber", "portal"])];
    for (name, channels) in people {
        world.citizen(name, channels).await;
    }
    let ids: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    let names = ["anna", "ivan", "olha", "petro", "nobody"];
    let batch: Vec<_> =
        ids.iter().zip(names.iter().cycle()).map(|(id, name)| notify(notification(id, name))).collect();
    assert!(world.submit(&batch).await.iter().all(|answer| matches!(answer, Answer::Accepted(_))));
    for (number, channel) in (0..400).zip(CHANNELS.iter().cycle()) {
        let kinds = [
            SendErrorKind::Unavailable,
            SendErrorKind::Ambiguous,
            SendErrorKind::Throttled,
            SendErrorKind::Rejected,
            SendErrorKind::Unreachable(Permanence::Soft),
            SendErrorKind::Misconfigured,
        ];
        match number % 7 {
            6 => world.channel(channel).accept_as(&[&format!("{channel}-{number}-of-many")]),
            kind => world.channel(channel).refuse(kinds[kind]),
        }
    }
    while world.open_work().await > 0 {
        for channel in CHANNELS {
            let started = world.start(channel).await;
            // Every third process dies between the start and its outcome.
            for (number, outgoing) in started.iter().enumerate() {
                if number % 3 < 2 {
                    let result =
                        vestnik_contract::Channel::send(world.channel(channel), &outgoing.message).await;
                    world.finish(channel, outgoing, result).await;
                }
            }
        }
        world.pass(120).await;
        assert!(world.clock.now() < at("2026-08-01T00:00:00Z"), "nothing is left open");
    }
    for id in &ids {
        assert!(world.ending(id).await.is_some(), "{id}");
        let ends = world.story(id).await.into_iter().filter(|entry| entry == "closed").count();
        assert_eq!(ends, 1, "{id}");
    }
}

pub(super) async fn a_repeat_changes_nothing_and_another_body_is_refused(world: World) {
    world.citizen("anna", &["sms"]).await;
    let first = notify(notification("1", "anna"));
    let Answer::Accepted(key) = world.submit(std::slice::from_ref(&first)).await[0] else {
        panic!("it is new")
    };
    let story = world.story("1").await;
    assert_eq!(world.submit(std::slice::from_ref(&first)).await, [Answer::Repeated(key)]);
    let other = Submission { body: b"another body".to_vec(), ..first };
    assert_eq!(world.submit(&[other]).await, [Answer::Conflict]);
    assert_eq!((world.story("1").await, world.open_work().await), (story, 1));
}

pub(super) async fn a_notification_that_stands_twice_in_a_batch_is_taken_once(world: World) {
    world.citizen("anna", &["sms"]).await;
    let one = notify(notification("1", "anna"));
    let other = Submission { body: b"another body".to_vec(), ..one.clone() };
    let answers = world.submit(&[one.clone(), one, other]).await;
    let Answer::Accepted(key) = answers[0] else { panic!("{answers:?}") };
    assert_eq!(answers[1..], [Answer::Repeated(key), Answer::Conflict]);
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 1));
}

/// Two processes that are handed the same reference for different citizens lock different rows; one
/// of them has to look again.
pub(super) async fn processes_that_take_the_same_reference_at_once_agree(world: World) {
    for name in ["anna", "ivan"] {
        world.citizen(name, &["sms"]).await;
    }
    for round in 0..10 {
        let id = format!("id-{round}");
        let take = async |name: &str| {
            let one = [notify(notification(&id, name))];
            loop {
                match world.ledger.accept(&one, &world.rules).await {
                    Ok(answers) => return answers[0].clone(),
                    Err(error) => assert!(error.is_transient(), "{error:?}"),
                }
            }
        };
        let (first, second) = tokio::join!(take("anna"), take("ivan"));
        assert!(
            matches!(
                (&first, &second),
                (Answer::Accepted(_), Answer::Conflict) | (Answer::Conflict, Answer::Accepted(_))
            ),
            "{first:?} {second:?}"
        );
    }
    assert_eq!(world.open_work().await, 10);
}

pub(super) async fn a_citizen_nobody_knows_is_unreachable(world: World) {
    world.publish("1", "nobody").await;
    assert_eq!(world.ending("1").await, Some((FinalState::Unreachable, Reason::NoSuchCitizen)));
    assert_eq!((world.story("1").await.join(" "), world.open_work().await), ("decided closed".into(), 0));
    assert!(world.row("1").await.params.is_empty(), "nothing is kept of whom nobody knows");
}

pub(super) async fn what_is_over_when_it_comes_is_expired(world: World) {
    world.citizen("anna", &["sms"]).await;
    let mut late = notification("1", "anna");
    late.expires_at = Some(world.clock.now());
    world.submit(&[notify(late)]).await;
    assert_eq!(world.ending("1").await, Some((FinalState::Expired, Reason::ExpiredOnArrival)));
    let view = world.ledger.notification(&reference("1")).await.unwrap().unwrap();
    assert_eq!(view.moments.expires_at, Some(world.clock.now()), "it is seen why");
    assert_eq!(view.moments.expires_by, Some(ExpiresBy::Source));
}

pub(super) async fn the_moments_of_a_notification_are_shown(world: World) {
    world.citizen("anna", &["sms"]).await;
    let asked = Moments {
        act_by: Some(date(2026, 12, 31)),
        not_before: Some(world.clock.now() + SignedDuration::from_hours(1)),
        expires_at: Some(world.clock.now() + SignedDuration::from_hours(2)),
        expires_by: Some(ExpiresBy::Source),
    };
    let mut one = notification("1", "anna");
    (one.act_by, one.not_before, one.expires_at) = (asked.act_by, asked.not_before, asked.expires_at);
    world
        .submit(&[notify(one), notify(notification("2", "anna")), notify(notification("3", "nobody"))])
        .await;
    let moments = async |id| world.ledger.notification(&reference(id)).await.unwrap().unwrap().moments;
    assert_eq!(moments("1").await, asked);
    let of_policy = moments("2").await;
    assert!(of_policy.expires_at.is_some() && of_policy.expires_by == Some(ExpiresBy::Policy));
    assert_eq!(moments("3").await, Moments::default(), "nothing is kept of whom nobody knows");
}

pub(super) async fn the_inbox_entry_is_there_before_any_push(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    let mut urgent = notification("1", "anna");
    urgent.priority = Priority::Urgent;
    world.submit(&[notify(urgent)]).await;
    let entries = world.ledger.inbox(&anna, None, 10).await.unwrap();
    assert_eq!((entries.len(), world.channel("sms").sent().len()), (1, 0));
    assert!(entries[0].text.contains("The birth grant is yours."));
    assert!(world.ledger.inbox(&citizen_id("ivan"), None, 10).await.unwrap().is_empty());
    assert_eq!(world.send("sms").await[0].message.recipient, address("sms", "anna"));
    let view = world.ledger.notification(&reference("1")).await.unwrap().unwrap();
    assert_eq!(view.priority, Priority::Urgent);
}
