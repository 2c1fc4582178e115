//! The recorded past, replayed.

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Permanence, SendErrorKind};

use crate::domain::{Catalogue, ConsentAction, Notification, Reason, StepState};
use crate::ledger::fixture::{World, at, citizen_id, nothing, notification, notify, profile, reference};
use crate::ledger::registry::Registration;
use crate::ledger::replay::{LeftOut, Lives, accepted_since};
use crate::policy::replay::{Fate, Recorded, Rulebook, replay};

fn rulebook(world: &World) -> Rulebook {
    Rulebook {
        policy: world.rules.policy.clone(),
        jurisdictions: world.rules.jurisdictions.clone(),
        strict: world.rules.strict.clone(),
        channels: world.rules.facts(),
    }
}

/// All lives since a moment; keys are looked for from the beginning, because they have the system's time.
async fn lives(world: &World, since: Timestamp, catalogue: &Catalogue) -> Lives {
    let begin = accepted_since(Timestamp::UNIX_EPOCH);
    let (mut owned, next) = world.ledger.accepted_after(begin, since, 1).await.unwrap();
    let mut next = next;
    while let Some(after) = next {
        let (more, later) = world.ledger.accepted_after(after, since, 1).await.unwrap();
        owned.extend(more);
        next = later;
    }
    owned.sort_unstable();
    world.ledger.lives(&owned, since, catalogue).await.unwrap()
}

/// What became of a notification on record.
async fn on_record(world: &World, recorded: &Recorded) -> Fate {
    let row = world.row(&recorded.reference.id).await;
    if row.notice.is_some() {
        let notice = world.notice(&recorded.reference.id).await;
        // Of what no receipt came it is known that it was sent.
        let failed = |state| matches!(state, StepState::Failed { reason } if reason != Reason::NoReceipt);
        let sent = notice.steps.iter().find(|step| !step.attempts.is_empty() && !failed(step.state));
        if let Some(step) = sent {
            return Fate::Sent { at: step.attempts[0].started_at, channel: step.planned.channel.clone() };
        }
    }
    let (state, reason, _) = row.closed.unwrap();
    Fate::Ended { state, reason }
}

pub(super) async fn the_past_is_replayed_as_it_was(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.citizen("boris", &["viber"]).await;
    world.channel("sms").refuse(SendErrorKind::Unreachable(Permanence::Permanent));
    world.publish("refused", "anna").await;
    world.publish("on_viber", "boris").await;
    assert_eq!(world.send_all().await, 3);
    world.clock.advance(SignedDuration::from_hours(9));
    for (id, name) in [("quiet_1", "anna"), ("quiet_2", "anna"), ("no_room", "anna"), ("stopped", "boris")] {
        world.publish(id, name).await;
    }
    world.publish("taken_back", "anna").await;
    world.clock.advance(SignedDuration::from_hours(1));
    world.says("boris", None, ConsentAction::Withdrawn).await;
    world.cancel("taken_back").await;
    for hours in [11, 24] {
        world.clock.advance(SignedDuration::from_hours(hours));
        world.ledger.advance(100, &world.rules).await.unwrap();
        world.send_all().await;
    }
    world.publish("after_the_stop", "boris").await;

    let found = lives(&world, Timestamp::UNIX_EPOCH, &world.rules.catalogue).await;
    assert_eq!((found.lives.len(), found.left_out), (2, LeftOut::default()));
    let mut compared = 0;
    for life in &found.lives {
        assert!(life.citizen.addresses.iter().all(|entry| entry.address.expose().is_empty()));
        let replayed = replay(life, &rulebook(&world));
        for (recorded, fate) in life.notifications.iter().zip(&replayed.fates) {
            assert_eq!(*fate, on_record(&world, recorded).await, "{}", recorded.reference.id);
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}

pub(super) async fn what_others_took_is_known_and_what_nobody_can_replay_is_counted(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.citizen("boris", &["sms"]).await;
    world.publish("1", "anna").await;
    world.send_all().await;
    world.clock.advance(SignedDuration::from_hours(1));
    let since = world.clock.now();
    for (id, name) in [("2", "anna"), ("3", "boris"), ("4", "nobody")] {
        world.publish(id, name).await;
    }
    let erasure = world.ledger.erase(&citizen_id("boris"), "Olena Koval", "request 118").await.unwrap();
    erasure.unwrap().commit().await.unwrap();
    let Lives { lives: found, left_out } = lives(&world, since, &world.rules.catalogue).await;
    assert_eq!(left_out, LeftOut { unknown: 1, erased: 1, not_in_catalogue: 0 });
    let [anna] = found.as_slice() else { panic!("{}", found.len()) };
    assert_eq!((anna.notifications.len(), anna.others.days.values().sum::<u32>()), (1, 1));
    let nothing = lives(&world, since, &Catalogue::default()).await;
    assert_eq!((nothing.lives.len(), nothing.left_out.not_in_catalogue), (0, 1));
}

/// What stood in no inbox is sealed under the key of before, which opens nothing any more.
pub(super) async fn who_was_erased_and_came_back_stops_no_replay(world: World) {
    let anna = world.citizen("anna", &["sms"]).await;
    let expires_at = Some(at("2026-06-17T08:00:00Z"));
    world.submit(&[notify(Notification { expires_at, ..notification("late", "anna") })]).await;
    world.ledger.erase(&anna, "Olena Koval", "request 118").await.unwrap().unwrap().commit().await.unwrap();
    world.clock.advance(SignedDuration::from_secs(1));
    let consents = vec![world.consent(None, ConsentAction::Granted)];
    world.register(Registration { profile: Some(profile()), consents, ..nothing(anna) }).await;
    world.publish("new", "anna").await;
    let Lives { lives: found, left_out } = lives(&world, Timestamp::UNIX_EPOCH, &world.rules.catalogue).await;
    assert_eq!((found[0].notifications.len(), left_out.erased), (1, 1));
    let view = world.ledger.notification(&reference("late")).await.unwrap().unwrap();
    assert!(view.erased && !view.stands_in_inbox());
}
