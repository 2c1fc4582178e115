//! Puts messages into a home's ledger, as the gateway would.

use std::sync::Arc;

use serde_json::{Value, json};
use vestnik::clock::Clock;
use vestnik::config::{Loaded, Overrides};
use vestnik::domain::{CitizenId, SourceId};
use vestnik::gateway::{open_ledger, rules};
use vestnik::intake::{Arrived, Desk, Envelope, Proof};
use vestnik::ledger::{Ledger, Scam};

use crate::home::Home;

/// A notification of the family fund that is good, for a citizen in Kyiv who has a phone.
pub(crate) fn good() -> Value {
    json!({
        "id": "2f1c9a",
        "source": "family_fund",
        "citizen": "snils:11223344595",
        "life_event": "child_birth",
        "measure": "birth_grant",
        "params": { "sum": { "minor": 1_032_000, "currency": "UAH" } },
    })
}

/// The citizen, as a line of an import.
pub(crate) const CITIZEN: &str = r#"{"id":"snils:11223344595","locale":"uk","jurisdiction":"ua","zone":"Europe/Kyiv","addresses":[{"channel":"sms","address":"+380671234567"}],"consents":[{"channel":"all","topic":"all","action":"granted","evidence":"form 1","at":"2026-01-01T00:00:00Z"}]}"#;

fn citizen() -> CitizenId {
    CitizenId::new("snils:11223344595").unwrap()
}

impl Home {
    /// Brings messages of a source as HTTP does; what is refused becomes a dead letter.
    pub(crate) fn bring(&self, source: &str, bodies: &[Value]) {
        let bodies: Vec<_> = bodies.iter().map(|body| body.to_string().into_bytes()).collect();
        self.bring_bodies(source, &bodies);
    }

    /// The same of bodies as they are, whatever they are.
    pub(crate) fn bring_bodies(&self, source: &str, bodies: &[Vec<u8>]) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let loaded = Loaded::read(&self.config(), &Overrides::default()).unwrap();
            let clock = Clock::system();
            let ledger = open_ledger(&loaded.gateway.ledger, &clock).await.unwrap();
            let sources = Arc::new(loaded.sources.clone());
            let connected = loaded.connect(&clock.function()).unwrap();
            let channels = connected.into_iter().map(|one| (one.channel, one.adapter.channel)).collect();
            let rules = Arc::new(rules(loaded, channels, ledger.keys()));
            let desk = Desk::new(ledger, rules, sources);
            let source = SourceId::new(source).unwrap();
            let envelope = Envelope { proof: Proof::Source(Some(&source)), routing_key: None };
            let arrived = |body| Arrived { body, envelope, origin: "http" };
            let batch: Vec<_> = bodies.iter().map(|body| arrived(body.as_slice())).collect();
            desk.take(&batch).await.unwrap();
        });
    }

    /// The check code of the citizen's newest inbox entry.
    pub(crate) fn newest_code(&self) -> String {
        self.in_ledger(async |ledger| {
            let entry = ledger.inbox(&citizen(), None, 1).await.unwrap().remove(0);
            entry.text.rsplit(' ').next().unwrap().to_owned()
        })
    }

    /// Has the citizen report a message; gives the report's id.
    pub(crate) fn report_scam(&self, text: &str, sender: &str) -> String {
        let scam = Scam { text: text.to_owned(), sender: Some(sender.to_owned()) };
        self.in_ledger(async |ledger| {
            ledger.report_scam(Some(&citizen()), &scam).await.unwrap().unwrap().to_string()
        })
    }

    fn in_ledger<T>(&self, work: impl AsyncFnOnce(&Ledger) -> T) -> T {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let loaded = Loaded::read(&self.config(), &Overrides::default()).unwrap();
            work(&*open_ledger(&loaded.gateway.ledger, &Clock::system()).await.unwrap()).await
        })
    }

    /// Imports the citizen.
    pub(crate) fn import_citizen(&self) {
        let file = self.config().join("../citizens.ndjson");
        std::fs::write(&file, CITIZEN).unwrap();
        self.run(&["import", "citizens.ndjson"]).ends(0);
    }
}
