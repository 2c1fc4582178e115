//! *Declined more than answered*: families turn away from a message on Viber, so that the guard stops sending
//! it there; the next family gets it by SMS, until a person has looked into it and releases it.

use serde_json::{Value, json};

use super::{AT_MOST, ending};
use crate::broker::Source;
use crate::people::{FIRST_MARK, Person, grant};
use crate::tier::until;
use crate::world::{Kept, World};

/// The families who hear of it first.
const FIRST: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declined_more_than_answered() {
    let families: Vec<_> = (1..=FIRST + 2).map(|number| Person::on(number, &["viber", "sms"])).collect();
    let mut world = World::new(Kept::Sqlite, &families).await;
    put_to_work(&mut world);
    world.start().await;
    let source = Source::connect(&world.host).await;
    let tell = async |number: usize| {
        let mark = FIRST_MARK + u32::try_from(number).unwrap();
        source.publish_all(&[grant(&format!("n-{number}"), &families[number], mark)]).await;
    };

    // Six families get a message on Viber. One answers it; three take it for spam, and two say nothing.
    for (number, family) in families.iter().enumerate().take(FIRST) {
        tell(number).await;
        until("it is on the phone", AT_MOST, async || shown(&world, family, "viber") == 1).await;
    }
    let viber = world.sandboxes.of("viber");
    viber.reply(families[0].address("viber"), "Спасибо, а какие нужны документы?").await;
    for family in &families[1..=2] {
        viber.reply(family.address("viber"), "СТОП").await;
    }
    viber.reply(families[3].address("viber"), "Мошенники!").await;
    until("the guard pauses it on Viber", AT_MOST, async || {
        guard(&world).await.iter().any(|one| one["standing"] == "paused")
    })
    .await;
    let paused = guard(&world).await.remove(0);
    assert_eq!((&paused["channel"], &paused["template"]), (&json!("viber"), &json!("birth_grant")));
    let report = world.setting.run(&["report", "effectiveness", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let line = &report["templates"][0];
    let told =
        ["sent", "replied", "stopped", "complained", "declined"].map(|what| line[what].as_u64().unwrap());
    assert_eq!(told, [6, 1, 2, 1, 3], "{line}");
    assert!(line["declined"].as_u64() > line["answered"].as_u64(), "{line}");

    // The seventh family has Viber too, and gets it by SMS.
    tell(FIRST).await;
    assert_eq!(ending(&mut world, &format!("n-{FIRST}")).await.0, "delivered");
    assert_eq!((shown(&world, &families[FIRST], "viber"), shown(&world, &families[FIRST], "sms")), (0, 1));
    let why = world.setting.run(&["explain", &format!("family_fund/n-{FIRST}")]);
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(why.contains("Too many declined such messages on the channel"), "{why}");

    // Whoever is called looks at the list, mends the text, and says so by name.
    let listed = world.setting.run(&["guard", "list"]);
    assert!(
        listed.contains("PAUSED") && listed.contains("vestnik guard release viber birth_grant"),
        "{listed}"
    );
    let release = ["guard", "release", "viber", "birth_grant"];
    let by = ["--by", "Olena Koval", "--reason", "the text says now who writes"];
    let said = world.setting.run(&[&release[..], &by].concat());
    assert!(said.contains("birth_grant is released on viber"), "{said}");
    let listed = world.setting.run(&["guard", "list"]);
    assert!(listed.contains("was released on viber by Olena Koval"), "{listed}");

    // The eighth family gets it on Viber again: what was declined before does not count.
    let eighth = &families[FIRST + 1];
    tell(FIRST + 1).await;
    until("it is on the phone", AT_MOST, async || shown(&world, eighth, "viber") == 1).await;
    assert_eq!((shown(&world, eighth, "sms"), &guard(&world).await[0]["standing"]), (0, &json!("fine")));
    world.stop().await;
}

/// Has the guard judge every second, by a few families.
fn put_to_work(world: &mut World) {
    for (key, value) in [
        ("MODE", "enforce"),
        ("EVERY_SECONDS", "1"),
        ("LEAST", "6"),
        ("CLEAR_PERCENT", "10"),
        ("WARN_PERCENT", "20"),
        ("PAUSE_PERCENT", "50"),
    ] {
        world.set(&format!("VESTNIK__POLICY__GUARD__{key}"), value);
    }
}

/// How many messages a phone shows.
fn shown(world: &World, person: &Person, channel: &str) -> usize {
    world.sandboxes.of(channel).screen().messages(Some(person.address(channel))).len()
}

/// How templates stand, as an operator's console asks for it.
async fn guard(world: &World) -> Vec<Value> {
    let token = world.setting.run(&["token", "create", "--label", "a console", "--scope", "operate"]);
    let url = world.public.join("v1/guard").unwrap();
    let answer = world.http.get(url).bearer_auth(token.trim()).send().await.unwrap();
    let told: Value = answer.error_for_status().unwrap().json().await.unwrap();
    told["guard"].as_array().unwrap().clone()
}
