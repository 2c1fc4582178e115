//! Typed settings: loaded, checked as a whole, and refused with the file, the line and what was
//! expected.

pub mod error;
