"""What a text message may be taken for: an answer to what was asked, and no more."""

from datetime import datetime

from actions.asked import caller

NOW = "2026-11-24T10:00:00+08:00"
HALF_AN_HOUR_AGO = int(datetime.fromisoformat("2026-11-24T09:30:00+08:00").timestamp())


def user(asked_order=None):
    return {"event": "user", "metadata": {"asked_order": asked_order}}


FORM = {"event": "active_loop", "name": "visit_form"}
CLOSED = {"event": "active_loop", "name": None}
COMMIT = {"event": "action", "name": "action_commit_visit"}
CANCEL = {"event": "active_loop", "name": "cancel_form"}


def asking(*events, own=None, in_visit_form=True, spoofable=True):
    metadata = {"consumer_id": "tb_1", "now": NOW, "spoofable": spoofable, "asked_order": own}
    return caller("c1", metadata, events, in_visit_form=in_visit_form)


def test_a_channel_that_vouches_is_believed():
    who = asking(user("O1"), FORM, spoofable=False)
    assert (who.consumer_id, who.asked, who.proven_since) == ("tb_1", None, None)


def test_nobody_is_believed_to_be_the_consumer_and_proofs_grow_old():
    who = asking(user())
    assert (who.consumer_id, who.asked, who.proven_since) == (None, None, HALF_AN_HOUR_AGO)


def test_an_answer_to_a_notice_is_about_its_order():
    assert asking(user("O1"), own="O1", in_visit_form=False).asked == "O1"


def test_the_form_that_the_answer_opened_stays_about_it():
    assert asking(user("O1"), FORM, user(), user()).asked == "O1"


def test_a_need_of_the_consumers_own_is_not_even_while_the_form_is_open():
    assert asking(user("O1"), FORM, user(), in_visit_form=False).asked is None


def test_a_form_that_something_else_opened_is_not_about_it():
    assert asking(user("O1"), FORM, user(), CLOSED, user(), FORM, user()).asked is None
    assert asking(user(), FORM, user()).asked is None


def test_a_window_that_was_taken_leaves_the_question_open():
    assert asking(user("O1"), FORM, user(), CLOSED, COMMIT, FORM, user()).asked == "O1"
    assert asking(user("O1"), FORM, user(), CLOSED, COMMIT, user(), FORM).asked is None


def test_another_form_does_not_count():
    assert asking(user("O1"), CANCEL, user()).asked is None
