//! The shipped configuration has no mistakes, and every mistake put into it is found where it
//! stands.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// File, what stands there, what is put in its place, and what is said of it: everything of the
/// first mistake that matters.
type Broken = (&'static str, &'static str, &'static str, &'static str);

const BROKEN: &[Broken] = &[
    (
        "gateway.toml",
        "sqlite = \"vestnik.db\"",
        "",
        "gateway.toml:17:2: expected one of sqlite and postgres, found neither",
    ),
    (
        "gateway.toml",
        "sqlite =",
        "postgres = { env = \"P\" }\nsqlite =",
        "gateway.toml:17:2: expected one of sqlite and postgres, found both",
    ),
    (
        "gateway.toml",
        "master_key = { env = \"VESTNIK_MASTER_KEY\" }",
        "master_key = \"0123456789abcdef\"",
        "expected the place of a secret, { env = \"NAME\" } or { file = \"/path\" }, found a value: secrets never \
         stand in a configuration file",
    ),
    (
        "gateway.toml",
        "# public_url = \"https://vestnik.example/\"",
        "public_url = \"https://vestnik.example/gateway\"",
        "gateway.toml:12:14: expected an http or https address that ends with /",
    ),
    (
        "gateway.toml",
        "# client_address_header = \"x-forwarded-for\"",
        "client_address_header = \"X Forwarded For\"",
        "gateway.toml:15:25: expected the name of an HTTP header, such as x-forwarded-for",
    ),
    (
        "gateway.toml",
        "normal_waits_above = 400_000",
        "normal_waits_above = 400",
        ":22: expected at least bulk_waits_above, which is 200000: bulk waits first",
    ),
    (
        "gateway.toml",
        "bulk_waits_above = 200_000",
        "bulk_waits_above = 0",
        "expected a whole number from 1 to 1000000000, found 0",
    ),
    (
        "gateway.toml",
        "idempotency_days = 180",
        "idempotency_days = 0",
        "expected a whole number from 1 to 3650, found 0",
    ),
    (
        "gateway.toml",
        "grace_seconds = 25",
        "grace_seconds = 0",
        "expected a whole number from 1 to 3600, found 0",
    ),
    (
        "gateway.toml",
        "# [allow_list]\n# recipients = [\"+380671234567\"]",
        "[allow_list]\nrecipients = [\"+380671234567\", \" \"]",
        ":68:32: expected an address of a channel in use: for email, a mail address such as olena@example.org; for ",
    ),
    (
        "gateway.toml",
        "# [allow_list]\n# recipients = [\"+380671234567\"]",
        "[allow_list]\nrecipients = [\n  \"анна\",\n  \"olena@example.org\",\n]",
        "gateway.toml:69:3: expected an address of a channel in use",
    ),
    (
        "gateway.toml",
        "# [redis]",
        "[redis]\nurl = { env = \"R\" }\nreplicas = 2",
        "gateway.toml:34:2: expected no [redis] beside ledger.sqlite: the embedded ledger has one process, which \
         keeps the limits by itself",
    ),
    (
        "gateway.toml",
        "# [redis]",
        "[redis]\nurl = { env = \"R\" }",
        "gateway.toml:34:1: expected the key replicas in [redis], found none",
    ),
    (
        "gateway.toml",
        "# [redis]",
        "[redis]\nurl = { env = \"R\" }\nreplicas = 0",
        "gateway.toml:36:12: redis.replicas: expected a whole number from 1 to 1000, found 0",
    ),
    (
        "gateway.toml",
        "# [redis]",
        "[redis]\nurl = { env = \"R\" }\nreplicas = 2\nreserve_percent = 51",
        "gateway.toml:37:19: redis.reserve_percent: expected a whole number from 1 to 50, found 51",
    ),
    (
        "gateway.toml",
        "# [redis]",
        "[redis]\nurl = { env = \"R\" }\nreplicas = 2\ninstallation = \"a:b\"",
        "gateway.toml:37:16: expected a name of a-z, 0-9, _ and -",
    ),
    (
        "policy.toml",
        "wait_minutes = 360",
        "wait_minutes = 0",
        "expected a whole number from 1 to 43200, found 0",
    ),
    (
        "gateway.toml",
        "[log]",
        "[logs]",
        "expected one of http, ledger, broker, redis, back_pressure, retention, allow_list, log, grace_seconds, found \"logs\" (did you mean \"log\"?)",
    ),
    (
        "policy.toml",
        "\"sms\", \"email\"",
        "\"smss\", \"email\"",
        "policy.toml:8:31: expected one of email, portal, sms, telegram, viber, found \"smss\" (did you mean \"sms\"?)",
    ),
    (
        "policy.toml",
        "\"email\", \"portal\"]",
        "\"email\", \"sms\"]",
        "policy.toml:8:47: expected each channel once, found sms again",
    ),
    (
        "policy.toml",
        "[channels.portal]",
        "[channels.portall]",
        "policy.toml:8:47: expected a rule for each channel in use: [channels.portal] is missing",
    ),
    (
        "policy.toml",
        "[channels.viber]",
        "[channels.fax]\nawaits = \"accepted\"\nwait_minutes = 1\npush = true\n[channels.viber]",
        "expected one of email, portal, sms, telegram, viber, found \"fax\"",
    ),
    (
        "policy.toml",
        "[classes.reminder]",
        "[classes.remainder]",
        "expected one of legal_duty, entitlement, reminder, campaign, found \"remainder\" (did you mean \"reminder\"?)",
    ),
    (
        "policy.toml",
        "[classes.campaign]\nbasis = \"consent\"\nbudget = true\ninbox = false\nbundle = true",
        "",
        ": expected a rule for every class: [classes.campaign] is missing",
    ),
    ("policy.toml", "per_week = 5", "per_week = 0", "expected a whole number from 1 to 1000000, found 0"),
    (
        "policy.toml",
        "per_month = 12",
        "per_month = 4",
        ":13: expected at least per_week, which is 5, found 4",
    ),
    ("policy.toml", "tries = 10", "tries = 0", "expected a whole number from 1 to 100, found 0"),
    (
        "policy.toml",
        "longest_seconds = 3600",
        "longest_seconds = 5",
        "expected at least first_seconds, which is 30, found 5",
    ),
    (
        "policy.toml",
        "expires_after_days = 30",
        "expires_after_days = 0",
        "expected a whole number from 1 to 3650, found 0",
    ),
    (
        "jurisdictions/ua.toml",
        "\"Europe/Kyiv\"",
        "\"Europe/Kyiiv\"",
        "jurisdictions/ua.toml:13:10: expected the IANA name of a time zone, found \"Europe/Kyiiv\" (did you mean \"Europe/Kyiv\"?)",
    ),
    (
        "jurisdictions/ua.toml",
        "[\"Europe/Kyiv\"]",
        "[]",
        "jurisdictions/ua.toml:13:9: expected at least one time zone",
    ),
    (
        "jurisdictions/ua.toml",
        "\"viber\", ",
        "\"vibr\", ",
        "jurisdictions/ua.toml:10:13: expected one of email, portal, sms, telegram, viber, max, found \"vibr\" (did you mean \"viber\"?)",
    ),
    (
        "jurisdictions/ua.toml",
        "workday = { from = \"09:00\", until = \"20:00\" }",
        "workday = { from = \"20:00\", until = \"09:00\" }",
        "jurisdictions/ua.toml:21:1: expected contact hours within one day: `from` before `until`, or `until` 00:00, found 20:00 to 09:00",
    ),
    ("jurisdictions/ua.toml", "from = \"09:00\"", "from = \"9am\"", "jurisdictions/ua.toml:21:20: "),
    (
        "jurisdictions/ru.toml",
        "workday = { from = \"09:00\", until = \"20:00\" }",
        "workday = { from = \"09:00\", until = \"10:00\" }",
        "expected hours that some moment of every month has in all of the zones at once",
    ),
    (
        "jurisdictions/ru.toml",
        "id = \"ru\"",
        "id = \"rf\"",
        "jurisdictions/ru.toml:6:6: expected the id to be the file's name, found \"rf\"",
    ),
    (
        "jurisdictions/ru.toml",
        "per_day = 2",
        "per_day = 0",
        "expected a whole number from 1 to 1000000, found 0",
    ),
    (
        "policy.toml",
        "order = [\"viber\", ",
        "order = [\"max\", ",
        "expected one of email, portal, sms, telegram, viber, found \"max\"",
    ),
    (
        "policy.toml",
        "per_week = 1",
        "per_week = 2",
        "expected less than 2, which is all that strict leaves, found 2",
    ),
    ("policy.toml", "least = 200", "least = 0", "expected a whole number from 1 to 1000000, found 0"),
    (
        "policy.toml",
        "warn_percent = 4",
        "warn_percent = 2",
        "expected more than clear_percent, which is 2, found 2",
    ),
    (
        "policy.toml",
        "pause_percent = 8",
        "pause_percent = 3",
        "expected more than warn_percent, which is 4, found 3",
    ),
    (
        "policy.toml",
        "hard_end_seconds = 3600",
        "hard_end_seconds = 599",
        "expected at least window_seconds, which is 600, found 599",
    ),
    (
        "policy.toml",
        "hard_end_seconds = 3600",
        "hard_end_seconds = 604801",
        "expected a whole number from 1 to 604800, found 604801",
    ),
    (
        "policy.toml",
        "lead_seconds = 600",
        "lead_seconds = 0",
        "expected a whole number from 1 to 86400, found 0",
    ),
    (
        "policy.toml",
        "window_seconds = 600",
        "window_seconds = 0",
        "expected a whole number from 1 to 86400, found 0",
    ),
    ("policy.toml", "largest = 5", "largest = 1", "expected a whole number from 2 to 20, found 1"),
    (
        "policy.toml",
        "deadline_days = 14",
        "deadline_days = 61",
        "expected a whole number from 1 to 60, found 61",
    ),
    (
        "policy.toml",
        "[yielding]\nmode = \"enforce\"",
        "[yielding]\nmode = \"on\"",
        "expected one of off, report, enforce, found \"on\"",
    ),
    (
        "jurisdictions/ru.toml",
        "register_days = 3",
        "register_days = 0",
        "expected a whole number from 1 to 365, found 0",
    ),
    (
        "jurisdictions/ru.toml",
        "answer_days = 30",
        "answer_days = 2",
        "expected at least register_days, which is 3, found 2",
    ),
    (
        "jurisdictions/ru.toml",
        "extended_days = 60",
        "extended_days = 29",
        "expected at least answer_days, which is 30, found 29",
    ),
    (
        "jurisdictions/strict.toml",
        "extended_days = 45",
        "extended_days = 46",
        "expected extended_days of at most 45, which is what ua has",
    ),
    (
        "jurisdictions/strict.toml",
        "per_month = 4",
        "",
        "jurisdictions/strict.toml:28:2: expected per_month of at most 16, which ru allows",
    ),
    (
        "jurisdictions/strict.toml",
        "\"sms\", \"email\"",
        "\"viber\", \"email\"",
        "jurisdictions/strict.toml:8:13: expected what every jurisdiction allows; ru forbids viber",
    ),
    (
        "jurisdictions/strict.toml",
        "\"Asia/Omsk\",",
        "",
        "jurisdictions/strict.toml:13:9: expected every zone of every jurisdiction: Asia/Omsk of ru is missing",
    ),
    (
        "sources.toml",
        "\"pension_age\"",
        "\"pension_agee\"",
        "sources.toml:31:3: expected a life event of the catalogue (",
    ),
    (
        "sources.toml",
        "[\"disability\"]",
        "[]",
        "expected at least one life event, or no such key: then it may speak of all",
    ),
    (
        "sources.toml",
        "title = { ru = \"Пенсионный фонд\", uk = \"Пенсійний фонд\", en = \"Pension fund\" }",
        "title = \"\"",
        "sources.toml:29:9: pension_fund.title: expected 1 to 120 characters on one line",
    ),
    ("sources.toml", "urgent = true", "urgnt = true", "found \"urgnt\" (did you mean \"urgent\"?)"),
    (
        "channels/sms.toml",
        "password = { env = \"VESTNIK_SMPP_PASSWORD\" }",
        "password = 12345678",
        "channels/sms.toml:15:12: routes.main.password: expected the place of a secret",
    ),
    (
        "channels/sms.toml",
        "sessions = \"each\"",
        "sessions = \"two\"",
        "channels/sms.toml:18:12: expected one of each, one, found \"two\"",
    ),
    (
        "channels/sms.toml",
        "sessions = \"each\"",
        "sessions = 2",
        "channels/sms.toml:18:12: routes.main.sessions: expected a text in quotes",
    ),
    (
        "channels/sms.toml",
        "concurrency = 64",
        "concurrency = 0",
        "channels/sms.toml:5:15: lane.concurrency: expected a whole number from 1 to 10000, found 0",
    ),
    (
        "channels/sms.toml",
        "kept_for_urgent = 8",
        "kept_for_urgent = 64",
        "channels/sms.toml:6:19: expected less than concurrency, which is 64, found 64",
    ),
    (
        "channels/sms.toml",
        "per_second = 100",
        "per_second = 0",
        "channels/sms.toml:8:14: lane.per_second: expected a whole number from 1 to 4294967295, found 0",
    ),
    (
        "channels/sms.toml",
        "per_second = 100",
        "lease_seconds = 5",
        "channels/sms.toml:8:17: lane.lease_seconds: expected a whole number from 15 to 3600, found 5",
    ),
    ("channels/sms.toml", "[routes.main]", "[routes.main]\nhst = 1", "(did you mean \"host\"?)"),
];

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
