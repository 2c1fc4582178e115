//! What citizens answer, on every channel that carries answers.

use std::time::Duration;

use serde_json::Value;

use crate::broker::Source;
use crate::people::{FIRST_MARK, Person, grant, mark_in};
use crate::tier::until;
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_mins(1);

/// Invariant 1: an attempt starts only on consent in force; and invariant 8: what is not pushed
/// stands in the inbox all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_stop_nothing_is_pushed_on_the_channel_and_the_inbox_has_it_all_the_same() {
    let channels = ["telegram", "viber", "sms", "email"];
    let people: Vec<_> =
        channels.iter().enumerate().map(|(number, channel)| Person::on(number, &[*channel])).collect();
    let mut world = World::new(Kept::Sqlite, &people).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    let bodies = |first: u32| -> Vec<Value> {
        (first..).zip(&people).map(|(mark, person)| grant(&format!("n-{mark}"), person, mark)).collect()
    };
    source.publish_all(&bodies(FIRST_MARK)).await;
    world.until_ended(people.len(), AT_MOST).await;
    for person in &people {
        stop(&world, person).await;
    }
    let (second, before) = (FIRST_MARK + 100, world.sandboxes.taken());
    source.publish_all(&bodies(second)).await;
    let told = world.until_ended(2 * people.len(), AT_MOST).await;

    for (mark, person) in (second..).zip(&people) {
        let id = format!("n-{mark}");
        let ended = told.iter().find(|status| status.id == id && status.is_final).unwrap();
        let how = (ended.state.as_str(), ended.reason.as_deref().unwrap());
        assert_eq!(how, ("inbox_only", "consent_withdrawn"), "{}", person.first());
        assert!(world.inbox(person).await["entries"].as_array().unwrap().len() == 2, "{}", person.first());
    }
    assert_eq!(world.sandboxes.taken(), before);
    assert!(world.sandboxes.shown().iter().filter_map(|one| mark_in(&one.text)).all(|mark| mark < second));
    world.stop().await;
}

/// The citizen answers STOP and is told that it was heard; a mail programme unsubscribes by one
/// click, which its answer confirms.
async fn stop(world: &World, person: &Person) {
    let (channel, address) = (person.first(), person.address(person.first()));
    if channel == "email" {
        let url = world.sandboxes.mail.newest(address).unwrap().one_click().unwrap();
        let answer = world.http.post(url).form(&[("List-Unsubscribe", "One-Click")]).send().await;
        answer.unwrap().error_for_status().unwrap();
        return;
    }
    let sandbox = world.sandboxes.of(channel);
    sandbox.reply(address, "STOP").await;
    until("the STOP is confirmed", AT_MOST, async || sandbox.screen().messages(Some(address)).len() == 2)
        .await;
    let confirmation = sandbox.screen().messages(Some(address)).pop().unwrap().text;
    assert!(
        confirmation.contains("not write to you here any more")
            || confirmation.contains("not to write to you here"),
        "{confirmation}"
    );
}
