//! Typed settings: loaded, checked as a whole, and refused with the file, the line and what was
//! expected.

pub mod catalogue;
pub mod channels;
mod checks;
pub mod error;
pub mod gateway;
mod load;
pub mod overrides;
mod place;
mod read;
pub mod sources;
mod words;

pub use load::{Loaded, Looked};
pub use overrides::Overrides;
