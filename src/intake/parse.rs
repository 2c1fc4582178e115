//! The one reader of messages from sources, whatever way they came: parsing, the proof of the
//! source, the routing key, and the check against the catalogue. Pure.

use serde_json::Value;

use super::canonical::canonical;
use super::json::{self, typed};
use super::refusal::Refusal;
use super::strict::missing;
use super::wire::{CancelBody, CloudEvent, NotificationBody, NotificationKind, expected, expected_of_event};
use crate::config::sources::{SourceSettings, Sources};
use crate::domain::{
    Catalogue, LifeEvent, LifeEventId, Measure, MeasureId, Notification, Params, Pointer, Priority,
    RefusalReason, SourceId, SourceRef, did_you_mean,
};
use crate::ledger::{Ask, Submission};

/// What came with a body.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// What proves who sent it.
    pub proof: Proof<'a>,
    /// The routing key `<priority>.<source>.<life_event>`, where it came by the broker. A cancel
    /// names no life event: the third word of its key is not looked at.
    pub routing_key: Option<&'a str>,
}

/// What proves who sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The broker's validated `user_id` property, where the message has one.
    AmqpUser(Option<&'a str>),
    /// The source that an API token or the operator speaks for.
    Source(Option<&'a SourceId>),
}

impl Proof<'_> {
    /// The source that the transport proves by itself, before the body is read.
    #[must_use]
    pub fn source(&self, sources: &Sources) -> Option<SourceId> {
        match self {
            Self::AmqpUser(user) => sources.of_amqp_user((*user)?).cloned(),
            Self::Source(source) => source.cloned(),
        }
    }
}

/// Reads a message and checks all that can be known of it without the ledger. The body of the
/// submission is what the message says in one spelling, so that a message that says the same is the
/// same.
pub fn parse(
    body: &[u8],
    envelope: &Envelope<'_>,
    sources: &Sources,
    catalogue: &Catalogue,
) -> Result<Submission, Refusal> {
    let value = json::read(body, expected)?;
    if value.get("specversion").is_none() {
        return understand(&value, envelope, sources, catalogue);
    }
    let event: CloudEvent = typed(&value, expected_of_event)?;
    understand(&event.data, envelope, sources, catalogue).map_err(|refusal| refusal.within("/data"))
}

fn understand(
    value: &Value,
    envelope: &Envelope<'_>,
    sources: &Sources,
    catalogue: &Catalogue,
) -> Result<Submission, Refusal> {
    if !value.is_object() {
        return Err(Refusal::whole(RefusalReason::InvalidField, format!("expected {}", expected(""))));
    }
    let ask = match kind(value)? {
        Kind::Cancel => cancel(typed(value, expected)?, envelope, sources)?,
        Kind::Notification => notify(typed(value, expected)?, envelope, sources, catalogue)?,
    };
    Ok(Submission { body: canonical(&ask), ask })
}

enum Kind {
    Notification,
    Cancel,
}

fn kind(value: &Value) -> Result<Kind, Refusal> {
    match value.get("type") {
        None | Some(Value::Null) => Ok(Kind::Notification),
        Some(Value::String(kind)) if kind == "cancel" => Ok(Kind::Cancel),
        Some(Value::String(kind)) if kind == "notification" || kind == "supersede" => Ok(Kind::Notification),
        Some(_) => Err(wrong("type")),
    }
}

/// A top-level field that is not as it must be.
fn wrong(field: &'static str) -> Refusal {
    let detail = format!("expected {}", expected(field));
    Refusal::at(RefusalReason::InvalidField, Pointer::default().known(field), detail)
}

fn cancel(body: CancelBody, envelope: &Envelope<'_>, sources: &Sources) -> Result<Ask, Refusal> {
    let settings = prove(&body.source, envelope, sources)?;
    if let Some(key) = envelope.routing_key {
        let [priority, source, _] = words(key)?;
        agree(source == body.source.as_str(), "/source")?;
        permit_priority(settings, priority == Priority::Urgent.as_str())?;
    }
    Ok(Ask::Cancel(SourceRef { source: body.source, id: body.id }))
}

fn notify(
    body: NotificationBody,
    envelope: &Envelope<'_>,
    sources: &Sources,
    catalogue: &Catalogue,
) -> Result<Ask, Refusal> {
    let settings = prove(&body.source, envelope, sources)?;
    let priority = body.priority.unwrap_or_default();
    if let Some(key) = envelope.routing_key {
        agree_with(&body, priority, key)?;
    }
    permit_priority(settings, priority == Priority::Urgent)?;
    let event = life_event(&body, catalogue)?;
    if !settings.may_speak_of(&body.life_event) {
        let detail = "expected a life event that the source may speak of";
        return Err(Refusal::at(RefusalReason::LifeEventNotPermitted, "/life_event", detail));
    }
    check_replaces(&body)?;
    check_moments(&body)?;
    let params = check_params(&body, event)?;
    let notification = Notification {
        reference: SourceRef { source: body.source, id: body.id },
        citizen: body.citizen,
        life_event: body.life_event,
        measure: body.measure,
        params,
        priority,
        act_by: body.act_by,
        expires_at: body.expires_at,
        not_before: body.not_before,
        campaign: body.campaign,
    };
    Ok(Ask::Notify { notification: Box::new(notification), supersedes: body.replaces })
}

/// Nobody speaks for a source but that source.
fn prove<'a>(
    claimed: &SourceId,
    envelope: &Envelope<'_>,
    sources: &'a Sources,
) -> Result<&'a SourceSettings, Refusal> {
    let refused = || {
        let detail = "expected the registered source that sent the message";
        Refusal::at(RefusalReason::ForbiddenSource, "/source", detail)
    };
    let settings = sources.get(claimed).ok_or_else(refused)?;
    let proved = match envelope.proof {
        Proof::Source(source) => source == Some(claimed),
        Proof::AmqpUser(user) => sources.is_amqp_user(claimed, user),
    };
    if proved { Ok(settings) } else { Err(refused()) }
}

fn permit_priority(settings: &SourceSettings, urgent: bool) -> Result<(), Refusal> {
    if urgent && !settings.urgent {
        let detail = "expected normal or bulk: the source may not be urgent";
        return Err(Refusal::at(RefusalReason::UrgentNotPermitted, "/priority", detail));
    }
    Ok(())
}

/// The three words of a routing key.
fn words(key: &str) -> Result<[&str; 3], Refusal> {
    let words: Vec<_> = key.split('.').collect();
    words.try_into().map_err(|_| mismatch(""))
}

fn agree_with(body: &NotificationBody, priority: Priority, key: &str) -> Result<(), Refusal> {
    let [of_priority, of_source, of_life_event] = words(key)?;
    agree(of_priority == priority.as_str(), "/priority")?;
    agree(of_source == body.source.as_str(), "/source")?;
    agree(of_life_event == body.life_event.as_str(), "/life_event")
}

fn agree(agrees: bool, pointer: &'static str) -> Result<(), Refusal> {
    if agrees { Ok(()) } else { Err(mismatch(pointer)) }
}

fn mismatch(pointer: &'static str) -> Refusal {
    let detail = "expected the routing key <priority>.<source>.<life_event> to say the same";
    Refusal::at(RefusalReason::RoutingKeyMismatch, pointer, detail)
}

fn check_replaces(body: &NotificationBody) -> Result<(), Refusal> {
    let supersedes = body.kind == Some(NotificationKind::Supersede);
    let itself = body.replaces.as_ref() == Some(&body.id);
    if supersedes && body.replaces.is_none() {
        let detail = missing("replaces", expected);
        return Err(Refusal::at(RefusalReason::InvalidField, "/replaces", detail));
    }
    if supersedes != body.replaces.is_some() || itself { Err(wrong("replaces")) } else { Ok(()) }
}

/// What may not be sent before it must not be sent any more is a mistake of the source.
fn check_moments(body: &NotificationBody) -> Result<(), Refusal> {
    match (body.not_before, body.expires_at) {
        (Some(from), Some(until)) if from >= until => {
            let detail = "expected a moment before expires_at";
            Err(Refusal::at(RefusalReason::InvalidField, "/not_before", detail))
        }
        _ => Ok(()),
    }
}

fn check_params(body: &NotificationBody, event: &LifeEvent) -> Result<Params, Refusal> {
    measure(body, event)?
        .check_params(&body.params)
        .map_err(|error| Refusal::at(RefusalReason::InvalidParams, error.pointer, error.detail))
}

/// What nobody knows is said to be unknown, also to a source that may speak of certain ones alone.
fn life_event<'a>(body: &NotificationBody, catalogue: &'a Catalogue) -> Result<&'a LifeEvent, Refusal> {
    catalogue.life_events.get(&body.life_event).ok_or_else(|| {
        let known = catalogue.life_events.keys().map(LifeEventId::as_str);
        let meant = did_you_mean(body.life_event.as_str(), known);
        let detail = format!("expected a life event of the catalogue{meant}");
        Refusal::at(RefusalReason::UnknownLifeEvent, "/life_event", detail)
    })
}

fn measure<'a>(body: &NotificationBody, event: &'a LifeEvent) -> Result<&'a Measure, Refusal> {
    event.measures.get(&body.measure).ok_or_else(|| {
        let known: Vec<_> = event.measures.keys().map(MeasureId::as_str).collect();
        let meant = did_you_mean(body.measure.as_str(), known.iter().copied());
        let detail = format!("expected one of {}{meant}", known.join(", "));
        Refusal::at(RefusalReason::UnknownMeasure, "/measure", detail)
    })
}

#[cfg(test)]
mod tests;
