# Loss of the breadwinner. The texts are short and calm. Titles and short texts do not say what
# happened: they can be seen on a locked screen, and a child may read them.

breadwinner_loss_application-v1 =
    .title = You can apply for a payment for your family
    .short =
        Your family can apply for a monthly payment. { $has_act_by ->
            [yes] It is best to apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Your family can apply for a survivor's pension. The portal says who in the family can receive
        it; you can also ask us by phone.

        Apply on the portal or at a service centre; bring your passport. If you do not have some of the
        documents, tell us: we can ask for many of them ourselves. { $has_act_by ->
            [yes] It is best to apply by { $act_by }.
           *[no] Apply when it suits you.
        }

        If it is hard for you to come at this time, call us: we can take your application by phone.

breadwinner_loss_pension-v1 =
    .title = You have been granted a monthly payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted a survivor's pension: { $sum } a month from { $from }.

        You do not need to do anything: the money goes to the account in your application. Your account on the
        portal shows how the amount was worked out.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

breadwinner_loss_study-v1 =
    .title = To keep your payment going
    .short =
        The last day of your payment is { $paid_until }. If the studies go on, send { $has_act_by ->
            [yes] proof by { $act_by }.
           *[no] proof from the school.
        }
    .long =
        The last day of the payment you receive is { $paid_until }. If the studies go on, it can go on
        too.

        Ask the school, college or university for a letter, and send it through the portal or bring it
        to a service centre. { $has_act_by ->
            [yes] It is best to do so by { $act_by }.
           *[no] It is best to do so in good time, so that there is no break.
        }

        If the studies have ended, you do not need to do anything.

breadwinner_loss_utilities-v1 =
    .title = A discount on your utility bills
    .short =
        Your family can apply for a discount of { $percent }% on utilities. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Your family can apply for a discount of { $percent }% on water, electricity, gas and heating.

        Apply on the portal or at a service centre. You will need your passport and your latest bill. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        If the bills come in somebody else's name, that is no obstacle: we will tell you how to change
        it.
