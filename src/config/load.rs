//! The whole configuration, loaded and checked as one set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest;
use serde::de::DeserializeOwned;
use vestnik_contract::{ChannelId, ClockFn, SetupError};

use super::catalogue::{load_catalogue, load_identity};
use super::channels::{self, ChannelSettings, ConnectedChannel};
use super::checks;
use super::error::{ConfigError, ConfigErrors, SourceFile};
use super::gateway::Gateway;
use super::overrides::Overrides;
use super::place::{Place, Sheet};
use super::sources::Sources;
use crate::domain::{Catalogue, Identity, Jurisdiction, JurisdictionId, Policy};
use crate::notice::Renderer;

/// A configuration that can be run.
pub struct Loaded {
    /// The folder it was read from.
    pub folder: PathBuf,
    /// What every decision names: the digest of all files.
    pub version: String,
    /// What the version is of: each file's text by its path, and what takes the place of settings.
    pub files: BTreeMap<String, String>,
    /// The process.
    pub gateway: Gateway,
    /// The one registered sender.
    pub identity: Identity,
    /// Who may publish.
    pub sources: Sources,
    /// The operator's rules.
    pub policy: Policy,
    /// The law's rules.
    pub jurisdictions: BTreeMap<JurisdictionId, Jurisdiction>,
    /// The law's rules where none are known.
    pub strict: Jurisdiction,
    /// What may be told.
    pub catalogue: Catalogue,
    /// How it is told.
    pub renderer: Renderer,
    /// The channels in use.
    pub channels: Vec<ChannelSettings>,
}

/// The jurisdiction of citizens whose own has no file.
const STRICT: &str = "strict";

/// The files in the folder itself whose settings can be set elsewhere.
const FILES: [&str; 3] = ["gateway", "policy", "sources"];

/// Under which name the settings that were set elsewhere stand among the files.
const SET_ELSEWHERE: &str = "(set in the environment)";

/// The settings of an adapter that come from the sender in `identity.toml`.
const SENDER: [&str; 5] = ["label", "sms_sender", "email_address", "viber_name", "telegram_bot"];

impl Loaded {
    /// Loads the folder `config`, with settings that take the place of its files'. Every mistake of
    /// every file is reported at once.
    pub fn read(config: &Path, overrides: &Overrides) -> Result<Self, ConfigErrors> {
        if !config.is_dir() {
            let message = "expected the folder with the configuration; --config names another";
            return Err(ConfigError::of_file(config, message).into());
        }
        let mut reader = Reader { config, overrides, errors: ConfigErrors::new() };
        let gateway: Option<Sheet<Gateway>> = reader.sheet("gateway");
        let sources: Option<Sheet<Sources>> = reader.sheet("sources");
        let policy: Option<Sheet<Policy>> = reader.sheet("policy");
        let (strict, jurisdictions) = reader.jurisdictions();
        let (channels, all_known) = reader.channels();
        let identity = reader.errors.take(load_identity(config));
        let words = reader.errors.take(load_catalogue(config, identity.clone()));
        let files = reader.errors.take(files_of(config, overrides));

        let mut errors = reader.errors;
        errors.add(gateway.as_ref().map(checks::gateway));
        // An address could be one of a channel whose own file is wrong.
        let listed = gateway.as_ref().filter(|_| all_known);
        errors.add(listed.map(|gateway| checks::allow_list(gateway, &channels)));
        let catalogue = words.as_ref().map(|(catalogue, _)| catalogue);
        errors.add(sources.as_ref().map(|sources| checks::sources(sources, catalogue)));
        let in_use = || channels.iter().map(|one| &one.channel);
        errors.add(policy.as_ref().map(|policy| checks::policy(policy, in_use())));
        errors.add(strict.as_ref().map(checks::jurisdiction));
        let mut right = Vec::new();
        for sheet in &jurisdictions {
            let wrong = checks::jurisdiction(sheet);
            right.extend(Some(sheet).filter(|_| wrong.is_empty()));
            errors.add(Some(wrong));
        }
        errors.add(strict.as_ref().map(|strict| checks::strict_is_strictest(strict, &right)));
        right.extend(&strict);
        errors.add(policy.as_ref().map(|policy| checks::kept_leaves_room(policy, &right)));

        let (Some(gateway), Some(sources), Some(policy), Some(strict)) = (gateway, sources, policy, strict)
        else {
            return Err(errors.sorted());
        };
        let (Some(identity), Some((catalogue, Some(renderer))), Some(files)) = (identity, words, files)
        else {
            return Err(errors.sorted());
        };
        let by_id = |sheet: Sheet<Jurisdiction>| (sheet.value.id.clone(), sheet.value);
        errors.or(Self {
            folder: config.to_owned(),
            version: digest_of(&files),
            files,
            gateway: gateway.value,
            identity,
            sources: sources.value,
            policy: policy.value,
            jurisdictions: jurisdictions.into_iter().map(by_id).collect(),
            strict: strict.value,
            catalogue,
            renderer,
            channels,
        })
    }

    /// Builds every channel's adapter. Secrets are read now.
    pub fn connect(&self, clock: &ClockFn) -> Result<Vec<ConnectedChannel>, ConfigErrors> {
        let mut errors = ConfigErrors::new();
        let connected = self
            .channels
            .iter()
            .filter_map(|one| errors.take(self.connect_one(one, clock).map_err(|e| self.wrong(one, &e))))
            .collect();
        errors.or(connected)
    }

    /// Builds the adapter of one channel; `None` where it is not in use.
    pub fn connect_channel(
        &self,
        channel: &ChannelId,
        clock: &ClockFn,
    ) -> Result<Option<ConnectedChannel>, ConfigErrors> {
        let found = self.channels.iter().find(|one| one.channel == *channel);
        let connected =
            found.map(|one| self.connect_one(one, clock).map_err(|error| self.wrong(one, &error)));
        Ok(connected.transpose()?)
    }

    /// Looks at every channel's settings as [`connect`](Self::connect) does, on a machine that may
    /// have none of the secrets.
    #[must_use]
    pub fn look_at_channels(&self, clock: &ClockFn) -> Looked {
        let mut looked = Looked::default();
        for one in &self.channels {
            match self.connect_one(one, clock) {
                Ok(_adapter) => {}
                Err(error) if error.secret_missing => looked.missing.push(self.wrong(one, &error)),
                Err(error) => looked.wrong.push(self.wrong(one, &error)),
            }
        }
        looked
    }

    fn connect_one(&self, one: &ChannelSettings, clock: &ClockFn) -> Result<ConnectedChannel, SetupError> {
        one.connect(&self.identity.sender, clock, self.gateway.http.public_url.as_ref())
    }

    /// Where a setting is wrong that a channel's adapter cannot use.
    fn wrong(&self, one: &ChannelSettings, error: &SetupError) -> ConfigError {
        if !SENDER.contains(&error.setting) {
            return one.wrong(error);
        }
        match SourceFile::read(&self.folder.join("identity.toml")) {
            Ok(file) => file.at(&["sender", error.setting], format!("expected {}", error.expected)),
            Err(unreadable) => unreadable,
        }
    }
}

/// What a look at settings and their secrets found.
#[derive(Debug, Default)]
pub struct Looked {
    /// What is wrong.
    pub wrong: ConfigErrors,
    /// The secrets that are not there to be read, each with the setting that names it.
    pub missing: Vec<ConfigError>,
}

impl Looked {
    /// Refuses where anything is wrong or missing, and tells all of it.
    pub fn all_there(self) -> Result<(), ConfigErrors> {
        let Self { mut wrong, missing } = self;
        wrong.add(Some(missing.into_iter().collect()));
        wrong.or(())
    }
}

/// Reads files and notes what is wrong with each.
struct Reader<'a> {
    config: &'a Path,
    overrides: &'a Overrides,
    errors: ConfigErrors,
}

impl Reader<'_> {
    fn sheet<T: DeserializeOwned>(&mut self, name: &str) -> Option<Sheet<T>> {
        let file = self.errors.take(SourceFile::read(&self.config.join(name).with_extension("toml")))?;
        self.errors.take(self.overrides.read(name, file))
    }

    /// The rules where none are known, and all others.
    fn jurisdictions(&mut self) -> (Option<Sheet<Jurisdiction>>, Vec<Sheet<Jurisdiction>>) {
        let folder = self.config.join("jurisdictions");
        let files = self.errors.take(files_in(&folder, "toml")).unwrap_or_default();
        let read: Vec<_> =
            files.iter().map(|path| (is_named(path, STRICT), read_jurisdiction(path))).collect();
        if !read.iter().any(|(strict, _)| *strict) {
            let message = "expected strict.toml, the rules where no others are known";
            self.errors.push(ConfigError::of_file(&folder, message));
        }
        let mut sheets = (None, Vec::new());
        for (strict, sheet) in read {
            match self.errors.take(sheet) {
                Some(sheet) if strict => sheets.0 = Some(sheet),
                Some(sheet) => sheets.1.push(sheet),
                None => {}
            }
        }
        sheets
    }

    /// The channels in use, and whether these are all: no file was wrong.
    fn channels(&mut self) -> (Vec<ChannelSettings>, bool) {
        let files = self.errors.take(files_in(&self.config.join("channels"), "toml")).unwrap_or_default();
        let (mut found, mut all) = (Vec::new(), true);
        let mut names: Vec<_> = FILES.map(str::to_owned).into();
        for path in files {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            names.push(format!("channels/{name}"));
            let read = match ChannelId::new(name) {
                Ok(channel) => channels::read(&channel, &path, self.overrides),
                Err(error) => {
                    let message = format!("expected the name of a channel: {error}");
                    Err(ConfigError::of_file(&path, message).into())
                }
            };
            let read = self.errors.take(read);
            all &= read.is_some();
            found.extend(read.flatten());
        }
        for stray in self.overrides.strays(self.config, &names) {
            self.errors.push(stray);
        }
        (found, all)
    }
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_stem().is_some_and(|stem| stem == name)
}

fn read_jurisdiction(path: &Path) -> Result<Sheet<Jurisdiction>, ConfigErrors> {
    let file = SourceFile::read(path)?;
    let value: Jurisdiction = file.parse()?;
    if is_named(path, value.id.as_str()) {
        return Ok(Sheet { value, place: Place { file, overridden: Vec::new() } });
    }
    Err(file.at(&["id"], format!("expected the id to be the file's name, found \"{}\"", value.id)).into())
}

/// The files of a folder with this ending, by name.
fn files_in(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let failed = |error: std::io::Error| ConfigError::unreadable(folder, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|found| found == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Every file below the folder by its path there, and what takes the place of their settings. What
/// is no text is shown with marks in its place.
fn files_of(config: &Path, overrides: &Overrides) -> Result<BTreeMap<String, String>, ConfigError> {
    let failed = |path: &Path, error: std::io::Error| ConfigError::unreadable(path, &error);
    let mut folders = vec![config.to_owned()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|error| failed(&path, error))?;
            let name = path.strip_prefix(config).unwrap_or(&path).to_string_lossy().into_owned();
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    let set_elsewhere = overrides.fingerprint();
    if !set_elsewhere.is_empty() {
        files.insert(SET_ELSEWHERE.to_owned(), set_elsewhere);
    }
    Ok(files)
}

/// The digest of these files: 16 hexadecimal digits.
fn digest_of(files: &BTreeMap<String, String>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    HEXLOWER.encode(&context.finish().as_ref()[..8])
}
