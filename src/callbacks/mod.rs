//! What providers tell us: receipts and citizens' words, on record before the provider is told so.
//!
//! [`take`] is for events that came by a call to us; a [`Pump`] reads a provider that pushes on its
//! own connection or is polled.

mod pump;

pub use pump::{Pump, Refusal};

use tracing::error;
use vestnik_contract::{ChannelId, Event, RouteId};

use crate::inbound::heard;
use crate::ledger::retry::{by_halves, soon};
use crate::ledger::{DeadLetter, Ledger, LedgerError, Rules};

/// Puts the events of one route on record. Once this returns the provider may be told so; where it
/// fails, later or at once it may work, and the provider has to be asked to tell it again. Told
/// twice, an event changes nothing.
///
/// An event that can never be put on record must not stand in the way of those behind it: it is
/// looked for by halves and kept as a dead letter.
pub async fn take(
    ledger: &Ledger,
    rules: &Rules,
    channel: &ChannelId,
    route: &RouteId,
    events: &[Event],
) -> Result<(), LedgerError> {
    for (part, outcome) in by_halves(events, |part| record(ledger, rules, channel, route, part)).await {
        match (outcome, part) {
            (Ok(()), _) => {}
            (Err(failure), [only]) if !failure.is_transient() => {
                bury(ledger, channel, route, only, &failure).await?;
            }
            (Err(failure), _) => return Err(failure),
        }
    }
    Ok(())
}

async fn record(
    ledger: &Ledger,
    rules: &Rules,
    channel: &ChannelId,
    route: &RouteId,
    events: &[Event],
) -> Result<(), LedgerError> {
    let (mut receipts, mut inbounds) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Receipt(receipt) => receipts.push(receipt.clone()),
            Event::Inbound(inbound) => inbounds.push(heard(inbound, &rules.catalogue)),
        }
    }
    if !receipts.is_empty() {
        ledger.told(channel, route, &receipts, rules).await?;
    }
    if !inbounds.is_empty() {
        soon(|| ledger.hear(channel, route, &inbounds, rules)).await?;
    }
    let told = [("receipt", receipts.len()), ("inbound", inbounds.len())];
    for (kind, count) in told {
        metrics::counter!("vestnik_events_total", "channel" => channel.to_string(), "kind" => kind)
            .increment(count as u64);
    }
    Ok(())
}

async fn bury(
    ledger: &Ledger,
    channel: &ChannelId,
    route: &RouteId,
    event: &Event,
    failure: &LedgerError,
) -> Result<(), LedgerError> {
    let letter = DeadLetter {
        origin: "callback",
        source: None,
        routing: format!("{channel}/{route}"),
        reason: "internal".to_owned(),
        detail: failure.to_string(),
        body: serde_json::to_vec(event).unwrap_or_default(),
    };
    let letters = [letter];
    for letter in soon(|| ledger.bury(&letters)).await? {
        let reason = failure as &dyn std::error::Error;
        error!(%channel, %route, reason, dead_letter = %letter, "an event cannot be put on record and is kept as a dead letter");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
