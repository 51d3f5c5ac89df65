"""What the phone's database keeps, shows and forgets."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from mobile import database
from mobile.replica import Replica
from shared.checklist import Reading
from shared.errors import Flag
from shared.ids import derive
from shared.kinds import write_row
from shared.ops import Stamp
from shared.records import Record, table
from shared.registry import Emit
from shared.site import Asset
from shared.work_order import WorkOrder
from sync import ports
from sync.digest import NO_ROWS, minus, plus, row_sums, total
from sync.ports import Identity, Outboxed, StreamMark, Wanted
from sync.protocol import GONE, Row

ME = derive("me")
JOB = derive("job")
STREAM = f"wo:{JOB}"
ON = ("work_order", JOB)
AS_SHOWN = Wanted(aggregates=frozenset({ON}), refs=frozenset())
IDENTITY = Identity(device=derive("phone"), person=ME, incarnation="i1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return database.path_of(tmp_path, ME)


@pytest.fixture
def replica(path: Path) -> Iterator[Replica]:
    with database.opened(path) as connection:
        found = Replica(connection)
        with found.transaction():
            found.identify(IDENTITY)
        yield found


def order(**changes: object) -> WorkOrder:
    start = WorkOrder(
        id=JOB,
        version=1,
        ticket_id=derive("ticket"),
        customer_id=derive("customer"),
        site_id=derive("site"),
        category="A",
        service="repair",
        priority="normal",
        summary="No heat",
        status="assigned",
        created_at=1,
    )
    return msgspec.structs.replace(start, **changes)


def reading(number: int) -> Reading:
    return Reading(
        id=derive("reading", number),
        version=1,
        work_order_id=JOB,
        item="supply",
        value=str(number),
        person_id=ME,
        at=number,
    )


def sent(*rows: Record) -> list[Row]:
    return [Row(table=table(type(row)), id=row.id, body=Raw(write_row(row))) for row in rows]


def sums(*rows: Record) -> tuple[int, int]:
    return total(row_sums(table(type(row)), row.id, write_row(row)) for row in rows)


def op(lseq: int, **changes: object) -> Outboxed:
    start = Outboxed(
        lseq=lseq,
        op_id=derive("op", lseq),
        fingerprint=f"{lseq:064x}",
        body=f"body {lseq}",
        kind="note.add",
        on=ON,
        by=ME,
        recorded=1_000 + lseq,
        incarnation="i1",
    )
    return msgspec.structs.replace(start, **changes)


def shown(replica: Replica) -> WorkOrder | None:
    return replica.load(AS_SHOWN, base=False).find(WorkOrder, JOB)


def test_it_is_the_port_the_engine_asks_for(replica: Replica) -> None:
    port: ports.Replica = replica
    assert port.identity() == IDENTITY


def test_who_this_is_survives_word_for_word(replica: Replica) -> None:
    known = msgspec.structs.replace(
        IDENTITY,
        epoch="e1",
        token="t",
        prev="f" * 64,
        answered={STREAM: 4},
        stamp=Stamp(epoch="e1", server_ms=5, key="k", mac8="00"),
    )
    with replica.transaction():
        replica.identify(known)
    assert replica.identity() == known


def test_a_page_adds_changes_and_removes_rows_and_says_what_the_checksum_changed_by(
    replica: Replica,
) -> None:
    first, changed = [order(), reading(1), reading(2)], order(version=2, status="accepted")
    with replica.transaction():
        assert replica.take(STREAM, sent(*first), staged=False) == sums(*first)
        gone = Row(table="reading", id=reading(1).id, body=GONE)
        unknown = Row(table="reading", id=derive("never there"), body=GONE)
        step = replica.take(STREAM, [*sent(changed), gone, unknown], staged=False)
    assert step == plus(minus(NO_ROWS, sums(order(), reading(1))), sums(changed))
    assert replica.added_up(STREAM) == sums(changed, reading(2))
    state = replica.load(AS_SHOWN, base=True)
    assert state.find(WorkOrder, JOB) == changed
    assert list(state.of(Reading, JOB)) == [reading(2)]


def test_a_row_that_comes_twice_in_a_page_counts_once(replica: Replica) -> None:
    later = order(version=2, summary="Still no heat")
    with replica.transaction():
        assert replica.take(STREAM, sent(order(), later), staged=False) == sums(later)
    assert shown(replica) == later


def test_a_snapshot_is_not_seen_until_it_is_swapped_in(replica: Replica) -> None:
    with replica.transaction():
        replica.take(STREAM, sent(order(), reading(1)), staged=False)
    with replica.transaction():
        page = replica.take(STREAM, sent(order(version=5), reading(2)), staged=True)
        assert page == sums(order(version=5), reading(2))
    assert shown(replica) == order()
    with replica.transaction():
        assert replica.swap(STREAM) == sums(order(version=5), reading(2))
    state = replica.load(AS_SHOWN, base=False)
    assert state.find(WorkOrder, JOB) == order(version=5)
    assert [one.id for one in state.of(Reading, JOB)] == [reading(2).id]
    with replica.transaction():
        assert replica.take(STREAM, [], staged=True) == NO_ROWS


def test_a_snapshot_given_up_leaves_nothing_behind(replica: Replica) -> None:
    with replica.transaction():
        replica.take(STREAM, sent(reading(1)), staged=True)
        replica.mark(StreamMark(stream=STREAM, cursor=0, sums=NO_ROWS, staged=4))
        replica.take(STREAM, sent(reading(3)), staged=True)
        replica.mark(StreamMark(stream=STREAM, cursor=0, sums=NO_ROWS))
        assert replica.take(STREAM, sent(reading(2)), staged=True) == sums(reading(2))
        assert replica.swap(STREAM) == sums(reading(2))


def test_what_lies_on_top_is_shown_and_survives_new_pages_until_it_is_taken_off(
    replica: Replica,
) -> None:
    """C17."""
    mine = order(version=2, status="accepted")
    with replica.transaction():
        replica.take(STREAM, sent(order()), staged=False)
        replica.show(ON, [mine, reading(7)])
    assert shown(replica) == mine
    assert list(replica.load(AS_SHOWN, base=False).of(Reading, JOB)) == [reading(7)]
    assert replica.load(AS_SHOWN, base=True).find(WorkOrder, JOB) == order()
    assert list(replica.load(AS_SHOWN, base=True).of(Reading, JOB)) == []
    with replica.transaction():
        replica.take(STREAM, sent(order(version=9)), staged=True)
        replica.swap(STREAM)
    assert shown(replica) == mine
    with replica.transaction():
        replica.show(ON, [])
    assert shown(replica) == order(version=9)
    assert replica.added_up(STREAM) == sums(order(version=9))


def test_a_deleted_row_stays_shown_while_own_work_lies_on_it(replica: Replica) -> None:
    mine = order(version=2, status="accepted")
    with replica.transaction():
        replica.take(STREAM, sent(order()), staged=False)
        replica.show(ON, [mine])
        replica.take(STREAM, [Row(table="work_order", id=JOB, body=GONE)], staged=False)
    assert shown(replica) == mine
    assert replica.load(AS_SHOWN, base=True).find(WorkOrder, JOB) is None
    with replica.transaction():
        replica.show(ON, [])
    assert shown(replica) is None


def test_of_a_row_in_two_streams_the_newest_is_shown_and_only_where_it_lives(
    replica: Replica,
) -> None:
    old, new = derive("old site"), derive("new site")
    machine = Asset(id=derive("boiler"), version=3, site_id=old, name="Boiler", model="B1")
    moved = msgspec.structs.replace(machine, version=4, site_id=new)
    with replica.transaction():
        replica.take(f"site:{new}", sent(moved), staged=False)
        replica.take(f"site:{old}", sent(machine), staged=False)
    wanted = Wanted(aggregates=frozenset(), refs=frozenset({(Asset, machine.id)}))
    for base in (True, False):
        assert replica.load(wanted, base=base).find(Asset, machine.id) == moved
    with replica.transaction():
        replica.drop(f"site:{new}")
    assert replica.load(wanted, base=False).find(Asset, machine.id) == machine


def test_links_are_of_what_is_shown(replica: Replica) -> None:
    with replica.transaction():
        replica.take(STREAM, sent(order()), staged=False)
        replica.show(ON, [order(version=2, checklist_id=derive("list"))])
    stranger = ("work_order", derive("unknown"))
    assert replica.links([ON, stranger, ("site", derive("site"))]) == {
        ON: {
            "ticket_id": derive("ticket"),
            "checklist_id": derive("list"),
            "site_id": derive("site"),
            "asset_id": None,
            "customer_id": order().customer_id,
        }
    }


def test_rows_this_app_cannot_read_are_kept_and_counted_but_not_shown(replica: Replica) -> None:
    strange = [
        Row(table="hologram", id=derive("h"), body=Raw(b'{"id":"x","depth":3}')),
        Row(table="work_order", id=JOB, body=Raw(b'{"id":7}')),
    ]
    expected = total(row_sums(row.table, row.id, row.data or b"") for row in strange)
    with replica.transaction():
        assert replica.take(STREAM, strange, staged=False) == expected
    assert shown(replica) is None
    assert replica.added_up(STREAM) == expected


def test_unknown_fields_are_kept_as_they_were_sent(replica: Replica, path: Path) -> None:
    """R11."""
    body = write_row(order())[:-1] + b',"colour":"\xe7\xba\xa2"}'
    with replica.transaction():
        replica.take(STREAM, [Row(table="work_order", id=JOB, body=Raw(body))], staged=False)
    assert shown(replica) == order()
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT base FROM row").fetchall() == [(body,)]
    raw.close()


def test_a_dropped_stream_leaves_nothing(replica: Replica) -> None:
    """C55."""
    with replica.transaction():
        replica.take(STREAM, sent(order()), staged=False)
        replica.take(STREAM, sent(reading(1)), staged=True)
        replica.show(ON, [order(version=2)])
        replica.mark(StreamMark(stream=STREAM, cursor=3, sums=sums(order())))
        replica.drop(STREAM)
    assert shown(replica) is None
    assert replica.marks() == {}
    with replica.transaction():
        assert replica.swap(STREAM) == NO_ROWS


def test_marks_are_kept_by_stream(replica: Replica) -> None:
    one = StreamMark(stream=STREAM, cursor=3, sums=(4_294_967_295, 1), staged=2)
    two = StreamMark(stream="catalog", cursor=9, sums=(0, 5), leaving=True)
    with replica.transaction():
        replica.mark(StreamMark(stream=STREAM, cursor=1, sums=NO_ROWS))
        replica.mark(one)
        replica.mark(two)
    assert replica.marks() == {STREAM: one, "catalog": two}


def test_the_outbox_keeps_every_word(replica: Replica) -> None:
    place = ("location", derive("van"))
    full = op(
        1,
        refusal="illegal_status",
        emits=(Emit(on=place, name="stock.move", args={"amount": 5, "note": None}),),
        verdict="applied",
        code="edited_meanwhile",
        detail={"fields": {"a": "won"}},
        flags=(Flag(code="short", params={"missing": 2}),),
        at={STREAM: 7},
        epoch="e1",
        received=99,
        on_top=False,
    )
    with replica.transaction():
        replica.append(full)
    assert replica.all_ops() == [full]
    assert replica.outboxed([full.op_id, derive("other")]) == [full]


def test_places_are_counted_without_gaps(replica: Replica) -> None:
    with replica.transaction():
        first = replica.next_lseq()
        replica.append(op(first))
        assert replica.next_lseq() == first + 1


def test_outgoing_are_those_without_a_verdict_in_this_epoch(replica: Replica) -> None:
    ops = [
        op(1, verdict="applied", epoch="e1"),
        op(2, verdict="applied", epoch="e2"),
        op(3, verdict="quarantined", epoch="e2"),
        op(4),
        op(5),
    ]
    with replica.transaction():
        replica.identify(msgspec.structs.replace(IDENTITY, epoch="e2"))
        for one in reversed(ops):
            replica.append(one)
    assert [one.lseq for one in replica.outgoing(10, 1_000)] == [1, 4, 5]
    assert [one.lseq for one in replica.outgoing(2, 1_000)] == [1, 4]
    assert [one.lseq for one in replica.outgoing(10, 12)] == [1, 4]
    assert [one.lseq for one in replica.outgoing(10, 1)] == [1]
    assert [replica.unsent(past) for past in (None, 1, 5)] == [(3, 1_001), (2, 1_004), (0, None)]


def test_ops_on_top_are_found_by_what_they_are_on_and_what_they_cause(replica: Replica) -> None:
    place = ("location", derive("van"))
    cause = (Emit(on=place, name="stock.move", args={}),)
    with replica.transaction():
        replica.append(op(1))
        replica.append(op(2, emits=cause))
        replica.append(op(3, on=("site", derive("site")), emits=cause))
        replica.append(op(4, on_top=False))
    assert [one.lseq for one in replica.on_top_of([place])] == [2, 3]
    assert [one.lseq for one in replica.on_top_of([ON, place])] == [1, 2, 3]
    assert [one.lseq for one in replica.on_top_of()] == [1, 2, 3]
    assert replica.on_top_of([]) == []
    with replica.transaction():
        settled = op(2, verdict="applied", epoch="e1")
        replica.update([settled, op(1, on_top=False)])
    assert replica.on_top_of([place]) == [op(3, on=("site", derive("site")), emits=cause)]
    assert replica.on_top_of([ON]) == [settled]
    assert replica.settled_on_top() == [settled]


def test_a_fork_gives_ops_new_places(replica: Replica) -> None:
    with replica.transaction():
        for lseq in (1, 2, 3):
            replica.append(op(lseq))
        replica.update(
            msgspec.structs.replace(op(lseq), lseq=4 - lseq, incarnation="i2") for lseq in (1, 2, 3)
        )
    assert [one.op_id for one in replica.all_ops()] == [derive("op", n) for n in (3, 2, 1)]
    assert {one.incarnation for one in replica.all_ops()} == {"i2"}


def test_only_what_is_not_settled_gets_a_new_place_and_no_place_is_named_twice(
    replica: Replica,
) -> None:
    settled = op(2, verdict="applied", epoch="e1")
    with replica.transaction():
        for one in (op(1), settled, op(3, verdict="held", epoch="e1")):
            replica.append(one)
        replica.renumber("i2")
    assert [(one.op_id, one.incarnation) for one in replica.all_ops()] == [
        (settled.op_id, "i1"),
        (derive("op", 1), "i2"),
        (derive("op", 3), "i2"),
    ]
    places = [one.lseq for one in replica.all_ops()]
    assert len(set(places)) == len(places)
    assert replica.next_lseq() == places[-1] + 1


def test_a_row_can_be_laid_on_top_without_touching_the_others(replica: Replica) -> None:
    mine = order(version=2, status="accepted")
    with replica.transaction():
        replica.take(STREAM, sent(order(), reading(1)), staged=False)
        replica.show(ON, [mine])
        replica.show_also([reading(7)])
    state = replica.load(AS_SHOWN, base=False)
    assert state.find(WorkOrder, JOB) == mine
    assert {one.id for one in state.of(Reading, JOB)} == {reading(1).id, reading(7).id}


def test_a_transaction_that_raises_leaves_nothing(replica: Replica) -> None:
    def interrupted() -> None:
        with replica.transaction():
            replica.append(op(1))
            replica.show(ON, [order()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert replica.all_ops() == []
    assert shown(replica) is None
    with replica.transaction():
        replica.append(op(1))
    assert replica.all_ops() == [op(1)]


def test_a_page_of_two_thousand_rows_is_taken_quickly(replica: Replica) -> None:
    page = sent(order(), *(reading(number) for number in range(2_000)))
    started = time.perf_counter()
    with replica.transaction():
        replica.take(STREAM, page, staged=False)
    taken = time.perf_counter() - started
    with replica.transaction():
        replica.take(STREAM, page, staged=False)
    assert taken < 1.5  # 0.3 s on a quiet machine
    assert len(list(replica.load(AS_SHOWN, base=False).of(Reading, JOB))) == 2_000


def test_nothing_reads_a_long_stream_through_to_sweep_it(replica: Replica) -> None:
    plan = replica._connection.execute(
        "EXPLAIN QUERY PLAN DELETE FROM row WHERE stream = ? AND base IS NULL AND view IS NULL",
        ("catalog",),
    ).fetchall()
    assert [step[3] for step in plan] == ["SEARCH row USING INDEX row_own (stream=?)"]
