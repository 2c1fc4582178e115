//! `vestnik explain`.

use crate::home::Home;
use crate::seed::good;

#[test]
fn a_notification_is_explained_in_words_and_in_json() {
    let home = Home::new();
    home.import_citizen();
    home.bring("family_fund", &[good()]);
    let said = home.run(&["explain", "family_fund/2f1c9a"]).ends(0);
    let said = said
        .says("family_fund/2f1c9a is open.")
        .says("in the citizen's zone, Europe/Kyiv")
        .says("(child_birth)")
        .says("The citizen has no address on the channel.")
        .says("It is sent by sms at ");
    let said = said.says("expires ").says(", by policy: its source named no moment");
    for personal in ["11223344595", "380671234567"] {
        assert!(!said.out.contains(personal), "{said:?}");
    }
    let json = home.run(&["explain", "family_fund/2f1c9a", "--json"]).ends(0).json();
    assert_eq!((json["zone"].as_str(), json["measure"].as_str()), (Some("Europe/Kyiv"), Some("birth_grant")));
    assert_eq!(json["steps"][0]["channel"], "sms");

    home.run(&["channel", "pause", "sms", "--reason", "a test", "--as", "olena"]).ends(0);
    home.run(&["explain", "family_fund/2f1c9a"]).ends(0).says("But sms is paused by olena: a test.");
}

#[test]
fn a_citizen_is_told_in_three_languages_what_became_of_it_and_what_to_do() {
    let home = Home::new();
    home.import_citizen();
    home.bring("family_fund", &[good()]);
    let told =
        |more: &[&str]| home.run(&[&["explain", "family_fund/2f1c9a", "--for-citizen"], more].concat());
    // The citizen reads Ukrainian.
    let own = told(&[]).ends(0).says("Ми мали повідомити вас ось про що: «").says("Viber: ми не писали.");
    assert_eq!(own.out, told(&["--locale", "uk"]).ends(0).out);
    told(&["--locale", "ru"])
        .ends(0)
        .says("Что вы можете сделать:")
        .says("сообщите нам свой адрес или номер");
    let english = told(&["--locale", "en"])
        .ends(0)
        .says("Viber: we did not write here. We do not have your address or number for this way.")
        .says("SMS: we will write on")
        .says("Viber, Telegram, email: tell us your address or number")
        .says("Questions? Call our only number: 0 800 000 000.");
    for hidden in ["11223344595", "380671234567", "no_address", "child_birth"] {
        assert!(!english.out.contains(hidden), "{english:?}");
    }
    let json = told(&["--locale", "en", "--json"]).json();
    assert!(json["advice"][0].as_str().unwrap().contains("tell us your address"), "{json}");
    assert_eq!(json["channels"][0]["channel"], "viber");

    told(&["--locale", "de"]).ends(2).says("expected ru, uk or en");
    home.run(&["explain", "family_fund/2f1c9a", "--locale", "en"]).ends(2).says("--for-citizen");
    home.run(&["explain", "family_fund/1", "--for-citizen"]).ends(3).says("there is no notification");
}

#[test]
fn what_is_not_there_is_said_and_what_was_meant() {
    let home = Home::new();
    home.run(&["explain", "family_fund/1"]).ends(2).says("expected the ledger").says("`vestnik serve` makes");
    home.bring("family_fund", &[]);
    home.run(&["explain", "family_fund/1"]).ends(3).says("`vestnik dead list`");
    home.run(&["explain", "family_fond/1"]).ends(3).says("did you mean \"family_fund\"?");
    home.run(&["explain", "family_fund"]).ends(2).says("expected SOURCE/ID, such as family_fund/2f1c9a");
}

#[test]
fn another_master_key_opens_nothing() {
    let mut home = Home::new();
    home.run(&["token", "list"]).ends(2);
    home.run(&["token", "create", "--label", "Portal", "--scope", "inbox"]).ends(0);
    let other = home.config().join("other_key");
    std::fs::write(&other, "another master key of somebody else").unwrap();
    let place = format!("{{ file = \"{}\" }}", other.display());
    home.set("VESTNIK__GATEWAY__LEDGER__MASTER_KEY", &place);
    home.run(&["token", "list"]).ends(2).says("master key");
}
