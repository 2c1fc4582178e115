//! API tokens: who may ask for what.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::store::TokenRow;
use super::writes::new_key;
use super::{Ledger, LedgerError, keys};
use crate::domain::SourceId;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To publish notifications of its source.
    Publish,
    /// To see what became of its source's notifications.
    Status,
    /// To read and change citizens, addresses, consents and preferences.
    Registry,
    /// To read citizens' inboxes, for a portal that shows them.
    Inbox,
    /// To operate the gateway: pauses, dead letters, tokens.
    Operate,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Publish, Self::Status, Self::Registry, Self::Inbox, Self::Operate];

    /// The scope's name, such as `publish`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Status => "status",
            Self::Registry => "registry",
            Self::Inbox => "inbox",
            Self::Operate => "operate",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is publish, status, registry, inbox or operate")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(UnknownScope)
    }
}

/// A token to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for, in the words of who creates it.
    pub label: String,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// Which source it speaks for; needed to publish and to see status.
    pub source: Option<SourceId>,
    /// After this moment it is void.
    pub expires_at: Option<Timestamp>,
}

/// Why a token is not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenMistake {
    /// It would allow nothing.
    #[error("a token needs at least one scope")]
    NoScope,
    /// It would speak for every source.
    #[error("a token that publishes or sees status needs a source")]
    NoSource,
}

/// A token just created: the only time that it is shown.
pub struct Issued {
    /// By which it is listed and revoked.
    pub id: Uuid,
    /// The token: `vst_` and 43 characters of base64url.
    pub token: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A token on record, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenView {
    /// By which it is revoked.
    pub id: Uuid,
    /// What it is for.
    pub label: String,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// Which source it speaks for.
    pub source: Option<SourceId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// After this moment it is void.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What whoever showed a good token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token's id.
    pub id: Uuid,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// Which source it speaks for.
    pub source: Option<SourceId>,
}

/// Why a token is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no such token, or it is void.
    #[error("the token is not known or no longer good")]
    Unknown,
    /// The token is good, but not for this.
    #[error("the token does not allow this")]
    Scope,
}

/// What every token begins with, so that one that leaked is found by those who look for them.
const PREFIX: &str = "vst_";

impl Ledger {
    /// Creates a token of 32 random bytes, which is kept as a keyed hash alone.
    pub async fn create_token(&self, new: &NewToken) -> Result<Result<Issued, TokenMistake>, LedgerError> {
        if new.scopes.is_empty() {
            return Ok(Err(TokenMistake::NoScope));
        }
        let of_source = new.scopes.iter().any(|scope| matches!(scope, Scope::Publish | Scope::Status));
        if of_source && new.source.is_none() {
            return Ok(Err(TokenMistake::NoSource));
        }
        let token = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&keys::random::<32>()?));
        let mut tx = self.store.begin().await?;
        let row = TokenRow {
            id: new_key(),
            label: new.label.clone(),
            hash: self.keys.token(&token),
            scopes: new.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
            source: new.source.clone(),
            created_at: tx.now(),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        tx.put_token(&row).await?;
        tx.commit().await?;
        Ok(Ok(Issued { id: row.id, token }))
    }

    /// Makes a token void from now on; whether it was good.
    pub async fn revoke_token(&self, id: Uuid) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let found = tx.tokens().await?.into_iter().find(|row| row.id == id && is_good(row, now));
        let Some(row) = found else { return Ok(false) };
        tx.put_token(&TokenRow { revoked_at: Some(now), ..row }).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// All tokens, the oldest first.
    pub async fn tokens(&self) -> Result<Vec<TokenView>, LedgerError> {
        Ok(self.store.read().await?.tokens().await?.into_iter().map(TokenView::from).collect())
    }

    /// Whether whoever shows this token may do what `scope` allows.
    pub async fn verify(&self, token: &str, scope: Scope) -> Result<Result<Grant, Denied>, LedgerError> {
        let hash = self.keys.token(token);
        let mut tx = self.store.read().await?;
        let now = tx.now();
        let found = tx.tokens().await?.into_iter().find(|row| row.hash == hash && is_good(row, now));
        let Some(row) = found else { return Ok(Err(Denied::Unknown)) };
        let TokenView { id, scopes, source, .. } = TokenView::from(row);
        Ok(if scopes.contains(&scope) { Ok(Grant { id, scopes, source }) } else { Err(Denied::Scope) })
    }
}

fn is_good(row: &TokenRow, now: Timestamp) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|until| until > now)
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> Self {
        let TokenRow { id, label, scopes, source, created_at, expires_at, revoked_at, .. } = row;
        // A scope that a newer release wrote allows nothing here.
        let scopes = scopes.split(' ').filter_map(|name| name.parse().ok()).collect();
        Self { id, label, scopes, source, created_at, expires_at, revoked_at }
    }
}
