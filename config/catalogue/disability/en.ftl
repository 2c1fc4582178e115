# Disability. Titles and short texts name neither the disability nor a diagnosis: they can be seen on
# a locked screen.

disability_pension-v1 =
    .title = You have been granted a monthly payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted a disability pension, { $group }: { $sum } a month from { $from }.

        You do not need to do anything: the decision follows the doctors' report. The money goes to the account
        you gave us before.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        } Somebody close to you can do it for you with a power of attorney.

disability_aids-v1 =
    .title = Free help under your programme
    .short =
        There is free help for you under your programme. { $has_act_by ->
            [yes] See the portal or call us for details, and order by { $act_by }.
           *[no] See the portal or call us for details and to order.
        }
    .long =
        Under your rehabilitation programme you can get { $device }, free of charge.

        Choose a model on the portal, at a service centre, or together with us by phone. { $has_act_by ->
            [yes] You can order by { $act_by }.
           *[no] You can order at any time.
        } We bring it to your home and help you set it up.

        If you have already bought it yourself, keep the receipt: you can have the money back.

disability_carer_allowance-v1 =
    .title = An allowance for the person who helps you
    .short =
        If somebody close to you helps you every day and so does not work, they can get { $sum } a month. { $has_act_by ->
            [yes] They can apply by { $act_by }.
           *[no] They can apply on the portal.
        }
    .long =
        If somebody close to you cares for you every day and therefore does not work, they can get an
        allowance of { $sum } a month.

        They apply themselves, on the portal or at a service centre. They need their passport and your
        consent, which you can give by phone. { $has_act_by ->
            [yes] They can apply by { $act_by }.
           *[no] They can apply on any working day.
        }

        The time they spend caring for you counts towards their pension.

disability_reassessment-v1 =
    .title = A reminder of your appointment
    .short =
        A reminder: your appointment is on { $on }. See the portal for where and what to bring. { $has_act_by ->
            [yes] To move it, call us by { $act_by }.
           *[no] Call us to move it.
        }
    .long =
        A reminder: your reassessment is on { $on }. Where: { $office }.

        Bring your passport, the last report, and letters from your doctors if you have any. { $has_act_by ->
            [yes] If the day does not suit you, call us by { $act_by } and we will find another.
           *[no] If the day does not suit you, call us and we will find another.
        }

        Is it hard for you to come? Tell us by phone: the doctors can visit you at home. Until there is a
        decision, your payments go on.

disability_transport-v1 =
    .title = Free rides for you
    .short =
        Every month you have { $rides ->
            [one] { $rides } free taxi ride
           *[other] { $rides } free taxi rides
        }. { $has_act_by ->
            [yes] Please call to order your first ride by { $act_by }.
           *[no] You can order a taxi by phone.
        }
    .long =
        Every month you have { $rides ->
            [one] { $rides } free ride
           *[other] { $rides } free rides
        } in a social taxi: to the doctor, to a service centre, wherever you need to go. Somebody can come
        with you.

        Order a taxi by phone or on the portal, best a day before. { $has_act_by ->
            [yes] Please order your first ride by { $act_by }.
           *[no] You need not apply: you are on the list already.
        }

        If you need a car with a lift, say so when you order.
