//! The shipped catalogue is right, and a broken one is refused where it is broken.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestnik_contract::TextLength;

use super::*;
use crate::domain::{NoticeId, Params};
use crate::notice::{Body, CheckCode, CheckKey, ItemText, Rendered, Sent, StopScope};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

fn load(config: &Path) -> Result<(Catalogue, Renderer), ConfigErrors> {
    let identity = load_identity(config)?;
    let (catalogue, renderer) = load_catalogue(config, Some(identity))?;
    Ok((catalogue, renderer.expect("a renderer of the identity")))
}

fn code() -> CheckCode {
    CheckKey::new(b"test").code(NoticeId(uuid::Uuid::nil()))
}

/// A copy of the shipped configuration that a test may break. Removed when dropped.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("vestnik-catalogue-{}-{number}", std::process::id()));
        copy(&shipped(), &folder);
        Self(folder)
    }

    /// Replaces the first `from` of a file by `to`, and tells what the loader says of it.
    fn broken(&self, file: &str, from: &str, to: &str) -> String {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let errors = load(&self.0).err().map(|errors| errors.to_string()).unwrap_or_default();
        fs::write(&path, text).unwrap();
        errors.replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_shipped_catalogue_is_right() {
    let (catalogue, _) = load(&shipped()).unwrap_or_else(|errors| panic!("{errors}"));
    let events: Vec<_> = catalogue.life_events.keys().map(LifeEventId::as_str).collect();
    let expected = [
        "breadwinner_loss",
        "child_age",
        "child_birth",
        "disability",
        "guardianship",
        "job_loss",
        "large_family",
        "orphan_adult",
        "pension_age",
        "pre_pension_age",
        "pregnancy",
        "radiation",
        "veteran",
        "young_family",
    ];
    assert_eq!(events, expected);
    assert_eq!(catalogue.measures().count(), 61);
    let template = "birth_grant-v1".parse().unwrap();
    assert_eq!(catalogue.template(&template).unwrap().id, template);
}

/// What is replaced, by what, and what is told of it.
const TOML_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "in_use = 1",
        "inuse = 1",
        ":1: expected one of id, topic, title, in_use, template, found \"inuse\" (did you mean \"in_use\"?)",
    ),
    (
        "topic = \"family\"",
        "topic = \"famly\"",
        "expected a topic of topics.toml, found \"famly\" (did you mean \"family\"?)",
    ),
    (
        "id = \"large_family_certificate\"",
        "id = \"Large\"",
        ":6: measure.id: expected an id of 1 to 64 characters of a-z, 0-9, _ and -",
    ),
    (
        "id = \"birth_grant\"",
        "id = \"1_grant\"",
        "expected an id that begins with a letter, found \"1_grant\"",
    ),
    (
        "id = \"birth_grant\"",
        "id = \"child_allowance\"",
        "expected an id that no other measure has, found \"child_allowance\" of child_birth again",
    ),
    ("id = \"birth_grant\"", "id = \"disability_aids\"", "found \"disability_aids\" of child_birth again"),
    ("in_use = 1", "in_use = 2", ":10: expected the version of one of the measure's templates (1), found 2"),
    (
        "in_use = 1",
        "in_use = 0",
        ":10: measure.in_use: expected a whole number from 1 to 4294967295, found 0",
    ),
    (
        "version = 1",
        "version = 0",
        "measure.template.version: expected a whole number from 1 to 4294967295, found 0",
    ),
    (
        "class = \"entitlement\"",
        "class = \"entitlment\"",
        "found \"entitlment\" (did you mean \"entitlement\"?)",
    ),
    ("by = \"Legal department\"", "by = \"\"", "expected the office that approved it"),
    (
        "on = \"2026-09-14\"",
        "on = \"14.09.2026\"",
        "expected a time such as 09:00 or a date such as 2026-12-31",
    ),
    ("uk = \"Народження дитини\", ", "", "expected the key uk in [title], found none"),
    ("en = \"Birth of a child\"", "en = \"birth.example\"", "expected en to be 1 to 60 characters"),
    ("min = 3, max = 20", "min = 30, max = 20", "expected min and max in that order"),
    ("max_length = 80", "max_length = 0", "expected a whole number from 1 to 200, found 0"),
    ("max_length = 80", "max_lenght = 80", "found \"max_lenght\" (did you mean \"max_length\"?)"),
    ("\"UAH\", \"RUB\"", "\"UAX\"", "found \"UAX\" (did you mean \"UAH\"?)"),
    ("[\"UAH\", \"RUB\"]", "[]", "expected at least one currency"),
    ("child_order = {", "Child = {", "expected a name of 1 to 40"),
    ("child_order = {", "act_by = {", "found two called \"act_by\""),
    ("\n[[measure]]\n", "\n[[measure]\n", "expected"),
];

#[test]
fn a_broken_toml_file_is_refused_where_it_is_broken() {
    const EVENT: &str = "catalogue/child_birth/life_event.toml";
    let copy = Copy::new();
    for (from, to, expected) in TOML_MISTAKES {
        let told = copy.broken(EVENT, from, to);
        let first = told.lines().find(|line| line.contains(expected));
        let line = first.unwrap_or_else(|| panic!("{from} -> {to} gave\n{told}\nand not {expected}"));
        let (file, place) = line.split_once(".toml:").unwrap();
        assert!(file.starts_with("catalogue/") && file.ends_with("/life_event"), "{line} names another file");
        let numbers: Vec<_> = place.split(':').take(2).map(str::parse::<usize>).collect();
        assert!(numbers.iter().all(Result::is_ok) && numbers.len() == 2, "{line} has no line and column");
    }
}

/// What is replaced, by what, and what is told of it.
const TEXT_MISTAKES: &[(&str, &str, &str)] = &[
    (".short =", ".shrt =", "found .shrt (did you mean \"short\"?)"),
    (
        ".title = Посвідчення багатодітної сім’ї",
        ".short = Посвідчення",
        "expected each attribute once, found .short again",
    ),
    (".title = Посвідчення багатодітної сім’ї\n", "", "expected an attribute .title, found none"),
    (
        "birth_grant-v1 =",
        "birth_grnt-v1 =",
        "expected no message of the name birth_grnt-v1 (did you mean \"birth_grant-v1\"?)",
    ),
    (
        "birth_grant-v1 =",
        "birth_grnt-v1 =",
        "expected a message birth_grant-v1, found none (did you mean \"birth_grnt-v1\"?)",
    ),
    ("birth_grant-v1 =", "family_capital-v1 =", "expected each message once, found family_capital-v1 again"),
    ("birth_grant-v1 =", "birth_grant-v1 = Текст", "expected attributes only, found a text before them"),
    ("допомогу: { $sum }", "допомогу: { $summ }", "found $summ (did you mean \"sum\"?)"),
    ("допомогу: { $sum }", "допомогу: { $sum ", "expected a token starting with \"}\""),
    (
        "допомогу: { $sum }",
        "допомогу: { NUMBER($sum) }",
        "expected texts written out in full, found a function",
    ),
    ("допомогу: { $sum }", "допомогу: { signature }", "found a reference to another message"),
    ("допомогу: { $sum }", "допомогу: { -agency }", "found a reference to a term"),
    ("Вітаємо з народженням", "Пишіть на a@b.example про", "found a link"),
    ("Вітаємо з народженням", "Телефонуйте 0 800 123 456", "found a phone number"),
    ("Вітаємо з народженням", "Пишіть боту @pension_bot про", "found a link"),
    (
        "Вітаємо з народженням",
        "Пенсійний фонд: вітаємо з народженням",
        "found a sender's name before a colon",
    ),
    ("Вітаємо з народженням", "Від кого: фонд. Вітаємо з", "found a line that says from whom it is"),
    ("Вітаємо з народженням", "З повагою, фонд. Вітаємо з", "found the farewell of another signature"),
    ("Вітаємо з народженням", "Вітаємо\u{202e} з народженням", "found a control character"),
    ("            [few] { $child_order } дитини\n", "", "expected a form [few], found none"),
    (
        "[few] { $child_order }",
        "[fwe] { $child_order }",
        "expected one of [one], [few], [many], [other], found [fwe] (did you mean \"few\"?)",
    ),
    (
        "{ $has_act_by ->\n            [yes]",
        "{ $has_act_by ->\n            [yep]",
        "expected one of [yes], [no], found [yep] (did you mean \"yes\"?)",
    ),
    ("*[no] Оформити", "[no] Оформити", "default variant"),
    ("{ $has_act_by ->", "{ $act_by ->", "expected a variable to select on, found $act_by"),
];

#[test]
fn a_broken_text_is_refused_where_it_is_broken() {
    const TEXTS: &str = "catalogue/child_birth/uk.ftl";
    let copy = Copy::new();
    for (from, to, expected) in TEXT_MISTAKES {
        let told = copy.broken(TEXTS, from, to);
        let found = told.lines().any(|line| line.starts_with(TEXTS) && line.contains(expected));
        assert!(found, "{from} -> {to} gave\n{told}\nand not {expected}");
    }
}

#[test]
fn a_link_that_is_allowed_may_stand_and_no_other() {
    const TEXTS: &str = "catalogue/child_birth/en.ftl";
    let copy = Copy::new();
    let (none, some) = ("links = []", "links = [\"portal.example\"]");
    let identity = copy.0.join("identity.toml");
    let text = fs::read_to_string(&identity).unwrap();
    assert!(text.contains(none));
    fs::write(&identity, text.replace(none, some)).unwrap();
    let told = |instead: &str| copy.broken(TEXTS, "apply on the portal or at a service centre", instead);
    assert_eq!(told("apply at https://portal.example or at a service centre"), "");
    assert_eq!(told("call 0 800 000 000"), "", "the single number is allowed wherever it stands");
    assert!(told("apply at https://portal.example.evil.example").contains("found a link"));
    assert!(told("call 0 800 000 001").contains("found a phone number"));
}

#[test]
fn a_text_that_grows_too_long_is_refused() {
    const TEXTS: &str = "catalogue/child_birth/uk.ftl";
    let copy = Copy::new();
    let short = copy.broken(TEXTS, "Вітаємо", &"Вітаємо ".repeat(9));
    assert!(
        short.contains(".ftl:36:6: expected at most 201 UTF-16 units with agency and signature"),
        "{short}"
    );
    let title = copy.broken(TEXTS, ".title = Допомога", &format!(".title = {}", "Допомога ".repeat(9)));
    assert!(title.contains("expected at most 70 characters, found"), "{title}");
}

#[test]
fn places_are_exact_and_every_mistake_is_told() {
    let copy = Copy::new();
    let told = copy.broken(
        "catalogue/child_birth/en.ftl",
        "    .title = Birth grant\n",
        "    .title = Birth { $grant }\n    .extra = www.grant.example { $office }\n",
    );
    let at = fs::read_to_string(copy.0.join("catalogue/child_birth/en.ftl")).unwrap();
    let line = at.lines().position(|line| line.contains(".title = Birth grant")).unwrap() + 1;
    let file = "catalogue/child_birth/en.ftl";
    let variables = "$office, $has_office, $sum, $act_by, $has_act_by";
    let expected = [
        format!("{file}:{line}:23: expected one of {variables}, found $grant"),
        format!("{file}:{}:6: expected one of .title, .short, .long, found .extra", line + 1),
        format!(
            "{file}:{}:14: expected plain words: other numbers and links stand only where [allowed] in identity.toml has \
             them, found a link",
            line + 1
        ),
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);

    let unused = copy.broken("catalogue/disability/en.ftl", "Where: { $office }.", "");
    assert!(unused.contains("expected $office to be used, as it is declared"), "{unused}");
    fs::remove_file(copy.0.join("texts/uk.ftl")).unwrap();
    let missing = copy.broken("catalogue/topics.toml", "[health]", "[healt]");
    assert!(missing.contains("texts/uk.ftl:1:1: expected it to be there, found nothing"), "{missing}");
    assert!(missing.contains("(did you mean \"healt\"?)"), "{missing}");
}

#[test]
fn one_cause_is_told_once() {
    let copy = Copy::new();
    let expected = "expected the version of one of the measure's templates (1), found 2";
    let told = copy.broken("catalogue/child_birth/life_event.toml", "in_use = 1", "in_use = 2");
    assert_eq!(told, format!("catalogue/child_birth/life_event.toml:32:10: {expected}"));
    let told = copy.broken("catalogue/topics.toml", "[health]", "[health");
    assert_eq!(told.lines().count(), 1, "{told}");
    fs::write(copy.0.join("catalogue/topics.toml"), "").unwrap();
    let told = copy.broken("catalogue/topics.toml", "", "");
    assert_eq!(told, "catalogue/topics.toml:1:1: expected at least one topic, such as [family]");
    fs::copy(shipped().join("catalogue/topics.toml"), copy.0.join("catalogue/topics.toml")).unwrap();
    let identity = copy.0.join("identity.toml");
    fs::remove_file(&identity).unwrap();
    let told = load_catalogue(&copy.0, None).map(|(_, renderer)| renderer.is_none());
    assert_eq!(told, Ok(true));
}

#[test]
fn a_signature_must_end_with_the_check_code() {
    let copy = Copy::new();
    let told = copy.broken("texts/ru.ftl", "Код проверки { $code }", "Код { $code }.");
    assert!(told.contains("texts/ru.ftl"), "{told}");
    assert!(told.contains("expected the check code to stand last"), "{told}");
}

/// Every text of every template and of the gateway, in every locale and length.
fn all_texts(visit: impl Fn(&Rendered, Locale, TextLength)) {
    let (catalogue, renderer) = load(&shipped()).unwrap();
    for locale in Locale::ALL {
        for length in [TextLength::Short, TextLength::Long] {
            let draw = |body: Body<'_>| {
                visit(&renderer.render(body, code(), locale, length).unwrap(), locale, length);
            };
            for (_, measure) in catalogue.measures() {
                for params in samples::samples(&measure.template.params) {
                    for act_by in [None, Some("2026-11-30".parse().unwrap())] {
                        let item = ItemText { template: &measure.template, params: &params, act_by };
                        draw(Body::Items(&[item]));
                        draw(Body::Items(&[item, item, item]));
                    }
                }
            }
            let topic = &catalogue.topics["family"];
            let scopes = [StopScope::Channel, StopScope::Topic(topic), StopScope::All];
            scopes.map(Body::Confirmation).into_iter().for_each(draw);
            let sent = [Sent { day: "2026-11-30".parse().unwrap(), channel: None }];
            [Body::Checked(&[]), Body::Checked(&sent), Body::NotOurs, Body::Reported]
                .into_iter()
                .for_each(draw);
            let refused = [false, true].map(|over| Body::CodeRefused { over });
            let told =
                [Body::WrongPerson, Body::Verified, Body::Language, Body::NoSuchHours, Body::Hours(None)];
            refused.into_iter().chain(told).for_each(draw);
            let telegram = vestnik_contract::ChannelId::new("telegram").unwrap();
            let all = [Body::Introduction(&telegram), Body::Answer("Да."), Body::Items(&[])];
            all.into_iter().for_each(draw);
        }
    }
}

/// Invariant 7: the agency's name first, signature and check code last.
#[test]
fn every_text_begins_with_the_agency_and_ends_with_the_check_code() {
    let identity = load_identity(&shipped()).unwrap();
    all_texts(|rendered, locale, length| {
        let agency = match length {
            TextLength::Short => format!("{}: ", identity.agency_short.get(locale)),
            TextLength::Long => format!("{}\n\n", identity.agency.get(locale)),
        };
        assert!(rendered.text.starts_with(&agency), "{}", rendered.text);
        assert!(rendered.text.ends_with(&code().to_string()), "{}", rendered.text);
        assert!(rendered.text.matches(identity.phone.as_str()).count() == 1, "{}", rendered.text);
        assert!(!rendered.title.is_empty() && !rendered.title.contains('\n'), "{}", rendered.title);
        assert!(!rendered.text.contains("  ") && !rendered.text.contains("\n\n\n"), "{}", rendered.text);
    });
}

fn certificate(locale: Locale, length: TextLength) -> Rendered {
    let (catalogue, renderer) = load(&shipped()).unwrap();
    let template = catalogue.template(&"large_family_certificate-v1".parse().unwrap()).unwrap();
    let given = serde_json::json!({ "child_order": 3 });
    let params = template.check_params(given.as_object().unwrap()).unwrap();
    let act_by = Some("2026-12-31".parse().unwrap());
    let item = ItemText { template, params: &params, act_by };
    renderer.render(Body::Items(&[item]), code(), locale, length).unwrap()
}

#[test]
fn one_measure_reads_well_in_a_short_message() {
    let code = code();
    let expected = [
        format!(
            "Минсоцподдержка: В вашей семье 3 ребёнка: вам положено удостоверение многодетной семьи. Оформите \
             его в центре услуг до 31 декабря 2026 года включительно. Тел. 0 800 000 000. Код проверки {code}"
        ),
        format!(
            "Мінсоцпідтримка: У вашій сім’ї 3 дитини: ви маєте право на посвідчення багатодітної сім’ї. Оформіть \
             його в центрі послуг до 31 грудня 2026 року включно. Тел. 0 800 000 000. Код перевірки {code}"
        ),
        format!(
            "Social Support: Your family has 3 children, so you can get a large-family certificate. Apply at a \
             service centre by 31 December 2026. Tel. 0 800 000 000. Check code {code}"
        ),
    ];
    for (locale, expected) in Locale::ALL.into_iter().zip(expected) {
        assert_eq!(certificate(locale, TextLength::Short).text, expected);
    }
}

#[test]
fn one_measure_reads_well_in_a_long_message() {
    let titles =
        ["Удостоверение многодетной семьи", "Посвідчення багатодітної сім’ї", "Large-family certificate"];
    let paragraphs = [
        "Министерство социальной поддержки\n\nВ вашей семье теперь 3 ребёнка, и вам положено удостоверение \
         многодетной семьи. С ним вы платите меньше за коммунальные услуги и проезд.\n\nУдостоверение бесплатное. \
         Возьмите паспорт и свидетельства о рождении детей и приходите в любой центр услуг. Оформить его можно до \
         31 декабря 2026 года включительно.\n\nЕсли прийти трудно, позвоните нам: заявление можно подать и через \
         портал.\n\nВопросы? Позвоните по нашему единственному номеру: 0 800 000 000. Мы никогда не спрашиваем \
         номера карт, пароли и одноразовые коды.\n\nПроверить, что пишем именно мы, можно на портале или по этому \
         номеру. Код проверки: ",
        "Міністерство соціальної підтримки\n\nУ вашій сім’ї тепер 3 дитини, тож ви маєте право на посвідчення \
         багатодітної сім’ї. З ним ви платите менше за комунальні послуги та проїзд.\n\nПосвідчення безоплатне. \
         Візьміть паспорт і свідоцтва про народження дітей та приходьте до будь-якого центру послуг. Оформити його \
         можна до 31 грудня 2026 року включно.\n\nЯкщо прийти важко, зателефонуйте нам: заяву можна подати й через \
         портал.\n\nМаєте запитання? Телефонуйте на наш єдиний номер: 0 800 000 000. Ми ніколи не питаємо номерів \
         карток, паролів та одноразових кодів.\n\nПеревірити, що пишемо саме ми, можна на порталі або за цим \
         номером. Код перевірки: ",
        "Ministry of Social Support\n\nYour family now has 3 children, so you can get a large-family certificate. \
         With it you pay less for utilities and for public transport.\n\nThe certificate is free. Bring your \
         passport and the children's birth certificates to any service centre. You can apply by 31 December \
         2026.\n\nIf it is hard for you to come, call us: you can also apply on the portal.\n\nQuestions? Call our \
         only number: 0 800 000 000. We never ask for card numbers, passwords or one-time codes.\n\nYou can check \
         on the portal or by phone that this message is really from us. Check code: ",
    ];
    for ((locale, title), text) in Locale::ALL.into_iter().zip(titles).zip(paragraphs) {
        let rendered = certificate(locale, TextLength::Long);
        assert_eq!(rendered.title, title);
        assert_eq!(rendered.text, format!("{text}{}", code()));
    }
}

#[test]
fn a_notice_of_several_says_so_in_its_title() {
    let (catalogue, renderer) = load(&shipped()).unwrap();
    let template = catalogue.template(&"pension_health_check-v1".parse().unwrap()).unwrap();
    let params = Params::default();
    let item = ItemText { template, params: &params, act_by: None };
    let title = |locale, count| {
        let items = vec![item; count];
        renderer.render(Body::Items(&items), code(), locale, TextLength::Long).unwrap().title
    };
    assert_eq!(title(Locale::Ru, 2), "Для вас 2 новых сообщения");
    assert_eq!(title(Locale::Uk, 5), "Для вас 5 нових повідомлень");
    assert_eq!(title(Locale::Uk, 21), "Для вас 21 нове повідомлення");
    assert_eq!(title(Locale::En, 2), "2 new messages for you");
}
