//! `vestnik token` and `vestnik schema`.

use crate::home::Home;
use crate::seed::good;

#[test]
fn a_token_is_shown_once_listed_and_revoked() {
    let home = Home::new();
    let create =
        ["token", "create", "--label", "Bus 2", "--scope", "publish,status", "--source", "family_fund"];
    let said = home.run(&[&create[..], &["--expires", "90d"]].concat()).ends(0);
    let token = said.out.trim();
    assert!(token.starts_with("vst_") && token.len() == 47, "{said:?}");
    let list = home.run(&["token", "list"]).ends(0).says("publish,status: Bus 2").says("until ");
    assert!(!list.out.contains(token));
    let json = home.run(&["token", "list", "--json"]).ends(0).json();
    let id = json[0]["id"].as_str().unwrap();
    assert_eq!((json[0]["source"].as_str(), json[0]["revoked_at"].as_str()), (Some("family_fund"), None));

    home.run(&["token", "revoke", id]).ends(0).says("is void.");
    home.run(&["token", "revoke", id]).ends(0).says("was void already.");
    home.run(&["token", "list"]).ends(0).says("revoked");
    let nobody = "01a2011f-f6d7-743a-acdb-dfff3e624def";
    home.run(&["token", "revoke", nobody]).ends(3).says("there is no token 01a2011f");
    let said = home.run(&["token", "revoke", "12"]).ends(2);
    said.says("'12' for '<ID>': it is not an identifier; one looks like 01a2011f");
}

#[test]
fn a_token_that_makes_no_sense_is_not_created() {
    let home = Home::new();
    let table: [(&[&str], &str); 6] = [
        (&["--scope", "publish"], "needs a source"),
        (&["--scope", "publish", "--source", "family_fond"], "did you mean \"family_fund\"?"),
        (
            &["--scope", "registry,inbox", "--source", "family_fund"],
            "would be no limit to registry, inbox: leave it out",
        ),
        (&["--scope", "everything"], "publish, status, registry, inbox or operate"),
        (&[], "--scope"),
        (&["--scope", "inbox", "--expires", "soon"], "such as 30m, 2h or 90d"),
    ];
    for (arguments, expected) in table {
        home.run(&[&["token", "create", "--label", "x"], arguments].concat()).ends(2).says(expected);
    }
}

#[test]
fn a_token_says_to_what_its_source_is_no_limit() {
    let home = Home::new();
    let create = ["token", "create", "--label", "x", "--source", "family_fund", "--scope"];
    let said = home.run(&[&create[..], &["publish,registry"]].concat()).ends(0);
    assert!(said.err.contains("Its source family_fund is no limit to registry"), "{said:?}");
    let said = home.run(&[&create[..], &["publish,status"]].concat()).ends(0);
    assert!(!said.err.contains("no limit"), "{said:?}");
}

#[test]
fn the_schema_takes_what_the_gateway_takes() {
    let schema = Home::without_secrets().run(&["schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&good()));
    let mut bad = good();
    bad["priority"] = "soon".into();
    assert!(!validator.is_valid(&bad));
}
