# Veteran. Titles and short texts do not name the status: they can be seen on a locked screen. The long
# text names it only where it is the ground of a decision.

veteran_payment-v1 =
    .title = You have been granted a monthly payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        As a veteran you have been granted { $sum } a month from { $from }.

        You do not need to do anything: the money goes to the account you gave us before. You can change the
        account on the portal or at a service centre.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

veteran_utilities-v1 =
    .title = A discount on your utility bills
    .short =
        You can apply for a discount of { $percent }% on utilities. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Because of your status you can apply for a discount of { $percent }% on water, electricity, gas
        and heating.

        Apply on the portal or at a service centre. You will need your passport and your latest bill;
        you need not bring your certificate. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        If it is hard for you to come, call us: we can take your application by phone.

veteran_recovery-v1 =
    .title = Free recovery at a health resort
    .short =
        You can have { $days ->
            [one] { $days } day
           *[other] { $days } days
        } of recovery at a health resort, free of charge. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        Because of your status you can have { $days ->
            [one] { $days } day
           *[other] { $days } days
        } of treatment and recovery at a health resort, free of charge. There is a psychologist there too.

        Apply on the portal or at a service centre. You will need your passport and a letter from your
        doctor. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        Is it hard for you to travel, or do you need somebody with you? Say so in the form.

veteran_retraining-v1 =
    .title = Learn a new trade free of charge
    .short =
        You can learn a new trade free of charge. It takes up to { $months ->
            [one] { $months } month
           *[other] { $months } months
        }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        Because of your status you can learn a new trade free of charge. The training takes up to { $months ->
            [one] { $months } month
           *[other] { $months } months
        }, and you choose the trade.

        The portal lists the trades and the places. Apply there or at the employment service. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        Not sure what to choose? Call us: we will book you a meeting with an adviser.
