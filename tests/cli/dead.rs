//! `vestnik dead`.

use serde_json::{Value, json};

use crate::home::Home;
use crate::seed::good;

/// The id of the only dead letter.
fn only(home: &Home) -> String {
    let json = home.run(&["dead", "list", "--json"]).ends(0).json();
    let [one] = json.as_array().unwrap().as_slice() else { panic!("{json}") };
    one["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_refused_message_is_listed_shown_and_taken_once_the_cause_is_mended() {
    let home = Home::new();
    home.import_citizen();
    // The source may not speak of this life event.
    home.replace("config/sources.toml", "life_events = [\n  \"child_birth\",\n", "life_events = [\n");
    home.bring("family_fund", &[good()]);
    let id = only(&home);
    let list = home.run(&["dead", "list"]).ends(0).says("life_event_not_permitted: /life_event:");
    assert!(!list.out.contains("11223344595"), "no body is listed");
    let show = home.run(&["dead", "show", &id]).ends(0).says("\"citizen\": \"snils:11223344595\"");
    show.says("The source may not speak of this life event.");
    assert_eq!(home.run(&["dead", "show", &id, "--json"]).ends(0).json()["body"], good());

    home.run(&["dead", "replay", &id]).ends(1).says("stays:\n    life_event_not_permitted: ");
    assert_eq!(only(&home), id, "it is refused again and stays the only one");
    home.replace("config/sources.toml", "life_events = [\n", "life_events = [\n  \"child_birth\",\n");
    home.run(&["dead", "replay", &id]).ends(0).says("was taken.");
    home.run(&["dead", "list"]).ends(0).says("There are no dead letters.");
    home.run(&["dead", "list", "--before", &id]).ends(0).says("There are no dead letters older than");
    home.run(&["explain", "family_fund/2f1c9a"]).ends(0);
}

#[test]
fn a_complaint_is_found_by_the_sources_id_and_a_long_body_is_shown_in_part() {
    let home = Home::new();
    let mut twice = good().to_string();
    twice.insert_str(1, r#""params":{},"#);
    let long = json!({ "id": "n-2", "source": "family_fund", "citizen": "\u{9b}2J".repeat(9_000) });
    home.bring_bodies("family_fund", &[twice.into_bytes(), long.to_string().into_bytes()]);
    home.run(&["dead", "list"])
        .ends(0)
        .says("family_fund/2f1c9a")
        .says("/params: expected the field once")
        .says("family_fund/n-2");
    let list = home.run(&["dead", "list", "--json"]).json();
    let named = |id: &str| list.as_array().unwrap().iter().find(|one| one["notification"] == id).unwrap();
    let id = named("n-2")["id"].as_str().unwrap();
    let part = home
        .run(&["dead", "show", id])
        .says("notification  n-2")
        .says(&format!("vestnik dead show {id} --full"));
    assert!(part.out.len() < 6_000 && !part.out.contains('\u{9b}'), "{}", part.out.len());
    let full = home.run(&["dead", "show", id, "--full"]);
    assert!(full.out.len() > 60_000 && !full.out.contains('\u{9b}') && !full.out.contains("--full"));
}

#[test]
fn what_nobody_needs_is_dropped_and_what_is_not_there_is_said() {
    let home = Home::new();
    home.bring("family_fund", &[json!("no message"), json!({ "id": 1 })]);
    home.run(&["dead", "list", "--limit", "1"]).ends(0).says("There may be more: --before ");
    let list = home.run(&["dead", "list", "--json"]).ends(0).json();
    let ids: Vec<_> =
        list.as_array().unwrap().iter().map(|one: &Value| one["id"].as_str().unwrap()).collect();
    home.run(&["dead", "drop", ids[0], ids[1]]).ends(0).says("is deleted.");
    home.run(&["dead", "drop", ids[0]]).ends(3).says("there is no such dead letter");
    for command in ["show", "replay"] {
        home.run(&["dead", command, ids[0]]).ends(3).says("there is no dead letter");
    }
    home.run(&["dead", "show", "7"]).ends(2).says("'7' for '<ID>': it is not an identifier; one looks like");
    home.run(&["dead", "replay", "--as", "nobody", ids[0]]).ends(2).says("expected a registered source");
}
