//! Check codes in what citizens write: alone, after the word "code", or at the end of a message of ours that
//! they send back whole.

use crate::notice::CheckCode;

/// Words that say that a code follows.
const WORDS: [&str; 2] = ["код", "code"];

/// The check code that a text asks about.
pub(super) fn code(text: &str) -> Option<CheckCode> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    alone(text).or_else(|| after_a_word(text)).or_else(|| at_the_end(text))
}

/// The whole text. Eight letters may be a word, and eight digits a number: a code that is written in one piece
/// has of both.
fn alone(text: &str) -> Option<CheckCode> {
    let code = text.parse().ok()?;
    let in_one_piece = text.chars().all(char::is_alphanumeric);
    let mixed = text.chars().any(char::is_numeric) && text.chars().any(char::is_alphabetic);
    (!in_one_piece || mixed).then_some(code)
}

/// "Код 7K2M 9QXT".
fn after_a_word(text: &str) -> Option<CheckCode> {
    let (first, rest) = text.split_once(|c: char| !c.is_alphanumeric())?;
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    if is_word(first) { rest.parse().ok() } else { None }
}

/// "… Тел. 0 800 000 000. Код проверки 7K2M-9QXT".
fn at_the_end(text: &str) -> Option<CheckCode> {
    let (before, last) = text.rsplit_once(char::is_whitespace)?;
    let told = before.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut nearest = told.rev().take(2);
    if nearest.any(is_word) { last.parse().ok() } else { None }
}

pub(super) fn is_word(word: &str) -> bool {
    WORDS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_sent() {
        let table = [
            "7K2M-9QXT",
            "«7k2m 9qxt»",
            "7K2M9QXT?",
            " 7К2М-9QХТ.",
            "код 7K2M9QXT",
            "Код: 7K2M-9QXT",
            "code 7K2M 9QXT",
            "CODE\n7K2M-9QXT",
            "Код перевірки 7K2M-9QXT",
            "Check code 7K2M-9QXT",
            "Минсоцподдержка: Вам положена выплата. Тел. 0 800 000 000. Код проверки 7K2M-9QXT",
        ];
        let expected = "7K2M-9QXT".parse().unwrap();
        for text in table {
            assert_eq!(code(text), Some(expected), "{text:?}");
        }
        assert_eq!(code("код AAAAAAAA"), "AAAA-AAAA".parse().ok());
        assert_eq!(code("AAAA-AAAA"), "AAAA-AAAA".parse().ok());
    }

    #[test]
    fn a_word_that_looks_like_a_code_is_a_word() {
        let table = [
            "",
            "код",
            "HAMSTERS",
            "намаетар",
            "20261231",
            "12345678",
            "7K2M-9QX",
            "7K2M-9QXTT",
            "мой номер 7K2M-9QXT",
            "код домофона пришлите на 7K2M-9QXT",
            "какой код подъезда?",
            "postcode 7K2M-9QXT",
        ];
        for text in table {
            assert_eq!(code(text), None, "{text:?}");
        }
    }
}
