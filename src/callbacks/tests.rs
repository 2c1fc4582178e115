//! Events on the SQLite ledger, from a source that is told what to bring.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use vestnik_contract::{
    Address, ChannelId, Event, EventBatch, EventSource, Inbound, InboundContent, ReceiptState, SendError,
    SendErrorKind,
};

use super::{Pump, Refusal, take};
use crate::domain::{FinalState, Reason};
use crate::ledger::Ledger;
use crate::ledger::fixture::{World, address, receipt, route};

fn sms() -> ChannelId {
    ChannelId::new("sms").unwrap()
}

fn words(key: &str, sender: &Address, text: &str) -> Event {
    let content = InboundContent::Text(text.to_owned());
    Event::Inbound(Inbound { key: key.to_owned(), sender: sender.clone(), content, at: None })
}

async fn dead(ledger: &Ledger) -> usize {
    ledger.dead_letters(None, 100).await.unwrap().len()
}

#[tokio::test]
async fn receipts_and_words_are_on_record_once_it_returns() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let events = [
        Event::Receipt(receipt("sms-1", ReceiptState::Delivered)),
        words("1", &address("sms", "anna"), "СТОП"),
    ];
    for _ in 0..2 {
        take(&world.ledger, &world.rules, &sms(), &route(), &events).await.unwrap();
    }
    assert_eq!(world.ending("1").await, Some((FinalState::Delivered, Reason::ReceiptDelivered)));
    assert_eq!(world.start("sms").await.len(), 1, "one confirmation");
}

#[tokio::test]
async fn an_event_that_never_passes_becomes_a_dead_letter_and_the_others_go_on() {
    let world = World::sqlite().await;
    for name in ["anna", "ivan", "olha"] {
        world.citizen(name, &["sms"]).await;
    }
    // Whose data key is broken can never be put on record.
    let mut tx = world.ledger.store().begin().await.unwrap();
    let mut row = tx.citizens(&[world.key("ivan")], false).await.unwrap().remove(0);
    row.data_key = vec![0];
    tx.put_citizens(&[row]).await.unwrap();
    tx.commit().await.unwrap();

    let events: Vec<_> =
        ["anna", "ivan", "olha"].into_iter().map(|name| words(name, &address("sms", name), "СТОП")).collect();
    take(&world.ledger, &world.rules, &sms(), &route(), &events).await.unwrap();
    assert_eq!(world.start("sms").await.len(), 2, "the confirmations of the others");
    let letters = world.ledger.dead_letters(None, 10).await.unwrap();
    assert_eq!(
        (letters.len(), letters[0].origin.as_str(), letters[0].routing.as_str()),
        (1, "callback", "sms/main")
    );
    let letter = world.ledger.dead_letter(letters[0].id).await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Event>(&letter.body).unwrap(), events[1]);
    assert!(!letter.detail.contains("sms-ivan"));
    assert!(world.ledger.drop_dead_letter(letter.id).await.unwrap());
    assert_eq!(dead(&world.ledger).await, 0);
}

/// Brings what it is told to, and after that nothing.
struct Told {
    answers: Mutex<VecDeque<Result<EventBatch, SendError>>>,
    acknowledged: Mutex<Vec<u64>>,
    emptied: Notify,
    asked: AtomicUsize,
}

impl Told {
    fn new(answers: Vec<Result<EventBatch, SendError>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into()),
            acknowledged: Mutex::default(),
            emptied: Notify::new(),
            asked: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl EventSource for Told {
    async fn next(&self) -> Result<EventBatch, SendError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let next = self.answers.lock().unwrap().pop_front();
        if let Some(answer) = next {
            return answer;
        }
        self.emptied.notify_one();
        std::future::pending().await
    }

    async fn acknowledge(&self, token: u64) -> Result<(), SendError> {
        self.acknowledged.lock().unwrap().push(token);
        Ok(())
    }
}

#[tokio::test]
async fn a_pump_acknowledges_what_is_on_record_and_tells_refusals() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let batch = |token, events| Ok(EventBatch { token, events });
    let source = Told::new(vec![
        batch(1, vec![words("1", &address("sms", "anna"), "STOP")]),
        Err(SendError::new(SendErrorKind::Unavailable)),
        Err(SendError::new(SendErrorKind::Misconfigured)),
        batch(2, Vec::new()),
    ]);
    let (refusals, mut refused) = mpsc::channel(4);
    let pump = Pump {
        ledger: world.ledger.clone(),
        rules: world.rules.clone(),
        channel: sms(),
        route: route(),
        source: source.clone(),
        refusals,
    };
    let stopping = CancellationToken::new();
    tokio::join!(pump.run(stopping.clone()), async {
        source.emptied.notified().await;
        stopping.cancel();
    });
    assert_eq!(*source.acknowledged.lock().unwrap(), [1, 2]);
    assert_eq!(source.asked.load(Ordering::Relaxed), 5);
    assert_eq!(refused.recv().await, Some(Refusal { channel: sms(), route: route() }));
    assert_eq!(refused.recv().await, None);
    assert_eq!(world.start("sms").await.len(), 1);
}
