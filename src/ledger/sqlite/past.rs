//! What need not be kept for ever.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::rows::run;
use crate::ledger::codes::{day, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::Past;

/// A notification that is open is never forgotten: its source could make it go out twice.
pub(super) const REFERENCES: &str = "
    DELETE FROM idempotency WHERE (source, source_id) IN (
        SELECT source, source_id FROM idempotency AS old
        WHERE at < ?1 AND NOT EXISTS (
            SELECT 1 FROM notification WHERE key = old.notification AND closed_at IS NULL)
        ORDER BY at LIMIT ?2)";

pub(super) const RECEIPTS: &str = "
    DELETE FROM orphan WHERE (channel, route, reference, recipient, state) IN (
        SELECT channel, route, reference, recipient, state FROM orphan
        WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)";

pub(super) const LINKS: &str = "
    DELETE FROM link WHERE hash IN (
        SELECT hash FROM link WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

pub(super) const RESERVATIONS: &str = "
    DELETE FROM reservation WHERE (notice, step) IN (
        SELECT notice, step FROM reservation WHERE day < ?1 ORDER BY day LIMIT ?2)";

pub(super) const CODES: &str = "
    DELETE FROM check_code WHERE (code, notice) IN (
        SELECT code, notice FROM check_code WHERE at < ?1 ORDER BY at LIMIT ?2)";

pub(super) const ASKERS: &str = "
    DELETE FROM code_asker WHERE (since, who) IN (
        SELECT since, who FROM code_asker WHERE since < ?1 ORDER BY since LIMIT ?2)";

pub(super) const SCAM_REPORTS: &str = "
    DELETE FROM scam_report WHERE id IN (
        SELECT id FROM scam_report WHERE closed_at < ?1 ORDER BY closed_at LIMIT ?2)";

pub(super) const VERIFICATIONS: &str = "
    DELETE FROM verification WHERE (citizen, address) IN (
        SELECT citizen, address FROM verification WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

pub(super) const TALLIES: &str = "
    DELETE FROM tally WHERE (day, source, channel, template, what) IN (
        SELECT day, source, channel, template, what FROM tally WHERE day < ?1 ORDER BY day LIMIT ?2)";

pub(super) fn forget(
    conn: &Connection,
    what: Past,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let moment = (millis(before), limit);
    let days = (day(before.to_zoned(TimeZone::UTC).date()), limit);
    let forgotten = match what {
        Past::References => run(conn, REFERENCES, moment)?,
        Past::Receipts => run(conn, RECEIPTS, moment)?,
        Past::Links => run(conn, LINKS, moment)?,
        Past::Codes => run(conn, CODES, moment)?,
        Past::Askers => run(conn, ASKERS, moment)?,
        Past::ScamReports => run(conn, SCAM_REPORTS, moment)?,
        Past::Verifications => run(conn, VERIFICATIONS, moment)?,
        Past::Reservations => run(conn, RESERVATIONS, days)?,
        Past::Tallies => run(conn, TALLIES, days)?,
    };
    Ok(forgotten as u64)
}
