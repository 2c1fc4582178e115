//! Where a setting stands: in a TOML file, or in what takes the place of its settings.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors, SourceFile};
use super::read::{self, Mistake};

/// A file as it was read, with what took the place of its settings.
#[derive(Debug, Clone)]
pub struct Sheet<T> {
    /// What it says.
    pub value: T,
    /// Where it says so.
    pub place: Place,
}

/// Where the settings of one file stand.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub file: SourceFile,
    /// The keys of settings that were set elsewhere, each with the name by which it was set.
    pub overridden: Vec<(Vec<String>, String)>,
}

impl Place {
    /// A mistake in the setting to which these keys lead; see [`SourceFile::at`].
    #[must_use]
    pub fn wrong(&self, path: &[&str], message: impl AsRef<str>) -> ConfigError {
        let message = message.as_ref();
        let set = self.overridden.iter().rfind(|(keys, _)| path.iter().zip(keys).all(|(a, b)| a == b));
        match set.filter(|(keys, _)| keys.len() <= path.len()) {
            Some((_, name)) => self.file.at(path, format!("{name}: {message}")),
            None => self.file.at(path, message),
        }
    }

    /// Reads what the file says, as `document` has it with what took the place of settings.
    pub(super) fn read<T: DeserializeOwned>(
        self,
        document: Spanned<DeTable<'_>>,
    ) -> Result<Sheet<T>, ConfigErrors> {
        let value = read::read(document, |mistake| self.tell(mistake))?;
        Ok(Sheet { value, place: self })
    }

    /// A mistake stands in the file, or in what took the place of the setting: then it is told by the
    /// name of that.
    fn tell(&self, mistake: &Mistake) -> ConfigError {
        let Mistake { keys, name, offset, said } = mistake;
        let leads_there = |set: &[String]| keys.iter().zip(set).all(|(a, b)| a == b);
        let set = self.overridden.iter().filter(|(keys, _)| leads_there(keys));
        let names: Vec<_> = set.map(|(_, name)| name.as_str()).collect();
        if names.is_empty() {
            return self.file.error(*offset, "").saying(name, name, said);
        }
        let path: Vec<_> = keys.iter().map(String::as_str).collect();
        let error = self.file.at(&path, "").saying(name, "", said);
        ConfigError { message: format!("{}: {}", names.join(" or "), error.message), ..error }
    }
}

impl SourceFile {
    /// Reads the file as TOML.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigErrors> {
        let place = Place { file: self.clone(), overridden: Vec::new() };
        Ok(place.read(self.document()?)?.value)
    }

    /// The file as TOML, in which every value keeps its place. What is no TOML is told all at once, and
    /// alone: what the reader makes of it is not what was meant. Of each line the first mistake is told;
    /// the others mostly come of it.
    pub(super) fn document(&self) -> Result<Spanned<DeTable<'_>>, ConfigErrors> {
        let (document, mistakes) = DeTable::parse_recoverable(&self.text);
        let told = |mistake: &toml::de::Error| {
            let offset = mistake.span().unwrap_or_default().start;
            self.error(offset, "").saying("", "", mistake.message())
        };
        let mut lines = BTreeSet::new();
        let first = |mistake: &ConfigError| lines.insert(mistake.line);
        mistakes.iter().map(told).filter(first).collect::<ConfigErrors>().or(document)
    }

    /// A mistake in the setting to which these keys lead, such as `["routes", "main", "port"]`; the
    /// number of an item, or its text, leads into a list. A value is pointed at where it begins, and a table where
    /// it is named. Where the setting is absent, it is the last table on the way to it.
    #[must_use]
    pub fn at(&self, path: &[&str], message: impl Into<String>) -> ConfigError {
        self.error(self.offset_of(path), message)
    }

    fn offset_of(&self, path: &[&str]) -> usize {
        let Ok(document) = DeTable::parse(&self.text) else { return 0 };
        let Some((first, rest)) = path.split_first() else { return 0 };
        let Some((mut offset, mut value)) = in_table(document.get_ref(), first) else { return 0 };
        for key in rest {
            let inner = match value {
                DeValue::Table(table) => in_table(table, key),
                DeValue::Array(items) => {
                    let numbered = key.parse().ok().and_then(|at: usize| items.get(at));
                    let item =
                        numbered.or_else(|| items.iter().find(|item| item.get_ref().as_str() == Some(*key)));
                    item.map(|item| (item.span().start, item.get_ref()))
                }
                _ => None,
            };
            let Some(inner) = inner else { break };
            (offset, value) = inner;
        }
        offset
    }
}

fn in_table<'a>(table: &'a DeTable<'a>, key: &str) -> Option<(usize, &'a DeValue<'a>)> {
    let (name, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
    let place = if value.get_ref().is_table() { name.span() } else { value.span() };
    Some((place.start, value.get_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# що
order = [\"viber\", \"sms\"]
[retry]
tries = 0
[channels.viber]
wait = 1
[channels.sms]
rule = { from = 1 }
";

    #[test]
    fn every_setting_is_found_where_it_stands() {
        let file = SourceFile { path: "policy.toml".into(), text: FILE.into() };
        let table: &[(&[&str], (usize, usize))] = &[
            (&[], (1, 1)),
            (&["nothing"], (1, 1)),
            (&["order"], (2, 9)),
            (&["order", "1"], (2, 19)),
            (&["order", "7"], (2, 9)),
            (&["order", "sms"], (2, 19)),
            (&["order", "fax"], (2, 9)),
            (&["retry"], (3, 2)),
            (&["retry", "tries"], (4, 9)),
            (&["retry", "tries", "deeper"], (4, 9)),
            (&["retry", "absent"], (3, 2)),
            (&["channels", "viber"], (5, 11)),
            (&["channels", "sms", "rule"], (8, 1)),
            (&["channels", "sms", "rule", "from"], (8, 17)),
        ];
        for (path, place) in table {
            let error = file.at(path, "");
            assert_eq!((error.line, error.column), *place, "{path:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_has_one_place() {
        let file = SourceFile { path: "a.toml".into(), text: "a = ".into() };
        assert_eq!(file.at(&["a"], "").line, 1);
    }
}
