//! What an SMSC's `command_status` means (SMPP 3.4, 5.1.3; from 0x100 on SMPP 5.0, 4.7.6).

use vestnik_contract::{Obstacle, Permanence, SendError, SendErrorKind};

use crate::settings::Sessions;

/// `ESME_ROK`: accepted.
pub(crate) const OK: u32 = 0x00;
/// `ESME_RINVBNDSTS`: the SMSC does not hold us for bound.
pub(crate) const NOT_BOUND: u32 = 0x04;
/// `ESME_RALYBND`: there are as many sessions of this account as the SMSC allows.
const ALREADY_BOUND: u32 = 0x05;
/// `ESME_RBINDFAIL`: the bind failed. Some SMSCs say so when there are too many sessions, some of an
/// account that they do not know.
const BIND_FAILED: u32 = 0x0D;

/// The kind of failure that a refused `submit_sm` is. Codes of providers' own (from 0x400) and
/// reserved ones are taken as a refusal of this message, so that the next step is tried and an
/// alarm names the code.
fn of_submit(status: u32) -> SendErrorKind {
    use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
    match status {
        // Not bound (the session is opened again), system error, temporary and unknown errors.
        NOT_BOUND | 0x08 | 0x64 | 0xFF | 0x102 => Unavailable,
        // Message queue full, throttled.
        0x14 | 0x58 => Throttled,
        // Invalid destination address.
        0x0B => Unreachable(Permanence::Permanent),
        // Delivery failure, of an SMSC that tries before it answers.
        0xFE => Unreachable(Permanence::Soft),
        // What every message of the route has in common: command, flags, sender and its type, bind
        // and credentials, service type, esm_class, address types, TLVs, permissions, data coding.
        0x03
        | 0x05..=0x07
        | 0x0A
        | 0x0D..=0x0F
        | 0x15
        | 0x43
        | 0x48..=0x51
        | 0x53
        | 0xC0..=0xC4
        | 0x100
        | 0x101
        | 0x103
        | 0x104 => Misconfigured,
        // Message length, validity, submit failed, refused by the receiver and all others.
        _ => Rejected,
    }
}

/// The kind of failure that a refused bind is: credentials and rights, unless the SMSC says that it
/// is busy or takes no more sessions.
fn of_bind(status: u32) -> SendErrorKind {
    match status {
        ALREADY_BOUND | BIND_FAILED | 0x08 | 0x14 | 0x58 | 0x64 | 0xFF => SendErrorKind::Unavailable,
        _ => SendErrorKind::Misconfigured,
    }
}

/// The error of a refused `submit_sm`, with its code.
pub(crate) fn refused_submit(status: u32) -> SendError {
    SendError::new(of_submit(status)).code(code(status)).obstacle(credentials(status))
}

/// What a refused bind says to an operator where the SMSC may have no room for one more session, which is
/// no fault of the processes that are bound; `None` where it is about something else.
pub(crate) fn no_more_sessions(status: u32, sessions: Sessions) -> Option<&'static str> {
    Some(match (status, sessions) {
        (ALREADY_BOUND, Sessions::Each) => {
            "the SMSC says that this system_id is already bound: it allows fewer sessions than the processes \
             want. Set sessions = \"one\" for the route, or ask the provider for more"
        }
        (BIND_FAILED, Sessions::Each) => {
            "the SMSC refuses the bind and does not say why: it may allow fewer sessions than the processes \
             want (set sessions = \"one\" for the route, or ask the provider for more), or the account is \
             not in order"
        }
        (ALREADY_BOUND, Sessions::One) => {
            "the SMSC says that this system_id is already bound: by somebody else, or it has not noticed yet \
             that a session of ours is over"
        }
        (BIND_FAILED, Sessions::One) => {
            "the SMSC refuses the bind and does not say why: somebody else may be bound with this system_id, \
             or the account is not in order"
        }
        _ => return None,
    })
}

/// The error of a refused bind, with its code.
pub(crate) fn refused_bind(status: u32, sessions: Sessions) -> SendError {
    let error = SendError::new(of_bind(status)).code(code(status));
    match no_more_sessions(status, sessions) {
        Some(told) => error.source(told),
        None => error.obstacle(credentials(status)),
    }
}

/// Bind failed, invalid password, invalid system id: it is about as whom we come.
fn credentials(status: u32) -> Option<Obstacle> {
    matches!(status, 0x0D..=0x0F).then_some(Obstacle::Credentials)
}

/// A status as it is shown, such as `0x0B`.
pub(crate) fn code(status: u32) -> String {
    format!("0x{status:02X}")
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn every_status_has_its_kind() {
        for (status, kind) in [
            (0x01, "rejected"),
            (0x04, "unavailable"),
            (0x08, "unavailable"),
            (0x0A, "misconfigured"),
            (0x0B, "unreachable_permanent"),
            (0x0E, "misconfigured"),
            (0x14, "throttled"),
            (0x45, "rejected"),
            (0x58, "throttled"),
            (0x62, "rejected"),
            (0x64, "unavailable"),
            (0x65, "rejected"),
            (0x66, "rejected"),
            (0xC1, "misconfigured"),
            (0xFE, "unreachable_soft"),
            (0xFF, "unavailable"),
            (0x104, "misconfigured"),
            (0x400, "rejected"),
            (u32::MAX, "rejected"),
        ] {
            assert_eq!(of_submit(status).as_str(), kind, "{status:#x}");
        }
    }

    #[test]
    fn a_bind_is_refused_for_good_or_for_now() {
        for (status, kind) in
            [(0x0D, "unavailable"), (0x0E, "misconfigured"), (0x0F, "misconfigured"), (0x05, "unavailable")]
        {
            assert_eq!(of_bind(status).as_str(), kind, "{status:#x}");
        }
        assert_eq!(refused_bind(0x0E, Sessions::Each).provider_code(), Some("0x0E"));
        assert_eq!(refused_submit(0x58).to_string(), "throttled (provider code 0x58)");
    }
    #[test]
    fn a_bind_too_many_is_told_with_what_to_do() {
        for status in [0x05, 0x0D] {
            let told = no_more_sessions(status, Sessions::Each).unwrap();
            assert!(told.contains("sessions = \"one\""), "{told}");
            let error = refused_bind(status, Sessions::Each);
            assert_eq!(Error::source(&error).unwrap().to_string(), told);
            assert_eq!(error.stood_between(), None, "nothing is known of our credentials");
            let told = no_more_sessions(status, Sessions::One).unwrap();
            assert!(!told.contains("sessions ="), "it is set already: {told}");
        }
        assert_eq!(no_more_sessions(0x0E, Sessions::Each), None, "about our password");
        assert_eq!(no_more_sessions(0x08, Sessions::Each), None, "about the SMSC");
    }
}
