# Pension age.

pension_application-v1 =
    .title = You can apply for your pension
    .short =
        On { $on } you reach pension age. According to our records, you have worked for { $service_years ->
            [one] { $service_years } year
           *[other] { $service_years } years
        }. { $has_act_by ->
            [yes] It is best to apply by { $act_by }.
           *[no] You can apply on the portal.
        }
    .long =
        On { $on } you reach pension age and can apply for a pension. According to our records, you have
        worked for { $service_years ->
            [one] { $service_years } year
           *[other] { $service_years } years
        }.

        Apply on the portal or at a service centre; bring your passport. { $has_act_by ->
            [yes] If you apply by { $act_by }, your first pension will come without delay.
           *[no] You can do it now, or later when you decide to.
        }

        If the years are wrong, tell us: we will say which documents can put it right. You can go on working.

pension_granted-v1 =
    .title = You have been granted a pension
    .short =
        Your pension is granted: { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted a pension of { $sum } a month from { $from }. It will be paid { $delivery }.

        You do not need to do anything. You can change how it is paid on the portal, at a service centre or by
        phone. Your account on the portal shows how the amount was worked out.

        If you disagree with the amount, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

pension_service_record-v1 =
    .title = Please check your record of service
    .short =
        Your record of service lacks { $missing_years ->
            [one] { $missing_years } year
           *[other] { $missing_years } years
        }. { $has_act_by ->
            [yes] Bring your documents to a service centre by { $act_by }.
           *[no] Bring your documents to a service centre.
        }
    .long =
        Your record of service lacks { $missing_years ->
            [one] { $missing_years } year
           *[other] { $missing_years } years
        }. Your pension depends on it, so please check: your account on the portal shows which years are
        missing.

        Bring your employment record, letters from employers or your diploma to a service centre. { $has_act_by ->
            [yes] It is best to do so by { $act_by }.
           *[no] It is best to do so before you apply for your pension.
        }

        No documents left? Call us: we will ask the archive ourselves.

pension_utilities_subsidy-v1 =
    .title = A discount on your utility bills
    .short =
        You can get a discount of { $percent }% on utilities. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        You can get a discount of { $percent }% on water, electricity, gas and heating.

        Apply on the portal or at a service centre. You will need your passport and your latest bill.
        { $has_act_by ->
            [yes] If you apply by { $act_by }, the discount starts in the following month.
           *[no] The discount starts in the month after you apply.
        }

        If it is hard for you to come, call us: we can take your application by phone.

pension_health_check-v1 =
    .title = A free health check
    .short =
        You can have a free health check at your clinic. { $has_act_by ->
            [yes] Book by { $act_by }, on the portal or by phone.
           *[no] Book on the portal or by phone.
        }
    .long =
        You can have a free health check at your clinic: blood pressure, heart, eyes, blood tests. It
        usually takes one morning.

        Book on the portal or by phone. { $has_act_by ->
            [yes] You can book by { $act_by }.
           *[no] Choose a day that suits you.
        } Bring your passport.

        This is an invitation: if you do not need the check, you do not need to do anything.
