//! The sandbox against a client that is not ours: teloxide must understand every answer.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Arc;
use std::time::Duration;

use teloxide_core::prelude::*;
use teloxide_core::types::{ChatMemberStatus, Seconds, UpdateKind};
use teloxide_core::{ApiError, Bot, RequestError};
use tokio::task::JoinSet;
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_telegram::sandbox::{SandboxOptions, TelegramSandbox};

const TOKEN: &str = "123456789:AAE-sandbox_token";
const CITIZEN: ChatId = ChatId(7_000_000_001);

async fn sandbox() -> (Arc<TelegramSandbox>, Bot, JoinSet<()>) {
    let options = SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        token: TOKEN.into(),
        bot: "minsoc_bot".into(),
        keep: 10,
        clock: Arc::new(|| "2026-11-22T10:00:00Z".parse().unwrap()),
    };
    let (sandbox, driver, url) = TelegramSandbox::start(options).await.unwrap();
    let mut running = JoinSet::new();
    running.spawn(driver);
    (sandbox, Bot::new(TOKEN).set_api_url(url), running)
}

#[tokio::test]
async fn teloxide_sends_and_understands_refusals() {
    let (sandbox, bot, _running) = sandbox().await;
    assert_eq!(bot.get_me().await.unwrap().username(), "minsoc_bot");
    let sent = bot.send_message(CITIZEN, "Дякую").await.unwrap();
    assert_eq!((sent.text(), sent.chat.id), (Some("Дякую"), CITIZEN));
    assert_eq!(sandbox.screen().messages(None)[0].reference, sent.id.0.to_string());

    sandbox.faults().next(1, Fault::Throttle(Duration::from_secs(7)));
    let error = bot.send_message(CITIZEN, "t").await.unwrap_err();
    assert!(matches!(error, RequestError::RetryAfter(wait) if wait == Seconds::from_seconds(7)), "{error}");
    for (fault, expected) in [
        (Fault::Blocked, ApiError::BotBlocked),
        (Fault::Rejected, ApiError::MessageIsTooLong),
        (Fault::WrongToken, ApiError::InvalidToken),
    ] {
        sandbox.faults().next(1, fault);
        let error = bot.send_message(CITIZEN, "t").await.unwrap_err();
        assert!(matches!(&error, RequestError::Api(said) if *said == expected), "{error}");
    }
    let error = bot.send_message(ChatId(-5), "t").await.unwrap_err();
    assert!(matches!(error, RequestError::Api(ApiError::ChatNotFound)), "{error}");
}

#[tokio::test]
async fn teloxide_polls_every_kind_of_update() {
    let (sandbox, bot, _running) = sandbox().await;
    bot.delete_webhook().await.unwrap();
    sandbox.open("7000000001", "token").await;
    sandbox.block("7000000001", true).await;
    sandbox.block("7000000001", false).await;
    let updates = bot.get_updates().timeout(5).await.unwrap();
    let UpdateKind::Message(start) = &updates[0].kind else { panic!("{:?}", updates[0]) };
    assert_eq!(start.text(), Some("/start token"));
    for (update, status) in [(&updates[1], ChatMemberStatus::Banned), (&updates[2], ChatMemberStatus::Member)]
    {
        let UpdateKind::MyChatMember(change) = &update.kind else { panic!("{update:?}") };
        assert_eq!(change.new_chat_member.status(), status);
    }
    let next = updates[2].id.as_offset();
    assert!(bot.get_updates().offset(next).await.unwrap().is_empty());
}
