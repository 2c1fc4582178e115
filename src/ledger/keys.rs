//! The ledger's keys: what encrypts personal data, and what hashes it for look-up.
//!
//! One master secret comes from the environment or a file; every key is derived from it (HKDF,
//! RFC 5869), so that no key serves two ends. Personal data is sealed with AES-256-GCM under a data
//! key of its citizen; the data key is sealed under the master key. To erase a citizen is to
//! destroy the data key.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId};

use crate::domain::{CitizenId, CitizenKey};

/// What cannot be opened: a wrong key, or bytes that were changed. It says no more, since the bytes
/// are personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed data cannot be opened with this key")]
pub struct SealError;

/// The first byte of everything sealed: the form of what follows.
const FORM: u8 = 1;

/// A key that seals.
pub struct SealKey(LessSafeKey);

impl SealKey {
    fn new(bytes: &[u8; 32]) -> Result<Self, SealError> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealError)?)))
    }

    /// Seals `plain`; `use_of` names what it is, and has to be the same to open it.
    pub fn seal(&self, use_of: &'static str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(FORM);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce, Aad::from(use_of), &mut body).map_err(|_| SealError)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) sealed for the same use.
    pub fn open(&self, use_of: &'static str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (&form, rest) = sealed.split_first().ok_or(SealError)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        if form != FORM {
            return Err(SealError);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut body = body.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(use_of), &mut body).map_err(|_| SealError)?.len();
        body.truncate(plain);
        Ok(body)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// All keys, derived from one master secret.
pub struct Keyring {
    master: SealKey,
    lookup: hmac::Key,
    check: hmac::Key,
    chain: hmac::Key,
    check_code: [u8; 32],
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

/// A master secret that is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key has at least 32 characters; `openssl rand -hex 32` makes one")]
pub struct WeakMasterKey;

impl Keyring {
    /// The keys of a master secret: at least 32 characters of any text.
    pub fn new(secret: &str) -> Result<Self, WeakMasterKey> {
        if secret.len() < 32 {
            return Err(WeakMasterKey);
        }
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestnik ledger 1");
        let base = salt.extract(secret.as_bytes());
        let key = |label: &str| -> Result<[u8; 32], WeakMasterKey> {
            let mut bytes = [0; 32];
            let info = [label.as_bytes()];
            let derived = base.expand(&info, hkdf::HKDF_SHA256).map_err(|_| WeakMasterKey)?;
            derived.fill(&mut bytes).map_err(|_| WeakMasterKey)?;
            Ok(bytes)
        };
        Ok(Self {
            master: SealKey::new(&key("seal")?).map_err(|_| WeakMasterKey)?,
            lookup: hmac::Key::new(hmac::HMAC_SHA256, &key("lookup")?),
            check: hmac::Key::new(hmac::HMAC_SHA256, &key("digest")?),
            chain: hmac::Key::new(hmac::HMAC_SHA256, &key("consent chain")?),
            check_code: key("check code")?,
        })
    }

    /// The key that seals what belongs to no known citizen, and the data keys themselves.
    #[must_use]
    pub fn master(&self) -> &SealKey {
        &self.master
    }

    /// The secret under which check codes are made.
    #[must_use]
    pub fn check_code_secret(&self) -> &[u8; 32] {
        &self.check_code
    }

    /// The ledger's key of a citizen.
    #[must_use]
    pub fn citizen(&self, id: &CitizenId) -> CitizenKey {
        CitizenKey(self.hash("citizen", &[id.expose().as_bytes()]))
    }

    /// The look-up hash of an address in its channel's one form.
    #[must_use]
    pub fn address(&self, channel: &ChannelId, address: &Address) -> [u8; 32] {
        self.hash("address", &[channel.as_str().as_bytes(), address.expose().as_bytes()])
    }

    /// The look-up hash of an API token or a one-time token.
    #[must_use]
    pub fn token(&self, token: &str) -> [u8; 32] {
        self.hash("token", &[token.as_bytes()])
    }

    /// The hash of a one-time code for this address.
    #[must_use]
    pub fn one_time_code(&self, address: Uuid, code: &str) -> [u8; 32] {
        self.hash("one-time code", &[address.as_bytes(), code.as_bytes()])
    }

    /// The hash of who asks for check codes by this way.
    #[must_use]
    pub fn asker(&self, way: &str, who: &str) -> [u8; 32] {
        self.hash("asker", &[way.as_bytes(), who.as_bytes()])
    }

    /// The digest of what a message says, to tell a repeat from a conflict.
    #[must_use]
    pub fn digest(&self, body: &[u8]) -> [u8; 32] {
        tag(&self.check, "body", &[body])
    }

    /// What binds consent records to one another: whoever can write to the database and has no master
    /// secret cannot make it.
    #[must_use]
    pub(super) fn chain(&self, use_of: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        tag(&self.chain, use_of, parts)
    }

    /// A value that only this master secret gives, to know the right one again.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.hash("fingerprint", &[])[..8])
    }

    fn hash(&self, use_of: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        tag(&self.lookup, use_of, parts)
    }

    /// A new data key, with its form sealed under the master key.
    pub fn new_data_key(&self) -> Result<(SealKey, Vec<u8>), SealError> {
        let bytes: [u8; 32] = random()?;
        Ok((SealKey::new(&bytes)?, self.master.seal("data key", &bytes)?))
    }

    /// Opens a sealed data key.
    pub fn data_key(&self, sealed: &[u8]) -> Result<SealKey, SealError> {
        let bytes = self.master.open("data key", sealed)?;
        SealKey::new(bytes.as_slice().try_into().map_err(|_| SealError)?)
    }
}

/// HMAC-SHA256 over the use and each part with its length, so that no two lists give one tag.
fn tag(key: &hmac::Key, use_of: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in std::iter::once(use_of.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

/// What a record is bound to instead of its words: under a salt that is erased with them it tells nothing.
#[must_use]
pub(super) fn commitment(salt: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    tag(&hmac::Key::new(hmac::HMAC_SHA256, salt), "commitment", parts)
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(last: char) -> Keyring {
        Keyring::new(&format!("0123456789abcdef0123456789abcde{last}")).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_use_only() {
        let keys = keyring('f');
        let (key, sealed_key) = keys.new_data_key().unwrap();
        let sealed = key.seal("params", "дитина".as_bytes()).unwrap();
        let same = keys.data_key(&sealed_key).unwrap();
        assert_eq!(same.open("params", &sealed).unwrap(), "дитина".as_bytes());
        assert_eq!(same.open("address", &sealed), Err(SealError));
        assert_eq!(keys.new_data_key().unwrap().0.open("params", &sealed), Err(SealError));
        assert!(keyring('e').data_key(&sealed_key).is_err());
        for cut in 0..sealed.len() {
            assert_eq!(same.open("params", &sealed[..cut]), Err(SealError));
        }
        assert_ne!(sealed, key.seal("params", "дитина".as_bytes()).unwrap());
    }

    #[test]
    fn hashes_depend_on_the_key_the_use_and_where_the_parts_end() {
        let (one, other) = (keyring('f'), keyring('e'));
        let id = CitizenId::new("snils:11223344595").unwrap();
        assert_eq!(one.citizen(&id), keyring('f').citizen(&id));
        assert_ne!(one.citizen(&id), other.citizen(&id));
        assert_ne!(one.fingerprint(), other.fingerprint());
        let channel = |name: &str| ChannelId::new(name).unwrap();
        assert_ne!(
            one.address(&channel("sms"), &Address::new("1x")),
            one.address(&channel("sms1"), &Address::new("x"))
        );
        assert!(Keyring::new("short").is_err());
    }
}
