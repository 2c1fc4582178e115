//! What can go wrong with the database.

/// A failure of the database, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, has no connection free, or is shutting down. Later it may work.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another transaction was in the way (deadlock, serialization failure). At once it may work.
    #[error("another transaction was in the way")]
    Conflict(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database refuses these rows; it will refuse them again.
    #[error("the database refuses the data")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema is not the one this release works with.
    #[error("the schema is {found}, and this release works with {expected}: {advice}")]
    Schema {
        /// The version found.
        found: i64,
        /// The version this release works with.
        expected: i64,
        /// What to do.
        advice: &'static str,
    },
    /// A row holds what this release cannot understand.
    #[error("a row of {table} cannot be understood: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong, without the value.
        what: String,
    },
}

/// Another transaction wrote what this one believed was not there.
#[derive(Debug, thiserror::Error)]
#[error("another transaction wrote the same row first")]
struct Overtaken;

impl StoreError {
    /// The conflict of a transaction that finds out at writing that what it read is no longer so.
    #[must_use]
    pub fn overtaken() -> Self {
        Self::Conflict(Box::new(Overtaken))
    }

    /// Whether the same call may succeed later without anybody changing the data.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict(_))
    }
}

/// Why a verb could not be carried out. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealed data does not open: another master key, or damage.
    #[error(transparent)]
    Seal(#[from] super::keys::SealError),
    /// The words of a notice could not be put together.
    #[error("a notice could not be put into words")]
    Words(#[from] crate::notice::RenderError),
    /// The master key is not the one that the ledger was written under.
    #[error(
        "the master key is not the one that this ledger was written under; \
         gateway.toml, ledger.master_key, names where it is read from"
    )]
    WrongMasterKey,
    /// A notification names a measure that the catalogue in force does not have.
    #[error("a notification names a measure that is not in the catalogue")]
    NotInCatalogue,
}

impl LedgerError {
    /// Whether the same call may succeed later without anybody changing the data.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}
