"""Whatever is changed in a database behind the server's back, the auditor finds it."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from server import feed, rows
from server.auditor import Fault, Report, examine, kept_keys, verify
from server.database import reading, writing
from server.notary import Seal, notarise, publish_keys
from server.tables import METADATA
from shared.audit import Leaf, leaf_bytes, leaf_hash
from shared.ids import derive
from shared.kinds import TABLES as SHARED_TABLES, write_row
from shared.records import Record, State
from sync.digest import row_sums
from sync.ports import Entry, Wanted
from tests.server.samples import RECEIVED, SALT, begin, entry, full, ledger, person, put

KEY = ec.derive_private_key(7, ec.SECP256R1())
SEAL = Seal(signer=KEY, key="k1", holder="one")
PUBLICS = {"k1": KEY.public_key()}
TABLES = METADATA.tables
LEAF, OP = TABLES["leaf"], TABLES["op"]
EPOCH, HEAD = TABLES["epoch"], TABLES["tree_head"]
FEED, STREAM = TABLES["feed"], TABLES["stream_head"]
LEAVES = 7


@pytest.fixture
def log(engine: Engine) -> Engine:
    """A signed log of an epoch's event and six ops, one of which was settled later."""
    begin(engine)
    for number in range(4):
        put(engine, entries=[entry(number, received=RECEIVED + number)])
    put(engine, entries=[entry("held", verdict="held", received=RECEIVED + 9)])
    sign(engine, RECEIVED)
    put(engine, entries=[entry("held", n=2, settles=True, received=RECEIVED + 10)])
    sign(engine, RECEIVED + 1_000)
    return engine


def sign(engine: Engine, now_ms: int) -> None:
    with writing(engine) as connection:
        publish_keys(connection, PUBLICS)
        assert notarise(connection, SEAL, now_ms) is not None


def audited(engine: Engine, publics: Mapping[str, Any] = PUBLICS) -> Report:
    with reading(engine) as connection:
        return verify(connection, publics)


def at(number: int) -> Any:
    return LEAF.c.number == number


def op_at(connection: Connection, number: int) -> str:
    found: str = connection.execute(select(LEAF.c.op_id).where(at(number))).scalar_one()
    return found


def test_a_log_that_nobody_touched_is_whole(log: Engine) -> None:
    put(log, entries=[entry("fresh")])
    report = audited(log)
    assert report.fault is None
    assert report.head is not None
    assert (report.leaves, report.unnumbered) == (LEAVES, 1)
    assert report.head.size == LEAVES


def test_a_copy_can_be_checked_with_the_keys_it_carries(log: Engine) -> None:
    with reading(log) as connection:
        assert verify(connection, kept_keys(connection)).fault is None


def test_a_head_under_a_key_that_is_not_known_proves_nothing(log: Engine) -> None:
    other = ec.derive_private_key(8, ec.SECP256R1()).public_key()
    fault = audited(log, {"k2": other}).fault
    assert fault == Fault(what="key_unknown", epoch="epoch-1", number=5)
    fault = audited(log, {"k1": other}).fault
    assert fault == Fault(what="signature_wrong", epoch="epoch-1", number=5)


@pytest.mark.parametrize("number", range(1, LEAVES))
def test_a_changed_leaf_is_found(log: Engine, number: int) -> None:
    with writing(log) as connection:
        connection.execute(update(LEAF).where(at(number)).values(data=b"{}"))
    fault = audited(log).fault
    assert fault is not None
    assert (fault.what, fault.number) == ("leaf_unreadable", number)


def test_a_leaf_forged_with_its_hash_and_its_op_is_found_by_the_tree(log: Engine) -> None:
    with writing(log) as connection:
        op_id = op_at(connection, 2)
        told = connection.execute(select(OP).where(OP.c.op_id == op_id)).one()
        leaf = connection.execute(select(LEAF.c.data).where(at(2))).scalar_one()
        forged = forge(leaf, verdict="rejected")
        connection.execute(update(LEAF).where(at(2)).values(data=forged, hash=leaf_hash(forged)))
        connection.execute(update(OP).where(OP.c.op_id == told.op_id).values(verdict="rejected"))
    assert audited(log).fault == Fault(what="tree_differs", epoch="epoch-1", number=2)


def test_a_forger_who_also_mends_the_tree_is_found_by_the_signature(log: Engine) -> None:
    with writing(log) as connection:
        leaf = connection.execute(select(LEAF.c.data).where(at(6))).scalar_one()
        forged = forge(leaf, verdict="rejected")
        connection.execute(update(LEAF).where(at(6)).values(data=forged, hash=leaf_hash(forged)))
        held = OP.c.op_id == derive("op", "held")
        connection.execute(update(OP).where(held).values(verdict="rejected"))
    assert audited(log).fault == Fault(what="head_differs", epoch="epoch-1", number=6)


def forge(data: bytes, **changes: Any) -> bytes:
    return leaf_bytes(structs.replace(msgspec.json.decode(data, type=Leaf), **changes))


@pytest.mark.parametrize("number", range(LEAVES))
def test_a_removed_leaf_is_found(log: Engine, number: int) -> None:
    with writing(log) as connection:
        connection.execute(delete(LEAF).where(at(number)))
    fault = audited(log).fault
    assert fault is not None
    assert (fault.what, fault.number) == ("leaf_missing", number)


def test_a_removed_leaf_is_found_even_when_the_rest_closes_up(log: Engine) -> None:
    with writing(log) as connection:
        connection.execute(delete(LEAF).where(at(3)))
        for number in range(4, LEAVES):
            connection.execute(update(LEAF).where(at(number)).values(number=number - 1))
    assert audited(log).fault == Fault(what="tree_differs", epoch="epoch-1", number=2)


def test_leaves_in_another_order_are_found(log: Engine) -> None:
    with writing(log) as connection:
        for number, other in ((1, 99), (2, 1), (99, 2)):
            connection.execute(update(LEAF).where(at(number)).values(number=other))
    assert audited(log).fault == Fault(what="tree_differs", epoch="epoch-1", number=0)


def test_an_added_leaf_is_found(log: Engine) -> None:
    with writing(log) as connection:
        data = connection.execute(select(LEAF.c.data).where(at(2))).scalar_one()
        forged = forge(data, n=9)
        row = {
            "op_id": op_at(connection, 2),
            "n": 9,
            "epoch": "epoch-1",
            "received": msgspec.json.decode(forged, type=Leaf).received,
            "data": forged,
            "hash": leaf_hash(forged),
            "number": None,
        }
        for number in range(LEAVES - 1, 2, -1):
            connection.execute(update(LEAF).where(at(number)).values(number=number + 1))
        connection.execute(insert(LEAF).values({**row, "number": 3}))
    assert audited(log).fault == Fault(what="tree_differs", epoch="epoch-1", number=2)


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "rejected"},
        {"code": "late"},
        {"detail": {"more": 1}},
        {"flags": [{"code": "late", "params": {}}]},
        {"fingerprint": "00" * 32},
        {"received": RECEIVED - 1},
        {"kind": "note.add"},
        {"v": 2},
        {"noun": "work_order", "on_id": derive("other")},
        {"by_id": derive("ann")},
        {"origin": "api"},
    ],
)
def test_a_changed_op_is_found(log: Engine, change: dict[str, Any]) -> None:
    with writing(log) as connection:
        op_id = op_at(connection, 3)
        connection.execute(update(OP).where(OP.c.op_id == op_id).values(change))
    fault = audited(log).fault
    assert fault == Fault(what="op_changed", epoch="epoch-1", number=3, op_id=op_id)


def test_a_removed_op_is_found(log: Engine) -> None:
    """C20."""
    with writing(log) as connection:
        op_id = op_at(connection, 3)
        connection.execute(delete(OP).where(OP.c.op_id == op_id))
    fault = audited(log).fault
    assert fault == Fault(what="op_missing", epoch="epoch-1", number=3, op_id=op_id)


def test_an_op_that_never_met_the_log_is_found(log: Engine) -> None:
    put(log, entries=[entry("smuggled")])
    with writing(log) as connection:
        connection.execute(delete(LEAF).where(LEAF.c.op_id == derive("op", "smuggled")))
    fault = audited(log).fault
    assert fault == Fault(what="leaf_missing", epoch="epoch-1", op_id=derive("op", "smuggled"))


def test_a_changed_leaf_that_still_waits_for_its_number_is_found(log: Engine) -> None:
    put(log, entries=[entry("fresh")])
    with writing(log) as connection:
        fresh = LEAF.c.op_id == derive("op", "fresh")
        connection.execute(update(LEAF).where(fresh).values(hash=b"x"))
    fault = audited(log).fault
    assert fault == Fault(what="leaf_changed", epoch="epoch-1", op_id=derive("op", "fresh"))


@pytest.mark.parametrize(("body", "what"), [(b"{}", "body_changed"), (None, "body_missing")])
def test_a_changed_or_emptied_body_is_found(log: Engine, body: bytes | None, what: str) -> None:
    with writing(log) as connection:
        print_ = entry(2).fingerprint
        connection.execute(update(OP).where(OP.c.fingerprint == print_).values(body=body))
    fault = audited(log).fault
    assert fault is not None
    assert fault.what == what


def test_a_new_epoch_begins_with_what_is_left_of_the_old_one(log: Engine) -> None:
    put(log, entries=[entry("never numbered")])
    with writing(log) as connection:
        ledger(connection).begin_epoch("epoch-2", RECEIVED + 2_000, SALT)
    put(log, entries=[entry("after")])
    sign(log, RECEIVED + 3_000)
    report = audited(log)
    assert report.fault is None
    assert (report.leaves, report.unnumbered) == (LEAVES + 2, 1)


def test_a_log_that_lost_its_last_leaves_does_not_pass_for_the_old_one(log: Engine) -> None:
    """S1."""
    put(log, entries=[entry("never numbered")])
    with writing(log) as connection:
        ledger(connection).begin_epoch("epoch-2", RECEIVED + 2_000, SALT)
        connection.execute(delete(LEAF).where(LEAF.c.op_id == derive("op", "never numbered")))
        connection.execute(delete(OP).where(OP.c.op_id == derive("op", "never numbered")))
    fault = audited(log).fault
    assert fault is not None
    assert (fault.what, fault.epoch, fault.number) == ("epoch_differs", "epoch-2", 0)


def test_what_a_story_shows_of_an_op_is_what_its_body_says(engine: Engine) -> None:
    begin(engine)
    told = entry_of("told")
    mended = entry_of("mended", kind=5, detail={"repaired_by": derive("op", "mender")})
    filled = structs.replace(mended, kind="note.add", v=1, n=2, settles=True)
    put(engine, entries=[told, structs.replace(mended, verdict="quarantined", detail={})])
    put(engine, entries=[filled])
    sign(engine, RECEIVED)
    assert audited(engine).fault is None
    for one in (told, filled):
        for change in ({"by_id": derive("bob")}, {"on_id": derive("other")}, {"origin": "api"}):
            with writing(engine) as connection:
                before = connection.execute(select(OP).where(OP.c.op_id == one.op_id)).one()
                connection.execute(update(OP).where(OP.c.op_id == one.op_id).values(change))
            fault = audited(engine).fault
            assert fault is not None
            assert (fault.what, fault.op_id) == ("op_changed", one.op_id)
            with writing(engine) as connection:
                back = {name: getattr(before, name) for name in change}
                connection.execute(update(OP).where(OP.c.op_id == one.op_id).values(back))
    assert audited(engine).fault is None


def entry_of(name: str, kind: Any = "note.add", **given: Any) -> Entry:
    """A verdict on an op with a whole header."""
    on, by = ("work_order", derive("order")), derive("ann")
    said = {"id": derive("op", name), "kind": kind, "on": on, "by": by, "origin": "device"}
    body = msgspec.json.encode(said).decode()
    shown = kind if isinstance(kind, str) else None
    return entry(name, body=body, kind=shown, on=on, by=by, origin="device", **given)


def test_a_log_of_no_epoch_is_none(log: Engine) -> None:
    with writing(log) as connection:
        connection.execute(delete(EPOCH))
        connection.execute(update(OP).values(verdict="rejected"))
        connection.execute(update(OP).values(body=b"forged"))
    report = audited(log)
    assert (report.fault, report.leaves) == (Fault(what="epoch_unknown", epoch="epoch-1"), 0)
    with writing(log) as connection:
        for table in (LEAF, OP, TABLES["tree_node"], TABLES["tree_head"]):
            connection.execute(delete(table))
    assert audited(log).fault == Fault(what="epoch_missing")


@pytest.mark.parametrize("name", ["leaf", "op", "tree_head", "tree_node"])
def test_what_belongs_to_an_epoch_there_is_not_is_found(log: Engine, name: str) -> None:
    table = TABLES[name]
    with writing(log) as connection:
        one = connection.execute(select(*table.c).limit(1)).one()
        here = [column == getattr(one, column.name) for column in table.primary_key]
        connection.execute(update(table).where(*here).values(epoch="epoch-0"))
    assert audited(log).fault == Fault(what="epoch_unknown", epoch="epoch-0")


def test_an_epoch_under_another_name_or_number_is_found(log: Engine) -> None:
    with writing(log) as connection:
        connection.execute(update(EPOCH).values(id="ffff"))
    assert audited(log).fault == Fault(what="epoch_unknown", epoch="epoch-1")
    with writing(log) as connection:
        connection.execute(update(EPOCH).values(id="epoch-1", ordinal=2))
    assert audited(log).fault == Fault(what="epoch_missing", epoch="epoch-1")


def test_removed_heads_are_found(log: Engine) -> None:
    with writing(log) as connection:
        connection.execute(delete(HEAD).where(HEAD.c.size == LEAVES))
    assert audited(log).fault == Fault(what="head_missing", epoch="epoch-1", number=LEAVES - 1)
    with writing(log) as connection:
        connection.execute(delete(HEAD))
    assert audited(log).fault == Fault(what="head_missing", epoch="epoch-1", number=1)


def test_rows_and_feed_that_say_the_same_are_whole(log: Engine) -> None:
    put(log, *one_of_each(), entries=[entry("rows", salt=SALT)])
    assert audited(log).fault is None


def one_of_each() -> Iterator[Record]:
    """A row of every table, each where it lives."""
    for name in SHARED_TABLES:
        row = full(name)
        at_home = {"home_noun": "work_order"} if hasattr(row, "home_noun") else {}
        yield structs.replace(row, **at_home)


NOTE: dict[str, Any] = {"table": "note", "row": derive("sample", "note")}
NOTE_STREAM = f"wo:{derive('sample', 'work_order')}"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (delete(TABLES["note"]), {"what": "row_missing", "stream": NOTE_STREAM, **NOTE}),
        (
            update(TABLES["note"]).values(text="forged"),
            {"what": "row_differs", "stream": NOTE_STREAM, **NOTE},
        ),
        (delete(FEED).where(FEED.c.table == "note"), {"what": "feed_missing", **NOTE}),
        (
            update(FEED).where(FEED.c.table == "note").values(body=b"{}"),
            {"what": "feed_differs", "stream": NOTE_STREAM, **NOTE},
        ),
        (
            update(FEED).where(FEED.c.table == "note").values(stream="wo:other"),
            {"what": "row_differs", "stream": "wo:other", **NOTE},
        ),
        (
            update(STREAM).where(STREAM.c.stream == NOTE_STREAM).values(sum_a=1),
            {"what": "stream_differs", "stream": NOTE_STREAM},
        ),
        (
            delete(STREAM).where(STREAM.c.stream == NOTE_STREAM),
            {"what": "stream_differs", "stream": NOTE_STREAM},
        ),
    ],
)
def test_a_change_to_the_rows_or_the_feed_alone_is_found(
    log: Engine, change: Any, fault: dict[str, Any]
) -> None:
    put(log, *one_of_each())
    with writing(log) as connection:
        connection.execute(change)
    assert audited(log).fault == Fault(**fault)


def test_a_row_that_can_no_longer_be_read_is_missing(log: Engine) -> None:
    put(log, person("ann"), person("bob"))
    table = TABLES["person"]
    with writing(log) as connection:
        ann = table.c.id == derive("ann")
        connection.execute(update(table).where(ann).values(roles=["king", {}]))
    fault = Fault(what="row_missing", stream="catalog", table="person", row=derive("ann"))
    assert audited(log).fault == fault


def test_a_row_that_no_op_wrote_is_found(log: Engine) -> None:
    put(log, person("ann"))
    told: dict[str, Any] = {"table": "person", "row": derive("ann")}
    assert audited(log).fault == Fault(what="row_unwritten", **told)


@pytest.fixture
def written(log: Engine) -> Engine:
    """The log with two ops that wrote the same row, the second of them another one as well."""
    put(log, person("ann"), entries=[entry("first", salt=SALT)])
    later = structs.replace(person("ann", name="Ann B"), version=1)
    state = State([later])
    state.writer = entry("second").op_id
    state.put(later)
    state.put(person("bob"))
    with writing(log) as connection:
        ledger(connection).enter([entry("second", salt="0" * 32)], state)
    assert audited(log).fault is None
    return log


def forged(engine: Engine, **changes: Any) -> None:
    """Change a row and everything that must agree with it, as somebody does who knows how."""
    with reading(engine) as connection:
        (row,) = rows.fetch(connection, "person", "id", {derive("ann")})
    state = State([row])
    state.put(structs.replace(row, **changes))
    with writing(engine) as connection:
        rows.save(connection, state.changed.values())
        feed.publish(connection, state)


@pytest.mark.parametrize("version", [2, 3])
def test_a_row_forged_together_with_feed_and_checksums_is_found(
    written: Engine, version: int
) -> None:
    forged(written, name="King Ann")
    table = TABLES["person"]
    with writing(written) as connection:
        connection.execute(update(table).where(table.c.id == derive("ann")).values(version=version))
        body = write_row(person("ann", name="King Ann", version=version))
        _feed_says(connection, "ann", body)
    told: dict[str, Any] = {"table": "person", "row": derive("ann")}
    assert audited(written).fault == Fault(what="row_changed", **told)


def test_a_row_put_back_to_what_it_was_is_found(written: Engine) -> None:
    before = person("ann", version=1)
    table = TABLES["person"]
    with writing(written) as connection:
        connection.execute(
            update(table).where(table.c.id == before.id).values(name="ann", version=1)
        )
        _feed_says(connection, "ann", write_row(before))
    told: dict[str, Any] = {"table": "person", "row": derive("ann")}
    assert audited(written).fault == Fault(what="row_changed", **told)


def _feed_says(connection: Connection, who: str, body: bytes) -> None:
    """Let the feed and its checksums agree with a row's bytes."""
    here = (FEED.c.table == "person", FEED.c.pk == derive(who))
    a, b = row_sums("person", derive(who), body)
    connection.execute(update(FEED).where(*here).values(body=body, sum_a=a, sum_b=b))
    sums = connection.execute(
        select(func.sum(FEED.c.sum_a), func.sum(FEED.c.sum_b)).where(FEED.c.stream == "catalog")
    ).one()
    lanes = {"sum_a": int(sums[0]) % 2**32, "sum_b": int(sums[1]) % 2**32}
    connection.execute(update(STREAM).where(STREAM.c.stream == "catalog").values(**lanes))


def test_a_row_taken_away_with_its_feed_is_found(written: Engine) -> None:
    table = TABLES["person"]
    with writing(written) as connection:
        connection.execute(delete(table).where(table.c.id == derive("bob")))
        connection.execute(
            update(FEED)
            .where(FEED.c.table == "person", FEED.c.pk == derive("bob"))
            .values(body=None, sum_a=0, sum_b=0)
        )
        _feed_says(connection, "ann", write_row(person("ann", name="Ann B", version=2)))
    told: dict[str, Any] = {"table": "person", "row": derive("bob")}
    assert audited(written).fault == Fault(what="row_missing", **told)


def test_a_row_that_was_taken_away_by_an_op_may_be_gone_and_may_come_again(log: Engine) -> None:
    row = full("subscription")
    for name in ("follow", "leave", "again"):
        with writing(log) as connection:
            books = ledger(connection)
            known = books.load(
                Wanted(aggregates=frozenset(), refs=frozenset({(type(row), row.id)}))
            )
            known.writer = entry(name).op_id
            if name == "leave":
                known.remove(next(known.all(type(row))))
            else:
                known.put(row)
            books.enter([entry(name, salt=SALT)], known)
        assert audited(log).fault is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (None, "trace_missing"),
        ("{}", "trace_changed"),
        ('{"salt":"","rows":[]}', "trace_changed"),
    ],
)
def test_what_an_op_wrote_cannot_be_told_otherwise(
    written: Engine, change: str | None, what: str
) -> None:
    with writing(written) as connection:
        mine = LEAF.c.op_id == entry("second").op_id
        connection.execute(update(LEAF).where(mine).values(wrote=change))
    found = audited(written).fault
    assert found is not None
    assert (found.what, found.op_id) == (what, entry("second").op_id)


def test_the_check_of_one_op_finds_a_row_that_is_no_longer_as_it_wrote_it(written: Engine) -> None:
    second = entry("second").op_id
    with reading(written) as connection:
        assert [one.fault for one in examine(connection, PUBLICS, [second])] == [None]
    with writing(written) as connection:
        connection.execute(update(TABLES["person"]).values(name="King"))
    with reading(written) as connection:
        first, again = examine(connection, PUBLICS, [entry("first").op_id, second])
    assert {first.fault, again.fault} == {None, "row_changed"}
