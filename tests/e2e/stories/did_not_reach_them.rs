//! *We did not reach them*: a family whose only number is dead is on the list, with what comes next and who
//! does it, and leaves it when a notice arrives.

use serde_json::{Value, json};

use super::{AT_MOST, ending};
use crate::broker::Source;
use crate::people::{FIRST_MARK, Person, grant};
use crate::tier::until;
use crate::world::{Kept, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn did_not_reach_them() {
    let family = Person::on(1, &["sms"]);
    let neighbours = Person::on(2, &["sms"]);
    let mut world = World::new(Kept::Sqlite, &[family.clone(), neighbours.clone()]).await;
    world.start().await;
    let source = Source::connect(&world.host).await;

    // The family's number is dead; the neighbours' is not.
    world.sandboxes.of("sms").block(family.address("sms"), true).await;
    let mine = [grant("theirs", &family, FIRST_MARK), grant("neighbours", &neighbours, FIRST_MARK + 1)];
    source.publish_all(&mine).await;
    assert_eq!(ending(&mut world, "theirs").await.0, "unreachable");
    assert_eq!(ending(&mut world, "neighbours").await.0, "delivered");
    let list = unreached(&world).await;
    assert_eq!(list.len(), 1, "{list:?}");
    let one = ["citizen", "reason", "action", "owner"].map(|field| list[0][field].as_str().unwrap());
    assert_eq!(one[..2], [&family.id, "unreachable"]);
    assert_eq!(one[2..], ["verify the address, then publish again", "registry"]);
    let printed = world.setting.run(&["report", "unreached"]);
    assert!(printed.contains("verify the address") && !printed.contains(&family.id), "{printed}");
    let csv = world.setting.run(&["report", "unreached", "--csv"]);
    assert!(csv.contains(&format!(",{},", family.id)) && !csv.contains(&neighbours.id), "{csv}");

    // The registry calls at the door, and brings the number that they have now.
    let now = Person::on(3, &["sms"]);
    let token = world.setting.run(&["token", "create", "--label", "the office", "--scope", "registry"]);
    let url = world.public.join(&format!("v1/citizens/{}/addresses", family.id)).unwrap();
    let body = json!({ "channel": "sms", "address": now.address("sms") });
    let answer = world.http.post(url).bearer_auth(token.trim()).json(&body).send().await.unwrap();
    answer.error_for_status().unwrap();
    source.publish_all(&[grant("again", &family, FIRST_MARK + 2)]).await;
    assert_eq!(ending(&mut world, "again").await.0, "delivered");
    until("the list is empty", AT_MOST, async || unreached(&world).await.is_empty()).await;
    assert!(world.setting.run(&["report", "unreached"]).starts_with("Nobody was left unreached"));
    world.stop().await;
}

/// The list, as an operator's console asks for it.
async fn unreached(world: &World) -> Vec<Value> {
    let token = world.setting.run(&["token", "create", "--label", "a console", "--scope", "operate"]);
    let url = world.public.join("v1/reports/unreached").unwrap();
    let answer = world.http.get(url).bearer_auth(token.trim()).send().await.unwrap();
    let page: Value = answer.error_for_status().unwrap().json().await.unwrap();
    page["unreached"].as_array().unwrap().clone()
}
