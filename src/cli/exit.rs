//! How commands end: the one table of exit codes.

use std::process::ExitCode;

use super::table::Table;
use crate::config::error::ConfigErrors;
use crate::gateway::StartError;
use crate::ledger::{LedgerError, StoreError};
use crate::lifecycle::Ending;

/// How a command ends, and what it tells whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Well,
    /// Something failed, was refused, or is left open.
    Failed,
    /// Whoever called has something to put right.
    Mistake,
    /// What was named is not there.
    NotThere,
}

impl Exit {
    /// Every way to end, in the order of its codes.
    pub const ALL: [Self; 4] = [Self::Well, Self::Failed, Self::Mistake, Self::NotThere];

    /// The code. clap ends with 2 by itself where the arguments are wrong.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
            Self::Mistake => 2,
            Self::NotThere => 3,
        }
    }

    /// What the code means.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Well => "all is well",
            Self::Failed => "something failed, was refused, or is left open",
            Self::Mistake => "whoever called has something to put right: arguments, configuration, secrets",
            Self::NotThere => {
                "the notification, citizen, code, report, dead letter or token that was named is not there"
            }
        }
    }

    /// The table, for the help.
    pub(super) fn table() -> Table {
        let mut table = Table::plain();
        for exit in Self::ALL {
            table.row([format!("  {}", exit.code()), exit.describe().to_owned()]);
        }
        table
    }

    /// How a command ends that gave this error.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        if error.chain().any(<dyn std::error::Error>::is::<NotThere>) {
            Self::NotThere
        } else if error.chain().any(is_mistake) {
            Self::Mistake
        } else {
            Self::Failed
        }
    }

    /// `well` if it is so, and else `Failed`.
    pub(super) fn well_if(well: bool) -> Self {
        if well { Self::Well } else { Self::Failed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Finished => Self::Well,
            Ending::Cut | Ending::Failed => Self::Failed,
        }
    }
}

/// Something that whoever called has to put right, as opposed to a failure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Mistake(pub(crate) String);

/// Something was named that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotThere(pub(crate) String);

fn is_mistake(cause: &(dyn std::error::Error + 'static)) -> bool {
    let start = |error: &StartError| {
        matches!(
            error,
            StartError::Config(_) | StartError::Setup(_) | StartError::MasterKey(_) | StartError::OneLedger
        )
    };
    let ledger = |error: &LedgerError| matches!(error, LedgerError::WrongMasterKey);
    let schema = |error: &StoreError| matches!(error, StoreError::Schema { .. });
    cause.is::<Mistake>()
        || cause.is::<ConfigErrors>()
        || cause.downcast_ref().is_some_and(start)
        || cause.downcast_ref().is_some_and(ledger)
        || cause.downcast_ref().is_some_and(schema)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_end_has_its_own_code_and_stands_in_the_manual() {
        let codes: HashSet<_> = Exit::ALL.map(Exit::code).into();
        assert_eq!(codes.len(), Exit::ALL.len());
        let manual = include_str!("../../docs/operations.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.code(), exit.describe());
            assert!(manual.contains(&row), "docs/operations.md has no row {row}");
        }
    }

    #[test]
    fn an_error_ends_as_what_it_is_of() {
        let table: [(anyhow::Error, Exit); 5] = [
            (anyhow::anyhow!("away"), Exit::Failed),
            (Mistake("--to".into()).into(), Exit::Mistake),
            (NotThere("nothing".into()).into(), Exit::NotThere),
            (ConfigErrors::new().into(), Exit::Mistake),
            (StartError::OneLedger.into(), Exit::Mistake),
        ];
        for (error, exit) in table {
            assert_eq!(Exit::of(&error.context("on the way")), exit);
        }
    }
}
