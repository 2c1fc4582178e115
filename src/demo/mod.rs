//! The demonstration and its phone page.
