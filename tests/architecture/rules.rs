//! What holds between the rooms, as tables.

/// A room of the root crate and the rooms it may use, besides itself.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) may_use: Use,
}

/// Which rooms a room may use.
pub(crate) enum Use {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

impl Use {
    pub(crate) fn allows(&self, room: &str) -> bool {
        match self {
            Self::Only(rooms) => rooms.contains(&room),
            Self::AllBut(rooms) => !rooms.contains(&room),
        }
    }

    /// The rule in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Only([]) => "uses no other room".to_owned(),
            Self::Only(rooms) => format!("may use only {}", rooms.join(", ")),
            Self::AllBut([]) => "may use every room".to_owned(),
            Self::AllBut(rooms) => format!("may use every room but {}", rooms.join(", ")),
        }
    }
}

/// What the rooms on the way of a notification stand on. They do not know one another: they meet in
/// the ledger.
const SERVICE: Use = Use::Only(&[
    "broker",
    "replicas",
    "domain",
    "policy",
    "notice",
    "config",
    "ledger",
    "clock",
    "duties",
    "lifecycle",
    "telemetry",
]);

/// Dependencies point one way: `domain` ← `policy`, `notice` ← everything else.
pub(crate) const ROOMS: &[Room] = &[
    Room { name: "broker", may_use: Use::Only(&["domain"]) },
    Room { name: "clock", may_use: Use::Only(&[]) },
    Room { name: "domain", may_use: Use::Only(&[]) },
    Room { name: "lifecycle", may_use: Use::Only(&[]) },
    Room { name: "telemetry", may_use: Use::Only(&[]) },
    Room { name: "policy", may_use: Use::Only(&["domain"]) },
    Room { name: "notice", may_use: Use::Only(&["domain"]) },
    Room { name: "config", may_use: Use::Only(&["domain", "notice", "policy", "telemetry"]) },
    Room { name: "ledger", may_use: Use::Only(&["domain", "notice", "policy", "clock", "telemetry"]) },
    Room { name: "duties", may_use: Use::Only(&["domain", "ledger", "clock", "lifecycle", "telemetry"]) },
    Room { name: "replicas", may_use: Use::Only(&["ledger", "telemetry"]) },
    Room {
        name: "callbacks",
        may_use: Use::Only(&[
            "domain",
            "policy",
            "notice",
            "config",
            "ledger",
            "clock",
            "duties",
            "lifecycle",
            "telemetry",
            "inbound",
        ]),
    },
    Room { name: "dispatch", may_use: SERVICE },
    Room { name: "inbound", may_use: SERVICE },
    Room { name: "inbox", may_use: SERVICE },
    Room { name: "intake", may_use: SERVICE },
    Room { name: "status", may_use: SERVICE },
    Room { name: "bench", may_use: Use::Only(&["broker", "clock", "config", "demo", "domain"]) },
    Room { name: "gateway", may_use: Use::AllBut(&["bench", "cli", "demo", "web"]) },
    Room { name: "reports", may_use: Use::Only(&["domain", "policy", "notice", "ledger"]) },
    Room { name: "web", may_use: Use::AllBut(&["bench", "cli", "demo"]) },
    Room { name: "demo", may_use: Use::AllBut(&["bench", "cli"]) },
    Room { name: "cli", may_use: Use::AllBut(&[]) },
];

/// Something that only some places may name.
pub(crate) struct Confined {
    /// What is named, as it stands in the source.
    pub(crate) name: &'static str,
    /// The files and folders that may name it.
    pub(crate) places: &'static [&'static str],
    pub(crate) why: &'static str,
}

pub(crate) const CONFINED: &[Confined] = &[
    Confined {
        name: "lapin",
        places: &["src/broker", "src/intake", "src/bench/bare_loop.rs"],
        why: "the broker is spoken to in its own room, and where its messages come in; the benchmark compares \
              with a loop that does nothing else",
    },
    Confined { name: "redis::", places: &["src/replicas"], why: "Redis is spoken to in its own room" },
    Confined {
        name: "rusqlite",
        places: &["src/ledger/sqlite"],
        why: "the ledger alone knows a database; SQLite is spoken to in its own room",
    },
    Confined {
        name: "sqlx",
        places: &["src/ledger/postgres", "src/bench/servers.rs", "src/bench/old_rows.rs"],
        why: "the ledger alone knows a database; the benchmark makes one for it, and copies rows there",
    },
    Confined { name: "Timestamp::now", places: &["src/clock.rs"], why: CLOCK },
    Confined { name: "Zoned::now", places: &["src/clock.rs"], why: CLOCK },
    Confined { name: "SystemTime::now", places: &["src/clock.rs"], why: CLOCK },
    Confined { name: "tokio::spawn", places: &["src/lifecycle.rs"], why: TASKS },
    Confined { name: "tokio::task::spawn", places: &["src/lifecycle.rs"], why: TASKS },
    Confined { name: "task::spawn", places: &["src/lifecycle.rs"], why: TASKS },
];

const CLOCK: &str = "time comes from the clock, so that tests can set it";
const TASKS: &str = "the lifecycle spawns tasks and waits for them at the end";

/// Rooms that do no I/O.
pub(crate) const PURE_ROOMS: &[&str] = &["domain", "policy", "notice"];

/// What a room without I/O has no business to name.
pub(crate) const OUTSIDE: &[&str] =
    &["tokio", "reqwest", "axum", "std::fs", "std::net", "std::env", "std::process", "std::thread"];

/// The one crate of the workspace that a channel crate may depend on.
pub(crate) const CONTRACT: &str = "vestnik-contract";
