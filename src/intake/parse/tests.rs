use proptest::prelude::*;
use serde_json::json;

use super::super::fixture::{catalogue, notification, source, sources, with};
use super::*;
use crate::intake::schema::schema;

/// Reads a body as the source's own, without a routing key.
fn read(body: &Value) -> Result<Submission, Refusal> {
    let claimed = body.get("data").unwrap_or(body).get("source");
    let source = claimed.and_then(Value::as_str).and_then(|id| SourceId::new(id).ok());
    let envelope = Envelope { proof: Proof::Source(source.as_ref()), routing_key: None };
    parse(body.to_string().as_bytes(), &envelope, &sources(), &catalogue())
}

/// Reads a body as it comes by the broker.
fn read_from_broker(body: &Value, user: Option<&str>, routing_key: &str) -> Result<Submission, Refusal> {
    let envelope = Envelope { proof: Proof::AmqpUser(user), routing_key: Some(routing_key) };
    parse(body.to_string().as_bytes(), &envelope, &sources(), &catalogue())
}

fn notified(submission: Submission) -> (Notification, Option<String>) {
    match submission.ask {
        Ask::Notify { notification, supersedes } => (*notification, supersedes),
        Ask::Cancel(_) => panic!("a cancel"),
    }
}

fn event(data: &Value) -> Value {
    json!({ "specversion": "1.0", "id": "e1", "source": "/fund", "type": "ua.example.child", "data": data, "time": "2026-01-01T00:00:00Z" })
}

#[test]
fn a_notification_is_read_whole() {
    let (read, supersedes) = notified(read(&notification()).unwrap());
    assert_eq!(read.reference.to_string(), "family_fund/2f1c9a");
    assert_eq!(read.citizen.expose(), "snils:11223344595");
    assert_eq!(
        (read.life_event.as_str(), read.measure.as_str()),
        ("child_birth", "large_family_certificate")
    );
    assert_eq!(read.params.0["child_order"], 3);
    assert_eq!(read.priority, Priority::Normal);
    assert_eq!(read.act_by, Some(jiff::civil::date(2026, 12, 31)));
    assert_eq!(read.expires_at, Some("2026-12-31T20:59:59Z".parse().unwrap()));
    assert_eq!((read.not_before, read.campaign, supersedes), (None, None, None));
}

#[test]
fn a_supersede_names_what_it_replaces() {
    let (_, supersedes) =
        notified(read(&with(json!({ "type": "supersede", "replaces": "2f1c99" }))).unwrap());
    assert_eq!(supersedes.as_deref(), Some("2f1c99"));
}

#[test]
fn a_cancel_names_the_notification() {
    let cancel = json!({ "type": "cancel", "source": "family_fund", "id": "2f1c9a" });
    for ask in [
        read(&cancel).unwrap().ask,
        read_from_broker(&cancel, Some("fund"), "bulk.family_fund.cancel").unwrap().ask,
    ] {
        assert!(matches!(ask, Ask::Cancel(reference) if reference.to_string() == "family_fund/2f1c9a"));
    }
}

#[test]
fn a_cloud_event_carries_any_message() {
    let (wrapped, plain) = (read(&event(&notification())).unwrap(), read(&notification()).unwrap());
    assert_eq!(wrapped.body, plain.body, "the message is the same, however it is wrapped");
    let cancel = json!({ "type": "cancel", "source": "family_fund", "id": "2f1c9a" });
    assert!(matches!(read(&event(&cancel)).unwrap().ask, Ask::Cancel(_)));
    let refusal = read(&event(&with(json!({ "params": {} })))).unwrap_err();
    assert_eq!(refusal.pointer.to_string(), "/data/params/child_order");
    let refusal = read(&json!({ "specversion": "0.3", "id": "e1", "source": "/f", "type": "t", "data": {} }));
    assert_eq!(refusal.unwrap_err().to_string(), "invalid_field: /specversion: expected 1.0");
}

/// Bodies with what the reader says of them; `None` is good. The last column says whether a schema
/// can tell.
fn table() -> Vec<(Value, Option<&'static str>, bool)> {
    let bad = |fields: Value, refusal: &'static str| (with(fields), Some(refusal), true);
    let beyond = |fields: Value, refusal: &'static str| (with(fields), Some(refusal), false);
    vec![
        (notification(), None, true),
        (
            with(
                json!({ "campaign": "summer_2026", "priority": "bulk", "not_before": "2026-01-01T00:00:00.25+03:00" }),
            ),
            None,
            true,
        ),
        (
            with(json!({ "type": "notification", "act_by": null, "expires_at": null, "priority": null })),
            None,
            true,
        ),
        (with(json!({ "type": "supersede", "replaces": "a:1" })), None, true),
        (json!({ "type": "cancel", "source": "family_fund", "id": "A.b_c:d-9" }), None, true),
        (event(&notification()), None, true),
        (json!(null), Some("invalid_field: expected an object"), true),
        (json!([notification()]), Some("invalid_field: expected an object"), true),
        (json!(["notification", "a", "family_fund"]), Some("invalid_field: expected an object"), true),
        bad(json!({ "id": null }), "invalid_field: /id: id is missing; expected a text of 1 to 128"),
        bad(json!({ "id": 7 }), "invalid_field: /id: expected a text"),
        bad(json!({ "id": "a/b" }), "invalid_field: /id: expected a text"),
        bad(json!({ "source": "Family" }), "invalid_field: /source: expected an id"),
        bad(json!({ "citizen": "" }), "invalid_field: /citizen: expected a citizen id"),
        bad(json!({ "citizen": "Иван" }), "invalid_field: /citizen: expected a citizen id"),
        bad(json!({ "citizen": ["snils:1"] }), "invalid_field: /citizen: expected a citizen id"),
        bad(
            json!({ "life_event": null }),
            "invalid_field: /life_event: life_event is missing; expected an id",
        ),
        bad(json!({ "measure": "a.b" }), "invalid_field: /measure: expected an id"),
        bad(json!({ "params": [1] }), "invalid_field: /params: expected an object"),
        bad(json!({ "priority": "highest" }), "invalid_field: /priority: expected urgent, normal or bulk"),
        bad(json!({ "act_by": "31.12.2026" }), "invalid_field: /act_by: expected a date"),
        bad(json!({ "act_by": "2026-02-30" }), "invalid_field: /act_by: expected a date"),
        bad(json!({ "expires_at": "2026-12-31" }), "invalid_field: /expires_at: expected a moment"),
        bad(json!({ "expires_at": "2026-12-31 20:59:59Z" }), "invalid_field: /expires_at: expected a moment"),
        bad(json!({ "expires_at": "2026-12-31T20:59:59" }), "invalid_field: /expires_at: expected a moment"),
        bad(
            json!({ "not_before": "2026-12-31T20:59:59.Z" }),
            "invalid_field: /not_before: expected a moment",
        ),
        bad(json!({ "not_before": 1_767_225_600 }), "invalid_field: /not_before: expected a moment"),
        bad(json!({ "campaign": "Summer" }), "invalid_field: /campaign: expected an id"),
        bad(json!({ "type": "recall" }), "invalid_field: /type: expected notification, cancel or supersede"),
        bad(json!({ "type": "supersede" }), "invalid_field: /replaces: replaces is missing; expected in"),
        bad(json!({ "replaces": "2f1c99" }), "invalid_field: /replaces: expected in a supersede"),
        bad(json!({ "channel": "sms" }), "invalid_field: /*: expected no such field; there are type, id"),
        bad(
            json!({ "expire_at": "2026-12-31T20:59:59Z" }),
            "invalid_field: /*: expected no such field; did you mean expires_at?",
        ),
        bad(json!({ "Иван Петров": 1 }), "invalid_field: /*: expected no such field"),
        (
            json!({ "specversion": "1.0", "source": "/f", "type": "t", "data": {} }),
            Some("invalid_field: /id: id is missing; expected a text that"),
            true,
        ),
        (
            json!({ "type": "cancel", "source": "family_fund" }),
            Some("invalid_field: /id: id is missing; expected a text"),
            true,
        ),
        (event(&json!(5)), Some("invalid_field: /data: expected an object with"), true),
        (
            json!({ "specversion": "1.0", "id": "e", "source": "/f", "type": "t" }),
            Some("invalid_field: /data: data is missing; expected a notification"),
            true,
        ),
        beyond(json!({ "type": "supersede", "replaces": "2f1c9a" }), "invalid_field: /replaces: "),
        beyond(
            json!({ "not_before": "2026-12-31T20:59:59Z" }),
            "invalid_field: /not_before: expected a moment before expires_at",
        ),
        bad(json!({ "id": "a\u{0}" }), "invalid_json: /id: expected no character U+0000"),
        beyond(
            json!({ "params": { "child_order": 3, "office": "\u{0}" } }),
            "invalid_json: /params/*: expected no",
        ),
        beyond(
            json!({ "source": "portal", "life_event": "moon_landing" }),
            "unknown_life_event: /life_event: expected a life event of the catalogue",
        ),
        // Also from a source that may speak of some life events alone: the reason is the typing error.
        beyond(
            json!({ "life_event": "child_brith" }),
            "unknown_life_event: /life_event: expected a life event of the catalogue; did you mean child_birth?",
        ),
        beyond(
            json!({ "measure": "large_family_certificat" }),
            "unknown_measure: /measure: expected one of large_family_certificate; did you mean large_family_cert",
        ),
        beyond(
            json!({ "measure": "moon_grant" }),
            "unknown_measure: /measure: expected one of large_family_certificate",
        ),
        beyond(
            json!({ "params": {} }),
            "invalid_params: /params/child_order: child_order is missing; expected a whole number from 1 to 20",
        ),
        beyond(
            json!({ "params": { "child_ordr": 3 } }),
            "invalid_params: /params/*: expected only child_order, office; did you mean child_order?",
        ),
        beyond(
            json!({ "params": { "child_order": "3" } }),
            "invalid_params: /params/child_order: expected a whole number",
        ),
        beyond(
            json!({ "params": { "child_order": 3, "name": "Оля" } }),
            "invalid_params: /params/*: expected only",
        ),
        beyond(json!({ "source": "nobody" }), "forbidden_source: /source: expected the registered source"),
        beyond(json!({ "priority": "urgent" }), "urgent_not_permitted: /priority: expected normal or bulk"),
        beyond(
            json!({ "life_event": "disability" }),
            "life_event_not_permitted: /life_event: expected a life event that",
        ),
    ]
}

#[test]
fn bad_input_is_refused_where_it_stands() {
    for (body, expected, _) in table() {
        let refusal = read(&body).err().map(|refusal| refusal.to_string());
        match (&refusal, expected) {
            (Some(refusal), Some(expected)) => assert!(refusal.starts_with(expected), "{body}: {refusal}"),
            (None, None) => {}
            _ => panic!("{body}: {refusal:?}"),
        }
    }
}

/// Names of fields that a hostile or careless sender may choose.
const NAMES: [&str; 4] = ["ivan_petrov", "ivan@mail.example", "a`, expected `id`", "Иван\u{1b}[2J"];

#[test]
fn a_name_that_the_sender_chose_is_for_the_sender_alone() {
    let event_of = |data: Value| event(&data);
    for name in NAMES {
        let params = with(json!({ "params": { "child_order": 3, name: 1 } }));
        let deep = with(json!({ "params": { name: { "id": ["\u{0}"] } } }));
        for body in [with(json!({ name: 1 })), params, deep, event_of(with(json!({ name: 1 })))] {
            let refusal = read(&body).unwrap_err();
            for logged in [refusal.to_string(), refusal.place_and_detail(), format!("{refusal:?}")] {
                assert!(!logged.contains("van") && !logged.contains("`, exp"), "{logged}");
            }
            assert!(refusal.pointer.to_string().contains("/*"), "{refusal}");
            let told = refusal.pointer.to_sender();
            assert!(
                told.contains(name.split('\u{1b}').next().unwrap()) && !told.contains('\u{1b}'),
                "{told}"
            );
        }
    }
}

#[test]
fn the_schema_gives_the_same_verdict_as_far_as_it_can_tell() {
    let schema = schema();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    for (body, expected, schema_can_tell) in table() {
        let good = validator.is_valid(&body);
        assert_eq!(good, expected.is_none() || !schema_can_tell, "{body}");
    }
}

#[test]
fn the_routing_key_agrees_with_the_body() {
    let read = |key: &str| read_from_broker(&notification(), Some("fund"), key).map(drop);
    assert_eq!(read("normal.family_fund.child_birth"), Ok(()));
    let table = [
        ("urgent.family_fund.child_birth", "/priority"),
        ("normal.emergency.child_birth", "/source"),
        ("normal.family_fund.disability", "/life_event"),
        ("normal.family_fund", ""),
        ("normal.family_fund.child_birth.x", ""),
        ("", ""),
    ];
    for (key, pointer) in table {
        let refusal = read(key).unwrap_err();
        assert_eq!(
            (refusal.reason, refusal.pointer.to_string().as_str()),
            (RefusalReason::RoutingKeyMismatch, pointer)
        );
    }
}

#[test]
fn only_the_source_itself_speaks_for_a_source() {
    let fund = |user| read_from_broker(&notification(), user, "normal.family_fund.child_birth");
    let emergency = with(json!({ "source": "emergency", "priority": "urgent" }));
    let emergency = |user| read_from_broker(&emergency, user, "urgent.emergency.child_birth");
    let portal = with(json!({ "source": "portal" }));
    let portal = |user| read_from_broker(&portal, user, "normal.portal.child_birth");
    let refused = |read: Result<Submission, Refusal>| read.unwrap_err().reason;

    assert!(fund(Some("fund")).is_ok());
    assert_eq!(refused(fund(Some("emergency"))), RefusalReason::ForbiddenSource);
    assert_eq!(refused(fund(None)), RefusalReason::ForbiddenSource);
    assert!(emergency(None).is_ok(), "trusted by topic permission, and permitted to be urgent");
    assert!(portal(Some("portal")).is_ok(), "its user has its own name");
    assert_eq!(refused(portal(None)), RefusalReason::ForbiddenSource, "nothing proves it");

    let other = source("emergency");
    for proof in [Proof::Source(None), Proof::Source(Some(&other))] {
        let envelope = Envelope { proof, routing_key: None };
        let read = parse(notification().to_string().as_bytes(), &envelope, &sources(), &catalogue());
        assert_eq!(refused(read), RefusalReason::ForbiddenSource);
    }
}

/// Any JSON, with field names of ours among the keys.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "SECRET[a-z0-9]{0,9}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("id".to_owned()),
        Just("source".to_owned()),
        Just("citizen".to_owned()),
        Just("params".to_owned()),
        Just("type".to_owned()),
        Just("data".to_owned()),
        Just("specversion".to_owned()),
        "SECRET[A-Z]{0,9}",
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let envelope = Envelope { proof: Proof::AmqpUser(None), routing_key: Some("normal.a.b") };
        prop_assert!(parse(&body, &envelope, &sources(), &catalogue()).is_err());
    }

    #[test]
    fn refusals_never_hold_what_was_sent(body in any_json()) {
        let refusal = read(&body).unwrap_err();
        prop_assert!(!refusal.to_string().contains("SECRET"), "{}", refusal);
    }

    #[test]
    fn a_wrong_field_never_shows_its_value(
        field in prop::sample::select(vec![
            "id", "source", "citizen", "life_event", "measure", "params", "priority", "act_by",
            "expires_at", "not_before", "campaign", "replaces", "type",
        ]),
        value in any_json(),
    ) {
        let mut body = notification();
        body[field] = value;
        if let Err(refusal) = read(&body) {
            prop_assert!(!refusal.to_string().contains("SECRET"), "{}", refusal);
        }
    }
}
