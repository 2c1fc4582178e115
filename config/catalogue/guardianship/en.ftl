# Guardianship. Titles and short texts do not say that the child has a guardian: the child may see
# them, and so may a stranger.

guardianship_allowance-v1 =
    .title = You have been granted a monthly payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted { $sum } a month from { $from }, for the upkeep of the child whose
        guardian you are.

        You do not need to do anything: the money goes to the account in your application.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

guardianship_report-v1 =
    .title = Time for your yearly report
    .short =
        A reminder: your report for { $year }. { $has_act_by ->
            [yes] Hand it in by { $act_by }, on the portal or at a service centre.
           *[no] You can hand it in on the portal or at a service centre.
        }
    .long =
        A reminder of your report as a guardian for { $year }. In it you write how the child is and what
        the child's money was spent on.

        Fill it in on the portal, or bring it to a service centre. { $has_act_by ->
            [yes] Please hand it in by { $act_by }.
           *[no] It is best to do so in good time.
        }

        Is it hard to fill in? Call us and we will do it together. If you have handed it in already, you
        do not need to do anything.

guardianship_recovery-v1 =
    .title = A free holiday for your child
    .short =
        Your child can have a free holiday of { $days ->
            [one] { $days } day
           *[other] { $days } days
        }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        The child you bring up can go to a health resort or a camp for { $days ->
            [one] { $days } day
           *[other] { $days } days
        }, free of charge.

        Apply on the portal or at a service centre. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        } You choose the place and the day with us, from those that are free.

        If the child needs treatment or a special diet, say so in the form.

guardianship_advice-v1 =
    .title = Free advice from a psychologist and a lawyer
    .short =
        You can have free advice from a psychologist and a lawyer. { $has_act_by ->
            [yes] Book by { $act_by }, on the portal or by phone.
           *[no] Book on the portal or by phone.
        }
    .long =
        Everybody who brings up a foster child or a ward can have free advice from a psychologist and a
        lawyer: about school, about teenagers, about documents. You can bring the child.

        Book on the portal or by phone. { $has_act_by ->
            [yes] Please book by { $act_by }.
           *[no] Choose a day that suits you.
        }

        This is an invitation: if you do not need it, you do not need to do anything.
