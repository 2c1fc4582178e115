//! Events on the SQLite ledger, from a source that is told what to bring.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
    exclusive: bool,
    stood_by: Notify,
}

impl Told {
    fn new(answers: Vec<Result<EventBatch, SendError>>) -> Arc<Self> {
        Self::of(answers, false)
    }

    fn of(answers: Vec<Result<EventBatch, SendError>>, exclusive: bool) -> Arc<Self> {
        Arc::new(Self {
            exclusive,
            stood_by: Notify::new(),
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

    fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    fn stand_by(&self) {
        self.stood_by.notify_one();
    }
}

fn pump(world: &World, source: &Arc<Told>, refusals: mpsc::Sender<Refusal>) -> Pump {
    Pump {
        ledger: world.ledger.clone(),
        rules: world.rules.clone(),
        channel: sms(),
        route: route(),
        source: source.clone(),
        refusals,
        look_every: Duration::from_millis(10),
    }
}

#[tokio::test]
async fn of_two_processes_one_reads_and_the_other_takes_over_when_it_goes() {
    let world = World::sqlite().await;
    let batch = |token| Ok(EventBatch { token, events: Vec::new() });
    let (first, second) = (Told::of(vec![batch(1)], true), Told::of(vec![batch(2)], true));
    let (refusals, _refused) = mpsc::channel(1);
    let (first_stops, second_stops) = (CancellationToken::new(), CancellationToken::new());
    let reads = pump(&world, &first, refusals.clone()).run(first_stops.clone());
    let stands_by = async {
        first.emptied.notified().await;
        tokio::join!(pump(&world, &second, refusals).run(second_stops.clone()), async {
            second.stood_by.notified().await;
            assert_eq!(second.asked.load(Ordering::Relaxed), 0);
            first_stops.cancel();
            second.emptied.notified().await;
            second_stops.cancel();
        });
    };
    tokio::join!(reads, stands_by);
    assert_eq!(
        (&*first.acknowledged.lock().unwrap(), &*second.acknowledged.lock().unwrap()),
        (&vec![1], &vec![2])
    );
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
    let pump = pump(&world, &source, refusals);
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
