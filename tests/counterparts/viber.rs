//! Viber's signatures, made by Python's `hmac` and checked by the library viberbot.

use jiff::Timestamp;
use serde_json::json;
use vestnik_contract::{CallbackOutcome, CallbackRequest, Callbacks};
use vestnik_viber::{Settings, connect};

use crate::counterpart::Counterpart;
use crate::{Scrap, setup};

const TOKEN: &str = "4453b6ac12345678-e02c5f12174805f9-daec9cbb5448c51f";

/// Callbacks as Viber writes them, with what viberbot takes them for and how many events they bring.
const CALLBACKS: [(&str, &str, usize); 4] = [
    (
        r#"{"event":"delivered","timestamp":1457764197627,"message_token":4912661846655238145,"user_id":"01234567890A="}"#,
        "ViberDeliveredRequest",
        1,
    ),
    (
        r#"{"event":"seen","timestamp":1457764197627,"message_token":4912661846655238145,"user_id":"01234567890A="}"#,
        "ViberSeenRequest",
        1,
    ),
    (
        r#"{"event":"unsubscribed","timestamp":1457764197627,"user_id":"01234567890A=","message_token":4912661846655238145}"#,
        "ViberUnsubscribedRequest",
        1,
    ),
    (
        r#"{"event":"message","timestamp":1457764197627,"message_token":4912661846655238145,"sender":{"id":"01234567890A=","name":"Ольга \u0026 Ко","avatar":"","country":"UA","language":"uk","api_version":1},"message":{"type":"text","text":"СТОП 😀"}}"#,
        "ViberMessageRequest",
        1,
    ),
];

fn receive(callbacks: &dyn Callbacks, signature: &str, body: &str) -> CallbackOutcome {
    let headers = [("x-viber-content-signature".to_owned(), signature.to_owned())];
    let request =
        CallbackRequest { method: "POST", path: "", query: "", headers: &headers, body: body.as_bytes() };
    callbacks.receive(&request, Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn what_others_sign_is_heard_and_nothing_else() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut viber = Counterpart::start("viber.py", &[("VIBER_TOKEN", TOKEN)]);
    assert_eq!(viber.next()["ready"], true);
    let token = Scrap::new(TOKEN);
    let settings: Settings = serde_json::from_value(json!({ "token": { "file": token.path() } })).unwrap();
    let callbacks = connect(&settings, &setup()).unwrap().callbacks.unwrap();
    for (body, kind, events) in CALLBACKS {
        viber.tell(body);
        let verdict = viber.next();
        assert_eq!((&verdict["agreed"], &verdict["read"]), (&json!(true), &json!(kind)), "{body}");
        let signature = verdict["signature"].as_str().unwrap();
        let heard = receive(&*callbacks, signature, body);
        assert_eq!((heard.reply.status, heard.events.len()), (200, events), "{body}");
        let other = receive(&*callbacks, signature, &body.replace("1457764197627", "1457764197628"));
        assert_eq!((other.reply.status, other.events.len()), (403, 0), "{body}");
    }
}
