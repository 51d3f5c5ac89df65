"""A job done by touches on a phone without a network: what is seen, what is said, what is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kivy.tests import UnitTestTouch

from mobile.queries import Sheet
from mobile.widgets.press import rest
from shared.ids import derive
from tests.app.conftest import Open
from tests.app.driver import Driver
from tests.world import BOARD, FILTER


@pytest.fixture
def orders(phone_folder: Callable[[str], Path], app: Open) -> Callable[..., Driver]:
    """The app open at a job of the ordinary day: `orders("Second visit")`."""

    def opened(summary: str, **look: Any) -> Driver:
        hand = app("ordinary", **look)
        return at(hand, summary)

    return opened


def at(hand: Driver, summary: str) -> Driver:
    """Be at the job with this summary."""
    jobs = hand.app.phone.queries.jobs()
    job = next(one.id for one in jobs if one.summary == summary)
    return hand.go("work_order", id=job)


def sheet_of(hand: Driver) -> Sheet:
    job = hand.place.args["id"]
    found = hand.app.phone.queries.sheet(job)
    assert found is not None
    return found


def recorded(hand: Driver) -> list[str]:
    """What this phone holds for the office of the job that is shown."""
    return [line.kind for line in sheet_of(hand).ops]


def step(hand: Driver, label: str) -> None:
    """Press the big button."""
    hand.tap(label)


def answer(hand: Driver, what: Any, kind: str = "Widget") -> None:
    """Press something on a sheet, once there is one."""
    hand.until(lambda: hand.sheet is not None)
    hand.tap(what, kind)


@pytest.mark.slow
def test_a_whole_job_is_done_by_touches_without_a_network(orders: Any) -> None:
    hand = orders("空调清洗保养")
    for label in ("Accept the job", "Set off", "I am there", "Start work"):
        step(hand, label)
    step(hand, "1 check left")
    hand.tap("Pass")
    hand.tap("fill:pressure")
    hand.type(next(hand.widgets("NumberField")), "1,8")
    answer(hand, "Save")
    hand.until(lambda: hand.sheet is None)
    hand.back()
    hand.tap("Parts")
    hand.tap("Add a part")
    search = next(hand.widgets("SearchField"))
    hand.type(search, "F-1")
    hand.enter(search)  # as a scanner does
    answer(hand, "One more")
    answer(hand, "Use 2 pc")
    hand.back()
    step(hand, "Finish the job")
    fields = list(hand.widgets("TextField"))
    for field, text in zip(
        fields, ("Filter was dirty", "Cleaned it", "Come in spring"), strict=True
    ):
        hand.type(field, text)
    answer(hand, "Finish the job", "PushButton")
    hand.until(lambda: hand.sheet is None)
    sheet = sheet_of(hand)
    done = sheet.completions[0]
    assert recorded(hand) == [
        "work_order.see",
        "work_order.accept",
        "work_order.depart",
        "work_order.arrive",
        "work_order.start",
        "checklist.answer",
        "checklist.answer",
        "parts.use",
        "work_order.complete",
    ]
    assert (done.outcome, done.diagnosis, done.work_done, done.remark) == (
        "done",
        "Filter was dirty",
        "Cleaned it",
        "Come in spring",
    )
    assert [one.reading.value for one in sheet.checklist if one.reading] == ["pass", "1.8"]
    assert [(one.use.part_id, one.quantity) for one in sheet.parts] == [(FILTER, "2")]
    assert hand.zone("Charges") is not None
    assert hand.app.drafts.keys("job/") == ()


def test_a_double_tap_takes_one_step(orders: Any) -> None:
    hand = orders("空调清洗保养")
    card, zone = hand.zone("step")
    middle = card.to_window(card.x + zone.x + zone.w / 2, card.top - zone.y - zone.h / 2)
    hand.until(lambda: not rest.keeps_off(*middle))
    for _ in range(2):
        touch = UnitTestTouch(*middle)
        touch.touch_down()
        touch.touch_up()
        hand.frames(1)
    assert [kind for kind in recorded(hand) if kind != "work_order.see"] == ["work_order.accept"]


def test_a_job_is_seen_once_however_often_it_is_opened(orders: Any) -> None:
    hand = orders("空调清洗保养")
    hand.back()
    at(hand, "空调清洗保养")
    hand.again()
    assert recorded(at(hand, "空调清洗保养")).count("work_order.see") == 1


def test_what_is_half_typed_under_a_sheet_is_there_after_a_kill(orders: Any) -> None:
    """C44."""
    hand = orders("Lift 4 door reopening fault")
    hand.tap("more")
    answer(hand, "Cannot finish today")
    answer(hand, "Waits for a part")
    hand.type("What was wrong", "Door belt worn")
    hand.again()
    assert hand.place.sheet == "outcome"
    assert hand.find("What was wrong", "TextField").text == "Door belt worn"
    answer(hand, "End the visit: Waits for a part")
    assert sheet_of(hand).completions[-1].diagnosis == "Door belt worn"


def test_done_is_not_offered_while_required_checks_are_missing(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    hand.tap("more")
    answer(hand, "Cannot finish today")
    answer(hand, "Done")
    assert hand.sees("1 required check is still missing: No leaks")
    answer(hand, "To the checklist")
    assert (hand.place.screen, hand.place.sheet) == ("checklist", "")


def test_a_job_is_declined_with_a_reason_and_leaves_the_phone_with_the_next_sync(
    orders: Any,
) -> None:
    hand = orders("空调清洗保养")
    hand.tap("more")
    answer(hand, "Decline")
    answer(hand, "Decline the job")
    assert hand.sees("Choose a reason first.")
    answer(hand, "I lack the part")
    answer(hand, "Decline the job")
    assert recorded(hand)[-1] == "work_order.decline"
    assert sheet_of(hand).order.status == "created"


def test_a_pause_takes_one_tap_and_work_goes_on(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    hand.tap("more")
    answer(hand, "Pause")
    answer(hand, "Meal break")
    assert sheet_of(hand).order.status == "paused"
    step(hand, "Go on working")
    assert sheet_of(hand).order.status == "working"


def test_what_is_found_beside_a_job_is_a_job_of_its_own_at_once(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    beside = hand.place.args["id"]
    hand.tap("more")
    answer(hand, "Another job here")
    answer(hand, "Begin the job")
    assert hand.sees("Say in a few words what it is.")
    hand.type("Summary", "Bracket is loose")
    answer(hand, "Begin the job")
    hand.until(lambda: hand.place.args["id"] != beside)
    order = sheet_of(hand).order
    assert (order.summary, order.beside_id, order.status) == (
        "Bracket is loose",
        beside,
        "accepted",
    )
    assert hand.sees(f"{order.provisional} (provisional)")
    hand.root.hush()
    step(hand, "Set off")
    assert recorded(hand) == ["work_order.begin", "work_order.depart"]


def test_after_a_call_one_tap_writes_down_how_it_went(orders: Any) -> None:
    hand = orders("空调清洗保养")
    hand.tap("Call")
    answer(hand, "No answer")
    assert sheet_of(hand).notes[-1].text == "Called 138 0000 5678: no answer."
    hand.root.hush()  # what was said in passing may lie over the button
    hand.tap("Call")
    answer(hand, "Agreed a time")
    answer(hand, "Later")
    answer(hand, "Save: ", "PushButton")
    sheet = sheet_of(hand)
    assert sheet.order.planned_from == "2026-11-24T16:00"
    assert {one.text for one in sheet.notes} == {
        "Called 138 0000 5678: no answer.",
        "Called 138 0000 5678: agreed Tue, 24 Nov, 16:00–18:00.",
    }


def test_a_part_with_a_serial_number_is_asked_for_it_beside_the_field(orders: Any) -> None:
    """R3."""
    hand = orders("Lift 4 door reopening fault")
    job = hand.place.args["id"]
    hand.go("parts", id=job)
    hand.app.show_sheet("use_part", job=job, part=BOARD)
    hand.frames(4)
    answer(hand, "Use 1 pc")
    serial = hand.find("Serial number", "TextField")
    assert serial.error == "“Serial number” is missing. Fill it in and save again."
    hand.type(serial, "SN-77")
    answer(hand, "I keep it")
    answer(hand, "Use 1 pc")
    used = sheet_of(hand).parts[-1].use
    assert (used.serial, used.old_part) == ("SN-77", "kept")


def test_a_use_is_taken_back_and_a_part_ordered_in_words(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    job = hand.place.args["id"]
    assert hand.app.say("parts.use", ("work_order", job), {"part": FILTER, "quantity": "3"})
    hand.go("parts", id=job)
    hand.tap("Take back")
    answer(hand, "One less")
    answer(hand, "Take back 2 pc")
    hand.until(lambda: hand.sheet is None)
    hand.tap("Order a part")
    hand.type(next(hand.widgets("SearchField")), "blue hose")
    answer(hand, "in words")
    hand.type("Note for the store", "urgent")
    answer(hand, "Order 1")
    sheet = sheet_of(hand)
    ordered = sheet.ordered[0].line
    assert (sheet.parts[0].use.returned, ordered.text, ordered.note) == (
        2000,
        "blue hose",
        "urgent",
    )


def test_a_planned_part_is_used_in_one_tap(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    job = hand.place.args["id"]
    assert hand.app.say("parts.plan", ("work_order", job), {"part": FILTER, "quantity": "2"})
    hand.go("parts", id=job)
    card, zone = hand.zone("Use")
    middle = card.to_window(card.x + zone.x + zone.w / 2, card.top - zone.y - zone.h / 2)
    hand.press(*middle)
    hand.press(*middle)
    sheet = sheet_of(hand)
    assert [(one.quantity, one.use.planned_id) for one in sheet.parts] == [
        ("2", sheet.planned[0].line.id)
    ]


def test_a_number_that_is_none_is_refused_beside_the_field_and_kept(orders: Any) -> None:
    hand = orders("Lift 4 door reopening fault")
    job = hand.place.args["id"]
    hand.go("checklist", id=job)
    hand.tap("fill:pressure")
    hand.type(next(hand.widgets("NumberField")), "much")
    answer(hand, "Save")
    assert hand.sees("“much” is not a number.")
    hand.type(next(hand.widgets("NumberField")), "9")
    answer(hand, "Save")
    assert hand.sees("Outside the limits: 0.5 to 2.5 MPa.")


def test_a_detail_is_written_down_when_its_field_is_left(orders: Any) -> None:
    hand = orders("空调清洗保养")
    hand.tap("Details")
    hand.type("Contact", "Lao Wang")
    hand.enter("Contact")
    hand.unfocus()
    hand.type("Contact phone", "not a number")
    hand.unfocus()
    sheet = sheet_of(hand)
    phone = hand.find("Contact phone", "TextField")
    assert sheet.site is not None
    assert sheet.site.contact_name == "Lao Wang"
    assert recorded(hand).count("edit") == 1
    assert phone.error == "“Contact phone” cannot hold this value. Check it and enter it again."
    assert hand.sees("The office has nothing here yet.")
    hand.again()
    assert hand.find("Contact phone", "TextField").text == "not a number"


def test_a_note_is_written_with_two_taps(orders: Any) -> None:
    hand = orders("空调清洗保养")
    hand.tap("Notes")
    hand.tap("For the customer")
    hand.tap("Tested, runs well")
    hand.tap("Save the note")
    note = sheet_of(hand).notes[-1]
    assert (note.text, note.audience) == ("Tested, runs well.", "customer")
    assert hand.sees("You · Today, ")


def test_a_job_that_has_left_the_phone_says_so_on_every_screen(app: Open) -> None:
    hand = app("ordinary")
    for screen in ("work_order", "checklist", "parts", "notes", "details", "history"):
        hand.go(screen, id=FILTER)
        assert hand.sees("This job is no longer on this phone."), screen
        assert hand.page.foot is None or not hand.page.foot.opacity, screen
    at(hand, "空调清洗保养")
    assert hand.sees("Accept the job")


def test_a_job_that_left_the_phone_never_goes_by_the_number_of_another(orders: Any) -> None:
    hand = orders("空调清洗保养")
    number = hand.page.title
    assert number.startswith("WO-")
    for screen in ("work_order", "notes"):
        hand.go(screen, id=derive("job", "gone"))
        assert hand.sees("This job is no longer on this phone")
        assert not hand.sees(number)


def test_a_job_that_is_fetched_anew_is_not_said_to_be_settled_while_work_on_it_waits(
    orders: Any,
) -> None:
    hand = orders("空调清洗保养")
    job = hand.place.args["id"]
    step(hand, "Accept the job")
    with hand.app.phone.replica.transaction():
        for stream in hand.app.phone.replica.marks():
            hand.app.phone.replica.drop(stream)
    hand.go("notes", id=job)
    assert hand.sees("This job is not on this phone just now")
    assert hand.sees("is still here and goes to the office by itself")


def test_a_long_wish_in_words_is_ordered_as_far_as_a_line_goes(orders: Any) -> None:
    hand = orders("空调清洗保养")
    step(hand, "Accept the job")
    job = hand.place.args["id"]
    hand.app.show_sheet("find_part", job=job, purpose="order")
    hand.frames(3)
    hand.type(next(hand.widgets("SearchField")), "长" * 300)
    hand.tap("in words")
    assert (hand.place.sheet, hand.sheet.title) == ("order_part", "Order a part")
    hand.tap("Order 1", "PushButton")
    assert [len(one.line.text) for one in sheet_of(hand).ordered] == [200]
