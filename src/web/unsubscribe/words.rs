//! The words of the unsubscribe pages, in every language that citizens are written to in.

use vestnik_contract::ChannelId;

use super::page::Page;
use crate::domain::Locale;
use crate::web::html;

/// The words about one channel in one language.
pub struct Words {
    locale: Locale,
    way: &'static str,
}

impl Words {
    /// The words about this channel.
    #[must_use]
    pub fn of(locale: Locale, channel: &ChannelId) -> Self {
        Self { locale, way: way(locale, channel) }
    }

    /// Asks whether to stop.
    #[must_use]
    pub fn question(&self) -> Page {
        let way = self.way;
        let (heading, text, button) = match self.locale {
            Locale::Ru => (
                "Остановить сообщения?",
                vec![
                    format!(
                        "Мы пишем вам {way} о пособиях, льготах и важных сроках. Если вы нажмёте кнопку, \
                             таких сообщений {way} больше не будет."
                    ),
                    "О том, что вам положено, можно и дальше читать в личном кабинете на портале. Если \
                     сообщить о чём-то нас обязывает закон, мы всё же можем вам написать."
                        .to_owned(),
                ],
                format!("Больше не писать {way}"),
            ),
            Locale::Uk => (
                "Зупинити повідомлення?",
                vec![
                    format!(
                        "Ми пишемо вам {way} про допомогу, пільги та важливі строки. Якщо ви натиснете \
                             кнопку, таких повідомлень {way} більше не буде."
                    ),
                    "Про те, на що ви маєте право, можна й надалі читати в особистому кабінеті на порталі. \
                     Якщо про щось повідомити нас зобов’язує закон, ми все ж можемо вам написати."
                        .to_owned(),
                ],
                format!("Більше не писати {way}"),
            ),
            Locale::En => (
                "Stop these messages?",
                vec![
                    format!(
                        "We write to you {way} about benefits and important dates. If you press the button, \
                             no more such messages will come {way}."
                    ),
                    "You can still read about your benefits in your account on the portal. What the law \
                     requires us to tell you may still come."
                        .to_owned(),
                ],
                format!("Do not write to me {way}"),
            ),
        };
        page(heading, text, Some(button))
    }

    /// Says what was stopped, and how to have it again.
    #[must_use]
    pub fn done(&self) -> Page {
        let way = self.way;
        let (heading, text) = match self.locale {
            Locale::Ru => (
                "Готово",
                [
                    format!(
                        "Мы больше не будем писать вам {way}, кроме того, о чём нас обязывает сообщить \
                             закон. Сообщение, которое уже в пути, ещё может прийти."
                    ),
                    "Передумали? Включите сообщения снова в личном кабинете на портале или позвоните нам."
                        .to_owned(),
                ],
            ),
            Locale::Uk => (
                "Готово",
                [
                    format!(
                        "Ми більше не писатимемо вам {way}, крім того, про що нас зобов’язує повідомити \
                             закон. Повідомлення, яке вже в дорозі, ще може надійти."
                    ),
                    "Передумали? Увімкніть повідомлення знову в особистому кабінеті на порталі або \
                     зателефонуйте нам."
                        .to_owned(),
                ],
            ),
            Locale::En => (
                "Done",
                [
                    format!(
                        "We will not write to you {way} any more, except for what the law requires us to \
                             tell you. A message that is on its way may still arrive."
                    ),
                    "Changed your mind? Turn messages on again in your account on the portal, or call us."
                        .to_owned(),
                ],
            ),
        };
        page(heading, text.into(), None)
    }

    /// Says that the address leads nowhere.
    #[must_use]
    pub fn unknown(locale: Locale) -> Page {
        let (heading, text) = match locale {
            Locale::Ru => (
                "Ссылка не работает",
                "Откройте ссылку из письма ещё раз: возможно, она скопирована не целиком. Ничего не \
                 изменилось.",
            ),
            Locale::Uk => (
                "Посилання не працює",
                "Відкрийте посилання з листа ще раз: можливо, його скопійовано не повністю. Нічого не \
                 змінилося.",
            ),
            Locale::En => (
                "This link does not work",
                "Open the link in the message again: it may have been copied only in part. Nothing \
                 has changed.",
            ),
        };
        page(heading, vec![text.to_owned()], None)
    }

    /// Says that it cannot be done just now.
    #[must_use]
    pub fn away(locale: Locale) -> Page {
        let (heading, text) = html::away(locale);
        page(heading, vec![text.to_owned()], None)
    }
}

fn page(heading: &str, text: Vec<String>, button: Option<String>) -> Page {
    Page { heading: heading.to_owned(), text, button }
}

/// By which way: a phrase that follows "write".
fn way(locale: Locale, channel: &ChannelId) -> &'static str {
    match (channel.as_str(), locale) {
        ("email", Locale::Ru) => "по электронной почте",
        ("email", Locale::Uk) => "електронною поштою",
        ("email", Locale::En) => "by email",
        ("sms", Locale::Ru | Locale::Uk) => "в SMS",
        ("sms", Locale::En) => "by SMS",
        ("viber", Locale::Ru) => "в Viber",
        ("viber", Locale::Uk) => "у Viber",
        ("viber", Locale::En) => "on Viber",
        ("telegram", Locale::Ru) => "в Telegram",
        ("telegram", Locale::Uk) => "у Telegram",
        ("telegram", Locale::En) => "on Telegram",
        (_, Locale::Ru) => "этим способом",
        (_, Locale::Uk) => "у цей спосіб",
        (_, Locale::En) => "in this way",
    }
}
