# Pre-pension age.

pre_pension_service_credit-v1 =
    .title = We have added to your record of service
    .short =
        We have added to your record of service: it now comes to { $total_years ->
            [one] { $total_years } year
           *[other] { $total_years } years
        }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        We have checked your documents and added { $added_years ->
            [one] { $added_years } year
           *[other] { $added_years } years
        } to your record of service. It now comes to { $total_years ->
            [one] { $total_years } year
           *[other] { $total_years } years
        }.

        You do not need to do anything. Your account on the portal shows which years are counted.

        If you disagree with the decision, call us, or come to a service centre with documents about
        your work. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

pre_pension_retraining-v1 =
    .title = A free course for you
    .short =
        Before your pension you can take a free course of { $weeks ->
            [one] { $weeks } week
           *[other] { $weeks } weeks
        }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        Before your pension you can take a free course: to refresh the skills of your trade, or to learn
        a new one. It takes { $weeks ->
            [one] { $weeks } week
           *[other] { $weeks } weeks
        }, in the evenings if you like.

        Choose a course on the portal and apply there, or at the employment service. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        You can take it whether you have a job or not.

pre_pension_health_days-v1 =
    .title = Paid days off for a health check
    .short =
        You can take { $days ->
            [one] { $days } paid day
           *[other] { $days } paid days
        } off work for a health check. { $has_act_by ->
            [yes] Do so by { $act_by }.
           *[no] Agree the day with your employer.
        }
    .long =
        You can take { $days ->
            [one] { $days } paid day
           *[other] { $days } paid days
        } off work for a health check. The check at your clinic is free.

        Book it on the portal or by phone, then agree the day with your employer. { $has_act_by ->
            [yes] Please use this right by { $act_by }.
           *[no] Choose a day that suits you.
        }

        If your employer refuses, call us: we will tell you what to do.

pre_pension_transport-v1 =
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
        } on city transport even before your pension.

        Order a travel card on the portal or at a service centre. You will need only your passport: we
        can see your age and your record of service. { $has_act_by ->
            [yes] You can order it by { $act_by }.
           *[no] You can order it at any time.
        }

        If you would rather not collect the card, ask on the portal to have it delivered.
