//! What a client is told when a request is not answered as it hoped: problem details in JSON
//! (RFC 9457), with the members `reason`, a code that does not change, and where a field is to blame
//! `pointer`, a JSON pointer (RFC 6901) to it. No problem repeats a value that was sent.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tracing::error;

use crate::domain::{RefusalReason, did_you_mean};
use crate::intake::Refusal;
use crate::ledger::{LedgerError, StoreError};

/// Seconds after which a client may ask again.
const AGAIN: u32 = 5;

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    document: Value,
}

impl Problem {
    /// A problem with the request as a whole; `detail` says in plain words what was expected.
    pub fn new(reason: RefusalReason, detail: impl Into<String>) -> Self {
        let status = reason.status().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let document = json!({
            "type": format!("urn:vestnik:problem:{reason}"),
            "title": reason.describe(),
            "status": status.as_u16(),
            "detail": detail.into(),
            "reason": reason.as_str(),
        });
        Self { status, document }
    }

    /// A problem with the field that `pointer` names.
    pub fn at(reason: RefusalReason, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(reason, detail);
        problem.document["pointer"] = Value::String(pointer.into());
        problem
    }

    /// A field that is not as it must be.
    pub fn field(pointer: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::at(RefusalReason::InvalidField, pointer, expected)
    }

    /// A field that names something that there is not.
    pub fn unknown_field<'a>(
        pointer: &str,
        what: &str,
        found: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::field(pointer, one_of(what, found, known))
    }

    /// A part of the query that names something that there is not.
    pub fn unknown_in_query<'a>(
        what: &str,
        found: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::new(RefusalReason::InvalidQuery, one_of(what, found, known))
    }

    /// A problem that is written already.
    #[must_use]
    pub fn of_document(status: u16, document: Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, document }
    }

    /// The same problem of a field inside the value at `pointer`.
    #[must_use]
    pub fn within(mut self, pointer: &str) -> Self {
        if let Some(Value::String(inner)) = self.document.get_mut("pointer") {
            inner.insert_str(0, pointer);
        }
        self
    }

    /// The document that is sent.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The field's pointer, where there is one, and what was expected: for a line of a report.
    #[must_use]
    pub fn in_words(&self) -> String {
        let text = |name: &str| self.document.get(name).and_then(Value::as_str).unwrap_or_default();
        match (text("pointer"), text("detail")) {
            ("", "") => text("title").to_owned(),
            ("", detail) => detail.to_owned(),
            (pointer, detail) => format!("{pointer}: {detail}"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.document.to_string();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(AGAIN));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vestnik\""));
        }
        response
    }
}

/// The sender is shown the names that the sender chose.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::at(refusal.reason, refusal.pointer.to_sender(), refusal.detail)
    }
}

impl From<LedgerError> for Problem {
    /// What will pass is 503 and may be asked again; what will not is 500 and goes into the log.
    fn from(error: LedgerError) -> Self {
        if error.is_transient() {
            return Self::new(RefusalReason::Unavailable, "try again in a few seconds");
        }
        error!(error = &error as &dyn std::error::Error, "a request could not be answered");
        Self::new(RefusalReason::Internal, "the operator finds the cause in the log")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        LedgerError::from(error).into()
    }
}

/// What was expected, with all that there is, and what was probably meant.
fn one_of<'a>(what: &str, found: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = did_you_mean(found, known.clone());
    let list = known.into_iter().collect::<Vec<_>>().join(", ");
    format!("expected {what} ({list}){meant}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Pointer;

    #[test]
    fn a_problem_says_what_and_where() {
        let problem = Problem::field("/at", "expected a moment").within("/consents/0");
        assert_eq!(problem.in_words(), "/consents/0/at: expected a moment");
        assert_eq!(problem.document()["type"], "urn:vestnik:problem:invalid_field");
        assert_eq!(problem.document()["status"], 422);
        let response = problem.into_response();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            Problem::new(RefusalReason::NotFound, "").within("/x").in_words(),
            RefusalReason::NotFound.describe()
        );
    }

    #[test]
    fn the_sender_is_shown_the_name_that_the_sender_chose() {
        let pointer = Pointer::default().sent("expire_at");
        let problem = Problem::from(Refusal::at(RefusalReason::InvalidField, pointer, "expected none"));
        assert_eq!(
            (problem.in_words().as_str(), problem.status().as_u16()),
            ("/expire_at: expected none", 422)
        );
        assert_eq!(problem.document()["reason"], "invalid_field");
    }

    #[test]
    fn who_is_to_come_again_is_told_when() {
        let away = Problem::from(LedgerError::from(StoreError::Unavailable("gone".into()))).into_response();
        assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(away.headers()[RETRY_AFTER], "5");
        let broken = Problem::from(LedgerError::NotInCatalogue).into_response();
        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!broken.headers().contains_key(RETRY_AFTER));
    }
}
