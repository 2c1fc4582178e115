//! The messages as they stand on the wire. The published JSON Schema is made from these types, and
//! their comments are its descriptions.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value};
use vestnik_contract::is_id;

use crate::domain::{CitizenId, LifeEventId, MeasureId, Priority, SourceId, SourceRef};

/// `[a-z0-9_-]`, as every configured id.
const ID: &str = "^[a-z0-9_-]{1,64}$";
/// The source's own id of a notification.
const MESSAGE_ID: &str = "^[A-Za-z0-9._:-]{1,128}$";
/// Printable ASCII.
const CITIZEN: &str = "^[!-~]{1,128}$";
/// RFC 3339 `full-date`, of a year that a citizen can make sense of.
const DAY: &str = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$";
/// RFC 3339 `date-time`, in capitals.
const MOMENT: &str = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";

/// An entitlement notification: one fact for one citizen. With the type `supersede` it replaces an
/// earlier one of the same source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "if" = { "properties": { "type": { "const": "supersede" } }, "required": ["type"] },
    "then" = { "properties": { "replaces": { "type": "string" } }, "required": ["replaces"] },
    "else" = { "properties": { "replaces": { "type": "null" } } },
))]
pub(super) struct NotificationBody {
    /// What the message is; a notification where it is absent.
    #[serde(default, rename = "type")]
    pub kind: Option<NotificationKind>,
    /// The source's own id of the notification. The same (source, id) with the same content is the
    /// same notification, however it is spelt and however often it is sent; with another content it
    /// is refused as a conflict.
    #[serde(deserialize_with = "message_id")]
    #[schemars(regex(pattern = MESSAGE_ID))]
    pub id: String,
    /// The registered id of the source that speaks.
    #[schemars(with = "String", regex(pattern = ID))]
    pub source: SourceId,
    /// The citizen, as the registry knows them, such as `snils:11223344595`.
    #[schemars(with = "String", regex(pattern = CITIZEN))]
    pub citizen: CitizenId,
    /// What happened: a life event of the catalogue.
    #[schemars(with = "String", regex(pattern = ID))]
    pub life_event: LifeEventId,
    /// What the citizen may have because of it: a measure of that life event.
    #[schemars(with = "String", regex(pattern = ID))]
    pub measure: MeasureId,
    /// The variables of the measure's template, by name.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// How soon; `normal` where it is absent. `urgent` needs a permission and passes quiet hours.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The day by which the citizen has to act.
    #[serde(default, deserialize_with = "day")]
    #[schemars(with = "Option<String>", regex(pattern = DAY), extend("format" = "date"))]
    pub act_by: Option<Date>,
    /// After this moment it is not sent any more.
    #[serde(default, deserialize_with = "moment")]
    #[schemars(with = "Option<String>", regex(pattern = MOMENT), extend("format" = "date-time"))]
    pub expires_at: Option<Timestamp>,
    /// Before this moment it is not sent.
    #[serde(default, deserialize_with = "moment")]
    #[schemars(with = "Option<String>", regex(pattern = MOMENT), extend("format" = "date-time"))]
    pub not_before: Option<Timestamp>,
    /// The campaign it belongs to, for reports.
    #[serde(default, deserialize_with = "campaign")]
    #[schemars(regex(pattern = ID))]
    pub campaign: Option<String>,
    /// In a `supersede`: the source's id of the notification that this one replaces.
    #[serde(default, deserialize_with = "replaced_id")]
    #[schemars(regex(pattern = MESSAGE_ID))]
    pub replaces: Option<String>,
}

/// The types of message that carry a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum NotificationKind {
    /// A notification.
    Notification,
    /// A notification that replaces an earlier one.
    Supersede,
}

/// Takes a notification back. It may come before the notification itself, which is then not sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelBody {
    /// What the message is.
    #[serde(rename = "type")]
    #[expect(
        dead_code,
        reason = "the reader has looked at it before; here it keeps its place in the schema"
    )]
    kind: CancelKind,
    /// The source's id of the notification to take back.
    #[serde(deserialize_with = "message_id")]
    #[schemars(regex(pattern = MESSAGE_ID))]
    pub id: String,
    /// The registered id of the source that speaks.
    #[schemars(with = "String", regex(pattern = ID))]
    pub source: SourceId,
}

/// The type of message that takes a notification back.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CancelKind {
    /// A cancel.
    Cancel,
}

/// A `CloudEvent` 1.0 in structured mode whose `data` is one of the other messages, whole. Its own
/// `id`, `source` and `type` name the event in the producer's world and are not looked at: the
/// notification's identity is what `data` says. Further attributes are allowed.
#[derive(Deserialize, JsonSchema)]
pub(super) struct CloudEvent {
    /// The version of `CloudEvents`.
    #[expect(dead_code, reason = "read for its form alone")]
    specversion: SpecVersion,
    /// The event's id.
    #[serde(deserialize_with = "attribute")]
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "read for its form alone")]
    id: String,
    /// The event's source.
    #[serde(deserialize_with = "attribute")]
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "read for its form alone")]
    source: String,
    /// The event's type.
    #[serde(rename = "type", deserialize_with = "attribute")]
    #[schemars(length(min = 1))]
    #[expect(dead_code, reason = "read for its form alone")]
    kind: String,
    /// The media type of `data`; JSON where it is absent.
    #[serde(default)]
    #[expect(dead_code, reason = "read for its form alone")]
    datacontenttype: Option<JsonMediaType>,
    /// The message.
    #[schemars(with = "DataBody")]
    pub data: Value,
}

/// Versions of `CloudEvents` that are understood.
#[derive(Deserialize, JsonSchema)]
enum SpecVersion {
    /// 1.0 and its patch releases.
    #[serde(rename = "1.0")]
    One,
}

/// The media type of `data`.
#[derive(Deserialize, JsonSchema)]
enum JsonMediaType {
    /// JSON.
    #[serde(rename = "application/json")]
    Json,
}

/// What a `CloudEvent` may carry; for the schema alone.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the schema is made from it")]
pub(super) enum DataBody {
    /// A notification.
    Notification(Box<NotificationBody>),
    /// A cancel.
    Cancel(CancelBody),
}

/// Every message that is understood; for the schema alone.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Message")]
#[expect(dead_code, reason = "the schema is made from it")]
pub(super) enum AnyBody {
    /// A notification.
    Notification(Box<NotificationBody>),
    /// A cancel.
    Cancel(CancelBody),
    /// Either of them in a `CloudEvent`.
    CloudEvent(CloudEvent),
}

/// What is expected of a field, in words; for the refusal that names it. serde's own messages may
/// quote what was sent.
pub(super) fn expected(field: &str) -> &'static str {
    match field {
        "id" => "a text of 1 to 128 characters of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
        "replaces" => "in a supersede, the id of the notification that it replaces",
        "citizen" => "a citizen id of 1 to 128 printable ASCII characters without spaces",
        "source" | "life_event" | "measure" | "campaign" => {
            "an id of 1 to 64 characters of a-z, 0-9, _ and -"
        }
        "params" => "an object of the template's variables",
        "priority" => "urgent, normal or bulk",
        "act_by" => "a date such as 2026-12-31",
        "expires_at" | "not_before" => "a moment by RFC 3339 such as 2026-12-31T20:59:59Z",
        "type" => "notification, cancel or supersede",
        "specversion" => "1.0",
        "datacontenttype" => "application/json",
        "data" => "a notification, a cancel or a supersede",
        _ => "an object with the fields of a notification",
    }
}

/// What is expected of a field of the [`CloudEvent`] itself.
pub(super) fn expected_of_event(field: &str) -> &'static str {
    match field {
        "id" | "source" | "type" => "a text that is not empty",
        "specversion" | "datacontenttype" | "data" => expected(field),
        _ => "an object with the attributes of a CloudEvent",
    }
}

fn message_id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let id = String::deserialize(from)?;
    if SourceRef::is_valid_id(&id) { Ok(id) } else { Err(D::Error::custom(expected("id"))) }
}

fn replaced_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(from)?;
    let valid = id.as_deref().is_none_or(SourceRef::is_valid_id);
    if valid { Ok(id) } else { Err(D::Error::custom(expected("replaces"))) }
}

fn campaign<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(from)?;
    if id.as_deref().is_none_or(is_id) { Ok(id) } else { Err(D::Error::custom(expected("campaign"))) }
}

fn attribute<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Err(D::Error::custom("a text")) } else { Ok(text) }
}

fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let date = is_like(&text, "0000-00-00").then(|| text.parse().ok()).flatten();
    date.filter(|date| is_sensible(*date)).map(Some).ok_or_else(|| D::Error::custom(expected("act_by")))
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let moment = is_rfc3339(&text).then(|| text.parse().ok()).flatten();
    moment.map(Some).ok_or_else(|| D::Error::custom(expected("expires_at")))
}

fn is_sensible(date: Date) -> bool {
    (1900..=2199).contains(&date.year())
}

/// RFC 3339 `date-time`; jiff alone reads other forms of ISO 8601 too.
fn is_rfc3339(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let fraction = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let offset = match fraction {
        None => rest,
        Some(digits @ 1..=9) => &rest[1 + digits..],
        Some(_) => return false,
    };
    let day = seconds.get(..10).and_then(|day| day.parse().ok());
    is_like(seconds, "0000-00-00T00:00:00")
        && day.is_some_and(is_sensible)
        && (offset == "Z" || is_like(offset, "+00:00") || is_like(offset, "-00:00"))
}

/// Whether the text has a digit wherever `pattern` has a 0, and else the same characters.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(found, like)| match like {
            b'0' => found.is_ascii_digit(),
            other => found == other,
        })
}
