//! `vestnik channel`.

use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use vestnik::clock::Clock;
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_portal::sandbox::PortalSandbox;

use crate::home::Home;

#[test]
fn channels_are_listed_paused_and_resumed() {
    let home = Home::new();
    home.bring("family_fund", &[]);
    home.run(&["channel", "list"]).ends(0).says("sms       main   in use");
    let pause = ["channel", "pause", "sms", "--reason", "maintenance", "--for", "2h", "--as", "olena"];
    home.run(&pause).ends(0).says("sms is paused until ").says("what is due waits");
    let route = ["channel", "pause", "sms/main", "--reason", "outage", "--reroute", "--as", "olena"];
    home.run(&route).ends(0).says("goes to the next channel");
    home.run(&["channel", "list"])
        .ends(0)
        .says("PAUSED")
        .says("sms is paused by olena since")
        .says("  outage");
    let json = home.run(&["channel", "list", "--json"]).ends(0).json();
    let sms = json.as_array().unwrap().iter().find(|one| one["channel"] == "sms").unwrap();
    assert_eq!(sms["pauses"].as_array().unwrap().len(), 2, "{sms}");
    home.run(&["channel", "resume", "sms"])
        .ends(0)
        .says("not paused any more")
        .says("sms/main is still paused");
    home.run(&["channel", "resume", "sms/main"]).ends(0);
    home.run(&["channel", "resume", "sms"]).ends(0).says("was not paused");
}

#[test]
fn a_channel_that_is_switched_off_is_said_to_be_off_and_where_it_is_switched_on() {
    let mut home = Home::new();
    home.set("VESTNIK__CHANNELS__VIBER__ENABLED", "false");
    home.bring("family_fund", &[]);
    let off = "viber is switched off here; `enabled` in channels/viber.toml, or \
               VESTNIK__CHANNELS__VIBER__ENABLED, switches it on";
    let pause =
        |channel: &str| home.run(&["channel", "pause", channel, "--reason", "x", "--as", "olena"]).ends(2);
    pause("viber").says(off);
    pause("vibr").says("expected a channel in use");
    let file = home.config().join("../citizens.ndjson");
    let citizen = r#"{ "id": "snils:1", "locale": "uk", "jurisdiction": "ua", "addresses": [{ "channel": "viber", "address": "EWzlyeZ3Cs0uCO+wPvEOyg==" }] }"#;
    std::fs::write(&file, citizen).unwrap();
    home.run(&["import", &file.display().to_string()])
        .ends(1)
        .says("/addresses/0/channel: expected")
        .says(off);
}

#[test]
fn the_commands_work_beside_a_gateway_that_runs() {
    let mut home = Home::new();
    for channel in ["SMS", "TELEGRAM", "VIBER", "EMAIL"] {
        home.set(&format!("VESTNIK__CHANNELS__{channel}__ENABLED"), "false");
    }
    let _gateway = home.serve();
    home.run(&["channel", "pause", "portal", "--reason", "maintenance", "--as", "olena"]).ends(0);
    home.run(&["channel", "list"]).ends(0).says("PAUSED");
    home.run(&["token", "create", "--label", "Portal", "--scope", "inbox"]).ends(0);
    home.run(&["channel", "resume", "portal"]).ends(0);
}

#[test]
fn what_is_no_channel_no_reason_and_no_span_is_said() {
    let mut home = Home::new();
    home.bring("family_fund", &[]);
    home.set("VESTNIK__CHANNELS__VIBER__ENABLED", "false");
    let by = "--as=olena";
    let table: [(&[&str], &str); 8] = [
        (&["pause", "smss", "--reason", "x", by], "did you mean \"sms\"?"),
        (&["pause", "viber", "--reason", "x", by], "viber is switched off here"),
        (&["pause", "sms/mein", "--reason", "x", by], "expected a route of sms (main), found \"mein\""),
        (&["pause", "sms", by], "--reason"),
        (&["pause", "sms", "--reason", "x"], "--as <PERSON>"),
        (&["pause", "sms", "--reason", "x", "--as", "gateway"], "expected a person"),
        (&["pause", "sms", "--reason", "x", "--for", "long"], "such as 30m, 2h or 90d"),
        (&["resume", "SMS"], "expected CHANNEL or CHANNEL/ROUTE"),
    ];
    for (arguments, expected) in table {
        home.run(&[&["channel"], arguments].concat()).ends(2).says(expected);
    }
    home.run(&["channel", "list"]).ends(0).says("viber     -      off");
}

/// The portal's own side of its protocol, served while this lives.
struct Portal {
    sandbox: Arc<PortalSandbox>,
    url: String,
    _drivers: JoinSet<()>,
    _runtime: Runtime,
}

impl Portal {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let started = runtime.block_on(PortalSandbox::listen(0, Clock::system().function()));
        let (sandbox, driver, address) = started.unwrap();
        let mut drivers = JoinSet::new();
        drivers.spawn_on(driver, runtime.handle());
        Self { sandbox, url: format!("http://{address}/notices"), _drivers: drivers, _runtime: runtime }
    }

    /// A home whose portal is this one and whose secret is the portal's.
    fn home(&self) -> Home {
        let mut home = Home::new();
        home.set("VESTNIK__CHANNELS__PORTAL__ROUTES__MAIN__URL", &self.url);
        let secret = home.config().join("portal_secret");
        std::fs::write(&secret, vestnik_portal::sandbox::SECRET).unwrap();
        let place = format!("{{ file = \"{}\" }}", secret.display());
        home.set("VESTNIK__CHANNELS__PORTAL__ROUTES__MAIN__SECRET", &place);
        home
    }
}

#[test]
fn a_test_message_is_marked_signed_and_sent_to_one_address() {
    let portal = Portal::start();
    let home = portal.home();
    let said = home.run(&["channel", "test", "portal", "citizen-1"]).ends(0).says("The provider took it as ");
    let shown = portal.sandbox.screen().messages(None);
    let [message] = shown.as_slice() else { panic!("{shown:?}") };
    let code = said.out.trim().trim_end_matches('.').rsplit(' ').next().unwrap();
    assert!(message.text.contains("This is a test message") && message.text.contains(code), "{message:?}");

    portal.sandbox.faults().next(1, Fault::WrongToken);
    home.run(&["channel", "test", "portal", "citizen-1"])
        .ends(1)
        .says("did not take it: misconfigured.")
        .says("our credentials are refused; the provider's code is 401");
    let mut home = portal.home();
    home.set("VESTNIK__CHANNELS__PORTAL__ROUTES__MAIN__URL", "http://127.0.0.1:1/notices");
    let said = home.run(&["channel", "test", "portal", "citizen-1"]).ends(1);
    said.says("unavailable. 127.0.0.1:1: the connection is refused, nobody listens there.");
}

#[test]
fn a_test_message_goes_to_nobody_but_the_allow_list() {
    let portal = Portal::start();
    let home = portal.home();
    home.replace("config/gateway.toml", "[log]", "[allow_list]\nrecipients = [\"citizen-2\"]\n\n[log]");
    home.run(&["channel", "test", "portal", "citizen-1"])
        .ends(2)
        .says("expected an address of the allow-list");
    assert!(portal.sandbox.screen().messages(None).is_empty());
    home.run(&["channel", "test", "portal", "citizen-2"]).ends(0);
    home.run(&["channel", "test", "sms", "not a number"]).ends(2).says("expected an address of sms");
    home.run(&["channel", "test", "fax", "1"]).ends(2).says("expected a channel in use");
    home.run(&["channel", "test", "portal", "citizen-2", "--locale", "de"]).ends(2);
}

#[test]
fn a_probe_says_of_each_route_what_its_provider_says() {
    let portal = Portal::start();
    let mut home = portal.home();
    for channel in ["SMS", "TELEGRAM", "VIBER", "EMAIL"] {
        home.set(&format!("VESTNIK__CHANNELS__{channel}__ENABLED"), "false");
    }
    home.run(&["check", "--probe"]).ends(0).says("portal/main  ok");
}
