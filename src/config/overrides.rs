//! Settings that take the place of a file's: from the environment, or from the demonstration.
//!
//! `VESTNIK__CHANNELS__SMS__ROUTES__MAIN__PORT=2776` sets `routes.main.port` of
//! `channels/sms.toml`: the file's path and the key, in capitals, with two underscores between. An
//! empty value takes the setting away.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeString, DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::{ConfigError, ConfigErrors, SourceFile};
use super::place::{Place, Sheet};

/// What environment variables that are settings begin with.
pub const PREFIX: &str = "VESTNIK__";

/// Settings that take the place of the files'.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides(Vec<Override>);

#[derive(Debug, Clone, PartialEq)]
struct Override {
    /// The file's path without its ending, then the key.
    path: Vec<String>,
    /// `None` takes the setting away.
    value: Option<Value>,
    /// How the person who set it knows it.
    name: String,
}

impl Overrides {
    /// The settings among these environment variables. A value is read as TOML where it is a
    /// number, a boolean, a list or a table, and is text otherwise; an empty one takes the setting
    /// away.
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
        self.0.push(Override { path: keys, value: Some(value.into()), name: path.to_owned() });
    }

    /// Takes a setting away, as if the file did not have it.
    pub fn unset(&mut self, path: &str) {
        let keys = path.split('.').map(str::to_owned).collect();
        self.0.push(Override { path: keys, value: None, name: path.to_owned() });
    }

    /// The same settings as environment variables of another process.
    #[must_use]
    pub fn to_environment(&self) -> Vec<(String, String)> {
        let variable = |one: &Override| {
            let text = match &one.value {
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => String::new(),
            };
            (format!("{PREFIX}{}", one.path.join("__").to_uppercase()), text)
        };
        self.0.iter().map(variable).collect()
    }

    /// Adds `others`, which take the place of those there are.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// A mistake for each setting that speaks of none of these files, such as `channels/sms`.
    /// `folder` is where the files are.
    pub(super) fn strays(&self, folder: &Path, files: &[String]) -> impl Iterator<Item = ConfigError> {
        let known = |one: &&Override| !files.iter().any(|file| one.key_in(file).is_some());
        self.0.iter().filter(known).map(move |one| one.stray(folder, files))
    }

    /// A text that changes with every value, for the version of the configuration.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let lines: Vec<_> =
            self.to_environment().iter().map(|(name, text)| format!("{name}={text}")).collect();
        lines.join("\n")
    }

    /// Reads a file, with what takes the place of its settings. `name` is its path below the
    /// configuration's folder, without its ending, such as `channels/sms`.
    pub fn read<T: DeserializeOwned>(&self, name: &str, file: SourceFile) -> Result<Sheet<T>, ConfigErrors> {
        let mine: Vec<_> = self.0.iter().filter_map(|one| Some((one, one.key_in(name)?))).collect();
        // The document borrows from these, while the file goes along with its settings.
        let texts: Vec<_> = mine.iter().map(|(one, _)| one.value.as_ref().map(Value::to_string)).collect();
        let source = file.clone();
        let mut document = source.document()?;
        let mut errors = ConfigErrors::new();
        for ((one, key), text) in mine.iter().zip(&texts) {
            let put = put(document.get_mut(), key, text.as_deref());
            errors.take(put.map_err(|expected| one.refused(&file, &expected)));
        }
        let overridden = mine.iter().map(|(one, key)| (key.to_vec(), one.name.clone())).collect();
        let read = errors.take(Place { file, overridden }.read(document));
        match read {
            Some(sheet) => errors.or(sheet),
            None => Err(errors.sorted()),
        }
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

    /// The mistake of speaking of none of these files; the hint is the whole name, mended.
    fn stray(&self, folder: &Path, files: &[String]) -> ConfigError {
        let mended = |file: &String| {
            let parts: Vec<_> = file.split('/').collect();
            let key = self.path.get(parts.len()..).unwrap_or_default();
            [parts.as_slice(), &key.iter().map(String::as_str).collect::<Vec<_>>()].concat().join("__")
        };
        let meant: Vec<_> = files.iter().map(mended).collect();
        let message = format!(
            "{}: expected the name of a file and of a key in it, such as {PREFIX}GATEWAY__LOG__FORMAT; \
             the files are {}",
            self.name,
            files.join(", ")
        );
        let mut error = ConfigError::of_file(folder, message)
            .with_nearest(&self.path.join("__"), meant.iter().map(String::as_str));
        error.hint = error.hint.map(|hint| format!("{PREFIX}{}", hint.to_uppercase()));
        error
    }
}

fn value(text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let read = toml::from_str::<Table>(&format!("value = {text}")).ok();
    match read.and_then(|mut table| table.remove("value")) {
        Some(
            value @ (Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Array(_)
            | Value::Table(_)),
        ) => Some(value),
        _ => Some(Value::String(text.to_owned())),
    }
}

/// Puts a value where these keys lead, or takes away what is there.
fn put<'a>(table: &mut DeTable<'a>, key: &[String], value: Option<&'a str>) -> Result<(), String> {
    let Some((last, parents)) = key.split_last() else { return Ok(()) };
    let mut inner = table;
    for parent in parents {
        let next = inner.entry(set_key(parent)).or_insert_with(|| set_value(DeValue::Table(DeTable::new())));
        let DeValue::Table(table) = next.get_mut() else { return Err(format!("{parent} is no table")) };
        inner = table;
    }
    match value.and_then(|text| DeValue::parse(text).ok()) {
        Some(value) => inner.insert(set_key(last), set_value(value.into_inner())),
        None => inner.remove(last.as_str()),
    };
    Ok(())
}

/// What was set elsewhere has no place in the file.
fn set_value(value: DeValue<'_>) -> Spanned<DeValue<'_>> {
    Spanned::new(0..0, value)
}

fn set_key(key: &str) -> Spanned<DeString<'static>> {
    Spanned::new(0..0, key.to_owned().into())
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
        let text = "enabled = true\n[routes.main]\nport = 1\n";
        let table = overrides.read::<Table>("channels/sms", file(text)).unwrap().value;
        assert_eq!(table["routes"]["main"]["port"].as_integer(), Some(2776));
        assert_eq!(table["routes"]["main"]["host"].as_str(), Some("smsc.example"));
        assert_eq!(table["enabled"].as_bool(), Some(true));
    }

    #[test]
    fn an_empty_variable_takes_a_setting_away() {
        let overrides = variables(&[("VESTNIK__CHANNELS__SMS__LANE__PER_SECOND", "")]);
        let text = "enabled = true\n[lane]\nper_second = 1\n";
        let table = overrides.read::<Table>("channels/sms", file(text)).unwrap().value;
        assert!(table["lane"].as_table().unwrap().is_empty());
    }

    #[test]
    fn settings_can_be_handed_to_another_process() {
        let mut settings = Overrides::default();
        settings.set("channels.sms.routes.main.port", 2776);
        settings.set("channels.sms.routes.main.host", "smsc.example");
        settings.set("channels.sms.routes.main.password", toml::toml! { file = "/run/secrets/smsc" });
        settings.unset("channels.sms.lane.per_second");
        let read = Overrides::from_environment(settings.to_environment().into_iter());
        let text = "enabled = true\n[lane]\nper_second = 1\n";
        let of = |overrides: &Overrides| overrides.read::<Table>("channels/sms", file(text)).unwrap().value;
        assert_eq!(of(&read), of(&settings));
        assert_eq!(of(&read)["routes"]["main"]["port"].as_integer(), Some(2776));
    }

    #[test]
    fn a_setting_of_no_file_is_a_mistake() {
        let overrides = variables(&[
            ("VESTNIK__CHANELS__SMS__ENABLED", "true"),
            ("VESTNIK__CHANNELS__SMS__ENABLED", "true"),
            ("VESTNIK__POLICY", "true"),
            ("VESTNIK__Q__Z", "1"),
        ]);
        let files = ["policy", "channels/sms"].map(str::to_owned);
        let errors: Vec<_> = overrides.strays(Path::new("config"), &files).collect();
        let hints: Vec<_> = errors.iter().map(|error| error.hint.as_deref()).collect();
        assert_eq!(hints, [Some("VESTNIK__CHANNELS__SMS__ENABLED"), Some("VESTNIK__POLICY"), None]);
        let expected = "config:1:1: VESTNIK__CHANELS__SMS__ENABLED: expected the name of a file and of a key";
        assert!(errors[0].to_string().starts_with(expected), "{}", errors[0]);
    }

    #[test]
    fn a_value_that_does_not_fit_is_told_by_the_name_of_the_variable() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its parsing is looked at")]
        struct Route {
            port: u16,
        }
        let table = [
            (
                "PORT",
                "many",
                "2:8: VESTNIK__CHANNELS__SMS__PORT: expected a whole number from 0 to 65535, found \"many\"",
            ),
            (
                "PROT",
                "1",
                "1:1: VESTNIK__CHANNELS__SMS__PROT: expected port, found \"prot\" (did you mean \"port\"?)",
            ),
        ];
        for (key, value, expected) in table {
            let overrides = variables(&[(&format!("VESTNIK__CHANNELS__SMS__{key}"), value)]);
            let error = overrides.read::<Route>("channels/sms", file("\nport = 1")).unwrap_err();
            assert_eq!(error.to_string(), format!("config/channels/sms.toml:{expected}"));
        }
    }

    #[test]
    fn a_files_own_mistake_is_reported_where_it_stands() {
        let overrides = variables(&[("VESTNIK__CHANNELS__SMS__ENABLED", "true")]);
        let error = overrides.read::<Table>("channels/sms", file("enabled = \n")).unwrap_err();
        assert!(error.to_string().starts_with("config/channels/sms.toml:1:11: "), "{error}");
    }
}
