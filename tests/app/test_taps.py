"""Gloves and haste: what is pressed twice or three times happens once, and nothing beside it."""

from collections.abc import Callable

from mobile.widgets.press import REST_S, Rest
from tests.app.driver import Driver

Open = Callable[..., Driver]


def job_that_is(hand: Driver, status: str) -> str:
    """A job of this status."""
    return next(job.id for job in hand.app.phone.queries.jobs() if job.status == status)


def said(hand: Driver) -> list[str]:
    """What this phone has recorded, in its order."""
    return [line.kind for line in hand.app.phone.queries.outbox()]


def test_the_big_button_hammered_in_haste_takes_one_step(app: Open) -> None:
    hand = app("ordinary")
    hand.go("work_order", id=job_that_is(hand, "assigned"))
    hand.until(lambda: hand.sees("Accept the job") or hand.zone("step") is not None)
    before = said(hand)
    hand.hammer("step", times=9)  # longer than a rest lasts
    assert [one for one in said(hand)[len(before) :] if one != "work_order.see"] == [
        "work_order.accept"
    ]


def test_a_double_tap_answers_nothing_on_what_comes_up_under_the_finger(app: Open) -> None:
    hand = app("ordinary")
    job = job_that_is(hand, "working")
    hand.go("work_order", id=job)
    places = []
    before = said(hand)
    for what in ("checklist", "notes", "call", "more", "step"):
        hand.go("work_order", id=job)
        hand.hammer(what)
        places.append((hand.place.screen, hand.place.sheet))
        hand.app.close_sheet()
    assert places == [
        ("checklist", ""),
        ("notes", ""),
        ("work_order", "after_call"),
        ("work_order", "other"),
        ("checklist", ""),
    ]
    assert [one for one in said(hand)[len(before) :] if one != "work_order.see"] == []


def test_what_a_slow_phone_shows_late_is_not_pressed_by_the_second_tap(app: Open) -> None:
    hand = app("ordinary")
    hand.go("work_order", id=job_that_is(hand, "working"))
    hand.hammer("call", times=2, stall=1.2 * REST_S)
    assert (hand.place.screen, hand.place.sheet) == ("work_order", "after_call")


def test_the_same_answer_given_twice_is_recorded_once(app: Open) -> None:
    hand = app("ordinary")
    hand.go("checklist", id=job_that_is(hand, "working"))
    before = said(hand)
    hand.hammer("answer:leaks:pass")
    hand.hammer("answer:leaks:not_applicable")
    assert said(hand)[len(before) :] == ["checklist.answer", "checklist.answer"]


def test_a_double_tap_in_the_outbox_opens_the_entry_and_leaves_it_open(app: Open) -> None:
    hand = app("worst")
    hand.go("outbox")
    row = next(iter(hand.widgets("ListRow")))
    hand.hammer(row)
    assert hand.place.sheet == "entry"
    before = said(hand)
    hand.hammer("Correct it")
    assert (hand.place.sheet, said(hand)) == ("repair", before)


def test_a_touch_elsewhere_is_taken_at_once() -> None:
    rest = Rest()
    assert not rest.takes(10, 10)
    rest.begin()
    assert [rest.keeps_off(10, 10), rest.keeps_off(40, 30), rest.keeps_off(10, 400)] == [
        True,
        True,
        False,
    ]
