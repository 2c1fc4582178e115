//! The words of a citizen's own page, in every language that citizens are written to in. What stands in
//! braces is filled in.

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
            Locale::Ru => &RU,
            Locale::Uk => &UK,
            Locale::En => &EN,
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
        ("portal", Locale::En) => "Notifications of the portal",
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
        Law => ["в силу закона", "в силу закону", "by force of law"],
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
             кабинете на портале и будет в нашем следующем письме. Всё то же можно сделать по телефону: {phone}.",
        ),
        Locale::Uk => (
            "Посилання більше не діє",
            "Його строк минув або його скопійовано не повністю. Нічого не змінилося. Нове посилання є в особистому \
             кабінеті на порталі й буде в нашому наступному листі. Усе те саме можна зробити телефоном: {phone}.",
        ),
        Locale::En => (
            "This link is no longer good",
            "Its time is over, or it was copied only in part. Nothing has changed. You find a new link in your \
             account on the portal and in our next mail to you. You can do all of it by phone too: {phone}.",
        ),
    }
}

/// What the page says when nothing can be read or changed just now.
#[must_use]
pub fn away(locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::Ru => (
            "Сейчас не получилось",
            "Мы не смогли выполнить вашу просьбу. Пожалуйста, попробуйте через несколько минут.",
        ),
        Locale::Uk => (
            "Зараз не вдалося",
            "Ми не змогли виконати ваше прохання. Будь ласка, спробуйте за кілька хвилин.",
        ),
        Locale::En => {
            ("It did not work just now", "We could not do what you asked. Please try again in a few minutes.")
        }
    }
}

const RU: Words = Words {
    skip: "Перейти к содержанию",
    languages: "Язык этой страницы",
    heading: "Как мы вам пишем",
    intro: "Здесь видно и можно изменить, где, о чём и когда мы вам пишем. Изменения действуют сразу; сообщение, \
            которое уже в пути, ещё может прийти. Всё, что мы вам пишем, есть и в личном кабинете на портале.",
    until: "Ссылка на эту страницу действует до {moment}. Она только для вас: никому её не передавайте.",
    channels: Channels {
        title: "Где писать",
        hint: "Сначала пишем туда, что стоит первым. Если сообщение не дошло, пробуем следующее.",
        none: "У нас нет адреса, на который можно вам писать. Укажите его на портале или по телефону.",
        place: "Место в очереди: {channel}",
        number: "номер оканчивается на {end}",
        save: "Сохранить, где писать",
        saved: "Сохранено, где вам писать.",
    },
    topics: Topics {
        title: "О чём писать",
        legend: "Пишите мне на темы:",
        nowhere: "Сейчас мы нигде вам не пишем. Сначала отметьте выше, где писать.",
        by_law: "О чём мы обязаны сообщить по закону, даже если тема выключена",
        apart: "Для темы «{topic}» у вас особые настройки: где, когда или на каком языке писать.",
        alike: "Писать о теме «{topic}» как обо всём остальном",
        made_alike: "Сохранено: особых настроек для этой темы больше нет.",
        save: "Сохранить темы",
        saved: "Сохранено, о чём вам писать.",
    },
    hours: HourWords {
        title: "Когда писать",
        lawful: "Мы пишем: {hours}.",
        legend: "Пишите мне:",
        any: "в любое разрешённое время",
        own: "только в эти часы по моему времени:",
        hint: "Если в какие-то дни писать не нужно, оставьте оба поля пустыми.",
        days: ["по будням", "по выходным", "по праздникам"],
        from: "с",
        until: "до",
        span: "с {from} до {until}",
        always: "круглые сутки",
        never: "нет",
        save: "Сохранить часы",
        saved: "Сохранено, когда вам писать.",
    },
    language: Language {
        title: "На каком языке писать",
        legend: "Язык сообщений:",
        save: "Сохранить язык",
        saved: "Сохранено, на каком языке вам писать.",
    },
    stop: Stop {
        title: "Ничего не писать",
        text: "Мы перестанем писать вам везде, кроме того, о чём обязаны сообщить по закону. Всё остальное вы найдёте \
               в личном кабинете на портале. Это можно отменить.",
        button: "Больше ничего мне не писать",
        stopped: "Готово. Мы больше не будем писать вам, кроме того, о чём обязаны сообщить по закону.",
        nowhere: "Сейчас мы нигде вам не пишем, кроме того, о чём обязаны сообщить по закону. Включить сообщения \
                  можно выше, в части «Где писать».",
        resume: "Писать снова, как раньше",
        resumed: "Готово. Мы снова будем писать вам, как раньше.",
    },
    why: Why {
        title: "Почему мне это пришло?",
        intro: "Последние сообщения для вас, от новых к старым.",
        none: "Мы ещё ничего вам не присылали.",
        this: "Вы пришли сюда из этого сообщения",
        taken_back: "Отозвано: тот, кто сообщил нам об этом, взял это назад.",
        about: "О чём",
        source: "Кто нам об этом сообщил",
        sent: "Как отправлено и на каком основании",
        inbox_only: "Пока только в личном кабинете на портале",
        law: "сообщить об этом нас обязывает закон",
        consent: "вы согласились {day}, {way}",
        not_kept: "запись о согласии больше не хранится",
    },
    copy: Copy {
        title: "Копия ваших данных",
        whole: "Файл с тем, что мы о вас храним: язык и часовой пояс, адреса, согласия и отказы, настройки и \
                сообщения. То, что вы нам писали, — по запросу по телефону.",
        part: "Файл с тем, что мы о вас храним: язык и часовой пояс, согласия и отказы, настройки и заголовки \
               сообщений. Ссылка пришла в письме, и открыть её может любой, у кого есть это письмо, поэтому адресов и \
               текстов в файле нет. Полная копия — на этой же странице, если открыть её из личного кабинета.",
        link: "Скачать файл (JSON)",
    },
    wrong: Wrongs {
        title: "Не сохранено",
        stale: "Пока страница была открыта, настройки изменились. Ниже — как есть сейчас. Проверьте и сохраните ещё \
                раз.",
        unclear: "Мы не поняли, что нужно изменить. Проверьте и сохраните ещё раз.",
        too_many: "Слишком много изменений за час. Попробуйте позже или позвоните нам. Остановить сообщения можно и \
                   сейчас.",
        half: "Укажите и начало, и конец, например с 10:00 до 18:00, или оставьте оба поля пустыми.",
        no_hours: "Укажите часы хотя бы для одних дней. Если писать не нужно совсем, воспользуйтесь частью «Ничего не \
                   писать».",
        never_opens: "В эти часы мы не пишем. Выберите время, которое хотя бы частично входит в наши часы: \
                      {hours}.",
        no_language: "Выберите один из языков.",
    },
};

const UK: Words = Words {
    skip: "Перейти до змісту",
    languages: "Мова цієї сторінки",
    heading: "Як ми вам пишемо",
    intro: "Тут видно й можна змінити, де, про що й коли ми вам пишемо. Зміни діють одразу; повідомлення, яке вже в \
            дорозі, ще може надійти. Усе, що ми вам пишемо, є і в особистому кабінеті на порталі.",
    until: "Посилання на цю сторінку діє до {moment}. Воно лише для вас: нікому його не передавайте.",
    channels: Channels {
        title: "Де писати",
        hint: "Спочатку пишемо туди, що стоїть першим. Якщо повідомлення не дійшло, пробуємо наступне.",
        none: "У нас немає адреси, на яку можна вам писати. Вкажіть її на порталі або телефоном.",
        place: "Місце в черзі: {channel}",
        number: "номер закінчується на {end}",
        save: "Зберегти, де писати",
        saved: "Збережено, де вам писати.",
    },
    topics: Topics {
        title: "Про що писати",
        legend: "Пишіть мені на теми:",
        nowhere: "Зараз ми ніде вам не пишемо. Спочатку позначте вище, де писати.",
        by_law: "Про що ми зобов’язані повідомити за законом, навіть якщо тему вимкнено",
        apart: "Для теми «{topic}» у вас особливі налаштування: де, коли або якою мовою писати.",
        alike: "Писати про тему «{topic}» як про все інше",
        made_alike: "Збережено: особливих налаштувань для цієї теми більше немає.",
        save: "Зберегти теми",
        saved: "Збережено, про що вам писати.",
    },
    hours: HourWords {
        title: "Коли писати",
        lawful: "Ми пишемо: {hours}.",
        legend: "Пишіть мені:",
        any: "у будь-який дозволений час",
        own: "лише в ці години за моїм часом:",
        hint: "Якщо в якісь дні писати не треба, залиште обидва поля порожніми.",
        days: ["у будні", "у вихідні", "у свята"],
        from: "з",
        until: "до",
        span: "з {from} до {until}",
        always: "цілодобово",
        never: "ні",
        save: "Зберегти години",
        saved: "Збережено, коли вам писати.",
    },
    language: Language {
        title: "Якою мовою писати",
        legend: "Мова повідомлень:",
        save: "Зберегти мову",
        saved: "Збережено, якою мовою вам писати.",
    },
    stop: Stop {
        title: "Нічого не писати",
        text: "Ми перестанемо писати вам усюди, крім того, про що зобов’язані повідомити за законом. Усе інше ви \
               знайдете в особистому кабінеті на порталі. Це можна скасувати.",
        button: "Більше нічого мені не писати",
        stopped: "Готово. Ми більше не писатимемо вам, крім того, про що зобов’язані повідомити за законом.",
        nowhere: "Зараз ми ніде вам не пишемо, крім того, про що зобов’язані повідомити за законом. Увімкнути \
                  повідомлення можна вище, у частині «Де писати».",
        resume: "Писати знову, як раніше",
        resumed: "Готово. Ми знову писатимемо вам, як раніше.",
    },
    why: Why {
        title: "Чому мені це надійшло?",
        intro: "Останні повідомлення для вас, від нових до старих.",
        none: "Ми ще нічого вам не надсилали.",
        this: "Ви прийшли сюди з цього повідомлення",
        taken_back: "Відкликано: той, хто повідомив нам про це, забрав це назад.",
        about: "Про що",
        source: "Хто нам про це повідомив",
        sent: "Як надіслано і на якій підставі",
        inbox_only: "Поки лише в особистому кабінеті на порталі",
        law: "повідомити про це нас зобов’язує закон",
        consent: "ви погодилися {day}, {way}",
        not_kept: "запис про згоду більше не зберігається",
    },
    copy: Copy {
        title: "Копія ваших даних",
        whole: "Файл із тим, що ми про вас зберігаємо: мова й часовий пояс, адреси, згоди та відмови, налаштування й \
                повідомлення. Те, що ви нам писали, — на запит телефоном.",
        part: "Файл із тим, що ми про вас зберігаємо: мова й часовий пояс, згоди та відмови, налаштування й заголовки \
               повідомлень. Посилання надійшло в листі, і відкрити його може кожен, хто має цей лист, тому адрес і \
               текстів у файлі немає. Повна копія — на цій самій сторінці, якщо відкрити її з особистого кабінету.",
        link: "Завантажити файл (JSON)",
    },
    wrong: Wrongs {
        title: "Не збережено",
        stale: "Поки сторінка була відкрита, налаштування змінилися. Нижче — як є зараз. Перевірте й збережіть ще раз.",
        unclear: "Ми не зрозуміли, що треба змінити. Перевірте й збережіть ще раз.",
        too_many: "Забагато змін за годину. Спробуйте пізніше або зателефонуйте нам. Зупинити повідомлення можна й \
                   зараз.",
        half: "Вкажіть і початок, і кінець, наприклад з 10:00 до 18:00, або залиште обидва поля порожніми.",
        no_hours: "Вкажіть години хоча б для одних днів. Якщо писати не треба зовсім, скористайтеся частиною «Нічого \
                   не писати».",
        never_opens: "У ці години ми не пишемо. Виберіть час, який хоча б частково входить у наші години: \
                      {hours}.",
        no_language: "Виберіть одну з мов.",
    },
};

const EN: Words = Words {
    skip: "Skip to the contents",
    languages: "Language of this page",
    heading: "How we write to you",
    intro: "Here you see, and can change, where, about what and when we write to you. Changes count at once; a message \
            that is on its way may still arrive. Everything we write to you is also in your account on the portal.",
    until: "The link to this page is good until {moment}. It is for you alone: please pass it on to nobody.",
    channels: Channels {
        title: "Where to write",
        hint: "We write first to what stands first. If a message does not arrive, we try the next.",
        none: "We have no address at which we may write to you. You can add one on the portal or by phone.",
        place: "Place in the order: {channel}",
        number: "the number ending in {end}",
        save: "Save where to write",
        saved: "Saved where to write to you.",
    },
    topics: Topics {
        title: "What to write about",
        legend: "Write to me about:",
        nowhere: "We write to you nowhere now. First choose above where to write.",
        by_law: "What the law obliges us to tell you, even when its topic is off",
        apart: "For “{topic}” you have special settings: where, when or in which language to write.",
        alike: "Write about “{topic}” as about everything else",
        made_alike: "Saved: there are no special settings for this topic any more.",
        save: "Save the topics",
        saved: "Saved what to write to you about.",
    },
    hours: HourWords {
        title: "When to write",
        lawful: "We write: {hours}.",
        legend: "Write to me:",
        any: "at any time that is allowed",
        own: "only in these hours by my time:",
        hint: "If we should not write on some days, leave both fields empty.",
        days: ["on workdays", "on weekends", "on public holidays"],
        from: "from",
        until: "until",
        span: "from {from} until {until}",
        always: "at any hour",
        never: "never",
        save: "Save the hours",
        saved: "Saved when to write to you.",
    },
    language: Language {
        title: "Which language to write in",
        legend: "Language of the messages:",
        save: "Save the language",
        saved: "Saved which language to write to you in.",
    },
    stop: Stop {
        title: "Write nothing",
        text: "We will stop writing to you everywhere, except for what the law obliges us to tell. You find everything \
               else in your account on the portal. You can undo this.",
        button: "Write nothing to me any more",
        stopped: "Done. We will not write to you any more, except for what the law obliges us to tell.",
        nowhere: "We write to you nowhere now, except for what the law obliges us to tell. You can turn messages on \
                  above, under “Where to write”.",
        resume: "Write again as before",
        resumed: "Done. We will write to you again as before.",
    },
    why: Why {
        title: "Why did I get this?",
        intro: "The latest messages for you, the newest first.",
        none: "We have not sent you anything yet.",
        this: "You came here from this message",
        taken_back: "Taken back by who told us of it.",
        about: "About what",
        source: "Who told us of it",
        sent: "How it was sent, and on which ground",
        inbox_only: "So far in your account on the portal alone",
        law: "the law obliges us to tell you",
        consent: "you agreed on {day}, {way}",
        not_kept: "the record of your consent is not kept any more",
    },
    copy: Copy {
        title: "A copy of your data",
        whole: "A file with what we keep about you: language and time zone, addresses, what you agreed to and refused, \
                settings and messages. For what you wrote to us please call.",
        part: "A file with what we keep about you: language and time zone, what you agreed to and refused, settings \
               and the headings of messages. The link came in a mail, and whoever has the mail can open it, so there are \
               no addresses and no texts in the file. The whole copy is on this same page when you open it from your \
               account on the portal.",
        link: "Download the file (JSON)",
    },
    wrong: Wrongs {
        title: "Not saved",
        stale: "The settings changed while the page was open. Below is how they are now. Please check and save once \
                more.",
        unclear: "We did not understand what to change. Please check and save once more.",
        too_many: "That is too many changes within an hour. Please try later, or call us. You can still stop messages \
                   now.",
        half: "Please fill in both the beginning and the end, such as from 10:00 until 18:00, or leave both fields \
               empty.",
        no_hours: "Please fill in hours for some days at least. If we should not write at all, use “Write nothing” below.",
        never_opens: "We do not write in these hours. Please choose a time of which at least a part is within ours: \
                      {hours}.",
        no_language: "Please choose one of the languages.",
    },
};
