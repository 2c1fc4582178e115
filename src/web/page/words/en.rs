//! The words of the page in English.

use super::{Channels, Copy, HourWords, Language, Stop, Topics, Why, Words, Wrongs};

pub(super) const WORDS: Words = Words {
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
                settings, messages, what you wrote and reported to us, and one-time codes that were given out for \
                your addresses: when, not which.",
        part: "A file with what we keep about you: language and time zone, what you agreed to and refused, settings, \
               the headings of messages, when you wrote to us, and when one-time codes were given out to you. The link came in a mail, and whoever has the mail can open it, so there are \
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
