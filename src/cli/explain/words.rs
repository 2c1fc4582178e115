//! What attempts and timeline entries are called in plain words.

use vestnik_contract::{ChannelId, Permanence, ReceiptState, SendErrorKind};

use crate::domain::{AttemptOutcome, Awaits, Happening, Reason, Would};
use crate::ledger::AttemptView;

/// What came of a call.
pub(super) fn outcome(attempt: &AttemptView) -> String {
    let said = match attempt.outcome {
        AttemptOutcome::Started => "under way, nothing is known yet",
        AttemptOutcome::Accepted => "the provider took it",
        AttemptOutcome::Ambiguous => "no answer; the provider may have taken it",
        AttemptOutcome::Failed(kind) => failure(kind),
        AttemptOutcome::Receipted(state) => receipt(state),
    };
    let code = attempt.code.as_ref().map(|code| format!(" (provider code {code})")).unwrap_or_default();
    let parts = if attempt.parts > 1 { format!(", in {} parts", attempt.parts) } else { String::new() };
    format!("{said}{code}{parts}")
}

fn failure(kind: SendErrorKind) -> &'static str {
    match kind {
        SendErrorKind::Unavailable => "the provider was not available",
        SendErrorKind::Throttled => "the provider asked to slow down",
        SendErrorKind::Ambiguous => "no answer; the provider may have taken it",
        SendErrorKind::Unreachable(Permanence::Permanent) => {
            "the address cannot be reached any more, and was closed"
        }
        SendErrorKind::Unreachable(Permanence::Soft) => "the address cannot be reached now",
        SendErrorKind::Rejected => "the provider refused the content",
        SendErrorKind::Misconfigured => "the provider refused our credentials or settings",
    }
}

fn receipt(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Delivered => "a receipt says that it arrived",
        ReceiptState::Read => "a receipt says that it was read",
        ReceiptState::Complained => "the citizen complained of it to their provider; the address was closed",
        ReceiptState::Unreachable(Permanence::Permanent) => {
            "a receipt says that the address cannot be reached any more; it was closed"
        }
        ReceiptState::Unreachable(Permanence::Soft) => {
            "a receipt says that the address cannot be reached now"
        }
        ReceiptState::Rejected => "a receipt says that it was refused",
        ReceiptState::Expired => "a receipt says that it could not be delivered in its time",
    }
}

/// What a step waits for.
pub(super) fn awaited(awaits: Awaits) -> &'static str {
    match awaits {
        Awaits::Accepted => "the provider takes it",
        Awaits::Delivered => "a receipt says that it arrived",
        Awaits::Read => "a receipt says that it was read",
    }
}

/// A timeline entry in a sentence. `when` shows moments.
pub(super) fn happening(what: &Happening, when: impl Fn(jiff::Timestamp) -> String) -> String {
    match what {
        Happening::Decided { plan, due_at, .. } => match (plan.as_slice(), due_at) {
            ([], _) => "decided: it is not pushed".to_owned(),
            (plan, Some(due)) => format!("decided: {}, from {} on", in_turn(plan), when(*due)),
            (plan, None) => format!("decided: {}", in_turn(plan)),
        },
        Happening::Deferred { channel, reason, until } => {
            format!("{channel}: put off until {}. {}", when(*until), reason.describe())
        }
        Happening::Would(one) => would(one, when),
        Happening::Started { channel, .. } => format!("{channel}: a call to the provider started"),
        Happening::Sent { channel, parts, .. } if *parts > 1 => {
            format!("{channel}: the provider took it, in {parts} parts")
        }
        Happening::Sent { channel, .. } => format!("{channel}: the provider took it"),
        Happening::Failed { channel, kind, code, .. } => {
            let code = code.as_ref().map(|code| format!(" (provider code {code})")).unwrap_or_default();
            format!("{channel}: {}{code}", failure(*kind))
        }
        Happening::StepEnded { channel, reason, next } => step_ended(channel, *reason, next.as_ref()),
        Happening::Delivered { channel } => format!("{channel}: it arrived"),
        Happening::Read { channel } => format!("{channel}: it was read"),
        Happening::Complained { channel } => {
            format!("{channel}: the citizen complained of it to their provider; the address was closed")
        }
        Happening::InboxRead => "the citizen opened it in the portal inbox".to_owned(),
        Happening::CancelTooLate => "its source took it back, too late: it had been sent".to_owned(),
        Happening::Closed { state, reason } => format!("ended as {state}. {}", reason.describe()),
        Happening::Amended { state, reason } => format!("now {state}. {}", reason.describe()),
    }
}

/// What a rule on trial would have done.
pub(super) fn would(
    Would { rule, until, channel }: &Would,
    when: impl Fn(jiff::Timestamp) -> String,
) -> String {
    let then = match (channel, until) {
        (Some(channel), _) => format!("have passed over {channel}"),
        (None, Some(until)) => format!("have had it pushed from {} on", when(*until)),
        (None, None) => "not have pushed it at all".to_owned(),
    };
    format!("[{}] is only reported on and would {then}.", rule.as_str())
}

fn step_ended(channel: &ChannelId, reason: Reason, next: Option<&ChannelId>) -> String {
    let next = next.map_or("No channel is left.".to_owned(), |next| format!("Next is {next}."));
    format!("{channel}: the step ended. {} {next}", reason.describe())
}

/// `viber, then sms, then email`.
pub(super) fn in_turn(plan: &[ChannelId]) -> String {
    plan.iter().map(ChannelId::as_str).collect::<Vec<_>>().join(", then ")
}
