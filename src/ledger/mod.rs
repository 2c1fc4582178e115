//! The ledger: the one truth about citizens, notifications and what became of them.
//!
//! [`Ledger`] has the coarse verbs (accept, claim, start, finish, receive, advance, …). Each is one
//! transaction over a batch: it locks the citizens' rows in key order, loads what is needed, asks
//! the pure rooms (`policy`, `notice`) what follows, and writes all of it or nothing. The verbs are
//! written once, over [`store::Store`]; what a database must do for them is batch reads and writes.

pub mod codes;
pub mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod keys;
#[cfg(test)]
mod lives;
pub mod postgres;
pub mod rules;
#[cfg(test)]
mod scenarios;
pub mod sqlite;
pub mod store;
#[cfg(test)]
pub(crate) mod suite;

mod accept;
mod asking;
mod brought;
mod check;
mod closing;
mod dead;
mod duty;
mod evidence;
mod facts;
mod feed;
mod finish;
mod foreign;
mod guard;
mod hearing;
mod inbound;
mod inbox;
mod introductions;
mod links;
mod meta;
mod news;
pub mod pace;
mod page;
mod page_link;
mod past;
mod pauses;
mod people;
mod receive;
mod record;
pub mod recorder;
pub mod registry;
pub mod replay;
mod report;
pub mod retry;
mod scam;
pub mod slots;
mod start;
mod stop_token;
mod tally;
mod timers;
mod tokens;
mod unreached;
mod verification;
mod view;
mod words;
mod writes;

use std::sync::Arc;

pub use accept::{Answer, Ask, Submission};
pub use brought::{IssuedCode, OwnScamReport, Reply};
pub use check::{SentAt, Shown, Verdict};
pub use dead::DeadLetter;
pub use error::{LedgerError, StoreError};
pub use evidence::{
    Act, ClosedBy, ClosedOrigin, Drift, DriftCount, DriftReport, Erased, ErasedAddress, ErasedBy,
    ErasedConsent, ErasedNotification, Erasure, Fault, Finding, Found, History, PreferenceVersion, Record,
    RegistryEvent, RegistryRecord, SetBy, SetOrigin, Testimony, Verified, Wanted,
};
pub use feed::{InvalidPosition, Relayed};
pub use finish::Finished;
pub use guard::GuardView;
pub use inbound::{Heard, Meaning};
pub use inbox::InboxEntry;
pub use introductions::{Campaign, CampaignPage};
pub use keys::Keyring;
pub use links::LINK_LASTS;
pub use meta::{ConfigFiles, ConfigVersion};
pub use news::Fresh;
pub use page::{Change, Explained, Ground, PageView, Sending, Unheard};
pub use page_link::{MESSAGE_LINK_LASTS, Opened, Origin, PORTAL_LINK_LASTS, PageLink};
pub use past::{Forgotten, Horizons};
pub use pauses::{GATEWAY, Pause};
pub use receive::{Report, Told};
pub use report::Sums;
pub use rules::Rules;
pub use scam::{Scam, ScamReport};
pub use start::Outgoing;
pub use stop_token::StopToken;
pub use timers::Advanced;
pub use tokens::{Denied, Grant, Issued, NewToken, Scope, TokenMistake, TokenView, UnknownScope};
pub use unreached::Unreached;
pub use verification::{CODE_LASTS, NoCode, OneTimeCode};
pub use view::{AttemptView, EntryView, ExpiresBy, Moments, NotificationView, StepView};

use facts::NotificationFacts;
use news::News;
use store::{Store, Tx};
use writes::Writes;

/// The ledger.
pub struct Ledger {
    store: Arc<dyn Store>,
    keys: Arc<Keyring>,
    news: News,
    lanes: slots::Lanes,
    waiting: recorder::Waiting,
}

impl Ledger {
    /// A ledger on this database with these keys.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keyring>) -> Self {
        Self {
            store,
            keys,
            news: News::default(),
            lanes: slots::Lanes::default(),
            waiting: recorder::Waiting::default(),
        }
    }

    /// The keys that hash and seal.
    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Writes what a verb has gathered, commits, and tells the news.
    async fn settle(&self, mut tx: Box<dyn Tx>, writes: Writes) -> Result<(), LedgerError> {
        let fresh = writes.flush(&mut *tx).await?;
        self.commit(tx, &fresh).await
    }

    /// Commits, and tells the news.
    async fn commit(&self, tx: Box<dyn Tx>, fresh: &Fresh) -> Result<(), LedgerError> {
        tx.commit().await?;
        self.news.tell(fresh);
        Ok(())
    }

    /// The database below.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }
}
