//! Words that citizens write to us, and the few that are commands. Pure.
//!
//! A text is a command only as a whole: "STOP", "стоп!!!", «Отпишите меня, пожалуйста». A longer
//! text that merely holds such a word is for a person to read. A check code may stand at the end of a
//! message of ours that is sent back.

mod check;
mod hours;
mod one_time;
mod scam;
mod topic;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::{Catalogue, Locale};
use crate::ledger::Meaning;

/// No command is longer, in bytes, with all its quotes and spaces.
const LONGEST: usize = 256;

/// Do not write to me here any more. The last line is СТОП in Latin letters that look the same, and
/// on a keyboard that was left in Latin.
const STOP: &str = "
    стоп, отписаться, отписатся, отписать, отпишись, отпишите, отпишите меня, отписка, отменить подписку,
    не пиши, не пишите, не пишите мне, не писать, не беспокоить, не беспокойте, хватит,
    відписатися, відписатись, відписати, відпишіть, відпишіть мене, відписка, скасувати підписку,
    не пишіть, не пишіть мені, не писати, не турбувати, не турбуйте,
    stop, unsubscribe, unsub, opt out, optout, cancel, quit, end, revoke,
    ctop, cnjg";

/// Do not write to me anywhere any more.
const STOP_ALL: &str = "
    стоп все, стоп всё, стоп всем, стопвсе, отписаться от всего, отпишите от всего, отпишите меня от всего,
    стоп усе, стоп всі, стоп усі, стопусе, відписатися від усього, відписатися від всього,
    відпишіть від усього, відпишіть мене від усього,
    stop all, stopall, unsubscribe all, unsubscribe from all,
    ctop bce";

/// Write to me here again.
const START: &str = "
    старт, начать, подписаться, подпишите, подпишите меня, возобновить,
    почати, підписатися, підписатись, підпишіть, підпишіть мене, відновити,
    start, unstop, subscribe, resume";

/// I am not whom you write to.
const NOT_ME: &str = "
    не я, это не я, я не он, я не она, не мой, не мой номер, это не мой номер, не мне, это не мне, это не ко мне,
    не тот человек, не тот номер, не тот адрес, вы ошиблись, вы ошиблись номером, ошиблись номером,
    ошибочный номер, неверный номер, не туда попали, вы не туда попали, вы пишете не тому, не тому пишете,
    здесь такой не живет, здесь такая не живет, здесь таких нет, я такого не знаю, я такую не знаю,
    не я, це не я, я не він, я не вона, не мій, не мій номер, це не мій номер, не мені, це не мені, це не до мене,
    не та людина, не той номер, не та адреса, ви помилились, ви помилилися, ви помилились номером,
    ви помилилися номером, помилились номером, помилилися номером, помилковий номер, не туди потрапили,
    ви не туди потрапили, ви пишете не тому, ви пишете не тій людині, не тому пишете,
    тут такий не живе, тут така не живе, тут таких немає, я такого не знаю, я такої не знаю,
    not me, this is not me, it is not me, thats not me, that is not me, its not me, it's not me, that's not me,
    not mine, not my number, this is not my number, wrong person, wrong number, wrong address,
    you have the wrong person, you have the wrong number, you've got the wrong person, you've got the wrong number,
    i am not that person, im not that person, i'm not that person";

/// Write to me in Russian.
const IN_RUSSIAN: &str = "
    на русском, на русском языке, по-русски, русский, русский язык, пишите на русском, пишите мне на русском,
    пишите по-русски, пишите мне по-русски, хочу на русском,
    російською, російською мовою, російська, російська мова, пишіть російською, пишіть мені російською,
    in russian, russian, write in russian, write to me in russian";

/// Write to me in Ukrainian.
const IN_UKRAINIAN: &str = "
    на украинском, на украинском языке, по-украински, украинский, украинский язык, пишите на украинском,
    пишите мне на украинском, пишите по-украински, пишите мне по-украински, хочу на украинском,
    українською, українською мовою, українська, українська мова, пишіть українською, пишіть мені українською,
    хочу українською, in ukrainian, ukrainian, write in ukrainian, write to me in ukrainian";

/// Write to me in English.
const IN_ENGLISH: &str = "
    на английском, на английском языке, по-английски, английский, английский язык, пишите на английском,
    пишите мне на английском, пишите по-английски, пишите мне по-английски,
    англійською, англійською мовою, англійська, англійська мова, пишіть англійською, пишіть мені англійською,
    in english, english, write in english, write to me in english";

/// Write to me whenever the law allows it.
const ANY_TIME: &str = "
    в любое время, пишите в любое время, в любое время дня, когда угодно, пишите когда угодно, в любой час,
    у будь-який час, в будь-який час, пишіть у будь-який час, пишіть в будь-який час, будь-коли, пишіть будь-коли,
    any time, anytime, at any time, write at any time, write any time";

/// Words of courtesy around a command, as [`fold`] leaves them.
static COURTESY: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = "пожалуйста прошу спасибо извините простите будь ласка дякую вибачте перепрошую please thanks \
                 thank you sorry";
    words.split(' ').map(|word| word.chars().map(fold).collect()).collect()
});

/// Whole texts that are commands, each list with what it means.
const LISTS: [(&str, Meaning); 8] = [
    (START, Meaning::Start),
    (STOP, Meaning::Stop),
    (STOP_ALL, Meaning::StopAll),
    (NOT_ME, Meaning::NotMe),
    (IN_RUSSIAN, Meaning::Language(Locale::Ru)),
    (IN_UKRAINIAN, Meaning::Language(Locale::Uk)),
    (IN_ENGLISH, Meaning::Language(Locale::En)),
    (ANY_TIME, Meaning::Hours(None)),
];

/// Every command by its skeleton.
static COMMANDS: LazyLock<BTreeMap<String, Meaning>> = LazyLock::new(|| {
    let phrases =
        LISTS.iter().flat_map(|(list, meaning)| list.split(',').map(move |phrase| (phrase, meaning)));
    phrases.map(|(phrase, meaning)| (skeleton(phrase), meaning.clone())).collect()
});

/// What a text means; the catalogue names the topics.
#[must_use]
pub fn understand(text: &str, catalogue: &Catalogue) -> Meaning {
    let command = || {
        let skeleton = skeleton(text);
        let of_topic = || topic::stopped(&skeleton, catalogue).map(Meaning::StopTopic);
        COMMANDS.get(&skeleton).cloned().or_else(of_topic).or_else(|| hours::asked(text))
    };
    (text.len() <= LONGEST)
        .then(command)
        .flatten()
        .or_else(|| scam::report(text).map(|quotes| Meaning::Scam { quotes }))
        .or_else(|| check::code(text).map(Meaning::Check))
        .or_else(|| one_time::code(text).map(Meaning::OneTimeCode))
        .unwrap_or(Meaning::Text)
}

/// The text without what does not matter: case, spaces, punctuation, quotes, courtesy, repetition,
/// and which of two letters that look the same was typed.
fn skeleton(text: &str) -> String {
    let folded: String = text.to_lowercase().chars().filter(|c| !is_unseen(*c)).map(fold).collect();
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: Vec<_> = words.filter(|word| COURTESY.iter().all(|polite| polite != word)).collect();
    if words.iter().all(|word| word.chars().count() == 1) {
        // Spelt out: С Т О П.
        return words.concat();
    }
    words.dedup();
    words.join(" ")
}

/// Marks that stand above a letter, and characters without a shape.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// One of the letters that look the same, in either case; `й`, `ї` and `ё` without their marks,
/// since phones write them in two ways.
fn fold(character: char) -> char {
    match character {
        'а' => 'a',
        'в' => 'b',
        'е' | 'ё' => 'e',
        'з' => '3',
        'й' => 'и',
        'і' | 'ї' | '1' => 'i',
        'к' => 'k',
        'м' => 'm',
        'н' => 'h',
        'о' | '0' => 'o',
        'р' => 'p',
        'с' => 'c',
        'т' => 't',
        'у' => 'y',
        'х' => 'x',
        'ѕ' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a text means where there are no topics.
    fn understand(text: &str) -> Meaning {
        super::understand(text, &Catalogue::default())
    }

    #[test]
    fn commands_are_understood_however_they_are_written() {
        let table = [
            (
                Meaning::Stop,
                "СТОП;стоп; Стоп. ;«СТОП»;\"STOP\";stop!!!;/stop;СТОП СТОП СТОП;С Т О П;s.t.o.p;CTOП;CTOP;cnjg;\
                 СТОП🛑;стоп\u{200b};ST0P;Stop, please;Стоп, будь ласка;Отписаться;отпишите меня пожалуйста;\
                 ВІДПИСАТИСЯ;Відпишіть мене;відписатися;UNSUBSCRIBE;Opt-out;не пишите мне!;Не пишіть",
            ),
            (
                Meaning::StopAll,
                "СТОП ВСЕ;стоп всё;Стоп, всё!;СТОП УСЕ;STOP ALL;StopAll;стоп-все;Стоп все\u{308};\
                 Unsubscribe from all;Відписатися від усього;CTOП BCE",
            ),
            (
                Meaning::Language(Locale::Uk),
                "на украинском;Українською!;Пишіть українською, будь ласка;IN UKRAINIAN",
            ),
            (Meaning::Language(Locale::Ru), "По-русски, пожалуйста;російською мовою;Russian"),
            (Meaning::Language(Locale::En), "in English;In English, please;английский;англійською"),
            (Meaning::Hours(None), "В любое время;когда угодно;Будь-коли;any time"),
            (
                Meaning::NotMe,
                "Это не я!;не я;«Не мой номер»;Вы ошиблись.;ВЫ ОШИБЛИСЬ НОМЕРОМ;Не туда попали!;Простите, это не я;\
                 Це не я;Ви помилилися;ви помилились номером;не мій;Вибачте, це не мій номер;\
                 not me;It's not me;Wrong number!;WRONG PERSON;Sorry, wrong number",
            ),
            (Meaning::Start, "START;/start;Старт!;СTАРТ;Почати;подписаться;підписатися;пiдписатися"),
            (
                Meaning::Text,
                "; ;🛑;?;да;стопка;nonstop;Когда придут деньги?;не стоп;S T;My bus stop is closed;stop the war;\
                 пожалуйста;start over my claim;вы ошиблись в сумме;не мой ребёнок;\
                 не я, а мой муж;ви помилились у прізвищі;wrong number of children;не мне решать;Прошу не останавливать выплату, а знак «СТОП» тут ни при чём",
            ),
        ];
        for (meaning, texts) in table {
            for text in texts.split(';') {
                assert_eq!(understand(text), meaning, "{text:?}");
            }
        }
    }

    #[test]
    fn a_check_code_is_a_question() {
        let code = "7K2M-9QXT".parse().unwrap();
        let whole = format!("{} Код проверки 7K2M-9QXT", "Вам положена выплата. ".repeat(50));
        for text in ["7k2m-9qxt", "код 7K2M 9QXT", whole.as_str()] {
            assert_eq!(understand(text), Meaning::Check(code), "{text}");
        }
        assert_eq!(understand("7K2M-9QX"), Meaning::Text);
    }

    #[test]
    fn six_digits_are_a_one_time_code() {
        assert_eq!(understand("048 213"), Meaning::OneTimeCode("048213".to_owned()));
        assert_eq!(understand("код 0482"), Meaning::Text);
    }

    #[test]
    fn a_long_text_is_for_a_person() {
        assert_eq!(understand(&"стоп ".repeat(100)), Meaning::Text);
        assert_eq!(understand(&format!("СТОП{}", " ".repeat(100))), Meaning::Stop);
    }

    #[test]
    fn no_phrase_has_two_meanings() {
        for (list, meaning) in LISTS {
            for phrase in list.split(',') {
                assert_eq!(understand(phrase), meaning, "{phrase}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".*") {
            let _ = understand(&text);
        }

        #[test]
        fn decoration_does_not_hide_a_command(
            at in any::<prop::sample::Index>(), upper in any::<bool>(),
            before in "[ !.«\"*\n]{0,5}", after in "[ !.»\"*?\n]{0,5}",
        ) {
            let phrases: Vec<_> = STOP.split(',').collect();
            let phrase = phrases[at.index(phrases.len())];
            let phrase = if upper { phrase.to_uppercase() } else { phrase.to_owned() };
            prop_assert_eq!(understand(&format!("{before}{phrase}{after}")), Meaning::Stop);
        }
    }
}
