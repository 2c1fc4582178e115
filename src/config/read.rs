//! Reads a TOML document and tells all of its mistakes.
//!
//! serde stops at the first mistake. So what was told is taken out of the document and the document is
//! read again, until it can be read or nothing is left of it. A key that is missing, because it was
//! taken out or never stood there, gets a stand-in: then the next missing one is found. What comes only
//! of something taken out or put in is not told.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::error::{ConfigError, ConfigErrors};
use super::words::{UnknownWord, missing_field};

/// What serde says of one place.
pub(super) struct Mistake {
    /// The keys that lead there, with the numbers of items of lists; to the table, where a key of it is
    /// missing.
    pub(super) keys: Vec<String>,
    /// The keys alone, as a person writes them: `routes.main.port`.
    pub(super) name: String,
    /// Where in the file it begins, in bytes.
    pub(super) offset: usize,
    /// serde's words.
    pub(super) said: String,
}

/// Reads a document. What is wrong is told in order, each mistake in the words of `tell`.
pub(super) fn read<T: DeserializeOwned>(
    document: Spanned<DeTable<'_>>,
    tell: impl Fn(&Mistake) -> ConfigError,
) -> Result<T, ConfigErrors> {
    let mut reading = Reading { document, mended: BTreeMap::new() };
    let mut errors = ConfigErrors::new();
    for _ in 0..MOST_ROUNDS {
        match reading.once() {
            Ok(value) => return errors.or(value),
            Err(mistake) => {
                if !reading.is_follow_up(&mistake.place()) {
                    errors.push(tell(&mistake));
                }
                if !reading.mend(&mistake) {
                    break;
                }
            }
        }
    }
    Err(errors.sorted())
}

/// Nobody wants to read of more mistakes than are found in so many rounds.
const MOST_ROUNDS: usize = 2_000;

/// What is put in the place of something missing, one after the other until one is taken: a value of
/// each kind that settings have.
const STAND_INS: [&str; 12] = [
    "1",
    "'x'",
    "true",
    "[]",
    "{}",
    "'09:00'",
    "'2026-01-01'",
    "'112'",
    "'a@b.example'",
    "'127.0.0.1:1'",
    "'https://b.example/'",
    "{ env = 'X' }",
];

/// The key that says which other keys a table has. Without it nothing can be said of them.
const TAG: &str = "type";

/// The keys that lead to a place in a document.
type Keys = Vec<String>;

/// A document that is read again and again.
struct Reading<'a> {
    document: Spanned<DeTable<'a>>,
    /// Where something was taken out, with how many stand-ins were tried in its place.
    mended: BTreeMap<Keys, usize>,
}

impl<'a> Reading<'a> {
    fn once<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        let read = serde_path_to_error::deserialize(Deserializer::from(self.document.clone()));
        read.map_err(|error| self.mistake(error.path(), error.inner()))
    }

    fn mistake(&self, path: &Path, error: &toml::de::Error) -> Mistake {
        let span = error.span().unwrap_or_default();
        let (mut keys, mut names) = (Keys::new(), Keys::new());
        for segment in path {
            match segment {
                // Where a value keeps its place, toml puts keys of its own between.
                Segment::Map { key } if key.starts_with("$__") => {}
                Segment::Map { key } => {
                    keys.push(key.clone());
                    names.push(key.clone());
                }
                Segment::Seq { index } => keys.push(index.to_string()),
                Segment::Enum { .. } => break,
                Segment::Unknown => {
                    let found = self.table(&keys).and_then(|table| key_around(table, &span));
                    let Some(key) = found else { break };
                    keys.push(key.clone());
                    names.push(key);
                }
            }
        }
        Mistake { keys, name: names.join("."), offset: span.start, said: error.message().to_owned() }
    }

    /// Whether a mistake at this place only comes of something that was taken out or put in.
    fn is_follow_up(&self, place: &[String]) -> bool {
        self.mended.keys().any(|mended| mended.starts_with(place) || place.starts_with(mended))
    }

    /// Makes the document one that can be read further; `false` where nothing more can be done.
    fn mend(&mut self, mistake: &Mistake) -> bool {
        let mut place = mistake.place();
        let mut missing = missing_field(&mistake.said).is_some();
        if place.last().is_some_and(|key| key == TAG) {
            place.pop();
            missing = false;
        }
        if let Some(word) = UnknownWord::parse(&mistake.said)
            && let (Some(tried @ 1..), Some(known)) = (self.mended.get_mut(&place), word.expected.first())
        {
            *tried += 1;
            let known = DeValue::String((*known).to_owned().into());
            return self.put(&place, known, mistake.offset);
        }
        match self.mended_above(&place) {
            _ if missing => self.stand_in(&place, mistake.offset),
            Some(mended) => self.stand_in(&mended, mistake.offset),
            None => self.take_out(place),
        }
    }

    fn mended_above(&self, place: &[String]) -> Option<Keys> {
        let above = (1..=place.len()).rev().map(|length| &place[..length]);
        above.map(<[String]>::to_vec).find(|above| self.mended.contains_key(above))
    }

    /// Puts the next stand-in in a place, as if it stood at this offset. Where none is taken, the table
    /// is of no use.
    fn stand_in(&mut self, place: &[String], offset: usize) -> bool {
        self.forget_below(place);
        let tried = self.mended.entry(place.to_vec()).or_default();
        let stand_in = STAND_INS.get(*tried).and_then(|text| DeValue::parse(text).ok());
        *tried += 1;
        if stand_in.is_some_and(|stand_in| self.put(place, stand_in.into_inner(), offset)) {
            return true;
        }
        let table = place[..place.len().saturating_sub(1)].to_vec();
        match self.mended_above(&table) {
            Some(mended) => self.stand_in(&mended, offset),
            None => self.take_out(table),
        }
    }

    /// Takes away what stands in a place, or in the nearest one above where there is something.
    fn take_out(&mut self, mut place: Keys) -> bool {
        while let Some((last, above)) = place.split_last() {
            self.forget_below(&place);
            if self.table_mut(above).is_some_and(|table| table.remove(last.as_str()).is_some()) {
                self.mended.insert(place, 0);
                return true;
            }
            // The items behind it move up, so the place itself is not remembered.
            if self.list_mut(above).is_some_and(|list| remove_item(list, last)) {
                self.mended.remove(&place);
                return true;
            }
            place.pop();
        }
        false
    }

    fn forget_below(&mut self, place: &[String]) {
        self.mended.retain(|mended, _| mended.len() <= place.len() || !mended.starts_with(place));
    }

    fn put(&mut self, place: &[String], value: DeValue<'a>, offset: usize) -> bool {
        let Some((last, above)) = place.split_last() else { return false };
        let Some(table) = self.table_mut(above) else { return false };
        table.insert(spanned(last.clone().into(), offset), spanned(value, offset));
        true
    }

    fn table(&self, keys: &[String]) -> Option<&DeTable<'a>> {
        let Some((first, rest)) = keys.split_first() else { return Some(self.document.get_ref()) };
        let first = self.document.get_ref().get(first.as_str())?.get_ref();
        rest.iter().try_fold(first, |value, key| step(value, key))?.as_table()
    }

    fn table_mut(&mut self, keys: &[String]) -> Option<&mut DeTable<'a>> {
        if keys.is_empty() {
            return Some(self.document.get_mut());
        }
        match self.value_mut(keys)? {
            DeValue::Table(table) => Some(table),
            _ => None,
        }
    }

    fn list_mut(&mut self, keys: &[String]) -> Option<&mut DeArray<'a>> {
        match self.value_mut(keys)? {
            DeValue::Array(list) => Some(list),
            _ => None,
        }
    }

    fn value_mut(&mut self, keys: &[String]) -> Option<&mut DeValue<'a>> {
        let (first, rest) = keys.split_first()?;
        let first = self.document.get_mut().get_mut(first.as_str())?.get_mut();
        rest.iter().try_fold(first, |value, key| step_mut(value, key))
    }
}

impl Mistake {
    /// The place of what is wrong or missing.
    fn place(&self) -> Keys {
        let missing = missing_field(&self.said).map(str::to_owned);
        self.keys.iter().cloned().chain(missing).collect()
    }
}

fn spanned<T>(value: T, offset: usize) -> Spanned<T> {
    Spanned::new(offset..offset, value)
}

fn step<'v, 'a>(value: &'v DeValue<'a>, key: &str) -> Option<&'v DeValue<'a>> {
    match value {
        DeValue::Table(table) => table.get(key).map(Spanned::get_ref),
        DeValue::Array(list) => list.get(key.parse::<usize>().ok()?).map(Spanned::get_ref),
        _ => None,
    }
}

fn step_mut<'v, 'a>(value: &'v mut DeValue<'a>, key: &str) -> Option<&'v mut DeValue<'a>> {
    match value {
        DeValue::Table(table) => table.get_mut(key).map(Spanned::get_mut),
        DeValue::Array(list) => list.get_mut(key.parse::<usize>().ok()?).map(Spanned::get_mut),
        _ => None,
    }
}

/// The key of a table which stands around a place of the file, or whose value does.
fn key_around(table: &DeTable<'_>, place: &Range<usize>) -> Option<String> {
    let found = table.iter().find(|(key, value)| around(&key.span(), place) || stands_around(value, place));
    found.map(|(key, _)| key.get_ref().to_string())
}

/// Whether a value, or one in it, stands around the place: a table with a line of its own has the place
/// of that line.
fn stands_around(value: &Spanned<DeValue<'_>>, place: &Range<usize>) -> bool {
    around(&value.span(), place)
        || match value.get_ref() {
            DeValue::Table(table) => key_around(table, place).is_some(),
            DeValue::Array(list) => list.iter().any(|item| stands_around(item, place)),
            _ => false,
        }
}

fn around(span: &Range<usize>, place: &Range<usize>) -> bool {
    span.start <= place.start && place.end <= span.end
}

fn remove_item(list: &mut DeArray<'_>, number: &str) -> bool {
    let Some(at) = number.parse::<usize>().ok().filter(|at| *at < list.len()) else { return false };
    let mut others = DeArray::new();
    for (_, item) in list.iter().enumerate().filter(|(other, _)| *other != at) {
        others.push(item.clone());
    }
    *list = others;
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use vestnik_contract::SecretRef;

    use crate::config::error::SourceFile;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Settings {
        per_second: u32,
        sender: Option<String>,
        mode: Option<Mode>,
        #[serde(default)]
        routes: BTreeMap<String, Route>,
        #[serde(default)]
        step: Vec<Step>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        classes: BTreeMap<Mode, Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Inner {
        route: Route,
        push: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Route {
        awaits: Mode,
        host: String,
        password: SecretRef,
        port: u16,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    struct Step {
        id: toml::Spanned<String>,
        #[serde(default)]
        params: BTreeMap<toml::Spanned<String>, toml::Spanned<Param>>,
        route: Option<Route>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is looked at")]
    enum Param {
        Integer { min: i64, max: i64 },
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Hold,
        Reroute,
    }

    fn mistakes(text: &str) -> Vec<String> {
        let file = SourceFile { path: "a.toml".into(), text: text.into() };
        let errors = file.parse::<Settings>().map(drop).unwrap_err();
        errors.iter().map(|error| error.to_string().replace("a.toml:", "")).collect()
    }

    #[test]
    fn a_mistake_is_named_with_its_place_and_what_was_meant() {
        let keys = "per_second, sender, mode, routes, step, names, classes";
        let table = [
            (
                "per_second = 1\npersecond = 2\n",
                &*format!("2:1: expected one of {keys}, found \"persecond\" (did you mean \"per_second\"?)"),
            ),
            ("per_second = 1\nx = 2\n", &format!("2:1: expected one of {keys}, found \"x\"")),
            (
                "per_second = 1\nmode = \"hald\"",
                "2:8: expected one of hold, reroute, found \"hald\" (did you mean \"hold\"?)",
            ),
            (
                "# я\nper_second = \"1\"",
                "2:14: per_second: expected a whole number from 0 to 4294967295, found \"1\"",
            ),
            ("sender = \"a\"", "1:1: expected the key per_second, found none"),
            ("per_second = 1\nnames = [\"a\", 2]", "2:15: names: expected a text in quotes, found 2"),
        ];
        for (text, expected) in table {
            assert_eq!(mistakes(text), [expected]);
        }
        assert!(mistakes("per_second = \n")[0].starts_with("1:14: "));
    }

    #[test]
    fn every_mistake_of_a_file_is_told_in_order_and_none_that_only_comes_of_another() {
        let text = "\
per_second = \"1\"
sender = 5
names = [1, \"a\", true]
[routes.main]
host = 1
prt = 2
[routes.other]
[[step]]
idd = \"a\"
[[step]]
id = 7
params = { one = { type = \"integer\", min = \"a\", max = 1 }, two = { type = \"integr\" }, three = {} }
[[step]]
id = \"b\"
route = { host = \"h\", port = 70000 }
[classes.hold]
push = 1
route = 2
[classes.reroute]
[classes.hole]
";
        let expected = [
            "1:14: per_second: expected a whole number from 0 to 4294967295, found \"1\"",
            "2:10: sender: expected a text in quotes, found 5",
            "3:10: names: expected a text in quotes, found 1",
            "3:18: names: expected a text in quotes, found true",
            "4:1: expected the key awaits in [routes.main], found none",
            "4:1: expected the key password in [routes.main], found none",
            "4:1: expected the key port in [routes.main], found none",
            "5:8: routes.main.host: expected a text in quotes, found 1",
            "6:1: expected one of awaits, host, password, port, found \"prt\" (did you mean \"port\"?)",
            "7:1: expected the key awaits in [routes.other], found none",
            "7:1: expected the key host in [routes.other], found none",
            "7:1: expected the key password in [routes.other], found none",
            "7:1: expected the key port in [routes.other], found none",
            "8:1: expected the key id in [step], found none",
            "9:1: expected one of id, params, route, found \"idd\" (did you mean \"id\"?)",
            "11:6: step.id: expected a text in quotes, found 7",
            "12:18: step.params.one: expected a whole number, found \"a\"",
            "12:75: expected integer, found \"integr\" (did you mean \"integer\"?)",
            "12:95: expected the key type in [step.params.three], found none",
            "15:9: expected the key awaits in [step.route], found none",
            "15:9: expected the key password in [step.route], found none",
            "15:30: step.route.port: expected a whole number from 0 to 65535, found 70000",
            "17:8: classes.hold.push: expected true or false, found 1",
            "18:9: classes.hold.route: expected a table, found 2",
            "19:1: expected the key route in [classes.reroute], found none",
            "19:1: expected the key push in [classes.reroute], found none",
            "20:10: expected one of hold, reroute, found \"hole\" (did you mean \"hold\"?)",
        ];
        assert_eq!(mistakes(text), expected);
    }

    #[test]
    fn what_is_no_toml_is_told_all_at_once_and_alone() {
        let told = mistakes("per_second = one\nx = 1\nsender = \"a\nmode = two\n");
        let lines: Vec<_> = told.iter().map(|one| one.split(':').next().unwrap()).collect();
        assert_eq!(lines, ["1", "3", "4"], "{told:#?}");
    }
}
