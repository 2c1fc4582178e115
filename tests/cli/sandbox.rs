//! `vestnik sandbox`, and the commands that speak to what it plays.

use crate::home::Home;

#[test]
fn a_gateway_that_has_no_provider_finds_all_five_played() {
    let mut home = Home::new();
    let mut sandbox = home.sandbox();
    home.run(&["check", "--probe"]).ends(0);
    let table = [("sms", "+380671234567"), ("email", "olena@example.org"), ("telegram", "4711")];
    for (channel, address) in table {
        home.run(&["channel", "test", channel, address]).ends(0);
        sandbox.shows(&format!("{channel} to {address}"));
    }
}

#[test]
fn ports_and_folder_can_be_told() {
    let home = Home::new();
    let folder = home.config().join("../providers");
    let folder = folder.to_str().unwrap();
    home.run(&["sandbox", "--first-port", "65535"]).ends(2).says("expected a whole number from 1 to 65531");
    for _ in 0..2 {
        let mut home = Home::new();
        let _sandbox = home.sandbox_with(&["--first-port", "46710", "--folder", folder]);
        home.run(&["channel", "test", "sms", "+380671234567"]).ends(0);
        home.run(&["check", "--probe"]).ends(0);
    }
}
