//! STOP of one topic: a word of stopping, and after it one of the topic's names in `catalogue/topics.toml`.

use std::sync::LazyLock;

use super::skeleton;
use crate::domain::{Catalogue, TopicId};

const STOP: &str = "
    стоп, стоп тема, стоп по теме, отписаться от, отписаться от темы, отпишите от, отпишите меня от,
    отпишите меня от темы, не пишите про, не пишите мне про, не пишите на тему, не пишите мне на тему,
    відписатися від, відписатися від теми, відпишіть від, відпишіть мене від, відпишіть мене від теми,
    не пишіть про, не пишіть мені про, не пишіть на тему, не пишіть мені на тему,
    stop, stop topic, unsubscribe from, unsubscribe me from, stop writing about, do not write about,
    dont write about, don't write about,
    ctop, cnjg";

static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| STOP.split(',').map(skeleton).collect());

/// The topic that a text, as its skeleton, stops. A name that two topics have is for a person to read.
pub(super) fn stopped(text: &str, catalogue: &Catalogue) -> Option<TopicId> {
    let after = |word: &String| text.strip_prefix(word.as_str())?.strip_prefix(' ');
    let names: Vec<_> = SKELETONS.iter().filter_map(after).collect();
    if names.is_empty() {
        return None;
    }
    let is_meant = |name: &str| names.contains(&skeleton(name).as_str());
    let mut meant = catalogue.topics.iter().filter(|(_, topic)| topic.names().any(is_meant));
    let (id, _) = meant.next().filter(|_| meant.next().is_none())?;
    Some(id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::catalogue::load_catalogue;
    use crate::domain::{Localized, Topic};
    use crate::inbound::understand;
    use crate::ledger::Meaning;

    fn catalogue() -> Catalogue {
        let topic = |id: &str, [ru, uk, en]: [&str; 3], words: &[&str]| {
            let title = Localized { ru: ru.to_owned(), uk: uk.to_owned(), en: en.to_owned() };
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            (TopicId::new(id).unwrap(), Topic { title, words })
        };
        let topics = [
            topic("pension", ["Пенсия", "Пенсія", "Pension"], &["пенсии", "пенсію", "деньги"]),
            topic("family", ["Семья и дети", "Сім’я та діти", "Family and children"], &["дети", "деньги"]),
        ];
        Catalogue { topics: topics.into(), ..Catalogue::default() }
    }

    #[test]
    fn a_topic_is_known_by_any_of_its_names() {
        let table = [
            (
                "pension",
                "СТОП ПЕНСИЯ;стоп, пенсия!;Стоп Пенсія;STOP PENSION;Stop: pension, please;CTOП ПЕНСИЯ",
            ),
            ("pension", "отпишите меня от пенсии;не пишіть про пенсію;unsubscribe me from pension"),
            ("family", "Стоп «Семья и дети»;СТОП СІМ’Я ТА ДІТИ;стоп тема дети;stop family and children"),
        ];
        for (topic, texts) in table {
            for text in texts.split(';') {
                let expected = Meaning::StopTopic(TopicId::new(topic).unwrap());
                assert_eq!(understand(text, &catalogue()), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn every_name_in_the_shipped_catalogue_is_of_one_topic() {
        let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let (shipped, _) = load_catalogue(&config, None).unwrap();
        for (id, topic) in &shipped.topics {
            for name in topic.names() {
                let meant = understand(&format!("СТОП {name}"), &shipped);
                assert_eq!(meant, Meaning::StopTopic(id.clone()), "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_topic_is_for_a_person() {
        for text in
            ["стоп ипотека", "стоп деньги", "STOP PENSION NOW", "стоппенсия", "пенсия", "не стоп пенсия"]
        {
            assert_eq!(understand(text, &catalogue()), Meaning::Text, "{text:?}");
        }
        assert_eq!(understand("стоп", &catalogue()), Meaning::Stop);
        assert_eq!(understand("стоп все", &catalogue()), Meaning::StopAll);
    }
}
