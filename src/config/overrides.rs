//! Settings that take the place of a file's: from the environment, or from the demonstration.
//!
//! `VESTNIK__CHANNELS__SMS__ROUTES__MAIN__PORT=2776` sets `routes.main.port` of
//! `channels/sms.toml`: the file's path and the key, in capitals, with two underscores between.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::{ConfigError, SourceFile};

/// What environment variables that are settings begin with.
pub const PREFIX: &str = "VESTNIK__";

/// Settings that take the place of the files'.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides(Vec<Override>);

#[derive(Debug, Clone, PartialEq)]
struct Override {
    /// The file's path without its ending, then the key.
    path: Vec<String>,
    value: Value,
    /// How the person who set it knows it.
    name: String,
}

impl Overrides {
    /// The settings among these environment variables. A value is read as TOML where it is a
    /// number, a boolean, a list or a table, and is text otherwise.
    #[must_use]
    pub fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Self {
        let setting = |(name, text): (String, String)| {
            let path = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
            Some(Override { path, value: value(&text), name })
        };
        let mut settings: Vec<_> = variables.filter_map(setting).collect();
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        Self(settings)
    }

    /// Sets one value; `path` is the file and the key, separated by dots, such as
    /// `channels.sms.routes.main.port`.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        let keys = path.split('.').map(str::to_owned).collect();
        self.0.push(Override { path: keys, value: value.into(), name: path.to_owned() });
    }

    /// Adds `others`, which take the place of those there are.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The names of settings that speak of none of these files.
    pub fn strays<'a>(&'a self, files: &'a [String]) -> impl Iterator<Item = &'a str> {
        let known = |one: &&Override| !files.iter().any(|file| one.key_in(file).is_some());
        self.0.iter().filter(known).map(|one| one.name.as_str())
    }

    /// A text that changes with every value, for the version of the configuration.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let lines: Vec<_> =
            self.0.iter().map(|one| format!("{}={}", one.path.join("."), one.value)).collect();
        lines.join("\n")
    }

    /// Reads a file, with what takes the place of its settings. `name` is its path below the
    /// configuration's folder, without its ending, such as `channels/sms`.
    pub fn parse<T: DeserializeOwned>(&self, name: &str, file: &SourceFile) -> Result<T, ConfigError> {
        let mine: Vec<_> = self.0.iter().filter_map(|one| Some((one, one.key_in(name)?))).collect();
        if mine.is_empty() {
            return file.parse();
        }
        // What does not fit by itself is reported where it stands, before anything takes its place.
        let mut table: Table = file.parse()?;
        for (one, key) in &mine {
            put(&mut table, key, one.value.clone()).map_err(|expected| one.refused(file, &expected))?;
        }
        table.try_into().map_err(|error| {
            let names: Vec<_> = mine.iter().map(|(one, _)| one.name.as_str()).collect();
            let message = error.message().replace('\n', ", ");
            ConfigError::of_file(&file.path, format!("{message} (with {})", names.join(", ")))
        })
    }
}

impl Override {
    fn key_in(&self, file: &str) -> Option<&[String]> {
        let mut path = self.path.as_slice();
        for part in file.split('/') {
            let (first, rest) = path.split_first()?;
            if first != part {
                return None;
            }
            path = rest;
        }
        (!path.is_empty()).then_some(path)
    }

    fn refused(&self, file: &SourceFile, expected: &str) -> ConfigError {
        ConfigError::of_file(&file.path, format!("{}: {expected}", self.name))
    }
}

fn value(text: &str) -> Value {
    let read = toml::from_str::<Table>(&format!("value = {text}")).ok();
    match read.and_then(|mut table| table.remove("value")) {
        Some(
            value @ (Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Array(_)
            | Value::Table(_)),
        ) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn put(table: &mut Table, key: &[String], value: Value) -> Result<(), String> {
    let Some((last, parents)) = key.split_last() else { return Ok(()) };
    let mut inner = table;
    for parent in parents {
        let next = inner.entry(parent.clone()).or_insert_with(|| Value::Table(Table::new()));
        inner = next.as_table_mut().ok_or_else(|| format!("{parent} is no table"))?;
    }
    inner.insert(last.clone(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile { path: PathBuf::from("config/channels/sms.toml"), text: text.to_owned() }
    }

    fn variables(list: &[(&str, &str)]) -> Overrides {
        Overrides::from_environment(list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    #[test]
    fn variables_take_the_place_of_a_files_settings() {
        let overrides = variables(&[
            ("VESTNIK__CHANNELS__SMS__ROUTES__MAIN__PORT", "2776"),
            ("VESTNIK__CHANNELS__SMS__ROUTES__MAIN__HOST", "smsc.example"),
            ("VESTNIK__CHANNELS__VIBER__ENABLED", "false"),
            ("VESTNIK_MASTER_KEY", "no setting"),
        ]);
        let table: Table =
            overrides.parse("channels/sms", &file("enabled = true\n[routes.main]\nport = 1\n")).unwrap();
        assert_eq!(table["routes"]["main"]["port"].as_integer(), Some(2776));
        assert_eq!(table["routes"]["main"]["host"].as_str(), Some("smsc.example"));
        assert_eq!(table["enabled"].as_bool(), Some(true));
        let strays: Vec<_> = overrides.strays(&["channels/sms".to_owned()]).map(str::to_owned).collect();
        assert_eq!(strays, ["VESTNIK__CHANNELS__VIBER__ENABLED"]);
    }

    #[test]
    fn a_files_own_mistake_is_reported_where_it_stands() {
        let overrides = variables(&[("VESTNIK__CHANNELS__SMS__ENABLED", "true")]);
        let error = overrides.parse::<Table>("channels/sms", &file("enabled = \n")).unwrap_err();
        assert_eq!(error.line, 1);
    }
}
