//! What a source is told, from what stands in the timeline. Pure.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use vestnik_contract::ChannelId;

use crate::domain::{Entry, Happening, Reason, SourceId};
use crate::ledger::store::Position;

/// A status of a notification. It names no citizen, address or text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusMessage {
    /// The status's own id, `<transaction>-<id>`: the same for a status that is told twice, and rising
    /// for the statuses of one notification.
    pub entry: String,
    /// The source of the notification.
    #[schemars(with = "String")]
    pub source: SourceId,
    /// The source's id of the notification.
    pub id: String,
    /// How it stands. Not final: `deferred`, `sent`, `delivered`, `read`, `cancel_too_late`. Final:
    /// `delivered`, `read`, `accepted`, `inbox_only`, `unreachable`, `suppressed`, `expired`,
    /// `cancelled`, `rejected`, `unknown`.
    pub state: &'static str,
    /// Why, as a reason code.
    #[schemars(with = "Option<String>")]
    pub reason: Option<Reason>,
    /// When it came about.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// On which channel, where it is about one.
    #[schemars(with = "Option<String>")]
    pub channel: Option<ChannelId>,
    /// When it is to be sent instead, where it is `deferred`. It may be put off again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// Whether it is the end. Only an amended status can follow.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether later evidence raised a final state that was told before.
    pub amended: bool,
}

impl StatusMessage {
    /// What the source is told of a timeline entry; `None` for what is the gateway's own business.
    #[must_use]
    pub fn of(position: Position, entry: &Entry) -> Option<Self> {
        let said = Said::of(&entry.what)?;
        Some(Self {
            entry: position.to_string(),
            source: entry.reference.source.clone(),
            id: entry.reference.id.clone(),
            state: said.state,
            reason: said.reason,
            at: entry.at,
            channel: said.channel,
            until: said.until,
            is_final: said.is_final,
            amended: said.amended,
        })
    }

    /// The routing key it is published under.
    #[must_use]
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.source, self.state)
    }
}

/// The part that depends on what happened.
struct Said {
    state: &'static str,
    reason: Option<Reason>,
    channel: Option<ChannelId>,
    until: Option<Timestamp>,
    is_final: bool,
    amended: bool,
}

impl Said {
    fn of(what: &Happening) -> Option<Self> {
        let on = |state, channel: &ChannelId| Self {
            state,
            reason: None,
            channel: Some(channel.clone()),
            until: None,
            is_final: false,
            amended: false,
        };
        let ended = |state, reason, amended| Self {
            state,
            reason: Some(reason),
            channel: None,
            until: None,
            is_final: true,
            amended,
        };
        match what {
            Happening::Deferred { channel, reason, until } => {
                Some(Self { reason: Some(*reason), until: Some(*until), ..on("deferred", channel) })
            }
            Happening::Sent { channel, .. } => Some(on("sent", channel)),
            Happening::Delivered { channel } => Some(on("delivered", channel)),
            Happening::Read { channel } => Some(on("read", channel)),
            Happening::CancelTooLate => Some(Self {
                state: "cancel_too_late",
                reason: None,
                channel: None,
                until: None,
                is_final: false,
                amended: false,
            }),
            Happening::Closed { state, reason } => Some(ended(state.as_str(), *reason, false)),
            Happening::Amended { state, reason } => Some(ended(state.as_str(), *reason, true)),
            Happening::Decided { .. }
            | Happening::Would(_)
            | Happening::Started { .. }
            | Happening::Failed { .. }
            | Happening::StepEnded { .. }
            | Happening::Complained { .. }
            | Happening::InboxRead => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;
    use vestnik_contract::SendErrorKind;

    use super::*;
    use crate::domain::{AttemptId, FinalState, NotificationKey, SourceRef, Trace, TrialRule, Would};

    fn entry(what: Happening) -> Entry {
        Entry {
            notification: NotificationKey(Uuid::nil()),
            reference: SourceRef { source: SourceId::new("family_fund").unwrap(), id: "2f1c9a".to_owned() },
            notice: None,
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
            what,
        }
    }

    fn told(what: Happening) -> Option<StatusMessage> {
        StatusMessage::of(Position { transaction: 12, id: 345 }, &entry(what))
    }

    fn sms() -> ChannelId {
        ChannelId::new("sms").unwrap()
    }

    #[test]
    fn a_status_is_told_in_this_form() {
        let reason = Reason::ReceiptDelivered;
        let status = told(Happening::Closed { state: FinalState::Delivered, reason }).unwrap();
        assert_eq!(status.routing_key(), "family_fund.delivered");
        let expected = json!({
            "entry": "12-345", "source": "family_fund", "id": "2f1c9a", "state": "delivered",
            "reason": "receipt_delivered", "at": "2026-06-17T09:00:00Z", "channel": null, "final": true,
            "amended": false,
        });
        assert_eq!(serde_json::to_value(status).unwrap(), expected);
    }

    #[test]
    fn a_source_is_told_until_when_it_is_put_off() {
        let until = "2026-06-18T06:00:00Z".parse().unwrap();
        let reason = Reason::ContactBudget;
        let status = told(Happening::Deferred { channel: sms(), reason, until }).unwrap();
        let said = serde_json::to_value(status).unwrap();
        assert_eq!(said["state"], "deferred");
        assert_eq!(
            (&said["reason"], &said["until"]),
            (&json!("contact_budget"), &json!("2026-06-18T06:00:00Z"))
        );
        assert!(
            told(Happening::Sent { channel: sms(), attempt: AttemptId(Uuid::nil()), parts: 1 })
                .unwrap()
                .until
                .is_none()
        );
    }

    #[test]
    fn each_happening_is_told_or_kept() {
        let (channel, attempt, reason) = (sms(), AttemptId(Uuid::nil()), Reason::QuietHours);
        let until = "2026-06-18T06:00:00Z".parse().unwrap();
        let table = [
            (Happening::Deferred { channel: sms(), reason, until }, Some(("deferred", true, false, false))),
            (Happening::Sent { channel: sms(), attempt, parts: 1 }, Some(("sent", true, false, false))),
            (Happening::Delivered { channel: sms() }, Some(("delivered", true, false, false))),
            (Happening::Read { channel: sms() }, Some(("read", true, false, false))),
            (Happening::CancelTooLate, Some(("cancel_too_late", false, false, false))),
            (
                Happening::Closed { state: FinalState::InboxOnly, reason },
                Some(("inbox_only", false, true, false)),
            ),
            (Happening::Amended { state: FinalState::Read, reason }, Some(("read", false, true, true))),
            (Happening::Started { channel: sms(), attempt }, None),
            (Happening::InboxRead, None),
            (Happening::Complained { channel: sms() }, None),
            (Happening::Would(Would::moved(TrialRule::Yielding, None)), None),
            (Happening::StepEnded { channel: sms(), reason, next: None }, None),
            (Happening::Failed { channel, attempt, kind: SendErrorKind::Throttled, code: None }, None),
            (
                Happening::Decided {
                    trace: Trace::default(),
                    plan: vec![],
                    due_at: None,
                    inbox: true,
                    config: String::new(),
                },
                None,
            ),
        ];
        for (what, expected) in table {
            let name = what.name();
            let told = told(what);
            let said = told.map(|told| (told.state, told.channel.is_some(), told.is_final, told.amended));
            assert_eq!(said, expected, "{name}");
        }
    }
}
