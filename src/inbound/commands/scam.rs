//! "This is not from you": a word, and after it whatever the citizen got or has to say of it.

use std::sync::LazyLock;

use super::skeleton;

const WORDS: &str = "
    мошенники, мошенник, мошенничество, не вы, это не вы, не от вас, это не от вас,
    шахраї, шахрай, шахрайство, не ви, це не ви, не від вас, це не від вас,
    scam, fraud, phishing, not you, this is not you, not from you";

static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| WORDS.split(',').map(skeleton).collect());

/// Characters in which such a word is looked for.
const BEGINNING: usize = 60;

/// Whether a text that begins with one of the words says more, such as what the citizen got; `None` where it
/// does not begin with one.
pub(super) fn report(text: &str) -> Option<bool> {
    let beginning = skeleton(&text.chars().take(BEGINNING).collect::<String>());
    SKELETONS.iter().filter_map(|word| beginning.strip_prefix(word.as_str())).find_map(|rest| {
        let ends = rest.is_empty() || rest.starts_with(' ');
        ends.then_some(!rest.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_begins_with_its_word() {
        for text in [
            "МОШЕННИКИ",
            "мошенники! пишет какой-то Минсоц: переведите 500",
            "ШАХРАЇ: вам належить виплата, http://evil.example",
            "«Не вы?» пришло с +380990000000",
            "це не ви: підтвердьте картку",
            "SCAM Pay here",
            "not you\nPay here",
        ] {
            assert!(report(text).is_some(), "{text:?}");
        }
        for text in [
            "",
            "не высылайте",
            "мне звонили мошенники",
            "scammer",
            "развод, что мне положено?",
            "вы не вы",
            "СТОП",
        ] {
            assert_eq!(report(text), None, "{text:?}");
        }
        let long = format!("SCAM {}", "Pay here. ".repeat(1_000));
        assert_eq!(report(&long), Some(true));
        assert_eq!((report("Мошенники!"), report("це не ви")), (Some(false), Some(false)));
        assert_eq!(report("SCAM Pay here"), Some(true));
    }
}
