//! The shipped configuration has no mistakes, and every mistake put into it is found where it
//! stands.

mod broken;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::broken::{BROKEN, Broken};
use crate::config::{Loaded, Looked, Overrides};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// A copy of the shipped configuration, removed at the end of the test.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("vestnik-config-{}", uuid::Uuid::now_v7()));
        copy_folder(&shipped(), &folder);
        Self(folder)
    }

    /// Writes a file with one text in place of another.
    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    fn mistakes(&self, overrides: &Overrides) -> Vec<String> {
        let Err(errors) = Loaded::read(&self.0, overrides) else { return Vec::new() };
        let folder = format!("{}/", self.0.display());
        errors.iter().map(|error| error.to_string().replace(&folder, "")).collect()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_shipped_configuration_has_no_mistakes() {
    let loaded = Loaded::read(&shipped(), &Overrides::default()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(loaded.channels.len(), 5);
    assert!(loaded.sources.0.len() >= 4 && loaded.catalogue.life_events.len() >= 4);
    let clock: vestnik_contract::ClockFn = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    let Looked { wrong, missing } = loaded.look_at_channels(&clock);
    assert!(wrong.is_empty(), "{wrong}");
    assert!(missing.iter().all(|one| one.message.contains("environment variable")), "{missing:?}");
}

/// What is not found of these, each put into the same copy in turn.
fn overlooked(broken: &[Broken]) -> Vec<String> {
    let copy = Copy::new();
    let mut overlooked = Vec::new();
    for (file, from, to, expected) in broken {
        let good = fs::read_to_string(copy.0.join(file)).unwrap();
        copy.replace(file, from, to);
        let mistakes = copy.mistakes(&Overrides::default());
        let found = mistakes.iter().any(|mistake| mistake.starts_with(file) && mistake.contains(expected));
        if !found {
            overlooked.push(format!("{file} with {to:?}\nexpected {expected}\nfound {mistakes:#?}"));
        }
        assert!(mistakes.iter().all(|one| !one.contains("0123456789") && !one.contains("12345678")));
        fs::write(copy.0.join(file), good).unwrap();
    }
    assert_eq!(copy.mistakes(&Overrides::default()), Vec::<String>::new());
    overlooked
}

/// A configuration is read for each, the whole catalogue with it: by several hands.
#[test]
fn every_mistake_is_found_where_it_stands() {
    let overlooked: Vec<_> = std::thread::scope(|scope| {
        let parts = BROKEN.chunks(BROKEN.len().div_ceil(4));
        let hands: Vec<_> = parts.map(|part| scope.spawn(|| overlooked(part))).collect();
        hands.into_iter().flat_map(|hand| hand.join().unwrap()).collect()
    });
    assert!(overlooked.is_empty(), "{}", overlooked.join("\n"));
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let copy = Copy::new();
    copy.replace("policy.toml", "tries = 10", "tries = 0");
    copy.replace("policy.toml", "expires_after_days = 30", "expires_after_days = 0");
    copy.replace("gateway.toml", "[log]", "[logs]");
    copy.replace("sources.toml", "\"pension_age\"", "\"pension_agee\"");
    fs::remove_file(copy.0.join("jurisdictions/strict.toml")).unwrap();
    fs::write(copy.0.join("channels/fax.toml"), "enabled = true").unwrap();
    let files: Vec<_> = copy
        .mistakes(&Overrides::default())
        .iter()
        .map(|mistake| mistake.split(':').next().unwrap().to_owned())
        .collect();
    let expected =
        ["channels/fax.toml", "gateway.toml", "jurisdictions", "policy.toml", "policy.toml", "sources.toml"];
    assert_eq!(files, expected);
}

#[test]
fn a_zone_that_is_none_is_told_once() {
    let copy = Copy::new();
    copy.replace("jurisdictions/ua.toml", "\"Europe/Kyiv\"", "\"Europe/Kiyv\"");
    let expected = "jurisdictions/ua.toml:13:10: expected the IANA name of a time zone, found \"Europe/Kiyv\" \
                    (did you mean \"Europe/Kyiv\"?)";
    assert_eq!(copy.mistakes(&Overrides::default()), [expected]);
}

#[test]
fn a_channel_in_use_needs_a_rule() {
    let copy = Copy::new();
    copy.replace("policy.toml", "\"viber\", \"telegram\"", "\"viber\"");
    copy.replace(
        "policy.toml",
        "[channels.telegram]\n# The Bot API gives no receipts, so that the message was taken is all that will ever be known. The\n\
         # wait matters only where the answer to the call was lost.\nawaits = \"accepted\"\nwait_minutes = 30\npush = true",
        "",
    );
    let mistakes = copy.mistakes(&Overrides::default());
    let expected = "expected a rule [channels.telegram]: channels/telegram.toml switches it on";
    assert!(matches!(mistakes.as_slice(), [one] if one.contains(expected)), "{mistakes:?}");
    fs::remove_file(copy.0.join("channels/telegram.toml")).unwrap();
    assert_eq!(copy.mistakes(&Overrides::default()), Vec::<String>::new());
}

#[test]
fn a_mistake_set_by_the_environment_is_told_by_its_name() {
    let copy = Copy::new();
    let table = [
        (
            "VESTNIK__POLICY__RETRY__TRIES",
            "0",
            "VESTNIK__POLICY__RETRY__TRIES: expected a whole number from 1 to 100, found 0",
        ),
        (
            "VESTNIK__GATEWAY__LEDGER__MASTER_KEY",
            "s3cret",
            "VESTNIK__GATEWAY__LEDGER__MASTER_KEY: expected the place of a secret",
        ),
        ("VESTNIK__POLCY__RETRY__TRIES", "1", "(did you mean \"VESTNIK__POLICY__RETRY__TRIES\"?)"),
        ("VESTNIK__IDENTITY__PHONE", "1", "the files are gateway, policy, sources, channels/email"),
    ];
    for (name, value, expected) in table {
        let overrides = Overrides::from_environment([(name.to_owned(), value.to_owned())].into_iter());
        let mistakes = copy.mistakes(&overrides);
        assert!(matches!(mistakes.as_slice(), [one] if one.contains(expected)), "{name}: {mistakes:?}");
        assert!(!mistakes[0].contains("s3cret"));
    }
}

#[test]
fn a_sender_that_a_channel_cannot_use_is_told_in_the_file_of_the_identity() {
    let copy = Copy::new();
    let text = fs::read_to_string(copy.0.join("identity.toml")).unwrap();
    let bot = text.lines().find(|line| line.starts_with("telegram_bot")).unwrap();
    copy.replace("identity.toml", bot, "telegram_bot = \"bot\"");
    let loaded = Loaded::read(&copy.0, &Overrides::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let clock: vestnik_contract::ClockFn = Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    let errors = loaded.look_at_channels(&clock).wrong.to_string();
    assert!(errors.contains("identity.toml:") && errors.contains("without @"), "{errors}");
}

#[test]
fn a_folder_that_is_not_there_is_one_mistake() {
    let Err(errors) = Loaded::read(Path::new("/no/such/folder"), &Overrides::default()) else { panic!() };
    assert_eq!(errors.iter().count(), 1);
}
