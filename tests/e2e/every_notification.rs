//! A day's work on RabbitMQ and PostgreSQL, published by a client that is not ours.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::broker::Source;
use crate::feed::{endings, once, tally};
use crate::people::{FIRST_MARK, grant, mark_in, people};
use crate::publisher::publish_by_pika;
use crate::tier;
use crate::world::{Kept, World};

/// Invariants 2 and 3: nothing is lost, nothing is sent twice; and invariant 10: what the source is
/// told is what the phones show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_notification_is_final_and_told_and_no_message_is_sent_twice() {
    let count = if tier::is_wanted("long") { 10_000 } else { 1_000 };
    let people = people(250);
    let mut world = World::new(Kept::Postgres, &people).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;
    let plan: BTreeMap<u32, _> = (FIRST_MARK..).take(count).zip(people.iter().cycle()).collect();
    let bodies: Vec<_> =
        plan.iter().map(|(mark, person)| grant(&format!("n-{mark}"), person, *mark)).collect();
    let host = &world.host;
    tokio::task::block_in_place(|| publish_by_pika(host, &bodies));

    let at_most = Duration::from_secs(if tier::is_wanted("long") { 600 } else { 120 });
    let pulled = world.until_ended(count, at_most).await;
    let pushed = source.statuses_until(count, at_most).await;
    let ended = endings(&pulled);
    assert_eq!(ended.len(), count, "{:?}", tally(&ended));
    assert_eq!(endings(&pushed), ended, "RabbitMQ and the feed tell the same");
    assert_eq!(once(&pushed).len(), pushed.len(), "nothing failed: nothing is told twice");
    for (mark, person) in &plan {
        let state = if matches!(person.first(), "telegram" | "email") { "accepted" } else { "delivered" };
        assert_eq!(ended[&format!("n-{mark}")].state, state, "{:?}", person.first());
    }

    let mut shown = BTreeMap::new();
    for message in world.sandboxes.shown() {
        let mark = mark_in(&message.text).unwrap_or_else(|| panic!("no sum in {:?}", message.text));
        let before = shown.insert(mark, (message.channel.to_string(), message.address));
        assert_eq!(before, None, "{mark} came twice");
    }
    let planned: BTreeMap<_, _> = plan
        .iter()
        .map(|(mark, person)| (*mark, (person.first().to_owned(), person.address(person.first()).to_owned())))
        .collect();
    assert_eq!(shown, planned);
    assert_eq!(world.sandboxes.taken(), count as u64);
    assert!(world.dead_letters().is_empty());
    world.stop().await;
}
