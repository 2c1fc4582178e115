//! The languages that notices are written in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::wording::{is_line, line_of};

/// A language that every approved text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// English.
    En,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 3] = [Self::Ru, Self::Uk, Self::En];

    /// The BCP 47 language tag: `ru`, `uk` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::Uk => "uk",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A language tag in whose language no texts are written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a locale is ru, uk or en")]
pub struct UnknownLocale;

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Reads a BCP 47 tag by its language alone: `uk`, `uk-UA` and `UK_ua` are Ukrainian.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language)).ok_or(UnknownLocale)
    }
}

/// The same words in every locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// In Russian.
    pub ru: String,
    /// In Ukrainian.
    pub uk: String,
    /// In English.
    pub en: String,
}

impl Localized {
    /// The words in this locale.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Ru => &self.ru,
            Locale::Uk => &self.uk,
            Locale::En => &self.en,
        }
    }

    /// Deserializes names of at most `MAX` characters, each on one line. For `deserialize_with`.
    pub(crate) fn lines<'de, const MAX: usize, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let words = Self::deserialize(from)?;
        let wrong = words.iter().find(|(_, text)| !is_line(text, MAX)).map(|(locale, _)| locale);
        let refused = |locale| D::Error::custom(format!("expected {locale} to be {}", line_of(MAX)));
        wrong.map_or(Ok(words), |locale| Err(refused(locale)))
    }

    /// The words in every locale.
    pub fn iter(&self) -> impl Iterator<Item = (Locale, &str)> {
        Locale::ALL.into_iter().map(|locale| (locale, self.get(locale)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_language() {
        for (tag, locale) in [("ru", Ok(Locale::Ru)), ("uk-UA", Ok(Locale::Uk)), ("EN_gb", Ok(Locale::En))] {
            assert_eq!(tag.parse(), locale, "{tag}");
        }
        for tag in ["", "de", "ukr", "-uk"] {
            assert_eq!(tag.parse::<Locale>(), Err(UnknownLocale), "{tag}");
        }
    }
}
