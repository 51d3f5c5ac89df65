"""What a machine remembers of the visits to it."""

import msgspec
from msgspec import structs

from shared.checklist import Reading
from shared.history import (
    READINGS_MAX,
    TEXT_CHARS_MAX,
    VISITS_MAX,
    AssetHistory,
    PastReading,
    PastVisit,
    history_id,
    past_readings,
    remembered,
    shortened,
    visited,
)
from shared.ids import derive
from shared.records import State, stream_of
from shared.work_order import Completion
from tests.shared.company import ANN, NOW, ORDER, VISIT

ASSET = derive("machine")
JOB = structs.replace(ORDER, asset_id=ASSET, number="WO-26-000009")
REPORT = Completion(
    id=derive("report"),
    work_order_id=JOB.id,
    visit_id=VISIT.id,
    person_id=ANN.id,
    outcome="done",
    diagnosis="worn",
    work_done="replaced",
    remark="ok",
    at=NOW,
)


def reading(item: str, value: str, at: int, visit: str | None = VISIT.id) -> Reading:
    return Reading(
        id=derive("reading", item, at),
        work_order_id=JOB.id,
        visit_id=visit,
        item=item,
        value=value,
        person_id=ANN.id,
        at=at,
    )


def remember(state: State, report: Completion, visit: str = VISIT.id) -> AssetHistory:
    (emit,) = visited(state, JOB, structs.replace(VISIT, id=visit), report)
    (row,) = remembered(state, emit, "op", NOW).rows
    state.put(row)
    assert isinstance(row, AssetHistory)
    return row


def test_a_visit_that_ended_is_remembered_with_what_was_read_on_it() -> None:
    state = State(
        [
            reading("pressure", "1.2", 1),
            reading("pressure", "2.6", 2),
            reading("leaks", "pass", 3, visit=None),
            reading("leaks", "fail", 4, visit=derive("another visit")),
        ]
    )
    row = remember(state, REPORT)
    assert (row.id, row.site_id, row.asset_id) == (history_id(ASSET), JOB.site_id, ASSET)
    assert row.visits == (
        PastVisit(
            id=VISIT.id,
            work_order_id=JOB.id,
            number="WO-26-000009",
            person_id=ANN.id,
            ended_at=NOW,
            outcome="done",
            diagnosis="worn",
            work_done="replaced",
            remark="ok",
            checklist_id=JOB.checklist_id,
            readings=(
                PastReading(item="pressure", value="2.6"),
                PastReading(item="leaks", value="pass"),
            ),
        ),
    )


def test_only_the_newest_visits_are_remembered_in_whatever_order_they_arrive() -> None:
    state = State()
    *_, row = [
        remember(state, structs.replace(REPORT, at=NOW + number), visit=derive("visit", number))
        for number in (3, 0, 6, 1, 5, 2, 4)
    ]
    assert [visit.ended_at - NOW for visit in row.visits] == [6, 5, 4, 3, 2]
    assert len(row.visits) == VISITS_MAX


def test_a_visit_told_again_stands_as_it_is_told_last() -> None:
    state = State()
    remember(state, structs.replace(REPORT, outcome="waits_for_part"))
    row = remember(state, REPORT)
    assert [visit.outcome for visit in row.visits] == ["done"]


def test_nothing_is_told_where_no_machine_is_named() -> None:
    assert visited(State(), structs.replace(JOB, asset_id=None), VISIT, REPORT) == ()


def test_what_is_remembered_has_a_limit() -> None:
    assert shortened("x" * TEXT_CHARS_MAX, TEXT_CHARS_MAX) == "x" * TEXT_CHARS_MAX
    long = structs.replace(REPORT, diagnosis="很" * 4000, work_done="y" * 4000)
    state = State([reading(f"item{n}", "z" * 2000, n, visit=None) for n in range(READINGS_MAX + 9)])
    *_, row = [
        remember(state, structs.replace(long, at=NOW + number), visit=derive("v", number))
        for number in range(9)
    ]
    (newest, *_) = row.visits
    assert (len(newest.diagnosis), len(newest.work_done)) == (TEXT_CHARS_MAX, TEXT_CHARS_MAX)
    assert newest.diagnosis.endswith("很…")
    assert len(newest.readings) == READINGS_MAX
    assert len(msgspec.json.encode(row)) < 60_000


def test_what_a_machine_remembers_lives_with_its_site() -> None:
    (emit,) = visited(State(), JOB, VISIT, REPORT)
    assert stream_of(emit.on) == f"site:{JOB.site_id}"


def test_the_newest_reading_of_an_item_counts() -> None:
    read = past_readings([reading("a", "2", 2), reading("b", "x", 3), reading("a", "1", 1)])
    assert [(one.item, one.value) for one in read] == [("a", "2"), ("b", "x")]
