//! What Telegram brings in a poll (Bot API, "Getting updates"). Pure.
//!
//! Only the fields that we need are read, each by itself, so that what Telegram adds one day cannot
//! hide a citizen's STOP.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use vestnik_contract::{Address, Event, Inbound, InboundContent, SendError, SendErrorKind};

use crate::link::start_token;
use crate::request::address;
use crate::response::{Answer, success};

/// The updates of one poll.
#[derive(Debug)]
pub(crate) struct Page {
    /// The offset that confirms them all.
    pub(crate) next_offset: u32,
    /// What they say. Updates that say nothing to us give no event.
    pub(crate) events: Vec<Event>,
}

/// Reads the answer to `getUpdates`; `None` if the poll ended without an update. An update without
/// a number cannot be confirmed and makes the answer unusable.
pub(crate) fn page(answer: &Answer) -> Result<Option<Page>, SendError> {
    let updates: Vec<Value> = success(answer)?;
    let ids = updates.iter().map(update_id).collect::<Option<Vec<_>>>();
    let ids = ids.ok_or_else(|| SendError::new(SendErrorKind::Unavailable).code("update_without_id"))?;
    let Some(last) = ids.iter().max() else { return Ok(None) };
    let next_offset = last + 1;
    let events = ids.iter().zip(updates).filter_map(|(id, update)| event(*id, update)).collect();
    Ok(Some(Page { next_offset, events }))
}

/// A number of 31 bits, of which the next one is a number too.
fn update_id(update: &Value) -> Option<u32> {
    let id = update.get("update_id")?.as_u64()?;
    u32::try_from(id).ok().filter(|id| *id < i32::MAX.unsigned_abs())
}

#[derive(Deserialize)]
struct Message {
    chat: Chat,
    /// Seconds since 1970.
    date: Option<i64>,
    text: String,
}

#[derive(Deserialize)]
struct MyChatMember {
    chat: Chat,
    date: Option<i64>,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: String,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

impl Chat {
    /// The address, if this is a chat with one person.
    fn person(&self) -> Option<Address> {
        if self.kind == "private" { address(&self.id.to_string()) } else { None }
    }
}

fn event(id: u32, mut update: Value) -> Option<Event> {
    let (chat, date, content) = match update.as_object_mut()? {
        fields if fields.contains_key("message") => {
            let message: Message = serde_json::from_value(fields.remove("message")?).ok()?;
            (message.chat, message.date, words(message.text))
        }
        fields => {
            let change: MyChatMember = serde_json::from_value(fields.remove("my_chat_member")?).ok()?;
            (change.chat, change.date, membership(&change.new_chat_member.status)?)
        }
    };
    let at = date.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Some(Event::Inbound(Inbound { key: id.to_string(), sender: chat.person()?, content, at }))
}

fn words(text: String) -> InboundContent {
    match start_token(&text) {
        Some(token) => InboundContent::Link { token: token.to_owned() },
        None => InboundContent::Text(text),
    }
}

/// In a private chat the bot's membership changes only when the citizen blocks or unblocks it.
fn membership(status: &str) -> Option<InboundContent> {
    match status {
        "kicked" => Some(InboundContent::Blocked),
        "member" => Some(InboundContent::Unblocked),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(updates: &Value) -> Result<Option<Page>, SendError> {
        let body = json!({ "ok": true, "result": updates }).to_string().into_bytes();
        page(&Answer { status: 200, body })
    }

    /// The content of one update that stands alone in its poll.
    fn content(said: &Value) -> Option<InboundContent> {
        let mut update = said.clone();
        update["update_id"] = 10.into();
        let page = read(&json!([update])).unwrap().unwrap();
        assert_eq!(page.next_offset, 11);
        page.events.into_iter().next().map(|event| match event {
            Event::Inbound(inbound) => {
                assert_eq!((inbound.key.as_str(), inbound.sender), ("10", Address::new("5")));
                assert_eq!(inbound.at, Timestamp::from_second(7).ok());
                inbound.content
            }
            Event::Receipt(_) => panic!("telegram gives no receipts"),
        })
    }

    #[test]
    fn private_chats_speak_link_block_and_come_back() {
        let person = json!({ "id": 5, "type": "private", "first_name": "N" });
        let group = json!({ "id": -5, "type": "group", "title": "G" });
        let message = |chat: &Value, text: &str| json!({ "message": { "message_id": 1, "chat": chat, "date": 7, "text": text } });
        let member = |chat: &Value, status: &str| json!({ "my_chat_member": { "chat": chat, "date": 7, "new_chat_member": { "status": status } } });
        let text = |text: &str| Some(InboundContent::Text(text.into()));
        for (said, expected) in [
            (message(&person, "СТОП"), text("СТОП")),
            (message(&person, "/start"), text("/start")),
            (message(&person, "/start tok-1"), Some(InboundContent::Link { token: "tok-1".into() })),
            (message(&group, "СТОП"), None),
            (member(&person, "kicked"), Some(InboundContent::Blocked)),
            (member(&person, "member"), Some(InboundContent::Unblocked)),
            (member(&person, "restricted"), None),
            (member(&group, "kicked"), None),
            (json!({ "message": { "chat": person, "date": 7, "photo": [] } }), None),
            (
                json!({ "message": { "chat": person, "date": 7, "text": "СТОП", "new_thing": { "a": [1] } } }),
                text("СТОП"),
            ),
            (json!({ "poll_answer": {} }), None),
            (json!({ "message": 5 }), None),
        ] {
            assert_eq!(content(&said), expected, "{said}");
        }
    }

    #[test]
    fn a_page_is_confirmed_by_its_greatest_number() {
        assert!(read(&json!([])).unwrap().is_none());
        let page = read(&json!([{ "update_id": 8 }, { "update_id": 9 }])).unwrap().unwrap();
        assert_eq!((page.next_offset, page.events.len()), (10, 0));
        for bad in [
            json!([{}]),
            json!([{ "update_id": -1 }]),
            json!([{ "update_id": 4_294_967_295_u32 }]),
            json!([1]),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refused_poll_is_an_error() {
        let body = br#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#.to_vec();
        assert_eq!(page(&Answer { status: 401, body }).unwrap_err().kind(), SendErrorKind::Misconfigured);
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(status: u16, body: Vec<u8>) {
            let _ = page(&Answer { status, body });
        }

        #[test]
        fn no_update_is_a_panic(id: u64, chat: i64, date: i64, text in "\\PC{0,40}", kind in "(private|group)") {
            let chat = json!({ "id": chat, "type": kind });
            let _ = read(&json!([{ "update_id": id, "message": { "chat": chat, "date": date, "text": text } }]));
        }
    }
}
