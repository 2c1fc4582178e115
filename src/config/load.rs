//! The whole configuration, loaded and checked as one set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest;
use vestnik_contract::{ChannelId, ClockFn};

use super::catalogue::{load_catalogue, load_identity};
use super::channels::{self, ChannelSettings, ConnectedChannel};
use super::error::{ConfigError, ConfigErrors, SourceFile};
use super::gateway::Gateway;
use super::overrides::Overrides;
use super::sources::Sources;
use crate::domain::{Catalogue, Identity, Jurisdiction, JurisdictionId, Policy};
use crate::notice::Renderer;

/// A configuration that can be run.
pub struct Loaded {
    /// What every decision names: the digest of all files.
    pub version: String,
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

impl Loaded {
    /// Loads the folder `config`, with settings that take the place of its files'. Every mistake of
    /// every file is reported at once.
    pub fn read(config: &Path, overrides: &Overrides) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::new();
        let gateway: Option<Gateway> = parse(config, "gateway", overrides, &mut errors);
        let sources = parse(config, "sources", overrides, &mut errors);
        let policy = parse(config, "policy", overrides, &mut errors);
        let jurisdictions = jurisdictions(config, &mut errors);
        let channels = channel_files(config, overrides, &mut errors);
        let identity = errors.take(load_identity(config));
        let words = identity.clone().and_then(|identity| errors.take(load_catalogue(config, identity)));
        let version = errors.take(digest_of(config, overrides));
        let (Some(gateway), Some(sources), Some(policy), Some(mut jurisdictions)) =
            (gateway, sources, policy, jurisdictions)
        else {
            return Err(errors);
        };
        let (Some(channels), Some(identity), Some((catalogue, renderer)), Some(version)) =
            (channels, identity, words, version)
        else {
            return Err(errors);
        };
        let strict = jurisdictions.remove(STRICT);
        let Some(strict) = strict else {
            let path = config.join("jurisdictions");
            errors.push(ConfigError::of_file(
                &path,
                "expected strict.toml, the rules where no others are known",
            ));
            return Err(errors);
        };
        errors.or(Self {
            version,
            gateway,
            identity,
            sources,
            policy,
            jurisdictions,
            strict,
            catalogue,
            renderer,
            channels,
        })
    }

    /// Builds every channel's adapter. Secrets are read now.
    pub fn connect(&self, clock: &ClockFn) -> Result<Vec<ConnectedChannel>, ConfigErrors> {
        let mut errors = ConfigErrors::new();
        let public_url = self.gateway.http.public_url.as_ref();
        let connected = self
            .channels
            .iter()
            .filter_map(|one| errors.take(one.connect(&self.identity.sender, clock, public_url)))
            .collect();
        errors.or(connected)
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    config: &Path,
    name: &str,
    overrides: &Overrides,
    errors: &mut ConfigErrors,
) -> Option<T> {
    let file = SourceFile::read(&config.join(name).with_extension("toml"));
    errors.take(file.and_then(|file| overrides.parse(name, &file)))
}

fn jurisdictions(config: &Path, errors: &mut ConfigErrors) -> Option<BTreeMap<JurisdictionId, Jurisdiction>> {
    let files = errors.take(files_in(&config.join("jurisdictions"), "toml"))?;
    let mut found = BTreeMap::new();
    for path in files {
        let read = SourceFile::read(&path).and_then(|file| {
            let jurisdiction: Jurisdiction = file.parse()?;
            let name = path.file_stem().and_then(|stem| stem.to_str());
            if name == Some(jurisdiction.id.as_str()) {
                Ok(jurisdiction)
            } else {
                Err(file.at_key("id", "expected the id to be the file's name"))
            }
        });
        if let Some(jurisdiction) = errors.take(read) {
            found.insert(jurisdiction.id.clone(), jurisdiction);
        }
    }
    Some(found)
}

fn channel_files(
    config: &Path,
    overrides: &Overrides,
    errors: &mut ConfigErrors,
) -> Option<Vec<ChannelSettings>> {
    let files = errors.take(files_in(&config.join("channels"), "toml"))?;
    let mut found = Vec::new();
    for path in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let read = match ChannelId::new(name) {
            Ok(channel) => channels::read(&channel, &path, overrides),
            Err(error) => {
                Err(ConfigError::of_file(&path, format!("expected the name of a channel: {error}")))
            }
        };
        found.extend(errors.take(read).flatten());
    }
    Some(found)
}

/// The files of a folder with this ending, by name.
fn files_in(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let failed = |error: std::io::Error| ConfigError::of_file(folder, format!("cannot be read: {error}"));
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

/// The digest of every file below the folder, by path, and of what takes the place of their
/// settings: 16 hexadecimal digits.
fn digest_of(config: &Path, overrides: &Overrides) -> Result<String, ConfigError> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut folders = vec![config.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let failed =
            |error: std::io::Error| ConfigError::of_file(&folder, format!("cannot be read: {error}"));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    for path in files {
        let bytes = std::fs::read(&path)
            .map_err(|error| ConfigError::of_file(&path, format!("cannot be read: {error}")))?;
        let name = path.strip_prefix(config).unwrap_or(&path).to_string_lossy().into_owned();
        for part in [name.as_bytes(), &bytes] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
    }
    context.update(overrides.fingerprint().as_bytes());
    Ok(HEXLOWER.encode(&context.finish().as_ref()[..8]))
}
