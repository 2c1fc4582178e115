//! `vestnik consent` and `vestnik citizen`.

use crate::home::Home;

const CITIZEN: &str = "snils:11223344595";

#[test]
fn consent_history_is_fit_for_an_enquiry() {
    let home = Home::new();
    home.import_citizen();
    let history = home.run(&["consent", "history", CITIZEN]).ends(0);
    history
        .says("agency Ministry of Social Support")
        .says("citizen snils:11223344595")
        .says("none was changed, removed or added")
        .says("record 1: granted for channel all, topic all")
        .says("said 2026-01-01T00:00:00Z")
        .says("by way of import")
        .says("evidence form 1")
        .says("written by not told");
    let json = home.run(&["consent", "history", CITIZEN, "--json"]).ends(0).json();
    assert_eq!((&json["whole"], &json["consents"][0]["number"]), (&true.into(), &1.into()));
    home.run(&["consent", "history", "snils:0"]).ends(3).says("there is no such citizen");
    let wrong =
        home.run(&["consent", "history", "two words"]).ends(2).says("expected a citizen id of 1 to 128");
    assert!(!wrong.out.contains("two words"));
}

#[test]
fn consent_verify_finds_a_tampered_row() {
    let home = Home::new();
    home.import_citizen();
    home.run(&["consent", "verify"]).ends(0).says("1 consent record of 1 citizen: nothing is wrong.");
    home.run(&["consent", "verify", CITIZEN]).ends(0);
    home.run(&["consent", "verify", "snils:0"]).ends(3).says("there is no such citizen");

    home.spoil("UPDATE consent SET action = 'withdrawn'");
    home.run(&["consent", "verify"])
        .ends(1)
        .says(&format!("{CITIZEN}, key "))
        .says("record 1, or one before it, was changed");
    // A word that no release ever wrote hides nothing.
    home.spoil("UPDATE consent SET action = 'GRANTED'");
    home.run(&["consent", "verify"]).ends(1).says("record 1, or one before it, was changed");
    home.run(&["consent", "history", CITIZEN]).ends(1).says("NOT WHOLE");
    home.spoil("DELETE FROM consent");
    home.run(&["consent", "verify", CITIZEN]).ends(1).says("record 1 was removed").says("one thing is wrong");
}

#[test]
fn drift_is_counted_and_listed() {
    let home = Home::new();
    home.import_citizen();
    home.run(&["consent", "drift"]).ends(0).says("No provider has closed an address");
    home.spoil("UPDATE address SET closed_reason = 'blocked', closed_at = 1780000000000");
    let counted = home.run(&["consent", "drift"]).ends(0).says("sms blocked consent 1");
    assert!(!counted.out.contains(CITIZEN));
    home.run(&["consent", "drift", "--list"]).ends(0).says(CITIZEN);
    assert_eq!(home.run(&["consent", "drift", "--json"]).ends(0).json()["counts"][0]["addresses"], 1);
}

#[test]
fn erase_writes_act_and_extract() {
    let home = Home::new();
    home.import_citizen();
    let erase = |citizen: &str, file: &str| {
        home.run(&[
            "citizen",
            "erase",
            citizen,
            "--reason",
            "request 118",
            "--as",
            "Olena Koval",
            "--act",
            file,
        ])
    };
    erase("snils:0", "act.json").ends(3).says("there is no such citizen");
    erase(CITIZEN, "missing/act.json").ends(1).says("nothing was erased");
    erase(CITIZEN, "citizens.ndjson").ends(1).says("nothing was erased");
    erase(CITIZEN, "act.json")
        .ends(0)
        .says("1 address, 0 notifications and the evidence of 1 consent record are erased.");
    let act = std::fs::read_to_string(home.config().join("../act.json")).unwrap();
    assert!(
        !act.contains("11223344595") && !act.contains("380671234567") && !act.contains("form 1"),
        "{act}"
    );
    let act: serde_json::Value = serde_json::from_str(&act).unwrap();
    assert_eq!((&act["person"], &act["reason"]), (&"Olena Koval".into(), &"request 118".into()));
    assert_eq!((&act["consents"][0]["number"], &act["addresses"][0]["channel"]), (&1.into(), &"sms".into()));

    let again = erase(CITIZEN, "act-2.json")
        .ends(0)
        .says("erased already")
        .says("UTC by Olena Koval: request 118.")
        .says("no act was written");
    assert!(again.out.contains(act["citizen"].as_str().unwrap()), "{again:?}");
    assert!(!home.config().join("../act-2.json").exists());
    home.run(&["consent", "history", CITIZEN])
        .ends(0)
        .says("evidence erased")
        .says("wording and actor are gone");
    home.run(&["consent", "verify"]).ends(0).says("nothing is wrong");
    home.run(&["import", "citizens.ndjson"]).ends(1).says("since the citizen was erased");
}

#[test]
fn a_death_is_recorded_and_taken_back_by_a_named_person() {
    let home = Home::new();
    home.import_citizen();
    let deceased = |citizen: &str, more: &[&str]| {
        let args = ["citizen", "deceased", citizen, "--reference", "act 118"];
        home.run(&[&args, more].concat())
    };
    deceased(CITIZEN, &[]).ends(2).says("--as");
    let by = ["--as", "Olena Koval"];
    deceased("snils:0", &by).ends(3).says("there is no such citizen");
    deceased(CITIZEN, &by).ends(0).says("nothing is sent to the citizen any more");
    deceased(CITIZEN, &by).ends(0).says("nothing has changed");
    let undo = ["--as", "Olena Koval", "--undo"];
    deceased(CITIZEN, &undo).ends(0).says("It is taken back");
    deceased(CITIZEN, &undo).ends(0).says("nothing has changed");
}

#[test]
fn a_one_time_code_is_printed_once_for_the_clerk() {
    let home = Home::new();
    home.import_citizen();
    let verify = |citizen: &str, channel: &str, more: &[&str]| {
        let args = ["citizen", "verify", citizen, "--channel", channel, "--reference", "passport seen"];
        home.run(&[&args, more, &["--as", "Olena Koval"]].concat())
    };
    verify("snils:0", "sms", &[]).ends(3).says("there is no such citizen");
    verify(CITIZEN, "viber", &[]).ends(3).says("no such address");
    verify(CITIZEN, "sms", &["--address", "+380000000000"]).ends(3).says("no such address");
    verify(CITIZEN, "email", &[]).ends(2).says("expected a channel on which citizens write back");
    let code = verify(CITIZEN, "sms", &[]).ends(0).says("if it is sent back from that address");
    let digits = code.out.trim();
    assert!(digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
}
