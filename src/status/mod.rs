//! Status out: broker relay and pull feed.
