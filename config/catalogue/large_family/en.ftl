# Large family.

large_family_renewal-v1 =
    .title = Time to renew your large-family certificate
    .short =
        Your large-family certificate is valid until { $valid_until }. { $has_act_by ->
            [yes] It is best to renew by { $act_by }, on the portal or at a service centre.
           *[no] You can renew it on the portal or at a service centre.
        }
    .long =
        Your large-family certificate is valid until { $valid_until }. Renew it, so that your benefits go
        on without a break. { $has_act_by ->
            [yes] It is best to do so by { $act_by }.
           *[no] It is best to do so in good time.
        }

        Apply on the portal, or come to a service centre with your passport and the old certificate. You
        need not collect any documents: we have the data about your children.

large_family_transport-v1 =
    .title = Cheaper travel for your family
    .short =
        Your family can travel { $percent ->
            [100] free of charge
           *[other] { $percent }% cheaper
        } on city transport. { $has_act_by ->
            [yes] Order a card by { $act_by }, on the portal or at a service centre.
           *[no] Order a card on the portal or at a service centre.
        }
    .long =
        Your family, parents and children, can travel { $percent ->
            [100] free of charge
           *[other] { $percent }% cheaper
        } on city and suburban transport.

        Order a travel card on the portal or at a service centre. You will need your large-family
        certificate. { $has_act_by ->
            [yes] You can order it by { $act_by }.
           *[no] You can order it at any time.
        }

        Until you have the card, it is enough to show the certificate.

large_family_housing_queue-v1 =
    .title = You are on the housing waiting list
    .short =
        Your family has been on the housing waiting list since { $since }. Your number: { $place }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        Your family has been on the housing waiting list since { $since }. Your number on the list is { $place }.

        You do not need to do anything. When your number changes, you will see it in your account on the
        portal. If your family or your address changes, tell us: it matters for the list.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

large_family_school_meals-v1 =
    .title = Free school meals
    .short =
        { $children ->
            [1] One of your children
           *[other] { $children } of your children
        } can have free school meals. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at school.
           *[no] Apply on the portal or at school.
        }
    .long =
        { $children ->
            [1] One of your children
           *[other] { $children } of your children
        } can have free school meals. { $has_school ->
            [yes] School: { $school }.
           *[no] { "" }
        }

        Apply on the portal or hand the form to the class teacher. You need not bring the certificate:
        the school can see it. { $has_act_by ->
            [yes] If you apply by { $act_by }, meals start in the following month.
           *[no] Meals start in the month after you apply.
        }

        If your child needs a special diet, say so in the form.

large_family_summer_camp-v1 =
    .title = Summer camp for children of large families
    .short =
        Children of large families can go to a summer camp for { $days ->
            [one] { $days } day
           *[other] { $days } days
        }, free of charge. { $has_act_by ->
            [yes] Sign up by { $act_by }, on the portal.
           *[no] Sign up on the portal.
        }
    .long =
        This summer, children of large families aged 7 to 16 can go to a camp for { $days ->
            [one] { $days } day
           *[other] { $days } days
        }, free of charge.

        Sign your child up on the portal or at a service centre. { $has_act_by ->
            [yes] You can sign up by { $act_by }, as long as there are places.
           *[no] You can sign up as long as there are places.
        } We pay for travel and meals.

        This is an invitation: if the camp is not for you, you do not need to do anything.
