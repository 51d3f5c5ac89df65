"""The carrier brings files over any road, and what it is answered means what the server meant."""

import hashlib
import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mobile import database, evidence, keeping, tus
from mobile.carrier import LOCK_FILE, Carrier, Delivery, Luggage
from mobile.courier import Busy, alone
from mobile.journal import Journal
from mobile.keys import DeviceKey, next_key
from mobile.passes import Passes
from mobile.queries.photos import journey
from mobile.replica import Replica
from mobile.wire import Faulty, Got, Refused, Throttled, Unauthorised, Unreachable
from shared.ids import derive
from shared.ops import SYSTEM
from sync.ports import Outboxed
from sync.shelf import File
from sync.transfer import (
    Answer,
    Around,
    Asked,
    Create,
    Disagreed,
    Elsewhere,
    Gone,
    Head,
    Pace,
    Patch,
    Reached,
    Terminate,
    Unfit,
)
from tests.mobile.phones import Phone
from tests.mobile.roads import TUS, Depot, problem
from tests.mobile.test_courier import Clock
from tests.world import ANN, BOB, MemoryServer

A = "a" * 64
PHOTO = {
    "sha256": A,
    "size": 9,
    "width": 4,
    "height": 3,
    "thumb_sha256": "b" * 64,
    "thumb_size": 2,
}
CREATE, HEAD = Create(A, 9, 9), Head(A, "/evidence/x")
PATCH, DELETE = Patch(A, "/evidence/x", 3, 6), Terminate(A, "/evidence/x")


class Deaf:
    """A road on which one answer comes to everything."""

    def __init__(self, got: Got, server: str = "http://office/ff") -> None:
        self.got = got
        self.server = server

    def carry(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, token: str | None
    ) -> Got:
        return self.got


def answered(asked: Asked, status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return tus.ask(Deaf(Got(status=status, headers={**TUS, **named})), asked, b"", "t")


def test_a_good_answer_says_how_much_is_there_and_where() -> None:
    place = {"location": "/ff/evidence/7", "upload_offset": "9"}
    assert answered(CREATE, 201, **place) == Reached(offset=9, upload="/evidence/7")
    assert answered(HEAD, 200, upload_offset="4") == Reached(offset=4, upload="/evidence/x")
    assert answered(PATCH, 204, upload_offset="9") == Reached(offset=9, upload="/evidence/x")
    assert answered(DELETE, 204) == Gone()


@pytest.mark.parametrize(
    ("location", "upload"),
    [
        ("/ff/evidence/7", "/evidence/7"),
        ("http://office/ff/evidence/7", "/evidence/7"),
        ("/evidence/7", "/evidence/7"),
    ],
)
def test_the_place_of_an_upload_is_below_where_the_server_is(location: str, upload: str) -> None:
    found = answered(CREATE, 201, location=location, upload_offset="0")
    assert found == Reached(offset=0, upload=upload)


@pytest.mark.parametrize("location", ["", "evidence/7", "/ff//evil/x", "/e?x=1", "/" + "x" * 501])
def test_a_place_that_is_none_is_not_believed(location: str) -> None:
    with pytest.raises(Unreachable):
        answered(CREATE, 201, location=location, upload_offset="0")


@pytest.mark.parametrize("offset", [None, "", "-1", "x", "1.5", "9" * 20, "１"])
def test_an_answer_without_an_offset_is_somebody_else_s(offset: str | None) -> None:
    with pytest.raises(Unreachable):
        answered(HEAD, 200, **({} if offset is None else {"upload_offset": offset}))


def test_an_answer_that_does_not_speak_tus_is_somebody_else_s() -> None:
    page = Got(status=200, headers={"content-type": "text/html", "upload-offset": "9"})
    with pytest.raises(Unreachable):
        tus.ask(Deaf(page), HEAD, b"", "t")
    missing = Got(status=404, headers={"content-type": "text/html"})
    with pytest.raises(Unreachable):
        tus.ask(Deaf(missing), HEAD, b"", "t")


@pytest.mark.parametrize(
    ("got", "meant"),
    [
        (problem(404, "not_found"), Gone()),
        (problem(410, "not_found"), Gone()),
        (Got(status=404, headers=TUS), Gone()),
        (problem(408, "cut"), Elsewhere()),
        (problem(409, "wrong_offset"), Elsewhere()),
        (problem(409, "wrong_offset", **{"upload-offset": "5"}), Elsewhere(5)),
        (problem(409, "set_aside"), Unfit("mismatch")),
        (problem(460, "hash_mismatch"), Disagreed()),
        (problem(413, "too_large"), Unfit("too_large")),
        (problem(400, "wrong_header"), Unfit("refused")),
    ],
)
def test_what_a_refusal_means_for_a_file(got: Got, meant: Answer) -> None:
    """C07."""
    assert tus.ask(Deaf(got), PATCH, b"", "t") == meant


@pytest.mark.parametrize(
    ("got", "raised"),
    [
        (problem(401, "not_signed_in"), Unauthorised),
        (problem(403, "device_revoked"), Refused),
        (problem(412, "wrong_version"), Refused),
        (problem(429, "too_many", **{"retry-after": "60"}), Throttled),
        (problem(503, "busy", **{"retry-after": "2"}), Throttled),
        (problem(507, "no_room"), Faulty),
        (problem(500, "failed"), Faulty),
        (Got(status=302, headers=TUS), Unreachable),
    ],
)
def test_what_is_not_about_the_file_is_raised(got: Got, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        tus.ask(Deaf(got), PATCH, b"", "t")


class Bag:
    """A phone with some files, and what its carrier works with."""

    def __init__(self, phone: Phone, *sizes: int) -> None:
        self.phone = phone
        self.depot = Depot()
        self.clock = Clock()
        self.pace = Pace()
        self.bytes: dict[str, bytes] = {}
        for place, size in enumerate(sizes):
            self.add(hashlib.shake_256(str(place).encode()).digest(size), rank=place)
        self.key: DeviceKey = next_key(phone.folder)

    def add(self, data: bytes, rank: int = 2) -> str:
        sha256 = evidence.store(self.phone.folder, data)
        self.bytes[sha256] = data
        file = File(sha256=sha256, size=len(data), rank=rank, on=self.phone.on, recorded=rank)
        with self.phone.replica.transaction():
            self.phone.replica.hold([file])
        return sha256

    def carry(self, **around: Callable[[], bool]) -> Delivery:
        passes = Passes(self.depot, self.key, self.clock)
        luggage = Luggage(
            road=self.depot, passes=passes, folder=self.phone.folder, monotonic=self.clock
        )
        asking = {"ops_wait": lambda: False, **around}
        return Carrier(self.phone.replica, luggage, Around(**asking), self.pace).carry()

    def states(self) -> list[str]:
        return [one.state for one in self.phone.replica.every()]


@pytest.fixture
def bag(phone: Phone) -> Bag:
    return Bag(phone, 200, 150_000, 300)


def test_everything_that_waits_is_brought_and_then_nothing_is_asked(bag: Bag) -> None:
    """C42."""
    assert bag.carry() == Delivery(files_sent=3, pending_files=0)
    assert (bag.depot.done, bag.states()) == (bag.bytes, ["safe"] * 3)
    asked = len(bag.depot.asked)
    assert bag.carry() == Delivery(files_sent=0, pending_files=0)
    assert (len(bag.depot.asked), bag.depot.tokens) == (asked, 1)


def test_a_token_that_ran_out_is_replaced(bag: Bag) -> None:
    bag.depot.faults = ["", problem(401, "expired")]
    assert bag.carry().files_sent == 3
    assert bag.depot.tokens == 2
    bag.add(b"more")
    bag.depot.faults = [problem(401, "gone"), problem(401, "gone")]
    with pytest.raises(Unauthorised):
        bag.carry()


def test_after_an_answer_that_did_not_come_it_asks_how_far_it_is(bag: Bag) -> None:
    """C31."""
    bag.depot.faults = ["", "no reply"]
    assert bag.carry().files_sent == 3
    assert bag.depot.done == bag.bytes
    # The third asks for what the second may have begun: nothing of that goes again.
    assert [method for method, _ in bag.depot.asked[:4]] == ["POST", "POST", "POST", "PATCH"]
    assert bag.depot.taken == sum(map(len, bag.bytes.values()))


def test_a_road_that_breaks_is_left_and_taken_again_with_smaller_pieces(bag: Bag) -> None:
    """C41."""
    before = bag.pace.piece_bytes
    bag.depot.faults = ["", "broken"]
    with pytest.raises(Unreachable):
        bag.carry()
    assert bag.pace.piece_bytes < before
    assert bag.carry() == Delivery(files_sent=2, pending_files=0)
    assert bag.depot.done == bag.bytes


def test_a_server_that_fails_at_one_file_gets_the_others(bag: Bag) -> None:
    bag.depot.faults = ["", problem(507, "no_room")]
    assert bag.carry() == Delivery(
        files_sent=2, pending_files=1, pending_bytes=150_000, timed_out=True
    )
    assert bag.carry().pending_files == 0


def test_a_file_that_is_not_what_its_name_says_is_never_sent(bag: Bag) -> None:
    harmed, gone, _ = bag.bytes
    path = evidence.path_of(bag.phone.folder, harmed)
    lost = evidence.path_of(bag.phone.folder, gone)
    assert path is not None
    assert lost is not None
    path.write_bytes(b"x" * 200)
    lost.unlink()
    delivery = bag.carry()
    assert (delivery.files_sent, delivery.set_aside, delivery.pending_files) == (1, 2, 0)
    faults = {one.sha256: one.fault for one in bag.phone.replica.every()}
    assert (faults[harmed], faults[gone]) == ("missing", "missing")
    assert bag.depot.done.keys() == bag.bytes.keys() - {harmed, gone}


def test_bytes_that_are_harmed_on_the_way_go_again_and_then_no_more(bag: Bag) -> None:
    bag.depot.harm = lambda data: bytes(len(data))
    delivery = bag.carry()
    assert (delivery.files_sent, delivery.set_aside) == (0, 3)
    assert bag.depot.done == {}
    assert all(evidence.path_of(bag.phone.folder, one) for one in bag.bytes)


def test_it_waits_for_the_ops(bag: Bag) -> None:
    """C39."""
    assert bag.carry(ops_wait=lambda: True).paused
    assert bag.depot.asked == []


def test_one_process_at_a_time_brings_files_and_a_lock_of_the_dead_holds_nobody(bag: Bag) -> None:
    """C70."""
    with alone(bag.phone.folder, LOCK_FILE), pytest.raises(Busy):
        bag.carry()
    (bag.phone.folder / LOCK_FILE).write_text("of a process that was killed")
    with alone(bag.phone.folder):  # the ops go by another lane
        assert bag.carry().files_sent == 3


# What becomes of the files


def photographed(phone: Phone, name: str, **more: Any) -> tuple[str, str]:
    """A photo that is recorded; the hashes of its two files."""
    final, thumb = (evidence.store(phone.folder, f"{one} {name}".encode()) for one in "ft")
    args = {"sha256": final, "size": len(f"f {name}"), "width": 4, "height": 3}
    small = {"thumb_sha256": thumb, "thumb_size": len(f"t {name}")}
    phone.must("photo.add", {**args, **small, "audience": "customer", **more})
    return final, thumb


def test_a_photo_waits_with_its_op_or_not_at_all(phone: Phone) -> None:
    phone.work()
    final, thumb = photographed(phone, "one")
    assert {one.sha256 for one in phone.replica.every()} == {final, thumb}
    left = phone.replica.left()
    assert (left.files, left.photos, left.bytes) == (2, 1, 10)
    done = phone.record("photo.add", {"sha256": "x"})
    assert getattr(done, "code", "") != ""
    assert phone.replica.left() == left


class Torn(Replica):
    """A database that breaks off when files begin to wait."""

    def hold(self, files: Iterable[File]) -> None:
        raise database.Full


def test_an_op_without_its_files_is_not_recorded(phone: Phone) -> None:
    phone.work()
    before = [one.op_id for one in phone.replica.all_ops()]
    journal, phone.journal = phone.journal, Journal(Torn(phone.connection), phone.queries)
    phone.world.tick()
    done = phone.record("photo.add", {**PHOTO, "audience": "internal"})
    assert getattr(done, "code", "") == "disk_full"
    assert [one.op_id for one in phone.replica.all_ops()] == before
    assert phone.queries.photos(phone.job) == ()
    phone.journal = journal
    phone.must("photo.add", {**PHOTO, "audience": "internal"})
    assert phone.replica.left().files == 2


def test_a_photo_of_another_phone_is_elsewhere_until_the_server_has_it(phone: Phone) -> None:
    other = phone.world.phone(BOB)
    both = phone.world.job(BOB, ANN)
    phone.world.sync(other)
    phone.world.taps(other, both, "accept", "depart", "arrive")
    done = phone.world.tap(
        other, "photo.add", ("work_order", both), {**PHOTO, "audience": "customer"}
    )
    assert isinstance(done, Outboxed), done
    phone.world.sync(other)
    phone.sync()
    (one,) = phone.queries.photos(both)
    assert (one.state, one.thumb, one.full) == ("elsewhere", None, None)
    args = {"photo": one.photo.id}
    phone.world.must(phone.world.office("photo.arrive", ("work_order", both), args, by=SYSTEM))
    phone.sync()
    (one,) = phone.queries.photos(both)
    assert one.state == "safe"
    condition = phone.queries.condition(10**9)
    assert (condition.photos, condition.photos_safe, condition.pending_files) == (1, 1, 0)


def test_a_photo_that_is_taken_back_still_travels(phone: Phone) -> None:
    phone.work()
    photographed(phone, "one")
    op = phone.replica.all_ops()[-1].op_id
    phone.must("photo.drop", {"photo": derive(op, "photo"), "reason": "blurred"})
    bag = Bag(phone)
    phone.sync()
    assert bag.carry().files_sent == 2


def test_a_set_aside_photo_needs_a_person_until_it_is_taken_back(phone: Phone) -> None:
    """C02."""
    phone.work()
    photographed(phone, "one")
    op = phone.replica.all_ops()[-1].op_id
    bag = Bag(phone)
    bag.depot.harm = lambda data: bytes(len(data))
    bag.carry()
    assert journey(phone.connection).faulty == 1
    assert phone.queries.waiting().attention == 1
    (photo,) = phone.queries.photos(phone.job)
    assert photo.state == "set_aside"
    phone.must("photo.drop", {"photo": derive(op, "photo"), "reason": "blurred"})
    assert journey(phone.connection).faulty == 0


def test_a_phone_tells_how_far_each_photo_is(phone: Phone) -> None:
    phone.work()
    photographed(phone, "one")
    bag = Bag(phone)

    def told() -> list[tuple[str, int]]:
        return [(one.state, one.percent) for one in phone.queries.photos(phone.job)]

    assert told() == [("waiting", 0)]
    assert phone.queries.waiting().photos == 1
    bag.depot.faults = ["", "faulty"]
    bag.carry()
    assert told() == [("sending", 50)]
    bag.carry()
    assert told() == [("safe", 100)]
    assert phone.queries.waiting().photos == 0
    with phone.replica.transaction():
        phone.replica.doubt()
    assert told() == [("sending", 100)]
    (one,) = phone.queries.photos(phone.job)
    assert one.thumb is not None
    assert one.full == evidence.path_of(phone.folder, one.photo.sha256)


def test_bytes_stay_until_the_server_has_saved_them_for_good_and_the_job_is_gone(
    phone: Phone,
) -> None:
    """C14, S1."""
    phone.work()
    hashes = set(photographed(phone, "one"))
    bag = Bag(phone)
    phone.sync()
    bag.carry()
    assert isinstance(phone.world.server, MemoryServer)
    phone.world.server.books.stored |= hashes  # it is asked whether it has them
    phone.sync()
    now_s = 2e9

    def tidied(durable: int | None) -> set[str]:
        known = phone.replica.identity()
        with phone.replica.transaction():
            phone.replica.identify(type(known)(**{**fields(known), "durable_through": durable}))
        keeping.tidy(phone.replica, phone.folder, now_s)
        return set(evidence.here(phone.folder))

    assert tidied(None) == hashes
    assert tidied(2**52) == hashes  # the job is here
    with phone.replica.transaction():
        phone.replica.drop(f"wo:{phone.job}")
    assert tidied(1) == hashes  # saved later than the last backup
    assert tidied(2**52) == set()
    assert phone.replica.every() == []


def fields(known: Any) -> dict[str, Any]:
    return {name: getattr(known, name) for name in known.__struct_fields__}


def test_what_no_photo_names_is_swept_when_it_is_old(phone: Phone) -> None:
    """C45."""
    young, old = (evidence.store(phone.folder, data) for data in (b"young", b"old"))
    draft = phone.folder / "evidence" / ".half.jpg.draft"
    draft.write_bytes(b"half")
    outside = phone.folder / "outside"
    outside.write_bytes(b"x")
    (phone.folder / "evidence" / "link").symlink_to(outside)
    for path in (evidence.path_of(phone.folder, old), draft):
        assert path is not None
        os.utime(path, (1, 1))
    now_s = evidence.path_of(phone.folder, young).stat().st_mtime  # type: ignore[union-attr]
    (phone.folder / f"{ANN}.db.bak").write_bytes(b"")
    other = phone.folder / "other.db"
    other.write_bytes(b"")
    keeping.tidy(phone.replica, phone.folder, now_s)
    assert evidence.here(phone.folder) == {young, old}  # it may be the other person's
    other.unlink()
    keeping.tidy(phone.replica, phone.folder, now_s)
    assert evidence.here(phone.folder) == {young}
    assert not draft.exists()
    assert outside.exists()


def test_a_phone_put_back_from_a_backup_brings_what_its_database_forgot(phone: Phone) -> None:
    phone.work()
    hashes = set(photographed(phone, "one"))
    phone.sync()
    phone.connection.execute("DELETE FROM file")  # as an older copy of the database has it
    evidence.store(phone.folder, b"of nobody")
    assert keeping.take_up(phone.replica, phone.folder) == 2
    assert keeping.take_up(phone.replica, phone.folder) == 0
    bag = Bag(phone)
    assert bag.carry().files_sent == 2
    assert bag.depot.done.keys() == hashes


def test_a_server_put_back_from_a_backup_is_brought_what_it_lost(phone: Phone) -> None:
    """C15."""
    phone.work()
    photographed(phone, "one")
    bag = Bag(phone)
    phone.sync()
    bag.carry()
    assert bag.states() == ["safe", "safe"]
    bag.depot.done.clear()
    bag.depot.parts.clear()
    phone.world.server.renew()
    phone.sync()
    assert bag.states() == ["waiting", "waiting"]
    assert bag.carry().files_sent == 2
    assert len(bag.depot.done) == 2


def test_a_job_that_goes_elsewhere_stays_until_its_photos_are_safe(phone: Phone) -> None:
    phone.work()
    photographed(phone, "one")
    phone.sync()
    bag = Bag(phone)
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": BOB}))
    phone.sync()
    assert f"wo:{phone.job}" in phone.replica.marks()
    bag.carry()
    phone.sync()
    assert f"wo:{phone.job}" not in phone.replica.marks()
