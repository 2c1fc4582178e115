//! Loads the catalogue and the gateway's own texts, and checks every word before any citizen gets
//! one.
//!
//! ```text
//! config/catalogue/topics.toml
//! config/catalogue/<life event>/life_event.toml     its measures, their templates and variables
//! config/catalogue/<life event>/{ru,uk,en}.ftl      their texts
//! config/texts/{ru,uk,en}.ftl                       the signature, STOP, introduction, …
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::config::error::{ConfigError, ConfigErrors, SourceFile};
use crate::domain::wording::Allowed;
use crate::domain::{
    Catalogue, Identity, LifeEvent, LifeEventId, Locale, Measure, MeasureId, Template, Topic, TopicId,
};
use crate::notice::{Renderer, Texts, gateway_texts};

#[cfg(test)]
mod explained;
mod fluent;
mod form;
mod samples;
mod senders;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;

/// The file of the topics.
const TOPICS: &str = "topics.toml";

/// Reads the identity: `identity.toml` in the folder of the configuration.
pub fn load_identity(config: &Path) -> Result<Identity, ConfigErrors> {
    SourceFile::read(&config.join("identity.toml"))?.parse()
}

/// Reads the catalogue and all texts in the folder of the configuration. What is given back can be
/// rendered in every locale and length; otherwise all that is wrong is told. Without an identity,
/// because that is wrong itself, nothing can be rendered, and all else is checked.
pub fn load_catalogue(
    config: &Path,
    identity: Option<Identity>,
) -> Result<(Catalogue, Option<Renderer>), ConfigErrors> {
    let mut loader = Loader::default();
    loader.read_catalogue(&config.join("catalogue"));
    loader.read_gateway_texts(&config.join("texts"));
    let Loader { catalogue, files, mut errors } = loader;
    let allowed = identity.as_ref().map(Identity::allowed);
    let places: Vec<_> = files.iter().map(|file| file.check(allowed.as_ref(), &mut errors)).collect();
    errors.or(())?;
    let Some(identity) = identity else { return Ok((catalogue, None)) };

    let sources: Vec<_> = files.iter().map(|file| (file.locale, file.source.text.clone())).collect();
    let texts = Texts::new(&sources).map_err(|error| ConfigError::of_file(config, error.to_string()))?;
    let renderer = Renderer::new(texts, identity);
    let mut errors = ConfigErrors::new();
    for (file, places) in files.iter().zip(&places) {
        file.render_samples(&catalogue, &renderer, places, &mut errors);
    }
    errors.or((catalogue, Some(renderer)))
}

/// One file of texts.
struct TextFile {
    source: SourceFile,
    locale: Locale,
    /// The life event whose texts it holds; `None` for the gateway's own.
    life_event: Option<LifeEventId>,
    expected: Vec<fluent::Expected>,
}

impl TextFile {
    /// Without an identity nobody knows what is allowed, and nothing is.
    fn check(&self, allowed: Option<&Allowed>, errors: &mut ConfigErrors) -> fluent::Places {
        let nothing = Allowed::default();
        fluent::check(&self.source, self.locale, &self.expected, allowed.unwrap_or(&nothing), errors)
    }

    fn render_samples(
        &self,
        catalogue: &Catalogue,
        renderer: &Renderer,
        places: &fluent::Places,
        errors: &mut ConfigErrors,
    ) {
        let mut sampler =
            samples::Sampler { renderer, file: &self.source, locale: self.locale, places, errors };
        match &self.life_event {
            None => sampler.gateway(),
            Some(id) => {
                for template in catalogue.life_events.get(id).into_iter().flat_map(templates) {
                    sampler.template(template);
                }
            }
        }
    }
}

fn templates(event: &LifeEvent) -> impl Iterator<Item = &Template> {
    event.measures.values().flat_map(Measure::templates)
}

/// What has been read so far, and what is wrong with it.
#[derive(Default)]
struct Loader {
    catalogue: Catalogue,
    files: Vec<TextFile>,
    errors: ConfigErrors,
}

impl Loader {
    fn read_catalogue(&mut self, folder: &Path) {
        let path = folder.join(TOPICS);
        let none = || ConfigError::of_file(&path, "expected at least one topic, such as [family]");
        let topics = read::<form::TopicsForm>(&path).and_then(|(_, topics)| {
            Some(topics).filter(|topics| !topics.is_empty()).ok_or_else(|| none().into())
        });
        let topics: Option<BTreeMap<_, _>> = self
            .errors
            .take(topics)
            .map(|topics| topics.into_iter().map(|(id, form)| (id, Topic::from(form))).collect());
        let mut homes = BTreeMap::new();
        for path in self.errors.take(life_event_folders(folder)).unwrap_or_default() {
            self.read_life_event(&path, topics.as_ref(), &mut homes);
        }
        self.catalogue.topics = topics.unwrap_or_default();
    }

    /// Its texts are looked at only where what they have to hold is right: else they would seem wrong.
    fn read_life_event(
        &mut self,
        folder: &Path,
        topics: Option<&BTreeMap<TopicId, Topic>>,
        homes: &mut BTreeMap<MeasureId, LifeEventId>,
    ) {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Ok(id) = LifeEventId::new(name) else {
            let message = "expected a folder named by a life event's id: a-z, 0-9, _ and -";
            return self.errors.push(ConfigError::of_file(folder, message));
        };
        let read = read(&folder.join("life_event.toml"));
        let Some((file, form)) = self.errors.take(read) else { return };
        let mut errors = ConfigErrors::new();
        let event = form::Reader { file: &file, life_event: &id, topics, homes, errors: &mut errors }
            .life_event(form);
        if errors.is_empty() {
            self.read_texts(folder, Some(&id), || templates(&event).map(fluent::Expected::from).collect());
        }
        self.errors.add(Some(errors));
        self.catalogue.life_events.insert(id, event);
    }

    fn read_gateway_texts(&mut self, folder: &Path) {
        self.read_texts(folder, None, || gateway_texts().into_iter().map(fluent::Expected::from).collect());
    }

    fn read_texts(
        &mut self,
        folder: &Path,
        life_event: Option<&LifeEventId>,
        expected: impl Fn() -> Vec<fluent::Expected>,
    ) {
        for locale in Locale::ALL {
            let source = SourceFile::read(&folder.join(format!("{locale}.ftl")));
            if let Some(source) = self.errors.take(source) {
                self.files.push(TextFile {
                    source,
                    locale,
                    life_event: life_event.cloned(),
                    expected: expected(),
                });
            }
        }
    }
}

/// A TOML file and what it says.
fn read<T: DeserializeOwned>(path: &Path) -> Result<(SourceFile, T), ConfigErrors> {
    let file = SourceFile::read(path)?;
    let form = file.parse()?;
    Ok((file, form))
}

/// The folders inside the catalogue, in order; hidden ones are left alone.
fn life_event_folders(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::unreadable(folder, &error);
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let other = name == TOPICS || name.as_encoded_bytes().starts_with(b".");
        if entry.path().is_dir() && !other {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}
