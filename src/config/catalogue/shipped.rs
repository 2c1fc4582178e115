//! The words of the shipped catalogue, held to what its comments promise.

use vestnik_contract::TextLength;

use super::*;
use crate::domain::{Class, NoticeId, Params, Template};
use crate::notice::{Body, CheckCode, CheckKey, ItemText, Rendered};

const LENGTHS: [TextLength; 2] = [TextLength::Short, TextLength::Long];

/// The day in [`act_by`], in words.
const ACT_BY: [(Locale, &str); 3] = [
    (Locale::Ru, "31 декабря 2026 года"),
    (Locale::Uk, "31 грудня 2026 року"),
    (Locale::En, "31 December 2026"),
];

fn act_by() -> Option<jiff::civil::Date> {
    "2026-12-31".parse().ok()
}

fn shipped() -> (Catalogue, Renderer) {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let identity = load_identity(&config).unwrap();
    let (catalogue, renderer) = load_catalogue(&config, Some(identity)).unwrap();
    (catalogue, renderer.unwrap())
}

fn code() -> CheckCode {
    CheckKey::new(b"test").code(NoticeId(uuid::Uuid::nil()))
}

fn render(
    renderer: &Renderer,
    template: &Template,
    params: &Params,
    locale: Locale,
    length: TextLength,
) -> Rendered {
    let item = ItemText { template, params, act_by: act_by() };
    renderer.render(Body::Items(&[item]), code(), locale, length).unwrap()
}

/// Every template in use, with values for its variables.
fn templates(catalogue: &Catalogue) -> impl Iterator<Item = (&LifeEventId, &Template, Params)> {
    catalogue.measures().map(|(event, measure)| {
        let params = samples::samples(&measure.template.params).swap_remove(0);
        (event, &measure.template, params)
    })
}

#[test]
fn every_text_says_by_when_to_act() {
    let (catalogue, renderer) = shipped();
    for (_, template, params) in templates(&catalogue) {
        for (locale, day) in ACT_BY {
            for length in LENGTHS {
                let text = render(&renderer, template, &params, locale, length).text;
                assert!(text.contains(day), "{} in {locale}: {text}", template.id);
            }
        }
    }
}

#[test]
fn no_text_is_the_same_in_two_languages() {
    let (catalogue, renderer) = shipped();
    for (_, template, params) in templates(&catalogue) {
        let seen = Locale::ALL.map(|locale| {
            let Rendered { title, text } = render(&renderer, template, &params, locale, TextLength::Long);
            // The agency's name above and the signature below differ in any case.
            let own: Vec<_> = text.split("\n\n").skip(1).map(str::to_owned).collect();
            (title, own[0].clone())
        });
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            assert_ne!(seen[one].0, seen[other].0, "{}", template.id);
            assert_ne!(seen[one].1, seen[other].1, "{}", template.id);
        }
    }
}

/// Beginnings of words that neither a title nor a short text of a life event shows.
const UNSAID: [(&str, &[&str]); 8] = [
    ("disability", &["инвалид", "інвалід", "disab"]),
    ("pregnancy", &["беремен", "родам", "вагітн", "полог", "pregnan", "matern"]),
    ("guardianship", &["опек", "подопеч", "опік", "підопіч", "guardian", " ward"]),
    ("breadwinner_loss", &["кормил", "потер", "смерт", "годувал", "втрат", "breadwinner", "surviv", "death"]),
    ("veteran", &["ветеран", "veteran"]),
    ("radiation", &["радиац", "радіац", "radiat"]),
    ("job_loss", &["безработ", "без работы", "безробіт", "без роботи", "unemploy", "out of work"]),
    ("orphan_adult", &["сирот", "родител", "батьк", "orphan", "parent"]),
];

/// Titles and short texts are read on locked screens and over shoulders.
#[test]
fn what_is_nobody_elses_business_is_in_no_title_and_no_short_text() {
    let (catalogue, renderer) = shipped();
    for (event, unsaid) in UNSAID {
        let event: LifeEventId = event.parse().unwrap();
        let its: Vec<_> = templates(&catalogue).filter(|(of, ..)| **of == event).collect();
        assert!(!its.is_empty(), "{event}");
        for ((_, template, params), locale) in
            its.iter().flat_map(|one| Locale::ALL.map(|locale| (one, locale)))
        {
            let Rendered { title, text } = render(&renderer, template, params, locale, TextLength::Short);
            let seen = format!("{title} {text}").to_lowercase();
            let said = unsaid.iter().find(|part| seen.contains(**part));
            assert_eq!(said, None, "{} in {locale}: {seen}", template.id);
        }
    }
}

/// A family that lost its breadwinner is written to about what is theirs, and about nothing else.
#[test]
fn nobody_in_mourning_gets_a_campaign() {
    let (catalogue, _) = shipped();
    let event = "breadwinner_loss".parse().unwrap();
    let its: Vec<_> = catalogue.measures().filter(|(of, _)| **of == event).collect();
    assert!(!its.is_empty());
    assert!(its.iter().all(|(_, measure)| measure.class() != Class::Campaign));
}

/// A measure, its values, and its short text in Russian, Ukrainian and English between the agency's
/// name and the signature.
const SHORT_TEXTS: [(&str, &str, [&str; 3]); 10] = [
    (
        "child_age_passport",
        r#"{"age": 14}"#,
        [
            "В 14 лет ребёнку нужен свой паспорт. Подайте заявление в центре услуг до 31 декабря 2026 \
             года включительно.",
            "У 14 років дитині потрібен свій паспорт. Подайте заяву в центрі послуг до 31 грудня 2026 \
             року включно.",
            "Your child needs a passport at the age of 14. Apply by 31 December 2026, at any service \
             centre.",
        ],
    ),
    (
        "pregnancy_support",
        r#"{"sum": {"minor": 1250050, "currency": "UAH"}}"#,
        [
            "Вы можете оформить выплату: 12\u{a0}500,50\u{a0}грн в месяц. Подайте заявление на портале или \
             в центре услуг до 31 декабря 2026 года включительно.",
            "Ви можете оформити щомісячну виплату: 12\u{a0}500,50\u{a0}грн. Подайте заяву на порталі \
             або в центрі послуг до 31 грудня 2026 року включно.",
            "You can apply for a payment of UAH 12,500.50 a month. Apply by 31 December 2026, on the \
             portal or at a service centre.",
        ],
    ),
    (
        "guardianship_recovery",
        r#"{"days": 21}"#,
        [
            "Ребёнок может бесплатно отдохнуть 21 день. Подайте заявление на портале до 31 декабря 2026 \
             года включительно.",
            "Дитина може безоплатно відпочити 21 день. Подайте заяву на порталі до 31 грудня 2026 року \
             включно.",
            "Your child can have a free holiday of 21 days. Apply by 31 December 2026, on the portal.",
        ],
    ),
    (
        "young_family_certificate",
        r#"{"sum": {"minor": 1250050, "currency": "UAH"}, "valid_until": "2027-05-02"}"#,
        [
            "Ваш сертификат на жильё: 12\u{a0}500,50\u{a0}грн, действует по 2 мая 2027 года. Не \
             согласны? Позвоните до 31 декабря 2026 года включительно.",
            "Ваш сертифікат на житло: 12\u{a0}500,50\u{a0}грн, діє до 2 травня 2027 року включно. Не \
             згодні? Телефонуйте до 31 грудня 2026 року включно.",
            "Your housing certificate for UAH 12,500.50 is issued. Last day to use it: 2 May 2027. If \
             you disagree, call us by 31 December 2026.",
        ],
    ),
    (
        "breadwinner_loss_pension",
        r#"{"sum": {"minor": 1250050, "currency": "UAH"}, "from": "2027-05-02"}"#,
        [
            "Вам назначена выплата: 12\u{a0}500,50\u{a0}грн в месяц с 2 мая 2027 года. Не согласны? \
             Позвоните до 31 декабря 2026 года включительно.",
            "Вам призначено виплату: 12\u{a0}500,50\u{a0}грн на місяць із 2 травня 2027 року. Не \
             згодні? Зателефонуйте до 31 грудня 2026 року включно.",
            "You have been granted UAH 12,500.50 a month from 2 May 2027. If you disagree, call us by \
             31 December 2026.",
        ],
    ),
    (
        "veteran_retraining",
        r#"{"months": 3}"#,
        [
            "Вы можете бесплатно выучиться новой профессии. Учёба — до 3 месяцев. Подайте заявление на \
             портале до 31 декабря 2026 года включительно.",
            "Ви можете безоплатно опанувати нову професію. Навчання — до 3 місяців. Подайте заяву на \
             порталі до 31 грудня 2026 року включно.",
            "You can learn a new trade free of charge. It takes up to 3 months. Apply by 31 December \
             2026, on the portal.",
        ],
    ),
    (
        "radiation_transport",
        r#"{"percent": 100}"#,
        [
            "Вы можете оформить бесплатный проезд в городском транспорте. Закажите карту на портале \
             до 31 декабря 2026 года включительно.",
            "Ви можете оформити безоплатний проїзд у міському транспорті. Замовте картку на порталі \
             до 31 грудня 2026 року включно.",
            "You can travel free of charge on city transport. Order a card by 31 December 2026, on \
             the portal or at a service centre.",
        ],
    ),
    (
        "pre_pension_health_days",
        r#"{"days": 2}"#,
        [
            "Для проверки здоровья вы можете взять на работе 2 оплачиваемых выходных. Сделайте это до \
             31 декабря 2026 года включительно.",
            "Для перевірки здоров’я ви можете взяти на роботі 2 оплачувані вихідні. Зробіть це до 31 \
             грудня 2026 року включно.",
            "You can take 2 paid days off work for a health check. Do so by 31 December 2026.",
        ],
    ),
    (
        "job_loss_visit",
        r#"{"on": "2027-05-02", "office": "Lypova 5"}"#,
        [
            "Напоминаем о встрече 2 мая 2027 года. Адрес — на портале. Изменить день можно по телефону \
             до 31 декабря 2026 года включительно.",
            "Нагадуємо про зустріч 2 травня 2027 року. Адреса — на порталі. Змінити день можна телефоном \
             до 31 грудня 2026 року включно.",
            "A reminder: your meeting is on 2 May 2027. See the portal for where. To move it, call us \
             by 31 December 2026.",
        ],
    ),
    (
        "orphan_adult_housing",
        r#"{"place": 7, "since": "2027-05-02"}"#,
        [
            "Вы в списке на жильё с 2 мая 2027 года, номер 7. Не согласны? Позвоните до 31 декабря \
             2026 года включительно.",
            "Ви у списку на житло з 2 травня 2027 року, номер 7. Не згодні? Зателефонуйте до 31 \
             грудня 2026 року включно.",
            "You have been on the housing list since 2 May 2027. Your number: 7. If you disagree, \
             call us by 31 December 2026.",
        ],
    ),
];

#[test]
fn a_measure_of_each_life_event_reads_well_in_a_short_message() {
    let (catalogue, renderer) = shipped();
    for (measure, params, expected) in SHORT_TEXTS {
        let template = catalogue.template(&format!("{measure}-v1").parse().unwrap()).unwrap();
        let given: serde_json::Value = serde_json::from_str(params).unwrap();
        let params = template.check_params(given.as_object().unwrap()).unwrap();
        for (locale, expected) in Locale::ALL.into_iter().zip(expected) {
            let text = render(&renderer, template, &params, locale, TextLength::Short).text;
            assert!(text.contains(&format!(": {expected} ")), "{text}");
        }
    }
}

/// Two segments in UCS-2 and in the GSM alphabet: 3GPP TS 23.040, 9.2.3.24.1.
#[test]
fn the_introduction_names_the_sender_of_its_channel_and_fits_two_segments() {
    let (_, renderer) = shipped();
    let text = |channel: &str, locale, length| {
        let channel = vestnik_contract::ChannelId::new(channel).unwrap();
        renderer.render(Body::Introduction(&channel), code(), locale, length).unwrap().text
    };
    for (locale, most) in [(Locale::Ru, 134), (Locale::Uk, 134), (Locale::En, 306)] {
        let short = text("sms", locale, TextLength::Short);
        assert!(short.encode_utf16().count() <= most, "{}: {short}", short.encode_utf16().count());
        assert!(short.contains("+380800000000"), "{short}");
        let stop = if locale == Locale::En { "STOP" } else { "СТОП" };
        let shown = [
            ("viber", "Міністерство соцпідтримки"),
            ("telegram", "@social_support_demo_bot"),
            ("email", "notices@social-support.example"),
        ];
        for (channel, sender) in shown {
            let long = text(channel, locale, TextLength::Long);
            assert!(long.contains(sender) && short.contains(stop), "{long}");
            // A mail is not answered: nobody would read it.
            assert_eq!(long.contains(stop), channel != "email", "{long}");
        }
    }
}
