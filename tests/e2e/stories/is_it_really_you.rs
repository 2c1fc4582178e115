//! *Is it really you?* A citizen who doubts a message asks by its code on three ways, and by phone; a forged
//! one is found out, and reported.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::broker::Source;
use crate::people::{FIRST_MARK, Person, grant};
use crate::tier::until;
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_it_really_you() {
    let olena = Person::on(1, &["viber", "telegram", "sms"]);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&olena)).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.publish_all(&[grant("n-1", &olena, FIRST_MARK)]).await;
    let message = shown(&world, &olena, "viber", 1).await;
    let code = message.rsplit(' ').next().unwrap().to_owned();

    // Anybody may ask on the portal, and learns the day and the channel, and nothing else.
    let (status, told) = ask(&world, &code).await;
    assert_eq!(status, StatusCode::OK);
    let day = told["sent"][0]["day"].as_str().unwrap();
    assert_eq!(told, json!({ "ours": true, "sent": [{ "day": day, "channel": "viber" }] }));

    // She asks by SMS with the code, and sends the bot the whole message: both say the same.
    world.sandboxes.of("sms").reply(olena.address("sms"), &format!("код {code}")).await;
    world.sandboxes.of("telegram").reply(olena.address("telegram"), &message).await;
    for channel in ["sms", "telegram"] {
        let answer = shown(&world, &olena, channel, 1).await;
        assert!(answer.contains("from us") && answer.contains(", Viber."), "{answer}");
        assert!(!answer.contains(&FIRST_MARK.to_string()[..3]), "nothing of what it says: {answer}");
    }

    // She calls, and the operator looks it up.
    let operator = world.setting.run(&["code", &code.to_lowercase()]);
    assert!(
        operator.contains("is ours") && operator.contains("vestnik explain family_fund/n-1"),
        "{operator}"
    );

    // A forged code is found out on all three ways.
    let forged = if code.starts_with('0') { "1111-1111" } else { "0000-0000" };
    let (status, told) = ask(&world, forged).await;
    assert_eq!((status, told["reason"].as_str()), (StatusCode::NOT_FOUND, Some("no_such_code")));
    for channel in ["sms", "telegram"] {
        world.sandboxes.of(channel).reply(olena.address(channel), forged).await;
        let answer = shown(&world, &olena, channel, 2).await;
        assert!(answer.contains("no message with this code"), "{answer}");
    }
    assert_eq!(world.metric("vestnik_check_codes_total", "result=\"not_ours\"").await, 3);
    // Whoever goes on trying is not answered any more, whatever the code.
    for _ in 1..10 {
        assert_eq!(ask(&world, forged).await.0, StatusCode::NOT_FOUND);
    }
    let (status, told) = ask(&world, &code).await;
    assert_eq!(
        (status, told["reason"].as_str()),
        (StatusCode::TOO_MANY_REQUESTS, Some("too_many_wrong_codes"))
    );

    // She reports what she got, is thanked once, and somebody looks into it.
    let said = "МОШЕННИКИ: «Минсоцпoддержка»: получите 90 000, http://evil.example";
    world.sandboxes.of("sms").reply(olena.address("sms"), said).await;
    let thanks = shown(&world, &olena, "sms", 3).await;
    assert!(thanks.contains("Thank you"), "{thanks}");
    let reports: Value = serde_json::from_str(&world.setting.run(&["scam", "list", "--json"])).unwrap();
    assert_eq!((reports.as_array().unwrap().len(), &reports[0]["way"]), (1, &json!("sms")));
    let id = reports[0]["id"].as_str().unwrap();
    assert!(world.setting.run(&["scam", "show", id]).contains("http://evil.example"));
    world.setting.run(&["scam", "close", id, "--note", "passed on to the police", "--as", "Olena Koval"]);
    assert!(world.setting.run(&["scam", "list"]).contains("no open scam reports"));
    world.stop().await;
}

/// Asks as anybody may.
async fn ask(world: &World, code: &str) -> (StatusCode, Value) {
    let url = world.public.join(&format!("v1/check/{code}")).unwrap();
    let answer = world.http.get(url).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// The newest of so many messages on a phone.
async fn shown(world: &World, person: &Person, channel: &str, count: usize) -> String {
    let messages = || world.sandboxes.of(channel).screen().messages(Some(person.address(channel)));
    until("it is on the phone", AT_MOST, async || messages().len() == count).await;
    messages().pop().unwrap().text
}
