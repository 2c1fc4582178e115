# Birth of a child. One message for each measure and version: .title is one line, .short is for SMS,
# .long is for messengers, mail and the portal. A line break inside a paragraph does not matter, an
# empty line parts paragraphs. The agency's name, the phone number and the check code are added.

large_family_certificate-v1 =
    .title = Large-family certificate
    .short =
        Your family has { $child_order ->
            [one] { $child_order } child
           *[other] { $child_order } children
        }, so you can get a large-family certificate. { $has_act_by ->
            [yes] Apply at a service centre by { $act_by }.
           *[no] Apply at any service centre.
        }
    .long =
        Your family now has { $child_order ->
            [one] { $child_order } child
           *[other] { $child_order } children
        }, so you can get a large-family certificate. With it you pay less for utilities and for
        public transport.

        The certificate is free. Bring your passport and the children's birth certificates to any
        service centre. { $has_act_by ->
            [yes] You can apply by { $act_by }.
           *[no] There is no deadline: come when it suits you.
        }

        If it is hard for you to come, call us: you can also apply on the portal.

birth_grant-v1 =
    .title = Birth grant
    .short =
        Congratulations on your new baby. You can get a grant of { $sum }. { $has_act_by ->
            [yes] Apply on the portal by { $act_by }.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Congratulations on your new baby. You can get a one-time grant of { $sum }.

        To receive it, apply on the portal or at a service centre. You will need your passport and the
        baby's birth certificate. { $has_act_by ->
            [yes] You can apply by { $act_by }.
           *[no] You can apply on any working day.
        } { $has_office ->
            [yes] Your nearest service centre: { $office }.
           *[no] { "" }
        }

        The money goes to the account that you name in your application.

child_allowance-v1 =
    .title = You have been granted a monthly child allowance
    .short =
        You have been granted a child allowance: { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted a child allowance of { $sum } a month. The first payment is for the
        month that begins on { $from }. There will be { $months ->
            [one] { $months } payment
           *[other] { $months } payments
        } in all.

        You do not need to do anything: we decided on the basis of the birth record. The money goes to the
        account you gave us before.

        If you disagree with the amount or the period, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

family_capital-v1 =
    .title = Family capital for your family
    .short =
        Your family can get family capital: { $sum }. { $has_act_by ->
            [yes] Apply by { $act_by } on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Your family can get family capital of { $sum }. You can spend it on housing or on your
        children's education, now or in a few years.

        Apply on the portal or at a service centre; bring your passport and the children's birth
        certificates. { $has_act_by ->
            [yes] You can apply by { $act_by }.
           *[no] There is no deadline: take your time.
        }

        The money is not paid in cash and not sent to middlemen. If somebody offers to turn it into
        cash for you, call us.

utilities_compensation-v1 =
    .title = Help with your utility bills
    .short =
        Your family can get back { $percent }% of what it pays for utilities. { $has_act_by ->
            [yes] Apply on the portal by { $act_by }.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Your family can get back { $percent }% of what it pays for water, electricity, gas and heating.

        Apply on the portal or at a service centre. You will need your passport and your latest bill.
        { $has_act_by ->
            [yes] If you apply by { $act_by }, last month will be counted too.
           *[no] Payments start in the month after you apply.
        }

        If you are behind with your bills, come all the same: we will tell you what can be done.

kindergarten_queue-v1 =
    .title = Kindergarten waiting list
    .short =
        Kindergarten waiting list: { $ahead ->
            [0] nobody is ahead of you
            [one] { $ahead } child is ahead of you
           *[other] { $ahead } children are ahead of you
        }. { $has_act_by ->
            [yes] Confirm your application on the portal by { $act_by }.
           *[no] Please check your application on the portal.
        }
    .long =
        Your child is on the waiting list for a kindergarten. At the moment { $ahead ->
            [0] nobody is ahead of you
            [one] { $ahead } child is ahead of you
           *[other] { $ahead } children are ahead of you
        }.

        { $has_act_by ->
            [yes] To keep your place, confirm your application by { $act_by }: on the portal, at a service
                centre or by phone.
           *[no] Please check on the portal that the kindergartens and your address are right.
        }

        Would you like another kindergarten, or is there too little time to confirm? Call us: we will tell
        you what to do.
