//! What the ledger keeps about itself: whose key it is written under, which configurations decided
//! in it, how much is open.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::people::corrupt;
use super::store::Tx;
use super::{Ledger, LedgerError};

/// A configuration that was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigVersion {
    /// The digest that decisions name.
    pub digest: String,
    /// When it was first loaded here.
    pub loaded_at: Timestamp,
    /// What it changed in the one before: of each file the lines that went (`-`) and came (`+`).
    pub diff: String,
}

/// The files of a configuration: names and texts. They name places of secrets and no secret.
pub type ConfigFiles = BTreeMap<String, String>;

const MASTER_KEY: &str = "master_key";
const CURRENT: &str = "config";
const FILES: &str = "config_files";

/// What configurations are sealed as, under the master key: an allow-list holds addresses.
const USE: &str = "configuration";

impl Ledger {
    /// Fails with [`LedgerError::WrongMasterKey`] unless the ledger was written under this master
    /// key; a new ledger remembers it. To be asked before any other work.
    pub async fn check_master_key(&self) -> Result<(), LedgerError> {
        let ours = self.keys.fingerprint();
        let known = self.store.read().await?.value(MASTER_KEY).await?;
        if known.is_none() {
            let mut tx = self.store.begin().await?;
            if tx.value(MASTER_KEY).await?.is_none() {
                tx.put_value(MASTER_KEY, &ours).await?;
            }
            tx.commit().await?;
        }
        let known = self.store.read().await?.value(MASTER_KEY).await?;
        if known.as_ref() == Some(&ours) { Ok(()) } else { Err(LedgerError::WrongMasterKey) }
    }

    /// Records the configuration that is in force from now on, with what it changed; whether it is
    /// another one than before.
    pub async fn record_config(&self, digest: &str, files: &ConfigFiles) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        if tx.value(CURRENT).await?.as_deref() == Some(digest) {
            return Ok(false);
        }
        let before: Option<ConfigFiles> = self.sealed_value(&mut *tx, FILES).await?;
        let loaded_at = tx.now();
        let diff = diff(&before.unwrap_or_default(), files);
        let version = ConfigVersion { digest: digest.to_owned(), loaded_at, diff };
        self.put_sealed(&mut *tx, &name_of(digest), &version).await?;
        self.put_sealed(&mut *tx, FILES, files).await?;
        tx.put_value(CURRENT, digest).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The configuration of this digest, as it was last recorded.
    pub async fn config(&self, digest: &str) -> Result<Option<ConfigVersion>, LedgerError> {
        let mut tx = self.store.read().await?;
        self.sealed_value(&mut *tx, &name_of(digest)).await
    }

    async fn put_sealed(
        &self,
        tx: &mut dyn Tx,
        name: &str,
        value: &impl Serialize,
    ) -> Result<(), LedgerError> {
        let plain = serde_json::to_vec(value).map_err(|_| corrupt("value"))?;
        let sealed = BASE64.encode(&self.keys.master().seal(USE, &plain)?);
        Ok(tx.put_value(name, &sealed).await?)
    }

    async fn sealed_value<T: DeserializeOwned>(
        &self,
        tx: &mut dyn Tx,
        name: &str,
    ) -> Result<Option<T>, LedgerError> {
        let Some(text) = tx.value(name).await? else { return Ok(None) };
        let sealed = BASE64.decode(text.as_bytes()).map_err(|_| corrupt("value"))?;
        let plain = self.keys.master().open(USE, &sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| corrupt("value"))
    }

    /// How much work is open, counted up to `at_most`: what is asked often must not cost more when
    /// there is more.
    pub async fn open_work(&self, at_most: u64) -> Result<u64, LedgerError> {
        Ok(self.store.read().await?.open_work(at_most).await?)
    }

    /// How much work is open, by lane: the channel it is due on, or [`TIMER`](super::store::TIMER).
    pub async fn open_work_by_lane(&self) -> Result<BTreeMap<String, u64>, LedgerError> {
        Ok(self.store.read().await?.open_lanes().await?.into_iter().collect())
    }
}

fn name_of(digest: &str) -> String {
    format!("{CURRENT}:{digest}")
}

/// What changed between two sets of files: under the name of each changed file the lines that went
/// and those that came, without the lines that both begin and end with.
fn diff(before: &ConfigFiles, after: &ConfigFiles) -> String {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut told = String::new();
    for name in names {
        let [old, new] = [before, after].map(|files| files.get(name).map_or("", String::as_str));
        if old != new {
            told.extend([name, "\n", &changed_lines(old, new)]);
        }
    }
    told
}

fn changed_lines(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let line = |sign: char| move |line: &&str| format!("{sign}{line}\n");
    let gone = old[..old.len() - end].iter().map(line('-'));
    gone.chain(new[..new.len() - end].iter().map(line('+'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::World;
    use crate::ledger::{Keyring, Ledger};

    fn files(files: &[(&str, &str)]) -> ConfigFiles {
        files.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn a_diff_names_the_file_and_its_changed_lines() {
        let before = files(&[("a.toml", "one\ntwo\nthree\n"), ("b.toml", "same\n"), ("c.toml", "gone\n")]);
        let after = files(&[("a.toml", "one\n2\n2.5\nthree\n"), ("b.toml", "same\n"), ("d.toml", "new\n")]);
        assert_eq!(diff(&before, &after), "a.toml\n-two\n+2\n+2.5\nc.toml\n-gone\nd.toml\n+new\n");
        assert_eq!(diff(&after, &after), "");
        let twice = (files(&[("a", "x\nx\n")]), files(&[("a", "x\n")]));
        assert_eq!(diff(&twice.0, &twice.1), "a\n-x\n");
    }

    #[tokio::test]
    async fn a_ledger_is_opened_with_its_own_master_key_only() {
        let world = World::sqlite().await;
        world.ledger.check_master_key().await.unwrap();
        world.ledger.check_master_key().await.unwrap();
        let other = Keyring::new("another master key, of somebody else altogether").unwrap();
        let other = Ledger::new(world.ledger.store.clone(), other.into());
        assert!(matches!(other.check_master_key().await, Err(LedgerError::WrongMasterKey)));
    }

    #[tokio::test]
    async fn each_configuration_is_recorded_once_with_what_it_changed() {
        let world = World::sqlite().await;
        let (one, two) =
            (files(&[("policy.toml", "per_day = 2\n")]), files(&[("policy.toml", "per_day = 3\n")]));
        assert!(world.ledger.record_config("d1", &one).await.unwrap());
        assert!(!world.ledger.record_config("d1", &one).await.unwrap());
        assert!(world.ledger.record_config("d2", &two).await.unwrap());
        let version = world.ledger.config("d2").await.unwrap().unwrap();
        assert_eq!(version.diff, "policy.toml\n-per_day = 2\n+per_day = 3\n");
        assert_eq!(version.loaded_at, world.clock.now());
        assert!(world.ledger.config("d1").await.unwrap().is_some());
        assert_eq!(world.ledger.config("d3").await.unwrap(), None);
    }
}
