//! What citizens answer, on every channel that carries answers.

use std::time::Duration;

use serde_json::Value;
use vestnik_contract::sandbox::Fault;

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

/// Another person has the number by now: nothing more goes there until the citizen has sent back the code that
/// a clerk handed out, and nothing at all once the citizen has died.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_me_freezes_the_address_until_a_code_comes_back() {
    let olena = Person::on(1, &["sms"]);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&olena)).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    publish(&source, &olena, FIRST_MARK).await;
    until_shown(&world, &olena, 1).await;
    assert!(answer(&world, &olena, "Вибачте, це не я", 2).await.contains("Sorry to have disturbed you"));
    publish(&source, &olena, FIRST_MARK + 1).await;
    assert_eq!(ending(&mut world, FIRST_MARK + 1).await, ("inbox_only".into(), "address_closed".into()));

    let clerk = ["--reference", "passport seen", "--as", "Olena Koval"];
    let verify = ["citizen", "verify", &olena.id, "--channel", "sms"];
    let code = world.setting.run(&[&verify[..], &clerk].concat()).trim().to_owned();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    assert!(answer(&world, &olena, &wrong, 3).await.contains("is not right"));
    assert!(answer(&world, &olena, &format!("код {code}"), 4).await.contains("this number is yours"));
    publish(&source, &olena, FIRST_MARK + 2).await;
    until_shown(&world, &olena, 5).await;

    world.setting.run(&[&["citizen", "deceased", &olena.id], &clerk[..]].concat());
    publish(&source, &olena, FIRST_MARK + 3).await;
    assert_eq!(ending(&mut world, FIRST_MARK + 3).await, ("suppressed".into(), "deceased".into()));
    let token = world.setting.run(&["token", "create", "--label", "a test", "--scope", "registry"]);
    let feed = world.http.get(world.public.join("v1/registry/events").unwrap()).bearer_auth(token.trim());
    let events: Value = feed.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["address_disputed", "address_verified", "citizen_deceased"]);
    world.stop().await;
}

/// The relay took both mails. One comes back, of the other its reader says that it is spam: neither address is
/// written to again, and what follows stands in the inbox.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_and_a_complaint_close_the_address_that_they_are_about() {
    let people = [Person::on(1, &["email"]), Person::on(2, &["email"])];
    let [gone, tired] = &people;
    let mut world = World::new(Kept::Sqlite, &people).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    let mail = world.sandboxes.of("email").clone();
    mail.faults().next(1, Fault::FailedReceipt);
    publish(&source, gone, FIRST_MARK).await;
    until("the mail came back", AT_MOST, async || {
        world.setting.run(&["consent", "drift", "--list"]).contains("unreachable")
    })
    .await;
    publish(&source, tired, FIRST_MARK + 1).await;
    until_shown(&world, tired, 1).await;
    mail.block(tired.address("email"), true).await;
    for (mark, person) in (FIRST_MARK + 2..).zip(&people) {
        publish(&source, person, mark).await;
        assert_eq!(ending(&mut world, mark).await, ("inbox_only".into(), "address_closed".into()));
    }
    let drift = world.setting.run(&["consent", "drift", "--list"]);
    assert!(drift.contains("complained"), "{drift}");
    assert_eq!(mail.screen().accepted(), 2);
    world.stop().await;
}

/// What a citizen wishes by a reply holds from then on, and is confirmed once, in the language wished for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn language_hours_and_topics_are_changed_by_a_reply() {
    let olena = Person::on(1, &["telegram"]);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&olena)).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    publish(&source, &olena, FIRST_MARK).await;
    until_shown(&world, &olena, 1).await;
    let told = answer(&world, &olena, "Українською, будь ласка", 2).await;
    assert!(told.contains("Ви попросили писати вам українською"), "{told}");
    assert!(answer(&world, &olena, "from 10 to 10", 3).await.contains("нікому не пишемо"));
    assert!(answer(&world, &olena, "з 9 до 20", 4).await.contains("з 09:00 до 20:00"));
    let told = answer(&world, &olena, "СТОП ДІТИ", 5).await;
    assert!(told.contains("на тему «Сім’я та діти»"), "{told}");
    publish(&source, &olena, FIRST_MARK + 1).await;
    assert_eq!(ending(&mut world, FIRST_MARK + 1).await, ("inbox_only".into(), "consent_withdrawn".into()));

    let token = world.setting.run(&["token", "create", "--label", "a test", "--scope", "registry"]);
    let path = format!("v1/citizens/{}/preferences/history", olena.id);
    let asked = world.http.get(world.public.join(&path).unwrap()).bearer_auth(token.trim());
    let history: Value = asked.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let origins: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|one| one["by"]["origin"].clone()).collect();
    assert_eq!(origins, ["import", "reply", "reply"]);
    world.stop().await;
}

async fn publish(source: &Source, person: &Person, mark: u32) {
    source.publish_all(&[grant(&format!("n-{mark}"), person, mark)]).await;
}

/// How the notification of this mark ended, and why.
async fn ending(world: &mut World, mark: u32) -> (String, String) {
    let (id, mut ended) = (format!("n-{mark}"), None);
    until("the notification has ended", AT_MOST, async || {
        let told = world.statuses().await.iter().find(|status| status.id == id && status.is_final);
        ended = told.map(|status| (status.state.clone(), status.reason.clone().unwrap_or_default()));
        ended.is_some()
    })
    .await;
    ended.unwrap()
}

async fn until_shown(world: &World, person: &Person, count: usize) {
    let (channel, address) = (person.first(), person.address(person.first()));
    let screen = || world.sandboxes.of(channel).screen().messages(Some(address)).len();
    until("it is on the phone", AT_MOST, async || screen() == count).await;
}

/// The citizen writes back; gives what is answered, which is the message of this number.
async fn answer(world: &World, person: &Person, words: &str, number: usize) -> String {
    let (channel, address) = (person.first(), person.address(person.first()));
    world.sandboxes.of(channel).reply(address, words).await;
    until_shown(world, person, number).await;
    world.sandboxes.of(channel).screen().messages(Some(address)).pop().unwrap().text
}

/// The citizen answers STOP and is told that it was heard; a mail program unsubscribes by one
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
