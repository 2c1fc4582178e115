//! `vestnik consent`.

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
    home.run(&["consent", "verify"]).ends(0).says("1 consent records of 1 citizens: nothing is wrong.");
    home.run(&["consent", "verify", CITIZEN]).ends(0);
    home.run(&["consent", "verify", "snils:0"]).ends(3).says("there is no such citizen");

    home.spoil("UPDATE consent SET action = 'withdrawn'");
    let found = home.run(&["consent", "verify"]).ends(1).says("record 1, or one before it, was changed");
    assert!(!found.out.contains(CITIZEN), "the citizen is named by the key in the ledger");
    home.run(&["consent", "history", CITIZEN]).ends(1).says("NOT WHOLE");
    home.spoil("DELETE FROM consent");
    home.run(&["consent", "verify", CITIZEN]).ends(1).says("record 1 was removed").says("one thing is wrong");
}
