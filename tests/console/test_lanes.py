"""A day's visits lie on the board where they were or will be, and overlaps are seen."""

from typing import Any

from server.console.lanes import (
    bar,
    clock,
    free,
    lanes,
    local,
    minute,
    overlapping,
    placed,
    span,
    state_of,
    wall,
)

NOON_MS = 1_795_431_600_000 + 20 * 60_000  # 2026-11-23 12:20 in Berlin
DAY = "2026-11-23"
ANN: dict[str, Any] = {"id": "ann", "name": "Ann"}


def visit(name: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": name,
        "order": f"order of {name}",
        "number": f"WO-{name}",
        "summary": f"Job {name}",
        "person_id": "ann",
        "planned_from": f"{DAY}T{start}",
        "planned_to": f"{DAY}T{end}",
        "attendance": [],
        "ended_at": None,
        "outcome": None,
        "time_zone": "Europe/Berlin",
        "customer": "Müller",
        "zone": "north",
        "priority": "normal",
        "version": 1,
    }
    return {**told, **more}


def went(minutes_ago: int) -> list[dict[str, Any]]:
    return [{"person_id": "ann", "departed_at": 1, "arrived_at": NOON_MS - minutes_ago * 60_000}]


def test_a_visit_lies_in_quarter_hours_from_the_left_edge() -> None:
    shown = bar(visit("a", "08:15", "10:05"), 8, NOON_MS)
    assert (shown.x, shown.w, shown.start, shown.end) == (1, 7, 495, 605)
    assert placed(7 * 60, 9 * 60, 8) == (0, 4)
    assert placed(19 * 60, 22 * 60, 8) == (44, 4)
    assert placed(8 * 60 + 46, 9 * 60 + 36, 8) == (3, 3)
    assert placed(5 * 60, 6 * 60, 8) == (None, 0)
    assert placed(20 * 60, 21 * 60, 8) == (None, 0)


def test_a_state_is_told_by_what_was_done_and_by_the_clock() -> None:
    now = minute(wall(NOON_MS, "Europe/Berlin"), DAY)
    assert clock(now) == "12:20"
    told = {
        "late": visit("a", "08:00", "09:00"),
        "planned": visit("b", "11:00", "13:00"),
        "travel": visit("c", "08:00", "09:00", attendance=[{"person_id": "ann", "departed_at": 1}]),
        "now": visit("d", "08:00", "09:00", attendance=went(20)),
        "done": visit("e", "08:00", "09:00", ended_at=NOON_MS, outcome="done"),
        "ended": visit("f", "08:00", "09:00", ended_at=NOON_MS, outcome="customer_not_in"),
    }
    assert {state_of(one, NOON_MS) for one in told.values()} == set(told)
    assert all(state_of(one, NOON_MS) == state for state, one in told.items())


def test_who_is_there_is_shown_from_arrival_on_and_at_least_until_now() -> None:
    assert span(visit("a", "08:00", "09:00", attendance=went(90)), NOON_MS) == (650, 740)
    ended = visit("b", "08:00", "09:00", attendance=went(90), ended_at=NOON_MS - 60 * 60_000)
    assert span(ended, NOON_MS) == (650, 680)
    assert span({**visit("c", "08:00", "09:00"), "planned_to": None}, NOON_MS) == (480, 540)


def test_overlaps_are_marked_but_not_with_what_is_over() -> None:
    bars = [
        bar(visit("a", "13:00", "15:00"), 8, NOON_MS),
        bar(visit("b", "14:30", "16:00"), 8, NOON_MS),
        bar(visit("c", "16:00", "17:00"), 8, NOON_MS),
        bar(visit("d", "08:00", "14:00", ended_at=1, outcome="done"), 8, NOON_MS),
        bar(visit("e", "08:00", "09:00", person_id="nobody"), 8, NOON_MS),
    ]
    (lane,) = lanes([ANN], bars, 8)
    assert [(one.visit, one.clashes) for one in lane.bars] == [
        ("d", False),
        ("a", True),
        ("b", True),
        ("c", False),
    ]
    assert lane.clashes == ((26, 2),)
    assert lane.minutes == 360 + 120 + 90 + 60
    assert [one.visit for one in overlapping(bars, 840, 900, but="a")] == ["b"]


def test_a_days_load_is_what_is_planned_also_while_a_visit_takes_longer() -> None:
    long = bar(visit("a", "09:00", "10:00", attendance=went(180)), 8, NOON_MS)
    open_ended = bar(visit("b", "15:00", "16:00", planned_to=None), 8, NOON_MS)
    (lane,) = lanes([ANN], [long, open_ended], 8)
    assert long.end - long.start == 180
    assert lane.minutes == 60 + 60


def test_gaps_of_a_working_day_are_free_from_now_on() -> None:
    bars = [
        bar(visit("a", "09:00", "12:00"), 8, NOON_MS),
        bar(visit("b", "12:15", "16:00"), 8, NOON_MS),
    ]
    assert free(bars, 0) == [(480, 540), (960, 1080)]
    assert free(bars, 17 * 60 + 45) == []
    assert free([], 600) == [(600, 1080)]


def test_minutes_and_wall_times_say_the_same_also_on_other_days() -> None:
    assert local(DAY, 495) == "2026-11-23T08:15"
    assert local(DAY, 25 * 60) == "2026-11-24T01:00"
    assert minute("2026-11-24T01:00", DAY) == 25 * 60
    assert clock(25 * 60) == "01:00"
    assert wall(NOON_MS, "Nowhere/Land") == "2026-11-23T11:20"
