//! The built-in portal inbox.
