//! Jobs that only one process does at a time, under a fenced lease in the ledger.
