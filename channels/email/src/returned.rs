//! Mail that comes back, as the relay hands it over: each mail to the return address is the body of one
//! POST. Understood are delivery status notifications (RFC 3464) and the complaints of feedback loops
//! (RFC 5965); any other mail is taken and says nothing. Pure.
//!
//! Anybody can write a mail to the return address. What it says is believed of a message whose
//! `Message-ID` it quotes, which only those know who have had the message in hand.

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use vestnik_contract::{
    CallbackOutcome, CallbackReply, CallbackRequest, Callbacks, Event, Receipt, ReceiptState, SendErrorKind,
};

use crate::reply::{Enhanced, Reply, status};
use crate::verdict::{self, Stage};

/// The longest reference that is looked up, in bytes; ours have 36 and the sender's domain.
const MAX_REFERENCE: usize = 512;

/// Understands the mail that comes back on one route.
pub(crate) struct Returned {
    key: hmac::Key,
    /// Of the secret itself: what a presented one is compared with.
    tag: hmac::Tag,
}

impl Returned {
    /// The relay proves who it is with this secret, as a bearer token (RFC 6750).
    pub(crate) fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, secret);
        Self { key, tag }
    }

    /// The comparison takes the same time wherever the first difference is.
    fn is_from_the_relay(&self, request: &CallbackRequest<'_>) -> bool {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        bearer.is_some_and(|secret| hmac::verify(&self.key, secret.as_bytes(), self.tag.as_ref()).is_ok())
    }
}

impl Callbacks for Returned {
    fn receive(&self, request: &CallbackRequest<'_>, _now: Timestamp) -> CallbackOutcome {
        if request.method != "POST" {
            return CallbackOutcome::refused(405);
        }
        if !self.is_from_the_relay(request) {
            return CallbackOutcome::refused(401);
        }
        let Some(mail) = MessageParser::default().parse(request.body) else {
            return CallbackOutcome::refused(400);
        };
        let events = receipt(&mail).map(Event::Receipt).into_iter().collect();
        CallbackOutcome { events, reply: CallbackReply::empty(200) }
    }
}

/// What a report says of the message that it quotes.
fn receipt(mail: &Message<'_>) -> Option<Receipt> {
    let (state, code) = match report_type(mail)?.as_str() {
        "delivery-status" => delivery_status(&groups(&machine_readable(mail, "delivery-status")?))?,
        "feedback-report" => (feedback(&groups(&machine_readable(mail, "feedback-report")?))?, None),
        _ => return None,
    };
    let reference = mail.parts.iter().find_map(quoted).filter(|id| id.len() <= MAX_REFERENCE)?;
    let key = format!("{reference}:{state:?}");
    // A mailbox may have passed the message on: who is named is not who we wrote to.
    Some(Receipt { key, reference, recipient: None, state, code, at: None })
}

/// The report's type, as `multipart/report` names it (RFC 6522, section 3).
fn report_type(mail: &Message<'_>) -> Option<String> {
    let content = mail.content_type()?;
    let is_report = content.ctype().eq_ignore_ascii_case("multipart")
        && content.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"));
    is_report.then(|| content.attribute("report-type").unwrap_or_default().to_ascii_lowercase())
}

/// The part that is for machines: `message/` and this subtype.
fn machine_readable(mail: &Message<'_>, subtype: &str) -> Option<String> {
    let part = mail.parts.iter().find(|part| is_of_type(part, &["message"], &[subtype]))?;
    Some(String::from_utf8_lossy(part.contents()).into_owned())
}

fn is_of_type(part: &MessagePart<'_>, types: &[&str], subtypes: &[&str]) -> bool {
    let among = |names: &[&str], name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    part.content_type().is_some_and(|content| {
        among(types, content.ctype()) && content.subtype().is_some_and(|subtype| among(subtypes, subtype))
    })
}

/// The `Message-ID` of the message that a part quotes, whole or its header alone, without brackets.
fn quoted(part: &MessagePart<'_>) -> Option<String> {
    const QUOTES: [&str; 4] = ["rfc822", "rfc822-headers", "global", "global-headers"];
    if !is_of_type(part, &["message", "text"], &QUOTES) {
        return None;
    }
    let id = |message: &Message<'_>| message.message_id().map(str::to_owned);
    if let Some(message) = part.message() {
        return id(message);
    }
    // A header alone need not end with an empty line.
    let header = [part.contents(), b"\r\n\r\n"].concat();
    MessageParser::default().parse_headers(&header).as_ref().and_then(id)
}

/// Fields of a report, in their groups (RFC 3464, section 2.1): names in lower case, values unfolded.
type Group = Vec<(String, String)>;

fn groups(text: &str) -> Vec<Group> {
    let mut groups = vec![Group::new()];
    for line in text.lines() {
        let Some(group) = groups.last_mut() else { break };
        if line.trim().is_empty() {
            if !group.is_empty() {
                groups.push(Group::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

fn field<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    group.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
}

/// What became of the one recipient that each of our mails has, and its status code. A notice that it
/// takes longer says nothing, nor one that it was passed on to where no reports come from.
fn delivery_status(groups: &[Group]) -> Option<(ReceiptState, Option<String>)> {
    let recipient = groups.iter().find(|group| field(group, "action").is_some())?;
    // The code may be followed by a comment in brackets.
    let code = field(recipient, "status").and_then(|text| text.split_whitespace().next());
    let state = match field(recipient, "action")?.to_ascii_lowercase().as_str() {
        "delivered" => ReceiptState::Delivered,
        "failed" => failed(code.and_then(status)),
        _ => return None,
    };
    Some((state, code.filter(|code| status(code).is_some()).map(str::to_owned)))
}

/// Why it will not arrive (RFC 3463): by the table that the relay's own refusals are understood by. What
/// is given up after many tries (4.X.X) was not delivered in its time.
fn failed(status: Option<Enhanced>) -> ReceiptState {
    let Some(enhanced) = status else { return ReceiptState::Rejected };
    let reply = Reply { code: enhanced.class * 100 + 50, enhanced: Some(enhanced), lines: Vec::new() };
    match verdict::kind(Stage::Recipient, &reply) {
        SendErrorKind::Unreachable(permanence) => ReceiptState::Unreachable(permanence),
        _ if enhanced.class == 4 => ReceiptState::Expired,
        _ => ReceiptState::Rejected,
    }
}

/// A complaint of any kind (RFC 5965, section 7.3; `opt-out` is of its drafts and still met). `not-spam`
/// is the opposite of one, and what is of another kind is not the citizen's word.
fn feedback(groups: &[Group]) -> Option<ReceiptState> {
    let kind = groups.iter().find_map(|group| field(group, "feedback-type"))?.to_ascii_lowercase();
    ["abuse", "fraud", "opt-out"].contains(&kind.as_str()).then_some(ReceiptState::Complained)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vestnik_contract::Permanence;

    use super::*;

    const SECRET: &str = "a-secret-of-the-relay";
    const REFERENCE: &str = "0196f3a0-0000-7000-8000-000000000011@agency.example";

    /// A report of two parts for machines: what is said, and what is quoted.
    fn report(kind: &str, said: &str, quote: &str, quoted: &str) -> Vec<u8> {
        let mail = format!(
            "From: MAILER-DAEMON@relay.example\nTo: returns@agency.example\nSubject: Returned\n\
             MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind};\n boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain\n\nSorry.\n\
             --b\nContent-Type: message/{kind}\n\n{said}\n\
             --b\nContent-Type: {quote}\n\n{quoted}\n--b--\n"
        );
        mail.replace('\n', "\r\n").into_bytes()
    }

    fn header() -> String {
        format!("From: no-reply@agency.example\nTo: anna@example.org\nMessage-ID: <{REFERENCE}>\n")
    }

    fn bounce(fields: &str) -> Vec<u8> {
        let said = format!(
            "Reporting-MTA: dns; relay.example\nArrival-Date: Sun, 22 Nov 2026 08:00:00 +0000\n\n\
             Final-Recipient: rfc822; anna@example.org\n{fields}\n"
        );
        report("delivery-status", &said, "text/rfc822-headers", &header())
    }

    fn complaint(kind: &str) -> Vec<u8> {
        let said = format!("Feedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n");
        report("feedback-report", &said, "message/rfc822", &format!("{}\nThe text.\n", header()))
    }

    fn post(method: &str, authorization: Option<&str>, body: &[u8]) -> CallbackOutcome {
        let headers: Vec<_> =
            authorization.map(|value| ("authorization".to_owned(), value.to_owned())).into_iter().collect();
        let request = CallbackRequest { method, path: "", query: "", headers: &headers, body };
        Returned::new(&SECRET.into()).receive(&request, Timestamp::UNIX_EPOCH)
    }

    fn told(body: &[u8]) -> Option<(ReceiptState, Option<String>)> {
        let outcome = post("POST", Some(&format!("Bearer {SECRET}")), body);
        assert_eq!(outcome.reply.status, 200);
        let [event] = outcome.events.as_slice() else { return None };
        let Event::Receipt(receipt) = event else { panic!("{event:?}") };
        assert_eq!(receipt.reference, REFERENCE);
        Some((receipt.state, receipt.code.clone()))
    }

    #[test]
    fn a_bounce_says_why_it_did_not_arrive() {
        use Permanence::{Permanent, Soft};
        use ReceiptState::{Delivered, Expired, Rejected, Unreachable};
        for (action, status, state) in [
            ("failed", "5.1.1", Unreachable(Permanent)),
            ("Failed", "5.1.1 (no such mailbox)", Unreachable(Permanent)),
            ("failed", "5.1.10", Unreachable(Permanent)),
            ("failed", "5.2.1", Unreachable(Permanent)),
            ("failed", "5.2.2", Unreachable(Soft)),
            ("failed", "4.2.2", Unreachable(Soft)),
            ("failed", "5.2.3", Rejected),
            ("failed", "4.4.7", Expired),
            ("failed", "4.4.1", Expired),
            ("failed", "5.7.1", Rejected),
            ("failed", "5.0.0", Rejected),
            ("delivered", "2.1.5", Delivered),
        ] {
            let code = status.split(' ').next().map(str::to_owned);
            let body = bounce(&format!("Action: {action}\nStatus: {status}"));
            assert_eq!(told(&body), Some((state, code)), "{action} {status}");
        }
        assert_eq!(told(&bounce("Action: failed")), Some((Rejected, None)), "without a status");
        let folded = "Status: 5.1.1\nDiagnostic-Code: smtp;\n 550 no such\n\tuser\nAction:\n failed";
        assert_eq!(told(&bounce(folded)), Some((Unreachable(Permanent), Some("5.1.1".to_owned()))));
    }

    #[test]
    fn what_is_no_end_says_nothing() {
        for fields in ["Action: delayed\nStatus: 4.4.1", "Action: relayed\nStatus: 2.0.0", "Status: 5.1.1"] {
            assert_eq!(told(&bounce(fields)), None, "{fields}");
        }
        assert_eq!(told(b"Subject: Out of office\r\n\r\nBack on Monday.\r\n"), None);
        let nothing_quoted = report("delivery-status", "A: b\n\nAction: failed\n", "text/plain", "lost");
        assert_eq!(told(&nothing_quoted), None);
        let other = report("disposition-notification", "Disposition: x\n", "message/rfc822", &header());
        assert_eq!(told(&other), None);
    }

    #[test]
    fn a_complaint_is_the_citizens_word() {
        for (kind, expected) in [
            ("abuse", true),
            ("Abuse", true),
            ("fraud", true),
            ("opt-out", true),
            ("not-spam", false),
            ("virus", false),
            ("other", false),
        ] {
            let told = told(&complaint(kind));
            assert_eq!(told, expected.then_some((ReceiptState::Complained, None)), "{kind}");
        }
    }

    #[test]
    fn only_the_relay_is_heard() {
        let body = complaint("abuse");
        let good = format!("Bearer {SECRET}");
        for (method, authorization, status) in [
            ("POST", None, 401),
            ("POST", Some("Bearer "), 401),
            ("POST", Some("Bearer a-secret-of-the-relaz"), 401),
            ("POST", Some("Basic YQ=="), 401),
            ("POST", Some(SECRET), 401),
            ("GET", Some(good.as_str()), 405),
        ] {
            let outcome = post(method, authorization, &body);
            assert_eq!(
                (outcome.reply.status, outcome.events.len()),
                (status, 0),
                "{method} {authorization:?}"
            );
        }
        assert_eq!(post("POST", Some(&good), b"").reply.status, 400);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..600)) {
            post("POST", Some(&format!("Bearer {SECRET}")), &body);
        }

        #[test]
        fn no_report_makes_it_panic(said in "(?s)[ -~\\r\\n\\t]{0,200}", quote in "(?s)[ -~\\r\\n\\t]{0,200}") {
            for kind in ["delivery-status", "feedback-report"] {
                let body = report(kind, &said, "message/rfc822", &quote);
                post("POST", Some(&format!("Bearer {SECRET}")), &body);
            }
        }
    }
}
