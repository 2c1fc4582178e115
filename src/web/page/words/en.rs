//! The words of the page in English.

use super::{Channels, Copy, HourWords, Language, Stop, Topics, Why, Words, Wrongs};

pub(super) const WORDS: Words = Words {
    skip: "Skip to the contents",
    languages: "Language of this page",
    heading: "How we write to you",
    intro: "Here you can see and change where, about what and when we write to you. Changes count at once; a message \
            that is on its way may still arrive. Everything we write to you is also in your account on the portal.",
    until: "The link to this page is valid until {moment}. It is for you alone: please do not pass it on.",
    channels: Channels {
        title: "Where to write",
        hint: "We first try what stands first. If a message does not arrive, we try the next.",
        none: "We have no address at which we can write to you. You can add one on the portal or by phone.",
        place: "Place in the order: {channel}",
        number: "the number ending in {end}",
        save: "Save where to write",
        saved: "Done. We have noted where to write to you.",
    },
    topics: Topics {
        title: "What to write about",
        legend: "Write to me about:",
        nowhere: "We do not write to you anywhere now. First choose above where to write.",
        by_law: "What the law requires us to tell you, even when its topic is off",
        apart: "For “{topic}” you have separate settings: where, when or in which language to write.",
        alike: "Write about “{topic}” in the same way as about everything else",
        made_alike: "Done. There are no separate settings for this topic any more.",
        save: "Save the topics",
        saved: "Done. We have noted what to write to you about.",
    },
    hours: HourWords {
        title: "When to write",
        lawful: "We write: {hours}.",
        legend: "Write to me:",
        any: "at any permitted time",
        own: "only in these hours, my local time:",
        hint: "If we should not write on some days, leave both fields empty.",
        days: ["on working days", "at weekends", "on public holidays"],
        from: "from",
        until: "until",
        span: "from {from} until {until}",
        always: "at any hour",
        never: "never",
        save: "Save the hours",
        saved: "Done. We have noted when to write to you.",
    },
    language: Language {
        title: "In which language to write",
        legend: "Language of the messages:",
        save: "Save the language",
        saved: "Done. We have noted in which language to write to you.",
    },
    stop: Stop {
        title: "Stop all messages",
        text: "We will not write to you anywhere, except for what the law requires us to tell you. You can still read \
               about your benefits in your account on the portal. You can undo this.",
        button: "Stop all messages to me",
        stopped: "Done. We will not write to you any more, except for what the law requires us to tell you.",
        nowhere: "We do not write to you anywhere now, except for what the law requires us to tell you. You can turn \
                  messages on above, under “Where to write”.",
        resume: "Write again as before",
        resumed: "Done. We will write to you again as before.",
    },
    why: Why {
        title: "Why did I get this?",
        intro: "The latest messages for you, the newest first.",
        none: "We have not sent you anything yet.",
        this: "You came here from this message",
        taken_back: "Withdrawn by the office that told us.",
        about: "What it is about",
        source: "Who told us",
        sent: "How it was sent, and on what grounds",
        inbox_only: "So far only in your account on the portal",
        law: "the law requires us to tell you",
        consent: "you agreed on {day}, {way}",
        not_kept: "the record of your consent is no longer kept",
    },
    copy: Copy {
        title: "A copy of your data",
        whole: "A file with what we keep about you: language and time zone, addresses, what you agreed to and refused, \
                settings, messages, what you wrote and reported to us, and one-time codes that were given out for \
                your addresses: when, not which.",
        part: "A file with what we keep about you: language and time zone, what you agreed to and refused, settings, \
               the headings of messages, when you wrote to us, and when one-time codes were given out to you. The \
               link came in an email, and whoever has it can open the page, so there are no addresses and no texts \
               in the file. The full copy is on this same page when you open it from your \
               account on the portal.",
        link: "Download the file (JSON)",
    },
    wrong: Wrongs {
        title: "Not saved",
        stale: "The settings changed while the page was open. Below is how they are now. Please check and save \
                again.",
        unclear: "We did not understand what to change. Please check and save again.",
        too_many: "That is too many changes within an hour. Please try again later, or call us. You can still stop messages \
                   now.",
        half: "Please fill in both the start and the end, such as from 10:00 until 18:00, or leave both fields \
               empty.",
        no_hours: "Please fill in hours for at least some days. If we should not write at all, go to “Stop all messages” below.",
        never_opens: "We do not write in these hours. Please choose a time that is at least partly within ours: \
                      {hours}.",
        no_language: "Please choose one of the languages.",
    },
};
