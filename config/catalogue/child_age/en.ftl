# A child reaches an age: school, doctor, passport, the end of an allowance.

child_age_school-v1 =
    .title = Enrolment for the first year of school
    .short =
        Your child can be enrolled for the first year of school from { $opens }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at the school.
           *[no] Apply on the portal or at the school.
        }
    .long =
        Your child can be enrolled for the first year of school. Applications are taken from { $opens }. { $has_school ->
            [yes] The school for your address: { $school }.
           *[no] { "" }
        }

        Apply on the portal or bring the form to the school. Bring your passport and the child's birth
        certificate. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] The school will tell you until when applications are taken.
        }

        Would you like another school? Call us: we will tell you how to enrol there.

child_age_health_check-v1 =
    .title = Your child's health check
    .short =
        Children need a health check at the age of { $age }. { $has_act_by ->
            [yes] Book it by { $act_by }, on the portal or by phone.
           *[no] Book it on the portal or by phone.
        }
    .long =
        Children need a health check at the age of { $age }: the doctor looks at how your child grows,
        sees and hears. It is free.

        Book it at your clinic, on the portal or by phone. { $has_act_by ->
            [yes] It is best to come by { $act_by }.
           *[no] Choose a day that suits you.
        }

        If your child has had the check already, you do not need to do anything.

child_age_passport-v1 =
    .title = Your child's first passport
    .short =
        Your child needs a passport at the age of { $age }. { $has_act_by ->
            [yes] Apply by { $act_by }, at any service centre.
           *[no] Apply at any service centre.
        }
    .long =
        Your child needs a passport at the age of { $age }.

        Come to a service centre together with your child. You can book a time on the portal, which also
        lists the documents to bring. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] It is best to apply soon after the birthday.
        }

        If your child has a passport already, you do not need to do anything.

child_age_allowance_end-v1 =
    .title = When your child allowance ends
    .short =
        The last day of your child allowance is { $until }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        Your child is turning { $age }, so the child allowance ends. The last day it is paid for is
        { $until }.

        You do not need to do anything. There may be other help for your family: look in your account on the
        portal, or ask us by phone.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }
