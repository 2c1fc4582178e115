//! The approved texts of every locale, ready to be filled in.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::{LanguageIdentifier, langid};
use vestnik_contract::TextLength;

use super::explanation::explanation_texts;
use super::format;
use super::variables::Variable;
use crate::domain::{Locale, ParamError};

/// The three attributes of every template.
pub const ATTRIBUTES: &[&str] = &["title", "short", "long"];

/// One text of the gateway's own, in `config/texts`: what it must have and may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayText {
    /// The message's name in the file.
    pub id: &'static str,
    /// The attributes it must have.
    pub attributes: Vec<&'static str>,
    /// The variables it must refer to.
    pub variables: Vec<Variable>,
}

/// All texts of the gateway's own.
#[must_use]
pub fn gateway_texts() -> Vec<GatewayText> {
    let text = |id, attributes: &[&'static str], variables| GatewayText {
        id,
        attributes: attributes.to_vec(),
        variables,
    };
    let mut texts = vec![
        text(
            "introduction",
            ATTRIBUTES,
            vec![Variable::words("sender"), Variable::one_of("answers", &["yes", "no"])],
        ),
        text(
            "confirmation",
            ATTRIBUTES,
            vec![Variable::one_of("scope", &["channel", "topic", "all"]), Variable::words("topic")],
        ),
        text("answer", ATTRIBUTES, vec![Variable::words("text")]),
        text(
            "checked",
            ATTRIBUTES,
            vec![Variable::one_of("state", &["sent", "waits"]), Variable::words("sent")],
        ),
        text("not_ours", ATTRIBUTES, vec![]),
        text("reported", ATTRIBUTES, vec![]),
        text("language_set", ATTRIBUTES, vec![]),
        text(
            "hours_set",
            ATTRIBUTES,
            vec![
                Variable::one_of("kind", &["span", "from", "until", "any"]),
                Variable::words("from"),
                Variable::words("until"),
            ],
        ),
        text("no_such_hours", ATTRIBUTES, vec![]),
        text("wrong_person", ATTRIBUTES, vec![]),
        text("verified", ATTRIBUTES, vec![]),
        text("code_refused", ATTRIBUTES, vec![Variable::one_of("state", &["wrong", "over"])]),
        text("test", ATTRIBUTES, vec![]),
        text("several", ATTRIBUTES, vec![Variable::number("count")]),
        text("several_titles", &["short", "long"], vec![Variable::words("titles")]),
        text("page", &["long"], vec![Variable::words("link"), Variable::number("days")]),
        text("signature", &["short", "long"], vec![Variable::words("phone"), Variable::words("code")]),
    ];
    texts.extend(explanation_texts());
    texts
}

/// Why a text cannot be filled in. Holds no value of any variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is no such text, perhaps because the catalogue in force no longer has the template.
    #[error("there is no text {0}")]
    Missing(String),
    /// The text refers to something that is not there.
    #[error("the text {0} cannot be filled in")]
    Broken(String),
    /// The values do not fit the template.
    #[error(transparent)]
    Params(#[from] ParamError),
}

type Bundle = FluentBundle<FluentResource>;

/// All texts, by locale.
pub struct Texts {
    ru: Bundle,
    uk: Bundle,
    en: Bundle,
}

impl Texts {
    /// Puts together the texts of these files, each with its locale. Fails on a syntax error and on
    /// a message that stands twice.
    pub fn new(files: &[(Locale, String)]) -> Result<Self, RenderError> {
        let mut texts = Self { ru: bundle(Locale::Ru), uk: bundle(Locale::Uk), en: bundle(Locale::En) };
        for (locale, file) in files {
            texts.add(*locale, file)?;
        }
        Ok(texts)
    }

    fn add(&mut self, locale: Locale, file: &str) -> Result<(), RenderError> {
        let broken = || RenderError::Broken(format!("of a file in {locale}"));
        let resource = FluentResource::try_new(file.to_owned()).map_err(|_| broken())?;
        let bundle = match locale {
            Locale::Ru => &mut self.ru,
            Locale::Uk => &mut self.uk,
            Locale::En => &mut self.en,
        };
        bundle.add_resource(resource).map_err(|_| broken())
    }

    /// Fills in one attribute of a message. Lines wrapped in the file become one line; an empty line
    /// stays the border of a paragraph.
    pub fn fill(
        &self,
        locale: Locale,
        message: &str,
        attribute: &str,
        arguments: &FluentArgs<'_>,
    ) -> Result<String, RenderError> {
        let name = || format!("{message}.{attribute} in {locale}");
        let bundle = self.bundle(locale);
        let found = bundle.get_message(message).and_then(|message| message.get_attribute(attribute));
        let pattern = found.ok_or_else(|| RenderError::Missing(name()))?.value();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        if errors.is_empty() { Ok(unwrapped(&text)) } else { Err(RenderError::Broken(name())) }
    }

    fn bundle(&self, locale: Locale) -> &Bundle {
        match locale {
            Locale::Ru => &self.ru,
            Locale::Uk => &self.uk,
            Locale::En => &self.en,
        }
    }
}

/// The attribute that holds a text of this length.
#[must_use]
pub fn attribute(length: TextLength) -> &'static str {
    match length {
        TextLength::Short => "short",
        TextLength::Long => "long",
    }
}

fn bundle(locale: Locale) -> Bundle {
    let language: LanguageIdentifier = match locale {
        Locale::Ru => langid!("ru"),
        Locale::Uk => langid!("uk"),
        Locale::En => langid!("en"),
    };
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // The marks are invisible characters, which cost an SMS its alphabet and its length.
    bundle.set_use_isolating(false);
    match locale {
        Locale::Ru => bundle.set_formatter(Some(|value, _| number(Locale::Ru, value))),
        Locale::Uk => bundle.set_formatter(Some(|value, _| number(Locale::Uk, value))),
        Locale::En => bundle.set_formatter(Some(|value, _| number(Locale::En, value))),
    }
    bundle
}

fn number(locale: Locale, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(format::integer(locale, number.into())),
        _ => None,
    }
}

fn unwrapped(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        paragraph.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    });
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(locale: Locale, count: i64) -> String {
        let files = [
            (
                Locale::Ru,
                "m =\n    .short = { $n ->\n        [one] { $n } день\n        [few] { $n } дня\n        \
                 [many] { $n } дней\n       *[other] { $n } дня\n    }\n",
            ),
            (
                Locale::Uk,
                "m =\n    .short = { $n ->\n        [one] { $n } день\n        [few] { $n } дні\n        \
                 [many] { $n } днів\n       *[other] { $n } дня\n    }\n",
            ),
            (
                Locale::En,
                "m =\n    .short = { $n ->\n        [one] { $n } day\n       *[other] { $n } days\n    }\n",
            ),
        ];
        let texts = Texts::new(&files.map(|(locale, file)| (locale, file.to_owned()))).unwrap();
        texts.fill(locale, "m", "short", &FluentArgs::from_iter([("n", count)])).unwrap()
    }

    #[test]
    fn plural_forms_are_right_in_three_languages() {
        let table = [
            (0, "0 дней", "0 днів", "0 days"),
            (1, "1 день", "1 день", "1 day"),
            (2, "2 дня", "2 дні", "2 days"),
            (4, "4 дня", "4 дні", "4 days"),
            (5, "5 дней", "5 днів", "5 days"),
            (11, "11 дней", "11 днів", "11 days"),
            (14, "14 дней", "14 днів", "14 days"),
            (21, "21 день", "21 день", "21 days"),
            (22, "22 дня", "22 дні", "22 days"),
            (25, "25 дней", "25 днів", "25 days"),
            (101, "101 день", "101 день", "101 days"),
            (111, "111 дней", "111 днів", "111 days"),
            (112, "112 дней", "112 днів", "112 days"),
            (122, "122 дня", "122 дні", "122 days"),
            (1_000_000, "1\u{a0}000\u{a0}000 дней", "1\u{a0}000\u{a0}000 днів", "1,000,000 days"),
            (1_000_001, "1\u{a0}000\u{a0}001 день", "1\u{a0}000\u{a0}001 день", "1,000,001 days"),
        ];
        for (count, ru, uk, en) in table {
            assert_eq!(days(Locale::Ru, count), ru);
            assert_eq!(days(Locale::Uk, count), uk);
            assert_eq!(days(Locale::En, count), en);
        }
    }

    #[test]
    fn wrapped_lines_become_one_and_paragraphs_stay() {
        let file = "m =\n    .long =\n        One\n        line.\n\n        Two { $x }.\n".to_owned();
        let texts = Texts::new(&[(Locale::En, file)]).unwrap();
        let arguments = FluentArgs::from_iter([("x", "words")]);
        assert_eq!(texts.fill(Locale::En, "m", "long", &arguments).unwrap(), "One line.\n\nTwo words.");
        let missing = texts.fill(Locale::Ru, "m", "long", &arguments);
        assert_eq!(missing, Err(RenderError::Missing("m.long in ru".into())));
        let broken = texts.fill(Locale::En, "m", "long", &FluentArgs::new());
        assert_eq!(broken, Err(RenderError::Broken("m.long in en".into())));
    }
}
