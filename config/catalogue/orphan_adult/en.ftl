# An orphan reaches 18. The texts speak to the young person. They do not name what happened to the
# parents: who reads them knows, and strangers need not.

orphan_adult_grant-v1 =
    .title = A payment for your coming of age
    .short =
        From { $from } you can apply for a one-time payment of { $sum }. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal.
           *[no] Apply on the portal.
        }
    .long =
        From { $from } you can apply for a one-time payment for your coming of age: { $sum }.

        Apply on the portal or at a service centre. You will need your passport and a bank account in
        your own name. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        } We will look at your application and tell you what we decide.

        This money is yours. If somebody asks you for it, or asks you to borrow money for them, call us.

orphan_adult_housing-v1 =
    .title = You are on the housing list
    .short =
        You have been on the housing list since { $since }. Your number: { $place }. { $has_act_by ->
            [yes] If you disagree, call us by { $act_by }.
           *[no] If you disagree, call us.
        }
    .long =
        You have been on the list for a home of your own since { $since }. Your number on the list is
        { $place }.

        You do not need to do anything. When your number changes, you will see it in your account on the
        portal. If you move, tell us your new address.

        If you disagree with the decision, call us or come to a service centre. { $has_act_by ->
            [yes] You can ask for a review by { $act_by }.
           *[no] You can ask for the decision to be reviewed.
        }

orphan_adult_study-v1 =
    .title = Free studies and a payment
    .short =
        While you study you can apply for { $sum } a month. { $has_act_by ->
            [yes] Apply by { $act_by }, on the portal or where you study.
           *[no] Apply on the portal or where you study.
        }
    .long =
        You can study free of charge, and apply for { $sum } a month while you study. This is so at a
        college and at a university.

        Apply on the portal or where you study. You will need your passport and a letter from the place
        where you study. { $has_act_by ->
            [yes] Please apply by { $act_by }.
           *[no] You can apply on any working day.
        }

        Still choosing where to study? Call us: we will tell you where there are places and a hall of
        residence.

orphan_adult_mentor-v1 =
    .title = A mentor for the first months
    .short =
        A mentor can help with the first steps of adult life: home, money, work. { $has_act_by ->
            [yes] Sign up by { $act_by }, on the portal.
           *[no] Sign up on the portal.
        }
    .long =
        When you start to live on your own, there are many questions: a home, documents, money, work. A
        mentor can help: somebody you can call and write to. It is free.

        Sign up on the portal or by phone. { $has_act_by ->
            [yes] Please sign up by { $act_by }.
           *[no] You can sign up at any time.
        } If the mentor does not suit you, you can have another.

        This is an invitation: if you do not need this help, you do not need to do anything.
