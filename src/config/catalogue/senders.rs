//! Words by which a text would show another sender than the agency.
//!
//! The renderer puts the agency's name before every text and the one signature after it; a text with a
//! sender of its own inside looks like a fraudster's. These rules look for what only a sender's line says,
//! so that no plain sentence is refused. (Addresses, bot names and links are refused as links.)

use std::fmt;

/// How a text would show another sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherSender {
    /// It begins with the name of a body and a colon, as an SMS begins with the agency's.
    Head,
    /// A line says from whom it is.
    From,
    /// It takes leave, as before a signature.
    Farewell,
}

impl fmt::Display for OtherSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "a sender's name before a colon",
            Self::From => "a line that says from whom it is",
            Self::Farewell => "the farewell of another signature",
        })
    }
}

/// Beginnings of words that name a public body, a bank or a service, in small letters.
const BODIES: [&str; 41] = [
    "министерств",
    "минтруд",
    "минсоц",
    "минздрав",
    "фонд",
    "сфр",
    "пфр",
    "банк",
    "сбер",
    "сбербанк",
    "приватбанк",
    "служб",
    "полици",
    "департамент",
    "управлени",
    "инспекци",
    "фнс",
    "фссп",
    "мфц",
    "госуслуг",
    "казначейств",
    "администраци",
    "міністерств",
    "мінсоц",
    "пфу",
    "поліці",
    "управлінн",
    "інспекці",
    "податков",
    "казначейськ",
    "адміністраці",
    "дія",
    "ministry",
    "fund",
    "bank",
    "service",
    "police",
    "department",
    "treasury",
    "agency",
    "administration",
];

/// What stands before the colon of a line that says from whom it is.
const FROM: [&str; 9] =
    ["от", "от кого", "отправитель", "від", "від кого", "відправник", "from", "sender", "sent by"];

/// How letters take leave.
const FAREWELLS: [&str; 13] = [
    "с уважением",
    "искренне ваш",
    "с наилучшими пожеланиями",
    "з повагою",
    "щиро ваш",
    "з найкращими побажаннями",
    "sincerely",
    "yours sincerely",
    "yours faithfully",
    "yours truly",
    "kind regards",
    "best regards",
    "respectfully",
];

/// A name of a body has so many words at most.
const NAME: usize = 4;

/// Whether a text begins with another sender; where it does.
pub(super) fn head(text: &str) -> Option<(usize, OtherSender)> {
    let begins = text.len() - text.trim_start().len();
    let (label, _) = text.trim_start().split_once(':')?;
    let is_name = label.split_whitespace().count() <= NAME && !label.contains(['.', ',', '!', '?', '\n']);
    (is_name && label.split_whitespace().any(names_body)).then_some((begins, OtherSender::Head))
}

/// Whether a word names a public body, a bank or a service. The beginning of a long name is enough, a short
/// one is a word of its own; and in English a service of the state is written with a capital.
fn names_body(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let small = word.to_lowercase();
    let is_of =
        |body: &&str| if body.chars().count() <= 4 { small == *body } else { small.starts_with(body) };
    BODIES.iter().any(is_of) && !word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether a line says from whom it is, or takes leave, at the beginning of any of its sentences.
pub(super) fn line(line: &str) -> Option<(usize, OtherSender)> {
    sentences(line).find_map(|(at, sentence)| {
        let small = sentence.to_lowercase();
        let from = small.split_once(':').is_some_and(|(label, _)| FROM.contains(&label.trim_end()));
        let leaves = FAREWELLS.iter().any(|farewell| small.starts_with(farewell));
        let found = from.then_some(OtherSender::From).or(leaves.then_some(OtherSender::Farewell))?;
        Some((at, found))
    })
}

/// The sentences of a line with where they begin.
fn sentences(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = line.match_indices(['.', '!', '?', ';']).map(|(at, end)| at + end.len());
    let begins = std::iter::once(0).chain(ends);
    begins.map(|at| {
        let rest = line[at..].trim_start_matches([' ', '\t', '\u{a0}', '—', '-']);
        (line.len() - rest.len(), rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sender_is_found_where_it_begins() {
        let table = [
            ("Пенсионный фонд: вам положена пенсия.", 0),
            ("  Госуслуги: войдите в кабинет.", 2),
            ("СФР: оформите пособие.", 0),
            ("«Сбербанк»: вам начислено пособие.", 0),
            ("Пенсійний фонд України: вам належить пенсія.", 0),
            ("Дія: подайте заяву.", 0),
            ("Tax Service: a refund is yours.", 0),
        ];
        for (text, at) in table {
            assert_eq!(head(text), Some((at, OtherSender::Head)), "{text}");
        }
        let table = [
            ("От: Пенсионный фонд", 0, OtherSender::From),
            ("Вам положена выплата. От кого: фонд", "Вам положена выплата. ".len(), OtherSender::From),
            ("Від кого: Пенсійний фонд", 0, OtherSender::From),
            ("From: the Pension Fund", 0, OtherSender::From),
            ("Отправитель : банк", 0, OtherSender::From),
            ("С уважением, Пенсионный фонд", 0, OtherSender::Farewell),
            ("Ждём вас! С уважением, ваш банк", "Ждём вас! ".len(), OtherSender::Farewell),
            ("З повагою, Пенсійний фонд", 0, OtherSender::Farewell),
            ("    Sincerely, the Fund", 4, OtherSender::Farewell),
            ("Yours faithfully, the Fund", 0, OtherSender::Farewell),
            ("— Best regards", "— ".len(), OtherSender::Farewell),
        ];
        for (text, at, found) in table {
            assert_eq!(line(text), Some((at, found)), "{text}");
        }
    }

    #[test]
    fn plain_sentences_are_left_alone() {
        let plain = [
            "Одноразовый код: 482913.",
            "Нужны: паспорт, свидетельство и справка из банка.",
            "Подать заявление можно так: на портале или в МФЦ.",
            "Документы для службы занятости, которые нужны: паспорт.",
            "От вас нужно: паспорт.",
            "От рождения ребёнка до 1,5 лет.",
            "Від вас потрібно: паспорт.",
            "Фонд поможет вам. Нужны документы: паспорт.",
            "From 1 May: the sum is higher.",
            "We have added to your record of service: 12 years.",
            "Record of service: 12 years.",
            "The service is free of charge.",
            "Sender of the form is the parent.",
            "Yours is the right to ask.",
            "We treat everybody with respect.",
            "Диявол ховається в деталях: читайте.",
        ];
        for text in plain {
            assert_eq!((head(text), line(text)), (None, None), "{text}");
        }
    }
}
