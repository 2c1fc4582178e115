//! The secrets that the configuration names: are they there, and of use? Asked before anything is
//! opened or made, so that all that is missing is told at once and nothing is left behind.

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use vestnik_contract::SecretRef;

use crate::broker::{Broker, Names};
use crate::clock::Clock;
use crate::config::error::{ConfigError, ConfigErrors, SourceFile};
use crate::config::gateway::{Gateway, LedgerSettings};
use crate::config::{Loaded, Looked};
use crate::ledger::Keyring;
use crate::replicas::Link;

/// Every secret and every channel's settings: what is wrong, and what is not there.
pub(super) fn look(loaded: &Loaded, clock: &Clock) -> Result<Looked, ConfigError> {
    let mut looked = loaded.look_at_channels(&clock.function());
    look_at(loaded, named(&loaded.gateway), &mut looked)?;
    Ok(looked)
}

/// Refuses where a secret is missing or a setting is of no use, for what needs them all.
pub(super) fn all_there(loaded: &Loaded, clock: &Clock) -> Result<(), ConfigErrors> {
    look(loaded, clock)?.all_there()
}

/// The same, for what needs the ledger alone.
pub(super) fn ledgers_there(loaded: &Loaded) -> Result<(), ConfigErrors> {
    let mut looked = Looked::default();
    look_at(loaded, of_ledger(&loaded.gateway.ledger), &mut looked)?;
    looked.all_there()
}

/// The same, for what needs the master key alone.
pub(super) fn master_key_there(loaded: &Loaded) -> Result<(), ConfigErrors> {
    let mut looked = Looked::default();
    look_at(loaded, vec![master_key(&loaded.gateway.ledger)], &mut looked)?;
    looked.all_there()
}

/// What is wrong with a secret, if anything.
type WrongWith = fn(&SecretString) -> Option<String>;

/// A secret: the setting that names it, its place, and how to know that it is of use.
type Named<'a> = (&'static str, &'a SecretRef, WrongWith);

fn look_at(loaded: &Loaded, secrets: Vec<Named<'_>>, looked: &mut Looked) -> Result<(), ConfigError> {
    let file = SourceFile::read(&loaded.folder.join("gateway.toml"))?;
    for (setting, place, wrong_with) in secrets {
        let path: Vec<_> = setting.split('.').collect();
        match place.resolve(setting) {
            Err(error) => {
                looked.missing.push(file.at(&path, format!("{setting}: expected {}", error.expected)));
            }
            Ok(secret) => {
                let wrong = wrong_with(&secret).map(|wrong| file.at(&path, format!("{setting}: {wrong}")));
                looked.wrong.add(wrong.map(ConfigErrors::from));
            }
        }
    }
    Ok(())
}

fn master_key(ledger: &LedgerSettings) -> Named<'_> {
    let wrong: WrongWith = |secret| Keyring::new(secret.expose_secret()).err().map(|weak| weak.to_string());
    ("ledger.master_key", &ledger.master_key, wrong)
}

fn of_ledger(ledger: &LedgerSettings) -> Vec<Named<'_>> {
    let mut named = vec![master_key(ledger)];
    named.extend(ledger.postgres.iter().map(|url| ("ledger.postgres", url, wrong_postgres as WrongWith)));
    named
}

fn named(gateway: &Gateway) -> Vec<Named<'_>> {
    let mut named = of_ledger(&gateway.ledger);
    named.extend(gateway.broker.iter().map(|broker| ("broker.url", &broker.url, wrong_amqp as WrongWith)));
    named.extend(gateway.redis.iter().map(|redis| ("redis.url", &redis.url, wrong_redis as WrongWith)));
    named
}

fn wrong_redis(secret: &SecretString) -> Option<String> {
    Link::new(secret, "").err().map(|error| error.to_string())
}

fn wrong_postgres(secret: &SecretString) -> Option<String> {
    let fits = |url: Url| matches!(url.scheme(), "postgres" | "postgresql");
    let right = Url::parse(secret.expose_secret()).is_ok_and(fits);
    (!right).then(|| "expected a URL such as postgres://user:password@host/database".to_owned())
}

fn wrong_amqp(secret: &SecretString) -> Option<String> {
    let wrong = Broker::new(secret.clone(), Names::default()).is_err();
    wrong.then(|| "expected a URL such as amqps://user:password@host/vhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers_are_known_by_their_scheme_and_never_repeated() {
        assert_eq!(wrong_amqp(&"amqps://u:p@h/%2f".into()), None);
        assert_eq!(wrong_postgres(&"postgresql://u:p@h/d".into()), None);
        for url in ["redis://h", "rediss://:p@h:6380/3", "redis://u:p@h"] {
            assert_eq!(wrong_redis(&url.into()), None, "{url}");
        }
        for bad in ["u:s3cret@h", "http://u:s3cret@h/", "amqp", ""] {
            for wrong in [wrong_amqp, wrong_postgres, wrong_redis] {
                assert!(!wrong(&bad.to_owned().into()).unwrap().contains("s3cret"), "{bad}");
            }
        }
    }
}
