//! Vestnik: a multichannel messaging gateway for public bodies.

pub mod config;
pub mod domain;
