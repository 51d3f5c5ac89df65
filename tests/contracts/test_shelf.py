"""Both halves keep a phone's files alike: in memory and in its database."""

from collections.abc import Callable

import pytest
from msgspec import structs

from shared.ids import derive
from shared.ops import SYSTEM
from sync.memory import MemoryPhone
from sync.ports import Identity, Outboxed, Replica
from sync.protocol import Files
from sync.shelf import DRAWING, OTHER, REQUIRED, THUMBNAIL, File
from tests.contracts.servers import PhoneShelf
from tests.world import ANN, World, known

JOB, OTHER_JOB = ("work_order", "one"), ("work_order", "two")
LISTED = known("checklist with photos")
ME = Identity(device="d", person="p", incarnation="i")
Make = Callable[[Identity], Replica]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, phones: PhoneShelf) -> Make:
    return MemoryPhone if request.param == "memory" else phones


@pytest.fixture
def replica(make: Make) -> Replica:
    return make(ME)


def file(name: str, rank: int = OTHER, **more: object) -> File:
    known = File(sha256=name * 64, size=10, rank=rank, on=JOB, recorded=5)
    return structs.replace(known, **more)


def hold(replica: Replica, *files: File) -> None:
    with replica.transaction():
        replica.hold(files)


def kept(replica: Replica, *names: str) -> list[File]:
    return list(replica.files([name * 64 for name in names]).values())


def test_the_most_valuable_goes_first_then_the_oldest(replica: Replica) -> None:
    hold(
        replica,
        *(file("a", DRAWING), file("b"), file("c", recorded=1), file("d", THUMBNAIL)),
        *(file("e", THUMBNAIL, state="safe"), file("f", REQUIRED, state="set_aside")),
    )
    passed: list[str] = []
    while (one := replica.next_file(DRAWING, passed)) is not None:
        passed.append(one.sha256)
    assert [one[0] for one in passed] == ["d", "c", "b", "a"]
    first = replica.next_file(THUMBNAIL)
    assert first is not None
    assert first.sha256 == "d" * 64
    assert replica.next_file(REQUIRED, ["d" * 64]) is None


def test_a_file_that_is_held_again_keeps_its_state_and_the_better_rank(replica: Replica) -> None:
    hold(replica, file("a", OTHER, state="safe", sent=10))
    hold(replica, file("a", DRAWING, on=OTHER_JOB))
    assert kept(replica, "a") == [file("a", OTHER, state="safe", sent=10)]
    hold(replica, file("a", REQUIRED))
    assert kept(replica, "a") == [file("a", REQUIRED, state="safe", sent=10)]


def test_everything_of_a_file_is_kept(replica: Replica) -> None:
    hold(replica, file("a"))
    changed = file(
        *("a",),
        state="set_aside",
        sent=3,
        upload="/evidence/x",
        begun=True,
        mismatches=2,
        fault="mismatch",
        safe_by=9,
        unsure=True,
    )
    with replica.transaction():
        replica.keep(changed)
    assert kept(replica, "a", "b") == [changed]


def test_a_file_is_awaited_until_it_is_safe(replica: Replica) -> None:
    hold(replica, file("a"), file("b", on=OTHER_JOB, state="safe"))
    assert replica.is_awaited({JOB, OTHER_JOB})
    assert not replica.is_awaited({OTHER_JOB})
    assert not replica.is_awaited(set())
    with replica.transaction():
        replica.doubt()
    assert replica.is_awaited({OTHER_JOB})


def test_what_was_safe_is_asked_after_when_the_server_may_be_another(replica: Replica) -> None:
    hold(
        replica,
        *(file("a", state="safe", safe_by=7), file("b", state="safe"), file("c", sent=4)),
        *(file("d", state="set_aside", fault="mismatch"), file("e", state="safe", safe_by=7)),
    )
    assert [one[0] for one in replica.unsure(9)] == ["b"]
    with replica.transaction():
        replica.doubt()
    asked = replica.unsure(9)
    assert [one[0] for one in asked] == ["a", "b", "d", "e"]
    assert replica.unsure(2) == asked[:2]
    told = Files(have=frozenset({"a" * 64}), wanted=frozenset({"b" * 64, "d" * 64}))
    with replica.transaction():
        replica.hear(asked, told, 100)
    assert kept(replica, *"abcde") == [
        file("a", state="safe", sent=10, safe_by=100),
        file("b", state="waiting", begun=True),
        file("c", sent=4),
        file("d", state="waiting", begun=True),
        file("e", state="set_aside", fault="mismatch"),
    ]
    assert replica.unsure(9) == []


def test_what_came_by_the_lane_has_no_date_before_the_server_was_asked(replica: Replica) -> None:
    hold(replica, file("a", state="safe"), file("b"), file("c", state="safe", safe_by=3))
    with replica.transaction():
        replica.hear([], Files(), 50)
    assert [one.safe_by for one in kept(replica, *"abc")] == [None, None, 3]
    asked = replica.unsure(9)
    assert [one[0] for one in asked] == ["a"]
    with replica.transaction():
        replica.hear(asked, Files(have=frozenset(asked)), 60)
    assert [one.safe_by for one in kept(replica, *"abc")] == [60, None, 3]
    assert replica.unsure(9) == []


PHOTO = {
    "sha256": "a" * 64,
    "size": 300,
    "width": 4,
    "height": 3,
    "audience": "customer",
    "thumb_sha256": "b" * 64,
    "thumb_size": 20,
}


@pytest.mark.parametrize(
    ("more", "rank"),
    [
        ({}, OTHER),
        ({"slot": "nameplate"}, REQUIRED),
        ({"slot": "surroundings"}, OTHER),
        ({"drawn_on": derive("x", "photo"), "slot": "nameplate"}, DRAWING),
    ],
)
def test_the_files_of_a_photo_wait_from_the_moment_it_is_recorded(
    make: Make, more: dict[str, str], rank: int
) -> None:
    world = World()
    slots = [
        {"code": code, "en": code, "zh": code, "required": code == "nameplate"}
        for code in ("nameplate", "surroundings")
    ]
    item = {"code": "leaks", "type": "pass_fail", "en": "No leaks", "zh": "无泄漏"}
    row = {"en": "a", "zh": "b", "items": [item], "photos": slots}
    world.must(world.office("master.put", ("checklist", LISTED), {"row": row}, by=SYSTEM))
    order = world.job(ANN, checklist=LISTED)
    phone = world.phone(ANN, make)
    world.sync(phone)
    for verb in ("accept", "depart", "arrive"):
        world.tap(phone, f"work_order.{verb}", ("work_order", order), {})
    done = world.tap(phone, "photo.add", ("work_order", order), {**PHOTO, **more})
    assert isinstance(done, Outboxed), done
    both = phone.files(["a" * 64, "b" * 64])
    assert both["b" * 64] == File(
        sha256="b" * 64, size=20, rank=THUMBNAIL, on=("work_order", order), recorded=done.recorded
    )
    assert both["a" * 64] == File(
        sha256="a" * 64, size=300, rank=rank, on=("work_order", order), recorded=done.recorded
    )


def test_a_photo_that_is_refused_leaves_no_file_behind(make: Make) -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN, make)
    world.sync(phone)
    world.tap(phone, "photo.add", ("work_order", order), {**PHOTO, "size": 0})
    assert phone.files(["a" * 64, "b" * 64]) == {}


def test_a_server_of_another_epoch_is_asked_for_every_file_in_one_conversation(make: Make) -> None:
    world = World()
    phone = world.phone(ANN, make)
    world.sync(phone)
    names = [f"{place:064x}" for place in range(450)]
    hold(
        phone,
        *(File(sha256=n, size=1, rank=1, on=JOB, recorded=1, state="safe") for n in names),
    )
    world.server.renew()
    world.sync(phone)
    assert {one.state for one in phone.files(names).values()} == {"waiting"}
    assert phone.unsure(9) == []


def test_what_may_be_nowhere_else_is_counted_as_unsent(replica: Replica) -> None:
    hold(
        replica,
        *(file("a"), file("b", state="safe"), file("c", state="safe", unsure=True)),
        *(file("d", state="set_aside", fault="mismatch"),),
        *(file("e", state="set_aside", fault="missing"),),
    )
    assert replica.unsent_files() == 3
    assert replica.unsent_bytes() == 20
