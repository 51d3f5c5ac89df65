"""Every job of a signature is looked at: what is missing on one of them is told with its number."""

from msgspec import structs

from shared.errors import REFUSED_ON_DEVICE, Flag
from shared.records import Record
from shared.registry import Outcome
from tests.shared.company import ORDER, flags
from tests.shared.proven import HERE, SLOTS, books, document
from tests.shared.test_signing import OTHER, OTHERS_VISIT, THEIRS, signed


def together(*more: Record, without: Record | None = None) -> Outcome:
    known = books(*THEIRS, *more, without=without)
    return signed(known, document(known, jobs=(ORDER.id, OTHER.id)))


def test_what_is_missing_on_another_job_that_is_signed_for_is_told_with_its_number() -> None:
    asks = structs.replace(OTHER, checklist_id=SLOTS.id)
    assert together(asks).flags == (
        Flag(
            code="incomplete_too",
            params={"items": "leaks, pressure, plate", "number": "WO-26-000008"},
        ),
    )
    assert "incomplete_too" in REFUSED_ON_DEVICE


def test_another_job_where_nobody_arrived_is_told_with_its_number() -> None:
    absent = structs.replace(HERE, **OTHERS_VISIT, attendance=())
    flag = Flag(code="not_arrived_too", params={"number": "WO-26-000008"})
    assert together(absent).flags == (flag,)
    assert "not_arrived_too" in REFUSED_ON_DEVICE


def test_another_job_that_ended_otherwise_needs_no_answers() -> None:
    asks = structs.replace(OTHER, checklist_id=SLOTS.id)
    ended = structs.replace(HERE, **OTHERS_VISIT, outcome="waits_for_part")
    assert flags(together(asks, ended)) == []


def test_a_job_that_is_named_and_not_shown_is_not_asked_for_anything() -> None:
    asks = structs.replace(OTHER, checklist_id=SLOTS.id)
    assert flags(signed(books(*THEIRS, asks), also=(OTHER.id,))) == []
