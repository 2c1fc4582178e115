//! *STOP everywhere*: said once, by SMS, and seen at once in Telegram, in the mail and on the portal.

use serde_json::{Value, json};

use super::{AT_MOST, ending};
use crate::broker::Source;
use crate::people::{FIRST_MARK, Person, grant};
use crate::tier::until;
use crate::world::{Kept, World};

const CHANNELS: [&str; 4] = ["telegram", "sms", "email", "portal"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_everywhere() {
    let olena = Person::on(1, &CHANNELS);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&olena)).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    let office = Office::of(&world);

    // She is written to on each of her channels, one after the other.
    for (mark, channel) in (FIRST_MARK..).zip(CHANNELS) {
        office.prefers(&world, &olena, &[channel]).await;
        source.publish_all(&[grant(&format!("n-{mark}"), &olena, mark)]).await;
        until("it is on her phone", AT_MOST, async || shown(&world, &olena, channel) == 1).await;
    }
    office.prefers(&world, &olena, &CHANNELS).await;

    // She answers the SMS, and is told once, by SMS, that it was heard.
    world.sandboxes.of("sms").reply(olena.address("sms"), "СТОП ВСЕ").await;
    until("the STOP is confirmed", AT_MOST, async || shown(&world, &olena, "sms") == 2).await;
    let before = world.sandboxes.taken();
    assert_eq!(before, 5, "four notices and one confirmation");

    // What is published now is pushed nowhere and stands in the inbox.
    source.publish_all(&[grant("after", &olena, FIRST_MARK + 10)]).await;
    assert_eq!(ending(&mut world, "after").await, ("inbox_only".into(), "consent_withdrawn".into()));
    assert_eq!(world.inbox(&olena).await["entries"].as_array().unwrap().len(), 5);

    // The registry sees it, and the mail's one click finds nothing left to stop.
    let said = office.ask(&world, &olena, "").await["consents"].as_array().unwrap().last().cloned().unwrap();
    let told = ["channel", "topic", "action", "origin"].map(|field| said[field].clone());
    assert_eq!(told, ["all", "all", "withdrawn", "reply"]);
    let click = world.sandboxes.mail.newest(olena.address("email")).unwrap().one_click().unwrap();
    let answer = world.http.post(click).form(&[("List-Unsubscribe", "One-Click")]).send().await.unwrap();
    assert!(answer.status().is_success());
    let history = office.ask(&world, &olena, "/consents").await;
    let records = history["consents"].as_array().unwrap();
    assert_eq!((records.len(), &history["whole"]), (2, &json!(true)));
    assert!(records[1]["evidence"].as_str().unwrap().starts_with("inbound "), "{history}");

    // It can be shown and proved; START in Telegram opens Telegram alone.
    let printed = world.setting.run(&["consent", "history", &olena.id]);
    let printed: Vec<_> = printed.split_whitespace().collect();
    assert!(printed.join(" ").contains("by way of reply evidence inbound "), "{printed:?}");
    assert!(world.setting.run(&["consent", "verify"]).contains("nothing is wrong"));
    world.sandboxes.of("telegram").reply(olena.address("telegram"), "START").await;
    until("the START is confirmed", AT_MOST, async || shown(&world, &olena, "telegram") == 2).await;
    source.publish_all(&[grant("again", &olena, FIRST_MARK + 20)]).await;
    until("it is in Telegram", AT_MOST, async || shown(&world, &olena, "telegram") == 3).await;
    assert_eq!(ending(&mut world, "again").await.0, "accepted");
    office.prefers(&world, &olena, &["sms", "email", "portal"]).await;
    source.publish_all(&[grant("elsewhere", &olena, FIRST_MARK + 30)]).await;
    assert_eq!(ending(&mut world, "elsewhere").await, ("inbox_only".into(), "consent_withdrawn".into()));
    assert_eq!(world.sandboxes.taken(), before + 2);
    world.stop().await;
}

/// How many messages a phone shows.
fn shown(world: &World, person: &Person, channel: &str) -> usize {
    world.sandboxes.of(channel).screen().messages(Some(person.address(channel))).len()
}

/// The registry's office, which sees and changes what is known of citizens.
struct Office {
    token: String,
}

impl Office {
    fn of(world: &World) -> Self {
        let create = ["token", "create", "--label", "the office", "--scope", "registry"];
        Self { token: world.setting.run(&create).trim().to_owned() }
    }

    async fn ask(&self, world: &World, person: &Person, path: &str) -> Value {
        let url = world.public.join(&format!("v1/citizens/{}{path}", person.id)).unwrap();
        let answer = world.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    async fn prefers(&self, world: &World, person: &Person, channels: &[&str]) {
        let url = world.public.join(&format!("v1/citizens/{}/preferences", person.id)).unwrap();
        let body = json!({ "topic": "all", "channels": channels });
        let answer = world.http.put(url).bearer_auth(&self.token).json(&body).send().await.unwrap();
        answer.error_for_status().unwrap();
    }
}
