//! A notification's timeline in plain words, for people who are no operators.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vestnik_contract::sandbox::{Fault, FaultRule};
use vestnik_contract::{ChannelId, Permanence, SendErrorKind};

use crate::domain::{FinalState, Happening, Locale, Reason, Trace};
use crate::ledger::store::PauseRow;

/// How a line of a timeline is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It says what happened.
    Plain,
    /// Something went well.
    Good,
    /// Something did not.
    Bad,
    /// Something waits.
    Wait,
}

/// A channel's name as people know it.
#[must_use]
pub fn name(channel: &ChannelId) -> String {
    match channel.as_str() {
        "viber" => "Viber".to_owned(),
        "telegram" => "Telegram".to_owned(),
        "sms" => "SMS".to_owned(),
        "email" => "email".to_owned(),
        "portal" => "the outside portal".to_owned(),
        other => other.to_owned(),
    }
}

/// A language's name.
#[must_use]
pub fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::Ru => "Russian",
        Locale::Uk => "Ukrainian",
        Locale::En => "English",
    }
}

/// The country of a jurisdiction.
#[must_use]
pub fn country(jurisdiction: &str) -> &str {
    match jurisdiction {
        "ua" => "Ukraine",
        "ru" => "Russia",
        other => other,
    }
}

/// What happened, in a sentence or two.
#[must_use]
pub fn sentence(what: &Happening, zone: &TimeZone) -> (Tone, String) {
    match what {
        Happening::Decided { plan, inbox, trace, .. } => (Tone::Plain, decided(plan, *inbox, trace)),
        Happening::Deferred { channel, reason, until } => {
            let words =
                format!("{} waits until {}: {}", capital(&name(channel)), clock(*until, zone), why(*reason));
            (Tone::Wait, words)
        }
        Happening::Would(would) => {
            (Tone::Plain, format!("A rule on trial, {}, would have moved it.", would.rule.as_str()))
        }
        Happening::Started { channel, .. } => (Tone::Plain, format!("Handed to {}.", provider(channel))),
        Happening::Sent { channel, parts, .. } => (Tone::Plain, taken(channel, *parts)),
        Happening::Failed { channel, kind, code, .. } => failed(channel, *kind, code.as_deref()),
        Happening::StepEnded { channel, reason, next } => {
            let then = next.as_ref().map_or_else(
                || "No other channel is left.".to_owned(),
                |next| format!("{} is next.", capital(&name(next))),
            );
            (Tone::Wait, format!("{} is given up: {} {then}", capital(&name(channel)), why(*reason)))
        }
        Happening::Delivered { channel } => (Tone::Good, format!("Arrived by {}.", name(channel))),
        Happening::Read { channel } => (Tone::Good, format!("Opened on {}.", name(channel))),
        Happening::Complained { channel } => (
            Tone::Bad,
            format!("The citizen reported it as unwanted by {}: the address is closed.", name(channel)),
        ),
        Happening::InboxRead => (Tone::Good, "Opened in the portal inbox.".to_owned()),
        Happening::CancelTooLate => {
            (Tone::Bad, "Its source took it back, but it had been sent already.".to_owned())
        }
        Happening::Closed { state, reason } => {
            (tone(*state), format!("Closed as “{}”: {}", state_words(*state), why(*reason)))
        }
        Happening::Amended { state, reason } => {
            (tone(*state), format!("Now known to be “{}”: {}", state_words(*state), why(*reason)))
        }
    }
}

/// Every channel considered, each with whether it is used and why.
#[must_use]
pub fn considered(trace: &Trace) -> Vec<(String, bool, String)> {
    let one = |(channel, reason): &(ChannelId, Reason)| {
        let used = matches!(reason, Reason::Chosen | Reason::LawOverrides);
        (capital(&name(channel)), used, reason.describe().to_owned())
    };
    trace.channels.iter().map(one).collect()
}

fn decided(plan: &[ChannelId], inbox: bool, trace: &Trace) -> String {
    let first = if inbox { "Put into the portal inbox. " } else { "" };
    let names: Vec<_> = plan.iter().map(name).collect();
    let then = match names.as_slice() {
        [] if trace.channels.is_empty() => "Nothing is to be sent.".to_owned(),
        [] => "No channel may be used.".to_owned(),
        [only] => format!("Plan: {only}."),
        [first, rest @ ..] => format!("Plan: {first}, and if need be {}.", rest.join(", then ")),
    };
    format!("{first}{then}")
}

fn provider(channel: &ChannelId) -> String {
    match channel.as_str() {
        "sms" => "the mobile operator".to_owned(),
        "email" => "the mail relay".to_owned(),
        _ => name(channel),
    }
}

fn taken(channel: &ChannelId, parts: u32) -> String {
    let in_parts = if parts > 1 { format!(" in {parts} parts") } else { String::new() };
    format!("{} took it{in_parts}.", capital(&provider(channel)))
}

fn failed(channel: &ChannelId, kind: SendErrorKind, code: Option<&str>) -> (Tone, String) {
    let who = capital(&provider(channel));
    let code = code.map(|code| format!(" (code {code})")).unwrap_or_default();
    let (tone, what) = match kind {
        SendErrorKind::Unavailable => (Tone::Wait, "could not take it now; it is tried again"),
        SendErrorKind::Throttled => (Tone::Wait, "asks us to slow down; it is tried again"),
        SendErrorKind::Ambiguous => (Tone::Bad, "did not answer: nobody knows whether it was taken"),
        SendErrorKind::Unreachable(Permanence::Permanent) => {
            (Tone::Bad, "says that this address cannot be reached; it is closed")
        }
        SendErrorKind::Unreachable(Permanence::Soft) => (Tone::Bad, "could not reach the citizen today"),
        SendErrorKind::Rejected => (Tone::Bad, "refused the text"),
        SendErrorKind::Misconfigured => (Tone::Bad, "refused us; the route is paused with an alarm"),
    };
    (tone, format!("{who} {what}{code}."))
}

/// What a provider does, to be read after its name.
#[must_use]
pub fn misbehaving(fault: Fault) -> &'static str {
    match fault {
        Fault::Throttle(_) => "asks us to slow down",
        Fault::Blocked => "says that the citizen is no longer there",
        Fault::SoftUnreachable => "cannot reach the citizen today",
        Fault::Rejected => "refuses the text",
        Fault::ServerError => "fails with a server error",
        Fault::WrongToken => "refuses our credentials",
        Fault::Hang => "takes the call and never answers",
        Fault::AcceptThenCut => "takes the message and cuts the line",
        Fault::LateReceipt(_) => "sends its receipt hours late",
        Fault::DuplicateReceipt => "sends its receipt twice",
        Fault::EarlyReceipt => "sends its receipt before its answer",
        Fault::NoReceipt => "sends no receipt",
        Fault::FailedReceipt => "takes it, then reports a failure",
    }
}

/// A rule of misbehaving, to be read after the provider's name.
#[must_use]
pub fn trouble(rule: &FaultRule) -> String {
    let what = misbehaving(rule.fault);
    match rule.times {
        Some(1) => format!("{what}, at the next message"),
        Some(times) => format!("{what}, at the next {times} messages"),
        None => format!("{what}, every time"),
    }
}

/// A pause, to be read after the channel's name.
#[must_use]
pub fn pause(row: &PauseRow, zone: &TimeZone) -> String {
    let until = row.expires_at.map(|until| format!(" until {}", clock(until, zone))).unwrap_or_default();
    format!("is paused{until}: {}", row.reason)
}

/// A final state as people say it.
#[must_use]
pub fn state_words(state: FinalState) -> &'static str {
    match state {
        FinalState::Delivered => "delivered",
        FinalState::Read => "read",
        FinalState::Accepted => "taken by the provider",
        FinalState::InboxOnly => "in the inbox only",
        FinalState::Unreachable => "not reached",
        FinalState::Suppressed => "not sent",
        FinalState::Expired => "expired",
        FinalState::Cancelled => "cancelled",
        FinalState::Rejected => "text refused",
        FinalState::Unknown => "unknown",
    }
}

/// Whether a final state is good news.
#[must_use]
pub fn tone(state: FinalState) -> Tone {
    match state {
        FinalState::Delivered | FinalState::Read | FinalState::Accepted => Tone::Good,
        FinalState::InboxOnly | FinalState::Cancelled | FinalState::Expired | FinalState::Suppressed => {
            Tone::Plain
        }
        FinalState::Unreachable | FinalState::Rejected | FinalState::Unknown => Tone::Bad,
    }
}

/// A reason's sentence, to be read after a colon.
#[must_use]
pub fn why(reason: Reason) -> String {
    let sentence = reason.describe();
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// A moment as it is told in the zone: `Tue 11:00`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %H:%M").to_string()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: &str) -> ChannelId {
        ChannelId::new(id).unwrap()
    }

    #[test]
    fn a_timeline_reads_like_sentences() {
        let kyiv = TimeZone::get("Europe/Kyiv").unwrap();
        let words = |what: Happening| sentence(&what, &kyiv).1;
        let until = "2026-10-14T06:00:00Z".parse().unwrap();
        let deferred = Happening::Deferred { channel: channel("email"), reason: Reason::QuietHours, until };
        assert_eq!(words(deferred), "Email waits until Wed 09:00: it is quiet time for the citizen.");
        let ended = Happening::StepEnded {
            channel: channel("viber"),
            reason: Reason::NoReceipt,
            next: Some(channel("sms")),
        };
        assert_eq!(words(ended), "Viber is given up: the awaited receipt did not come in time. SMS is next.");
        let closed = Happening::Closed { state: FinalState::InboxOnly, reason: Reason::NoConsent };
        assert_eq!(
            words(closed),
            "Closed as “in the inbox only”: there is no consent for the channel and topic."
        );
        let plan = [channel("viber"), channel("sms"), channel("portal")];
        assert_eq!(
            decided(&plan, true, &Trace::default()),
            "Put into the portal inbox. Plan: Viber, and if need be SMS, then the outside portal."
        );
    }

    #[test]
    fn every_reason_goes_on_after_a_colon() {
        for reason in Reason::ALL {
            let sentence = why(*reason);
            assert!(sentence.ends_with('.') && !sentence.starts_with(char::is_uppercase), "{sentence}");
        }
    }
}
