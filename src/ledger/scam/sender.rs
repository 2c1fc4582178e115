//! From whom a forged message seemed to come, as far as the words of whoever reports it tell.

/// Letters that a sender may have at most; a longer one is not kept apart from the words.
const LONGEST: usize = 200;

/// Bytes in which a word has to end that may be one: however many begin in a long text, each costs as little.
const LOOKED_AT: usize = 1024;

/// Where a word ends besides at a space.
const ENDS: [char; 14] = [',', ';', '"', '\'', '«', '»', '„', '“', '”', '<', '>', '(', ')', '|'];

/// Marks that stand after a word and are no part of it.
const AFTER: [char; 8] = ['.', '!', '?', ':', '…', '-', '/', ']'];

/// Ends of hosts that are not written in Latin letters.
const ENDS_OF_HOSTS: [&str; 6] = ["рф", "рус", "укр", "бел", "сайт", "онлайн"];

/// Signs that stand between the digits of a telephone number.
const BETWEEN_DIGITS: [char; 6] = [' ', '\u{a0}', '-', '\u{2011}', '(', ')'];

/// What comes first in the words of a telephone number, a link, a mail address and a name such as `@name`.
/// A number is given without spaces, a link without what stands before its host and after its path; the host
/// in small letters.
pub(super) fn named_in(words: &str) -> Option<String> {
    let mut rest = words;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || matches!(c, '+' | '@')) {
        rest = &rest[start..];
        let found = word(rest).or_else(|| number(rest)).filter(|found| found.chars().count() <= LONGEST);
        if found.is_some() {
            return found;
        }
        rest = &rest[passed_over(rest)..];
    }
    None
}

/// Bytes that are of no more interest: all of a number, so that no part of a longer one, such as a card's, is
/// taken for one, or else the letters that stand together.
fn passed_over(rest: &str) -> usize {
    let run = run(rest).len();
    let letters = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let sign = rest.chars().next().map_or(0, char::len_utf8);
    run.max(letters).max(sign)
}

// ---- telephone numbers ----

/// Digits and what stands between them, from a `+` on where there is one.
fn run(rest: &str) -> &str {
    let digits = rest.strip_prefix('+').unwrap_or(rest);
    let after = digits.find(|c: char| !c.is_ascii_digit() && !BETWEEN_DIGITS.contains(&c));
    let run = &rest[..rest.len() - digits.len() + after.unwrap_or(digits.len())];
    run.trim_end_matches(BETWEEN_DIGITS)
}

/// A number as it is dialled, which says itself how long it is; beyond the countries that are known, what
/// begins with `+`.
fn number(rest: &str) -> Option<String> {
    let run = run(rest);
    let international = run.starts_with('+');
    let digits: Vec<_> = run.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
    let plain: String = digits.iter().map(|(_, digit)| digit).collect();
    let long = match plain.as_str() {
        of if of.starts_with("380") || of.starts_with("375") => 12,
        of if of.starts_with('7') || (of.starts_with('8') && !international) => 11,
        of if of.starts_with('0') && !international => 10,
        of if international && (7..=15).contains(&of.len()) => of.len(),
        _ => return None,
    };
    let (last, _) = digits.get(long.checked_sub(1)?)?;
    let ends = !run[last + 1..].starts_with(|c: char| c.is_ascii_digit());
    let sign = if international { "+" } else { "" };
    ends.then(|| format!("{sign}{}", &plain[..long]))
}

// ---- links and names ----

fn word(rest: &str) -> Option<String> {
    let near = &rest[..rest.floor_char_boundary(LOOKED_AT)];
    let end = near.find(|c: char| c.is_whitespace() || c.is_control() || ENDS.contains(&c));
    let end = end.or((near.len() == rest.len()).then_some(near.len()))?;
    let word = rest[..end].trim_end_matches(AFTER);
    if let Some((scheme, link)) = word.split_once("://") {
        return scheme.chars().all(|c| c.is_ascii_alphabetic()).then(|| place(link, is_name)).flatten();
    }
    match word.split_once('@') {
        Some(("", name)) => is_user(name).then(|| word.to_owned()),
        Some((user, host)) => {
            let user_is_one = user.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'));
            (user_is_one && is_host(host)).then(|| format!("{user}@{}", host.to_lowercase()))
        }
        None => place(word, is_host),
    }
}

/// Host and path of a link. What stands before an `@` is there to deceive: the host follows it.
fn place(link: &str, is_one: impl Fn(&str) -> bool) -> Option<String> {
    let link = &link[..link.find(['?', '#']).unwrap_or(link.len())];
    let (authority, path) = link.split_at(link.find('/').unwrap_or(link.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let path = path.trim_end_matches(AFTER);
    let path = if path.chars().all(|c| c.is_ascii_graphic()) { path } else { "" };
    is_one(host).then(|| format!("{}{path}", host.to_lowercase()))
}

fn is_name(host: &str) -> bool {
    let labels = || host.split('.');
    let of_letters = |label: &str| label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    !host.is_empty() && labels().all(|label| !label.is_empty() && of_letters(label))
}

/// Whether it is a host without anything that says so: a sentence that begins without a space before it is
/// none.
fn is_host(word: &str) -> bool {
    let Some((_, end)) = word.rsplit_once('.').filter(|_| is_name(word)) else { return false };
    let latin = end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic());
    let one_case = end.chars().all(char::is_lowercase) || end.chars().all(char::is_uppercase);
    (latin && one_case) || ENDS_OF_HOSTS.contains(&end.to_lowercase().as_str())
}

fn is_user(name: &str) -> bool {
    (3..=32).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_number_link_or_name_is_whom_it_seemed_to_come_from() {
        for (words, expected) in [
            ("НЕ ВИ: картку просять, від +380990000000", "+380990000000"),
            ("МОШЕННИКИ пришло с +7 (999) 000-00-00, перезвоните на 8 800 555 35 35", "+79990000000"),
            ("SCAM 8 (999) 000-00-00", "89990000000"),
            ("шахраї 099 000 00 00 пишуть", "0990000000"),
            ("шахраї 380990000000", "380990000000"),
            ("scam +44 20 7946 0000", "+442079460000"),
            ("НЕ ВИ від +380990000000 500 грн", "+380990000000"),
            ("НЕ ВИ:+380990000000", "+380990000000"),
            ("ШАХРАЇ: вам належить виплата, http://Evil.Example", "evil.example"),
            ("scam «https://gov.ua@evil.example:8080/Pay/?id=7#a».", "evil.example/Pay"),
            ("scam http://10.0.0.1/x", "10.0.0.1/x"),
            ("scam пишет 24-gosuslugi.ru!", "24-gosuslugi.ru"),
            ("scam сайт:www.evil.example/", "www.evil.example"),
            ("scam выплаты-соцфонд.рф, вот", "выплаты-соцфонд.рф"),
            ("scam EVIL.RU", "evil.ru"),
            ("scam t.me/Evil_bot", "t.me/Evil_bot"),
            ("мошенники @evil_bot. и +380990000000", "@evil_bot"),
            ("scam от Info.Pay@Evil.example!", "Info.Pay@evil.example"),
        ] {
            assert_eq!(named_in(words).as_deref(), Some(expected), "{words:?}");
        }
    }

    #[test]
    fn what_names_nobody_is_not_taken_for_a_sender() {
        for words in [
            "",
            "МОШЕННИКИ",
            "мошенники! пишет какой-то Минсоц: переведите 90 000",
            "просят карту 4276 3801 2345 6789",
            "карта 8000 1234 5678 9012",
            "платіж UA213223130000026007233566001",
            "пришло 17.06.2026 в 10:30",
            "Вам положено.Перейдите по ссылке",
            "г.Москва, ул.Мира 5",
            "Pay.Here now",
            "@",
            "@я",
            "a@b",
            "http://",
            "://x",
            "+",
            "+1",
        ] {
            assert_eq!(named_in(words), None, "{words:?}");
        }
        let long = format!("http://{}.example", "a".repeat(LONGEST));
        assert_eq!(named_in(&long), None);
    }

    proptest! {
        #[test]
        fn whatever_is_written_a_sender_is_short_and_on_one_line(words in "\\PC*|[+0-9 ()@.:/a-zа-я-]{0,80}") {
            if let Some(sender) = named_in(&words) {
                prop_assert!(!sender.is_empty() && sender.chars().count() <= LONGEST);
                prop_assert!(!sender.contains(|c: char| c.is_whitespace() || c.is_control()));
            }
        }
    }
}
