//! Typed settings: loaded, checked as a whole, and refused with the file, the line and what was
//! expected.

pub mod catalogue;
pub mod channels;
pub mod error;
pub mod gateway;
mod load;
pub mod overrides;
pub mod sources;

pub use load::Loaded;
pub use overrides::Overrides;
