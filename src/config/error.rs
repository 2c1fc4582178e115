//! What is wrong in a configuration file, said so that a person can put it right.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::words::{UnknownWord, in_words, missing_field};
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

    /// A file or folder that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        let message = match error.kind() {
            io::ErrorKind::NotFound => "expected it to be there, found nothing".to_owned(),
            io::ErrorKind::IsADirectory => "expected a file, found a folder".to_owned(),
            io::ErrorKind::NotADirectory => "expected a folder, found a file".to_owned(),
            io::ErrorKind::PermissionDenied => "cannot be read: we have no right to".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        Self::of_file(path, message)
    }

    /// The same mistake, with the known word nearest to what was `found`, if one is near enough.
    #[must_use]
    pub fn with_nearest<'a>(mut self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        self.hint = nearest(found, known).map(str::to_owned);
        self
    }

    /// The same place, with what serde says is wrong with the setting of this name; a person may know
    /// it by another one, `known_as`.
    pub(super) fn saying(self, setting: &str, known_as: &str, serde: &str) -> Self {
        if let Some(word) = UnknownWord::parse(serde) {
            let told = Self { message: word.message(), ..self };
            return told.with_nearest(word.found, word.expected.iter().copied());
        }
        let message = match missing_field(serde) {
            Some(field) if setting.is_empty() => format!("expected the key {field}, found none"),
            Some(field) => format!("expected the key {field} in [{setting}], found none"),
            None if known_as.is_empty() => in_words(serde),
            None => format!("{known_as}: {}", in_words(serde)),
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
        let bytes = std::fs::read(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        String::from_utf8(bytes).map(|text| Self { path: path.to_owned(), text }).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
            Self { path: path.to_owned(), text }.error(good, "expected text in UTF-8")
        })
    }

    /// A mistake at this byte offset.
    #[must_use]
    pub fn error(&self, offset: usize, message: impl Into<String>) -> ConfigError {
        let (line, column) = position(&self.text, offset);
        ConfigError { file: self.path.clone(), line, column, message: message.into(), hint: None }
    }
}

/// Line and column, each from 1, of a byte offset. An offset past the end is the end; one inside a
/// character is that character.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_file_that_cannot_be_read_says_why() {
        let folder = std::env::temp_dir().join(format!("vestnik-unreadable-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let said = |path: &Path| {
            let error = SourceFile::read(path).unwrap_err();
            (error.line, error.column, error.message)
        };
        assert_eq!(said(&folder), (1, 1, "expected a file, found a folder".to_owned()));
        let file = folder.join("policy.toml");
        assert_eq!(said(&file), (1, 1, "expected it to be there, found nothing".to_owned()));
        std::fs::write(&file, "# що\n# \u{0431}".bytes().chain([0xff]).collect::<Vec<_>>()).unwrap();
        assert_eq!(said(&file), (2, 4, "expected text in UTF-8".to_owned()));
        assert_eq!(said(&file.join("a")), (1, 1, "expected a folder, found a file".to_owned()));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn positions_count_characters_and_stay_inside() {
        assert_eq!(position("", 5), (1, 1));
        assert_eq!(position("я\nя", 1), (1, 1));
        assert_eq!(position("я\nя", 99), (2, 2));
    }
}
