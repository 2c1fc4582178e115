# The gateway's own texts. The same rules as in the catalogue.

# The last lines of every message: the single number and, at the very end, the check code.
signature =
    .short = Tel. { $phone }. Check code { $code }
    .long =
        Questions? Call our only number: { $phone }. We never ask for card numbers, passwords or
        one-time codes.

        You can check on the portal or by phone that this message is really ours. Check code: { $code }

# Before the first message on a new channel. $sender is the number, name or address that citizens see there.
introduction =
    .title = From now on we will write to you here
    .short =
        We write about your benefits from { $sender } only. Is it us? Reply with the code. To stop, reply STOP.
    .long =
        From now on we will tell you ourselves about benefits that are yours and about important
        dates. We will write to you here, and from this sender only: { $sender }.

        Not sure that a message is from us? Reply with the check code that stands at its very end, enter
        the code on the portal, or call us.

        If you do not want these messages, reply STOP or tell us by phone. Everything we write is also in
        your account on the portal.

# The answer to STOP.
confirmation =
    .title = We have done as you asked
    .short =
        { $scope ->
            [channel] We will not write to you here any more.
            [topic] We will not write to you about "{ $topic }" any more.
           *[all] We will not write to you any more.
        } If you change your mind, call us.
    .long =
        { $scope ->
            [channel] You asked us not to write to you here. We will not do so any more.
            [topic] You asked us not to write to you about "{ $topic }". We will not do so any more.
           *[all] You asked us not to write to you. We will not do so any more.
        }

        Decisions that the law obliges us to tell you of are in your account on the portal. If you
        change your mind, call us.

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
            [sent] Yes, it is from us: { $sent }.
           *[waits] Yes, it is from us: not sent yet.
        }
    .long =
        You asked about a check code. Yes, the message with this code is from us.

        { $state ->
            [sent] It was sent: { $sent }.
           *[waits] It has not been sent yet.
        } We cannot say here what it is about: you find it in your account on the portal.

# The answer to a check code that stands in no message of ours.
not_ours =
    .title = We have no message with this code
    .short =
        We have no message with this code. Is it typed right? If so, open no links, and send us that
        message after the word SCAM.
    .long =
        You asked about a check code. We have no message with this code. Please look whether it is
        typed just as it stands in the message.

        If it is, the message is not from us. Do not open its links, and give nobody the numbers of
        your cards or one-time codes. Tell us: reply SCAM and what it says, or call.

# The answer to who reports a message that was not from us.
reported =
    .title = Thank you for telling us
    .short =
        Thank you, we pass it on to be looked into. Open no links of that message, and tell nobody any codes.
    .long =
        Thank you for telling us of a message that is not from us. We pass it on to be looked into.

        Do not open its links and do not answer it. If you have already told somebody the number of a
        card or a one-time code, call your bank at once.

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
           *[any] All right, we will write to you at any time that is permitted.
        }
    .long =
        { $kind ->
            [span] You asked us to write to you between { $from } and { $until }. All right, we will.
            [from] You asked us not to write to you before { $from }. All right, we will not.
            [until] You asked us not to write to you after { $until }. All right, we will not.
           *[any] You asked us to write to you at any time. All right, we will, except in hours of rest.
        }

# The answer to a wish for hours in which nobody may be written to.
no_such_hours =
    .title = We do not write in those hours
    .short = We write to nobody in those hours, so nothing has changed. Please name others: "from 10 to 18".
    .long =
        You asked us to write to you in hours in which we write to nobody, so we have changed nothing.

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
    .short = Thank you, you have confirmed that this address is yours. We will write to you here.
    .long =
        Thank you, you have confirmed that this address is yours. We will write to you here.

# The answer to a number given at the office that is wrong or over.
code_refused =
    .title = The number from the office is not right
    .short =
        { $state ->
            [wrong] The number from the office is not right. Check it and resend it.
           *[over] The number from the office is no longer valid. Ask for a new one.
        }
    .long =
        { $state ->
            [wrong] The number that you were given at the office is not right. Please check it and try again.
           *[over] The number that you were given at the office is no longer valid. Ask there for a new one.
        }

# What an operator sends to an own address to see that a channel works.
test =
    .title = Test message
    .short = This is a test of the channel. You need not do anything.
    .long =
        This is a test message: we check whether our messages arrive here.

        You need not do anything.

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
        } for you. Please read on the portal, in your inbox, or call us.
    .long =
        { $count ->
            [one] There is { $count } new message for you.
           *[other] There are { $count } new messages for you.
        }

        You find all of it on the portal, in your inbox. If it is hard for you to read it there, call us:
        we will read it to you.

# What one message says that holds several, where all their texts do not fit: what they are about, or
# else only how many there are.
several_titles =
    .short = { $titles }. All of it is on the portal, in your inbox.
    .long =
        This is what we write to you about:

        { $titles }

        You find all of it on the portal, in your inbox.

# The link to the recipient's own page, in mails. Before the signature.
page =
    .long =
        Why you got this message, where, when and about what we may write to you, and how to stop: all of
        it is on your own page. The link is good for { $days ->
            [one] { $days } day
           *[other] { $days } days
        }, please pass it on to nobody: { $link }

# What a citizen is told who asks what became of a message (`vestnik explain --for-citizen`). Each text is
# a sentence or two of its own.
explanation =
    .told = We had this to tell you: “{ $title }”. It came to us on { $at }.
    .untitled = We had something to tell you. It came to us on { $at }.
    .inbox = It has been in your account on the portal since then.
    .inbox_read = You opened it in your account on the portal on { $at }.
    .erased = We have erased your data. This message is no longer in your account on the portal.
    .channels = Where we wrote to you, and why not elsewhere:
    .advice = What you can do:
    .questions = Questions? Call our only number: { $phone }.

explanation_end =
    .delivered = Our message reached you on { $at }.
    .read = Our message was opened on { $at }.
    .accepted = We sent you our message. Whether it arrived is not told to us.
    .inbox_only = It did not reach you in any other way.
    .unreachable = We could not reach you.
    .suppressed = We did not write to you about it.
    .expired = We did not write to you in time.
    .cancelled = It was taken back before we sent it.
    .rejected = The services that carry our messages did not take it.
    .unknown = We wrote to you, but do not know whether the message arrived.
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
        You asked us not to write to you here. The law says that we must tell you this, and there was no
        other way.
    .no_address = We have no address or number of yours for it.
    .address_closed = The address or number that we have is no longer in use.
    .no_consent = We do not have your consent to write to you about this.
    .consent_withdrawn = You asked us not to write to you, or blocked our messages.
    .jurisdiction_forbids = The law does not let public bodies write in this way.
    .not_preferred = You left this way out in your settings.
    .channel_off = We do not write in this way at present.
    .text_too_long = The text was too long for it.
    .not_before = The office that it comes from asked us not to write earlier.
    .quiet_hours = We do not write in hours of rest.
    .contact_budget = We have already planned as many messages to you for that time as we may send.
    .yielded = A more important message to you went first.
    .bundled = We wait a little, so as to send you several messages as one.
    .introduction =
        We introduce ourselves first: a short message goes ahead that says who writes to you, and from where.
    .retry = The service that carries our messages did not work. We are trying again.
    .throttled = The service that carries our messages was overloaded and asked us to wait.
    .route_paused = We had to pause sending in this way for a while.
    .no_such_citizen = You are not in our register.
    .expired_on_arrival = It was already out of date when it came to us.
    .expired = It was out of date before we could write.
    .cancelled_by_source = The office that it comes from took it back.
    .superseded = A newer message took its place.
    .no_receipt = We did not learn in time whether the message arrived.
    .no_receipt_given = We are not told whether messages arrive there.
    .receipt_delivered = The message arrived.
    .receipt_read = The message was opened.
    .provider_unavailable = The service that carries our messages could not be reached.
    .ambiguous = We do not know whether the message was sent.
    .unreachable = The message could not be delivered to the address or number that we have.
    .rejected = The service that carries our messages refused the text.
    .misconfigured = A fault on our side kept us from sending.
    .not_needed = There was no need to.
    .not_on_allow_list = This is a test system, and it may not write to you.
    .guarded =
        Many people turned such messages down here, so we have stopped sending them this way for a while.
    .deceased = The registry says that this person has died. If that is a mistake, please call us.
    .template_missing = We had no approved text for it.

explanation_advice =
    .register = Register on the portal or call us, so that we can write to you.
    .give_address =
        { $ways }: tell us your address or number, in your account on the portal or by phone, and we can
        write to you there as well.
    .check_address =
        { $ways }: see in your account on the portal, or ask by phone, whether the address or number that we
        have is right.
    .allow = { $ways }: say in your account on the portal or by phone that we may write to you.
    .start =
        { $ways }: { $has_day ->
            [yes] on { $day } you asked us to stop
           *[no] you asked us to stop
        }. If you want our messages again, reply START there, or tell us in your account on the portal or by
        phone.
    .change_settings =
        { $ways }: you can choose it in your settings, in your account on the portal or by phone.
    .other_hours =
        On workdays we write from { $from } to { $until }. Within these you can choose the hours that suit
        you, in your account on the portal or by phone.
    .call = Call us: we will tell you what we had to say.
