//! What the registry's owner is told of a citizen.

use serde::{Deserialize, Serialize};

/// What happened to a citizen that the registry's owner has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistryEventKind {
    /// Somebody wrote from an address of the citizen that they are not the citizen: it is closed.
    AddressDisputed,
    /// A one-time code came back from an address of the citizen: it is open.
    AddressVerified,
    /// The citizen has died.
    CitizenDeceased,
    /// That the citizen has died was taken back.
    CitizenAlive,
}

impl RegistryEventKind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::AddressDisputed, Self::AddressVerified, Self::CitizenDeceased, Self::CitizenAlive];

    /// The word for tables and for the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddressDisputed => "address_disputed",
            Self::AddressVerified => "address_verified",
            Self::CitizenDeceased => "citizen_deceased",
            Self::CitizenAlive => "citizen_alive",
        }
    }
}
