//! A message as a mail.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address as MailAddress, Message as Mime};
use vestnik_contract::{Label, Message, Permanence, SendError, SendErrorKind, Sender, SetupError};

use crate::address::address;
use crate::html;

/// RFC 3834, section 5: nobody's vacation programme is to answer.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
/// RFC 3282, section 2.
const CONTENT_LANGUAGE: HeaderName = HeaderName::new_from_ascii_str("Content-Language");
/// RFC 2369, section 3.2.
const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
/// RFC 8058, section 3.1.
const LIST_UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

/// Who mails come from.
#[derive(Debug, Clone)]
pub struct Author {
    label: Label,
    email: MailAddress,
    /// Where mail that cannot be delivered comes back to.
    returns: String,
}

impl Author {
    /// The registered sender: its label beside its mail address.
    pub fn new(sender: &Sender) -> Result<Self, SetupError> {
        let expected = || SetupError::new("email_address", "a mail address");
        let email = address(&sender.email_address).ok_or_else(expected)?;
        let email: MailAddress = email.expose().parse().map_err(|_| expected())?;
        if sender.label.names().any(|name| name.trim().is_empty() || name.chars().any(char::is_control)) {
            return Err(SetupError::new("label", "a name of one line"));
        }
        Ok(Self { label: sender.label.clone(), returns: email.to_string(), email })
    }

    /// The same, with a return address of its own.
    #[must_use]
    pub fn returning_to(self, returns: Option<&str>) -> Self {
        match returns.and_then(address) {
            Some(returns) => Self { returns: returns.expose().to_owned(), ..self },
            None => self,
        }
    }

    /// The label in this language beside the address, which is the same in all.
    fn mailbox(&self, language: &str) -> Mailbox {
        Mailbox::new(Some(self.label.of(language).trim().to_owned()), self.email.clone())
    }

    /// The domain of the sender's address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.domain()
    }
}

/// A mail, ready for the wire: envelope, content and the reference it is known by.
pub struct Mail {
    /// The envelope's sender, without brackets.
    pub from: String,
    /// The envelope's recipient, without brackets.
    pub to: String,
    /// The `Message-ID` without brackets: the attempt at the sender's domain. The same attempt
    /// sent twice is the same mail.
    pub reference: String,
    /// Header and body (RFC 5322): ASCII, lines ended by CR LF, dots not yet doubled.
    pub content: Vec<u8>,
}

/// Writes the mail of a message.
pub fn write(message: &Message, author: &Author, now: Timestamp) -> Result<Mail, SendError> {
    // An address that never had the channel's form will not get one.
    let no_address = || SendError::new(SendErrorKind::Unreachable(Permanence::Permanent));
    let to = address(message.recipient.expose()).ok_or_else(no_address)?;
    let to: MailAddress = to.expose().parse().map_err(|_| no_address())?;
    let reference = format!("{}@{}", message.attempt, author.domain());
    let mut mime = Mime::builder()
        .from(author.mailbox(&message.locale))
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&message.title))
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{reference}>")))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .raw_header(HeaderValue::new(CONTENT_LANGUAGE, one_line(&message.locale)));
    if let Some(unsubscribe) = &message.unsubscribe {
        mime = mime
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, format!("<{}>", unsubscribe.url)))
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()));
    }
    // The error names neither address nor text: it says which header is missing.
    let mime = mime
        .multipart(body(message))
        .map_err(|error| SendError::new(SendErrorKind::Rejected).source(error))?;
    Ok(Mail { from: author.returns.clone(), to: to.to_string(), reference, content: mime.formatted() })
}

/// Text and HTML that say the same; the last one is what a reader prefers (RFC 2046, section
/// 5.1.4).
fn body(message: &Message) -> MultiPart {
    let part = |kind, text| SinglePart::builder().header(kind).body(text);
    MultiPart::alternative()
        // Boundaries are random elsewhere; an attempt is unique enough, and the same each time.
        .boundary(format!("vestnik-{}", message.attempt.simple()))
        .singlepart(part(ContentType::TEXT_PLAIN, message.text.clone()))
        .singlepart(part(ContentType::TEXT_HTML, html::page(&message.title, &message.text, &message.locale)))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;
    use vestnik_contract::{Address, Unsubscribe};

    use super::*;

    fn sender() -> Sender {
        Sender {
            label: "Министерство".into(),
            sms_sender: "Ministry".into(),
            email_address: "no-reply@Agency.example".into(),
            viber_name: "Ministry".into(),
            telegram_bot: "ministry_bot".into(),
        }
    }

    fn message() -> Message {
        Message {
            attempt: Uuid::from_u128(17),
            recipient: Address::new("anna@example.org"),
            locale: "ru".into(),
            title: "Вам положена выплата".into(),
            text: "Первая строка\n.вторая\n\nhttps://agency.example/".into(),
            expires_at: None,
            unsubscribe: Some(Unsubscribe { url: "https://agency.example/u/abc?x=1".parse().unwrap() }),
        }
    }

    fn written(message: &Message) -> Mail {
        write(message, &Author::new(&sender()).unwrap(), "2026-11-22T08:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_header_says_who_what_when_and_how_to_stop() {
        let mail = written(&message());
        let text = String::from_utf8(mail.content).unwrap();
        let (header, _) = text.split_once("\r\n\r\n").unwrap();
        for expected in [
            "To: anna@example.org",
            "Date: Sun, 22 Nov 2026 08:00:00 +0000",
            "Message-ID: <00000000-0000-0000-0000-000000000011@agency.example>",
            "Auto-Submitted: auto-generated",
            "Content-Language: ru",
            "List-Unsubscribe: <https://agency.example/u/abc?x=1>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "MIME-Version: 1.0",
        ] {
            assert!(header.lines().any(|line| line == expected), "no {expected} in\n{header}");
        }
        assert!(header.contains("<no-reply@agency.example>"), "{header}");
        assert_eq!(mail.from, "no-reply@agency.example");
        assert_eq!(mail.to, "anna@example.org");
        assert_eq!(mail.reference, "00000000-0000-0000-0000-000000000011@agency.example");
    }

    #[test]
    fn what_cannot_be_delivered_comes_back_to_its_own_address() {
        let author = Author::new(&sender()).unwrap().returning_to(Some(" returns@Agency.Example"));
        let mail = write(&message(), &author, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(mail.from, "returns@agency.example");
        assert!(String::from_utf8(mail.content).unwrap().contains("<no-reply@agency.example>"));
    }

    #[test]
    fn without_a_way_to_unsubscribe_none_is_promised() {
        let mail = written(&Message { unsubscribe: None, ..message() });
        assert!(!String::from_utf8(mail.content).unwrap().contains("List-Unsubscribe"));
    }

    #[test]
    fn one_attempt_is_one_mail() {
        assert_eq!(written(&message()).content, written(&message()).content);
    }

    #[test]
    fn a_recipient_that_is_no_address_closes_it() {
        let message = Message { recipient: Address::new("a@b\r\nDATA"), ..message() };
        let author = Author::new(&sender()).unwrap();
        let error = write(&message, &author, Timestamp::UNIX_EPOCH).err().unwrap();
        assert_eq!(error.kind(), SendErrorKind::Unreachable(Permanence::Permanent));
    }

    #[test]
    fn a_citizen_reads_the_label_in_the_language_of_the_mail() {
        let label =
            Label::Each([("ru".into(), "Ministerstvo".into()), ("en".into(), "Ministry".into())].into());
        let author = Author::new(&Sender { label, ..sender() }).unwrap();
        for (locale, from) in [("ru", "Ministerstvo <no-reply@"), ("en", "Ministry <no-reply@")] {
            let message = Message { locale: locale.into(), ..message() };
            let mail = write(&message, &author, Timestamp::UNIX_EPOCH).unwrap();
            let text = String::from_utf8(mail.content).unwrap();
            assert!(text.contains(&format!("From: {from}")), "{text}");
        }
    }

    #[test]
    fn a_sender_that_cannot_be_used_is_named() {
        let fault = |sender: Sender| Author::new(&sender).unwrap_err().setting;
        assert_eq!(fault(Sender { email_address: "nobody".into(), ..sender() }), "email_address");
        assert_eq!(fault(Sender { label: "a\nb".into(), ..sender() }), "label");
        assert_eq!(fault(Sender { label: " ".into(), ..sender() }), "label");
    }

    proptest! {
        #[test]
        fn no_message_writes_a_header_of_its_own(
            title in any::<String>(), text in any::<String>(), locale in any::<String>(),
        ) {
            let mail = written(&Message { title, text, locale, ..message() });
            let text = String::from_utf8(mail.content).unwrap();
            prop_assert!(text.is_ascii());
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
            let (header, _) = text.split_once("\r\n\r\n").unwrap();
            let names = header.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let names: Vec<&str> = names.map(|line| line.split_once(':').map_or("", |(name, _)| name)).collect();
            prop_assert_eq!(names.len(), 11, "{:?}", names);
        }
    }
}
