//! One-time codes in what citizens write: six digits and nothing else, but for the word "code" before them.

use super::check::is_word;

/// Digits of a one-time code.
const DIGITS: usize = 6;

/// The one-time code that a text is.
pub(super) fn code(text: &str) -> Option<String> {
    let mut parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).peekable();
    parts.next_if(|word| is_word(word));
    let digits = parts.collect::<Vec<_>>().concat();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_code_however_they_are_written() {
        for text in
            ["048213", " 048 213 ", "048-213.", "«048213»", "Код: 048213", "CODE 048213", "код 048 213!"]
        {
            assert_eq!(code(text).as_deref(), Some("048213"), "{text:?}");
        }
        for text in
            ["", "код", "48213", "0482137", "мой код 048213", "048213 код", "04821З", "٠٤٨٢١٣", "дом 048213"]
        {
            assert_eq!(code(text), None, "{text:?}");
        }
    }
}
