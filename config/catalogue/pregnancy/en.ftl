# Pregnancy. Titles and short texts do not name it: they can be seen on a locked screen. Nobody is
# congratulated here and nothing is foretold: the message may come on a hard day.

pregnancy_benefit-v1 =
    .title = You have been granted a payment
    .short =
        You have been granted a payment of { $sum }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted maternity benefit of { $sum }. It is for the time from { $from } to
        { $until }, both days included.

        You do not need to do anything: the money goes to the account in your application. Your account on the
        portal shows how the amount was worked out.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

pregnancy_support-v1 =
    .title = A monthly payment for you
    .short =
        You can apply for a payment of { $sum } a month. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        During pregnancy you can apply for a payment of { $sum } a month.

        Apply on the portal or at a service centre; bring your passport. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        } We will look at your application and tell you what we decide.

        If it is hard for you to come, call us: we will tell you how to apply from home.

pregnancy_appointment-v1 =
    .title = A reminder of your appointment
    .short =
        A reminder: your appointment is on { $on }. See the portal for where. { $has_act_by ->
            [yes] To move it, call us by { $act_by }.
           *[no] Call us to move it.
        }
    .long =
        A reminder: you have an appointment on { $on }. Where: { $office }.

        Bring your passport, and your test results if you have them. { $has_act_by ->
            [yes] If the day does not suit you, call us by { $act_by } and we will find another.
           *[no] If the day does not suit you, call us and we will find another.
        }

        If you no longer need the appointment, tell us by phone. You need not say why.

pregnancy_medicines-v1 =
    .title = Free medicines on prescription
    .short =
        Vitamins and medicines that your doctor prescribes are free for you. { $has_act_by ->
            [yes] Please collect them by { $act_by }.
           *[no] Ask your doctor for a prescription.
        }
    .long =
        Vitamins and medicines that your doctor prescribes are free for you. The portal has the list.

        The doctor gives you the prescription at your appointment. Show it at a pharmacy with your
        passport. { $has_act_by ->
            [yes] Please collect the medicines by { $act_by }.
           *[no] The prescription says how long it is valid.
        } { $has_pharmacy ->
            [yes] Your nearest pharmacy: { $pharmacy }.
           *[no] { "" }
        }

        If a pharmacy does not have what you need, call us: we will tell you where to find it.
