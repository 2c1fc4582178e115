//! Two sets of rules over a small past.

use uuid::Uuid;

use super::*;
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::fixture::World;

fn rulebook(world: &World) -> Rulebook {
    Rulebook {
        policy: world.rules.policy.clone(),
        jurisdictions: world.rules.jurisdictions.clone(),
        strict: world.rules.strict.clone(),
        channels: world.rules.facts(),
    }
}

/// Simulates these rules; gives the totals, and the list with what changed.
async fn simulated(world: &World, after: &Rulebook) -> (Totals, String) {
    let before = rulebook(world);
    let simulation = Simulation {
        ledger: &world.ledger,
        catalogue: &world.rules.catalogue,
        before: &before,
        after,
        since: Timestamp::UNIX_EPOCH,
    };
    let (mut list, mut found, mut replayed) = (String::new(), 0, (0, 0));
    let progress = |progress: Progress<'_>| match progress {
        Progress::Found(so_far) => found = so_far,
        Progress::Replayed { done, of, changed } => {
            replayed = (done, of);
            list += &as_csv(changed).unwrap();
        }
    };
    let totals = simulation.run(progress).await.unwrap();
    assert_eq!(replayed, (found, found));
    (totals, list)
}

/// Three for Anna, of whom a day takes two, and one for Boris, who has no address.
async fn small_past() -> World {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms", "email"]).await;
    world.citizen("boris", &[]).await;
    for (id, name) in [("1", "anna"), ("2", "anna"), ("3", "anna"), ("4", "boris")] {
        world.publish(id, name).await;
    }
    world.send_all().await;
    world
}

#[tokio::test]
async fn the_rules_in_force_change_nothing() {
    let world = small_past().await;
    let (totals, list) = simulated(&world, &rulebook(&world)).await;
    assert_eq!((totals.all.notifications, totals.all.changed, totals.citizens), (4, 0, 2));
    assert_eq!((totals.contacts_before, totals.contacts_after), (3, 3));
    assert_eq!((totals.citizens_with_more, totals.citizens_with_fewer, list.as_str()), (0, 0, ""));
}

#[tokio::test]
async fn one_rule_changes_just_what_it_is_about() {
    let world = small_past().await;
    let mut one_a_day = rulebook(&world);
    one_a_day.policy.budget.per_day = Some(1);
    let (totals, list) = simulated(&world, &one_a_day).await;
    let expected =
        Tally { notifications: 4, changed: 2, later: 2, sooner: 0, other_channel: 0, lost: 0, won: 0 };
    assert_eq!(totals.all, expected);
    assert_eq!((totals.by_measure["birth_grant"], totals.by_source["family_fund"]), (expected, expected));
    // From noon to the next morning, and from one morning to the next.
    assert_eq!((totals.delay.percentile(50), totals.delay.percentile(90)), (Some(75_600), Some(86_400)));
    let rows: Vec<Vec<_>> = list.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), &rows[0][1..6]), (2, &["family_fund", "2", "birth_grant", "later", "sms"][..]));
    assert_eq!(rows[0][6..], ["2026-06-17T09:00:00Z", "sms", "2026-06-18T06:00:00Z", "", ""]);
    assert_eq!((rows[1][2], rows[1][8]), ("3", "2026-06-19T06:00:00Z"));

    let mut no_sms = rulebook(&world);
    no_sms.channels.retain(|one| one.id.as_str() != "sms");
    let (totals, _) = simulated(&world, &no_sms).await;
    assert_eq!((totals.all.other_channel, totals.channels["sms → email"]), (3, 3));
    let mut nothing = rulebook(&world);
    nothing.channels.clear();
    let (totals, list) = simulated(&world, &nothing).await;
    assert_eq!((totals.all.lost, totals.lost_because["channel_off"]), (3, 3));
    assert_eq!((totals.contacts_after, totals.citizens_with_fewer), (0, 1));
    assert!(
        list.lines().next().unwrap().ends_with(",lost,sms,2026-06-17T09:00:00Z,,,inbox_only,channel_off")
    );
    let json = serde_json::to_value(&totals).unwrap();
    assert_eq!((&json["lost"], &json["delay"]["median_seconds"]), (&3.into(), &serde_json::Value::Null));
}

#[test]
fn no_page_parts_what_is_one_citizens() {
    let of = |citizen: u8, count: usize| {
        (0..count).map(move |_| (CitizenKey([citizen; 32]), NotificationKey(Uuid::nil())))
    };
    let owned: Vec<_> = of(1, REPLAYED - 1).chain(of(2, 3)).chain(of(3, REPLAYED)).chain(of(4, 1)).collect();
    let lengths: Vec<_> = pages(&owned).map(<[_]>::len).collect();
    assert_eq!(lengths, [REPLAYED + 2, REPLAYED, 1]);
    assert_eq!(pages(&[]).count(), 0);
}

#[test]
fn a_percentile_is_one_of_the_spans() {
    let mut totals = Totals::default();
    assert_eq!(totals.delay.percentile(50), None);
    let recorded = |seconds: i64| Change::Moved {
        by: jiff::SignedDuration::from_secs(seconds),
        from: vestnik_contract::ChannelId::new("sms").unwrap(),
        to: vestnik_contract::ChannelId::new("sms").unwrap(),
    };
    let world_of_one = Recorded {
        reference: crate::ledger::fixture::reference("1"),
        measure: "birth_grant".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        facts: crate::policy::Facts::default(),
        topic: crate::domain::TopicId::new("family").unwrap(),
        class: crate::domain::Class::Entitlement,
        taken_back_at: None,
        failed: Vec::new(),
    };
    for seconds in (1..=10).chain([-7]) {
        totals.notification(&world_of_one, Some(&recorded(seconds)));
    }
    assert_eq!((totals.delay.percentile(50), totals.delay.percentile(90)), (Some(5), Some(9)));
    assert_eq!((totals.advance.percentile(50), totals.all.sooner, totals.all.later), (Some(7), 1, 10));
}
