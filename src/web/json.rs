//! Bodies in JSON, read strictly: an unknown field is refused with the known one that is nearest,
//! and a refusal names the place and what was expected there, never the value that was sent.

use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::intake::json;
use crate::intake::strict::Expected;

/// Reads a body.
pub fn read<T: DeserializeOwned>(body: &[u8], expected: Expected) -> Result<T, Problem> {
    Ok(json::read(body, expected).and_then(|value| json::typed(&value, expected))?)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is looked at")]
    struct Body {
        locale: String,
        #[serde(default)]
        consents: Vec<Consent>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is looked at")]
    struct Consent {
        action: Action,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Action {
        Granted,
    }

    fn expected(field: &str) -> &'static str {
        match field {
            "action" => "granted or withdrawn",
            "locale" => "ru, uk or en",
            _ => "an object",
        }
    }

    #[test]
    fn a_refusal_names_the_place_and_never_the_value() {
        let table = [
            ("", "expected JSON; it stops being JSON at line 1 column 0"),
            ("{\"locale\":\"uk\"} secret", "expected JSON; it stops being JSON at line 1 column 17"),
            ("[]", "expected an object"),
            (" [\"uk\", []]", "expected an object"),
            ("17", ": expected an object"),
            ("{}", "/locale: locale is missing; expected ru, uk or en"),
            (r#"{"locale":"uk","locale":"secret"}"#, "/locale: expected the field once"),
            (
                r#"{"locale":"uk","consents":[{"action":"granted","action":"granted"}]}"#,
                "/consents/0/action: expected the field once",
            ),
            (r#"{"locale":"uk","consents":[["granted"]]}"#, "/consents/0: expected an object"),
            (r#"{"locale":["secret"]}"#, "/locale: expected ru, uk or en"),
            (r#"{"locale":"uk","consent":[]}"#, "/consent: expected no such field; did you mean consents?"),
            (r#"{"x":1}"#, "/x: expected no such field; there are locale, consents"),
            (
                r#"{"locale":"uk","consents":[{}]}"#,
                "/consents/0/action: action is missing; expected granted or withdrawn",
            ),
            (
                r#"{"locale":"uk","consents":[{"action":"granted"},{"action":"secret"}]}"#,
                "/consents/1/action: expected granted or withdrawn",
            ),
            (
                r#"{"locale":"uk","consents":[{"action":"granted","at":1}]}"#,
                "/consents/0/at: expected no such field; there are action",
            ),
        ];
        for (body, words) in table {
            let problem = read::<Body>(body.as_bytes(), expected).unwrap_err();
            assert_eq!(problem.in_words(), words.trim_start_matches(": "), "{body}");
            assert!(!problem.document().to_string().contains("secret"), "{problem:?}");
        }
        assert!(read::<Body>(b"\xff\xfe", expected).is_err());
        assert!(read::<Body>(" {\"locale\":\"uk\"}\n".as_bytes(), expected).is_ok());
    }
}
