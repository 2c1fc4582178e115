//! What may happen in a life, and to a crowd, drawn at random.

use jiff::civil::time;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use vestnik_contract::{Permanence, ReceiptState, SendErrorKind};

use crate::domain::{
    Bundling, Ceilings, ConsentAction, DayHours, Hours, Introduction, KeptForDeadlines, Locale, Mode,
    Priority, Wish,
};
use crate::ledger::fixture::CHANNELS;

/// Deeds of one life.
const DEEDS: usize = 16;

pub(super) const TOPICS: [&str; 2] = ["family", "pension"];

/// One citizen's life.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// Where the citizen lives; `None` where nobody knows.
    pub zone: Option<&'static str>,
    /// The channels on which they have an address.
    pub channels: Vec<&'static str>,
    /// Whether they consented to everything at the beginning.
    pub consented: bool,
    /// What happens, one after the other, each at its tick of the clock.
    pub deeds: Vec<Deed>,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Nothing,
    /// Sources publish, at once.
    Publish(Vec<Told>),
    /// The source takes one back, counted from the first.
    Cancel(usize),
    /// The citizen gives or takes consent on the portal.
    Consent {
        channel: Option<&'static str>,
        topic: Option<&'static str>,
        action: ConsentAction,
    },
    /// The citizen sets a preference on the portal.
    Prefer(Preferred),
    /// The registry says that the citizen has died, or takes it back.
    Death {
        deceased: bool,
    },
    /// The citizen writes back on one of their channels, counted from the first.
    Reply {
        channel: usize,
        word: Word,
    },
    /// What becomes of the next message that is sent.
    Becomes(Fate),
    /// A provider says something of what was sent so many messages ago: of all its parts, or of the first.
    Receipt {
        ago: usize,
        state: ReceiptState,
        whole: bool,
    },
    /// A process that seemed dead comes back, and says how what was sent so many messages ago went.
    LateOutcome {
        ago: usize,
    },
}

/// What a source publishes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// The life event, and what the citizen may have because of it.
    pub measure: (&'static str, &'static str),
    pub priority: Priority,
    /// The citizen has to act within so many days.
    pub act_within: Option<i64>,
    /// It is not to be sent within so many hours.
    pub not_within: Option<i64>,
    /// It is of no use after so many hours.
    pub of_use: Option<i64>,
    /// It takes the place of an earlier one, counted from the first.
    pub supersedes: Option<usize>,
}

/// A preference for a topic, or for all.
#[derive(Debug, Clone)]
pub(super) struct Preferred {
    pub topic: Option<&'static str>,
    pub channels: Option<Vec<&'static str>>,
    pub hours: Option<Wish>,
    pub bundling: Option<bool>,
}

/// What a citizen writes back, or does at the provider.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    Stop,
    StopAll,
    StopTopic(&'static str),
    Start,
    NotMe,
    Hours(Option<Hours>),
    Language(Locale),
    /// Is the last message from you?
    Check,
    Scam,
    Text,
    Blocked,
    Unblocked,
    /// The one-time code that was handed out at a counter, or another.
    Code {
        right: bool,
    },
    /// The link that the portal gave.
    Link,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// The provider takes it, and names so many parts.
    Taken { parts: usize },
    /// The provider does not, or nobody knows.
    Refused(SendErrorKind),
    /// The provider asks to wait for so many minutes.
    Throttled { minutes: i64 },
    /// Its process dies before it can say anything.
    Lost,
}

pub(super) fn life() -> impl Strategy<Value = Life> {
    // Nobody knows where every fifth lives, and two hours east of Kyiv there are some too.
    let zone = select(vec![
        Some("Europe/Kyiv"),
        Some("Europe/Kyiv"),
        Some("Europe/Kyiv"),
        Some("Asia/Yekaterinburg"),
        None,
    ]);
    let channels = subsequence(CHANNELS.to_vec(), 1..=CHANNELS.len());
    let deeds = vec(deed(), 1..=DEEDS);
    (zone, channels, prop::bool::weighted(0.9), deeds).prop_map(|(zone, channels, consented, deeds)| Life {
        zone,
        channels,
        consented,
        deeds,
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let ago = || 0..3_usize;
    prop_oneof![
        2 => Just(Deed::Nothing),
        14 => prop_oneof![3 => vec(told(), 1), 1 => vec(told(), 2..4)].prop_map(Deed::Publish),
        2 => (0..6_usize).prop_map(Deed::Cancel),
        3 => (of(select(CHANNELS.to_vec())), weighted(0.3, topic()), action())
            .prop_map(|(channel, topic, action)| Deed::Consent { channel, topic, action }),
        3 => preferred().prop_map(Deed::Prefer),
        1 => prop::bool::ANY.prop_map(|deceased| Deed::Death { deceased }),
        8 => (0..CHANNELS.len(), word()).prop_map(|(channel, word)| Deed::Reply { channel, word }),
        6 => fate().prop_map(Deed::Becomes),
        6 => (ago(), receipt(), prop::bool::weighted(0.7))
            .prop_map(|(ago, state, whole)| Deed::Receipt { ago, state, whole }),
        1 => ago().prop_map(|ago| Deed::LateOutcome { ago }),
    ]
}

fn told() -> impl Strategy<Value = Told> {
    let measures = vec![
        ("child_birth", "birth_grant"),
        ("child_birth", "birth_grant"),
        ("pension_age", "pension"),
        ("pension_age", "pension"),
        ("child_birth", "birth_record"),
        ("child_birth", "baby_fair"),
    ];
    let priority = prop_oneof![
        8 => Just(Priority::Normal), 2 => Just(Priority::Bulk), 1 => Just(Priority::Urgent)
    ];
    let act_within = weighted(0.4, prop_oneof![3 => 0..4_i64, 1 => 10..25_i64]);
    let (not_within, of_use) =
        (weighted(0.1, 1..80_i64), weighted(0.15, prop_oneof![1..12_i64, 12..100_i64]));
    let supersedes = weighted(0.1, 0..4_usize);
    (select(measures), priority, act_within, not_within, of_use, supersedes).prop_map(
        |(measure, priority, act_within, not_within, of_use, supersedes)| Told {
            measure,
            priority,
            act_within,
            not_within,
            of_use,
            supersedes,
        },
    )
}

fn topic() -> impl Strategy<Value = &'static str> {
    select(TOPICS.to_vec())
}

fn action() -> impl Strategy<Value = ConsentAction> {
    prop_oneof![Just(ConsentAction::Granted), Just(ConsentAction::Withdrawn)]
}

fn preferred() -> impl Strategy<Value = Preferred> {
    let channels = of(subsequence(CHANNELS.to_vec(), 1..=CHANNELS.len()).prop_shuffle());
    (of(topic()), channels, of(wish()), of(prop::bool::ANY))
        .prop_map(|(topic, channels, hours, bundling)| Preferred { topic, channels, hours, bundling })
}

/// Hours that have something in common with the law's, on workdays at least.
fn hours() -> impl Strategy<Value = Hours> {
    let spans = vec![(0, 10), (9, 11), (10, 14), (13, 18), (16, 23), (19, 7)];
    select(spans).prop_map(|(from, until)| Hours { from: time(from, 0, 0, 0), until: time(until, 0, 0, 0) })
}

fn wish() -> impl Strategy<Value = Wish> {
    let by_day = (hours(), of(hours())).prop_map(|(workday, weekend)| {
        Wish::ByDay(DayHours { workday: Some(workday), weekend, holiday: None })
    });
    prop_oneof![hours().prop_map(Wish::EveryDay), by_day]
}

fn word() -> impl Strategy<Value = Word> {
    let locale = select(vec![Locale::Ru, Locale::Uk, Locale::En]);
    prop_oneof![
        3 => Just(Word::Stop),
        1 => Just(Word::StopAll),
        2 => topic().prop_map(Word::StopTopic),
        3 => Just(Word::Start),
        2 => Just(Word::NotMe),
        3 => of(hours()).prop_map(Word::Hours),
        1 => locale.prop_map(Word::Language),
        1 => Just(Word::Check),
        1 => Just(Word::Scam),
        1 => Just(Word::Text),
        2 => Just(Word::Blocked),
        1 => Just(Word::Unblocked),
        3 => prop::bool::weighted(0.7).prop_map(|right| Word::Code { right }),
        2 => Just(Word::Link),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    let kind = select(vec![
        SendErrorKind::Unavailable,
        SendErrorKind::Unavailable,
        SendErrorKind::Ambiguous,
        SendErrorKind::Unreachable(Permanence::Permanent),
        SendErrorKind::Unreachable(Permanence::Soft),
        SendErrorKind::Rejected,
        SendErrorKind::Misconfigured,
    ]);
    prop_oneof![
        2 => (2..4_usize).prop_map(|parts| Fate::Taken { parts }),
        6 => kind.prop_map(Fate::Refused),
        1 => (1..50_i64).prop_map(|minutes| Fate::Throttled { minutes }),
        2 => Just(Fate::Lost),
    ]
}

fn receipt() -> impl Strategy<Value = ReceiptState> {
    prop_oneof![
        5 => Just(ReceiptState::Delivered),
        2 => Just(ReceiptState::Read),
        1 => Just(ReceiptState::Unreachable(Permanence::Permanent)),
        1 => Just(ReceiptState::Unreachable(Permanence::Soft)),
        1 => Just(ReceiptState::Rejected),
        1 => Just(ReceiptState::Expired),
    ]
}

// ---- what a crowd shares ----

/// The time that a crowd shares, and the rules.
#[derive(Debug, Clone)]
pub(super) struct Times {
    /// When it begins.
    pub begins: &'static str,
    pub rules: Ruled,
    /// As many as the longest life has deeds.
    pub ticks: Vec<Tick>,
}

/// The rules that are put to work or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruled {
    pub budget: Ceilings,
    pub kept_for_deadlines: KeptForDeadlines,
    pub yielding: Mode,
    pub bundling: Bundling,
    pub introduction: Introduction,
}

/// A moment at which everybody plays a deed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tick {
    /// So long after the one before.
    pub minutes: i64,
    pub lanes: Lanes,
}

/// What the lanes do at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// They stand still.
    Idle,
    /// They send what is due once everybody has played.
    Send,
    /// They have what is due in hand while everybody plays, and send it afterwards.
    InHand,
    /// Their process dies with what is due in hand.
    Die,
}

pub(super) fn times() -> impl Strategy<Value = Times> {
    // In summer, before the clocks fall back, and before a year that begins within a week.
    let begins = select(vec!["2026-06-17T09:00:00Z", "2026-10-22T05:30:00Z", "2026-12-28T07:00:00Z"]);
    let lanes = prop_oneof![
        5 => Just(Lanes::Send), 3 => Just(Lanes::InHand), 2 => Just(Lanes::Idle), 1 => Just(Lanes::Die)
    ];
    let minutes = prop_oneof![3 => 1..15_i64, 3 => 15..90_i64, 2 => 90..600_i64, 1 => 600..3_000_i64];
    let tick = (minutes, lanes).prop_map(|(minutes, lanes)| Tick { minutes, lanes });
    (begins, ruled(), vec(tick, DEEDS)).prop_map(|(begins, rules, ticks)| Times { begins, rules, ticks })
}

fn ruled() -> impl Strategy<Value = Ruled> {
    let mode = || select(vec![Mode::Off, Mode::Report, Mode::Enforce, Mode::Enforce]);
    let budget = select(vec![(1, 3), (2, 4), (3, 9)]);
    (budget, mode(), mode(), mode(), mode()).prop_map(
        |((per_day, per_week), kept, yielding, bundling, introduction)| Ruled {
            budget: Ceilings { per_day: Some(per_day), per_week: Some(per_week), per_month: None },
            kept_for_deadlines: KeptForDeadlines {
                mode: kept,
                deadline_days: 7,
                per_day: (per_day > 1).then_some(1),
                per_week: Some(1),
                per_month: None,
            },
            yielding,
            bundling: Bundling {
                mode: bundling,
                window_seconds: 1_200,
                hard_end_seconds: 3_600,
                deadline_margin_seconds: 28_800,
                largest: 4,
            },
            introduction: Introduction { mode: introduction, lead_seconds: 600 },
        },
    )
}
