"""Where one is, and where back leads; kept, and read by another version of the app."""

from mobile import trail
from mobile.shell import Place
from mobile.trail import DEEP, Trail

ROOTS = ("today", "jobs")
JOB = Place("work_order", {"id": "1"})
SCREENS = frozenset({"today", "jobs", "work_order", "checklist"})
SHEETS = frozenset({"outcome"})


def read(text: str | None) -> Trail:
    return trail.read(text, ROOTS, SCREENS, SHEETS)


def test_one_begins_at_the_first_place_and_cannot_go_back_from_there() -> None:
    way = Trail(ROOTS)
    assert (way.top, way.root, way.can_go_back, way.back()) == (
        Place("today"),
        "today",
        False,
        False,
    )


def test_back_closes_the_sheet_first_and_then_goes_where_one_came_from() -> None:
    way = Trail(ROOTS)
    way.go(Place("jobs"))
    way.go(JOB)
    way.open_sheet("outcome", {"job": "1"})
    assert way.top == Place("work_order", {"id": "1"}, "outcome", {"job": "1"})
    assert (way.back(), way.top) == (True, JOB)
    assert (way.back(), way.top) == (True, Place("jobs"))
    assert (way.back(), way.top) == (True, Place("today"))
    assert not way.back()


def test_a_place_of_the_bottom_bar_is_a_new_beginning() -> None:
    way = Trail(ROOTS)
    way.go(JOB)
    way.go(Place("jobs"))
    assert (way.root, way.back(), way.top) == ("jobs", True, Place("today"))


def test_a_place_one_goes_to_again_lies_on_the_way_once() -> None:
    way = Trail(ROOTS)
    for _ in range(3):
        way.go(JOB)
        way.go(Place("checklist", {"job": "1"}))
    way.back()
    assert way.top == JOB
    way.back()
    assert way.top == Place("today")


def test_what_lies_far_back_is_forgotten() -> None:
    way = Trail(ROOTS)
    for number in range(3 * DEEP):
        way.go(Place("work_order", {"id": str(number)}))
    steps = 0
    while way.back():
        steps += 1
    assert steps <= DEEP + 1


def test_a_sheet_that_was_left_open_below_is_gone_on_the_way_back() -> None:
    way = Trail(ROOTS)
    way.go(JOB)
    way.open_sheet("outcome", {})
    way.go(Place("checklist"))
    way.back()
    assert way.top == JOB


def test_the_way_is_kept() -> None:
    way = Trail(ROOTS)
    way.go(Place("jobs"))
    way.go(JOB)
    way.open_sheet("outcome", {"job": "1"})
    again = read(way.text())
    assert again.text() == way.text()


def test_of_another_version_only_what_is_known_is_kept() -> None:
    assert read(None).top == read("{").top == read('[{"screen": 3}]').top == Place("today")
    strange = '[{"screen":"jobs"},{"screen":"map"},{"screen":"work_order","sheet":"ink"}]'
    assert read(strange).top == Place("work_order")
    assert read('[{"screen":"work_order"}]').root == "today"
