//! What is wrong in a configuration file, said so that a person can put it right.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::words::{in_words, missing_field};

use crate::domain::nearest;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named when it was opened.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, usually "expected …, found …".
    pub message: String,
    /// The word that was probably meant.
    pub hint: Option<String>,
}

impl ConfigError {
    /// A mistake that stands nowhere in particular: the whole file is missing or cannot be read.
    #[must_use]
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, message: message.into(), hint: None }
    }

    /// The same mistake, with the known word nearest to what was `found`, if one is near enough.
    #[must_use]
    pub fn with_nearest<'a>(mut self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        self.hint = nearest(found, known).map(str::to_owned);
        self
    }

    /// The same place, with what serde says is wrong with the setting to which these keys lead; `name`
    /// is how the person who set it knows it.
    pub(super) fn saying(self, keys: &[String], name: &str, serde: &str) -> Self {
        if let Some(word) = UnknownWord::parse(serde) {
            let told = Self { message: word.message(), ..self };
            return told.with_nearest(word.found, word.expected.iter().copied());
        }
        let message = match missing_field(serde) {
            Some(field) if keys.is_empty() => format!("expected the key {field}, found none"),
            Some(field) => format!("expected the key {field} in [{}], found none", keys.join(".")),
            None if name.is_empty() => in_words(serde),
            None => format!("{name}: {}", in_words(serde)),
        };
        Self { message, ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (did you mean \"{hint}\"?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Every mistake that one load found, in the order of files and lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// No mistakes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a mistake.
    pub fn push(&mut self, error: ConfigError) {
        self.0.push(error);
    }

    /// Keeps the value of a step that went well, and the mistakes of one that did not.
    pub fn take<T>(&mut self, step: Result<T, impl Into<Self>>) -> Option<T> {
        step.map_err(|errors| self.0.append(&mut errors.into().0)).ok()
    }

    /// Adds the mistakes that a check found, where it could be made.
    pub fn add(&mut self, found: Option<Self>) {
        self.0.extend(found.into_iter().flat_map(|found| found.0));
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// The value, if nothing went wrong on the way to it.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self.sorted()) }
    }

    /// The mistakes in the order of files and lines.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        self
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<ConfigError> for ConfigErrors {
    fn from_iter<I: IntoIterator<Item = ConfigError>>(errors: I) -> Self {
        Self(errors.into_iter().collect())
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    /// One mistake a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            let line_end = if at == 0 { "" } else { "\n" };
            write!(f, "{line_end}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// A file's name and text, from which mistakes get their line and column.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The file, as it is shown in errors.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// Reads a file that must be UTF-8.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(error) => Err(ConfigError::of_file(path, format!("cannot be read: {error}"))),
        }
    }

    /// A mistake at this byte offset.
    #[must_use]
    pub fn error(&self, offset: usize, message: impl Into<String>) -> ConfigError {
        let (line, column) = position(&self.text, offset);
        ConfigError { file: self.path.clone(), line, column, message: message.into(), hint: None }
    }

    /// Reads the file as TOML. serde stops at its first mistake, so this gives one.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let read = toml::Deserializer::parse(&self.text).map_err(|error| self.toml_error(&error, &[]))?;
        serde_path_to_error::deserialize(read)
            .map_err(|error| self.toml_error(error.inner(), &keys(error.path())))
    }

    fn toml_error(&self, error: &toml::de::Error, keys: &[String]) -> ConfigError {
        let offset = error.span().unwrap_or(Range { start: 0, end: 0 }).start;
        self.error(offset, "").saying(keys, &keys.join("."), error.message())
    }
}

/// A path as keys; where a key is not known, it ends.
pub(super) fn keys(path: &serde_path_to_error::Path) -> Vec<String> {
    let key = |segment: &Segment| match segment {
        // Where a value keeps its place, toml puts keys of its own between.
        Segment::Map { key } => Some(key.clone()).filter(|key| !key.starts_with("$__")),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().map_while(key).collect()
}

/// Line and column, each from 1, of a byte offset. An offset past the end is the end; one inside a
/// character is that character.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// serde's "unknown field" and "unknown variant" messages, taken apart. serde gives them as text
/// only; where the text is another one, it is shown as it is.
struct UnknownWord<'a> {
    found: &'a str,
    expected: Vec<&'a str>,
}

impl<'a> UnknownWord<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        let rest =
            message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
        let mut quoted = rest.split('`').skip(1).step_by(2);
        Some(Self { found: quoted.next()?, expected: quoted.collect() })
    }

    fn message(&self) -> String {
        match self.expected.as_slice() {
            [] => format!("expected nothing more, found \"{}\"", self.found),
            [only] => format!("expected {only}, found \"{}\"", self.found),
            many => format!("expected one of {}, found \"{}\"", many.join(", "), self.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Settings {
        per_second: u32,
        sender: Option<String>,
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Hold,
        Reroute,
    }

    fn mistake(text: &str) -> String {
        let file = SourceFile { path: "config/channels/sms.toml".into(), text: text.into() };
        file.parse::<Settings>().unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_named_with_its_place_and_what_was_meant() {
        let table = [
            (
                "per_second = 1\npersecond = 2\n",
                "2:1: expected one of per_second, sender, mode, found \"persecond\" (did you mean \"per_second\"?)",
            ),
            ("per_second = 1\nx = 2\n", "2:1: expected one of per_second, sender, mode, found \"x\""),
            (
                "per_second = 1\nmode = \"hald\"",
                "2:8: expected one of hold, reroute, found \"hald\" (did you mean \"hold\"?)",
            ),
            (
                "# я\nper_second = \"1\"",
                "2:14: per_second: expected a whole number from 0 to 4294967295, found \"1\"",
            ),
            ("sender = \"a\"", "1:1: expected the key per_second, found none"),
        ];
        for (text, expected) in table {
            assert_eq!(mistake(text), format!("config/channels/sms.toml:{expected}"));
        }
        assert!(mistake("per_second = \n").starts_with("config/channels/sms.toml:1:14: "));
    }

    #[test]
    fn all_mistakes_are_kept_and_told_in_order() {
        let file = SourceFile { path: "a.toml".into(), text: "один\nдва\n".into() };
        let mut errors = ConfigErrors::new();
        errors.push(file.error(9 + 2, "second"));
        assert_eq!(errors.take(Ok::<_, ConfigError>(5)), Some(5));
        assert_eq!(errors.take(Err::<(), _>(file.error(2, "first"))), None);
        assert_eq!(errors.or(()).unwrap_err().to_string(), "a.toml:1:2: first\na.toml:2:2: second");
        assert_eq!(ConfigErrors::new().or(1), Ok(1));
    }

    #[test]
    fn positions_count_characters_and_stay_inside() {
        assert_eq!(position("", 5), (1, 1));
        assert_eq!(position("я\nя", 1), (1, 1));
        assert_eq!(position("я\nя", 99), (2, 2));
    }
}
