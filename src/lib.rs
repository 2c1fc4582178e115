//! Vestnik.

pub mod clock;
pub mod domain;
pub mod lifecycle;
pub mod telemetry;
