# Job loss. Titles and short texts do not say that somebody is out of work: they can be seen on a locked
# screen.

job_loss_registration-v1 =
    .title = The employment service is there for you
    .short =
        The employment service helps with finding work and with payments. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        If you are out of work, register with the employment service. It will look for jobs and courses
        with you, and tell you which payments you can apply for.

        Apply on the portal, or come to the employment service with your passport. { $has_act_by ->
            [yes] It is best to do so by { $act_by }.
           *[no] It is best to do so soon.
        } { $has_office ->
            [yes] The nearest office: { $office }.
           *[no] { "" }
        }

        Have you found work already? Then you do not need to do anything.

job_loss_benefit-v1 =
    .title = You have been granted a payment
    .short =
        You have been granted { $sum } a month from { $from }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been granted unemployment benefit: { $sum } a month from { $from } to { $until }, both
        days included.

        The money goes to the account in your application. If you find work or go away for long, tell
        the employment service.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

job_loss_visit-v1 =
    .title = A reminder of your meeting
    .short =
        A reminder: your meeting is on { $on }. See the portal for where. { $has_act_by ->
            [yes] To move it, call us by { $act_by }.
           *[no] Call us to move it.
        }
    .long =
        A reminder: an adviser at the employment service expects you on { $on }. Where: { $office }.

        Bring your passport and, if you have them, your CV and your diplomas. { $has_act_by ->
            [yes] If the day does not suit you, call us by { $act_by } and we will find another.
           *[no] If the day does not suit you, call us and we will find another.
        }

        Have you found work already? Tell us by phone, and you need not come.

job_loss_training-v1 =
    .title = A free course for you
    .short =
        You can take a free course of { $weeks ->
            [one] { $weeks } week
           *[other] { $weeks } weeks
        }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or at the employment service.
           *[no] Apply on the portal or at the employment service.
        }
    .long =
        You can take a free course: { $course }. It takes { $weeks ->
            [one] { $weeks } week
           *[other] { $weeks } weeks
        }.

        Apply on the portal or at the employment service. { $has_act_by ->
            [yes] Please apply by { $act_by }, as long as there are places.
           *[no] You can apply as long as there are places.
        }

        Is the course not for you? You can find others on the portal, or together with an adviser.
