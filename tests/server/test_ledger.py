"""The ledger enters an op, its verdict, its leaf, its rows and its news together, once."""

import threading
from collections import Counter
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Engine, select

from server.database import Busy, reading, writing
from server.entries import Event
from server.library import ReadingRoom
from server.rows import keep_setting
from server.tables import METADATA
from server.tables.books import WAITS
from shared.audit import Leaf, leaf_bytes
from shared.canonical import canonical, digest
from shared.clock import Sighting
from shared.errors import Flag
from shared.ids import derive
from shared.ops import PROVISIONAL
from shared.people import Person, Subscription
from shared.records import State
from shared.work_order import Assignment, WorkOrder
from sync.ports import Recorded, Standing, Unwritable, Wanted
from tests.server.samples import RECEIVED, SALT, begin, entry, full, ledger, person, put

HELD = {"verdict": "held", "code": "behind", "incarnation": "phone", "device": "d"}


# What could be read of a body.
READ: dict[str, Any] = {
    "kind": "note.add",
    "v": 1,
    "on": ("work_order", derive("order")),
    "by": derive("ann"),
    "origin": "device",
}


def test_what_was_entered_is_recalled(engine: Engine) -> None:
    """C20."""
    begin(engine)
    flags = (Flag(code="late", params={"item": "ü", "n": None}), Flag(code="short"))
    told = entry(
        "a",
        **READ,
        detail={"fields": {"priority": "merged"}},
        flags=flags,
        lseq=7,
        incarnation="phone",
        device="d",
        uncertain=True,
        streams=frozenset({"catalog", "wo:none"}),
    )
    at = put(engine, person("ann"), entries=[told])
    assert at == {told.op_id: {"catalog": 1}}
    with writing(engine) as connection:
        books = ledger(connection)
        assert books.recall({told.op_id, derive("another")}) == {
            told.op_id: Recorded(
                op_id=told.op_id,
                fingerprint=told.fingerprint,
                verdict="applied",
                code=None,
                received=told.received,
                epoch="epoch-1",
                detail=told.detail,
                flags=flags,
                at={"catalog": 1},
                kind="note.add",
                by=derive("ann"),
                on=("work_order", derive("order")),
                device="d",
                incarnation="phone",
                lseq=7,
                done_at=told.done_at,
            )
        }
        assert books.fingerprints_at("phone", {6, 7, 9}) == {7: told.fingerprint}
        assert books.fingerprints_at("phone", set()) == {}
        assert books.bodies({told.op_id, "none"}) == {told.op_id: told.body}
        assert (books.recall(set()), books.bodies(set())) == ({}, {})


@pytest.mark.parametrize("body", ["\x00", "\ud800 lone", '{"kind":"冷水"}', ""])
def test_any_body_is_kept_to_the_byte(engine: Engine, body: str) -> None:
    begin(engine)
    told = entry("a", body=body, **{**READ, "kind": "a\x00b"}, incarnation="p\N{SNOWMAN}")
    put(engine, entries=[told])
    with writing(engine) as connection:
        assert ledger(connection).bodies({told.op_id}) == {told.op_id: body}


def test_a_leaf_says_what_was_decided(engine: Engine) -> None:
    begin(engine)
    flags = (Flag(code="late"),)
    told = entry("a", detail={"b": 1, "a": [None]}, flags=flags)
    put(engine, entries=[told])
    leaf = METADATA.tables["leaf"]
    with reading(engine) as connection:
        wanted = select(leaf.c.data, leaf.c.number).where(leaf.c.op_id == told.op_id)
        data, number = connection.execute(wanted).one()
    said = {"detail": {"b": 1, "a": [None]}, "flags": [{"code": "late", "params": {}}]}
    assert number is None
    assert data == leaf_bytes(
        Leaf(
            epoch="epoch-1",
            op_id=told.op_id,
            n=1,
            fingerprint=told.fingerprint,
            verdict="applied",
            code=None,
            detail_hash=digest(said),
            received=told.received,
        )
    )


def test_a_later_verdict_is_added_and_the_bytes_stay(engine: Engine) -> None:
    """C20."""
    begin(engine)
    first = entry("a", lseq=3, **HELD)
    put(engine, entries=[first])
    with writing(engine) as connection:
        assert [one.op_id for one in ledger(connection).provisional("phone")] == [first.op_id]
    mended = entry(
        "a", body='{"corrected":1}', verdict="merged", n=2, settles=True, received=RECEIVED + 5
    )
    mended = structs.replace(mended, fingerprint=first.fingerprint, **READ)
    put(engine, person("ann"), entries=[mended])
    with writing(engine) as connection:
        books = ledger(connection)
        now = books.recall({first.op_id})[first.op_id]
        assert (now.verdict, now.code, now.n, now.received) == ("merged", None, 2, RECEIVED)
        assert (now.kind, now.lseq, now.incarnation) == ("note.add", 3, "phone")
        assert books.provisional("phone") == []
        assert books.bodies({first.op_id}) == {first.op_id: first.body}


def test_an_op_that_is_there_already_is_refused_and_nothing_of_the_batch_stays(
    engine: Engine,
) -> None:
    begin(engine)
    put(engine, entries=[entry("a")])
    with pytest.raises(Unwritable):
        put(engine, person("ann"), entries=[entry("b"), entry("a", body="other")])
    with writing(engine) as connection:
        books = ledger(connection)
        assert set(books.recall({derive("op", "a"), derive("op", "b")})) == {derive("op", "a")}
        assert (
            books.load(wanted(refs={(Person, derive("ann"))})).find(Person, derive("ann")) is None
        )


@pytest.mark.parametrize("detail", [{"ü": 1}, {"x": 1.5}, {"x": 2**60}])
def test_a_verdict_that_has_no_canonical_form_is_refused(engine: Engine, detail: Any) -> None:
    begin(engine)
    with pytest.raises(Unwritable):
        put(engine, entries=[entry("a", detail=detail)])


def wanted(aggregates: Any = (), refs: Any = ()) -> Wanted:
    return Wanted(aggregates=frozenset(aggregates), refs=frozenset(refs))


MASTERS = ("person", "customer", "site", "asset", "ticket")
JOB = ("work_order", "assignment", "visit", "reading", "note")


def test_a_thing_is_loaded_with_what_lives_with_it_and_what_is_referred_to(engine: Engine) -> None:
    begin(engine)
    rows = {table: full(table) for table in (*MASTERS, *JOB)}
    put(engine, *rows.values())
    order, ann = rows["work_order"], rows["person"]
    with writing(engine) as connection:
        books = ledger(connection)
        state = books.load(
            wanted({("work_order", order.id), ("location", "van")}, {(Person, ann.id)})
        )
        assert state.find(Person, ann.id) == structs.replace(ann, version=1)
        known = structs.replace(rows["assignment"], version=1)
        assert list(state.of(Assignment, order.id)) == [known]
        assert state.find(type(rows["note"]), rows["note"].id) is None
        assert isinstance(order, WorkOrder)
        assert books.links({("work_order", order.id), ("work_order", "none"), ("site", "x")}) == {
            ("work_order", order.id): {
                "ticket_id": order.ticket_id,
                "checklist_id": order.checklist_id,
                "site_id": order.site_id,
                "asset_id": order.asset_id,
                "customer_id": order.customer_id,
            }
        }


def test_numbers_count_up_by_table_and_by_the_year_of_the_organisation(engine: Engine) -> None:
    begin(engine)
    new_year_in_shanghai = 1_798_732_800_000
    with writing(engine) as connection:
        books = ledger(connection)
        assert books.numbers("work_order", 2, new_year_in_shanghai - 1) == [
            "WO-26-000001",
            "WO-26-000002",
        ]
        assert books.numbers("work_order", 1, new_year_in_shanghai) == ["WO-27-000001"]
    with writing(engine) as connection:
        books = ledger(connection)
        assert books.numbers("work_order", 1, new_year_in_shanghai - 1) == ["WO-26-000003"]
        assert books.numbers("ticket", 1, new_year_in_shanghai - 1) == ["T-26-000001"]


def test_an_incarnation_is_known_as_it_stood_last(engine: Engine) -> None:
    begin(engine)
    first = Standing(
        incarnation="i", device="d", n=1, nonce="x", nonce_before=None, vector={"wo:ü": 2**40}
    )
    second = Standing(
        incarnation="i",
        device="d",
        n=2,
        nonce="y",
        nonce_before="x",
        vector={},
        lseq_max=9,
        forked_from="h",
    )
    for standing in (first, second):
        with writing(engine) as connection:
            books = ledger(connection)
            assert books.standing("other") is None
            books.stand(standing)
        with reading(engine) as connection:
            assert ReadingRoom(connection).standing("i") == standing
    with writing(engine) as connection:
        assert ledger(connection).standing("i") == second


def test_the_last_clock_evidence_of_each_boot_is_kept(engine: Engine) -> None:
    begin(engine)
    old = Sighting(boot="1", mono=5, wall=5, received=5)
    later = Sighting(boot="1", mono=9, wall=9, received=9)
    other = Sighting(boot="2", mono=1, wall=2**45, received=7)
    with writing(engine) as connection:
        for one in (old, other, later):
            ledger(connection).sighted("d", one)
        assert ledger(connection).sightings("d") == [other, later]
        assert ledger(connection).sightings("e") == []


def test_the_index_of_what_waits_names_the_verdicts_that_wait() -> None:
    assert {word.strip("'(), ") for word in WAITS.split()[2:]} == set(PROVISIONAL)


def test_a_person_follows_what_there_is_a_reason_for_and_the_own_stream(engine: Engine) -> None:
    """S15."""
    begin(engine)
    reasons = [
        Subscription(id=derive(n), person_id="ann", stream=stream, reason=str(n))
        for n, stream in enumerate(("wo:1", "wo:1", "catalog"))
    ]
    bobs = structs.replace(reasons[0], id=derive("bob"), person_id="bob", stream="wo:2")
    put(engine, *reasons, bobs)
    with reading(engine) as connection:
        assert ReadingRoom(connection).scope("ann") == {"tech:ann", "wo:1", "catalog"}
        assert ReadingRoom(connection).scope("nobody") == {"tech:nobody"}


def test_a_deleted_row_is_gone_and_told_so(engine: Engine) -> None:
    begin(engine)
    one = Subscription(id=derive(1), person_id="ann", stream="wo:1", reason="x")
    put(engine, one)
    state = State()
    state.remove(one)
    with writing(engine) as connection:
        ledger(connection).enter([], state)
    with reading(engine) as connection:
        room = ReadingRoom(connection)
        assert room.scope("ann") == {"tech:ann"}
        ((seq, row),) = room.pages([("tech:ann", 1)], 1_000)["tech:ann"].rows
        assert (seq, row.id, row.data) == (2, one.id, None)


def test_what_is_durable_is_what_was_kept(engine: Engine) -> None:
    begin(engine)
    with reading(engine) as connection:
        assert ReadingRoom(connection).durable_through() is None
    with writing(engine) as connection:
        keep_setting(connection, "durable_through", 2**45)
    with reading(engine) as connection:
        assert ReadingRoom(connection).durable_through() == 2**45


def test_an_event_of_the_server_is_in_the_log_like_an_op(engine: Engine) -> None:
    begin(engine)
    event = Event(
        kind="device.enrolled",
        at=RECEIVED,
        salt=SALT,
        by=derive("ann"),
        on=("device", "d"),
        facts={"name": "“Pixel”"},
    )
    with writing(engine) as connection:
        identity = ledger(connection).note_event(event)
        kept = ledger(connection).recall({identity})[identity]
        (body,) = ledger(connection).bodies({identity}).values()
    assert (kept.kind, kept.by, kept.on) == ("device.enrolled", derive("ann"), ("device", "d"))
    assert body.encode() == canonical(
        {
            "kind": "device.enrolled",
            "at": RECEIVED,
            "salt": SALT,
            "by": derive("ann"),
            "on": ["device", "d"],
            "facts": {"name": "“Pixel”"},
        }
    )


def test_a_new_epoch_stands_at_once(engine: Engine) -> None:
    begin(engine)
    with writing(engine) as connection:
        books = ledger(connection)
        books.begin_epoch("epoch-2", 1, SALT)  # a restored server's clock may be anywhere
        assert books.epoch == "epoch-2"
    with reading(engine) as connection:
        assert ReadingRoom(connection).epoch == "epoch-2"


def test_many_who_write_at_once_leave_no_gap_and_lose_nothing(
    engine: Engine,
) -> None:
    """C32."""
    begin(engine)
    put(engine, person("ann"))
    writers, batches = 4, 6
    failures: Counter[str] = Counter()

    def write(writer: int) -> None:
        for batch in range(batches):
            name = f"{writer}-{batch}"
            while True:
                try:
                    write_one(engine, name)
                    break
                except Busy as busy:
                    failures[str(busy)] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    feed, op_ = METADATA.tables["feed"], METADATA.tables["op"]
    with reading(engine) as connection:
        seqs = connection.scalars(select(feed.c.seq).where(feed.c.stream == "catalog")).all()
        assert max(seqs) == 1 + writers * batches * 2
        assert len(set(seqs)) == len(seqs) == 1 + writers * batches
        ann = connection.execute(select(METADATA.tables["person"])).all()
        assert max(row.version for row in ann) == 1 + writers * batches
        assert len(connection.execute(select(op_)).all()) == 1 + writers * batches


def write_one(engine: Engine, name: str) -> None:
    """Change what everybody changes, and add a row of one's own."""
    with writing(engine) as connection:
        books = ledger(connection)
        state = books.load(wanted({("catalog", "catalog")}, {(Person, derive("ann"))}))
        ann = state.find(Person, derive("ann"))
        assert ann is not None
        state.put(structs.replace(ann, code=name))
        state.put(person(name))
        books.enter([entry(name, streams=frozenset({"catalog"}))], state)
