//! The words of a citizen's own page, in every language that citizens are written to in. What stands in
//! braces is filled in.

mod en;
mod ru;
mod uk;

use crate::domain::{ConsentOrigin, DayType, Locale};

/// Everything that the page says in one language.
pub struct Words {
    /// The way past what stands above the contents.
    pub skip: &'static str,
    /// What the choice of the page's language is called.
    pub languages: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// What the page is for.
    pub intro: &'static str,
    /// `{moment}`: until when the link is good.
    pub until: &'static str,
    /// Where to write.
    pub channels: Channels,
    /// What to write about.
    pub topics: Topics,
    /// When to write.
    pub hours: HourWords,
    /// In which language to write.
    pub language: Language,
    /// To stop everything.
    pub stop: Stop,
    /// Why messages came.
    pub why: Why,
    /// The copy of one's data.
    pub copy: Copy,
    /// What went wrong.
    pub wrong: Wrongs,
}

/// Where to write.
pub struct Channels {
    /// The heading.
    pub title: &'static str,
    /// How the order works.
    pub hint: &'static str,
    /// That there is no address.
    pub none: &'static str,
    /// `{channel}`: which place the channel has in the order.
    pub place: &'static str,
    /// `{end}`: a number, of which the end is shown.
    pub number: &'static str,
    /// The button.
    pub save: &'static str,
    /// That it is done.
    pub saved: &'static str,
}

/// What to write about.
pub struct Topics {
    /// The heading.
    pub title: &'static str,
    /// What is asked.
    pub legend: &'static str,
    /// That first a channel has to be on.
    pub nowhere: &'static str,
    /// What the law obliges to tell, which follows as a list.
    pub by_law: &'static str,
    /// `{topic}`: that it has settings of its own.
    pub apart: &'static str,
    /// `{topic}`: the button that takes these away.
    pub alike: &'static str,
    /// That it is done.
    pub made_alike: &'static str,
    /// The button.
    pub save: &'static str,
    /// That it is done.
    pub saved: &'static str,
}

/// When to write.
pub struct HourWords {
    /// The heading.
    pub title: &'static str,
    /// `{hours}`: when we write.
    pub lawful: &'static str,
    /// What is asked.
    pub legend: &'static str,
    /// At any of these times.
    pub any: &'static str,
    /// In hours of one's own.
    pub own: &'static str,
    /// How to leave days out.
    pub hint: &'static str,
    /// On workdays, on weekends, on public holidays.
    pub days: [&'static str; 3],
    /// Before the time that hours begin.
    pub from: &'static str,
    /// Before the time that hours end.
    pub until: &'static str,
    /// `{from}`, `{until}`: a span.
    pub span: &'static str,
    /// All day long.
    pub always: &'static str,
    /// On a day on which nothing is sent.
    pub never: &'static str,
    /// The button.
    pub save: &'static str,
    /// That it is done.
    pub saved: &'static str,
}

/// In which language to write.
pub struct Language {
    /// The heading.
    pub title: &'static str,
    /// What is asked.
    pub legend: &'static str,
    /// The button.
    pub save: &'static str,
    /// That it is done.
    pub saved: &'static str,
}

/// To stop everything.
pub struct Stop {
    /// The heading.
    pub title: &'static str,
    /// What it means.
    pub text: &'static str,
    /// The button.
    pub button: &'static str,
    /// That it is done.
    pub stopped: &'static str,
    /// That nothing is sent now.
    pub nowhere: &'static str,
    /// The button that takes it back.
    pub resume: &'static str,
    /// That it was taken back.
    pub resumed: &'static str,
}

/// Why messages came.
pub struct Why {
    /// The heading.
    pub title: &'static str,
    /// That the newest are shown.
    pub intro: &'static str,
    /// That nothing came yet.
    pub none: &'static str,
    /// That the link stood in this message.
    pub this: &'static str,
    /// That its source took it back.
    pub taken_back: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Who told us.
    pub source: &'static str,
    /// By which way it came, and on which ground.
    pub sent: &'static str,
    /// That it stands on the portal alone.
    pub inbox_only: &'static str,
    /// The ground: the law.
    pub law: &'static str,
    /// `{day}`, `{way}`: the ground: consent.
    pub consent: &'static str,
    /// That the consent is not kept any more.
    pub not_kept: &'static str,
}

/// The copy of one's data.
pub struct Copy {
    /// The heading.
    pub title: &'static str,
    /// What is in it.
    pub whole: &'static str,
    /// What is in the one by a link of a message.
    pub part: &'static str,
    /// The link.
    pub link: &'static str,
}

/// What went wrong.
pub struct Wrongs {
    /// The heading.
    pub title: &'static str,
    /// The page was not as the citizen saw it any more.
    pub stale: &'static str,
    /// Nothing that can be understood.
    pub unclear: &'static str,
    /// Too many changes.
    pub too_many: &'static str,
    /// One of two times is missing, or is none.
    pub half: &'static str,
    /// No hours at all.
    pub no_hours: &'static str,
    /// `{hours}`: hours that never open.
    pub never_opens: &'static str,
    /// A language in which we do not write.
    pub no_language: &'static str,
}

impl Words {
    /// The words of this language.
    #[must_use]
    pub fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Ru => &ru::WORDS,
            Locale::Uk => &uk::WORDS,
            Locale::En => &en::WORDS,
        }
    }
}

impl HourWords {
    /// On days of this type.
    #[must_use]
    pub fn on(&self, day: DayType) -> &'static str {
        let [workday, weekend, holiday] = self.days;
        match day {
            DayType::Workday => workday,
            DayType::Weekend => weekend,
            DayType::Holiday => holiday,
        }
    }
}

/// What a language calls itself.
#[must_use]
pub fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::Ru => "Русский",
        Locale::Uk => "Українська",
        Locale::En => "English",
    }
}

/// What citizens call a channel.
#[must_use]
pub fn channel(locale: Locale, id: &str) -> &str {
    match (id, locale) {
        ("sms", _) => "SMS",
        ("viber", _) => "Viber",
        ("telegram", _) => "Telegram",
        ("email", Locale::Ru) => "Электронная почта",
        ("email", Locale::Uk) => "Електронна пошта",
        ("email", Locale::En) => "Email",
        ("portal", Locale::Ru) => "Уведомления портала",
        ("portal", Locale::Uk) => "Сповіщення порталу",
        ("portal", Locale::En) => "Portal notifications",
        (other, _) => other,
    }
}

/// By which way a consent was given.
#[must_use]
pub fn way(locale: Locale, origin: ConsentOrigin) -> &'static str {
    use ConsentOrigin::{Import, InPerson, Law, Portal, Provider, Reply, SingleNumber};
    let [ru, uk, en] = match origin {
        Portal => ["на портале", "на порталі", "on the portal"],
        SingleNumber => ["по телефону", "телефоном", "by phone"],
        InPerson => ["лично, с подписью", "особисто, з підписом", "in person, with a signature"],
        Reply => ["ответом на сообщение", "відповіддю на повідомлення", "by replying to a message"],
        Provider => ["в самом мессенджере", "у самому месенджері", "in the messenger itself"],
        Law => ["по закону", "за законом", "by law"],
        Import => ["через другой реестр", "через інший реєстр", "through another register"],
    };
    match locale {
        Locale::Ru => ru,
        Locale::Uk => uk,
        Locale::En => en,
    }
}

/// What the page says whose link is over or was never ours, in one language: a heading, and what to do.
/// `{phone}` is the single number.
#[must_use]
pub fn over(locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::Ru => (
            "Ссылка больше не действует",
            "Её срок истёк или она скопирована не целиком. Ничего не изменилось. Новая ссылка есть в личном \
             кабинете на портале и будет в нашем следующем письме. Всё это можно сделать и по телефону: {phone}.",
        ),
        Locale::Uk => (
            "Посилання більше не діє",
            "Його строк минув або його скопійовано не повністю. Нічого не змінилося. Нове посилання є в особистому \
             кабінеті на порталі й буде в нашому наступному листі. Усе це можна зробити й телефоном: {phone}.",
        ),
        Locale::En => (
            "This link no longer works",
            "It has expired, or it was copied only in part. Nothing has changed. There is a new link in your \
             account on the portal, and in our next email to you. You can do all of this by phone too: {phone}.",
        ),
    }
}
