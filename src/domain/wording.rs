//! What no text that a citizen reads may contain of its own.
//!
//! The signature names the one number to call, and that is the only one a citizen should ever have
//! to trust: a link or a number inside a text is what a fraudster's message looks like.

use std::collections::BTreeSet;

/// Something that does not belong into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A control character or an invisible one that changes the direction of writing.
    #[error("a control character")]
    Control,
    /// A link, a host name, a mail address or a user name.
    #[error("a link")]
    Link,
    /// Seven digits or more in a row, or a plus sign before a digit.
    #[error("a phone number")]
    PhoneNumber,
}

/// The links and phone numbers that may stand in approved texts beside the one number of the signature:
/// the agency's own, which it answers for. A source's words may hold none at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Hosts, in small letters, such as `portal.example`. What stands below one is not allowed by it.
    pub hosts: BTreeSet<String>,
    /// Phone numbers, by their digits.
    pub phones: BTreeSet<String>,
}

impl Allowed {
    /// The first that does not belong into `text`, with its byte offset. Line ends count as control
    /// characters.
    #[must_use]
    pub fn forbidden(&self, text: &str) -> Option<(usize, Forbidden)> {
        let control = text.find(is_control).map(|at| (at, Forbidden::Control));
        let mut phones = phones(text).into_iter().filter(|(_, digits)| !self.phones.contains(digits));
        control
            .or_else(|| self.link(text).map(|at| (at, Forbidden::Link)))
            .or_else(|| phones.next().map(|(at, _)| (at, Forbidden::PhoneNumber)))
    }

    /// Finds what messengers would turn into a link: a scheme, `@`, or a host name.
    fn link(&self, text: &str) -> Option<usize> {
        let bare = |at: usize| !self.is_secure_and_allowed(text, at);
        let scheme = text.match_indices("://").map(|(at, _)| at).find(|at| bare(*at));
        let strange = |word: &str| is_host(word) && !self.hosts.contains(&word.to_lowercase());
        let host = || words(text).find(|(_, word)| strange(word)).map(|(at, _)| at);
        scheme.or_else(|| text.find('@')).or_else(host)
    }

    /// Whether the `://` at this place is that of `https` and followed by an allowed host.
    fn is_secure_and_allowed(&self, text: &str, at: usize) -> bool {
        let scheme = text[..at].rsplit(|c: char| !c.is_ascii_alphabetic()).next();
        let host = words(&text[at + 3..]).next().filter(|(from, _)| *from == 0);
        scheme == Some("https") && host.is_some_and(|(_, host)| self.hosts.contains(&host.to_lowercase()))
    }
}

/// The first control character or link of `text`, with its byte offset.
#[must_use]
pub fn control_or_link(text: &str) -> Option<(usize, Forbidden)> {
    let found = Allowed::default().forbidden(text);
    found.filter(|(_, what)| *what != Forbidden::PhoneNumber)
}

/// The digits of a phone number as somebody wrote it.
#[must_use]
pub fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// What reads as a phone number, with its byte offset and its digits: seven digits or more in a row, or
/// any after a plus sign.
fn phones(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut start, mut run, mut plus) = (0, String::new(), false);
    // What ends the text ends the last run.
    for (at, character) in text.char_indices().chain([(text.len(), '.')]) {
        match character {
            '0'..='9' => {
                if run.is_empty() && !plus {
                    start = at;
                }
                run.push(character);
            }
            ' ' | '-' | '(' | ')' | '\u{a0}' if !run.is_empty() => {}
            _ => {
                let ended = std::mem::take(&mut run);
                if ended.len() >= 7 || plus && !ended.is_empty() {
                    found.push((start, ended));
                }
                (start, plus) = (at, character == '+');
            }
        }
    }
    found
}

/// Whether `text` is one line of 1 to `max` characters without spaces around it, control characters
/// and links: a name that can stand in a text.
#[must_use]
pub fn is_line(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && text.trim() == text && control_or_link(text).is_none()
}

/// What [`is_line`] expects, in plain words.
#[must_use]
pub fn line_of(max: usize) -> String {
    format!("1 to {max} characters on one line, without spaces around, control characters and links")
}

/// Whether `text` is one line of 1 to `max` characters that says something, be it a link. It is data of a
/// registry's, such as evidence, and never stands in a text.
#[must_use]
pub fn is_note(text: &str, max: usize) -> bool {
    let says = |character: char| !character.is_whitespace() && !is_control(character);
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control) && text.chars().any(says)
}

/// Text of somebody else's as a terminal may be shown it: what would command it or hide something is
/// written out.
#[must_use]
pub fn escaped(text: &str) -> String {
    escaped_unless(text, |_| false)
}

/// The same of a text of several lines, which keeps its line ends and tabulators.
#[must_use]
pub fn escaped_lines(text: &str) -> String {
    escaped_unless(text, |character| matches!(character, '\n' | '\t'))
}

fn escaped_unless(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) && !stays(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

fn is_control(character: char) -> bool {
    // Zero-width and bidirectional marks, which are no letters but change what is shown.
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    character.is_control() || invisible
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part_of_host = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    text.split(move |c| !part_of_host(c))
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word.trim_matches('.')))
}

/// `bank.example`, but not `ул.Ленина`: a host's last label is of Latin letters, or is one of the
/// Cyrillic top-level domains.
fn is_host(word: &str) -> bool {
    const CYRILLIC: [&str; 7] = ["рф", "укр", "бел", "рус", "онлайн", "сайт", "дети"];
    let Some((name, last)) = word.rsplit_once('.') else { return false };
    let latin = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    !name.is_empty() && (latin || CYRILLIC.contains(&last.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_or_hides_something_is_written_out() {
        let text = "Іван\t1\r\n\u{1b}[2J\u{202e}\u{9b}\u{7f}";
        assert_eq!(escaped(text), "Іван\\t1\\r\\n\\u{1b}[2J\\u{202e}\\u{9b}\\u{7f}");
        assert_eq!(escaped_lines(text), "Іван\t1\\r\n\\u{1b}[2J\\u{202e}\\u{9b}\\u{7f}");
    }

    #[test]
    fn controls_and_links_are_found_where_they_stand() {
        let table = [
            ("a\nb", Some((1, Forbidden::Control))),
            ("a\u{202e}b", Some((1, Forbidden::Control))),
            ("см. https://a.b", Some((11, Forbidden::Link))),
            ("пишите a@b", Some((14, Forbidden::Link))),
            ("на bank.example сегодня", Some((5, Forbidden::Link))),
            ("на выплаты.РФ.", Some((5, Forbidden::Link))),
            ("ул.Ленина, д.5, кв.12", None),
            ("вул. Хрещатик, 36, к. 2", None),
            ("31.12.2026. Дякуємо... так", None),
            ("e.g. this", None),
        ];
        for (text, expected) in table {
            assert_eq!(control_or_link(text), expected, "{text}");
        }
    }

    #[test]
    fn a_note_says_something() {
        for text in ["", " ", "   ", "\u{a0}\u{2003}", "\u{200b} \u{feff}", "form\n118", "заява 118"] {
            assert!(!is_note(text, 8), "{text:?}");
        }
        for text in ["form 118", " 118", "a://b.c", "№ 7\u{200b}"] {
            assert!(is_note(text, 8), "{text:?}");
        }
    }

    #[test]
    fn phone_numbers_are_found_where_they_stand() {
        let table = [
            ("звоните 8 (800) 555-35-35", Some(15)),
            ("or +44 20", Some(3)),
            ("1234567", Some(0)),
            ("7, 12 34 56 7.", Some(3)),
            ("до 31.12.2026", None),
            ("1 000 гривень, 20 днів", None),
            ("2 + 2", None),
            ("+", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|at| (at, Forbidden::PhoneNumber));
            assert_eq!(Allowed::default().forbidden(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_allowed_may_stand_and_nothing_that_looks_like_it() {
        let allowed =
            Allowed { hosts: ["portal.example".to_owned()].into(), phones: ["0800000000".to_owned()].into() };
        let table = [
            ("Read it at portal.example today", None),
            ("https://portal.example/inbox", None),
            ("Portal.Example. Call 0 800 000-000.", None),
            ("http://portal.example", Some((4, Forbidden::Link))),
            ("https://evil.example", Some((5, Forbidden::Link))),
            ("https://portal.example.evil.example", Some((5, Forbidden::Link))),
            ("https://user:x@portal.example", Some((5, Forbidden::Link))),
            ("my.portal.example", Some((0, Forbidden::Link))),
            ("portal.example and bank.example", Some((19, Forbidden::Link))),
            ("help@portal.example", Some((4, Forbidden::Link))),
            ("0 800 000 001", Some((0, Forbidden::PhoneNumber))),
            ("0 800 000 000 1", Some((0, Forbidden::PhoneNumber))),
            ("0 800 000 000, +7 900", Some((15, Forbidden::PhoneNumber))),
        ];
        for (text, expected) in table {
            assert_eq!(allowed.forbidden(text), expected, "{text}");
        }
    }
}
