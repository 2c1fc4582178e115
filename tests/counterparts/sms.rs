//! SMS through the SMSC of the library smpp34.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vestnik_contract::{
    Accepted, Adapter, Channel, Event, InboundContent, Message, ReceiptState, SendError, SendErrorKind,
};

use crate::counterpart::Counterpart;
use crate::{Scrap, message, setup};

const PATIENCE: Duration = Duration::from_secs(30);

/// Three parts in UTF-16, with a pair of surrogates in it.
const LONG: &str = "Министерство труда. У вас родился третий ребёнок: вам положены удостоверение многодетной \
    семьи и компенсация коммунальных услуг 😀. Подайте заявление до 31 декабря. Код: 4711";

struct Wired {
    smsc: Counterpart,
    adapter: Adapter,
    _tasks: JoinSet<()>,
}

impl Wired {
    fn start() -> Self {
        let smsc = Counterpart::start("smsc.py", &[]);
        let password = Scrap::new("secret08");
        let settings = json!({
            "host": "127.0.0.1", "port": smsc.port(), "system_id": "ministry",
            "password": { "file": password.path() }, "reconnect_first_seconds": 0.05, "reconnect_max_seconds": 0.2,
        });
        let settings = serde_json::from_value(settings).unwrap();
        let mut adapter = vestnik_sms::connect(settings, &setup()).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(adapter.driver.take().unwrap());
        Self { smsc, adapter, _tasks: tasks }
    }

    /// Sends once the session is bound.
    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let channel: &Arc<dyn Channel> = &self.adapter.channel;
        let bound = async {
            while channel.probe().await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, bound).await.expect("the SMSC takes our bind");
        channel.send(message).await
    }

    /// This many events, each acknowledged.
    async fn events(&self, count: usize) -> Vec<Event> {
        let source = self.adapter.events.as_ref().unwrap();
        let mut events = Vec::new();
        while events.len() < count {
            let batch = tokio::time::timeout(PATIENCE, source.next()).await.expect("events come").unwrap();
            events.extend(batch.events);
            source.acknowledge(batch.token).await.unwrap();
        }
        events
    }

    /// What the SMSC says of this many things, those with `field`.
    fn said(&self, field: &str, count: usize) -> Vec<Value> {
        std::iter::from_fn(|| Some(self.smsc.next()))
            .filter(|said| said.get(field).is_some())
            .take(count)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_its_receipts_and_the_reply_are_understood_on_both_sides() {
    let wired = Wired::start();
    let accepted = wired.send(&message("+380671234567", LONG)).await.unwrap();
    let mut parts = wired.said("part", 3);
    parts.sort_by_key(|part| part["part"][0].as_u64());
    let text: String = parts.iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert_eq!(text, LONG);
    for (number, part) in (1..).zip(&parts) {
        assert_eq!((&part["part"], &part["data_coding"]), (&json!([number, 3]), &json!(8)), "{part}");
        assert_eq!((&part["to"], &part["sender"]), (&json!("380671234567"), &json!("Ministry")));
        assert_eq!(part["ton_npi"], json!([5, 1, 1]), "an alphanumeric sender, an international number");
        assert_eq!(part["asks_receipt"], 1);
    }

    let mut delivered = Vec::new();
    for event in wired.events(4).await {
        match event {
            Event::Receipt(receipt) => {
                assert_eq!(receipt.state, ReceiptState::Delivered);
                assert_eq!(receipt.recipient.unwrap().expose(), "+380671234567");
                delivered.push(receipt.reference);
            }
            Event::Inbound(inbound) => {
                assert_eq!(inbound.sender.expose(), "+380671234567");
                assert_eq!(inbound.content, InboundContent::Text("СТОП 😀".into()));
            }
        }
    }
    delivered.sort();
    let mut references = accepted.references;
    references.sort();
    assert_eq!(delivered, references);
    for answered in wired.said("answered", 4) {
        assert_eq!(answered["answered"], 0, "what was acknowledged is answered with ESME_ROK");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_message_and_a_refusal_are_understood_on_both_sides() {
    let wired = Wired::start();
    wired.send(&message("+380671234567", "Ministry: your certificate is ready. Code 4711")).await.unwrap();
    let part = &wired.said("part", 1)[0];
    assert_eq!(part["text"], "Ministry: your certificate is ready. Code 4711");
    assert_eq!((&part["part"], &part["data_coding"]), (&json!([1, 1]), &json!(0)));
    let error = wired.send(&message("+380670000088", "Ministry: again")).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Throttled, "{error}");
}
