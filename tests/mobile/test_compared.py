"""A bit that falls over on the phone's disk is found, and only the row it was in comes again."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mobile import database
from mobile.queries import Queries
from mobile.replica import Replica
from shared.records import stream_of
from sync.digest import row_sums, total
from sync.doubts import EXAMINE_EVERY_MS, EXAMINE_ROWS
from sync.ports import Identity
from sync.prints import Copy
from sync.protocol import Finding, Row
from tests.mobile.phones import Phone
from tests.world import ANN, FILTER, SITE, World

CATALOG = "catalog"
FREE_BYTES = 10**10


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    with closing(database.connect(tmp_path / "phone.db")) as connection:
        database.identify(connection, Identity(device="d", person=ANN, incarnation="i"))
        yield Replica(connection)


def rows_of(phone: Phone) -> dict[tuple[str, str, str], bytes]:
    """Every row as the phone keeps it."""
    found = phone.connection.execute("SELECT stream, tbl, id, base FROM row WHERE base IS NOT NULL")
    return {tuple(key): bytes(base) for *key, base in found}


def fall_over(phone: Phone, old: bytes, new: bytes) -> None:
    """Bits change in the phone's file where these bytes stand in rows, behind SQLite's back."""
    phone.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    phone.connection.close()
    content = phone.path.read_bytes()
    assert old in content
    assert len(old) == len(new)
    phone.path.write_bytes(content.replace(old, new))
    phone.connection = database.connect(phone.path)
    phone.replica, phone.queries = Replica(phone.connection), Queries(phone.connection)
    phone.world.callers[id(phone.replica)] = next(
        one for one in phone.world.callers.values() if one.person == ANN
    )


def test_it_is_the_port_that_is_compared_by(replica: Replica) -> None:
    port: Copy = replica
    assert port.is_sound()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"en":"Filter"', b'"en":"Filtes"', id="a letter of what it is found by"),
        pytest.param(b'"en":"Filter"', b'"en";"Filter"', id="a sign without which it is no row"),
        pytest.param(b'"en":"Filter"', b'"en":"Filte\xf2"', id="a byte that is no text"),
        pytest.param(b'"number":"F-1"', b'"numbes":"F-1"', id="the name of a field"),
    ],
)
def test_a_bit_that_falls_over_on_the_disk_costs_one_row(
    phone: Phone, old: bytes, new: bytes
) -> None:
    """C12."""
    before = rows_of(phone)
    phone.must("note.add", {"text": "Filter is blocked", "audience": "customer"})
    fall_over(phone, old, new)
    assert rows_of(phone) != before
    phone.world.tick(EXAMINE_EVERY_MS)
    summary = phone.world.sync(phone.replica)
    after = rows_of(phone)
    assert {key: after[key] for key in before if key in after} == before
    assert summary.verdicts == {"applied": 1}
    found = phone.queries.part_named("F-1")
    assert found is not None
    assert (found.id, found.en) == (FILTER, "Filter")
    assert phone.replica.is_sound()
    condition = phone.queries.condition(FREE_BYTES)
    assert (condition.checksum_ok, phone.replica.identity().care.doubts) == (True, {})


def test_all_rows_are_read_through_a_few_at_a_time(replica: Replica) -> None:
    rows = [Row("thing", f"{one:04}", msgspec.Raw(b'{"n":1}')) for one in range(450)]
    replica.take(CATALOG, rows, staged=False)
    place, places = replica.recompute(None, EXAMINE_ROWS), []
    while place is not None:
        places.append(place)
        place = replica.recompute(place, EXAMINE_ROWS)
    assert places == [(CATALOG, "thing", "0199"), (CATALOG, "thing", "0399")]


def test_prints_are_those_of_what_the_server_sent(replica: Replica) -> None:
    rows = [Row("thing", str(one), msgspec.Raw(b'{"n":1}')) for one in range(3)]
    replica.take(CATALOG, rows, staged=False)
    expected = [row_sums("thing", str(one), b'{"n":1}') for one in range(3)]
    assert sorted(replica.prints(CATALOG)) == sorted(expected)
    assert replica.added_up(CATALOG) == total(expected)
    assert replica.printed(CATALOG, [expected[1], (7, 7)]) == [("thing", "1")]
    assert replica.prints("tech:x") == []


def test_a_row_that_says_what_it_was_and_is_printed_wrongly_is_printed_anew(phone: Phone) -> None:
    with phone.replica.transaction():
        phone.connection.execute("UPDATE row SET lane1 = lane1 + 1 WHERE tbl = 'part'")
    phone.world.tick(EXAMINE_EVERY_MS)
    said = phone.world.sync(phone.replica)
    assert (said.pulled_rows, phone.replica.identity().care.doubts) == (0, {})
    assert phone.queries.condition(FREE_BYTES).checksum_ok


@pytest.mark.slow
def test_a_week_s_look_at_a_large_catalog_keeps_no_tap_waiting(replica: Replica) -> None:
    body = b'{"id":"%d","version":1,"number":"N-%d","en":"Part","zh":"p","type":"generic"}'
    rows = [Row("part", str(one), msgspec.Raw(body % (one, one))) for one in range(4_000)]
    replica.take(CATALOG, rows, staged=False)
    begun = time.process_time()
    place = replica.recompute((CATALOG, "part", "2"), EXAMINE_ROWS)
    assert place is not None
    assert time.process_time() - begun < 0.1


def test_findings_outlive_a_restart(phone: Phone) -> None:
    finding = Finding(stream=stream_of(("site", SITE)), found=7, what="replaced", rows=2)
    identity = phone.replica.identity()
    care = msgspec.structs.replace(identity.care, findings=(finding,), place=("a", "b", "c"))
    with phone.replica.transaction():
        phone.replica.identify(msgspec.structs.replace(identity, care=care))
    assert database.identity(phone.connection) == phone.replica.identity()
    assert phone.replica.identity().care == care
