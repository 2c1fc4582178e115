//! `vestnik publish` and `import --to`.

use crate::home::Home;

#[test]
fn a_token_that_is_missing_is_told_before_anything_is_sent() {
    let home = Home::without_secrets();
    std::fs::write(home.config().join("../day.ndjson"), "{}").unwrap();
    for command in ["publish", "import"] {
        let said = home.run(&[command, "day.ndjson", "--to", "http://127.0.0.1:1/"]).ends(2);
        said.says("expected one in the environment variable VESTNIK_TOKEN").says("`vestnik token create");
    }
    home.run(&["publish", "--to", "127.0.0.1", "-"])
        .ends(2)
        .says("expected a whole address, such as https://");
    home.run(&["publish", "--to", "ftp://host/", "-"]).ends(2).says("expected amqp, amqps, http or https");
}

#[test]
fn a_wrong_token_stops_the_run_with_one_message_and_refused_lines_come_in_order() {
    let mut home = Home::new();
    for channel in ["SMS", "TELEGRAM", "VIBER", "EMAIL"] {
        home.set(&format!("VESTNIK__CHANNELS__{channel}__ENABLED"), "false");
    }
    let day: Vec<_> = (0..300).map(|number| format!("{{\"id\": \"{number}\"}}")).collect();
    std::fs::write(home.config().join("../day.ndjson"), day.join("\n")).unwrap();
    let gateway = home.serve();
    let to = format!("http://{}/", gateway.address);
    home.set("VESTNIK_TOKEN", "vst_wrong");
    for command in ["publish", "import"] {
        let said = home.run(&[command, "day.ndjson", "--to", &to]);
        let words: Vec<_> = said.err.split_whitespace().collect();
        assert_eq!((said.code, words.join(" ").matches("refuses the token").count()), (2, 1), "{said:?}");
    }
    let create = ["token", "create", "--label", "x", "--scope", "publish", "--source", "family_fund"];
    let token = home.run(&create).ends(0).out;
    home.set("VESTNIK_TOKEN", token.trim());
    let said = home.run(&["publish", "day.ndjson", "--to", &to]).says("0 published, 300 refused");
    assert_eq!(said.code, 1, "{said:?}");
    let numbers = said.out.lines().filter_map(|line| line.split(':').nth(1)?.parse::<u32>().ok());
    assert!(numbers.eq(1..=100), "{said:?}");
}
