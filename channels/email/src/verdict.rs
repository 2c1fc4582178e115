//! What a reply means for the mail: the one table of this channel.

use vestnik_contract::{Obstacle, Permanence, SendError, SendErrorKind};

use crate::reply::Reply;

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Connecting, greeting, EHLO, STARTTLS.
    Session,
    /// AUTH.
    Login,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA and the content.
    Content,
    /// The dot that ends the content is on its way: from here on the server may have the mail.
    Sent,
}

/// The kind of a refusal, which is a reply of 4xx or 5xx, or one that nobody would expect there.
///
/// Reply codes are RFC 5321, section 4.2.3, unless another source stands beside them; pairs are
/// subject and detail of an enhanced status code (RFC 3463 and the IANA registry of SMTP enhanced
/// status codes).
#[expect(clippy::match_same_arms, reason = "each line has its own ground and its own sources")]
#[must_use]
pub fn kind(stage: Stage, reply: &Reply) -> SendErrorKind {
    use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
    use Stage::{Content, Login, Recipient, Sender, Sent, Session};

    let status = reply.enhanced.map(|enhanced| (enhanced.subject, enhanced.detail));
    match (stage, reply.code, status) {
        // Neither yes nor no. Once the content is out, nobody knows.
        (Sent, ..400 | 600.., _) => SendErrorKind::Ambiguous,
        (_, ..400 | 600.., _) => Unavailable,

        // "Too fast": 421 for reasons of policy, X.2.1 as large providers use it for a mailbox that
        // receives too quickly, and X.7.28, mail flood detected.
        (_, 421, Some((7, _))) | (_, 421 | 450, Some((2, 1))) | (_, 400..=499, Some((7, 28))) => Throttled,
        // The mailbox is full: X.2.2, or 552 to RCPT, "exceeded storage allocation". A bare 452 is
        // the server's own storage.
        (Recipient | Content | Sent, _, Some((2, 2))) | (Recipient, 552, None) => {
            Unreachable(Permanence::Soft)
        }
        // A password has to be changed first (RFC 4954, section 4.7).
        (_, 432, _) => Misconfigured,
        // Everything else that may pass, greylisting included.
        (_, 400..=499, _) => Unavailable,

        // Log in first, with something stronger, encrypted, with another password (RFC 4954,
        // section 6), and what X.7.8 to X.7.13 say of the account.
        (_, 530 | 534 | 535 | 538, _) | (_, _, Some((7, 8..=13))) => Misconfigured,
        // The server will not talk to us, or not the way we are set up to talk.
        (Session | Login, _, _) => Misconfigured,
        // Too large: 552 with SIZE (RFC 1870, section 6), X.3.4, X.2.3. The server can tell at MAIL.
        (Sender, 552, _) | (Sender, _, Some((3, 4) | (2, 3))) => Rejected,
        // Our own address is not taken; no mail of this route would be.
        (Sender, _, _) | (_, _, Some((1, 7 | 8))) => Misconfigured,

        // No such mailbox (X.1.1), no such system (X.1.2), no such address (X.1.3), moved away
        // (X.1.6), a domain without mail (X.1.10, RFC 7505), mailbox disabled (X.2.1).
        (_, _, Some((1, 1 | 2 | 3 | 6 | 10) | (2, 1))) => Unreachable(Permanence::Permanent),
        // The same without an enhanced code, where it can be meant: mailbox unavailable, user not
        // local, mailbox name not allowed, domain takes no mail (RFC 7504).
        (Recipient, 550 | 551 | 553, None) | (Recipient, 556, _) => Unreachable(Permanence::Permanent),

        // Refused for what it is or whom it is for.
        (Recipient | Content | Sent, _, _) => Rejected,
    }
}

/// The error of a refusal, with its code.
#[must_use]
pub fn refused(stage: Stage, reply: &Reply) -> SendError {
    let kind = kind(stage, reply);
    let credentials = kind == SendErrorKind::Misconfigured && is_of_login(stage, reply);
    SendError::new(kind).code(reply.name()).obstacle(credentials.then_some(Obstacle::Credentials))
}

/// Whether the relay refuses as whom we log in, at the login or later: codes and pairs as in [`kind`].
fn is_of_login(stage: Stage, reply: &Reply) -> bool {
    let about_account = |subject, detail| subject == 7 && (8..=13).contains(&detail);
    stage == Stage::Login
        || matches!(reply.code, 432 | 530 | 534 | 535 | 538)
        || reply.enhanced.is_some_and(|enhanced| about_account(enhanced.subject, enhanced.detail))
}

/// The kind when no reply came: the connection broke, or the time was over. A server that did not
/// get the final dot has no mail (RFC 5321, section 4.1.1.4).
#[must_use]
pub fn silence(stage: Stage) -> SendErrorKind {
    if stage == Stage::Sent { SendErrorKind::Ambiguous } else { SendErrorKind::Unavailable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Lines;

    fn of(stage: Stage, reply: &str) -> SendErrorKind {
        kind(stage, &Lines::default().push(reply.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn replies_have_their_kinds() {
        use SendErrorKind::{Ambiguous, Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
        use Stage::{Content, Login, Recipient, Sender, Sent, Session};
        let soft = Unreachable(Permanence::Soft);
        let permanent = Unreachable(Permanence::Permanent);
        let table = [
            (Session, "421 4.3.2 shutting down", Unavailable),
            (Session, "421 4.7.0 too many connections", Throttled),
            (Session, "454 4.7.0 TLS not available", Unavailable),
            (Session, "554 no SMTP here", Misconfigured),
            (Session, "502 what is EHLO", Misconfigured),
            (Login, "454 4.7.0 try later", Unavailable),
            (Login, "432 4.7.12 change the password", Misconfigured),
            (Login, "535 5.7.8 wrong", Misconfigured),
            (Login, "504 5.5.4 mechanism", Misconfigured),
            (Sender, "530 5.7.0 log in", Misconfigured),
            (Sender, "550 5.1.8 bad sender", Misconfigured),
            (Sender, "553 not your address", Misconfigured),
            (Sender, "552 5.3.4 too large", Rejected),
            (Sender, "552 too large", Rejected),
            (Sender, "451 4.3.0 later", Unavailable),
            (Sender, "452 4.3.1 no room", Unavailable),
            (Recipient, "550 5.1.1 no such user", permanent),
            (Recipient, "550 no such user", permanent),
            (Recipient, "551 not local", permanent),
            (Recipient, "553 bad mailbox name", permanent),
            (Recipient, "550 5.1.2 no such host", permanent),
            (Recipient, "556 5.1.10 null MX", permanent),
            (Recipient, "550 5.2.1 disabled", permanent),
            (Recipient, "551 5.1.6 moved", permanent),
            (Recipient, "552 5.2.2 full", soft),
            (Recipient, "552 full", soft),
            (Recipient, "452 4.2.2 full", soft),
            (Recipient, "452 no room", Unavailable),
            (Recipient, "450 4.2.1 too quickly", Throttled),
            (Recipient, "450 4.7.1 greylisted", Unavailable),
            (Recipient, "450 4.7.28 flood", Throttled),
            (Recipient, "451 4.7.1 greylisted", Unavailable),
            (Recipient, "450 busy", Unavailable),
            (Recipient, "550 5.7.1 policy", Rejected),
            (Recipient, "554 5.7.1 relay access denied", Rejected),
            (Recipient, "530 5.7.0 log in", Misconfigured),
            (Recipient, "550 5.7.13 account disabled", Misconfigured),
            (Recipient, "501 5.1.3 bad address", permanent),
            (Recipient, "550 5.1.7 bad sender", Misconfigured),
            (Content, "554 no valid recipients", Rejected),
            (Content, "250 what", Unavailable),
            (Sent, "550 5.1.1 no such user", permanent),
            (Sent, "550 5.7.1 spam", Rejected),
            (Sent, "554 5.6.0 content", Rejected),
            (Sent, "552 5.3.4 too large", Rejected),
            (Sent, "552 5.2.2 full", soft),
            (Sent, "452 4.3.1 no room", Unavailable),
            (Sent, "451 4.3.0 later", Unavailable),
            (Sent, "354 go on", Ambiguous),
        ];
        for (stage, reply, expected) in table {
            assert_eq!(of(stage, reply), expected, "{stage:?} {reply}");
        }
    }

    #[test]
    fn only_after_the_dot_is_silence_in_doubt() {
        for stage in [Stage::Session, Stage::Login, Stage::Sender, Stage::Recipient, Stage::Content] {
            assert_eq!(silence(stage), SendErrorKind::Unavailable);
        }
        assert_eq!(silence(Stage::Sent), SendErrorKind::Ambiguous);
    }

    #[test]
    fn no_refusal_of_a_mail_is_taken_for_doubt_and_no_temporary_one_is_final() {
        for code in 400..600 {
            for subject in 0..8 {
                for detail in 0..31 {
                    let reply = format!("{code} {}.{subject}.{detail}", code / 100);
                    for stage in [Stage::Session, Stage::Sender, Stage::Recipient, Stage::Sent] {
                        let kind = of(stage, &reply);
                        assert_ne!(kind, SendErrorKind::Ambiguous, "{reply}");
                        let closes = kind == SendErrorKind::Unreachable(Permanence::Permanent);
                        assert!(!(closes && code < 500), "{reply} closes an address");
                        assert!(!(closes && stage < Stage::Recipient), "{reply} blames the recipient");
                    }
                }
            }
        }
    }
}
