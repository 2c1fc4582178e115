# Young family.

young_family_grant-v1 =
    .title = Help with buying a home
    .short =
        Your family can ask for help with buying a home: { $percent }% of the price. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at a service centre.
           *[no] Apply on the portal or at a service centre.
        }
    .long =
        Your family can ask for help with buying or building a home: { $percent }% of its assessed
        price.

        Apply on the portal or at a service centre. Bring the adults' passports, and the children's
        birth certificates if you have children. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        This is not a decision yet: we first check your documents, and then tell you what we decide.
        Please pay no deposit before that.

young_family_certificate-v1 =
    .title = Your housing certificate is issued
    .short =
        Your housing certificate for { $sum } is issued. Last day to use it: { $valid_until }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        Your family has been issued a certificate for buying or building a home: { $sum }. The last day
        to use it is { $valid_until }.

        Collect the certificate at a service centre, or find it in your account on the portal. The money
        goes to the seller or the bank when you sign the contract. The certificate cannot be sold or
        given away: if somebody offers you that, call us.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

young_family_rent-v1 =
    .title = Help with your rent
    .short =
        Your family can apply for help with the rent: { $sum } a month. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        If you rent your home, your family can apply for help with the rent: { $sum } a month.

        Apply on the portal or at a service centre. You will need the adults' passports and the rental
        contract. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        No written contract? Call us all the same: we will tell you what can be done.

young_family_meeting-v1 =
    .title = A meeting for young families
    .short =
        On { $on } we will talk about help for young families. See the portal for where. { $has_act_by ->
            [yes] Sign up by { $act_by }.
           *[no] You can sign up there too.
        }
    .long =
        On { $on } we will talk about the help there is for young families: with housing, with studies,
        with children. Where: { $office }. It is free, and you can bring your children.

        Sign up on the portal or by phone. { $has_act_by ->
            [yes] Please sign up by { $act_by }, as long as there are places.
           *[no] You can sign up as long as there are places.
        }

        This is an invitation: if the meeting is not for you, you do not need to do anything.
