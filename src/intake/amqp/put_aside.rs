//! What the broker itself put aside becomes dead letters.

use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};
use tracing::warn;
use uuid::Uuid;

use super::consumer::envelope;
use crate::domain::RefusalReason;
use crate::intake::json::MAX_BODY;
use crate::intake::{Desk, named_id};
use crate::ledger::DeadLetter;

/// The dead letter of a message from the broker's own dead letters.
pub(super) fn letter(delivery: &Delivery, desk: &Desk) -> DeadLetter {
    let (reason, detail) = why(delivery.properties.headers().as_ref());
    DeadLetter {
        origin: "broker",
        source: envelope(delivery).proof.source(desk.sources()),
        routing: desk.routing(delivery.routing_key.as_str()),
        reason: reason.as_str().to_owned(),
        detail: detail.to_owned(),
        body: delivery.data[..delivery.data.len().min(MAX_BODY)].to_vec(),
    }
}

/// The log's line and the count of a dead letter that is on record.
pub(super) fn told(letter: &DeadLetter, id: Uuid) {
    let (reason, detail) = (&letter.reason, &letter.detail);
    let notification = named_id(&letter.body).map(tracing::field::display);
    warn!(%reason, detail, notification, dead_letter = %id, "the broker put a message aside");
    metrics::counter!("vestnik_refused_total", "reason" => reason.clone(), "source" => "unknown")
        .increment(1);
}

/// A message with an `x-death` header was dead-lettered by a queue
/// (<https://www.rabbitmq.com/docs/dlx>); one without came by the alternate exchange, because no queue
/// was bound for its routing key.
fn why(headers: Option<&FieldTable>) -> (RefusalReason, &'static str) {
    let Some(reason) = headers.and_then(death) else {
        let detail = "expected a routing key <priority>.<source>.<life_event> with urgent, normal or bulk";
        return (RefusalReason::Unroutable, detail);
    };
    let detail = match reason.as_slice() {
        b"delivery_limit" => "delivered too often without an acknowledgement",
        b"expired" => "it or its queue had a time to live, which was over",
        b"maxlen" => "its queue was full",
        b"rejected" => "a consumer rejected it",
        _ => "dead-lettered for a reason that this release does not know",
    };
    (RefusalReason::PutAsideByBroker, detail)
}

/// The reason of the latest death.
fn death(headers: &FieldTable) -> Option<Vec<u8>> {
    let AMQPValue::FieldArray(deaths) = headers.inner().get("x-death")? else { return None };
    let AMQPValue::FieldTable(latest) = deaths.as_slice().first()? else { return None };
    match latest.inner().get("reason")? {
        AMQPValue::LongString(reason) => Some(reason.as_bytes().to_vec()),
        _ => None,
    }
}
