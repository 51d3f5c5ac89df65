"""The media lane against a model server: whatever breaks, every file arrives, and no byte twice."""

import hashlib
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from msgspec import structs

from sync.memory import MemoryPhone
from sync.ports import Identity
from sync.session import TimedOut
from sync.shelf import DRAWING, OTHER, REQUIRED, THUMBNAIL, File
from sync.transfer import (
    PIECE_BYTES_FIRST,
    PIECE_BYTES_MAX,
    PIECE_BYTES_MIN,
    Answer,
    Around,
    Asked,
    Create,
    Delivered,
    Elsewhere,
    Failed,
    Gone,
    Head,
    Pace,
    Patch,
    Reached,
    Terminate,
    Unfit,
    transfer,
)
from tests.depot import Office, content

JOB = ("work_order", "w")


class Phone:
    """A phone with some files, and the lane of it that is going on."""

    def __init__(self, *sizes: tuple[str, int, int]) -> None:
        self.replica = MemoryPhone(Identity(device="d", person="p", incarnation="i"))
        self.bytes = {}
        files = []
        for place, (name, size, rank) in enumerate(sizes):
            data = content(name, size)
            sha256 = hashlib.sha256(data).hexdigest()
            self.bytes[sha256] = data
            files.append(File(sha256=sha256, size=size, rank=rank, on=JOB, recorded=place))
        with self.replica.transaction():
            self.replica.hold(files)
        self.ops_wait = False
        self.metered = False
        self.pace = Pace()
        self.begin()

    def begin(self) -> None:
        around = Around(ops_wait=lambda: self.ops_wait, metered=lambda: self.metered)
        self.lane: Generator[Asked, Answer, Delivered] = transfer(self.replica, around, self.pace)

    def body(self, asked: Asked) -> bytes:
        if isinstance(asked, Create):
            return self.bytes[asked.sha256][: asked.length]
        if isinstance(asked, Patch):
            return self.bytes[asked.sha256][asked.offset : asked.offset + asked.length]
        return b""

    def states(self) -> list[str]:
        return [
            one.state for one in sorted(self.replica.disk.files.values(), key=lambda f: f.recorded)
        ]


def run(phone: Phone, office: Office) -> tuple[list[Asked], Delivered | None]:
    """One conversation that nothing disturbs."""
    phone.begin()
    asked: list[Asked] = []
    try:
        one = next(phone.lane)
        while True:
            asked.append(one)
            one = phone.lane.send(office.answer(one, phone.body(one)))
    except StopIteration as end:
        return asked, end.value


def to_the_end(phone: Phone, answer: Answer) -> Delivered:
    """What comes of it when everything is answered alike."""
    try:
        for _ in range(20):
            phone.lane.send(answer)
    except StopIteration as end:
        delivered: Delivered = end.value
        return delivered
    raise AssertionError("it goes on for ever")


def test_one_small_file_goes_in_one_request_and_is_safe() -> None:
    phone, office = Phone(("a", 5_000, THUMBNAIL)), Office()
    asked, delivered = run(phone, office)
    (sha256,) = phone.bytes
    assert asked == [Create(sha256, 5_000, 5_000)]
    assert (phone.states(), office.done) == (["safe"], phone.bytes)
    assert delivered == Delivered(files=1, bytes=5_000)


def test_a_large_file_goes_in_pieces_that_grow_with_the_speed() -> None:
    phone, office = Phone(("a", 3_000_000, OTHER)), Office()
    asked, _ = run(phone, office)
    lengths = [one.length for one in asked if isinstance(one, Create | Patch)]
    assert lengths == [64_000, 256_000, 1_000_000, 1_000_000, 680_000]
    assert office.done == phone.bytes
    assert office.needless == 0


def test_a_piece_takes_five_seconds_at_the_speed_that_was_observed() -> None:
    """C41."""
    pace = Pace()
    pace.note(64_000, 64_000)  # 1 kB/s
    assert pace.piece_bytes == PIECE_BYTES_MIN
    pace.note(8_000, 1_000)  # 8 kB/s
    assert pace.piece_bytes == 32_000
    pace.note(32_000, 1_000)
    assert pace.piece_bytes == 128_000
    pace.note(10, 1)  # says nothing of the speed
    assert pace.piece_bytes == 128_000
    for _ in range(9):
        pace.note(pace.piece_bytes, 1)
    assert pace.piece_bytes == PIECE_BYTES_MAX
    for _ in range(9):
        pace.slow_down()
    assert pace.piece_bytes == PIECE_BYTES_MIN


def test_the_short_rest_of_a_file_does_not_make_the_next_pieces_small() -> None:
    pace = Pace(piece_bytes=PIECE_BYTES_MAX)
    pace.note(100_000, 100)
    assert pace.piece_bytes == PIECE_BYTES_MAX


def test_thumbnails_go_first_then_what_is_required_then_the_rest_and_drawings_last() -> None:
    """C39."""
    phone = Phone(
        *(("drawn", 900, DRAWING), ("other", 900, OTHER), ("needed", 900, REQUIRED)),
        *(("late thumb", 90, THUMBNAIL), ("later thumb", 90, THUMBNAIL)),
    )
    asked, _ = run(phone, Office())
    hashes = list(phone.bytes)
    assert [hashes.index(one.sha256) for one in asked] == [3, 4, 2, 1, 0]


def test_what_is_worth_more_does_not_wait_for_the_end_of_a_large_file() -> None:
    phone, office = Phone(("a", 200_000, OTHER)), Office()
    first = next(phone.lane)
    data = content("thumb", 500)
    sha256 = hashlib.sha256(data).hexdigest()
    phone.bytes[sha256] = data
    phone.replica.hold([File(sha256=sha256, size=500, rank=THUMBNAIL, on=JOB, recorded=9)])
    second = phone.lane.send(office.answer(first, phone.body(first)))
    assert second == Create(sha256, 500, 500)
    third = phone.lane.send(office.answer(second, phone.body(second)))
    assert isinstance(third, Patch)
    assert third.offset == PIECE_BYTES_FIRST


def test_it_waits_while_the_data_lane_has_something_to_push() -> None:
    """C39."""
    phone, office = Phone(("a", 200_000, OTHER)), Office()
    first = next(phone.lane)
    phone.ops_wait = True
    with pytest.raises(StopIteration) as end:
        phone.lane.send(office.answer(first, phone.body(first)))
    assert end.value.value == Delivered(bytes=PIECE_BYTES_FIRST, paused=True)
    phone.ops_wait = False
    asked, _ = run(phone, office)
    assert isinstance(asked[0], Head)
    assert (office.done, office.needless) == (phone.bytes, 0)


def test_where_bytes_cost_money_only_thumbnails_and_what_is_required_go() -> None:
    phone = Phone(("a", 9, THUMBNAIL), ("b", 9, REQUIRED), ("c", 9, OTHER), ("d", 9, DRAWING))
    phone.metered = True
    run(phone, Office())
    assert phone.states() == ["safe", "safe", "waiting", "waiting"]


def test_a_known_file_costs_no_bytes() -> None:
    phone, office = Phone(("a", 90_000, OTHER)), Office()
    office.done = dict(phone.bytes)
    with phone.replica.transaction():
        for one in phone.replica.disk.files.values():
            phone.replica.keep(structs.replace(one, begun=True))
    asked, delivered = run(phone, office)
    assert [one.length for one in asked if isinstance(one, Create)] == [0]
    assert (phone.states(), office.needless) == (["safe"], 0)
    assert delivered is not None
    assert delivered.bytes == 0


def test_a_file_that_does_not_agree_goes_again_and_is_set_aside_after_three_times() -> None:
    phone, office = Phone(("bad", 900, OTHER), ("good", 900, DRAWING)), Office(flips=2)
    run(phone, office)
    assert phone.states() == ["safe", "safe"]
    phone, office = Phone(("bad", 900, OTHER), ("good", 900, DRAWING)), Office(flips=3)
    _, delivered = run(phone, office)
    assert phone.states() == ["set_aside", "safe"]
    assert delivered is not None
    assert (delivered.set_aside, delivered.files, delivered.timed_out) == (1, 1, False)
    bad = next(one for one in phone.replica.disk.files.values() if one.state == "set_aside")
    assert bad.fault == "mismatch"


def test_a_file_that_is_lost_here_is_set_aside_its_upload_given_up_and_the_rest_goes_on() -> None:
    """C02."""
    phone, office = Phone(("a", 90_000, OTHER), ("b", 10, DRAWING)), Office()
    first = next(phone.lane)
    second = phone.lane.send(office.answer(first, phone.body(first)))
    third = phone.lane.send(Unfit("missing"))
    assert isinstance(second, Patch)
    assert third == Terminate(first.sha256, second.upload)
    fourth = phone.lane.send(office.answer(third, b""))
    assert isinstance(fourth, Create)
    with pytest.raises(StopIteration):
        phone.lane.send(office.answer(fourth, phone.body(fourth)))
    assert phone.states() == ["set_aside", "safe"]
    assert office.uploads.keys() == {"/evidence/2"}


def test_a_file_that_the_server_fails_at_does_not_stop_the_others() -> None:
    """C02."""
    phone, office = Phone(("a", 10, REQUIRED), ("b", 10, OTHER)), Office()
    next(phone.lane)
    second = phone.lane.send(Failed())
    with pytest.raises(StopIteration) as end:
        phone.lane.send(office.answer(second, phone.body(second)))
    assert end.value.value == Delivered(files=1, bytes=10, timed_out=True)
    assert phone.states() == ["waiting", "safe"]


def test_a_server_that_fails_at_every_file_is_left_alone() -> None:
    """C40."""
    phone = Phone(*((str(one), 10, OTHER) for one in range(9)))
    next(phone.lane)
    phone.lane.send(Failed())
    phone.lane.send(Failed())
    with pytest.raises(StopIteration) as end:
        phone.lane.send(Failed())
    assert end.value.value == Delivered(timed_out=True)


def test_failures_count_only_in_a_row() -> None:
    phone, office = Phone(*((str(one), 10, OTHER) for one in range(6))), Office()
    asked = next(phone.lane)
    for fails in (True, True, False, True, True):
        answer = Failed() if fails else office.answer(asked, phone.body(asked))
        asked = phone.lane.send(answer)
    with pytest.raises(StopIteration) as end:
        phone.lane.send(office.answer(asked, phone.body(asked)))
    assert end.value.value == Delivered(files=2, bytes=20, timed_out=True)


def test_an_end_that_is_only_said_to_be_reached_is_asked_after() -> None:
    phone, office = Phone(("a", 90_000, OTHER)), Office()
    first = next(phone.lane)
    piece = phone.lane.send(office.answer(first, phone.body(first)))
    assert isinstance(piece, Patch)
    assert phone.lane.send(Elsewhere(90_000)) == Head(piece.sha256, piece.upload)


@pytest.mark.parametrize(
    "answer",
    [
        *(TimedOut(), Gone(), Elsewhere(), Elsewhere(0)),
        *(Reached(offset=0), Reached(offset=0, upload="/evidence/1")),
    ],
)
def test_an_answer_that_brings_nothing_on_ends_it_after_a_while(answer: Answer) -> None:
    phone = Phone(("a", 90_000, OTHER))
    next(phone.lane)
    delivered = to_the_end(phone, answer)
    assert delivered.timed_out
    assert phone.states() == ["waiting"]


def test_what_was_learnt_otherwise_meanwhile_stands() -> None:
    phone, office = Phone(("a", 90_000, OTHER)), Office()
    first = next(phone.lane)
    (file,) = phone.replica.disk.files.values()
    phone.replica.keep(structs.replace(file, state="safe"))
    with pytest.raises(StopIteration):
        phone.lane.send(office.answer(first, phone.body(first)))
    assert phone.states() == ["safe"]


# Faults

FAULTS = (
    *("cut none", "cut one", "cut half", "cut but one", "cut all"),
    *("lost request", "reply lost", "slow", "killed before", "killed after"),
    *("server falls", "offset lost", "upload gone", "failed"),
)
CUTS: dict[str, Callable[[int], int]] = {
    "cut none": lambda size: 0,
    "cut one": lambda size: min(1, size),
    "cut half": lambda size: size // 2,
    "cut but one": lambda size: max(size - 1, 0),
    "cut all": lambda size: size,
}


def suffer(phone: Phone, office: Office, faults: list[str]) -> tuple[int, int]:
    """Conversations with one fault after the other until all is done.

    Returns how many bytes went that the server had, and how many faults had made it lose.
    """
    lost, rounds = 0, 0
    while any(state == "waiting" for state in phone.states()):
        rounds += 1
        assert rounds < 200, "no end"
        phone.begin()
        try:
            one = next(phone.lane)
            while True:
                fault = faults.pop() if faults else ""
                lost += _suffered(office, fault)
                body = phone.body(one)
                if fault in ("killed before", "lost request"):
                    break
                if fault == "failed":
                    one = phone.lane.send(Failed())
                    continue
                cut = CUTS[fault](len(body)) if fault in CUTS else None
                answer = office.answer(one, body, cut)
                if fault in CUTS or fault in ("reply lost", "killed after"):
                    break
                one = phone.lane.send(TimedOut() if fault == "slow" else answer)
        except StopIteration:
            continue
        phone.lane.close()
    return office.needless, lost


def _suffered(office: Office, fault: str) -> int:
    """What happens to the server before a request reaches it; how many bytes that loses."""
    before = sum(len(one.data) for one in office.uploads.values())
    if fault == "server falls":
        office.fall()
    if fault == "offset lost":
        office.fall(losing=700)
    if fault == "upload gone":
        office.forget()
    return before - sum(len(one.data) for one in office.uploads.values())


def small(phone: Phone) -> Phone:
    """Pieces so small that every file takes several."""
    phone.pace = _Small(piece_bytes=1_000)
    return phone


class _Small(Pace):
    """A pace that never grows."""

    def note(self, length: int, took_ms: int) -> None:
        """It stays."""

    def slow_down(self) -> None:
        """It stays."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(8))
def test_one_fault_at_every_place_loses_nothing_and_sends_no_byte_twice(
    fault: str, place: int
) -> None:
    """C31."""
    phone, office = small(Phone(("thumb", 700, THUMBNAIL), ("photo", 3_500, OTHER))), Office()
    faults = [*["" for _ in range(20)], fault, *["" for _ in range(place)]]
    needless, lost = suffer(phone, office, faults)
    assert office.done == phone.bytes
    assert phone.states() == ["safe", "safe"]
    # Whoever goes on where the upload was before its end was lost learns it with the next piece.
    assert needless <= (1_000 if lost else 0), (needless, lost)


@settings(max_examples=300, deadline=None)
@given(
    faults=st.lists(st.sampled_from(FAULTS), max_size=25),
    sizes=st.lists(st.integers(1, 5_000), min_size=1, max_size=5),
    ranks=st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_whatever_happens_every_file_arrives_and_no_byte_goes_twice_without_a_need(
    faults: list[str], sizes: list[int], ranks: list[int]
) -> None:
    named: list[Any] = [(f"file {place}", size, ranks[place]) for place, size in enumerate(sizes)]
    phone, office = small(Phone(*named)), Office()
    shakes = sum(one in ("offset lost", "upload gone", "server falls") for one in faults)
    needless, _ = suffer(phone, office, list(faults))
    assert office.done == phone.bytes
    assert set(phone.states()) == {"safe"}
    assert needless <= 1_000 * shakes
