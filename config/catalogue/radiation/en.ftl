# Radiation exposure. The texts are short and calm. Titles and short texts do not name the cause: they
# can be seen on a locked screen.

radiation_payment-v1 =
    .title = You have been granted a monthly payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted compensation for exposure to radiation: { $sum } a month from { $from }.

        You do not need to do anything: the money goes to the account you gave us before. You can change the
        account on the portal or at a service centre.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

radiation_check_up-v1 =
    .title = Your yearly health check
    .short =
        It is time for your yearly health check. It is free. { $has_act_by ->
            [yes] Book it by { $act_by }, on the portal or by phone.
           *[no] Book it on the portal or by phone.
        }
    .long =
        It is time for your yearly health check. It is an ordinary free check, to notice any change in
        good time. { $has_clinic ->
            [yes] Your clinic: { $clinic }.
           *[no] { "" }
        }

        Book it on the portal or by phone. { $has_act_by ->
            [yes] It is best to come by { $act_by }.
           *[no] Choose a day that suits you.
        } Bring your passport and your certificate.

        If you have had your check this year, you do not need to do anything.

radiation_recovery-v1 =
    .title = A free stay at a health resort
    .short =
        You can have a free stay of { $days ->
            [one] { $days } day
           *[other] { $days } days
        } at a health resort. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        With your certificate you can have a free stay of { $days ->
            [one] { $days } day
           *[other] { $days } days
        } at a health resort.

        Apply on the portal or at a service centre. You will need your passport, your certificate and a
        letter from your doctor. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        } You choose the resort and the day with us, from those that have places.

        If it is hard for you to come, call us: we can take your application by phone.

radiation_transport-v1 =
    .title = Cheaper travel for you
    .short =
        You can travel { $percent ->
            [100] free of charge
           *[other] { $percent }% cheaper
        } on city transport. { $has_act_by ->
            [yes] Order a card by { $act_by }, on the portal or at a service centre.
           *[no] Order a card on the portal or at a service centre.
        }
    .long =
        You can travel { $percent ->
            [100] free of charge
           *[other] { $percent }% cheaper
        } on city and suburban transport.

        Order a travel card on the portal or at a service centre. You will need your passport and your
        certificate. { $has_act_by ->
            [yes] You can order it by { $act_by }.
           *[no] You can order it at any time.
        }

        If it is hard for you to collect the card, call us: we will tell you how else to get it.
