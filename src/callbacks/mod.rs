//! Providers' receipts in.
