# The gateway's own texts. The same rules as in the catalogue.

# The last lines of every message: the single number and, at the very end, the check code.
signature =
    .short = Tel. { $phone }. Check code { $code }
    .long =
        Questions? Call our only number: { $phone }. We never ask for card numbers, passwords or
        one-time codes.

        You can check on the portal or by phone that this message is really from us. Check code: { $code }

# Before the first message on a new channel. $sender is the number, name or address that citizens see there.
# $answers: whether citizens can write back there.
introduction =
    .title = From now on we will write to you here
    .short =
        We write about benefits from { $sender } only. Not sure it is us? Reply with the code. To stop, reply STOP.
    .long =
        From now on we will tell you about benefits and important dates without waiting for you to ask.
        We will write to you here, and from this sender only: { $sender }.

        { $answers ->
            [yes] Not sure that a message is from us? Reply with the check code at its very end, enter the code on the portal, or call us.
           *[no] Not sure that a message is from us? Enter the check code at its very end on the portal, or call us. Nobody reads replies to this address.
        }

        { $answers ->
            [yes] If you do not want these messages, reply STOP or call us.
           *[no] If you do not want these messages, use “Unsubscribe” in your mail program or call us.
        } Everything we write is also in your account on the portal.

# The answer to STOP.
confirmation =
    .title = We have done as you asked
    .short =
        { $scope ->
            [channel] We will not write to you here any more
            [topic] We will not write to you about "{ $topic }" any more
           *[all] We will not write to you any more
        }, unless the law requires it. If you change your mind, call us.
    .long =
        { $scope ->
            [channel] You asked us not to write to you here. We will not do so any more.
            [topic] You asked us not to write to you about "{ $topic }". We will not do so any more.
           *[all] You asked us not to write to you. We will not do so any more.
        }

        We will write only if the law requires us to tell you of a decision and no other way is left. You
        can still read about your benefits in your account on the portal.

        If you change your mind, call us.

# A person's answer to what the citizen wrote.
answer =
    .title = Our answer to your message
    .short = Our answer to your message: { $text }
    .long =
        You wrote to us. Here is our answer.

        { $text }

# The answer to a check code.
checked =
    .title = Yes, this message is from us
    .short =
        { $state ->
            [sent] Yes, this message is from us. Sent: { $sent }.
           *[waits] Yes, this message is from us. It has not been sent yet.
        }
    .long =
        You asked about a check code. Yes, the message with this code is from us.

        { $state ->
            [sent] It was sent: { $sent }.
           *[waits] It has not been sent yet.
        } We tell nobody here what it is about: the text is in your account on the portal.

# The answer to a check code that stands in no message of ours.
not_ours =
    .title = We have no message with this code
    .short =
        We have no message with this code. Is it typed correctly? Then open no links. Reply SCAM followed
        by the text of that message.
    .long =
        You asked about a check code. We have no message with this code. Please check that it is typed
        exactly as in the message.

        If it is, the message is not from us. Do not open its links, and do not give anyone your card
        numbers or one-time codes. Tell us: reply SCAM followed by the text of that message, or call.

# The answer to who reports a message that was not from us.
reported =
    .title = Thank you for telling us
    .short =
        Thank you, we will look into it. Do not open links in that message, and do not give anyone any codes.
    .long =
        Thank you for telling us. We will look into it.

        Do not open links in that message and do not answer it. If you have already given somebody a card
        number or a one-time code, call your bank at once.

# The answer to a wish for another language.
language_set =
    .title = We will write in English
    .short = All right, we will write to you in English.
    .long =
        You asked us to write to you in English. All right, we will.

# The answer to a wish for other hours.
hours_set =
    .title = We have noted when to write to you
    .short =
        { $kind ->
            [span] All right, we will write to you between { $from } and { $until }.
            [from] All right, we will not write to you before { $from }.
            [until] All right, we will not write to you after { $until }.
           *[any] All right, we will write to you at any time except in quiet hours.
        }
    .long =
        { $kind ->
            [span] You asked us to write to you between { $from } and { $until }. All right, we will.
            [from] You asked us not to write to you before { $from }. All right, we will not.
            [until] You asked us not to write to you after { $until }. All right, we will not.
           *[any] You asked us to write to you at any time. All right, we will, except in quiet hours.
        }

# The answer to a wish for hours in which nobody may be written to.
no_such_hours =
    .title = We do not write in those hours
    .short = We do not write to anyone in those hours, so nothing has changed. Please name others, such as: "from 10 to 18".
    .long =
        You asked us to write to you in hours in which we do not write to anyone, so nothing has changed.

        Please name other hours, such as: "from 10 to 18".

# The answer to who says that they are not the one we write to.
wrong_person =
    .title = We are sorry to have disturbed you
    .short = Sorry to have disturbed you. We will not write to that person here any more.
    .long =
        We are sorry to have disturbed you, and thank you for telling us. We will not write here any more to
        the person we were looking for.

        If this is your address after all, please call us: we will tell you how to confirm it.

# The answer to the right number that was given at the office.
verified =
    .title = Your address is confirmed
    .short = Thank you, you have confirmed that this number is yours. We will write to you here.
    .long =
        Thank you, you have confirmed that this address is yours. We will write to you here.

# The answer to a number given at the office that is wrong or over.
code_refused =
    .title = The number from the office is not right
    .short =
        { $state ->
            [wrong] The number from the office is not right. Please check it and send it again.
           *[over] The number from the office is no longer valid. Ask there for a new one.
        }
    .long =
        { $state ->
            [wrong] The number that you were given at the office is not right. Please check it and send it again.
           *[over] The number that you were given at the office is no longer valid. Ask there for a new one.
        }

# What an operator sends to an own address to see that a channel works.
test =
    .title = Test message
    .short = This is a test of the channel. You do not need to do anything.
    .long =
        This is a test message: we are checking whether our messages arrive here.

        You do not need to do anything.

# The title when one message holds several.
several =
    .title =
        { $count ->
            [one] { $count } new message for you
           *[other] { $count } new messages for you
        }
    .short =
        { $count ->
            [one] There is { $count } new message
           *[other] There are { $count } new messages
        } for you. Please see your account on the portal, or call us.
    .long =
        { $count ->
            [one] There is { $count } new message for you.
           *[other] There are { $count } new messages for you.
        }

        The full text is in your account on the portal. If it is hard for you to read it there, call us:
        we will read it to you.

# What one message says that holds several, where all their texts do not fit: what they are about, or
# else only how many there are.
several_titles =
    .short = { $titles }. The details are in your account on the portal.
    .long =
        This is what we are writing to you about:

        { $titles }

        The full text is in your account on the portal.

# The link to the recipient's own page, in mails. Before the signature.
page =
    .long =
        Your own page shows why you got this message. There you can also choose where, when and about
        what we write to you, or stop our messages. The link is valid for { $days ->
            [one] { $days } day
           *[other] { $days } days
        }. Please do not pass it on: { $link }

# What a citizen is told who asks what became of a message (`vestnik explain --for-citizen`). Each text is
# a sentence or two of its own.
explanation =
    .told = We had to tell you about this: “{ $title }”. We learned of it on { $at }.
    .untitled = We had something to tell you. We learned of it on { $at }.
    .inbox = The message has been in your account on the portal since then.
    .inbox_read = You opened it in your account on the portal on { $at }.
    .erased = We have erased your data. This message is no longer in your account on the portal.
    .channels = Where we wrote to you, and why not elsewhere:
    .advice = What you can do:
    .questions = Questions? Call our only number: { $phone }.

explanation_end =
    .delivered = Our message reached you on { $at }.
    .read = Our message was opened on { $at }.
    .accepted = We sent you our message. We are not told whether it arrived.
    .inbox_only = It did not reach you in any other way.
    .unreachable = We could not reach you.
    .suppressed = We did not write to you about it.
    .expired = We did not write to you in time.
    .cancelled = The message was withdrawn before we sent it.
    .rejected = The services that carry our messages did not accept it.
    .unknown = We wrote to you, but we do not know whether the message arrived.
    .open = Our message is still on its way.

explanation_way =
    .unused = we did not write here. { $why }
    .planned = we will write here if the message does not reach you otherwise.
    .due = we will write on { $at } or soon after.
    .put_off = we will write on { $at } or soon after. { $why }
    .sending = our message is being sent right now.
    .sent = we wrote on { $at }.
    .arrived = we wrote on { $at }, and the message arrived on { $then }.
    .opened = we wrote on { $at }, and the message was opened on { $then }.
    .failed = we wrote on { $at }. { $why }

explanation_reason =
    .chosen = This is the way that we chose.
    .law_overrides =
        You asked us not to write to you here. But the law requires us to tell you this, and there was no
        other way.
    .no_address = We do not have your address or number for this way.
    .address_closed = The address or number that we have is no longer in use.
    .no_consent = We do not have your consent to write to you about this.
    .consent_withdrawn = You asked us not to write to you, or blocked our messages.
    .jurisdiction_forbids = The law does not allow public bodies to write in this way.
    .not_preferred = You did not choose this way in your settings.
    .channel_off = We do not write in this way at present.
    .text_too_long = The text was too long for it.
    .not_before = The office that told us asked us not to write earlier.
    .quiet_hours = We do not write in quiet hours.
    .contact_budget = You already have enough messages from us for that time: we do not write more often.
    .yielded = A more important message to you went first.
    .bundled = We are waiting a little, so that we can send you several messages as one.
    .introduction =
        We introduce ourselves first: a short message goes ahead to say who is writing to you, and from where.
    .retry = The service that carries our messages did not work. We are trying again.
    .throttled = The service that carries our messages was overloaded and asked us to wait.
    .route_paused = We had to pause sending in this way for a while.
    .no_such_citizen = You are not in our register.
    .expired_on_arrival = It was already out of date when it came to us.
    .expired = It was out of date before we could write.
    .cancelled_by_source = The office that told us withdrew it.
    .superseded = A newer message took its place.
    .no_receipt = We did not learn in time whether the message arrived.
    .no_receipt_given = Here we are not told whether messages arrive.
    .receipt_delivered = The message arrived.
    .receipt_read = The message was opened.
    .provider_unavailable = The service that carries our messages could not be reached.
    .ambiguous = We do not know whether the message was sent.
    .unreachable = The message could not be delivered to the address or number that we have.
    .rejected = The service that carries our messages did not accept the text.
    .misconfigured = A fault on our side kept us from sending.
    .not_needed = There was no need.
    .not_on_allow_list = This is a test system, and it may not write to you.
    .guarded =
        Many people declined such messages here, so we have stopped sending them in this way for a while.
    .deceased = The register says that this person has died. If that is a mistake, please call us.
    .template_missing = We had no approved text for it.

explanation_advice =
    .register = Register on the portal or call us, so that we can write to you.
    .give_address =
        { $ways }: tell us your address or number, in your account on the portal or by phone, and we can
        write to you there as well.
    .check_address =
        { $ways }: check in your account on the portal, or ask by phone, whether we have the right address or
        number.
    .allow = { $ways }: say in your account on the portal or by phone that we may write to you.
    .start =
        { $ways }: { $has_day ->
            [yes] on { $day } you asked us to stop
           *[no] you asked us to stop
        }. If you want our messages again, tell us in your account on the portal or by phone. You can also
        reply START there, but not to an email.
    .change_settings =
        { $ways }: you can choose it in your settings, in your account on the portal or by phone.
    .other_hours =
        On working days we write from { $from } to { $until }. Within these hours you can choose those that
        suit you, in your account on the portal or by phone.
    .call = Call us: we will tell you what the message was about.
