"""Rows that disagree with the office's are found and put right one by one; nothing is wiped."""

from collections.abc import Callable, Collection, Sequence

import msgspec
import pytest
from msgspec import Raw, structs

from shared.ids import derive
from shared.notes import Note
from shared.records import stream_of
from sync import protocol
from sync.digest import Sums, plus, row_sums, total
from sync.doubts import EXAMINE_EVERY_MS, compare, question
from sync.memory import MemoryPhone
from sync.ports import Outboxed, Replica, StreamMark
from sync.prints import Doubted, Key, bucket_of, is_sound, packed
from sync.protocol import Differences, Doubt, Finding, Reply, Request, Row
from sync.session import TimedOut
from tests.world import ANN, BOB, SITE, MemoryServer, World

STREAM = stream_of(("site", SITE))
PHONE = (b"13800005678", b"13800005679")
MANY = 20_000


class Line(World):
    """The small company, with somebody who listens on the wire and may bend what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[Request, Reply]] = []
        self.bend: Callable[[Reply], Reply] = lambda reply: reply

    def carry(self, phone: Replica, request: Request, fault: str) -> Reply | TimedOut:
        reply = super().carry(phone, request, fault)
        if isinstance(reply, Reply):
            reply = self.bend(reply)
            self.said.append((request, reply))
        return reply

    def rows(self) -> list[tuple[str, str, str]]:
        """Every row that came, by stream, table and id."""
        found = [
            (page.stream, row)
            for _, reply in self.said
            for page in reply.streams
            for row in page.rows
        ]
        answers = [reply.differences for _, reply in self.said if reply.differences is not None]
        found += [(one.stream, row) for one in answers for row in one.rows]
        return [(stream, row.table, row.id) for stream, row in found]

    def findings(self) -> list[Finding]:
        """What was told of what was found."""
        return [one for request, _ in self.said for one in request.findings]


class Stubborn(MemoryPhone):
    """A phone on which what is put right of the site does not stay so."""

    def take(self, stream: str, rows: Sequence[Row], *, staged: bool) -> Sums:
        sticks = staged or stream != STREAM
        return super().take(stream, rows, staged=staged) if sticks else (0, 0)


def begun(make: type[MemoryPhone] = MemoryPhone) -> tuple[Line, MemoryPhone, str]:
    """Ann's phone in step with the server, with one job on it."""
    world = Line()
    order = world.job(ANN)
    phone = world.phone(ANN, make)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.said.clear()
    return world, phone, order


def rot(phone: MemoryPhone, changed: tuple[bytes, bytes] = PHONE) -> Key:
    """The row of the site changes by itself; which one it is."""
    base = dict(phone.disk.base[STREAM])
    key = ("site", SITE)
    assert changed[0] in base[key]
    phone.disk.base[STREAM] = {**base, key: base[key].replace(*changed)}
    return key


def agrees(world: World, phone: MemoryPhone) -> bool:
    """Whether a phone has the very bytes that the server has."""
    assert isinstance(world.server, MemoryServer)
    feed = world.server.books.pages.feed
    return all(
        base == {key: one.body for key, one in feed[stream].items() if one.body is not None}
        for stream, base in phone.disk.base.items()
    )


def test_a_row_that_changed_by_itself_is_found_within_a_week_and_only_that_row_comes() -> None:
    """C12."""
    world, phone, _ = begun()
    key = rot(phone)
    world.sync(phone)
    assert not agrees(world, phone), "nobody has looked yet"
    world.tick(EXAMINE_EVERY_MS)
    world.said.clear()
    world.sync(phone)
    assert agrees(world, phone)
    assert world.rows() == [(STREAM, *key)]
    assert [request.full for request, _ in world.said] == [False, False]
    assert sum(len(protocol.encode(one)) for pair in world.said for one in pair) < 4_000
    care = phone.identity().care
    assert (care.doubts, care.findings, care.examined) == ({}, (), None)


def test_the_office_hears_once_what_was_found_when_and_how_it_ended() -> None:
    world, phone, _ = begun()
    rot(phone)
    world.tick(EXAMINE_EVERY_MS)
    for _ in range(3):
        world.sync(phone)
    doubt = world.said[0][0].doubt
    assert doubt is not None
    told = Finding(stream=STREAM, found=doubt.found, what="replaced", rows=1)
    assert world.findings() == [told]
    assert [one.examined for one, _ in world.said if one.examined is not None] == [doubt.found]


def test_what_lies_on_top_stays_on_the_screen_and_what_waits_is_sent_once() -> None:
    world, phone, order = begun()
    said = {"text": "Filter was blocked", "audience": "customer"}
    noted = world.tap(phone, "note.add", ("work_order", order), said)
    assert isinstance(noted, Outboxed)
    shelf = stream_of(("work_order", order))
    base = dict(phone.disk.base[shelf])
    phone.disk.base[shelf] = {key: base[key] for key in base if key[0] != "work_order"}
    world.tick(EXAMINE_EVERY_MS)
    world.sync(phone, ["no reply"])
    assert [row.text for row in phone.shown(base=False).values() if isinstance(row, Note)] == [
        "Filter was blocked"
    ]
    world.sync(phone)
    assert agrees(world, phone)
    assert (phone.outboxed([noted.op_id])[0].verdict, len(phone.all_ops())) == ("applied", 1)


@pytest.mark.parametrize("torn", ["lost", "added", "miscounted"])
def test_a_checksum_that_disagrees_at_the_end_is_put_right_row_by_row(torn: str) -> None:
    world, phone, _ = begun()
    base = dict(phone.disk.base[STREAM])
    mark = phone.disk.marks[STREAM]
    gone = next(key for key in base if key[0] == "asset")
    if torn == "lost":
        del base[gone]
    if torn == "added":
        base[("asset", derive("nobody's"))] = base[gone]
    phone.disk.base[STREAM] = base
    phone.disk.marks[STREAM] = structs.replace(mark, sums=plus(mark.sums, (1, 1)))
    world.said.clear()
    said = {"fields": {"contact_phone": [PHONE[0].decode(), "777"]}}
    world.must(world.office("edit", ("site", SITE), said))
    assert not world.sync(phone).checksum_ok
    assert agrees(world, phone)
    rows = world.rows()
    assert rows[0] == (STREAM, "site", SITE), "its news came"
    assert rows[1:] == ([(STREAM, *gone)] if torn == "lost" else [])
    (finding,) = world.findings()
    ended = {"lost": ("replaced", 1), "added": ("replaced", 1), "miscounted": ("counted", 0)}
    assert (finding.what, finding.rows) == ended[torn]
    assert [request.torn for request, _ in world.said] == [False, True, False]
    assert world.sync(phone).checksum_ok


def test_what_was_put_right_twice_in_vain_is_read_anew_beside_and_no_work_is_touched() -> None:
    world, phone, order = begun(Stubborn)
    world.taps(phone, order, "accept")
    rot(phone)
    world.tick(EXAMINE_EVERY_MS)
    world.sync(phone)
    assert agrees(world, phone)
    asked = [request.doubt is not None for request, _ in world.said]
    assert asked == [True, True, False]
    assert [one.what for one in world.findings()] == ["read_anew"]
    pages = [page for _, reply in world.said for page in reply.streams if page.stream == STREAM]
    assert [page.kind for page in pages] == ["snapshot"]
    assert [one.verdict for one in phone.all_ops()] == ["applied"]


def test_an_older_server_that_cannot_compare_is_read_anew_from() -> None:
    world, phone, _ = begun()
    world.bend = lambda reply: structs.replace(reply, differences=None)
    rot(phone)
    world.tick(EXAMINE_EVERY_MS)
    world.sync(phone)
    assert agrees(world, phone)
    assert [one.what for one in world.findings()] == ["read_anew"]


def test_a_server_that_was_asked_too_often_is_asked_another_time() -> None:
    world, phone, _ = begun()
    later = Differences(stream=STREAM, to=0, sums=(0, 0), later=True)
    world.bend = lambda reply: structs.replace(reply, differences=later)
    rot(phone)
    world.tick(EXAMINE_EVERY_MS)
    world.sync(phone)
    assert len(world.said) == 1
    assert set(phone.identity().care.doubts) == {STREAM}
    world.bend = lambda reply: reply
    world.sync(phone)
    assert agrees(world, phone)


def test_nobody_is_told_of_a_stream_that_is_not_theirs() -> None:
    world, phone, _ = begun()
    order = world.job(BOB)
    theirs = stream_of(("work_order", order))
    with phone.transaction():
        phone.mark(StreamMark(stream=theirs, cursor=1, sums=(0, 0)))
        care = structs.replace(phone.identity().care, doubts={theirs: Doubted(found=1)})
        phone.identify(structs.replace(phone.identity(), care=care))
    world.sync(phone)
    assert [reply for _, reply in world.said if reply.differences is not None] == []
    assert [row for row in world.rows() if row[0] == theirs] == []
    assert phone.identity().care.doubts == {}


def test_a_week_is_counted_by_the_boot_clock_and_a_new_boot_by_what_the_server_last_said() -> None:
    world, phone, _ = begun()
    rot(phone)
    world.clock_error_ms[id(phone)] = 400 * 24 * 3_600_000
    world.sync(phone)
    world.sync(phone)
    assert not agrees(world, phone), "what the clock on the wall says is no week"
    seen = phone.identity().sighting
    assert seen is not None
    world.tick(EXAMINE_EVERY_MS)
    other = structs.replace(phone.identity(), sighting=structs.replace(seen, boot="boot-0"))
    phone.identify(other)
    world.sync(phone)
    assert not agrees(world, phone), "in this boot nobody has heard the time yet"
    world.sync(phone)
    assert agrees(world, phone)


class Shelf:
    """A long stream as the server has it."""

    def __init__(self, rows: dict[Key, bytes]) -> None:
        self.rows = rows
        self.found = {key: row_sums(*key, body) for key, body in rows.items()}

    def bucket_sums(self, stream: str, bits: int) -> dict[int, Sums]:
        found: dict[int, Sums] = {}
        for sums in self.found.values():
            bucket = bucket_of(sums, bits)
            found[bucket] = plus(found.get(bucket, (0, 0)), sums)
        return found

    def prints_in(self, stream: str, bits: int, buckets: Collection[int]) -> list[tuple[Sums, Key]]:
        return [(one, key) for key, one in self.found.items() if bucket_of(one, bits) in buckets]

    def rows_of(self, stream: str, keys: Collection[Key]) -> list[Row]:
        return [Row(*key, Raw(self.rows[key])) for key in keys]


def test_of_twenty_thousand_rows_a_few_kilobytes_find_the_one_that_is_wrong() -> None:
    rows = {("part", str(one)): b'{"number":"%d"}' % one for one in range(MANY)}
    shelf = Shelf(rows)
    _, phone, _ = begun()
    phone.disk.base[STREAM] = {**rows, ("part", "77"): b'{"number":"78"}'}
    with phone.transaction():
        care = structs.replace(phone.identity().care, doubts={STREAM: Doubted(found=1)})
        phone.identify(structs.replace(phone.identity(), care=care))
    end = (9, total(shelf.found.values()))
    first = question(phone, {})
    assert first is not None
    which = compare(shelf, first, end, 1_000)
    assert len(which.buckets) == 2, "where the wrong row is, and where the right one would be"
    second = question(phone, {STREAM: which.buckets})
    assert second is not None
    told = compare(shelf, second, end, 1_000)
    assert [(row.table, row.id, row.data) for row in told.rows] == [
        ("part", "77", rows["part", "77"])
    ]
    assert (told.gone, told.more) == (packed([row_sums("part", "77", b'{"number":"78"}')]), False)
    sizes = [len(msgspec.json.encode(one)) for one in (first, which, second, told)]
    assert sum(sizes) < 5_500, sizes


def test_a_question_that_makes_no_sense_is_none() -> None:
    print_ = packed([(1, 2)])
    whole = Doubt(stream=STREAM, found=1, bits=1, sums=print_ * 2)
    some = Doubt(stream=STREAM, found=1, bits=1, buckets=[1], prints=print_)
    assert [is_sound(one) for one in (whole, some)] == [True, True]
    senseless = [
        structs.replace(whole, sums=print_),
        structs.replace(whole, buckets=[0]),
        structs.replace(whole, prints=print_),
        structs.replace(some, buckets=[2]),
        structs.replace(some, buckets=[]),
        structs.replace(some, prints=print_[1:]),
    ]
    assert [is_sound(one) for one in senseless] == [False] * len(senseless)


def test_what_does_not_fit_into_one_answer_is_asked_for_again() -> None:
    rows = {("part", str(one)): b'{"number":"%d"}' % one for one in range(9)}
    doubt = Doubt(stream=STREAM, found=1, bits=0, buckets=[0], prints=packed([(1, 2)]))
    told = compare(Shelf(rows), doubt, (9, (0, 0)), 40)
    assert ([row.id for row in told.rows], told.more) == (["0", "1"], True)
    assert told.gone == packed([(1, 2)])
