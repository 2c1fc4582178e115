//! `vestnik sandbox`, and the commands that speak to what it plays.

use std::net::TcpListener;

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
    let port = five_free_ports().to_string();
    for _ in 0..2 {
        let mut home = Home::new();
        let _sandbox = home.sandbox_with(&["--first-port", &port, "--folder", folder]);
        home.run(&["channel", "test", "sms", "+380671234567"]).ends(0);
        home.run(&["check", "--probe"]).ends(0);
    }
}

/// The first of five ports on which nothing listens, below those that the system gives to outgoing
/// connections.
fn five_free_ports() -> u16 {
    let mut candidates = std::iter::repeat_with(|| 10_000 + rand::random::<u16>() % 10_000);
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    candidates.find(|first| (*first..first + 5).all(free)).unwrap()
}
