//! What the registry's owner is told of citizens. Pure but for the reading of a page.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use vestnik_contract::ChannelId;

use super::feed::{InvalidCursor, cursor, read_cursor};
use crate::domain::{CitizenId, RegistryEventKind};
use crate::ledger::store::Position;
use crate::ledger::{Ledger, LedgerError, RegistryEvent};

/// An event of a citizen. It names no address, name or evidence.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegistryMessage {
    /// The event's own id, `<transaction>-<id>`: the same for one that is told twice, and rising for those
    /// of one citizen.
    pub event: String,
    /// The citizen, as the registry knows them.
    #[schemars(with = "String")]
    pub citizen: CitizenId,
    /// What happened.
    pub kind: RegistryEventKind,
    /// On which channel, where it is about an address.
    #[schemars(with = "Option<String>")]
    pub channel: Option<ChannelId>,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

impl RegistryMessage {
    /// What is told of an event; `None` where its citizen was erased since.
    #[must_use]
    pub fn of(event: &RegistryEvent) -> Option<Self> {
        let RegistryEvent { position, citizen, kind, channel, at } = event.clone();
        Some(Self { event: position.to_string(), citizen: citizen?, kind, channel, at })
    }

    /// The routing key it is published under. No source's id begins so: nobody else is sent it.
    #[must_use]
    pub fn routing_key(&self) -> String {
        format!("@registry.{}", self.kind.as_str())
    }
}

/// A page of events.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RegistryPage {
    /// Events, in the order in which they became known; there may be none.
    pub events: Vec<RegistryMessage>,
    /// What to ask with for what follows. Whoever asks keeps it and looks into it no further.
    pub next: String,
}

/// Events read in one go.
const READ: u32 = 500;

/// The events after a cursor: `limit` are looked at. Without a cursor from the beginning.
pub async fn registry_feed(
    ledger: &Ledger,
    after: Option<&str>,
    limit: u32,
) -> Result<Result<RegistryPage, InvalidCursor>, LedgerError> {
    let Ok(position) = after.map_or(Ok(Position::default()), read_cursor) else {
        return Ok(Err(InvalidCursor));
    };
    let events = ledger.registry_events_after(position, limit.clamp(1, READ)).await?;
    let next = cursor(events.last().map_or(position, |event| event.position));
    Ok(Ok(RegistryPage { events: events.iter().filter_map(RegistryMessage::of).collect(), next }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_told_in_this_form_and_of_the_erased_nothing() {
        let event = RegistryEvent {
            position: Position { transaction: 12, id: 345 },
            citizen: CitizenId::new("snils:11223344595").ok(),
            kind: RegistryEventKind::AddressDisputed,
            channel: ChannelId::new("sms").ok(),
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
        };
        let told = RegistryMessage::of(&event).unwrap();
        assert_eq!(told.routing_key(), "@registry.address_disputed");
        let expected = json!({
            "event": "12-345", "citizen": "snils:11223344595", "kind": "address_disputed", "channel": "sms",
            "at": "2026-06-17T09:00:00Z",
        });
        assert_eq!(serde_json::to_value(&told).unwrap(), expected);
        assert!(RegistryMessage::of(&RegistryEvent { citizen: None, ..event }).is_none());
    }
}
