//! What need not be kept for ever.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::{PgConnection, query};

use super::rows::run;
use crate::ledger::codes::{day, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::Past;

/// A notification that is open is never forgotten: its source could make it go out twice.
const REFERENCES: &str = "
    DELETE FROM idempotency USING (
        SELECT source, source_id FROM idempotency AS old
        WHERE at < $1 AND NOT EXISTS (
            SELECT 1 FROM notification WHERE key = old.notification AND closed_at IS NULL)
        ORDER BY at LIMIT $2) AS past
    WHERE idempotency.source = past.source AND idempotency.source_id = past.source_id";

const RECEIPTS: &str = "
    DELETE FROM orphan USING (
        SELECT channel, route, reference, recipient, state FROM orphan
        WHERE received_at < $1 ORDER BY received_at LIMIT $2) AS past
    WHERE (orphan.channel, orphan.route, orphan.reference, orphan.recipient, orphan.state)
        = (past.channel, past.route, past.reference, past.recipient, past.state)";

const LINKS: &str = "
    DELETE FROM link USING (
        SELECT hash FROM link WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) AS past
    WHERE link.hash = past.hash";

const RESERVATIONS: &str = "
    DELETE FROM reservation USING (
        SELECT notice, step FROM reservation WHERE day < $1::text::date ORDER BY day LIMIT $2) AS past
    WHERE reservation.notice = past.notice AND reservation.step = past.step";

const CODES: &str = "
    DELETE FROM check_code USING (
        SELECT code, notice FROM check_code WHERE at < $1 ORDER BY at LIMIT $2) AS past
    WHERE check_code.code = past.code AND check_code.notice = past.notice";

const ASKERS: &str = "
    DELETE FROM code_asker USING (
        SELECT since, who FROM code_asker WHERE since < $1 ORDER BY since LIMIT $2) AS past
    WHERE code_asker.since = past.since AND code_asker.who = past.who";

const SCAM_REPORTS: &str = "
    DELETE FROM scam_report USING (
        SELECT id FROM scam_report WHERE closed_at < $1 ORDER BY closed_at LIMIT $2) AS past
    WHERE scam_report.id = past.id";

const VERIFICATIONS: &str = "
    DELETE FROM verification USING (
        SELECT citizen, address FROM verification WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) AS past
    WHERE verification.citizen = past.citizen AND verification.address = past.address";

const TALLIES: &str = "
    DELETE FROM tally USING (
        SELECT day, source, channel, template, what, part FROM tally
        WHERE day < $1 ORDER BY day LIMIT $2) AS past
    WHERE (tally.day, tally.source, tally.channel, tally.template, tally.what, tally.part)
        = (past.day, past.source, past.channel, past.template, past.what, past.part)";

pub(super) async fn forget(
    conn: &mut PgConnection,
    what: Past,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let statement = match what {
        Past::References => query(REFERENCES).bind(millis(before)),
        Past::Receipts => query(RECEIPTS).bind(millis(before)),
        Past::Links => query(LINKS).bind(millis(before)),
        Past::Codes => query(CODES).bind(millis(before)),
        Past::Askers => query(ASKERS).bind(millis(before)),
        Past::ScamReports => query(SCAM_REPORTS).bind(millis(before)),
        Past::Verifications => query(VERIFICATIONS).bind(millis(before)),
        Past::Tallies => query(TALLIES).bind(day(before.to_zoned(TimeZone::UTC).date())),
        Past::Reservations => query(RESERVATIONS).bind(day(before.to_zoned(TimeZone::UTC).date())),
    };
    run(conn, statement.bind(i64::from(limit))).await
}
