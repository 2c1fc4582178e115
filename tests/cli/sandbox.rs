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
