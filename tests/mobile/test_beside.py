"""Two connections to one phone: whoever taps does not wait for whoever talks."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from mobile import database
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.queries import Queries
from mobile.replica import Replica
from shared.clock import At
from sync import protocol
from sync.ports import Outboxed
from sync.protocol import PULL_BYTES_WANTED, Request
from sync.session import GENTLE_BYTES, GENTLE_BYTES_MIN, Surroundings, converse
from tests.mobile.phones import Phone
from tests.world import ANN, CHECKLIST


@pytest.fixture
def courier(phone: Phone) -> Iterator[Replica]:
    """The same phone over the connection of another thread."""
    with closing(database.connect(phone.path)) as connection:
        replica = Replica(connection)
        phone.world.callers[id(replica)] = phone.world.callers[id(phone.replica)]
        yield replica


def talked(phone: Phone, replica: Replica, **more: Any) -> Iterator[Request]:
    """A conversation that stops at each request, before it is answered."""
    world = phone.world
    around = Surroundings(
        **{"now": lambda: world.clock(replica), "name": world.random_name, "app": "t", **more}
    )
    talk = converse(replica, around)
    request = next(talk)
    while True:
        yield request
        reply = world.serve(replica, request)
        try:
            request = talk.send(protocol.decode_reply(protocol.encode(reply)))
        except StopIteration:
            return


def test_nobody_who_taps_waits_for_an_answer_of_the_server(phone: Phone, courier: Replica) -> None:
    for _ in range(3):
        phone.world.job(ANN, checklist=CHECKLIST)
    taps = 0
    for _ in talked(phone, courier, want_bytes=1, ops_max=1):
        assert not courier._connection.in_transaction
        done = phone.must("note.add", {"text": f"note {taps}", "audience": "internal"})
        assert phone.replica.outboxed([done.op_id])
        taps += taps < 20
        if taps == 20:
            break
    assert taps > 5
    phone.sync()
    assert {line.state for line in phone.queries.outbox()} == {"safe"}


def test_a_tap_waits_until_a_page_is_taken_in_and_is_kept(phone: Phone) -> None:
    begun, over = threading.Event(), threading.Event()

    def take() -> None:
        with closing(database.connect(phone.path)) as connection, database.writing(connection):
            begun.set()
            over.wait(30)

    thread = threading.Thread(target=take)
    thread.start()
    assert begun.wait(30)
    threading.Timer(0.05, over.set).start()
    done = phone.must("work_order.accept")
    assert over.is_set()
    thread.join()
    assert phone.replica.outboxed([done.op_id]) == [done]


def test_what_is_taken_in_meanwhile_is_shown_whole_or_not_at_all(
    phone: Phone, courier: Replica
) -> None:
    phone.world.job(ANN)
    with courier.transaction():
        before = phone.queries.jobs()
        courier.drop(f"wo:{phone.job}")
        assert phone.queries.jobs() == before
    assert phone.queries.jobs() == []


def test_two_connections_give_every_op_a_place_of_its_own(phone: Phone, courier: Replica) -> None:
    other = Journal(courier, Queries(courier._connection))
    places = []
    for number in range(6):
        said = Said(kind="note.add", on=phone.on, args={"text": "x", "audience": "internal"})
        phone.world.tick()
        dice = (900 + number).to_bytes(DICE_BYTES, "big")
        journal = other if number % 2 else phone.journal
        done = journal.record(said, now=phone.world.clock(phone.replica), random=dice)
        assert isinstance(done, Outboxed)
        places.append(done.lseq)
    assert places == [1, 2, 3, 4, 5, 6]


def test_the_log_is_put_away_beside_whoever_reads(phone: Phone, courier: Replica) -> None:
    phone.must("work_order.accept")
    with database.reading(phone.connection):
        phone.connection.execute("SELECT count(*) FROM row").fetchone()
        courier.checkpoint()
    assert phone.connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (database.WAL_PAGES,)
    assert isinstance(phone.connection, sqlite3.Connection)


def test_a_slow_phone_asks_for_less_at_a_time_and_a_fast_one_for_more(phone: Phone) -> None:
    def asked(took_ms: int) -> list[int | None]:
        phone.world.job(ANN)
        ticks = iter(range(10**9))

        def now() -> At:
            known = phone.world.clock(phone.replica)
            return msgspec.structs.replace(known, mono=next(ticks) * took_ms)

        more = {"now": now, "absorb_ms": 8, "ops_max": 1}
        for number in range(9):
            phone.must("note.add", {"text": f"{took_ms} {number}", "audience": "internal"})
        return [request.want_bytes for request in talked(phone, phone.replica, **more)]

    slow, fast = asked(9), asked(0)
    assert slow[:4] == [GENTLE_BYTES, 32_000, GENTLE_BYTES_MIN, GENTLE_BYTES_MIN]
    assert fast[:5] == [GENTLE_BYTES, 128_000, 256_000, 512_000, None]
    assert PULL_BYTES_WANTED < 2 * 512_000


def test_a_request_says_what_the_phone_still_holds(phone: Phone) -> None:
    """C28."""
    first = phone.must("work_order.accept")
    second = phone.must("note.add", {"text": "a", "audience": "internal"})
    phone.must("note.add", {"text": "b", "audience": "internal"})
    requests = talked(phone, phone.replica, ops_max=1, free_bytes=lambda: 7)
    told = [(one.unsent, one.unsent_since, one.free_bytes) for one in requests]
    assert told[0] == (2, second.recorded, 7)
    assert told[-1] == (0, None, 7)
    assert first.recorded < second.recorded
    waits = next(talked(phone, phone.replica, pull_only=True))
    assert (waits.unsent, waits.unsent_since, waits.free_bytes) == (0, None, None)


def test_rows_that_disagree_with_their_checksum_are_put_right_at_once_and_told_once(
    phone: Phone,
) -> None:
    """C12."""
    phone.world.job(ANN)
    answered = talked(phone, phone.replica)
    assert not any(request.torn for request in answered)
    with phone.replica.transaction():
        for mark in phone.replica.marks().values():
            if mark.stream.startswith("tech:"):
                phone.replica.mark(msgspec.structs.replace(mark, sums=(7, 7)))
    phone.world.job(ANN)
    assert [request.torn for request in talked(phone, phone.replica)][:2] == [False, True]
    assert not any(request.torn for request in talked(phone, phone.replica))
