"""A photo is a fact long before its bytes arrive: named, described, taken back, told to be safe."""

from typing import Any

import pytest
from msgspec import structs

from shared.checklist import PhotoSlot, missing_items
from shared.photos import Photo
from shared.records import Record
from shared.sign_off import SignOff
from shared.tasks import Task
from tests.shared.company import (
    ANN,
    CHECKLIST,
    DORA,
    NOW,
    ORDER,
    VISIT,
    act,
    done,
    flags,
    ident,
    only,
    refusal,
    state,
)

BYTES = {
    "sha256": "a" * 64,
    "size": 400_000,
    "width": 1600,
    "height": 1200,
    "thumb_sha256": "b" * 64,
    "thumb_size": 9_000,
}
TOLD: dict[str, Any] = {**BYTES, "slot": "plate", "caption": " 铭牌\r\n", "audience": "customer"}
ADDED = act("photo.add", TOLD, visit=VISIT.id)
PHOTO = only(done(state(), ADDED), Photo)


def seal(**changes: Any) -> SignOff:
    told: dict[str, Any] = {
        "id": ident("seal"),
        "work_order_id": ORDER.id,
        "visit_id": VISIT.id,
        "group_id": ident("group"),
        "purpose": "visit",
        "shown_hash": "c" * 64,
        "code": "CCCC-CCCC",
        "seal": "d" * 64,
        "state": "sealed",
        "language": "zh",
        "signer_role": "customer",
        "person_id": ANN.id,
        "signed_at": NOW,
        "at": NOW,
        **changes,
    }
    return SignOff(**told)


def test_a_photo_is_kept_with_all_that_is_known_of_it() -> None:
    assert structs.asdict(PHOTO) == {
        **BYTES,
        "id": PHOTO.id,
        "version": None,
        "work_order_id": ORDER.id,
        "visit_id": VISIT.id,
        "asset_id": None,
        "slot": "plate",
        "caption": "铭牌",
        "audience": "customer",
        "drawn_on": None,
        "person_id": ANN.id,
        "at": NOW + 1000,
        "arrived_at": None,
        "fault": "",
        "dropped_at": None,
    }


def test_a_second_tap_on_the_same_picture_is_one_photo() -> None:
    """C31."""
    again = act("photo.add", TOLD, op="again")
    assert done(state(PHOTO), again).merged
    elsewhere = act("photo.add", {**TOLD, "slot": ""}, op="again")
    assert not done(state(PHOTO), elsewhere).merged
    taken_back = structs.replace(PHOTO, dropped_at=NOW)
    assert not done(state(taken_back), again).merged


def test_the_same_picture_of_another_machine_is_another_photo() -> None:
    of_another = act("photo.add", {**TOLD, "asset": ident("another machine")}, op="again")
    assert not done(state(PHOTO), of_another).merged


def test_a_photo_may_follow_the_end_of_its_visit_but_not_that_of_everything() -> None:
    for status, told in (("done", []), ("handed_in", ["late"]), ("cancelled", ["late"])):
        assert flags(done(state(structs.replace(ORDER, status=status)), ADDED)) == told


def test_a_photo_is_described_anew() -> None:
    told = {"photo": PHOTO.id, "slot": "", "caption": "水泵", "audience": "internal"}
    after = only(done(state(PHOTO), act("photo.describe", told)), Photo)
    assert after == structs.replace(PHOTO, slot="", caption="水泵", audience="internal")
    assert done(state(after), act("photo.describe", told)).merged


def test_a_photo_is_taken_back_once() -> None:
    drop = act("photo.drop", {"photo": PHOTO.id, "reason": "blurred"})
    after = only(done(state(PHOTO), drop), Photo)
    assert after == structs.replace(PHOTO, dropped_at=drop.at)
    assert done(state(after), drop).merged


@pytest.mark.parametrize(
    ("before", "fault", "after"),
    [
        ({}, "", {"arrived_at": NOW + 1000}),
        ({}, "unreadable", {"arrived_at": NOW + 1000, "fault": "unreadable"}),
        ({}, "set_aside", {"fault": "set_aside"}),
        ({"fault": "set_aside"}, "", {"arrived_at": NOW + 1000}),
        ({"arrived_at": 5}, "", None),
        ({"fault": "set_aside"}, "set_aside", None),
    ],
)
def test_the_server_says_what_became_of_the_bytes(
    before: dict[str, Any], fault: str, after: dict[str, Any] | None
) -> None:
    photo = structs.replace(PHOTO, **before)
    outcome = done(state(photo), act("photo.arrive", {"photo": PHOTO.id, "fault": fault}))
    assert outcome.merged is (after is None)
    if after is not None:
        assert only(outcome, Photo) == structs.replace(PHOTO, **after)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("photo.describe", {"audience": "customer"}),
        ("photo.drop", {"reason": "x"}),
        ("photo.arrive", {}),
    ],
)
def test_a_photo_that_is_not_there_or_is_anothers_is_refused(
    kind: str, more: dict[str, str]
) -> None:
    told = act(kind, {"photo": PHOTO.id, **more})
    anothers = structs.replace(PHOTO, work_order_id=ident("other order"))
    for rows in ([], [anothers]):
        assert refusal(state(*rows), told) == ("unknown_subject", "args.photo")


@pytest.mark.parametrize("kind", ["photo.add", "photo.describe", "photo.drop"])
def test_a_photo_of_a_job_that_is_not_there_is_refused(kind: str) -> None:
    told: dict[str, Any] = {
        "photo.add": TOLD,
        "photo.describe": {"photo": PHOTO.id, "audience": "internal"},
        "photo.drop": {"photo": PHOTO.id, "reason": "x"},
    }[kind]
    assert refusal(state(PHOTO, without=ORDER), act(kind, told)) == ("unknown_subject", "on")


SLOTS = structs.replace(
    CHECKLIST,
    photos=(
        PhotoSlot(code="plate", en="Rating plate", zh="铭牌", required=True),
        PhotoSlot(code="after", en="After", zh="完工后", required=True),
        PhotoSlot(code="other", en="Other", zh="其他"),
    ),
)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ((), ["plate", "after"]),
        ((PHOTO,), ["after"]),
        ((structs.replace(PHOTO, dropped_at=1),), ["plate", "after"]),
        ((structs.replace(PHOTO, work_order_id=ident("other order")),), ["plate", "after"]),
    ],
)
def test_a_required_place_without_a_photo_is_missing(
    rows: tuple[Record, ...], missing: list[str]
) -> None:
    found = missing_items(state(SLOTS, *rows), SLOTS.id, ORDER.id)
    assert found == ["leaks", "pressure", *missing]


# After the signature


@pytest.mark.parametrize(
    ("signed", "told"),
    [
        ([], False),
        ([seal()], True),
        ([seal(purpose="quote")], False),
        ([seal(visit_id=ident("other visit"))], False),
        ([seal(state="pending", faults=(PHOTO.id,))], False),
        ([seal(state="pending", faults=(ident("another"),))], True),
        ([seal(state="diverged", faults=(PHOTO.id,))], True),
    ],
    ids=["nothing", "signed", "quote", "elsewhere", "was shown", "another was", "diverged"],
)
def test_a_photo_after_the_signature_is_told(signed: list[SignOff], told: bool) -> None:
    outcome = done(state(*signed), ADDED)
    assert flags(outcome) == (["unsigned_addition"] if told else [])
    assert [row.code for row in outcome.rows if isinstance(row, Task)] == flags(outcome)


def test_an_internal_photo_needs_no_signature() -> None:
    internal = act("photo.add", {**TOLD, "audience": "internal"}, visit=VISIT.id)
    assert flags(done(state(seal()), internal)) == []


def test_a_fact_of_no_visit_belongs_to_whichever_was_signed() -> None:
    assert flags(done(state(seal()), act("photo.add", TOLD))) == ["unsigned_addition"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("photo.drop", {"reason": "x"}),
        ("photo.describe", {"audience": "internal"}),
        ("photo.describe", {"audience": "customer", "caption": "new"}),
    ],
)
def test_what_is_changed_of_a_signed_photo_is_told_too(kind: str, more: dict[str, str]) -> None:
    waits = seal(state="pending", faults=(PHOTO.id,))
    for signed in (seal(), waits):
        outcome = done(state(signed, PHOTO), act(kind, {"photo": PHOTO.id, **more}, by=DORA))
        assert flags(outcome) == ["unsigned_addition"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [("photo.drop", {"reason": "x"}), ("photo.describe", {"audience": "internal", "slot": ""})],
)
def test_what_is_changed_of_an_internal_photo_needs_no_signature(
    kind: str, more: dict[str, str]
) -> None:
    internal = structs.replace(PHOTO, audience="internal")
    outcome = done(state(seal(), internal), act(kind, {"photo": PHOTO.id, **more}))
    assert flags(outcome) == []
    assert [row for row in outcome.rows if isinstance(row, Task)] == []


def test_one_task_stands_for_all_that_came_after() -> None:
    (task,) = [row for row in done(state(seal()), ADDED).rows if isinstance(row, Task)]
    assert (task.home_id, task.code, task.done) == (ORDER.id, "unsigned_addition", False)
    second = act("photo.add", {**TOLD, "slot": ""}, op="second", visit=VISIT.id)
    outcome = done(state(seal(), task), second)
    assert flags(outcome) == ["unsigned_addition"]
    assert [row for row in outcome.rows if isinstance(row, Task)] == []
    closed = structs.replace(task, done=True, closed_at=NOW, closed_by=DORA.id)
    (again,) = [row for row in done(state(seal(), closed), second).rows if isinstance(row, Task)]
    assert (again.id, again.done, again.closed_by) == (task.id, False, None)
